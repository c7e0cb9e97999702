"""Graphs for PyTorch Geometric, and whole-molecule descriptors."""
