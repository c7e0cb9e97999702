"""Differentially private training: clipped gradients of single molecules, noise, and an account of what both cost."""
