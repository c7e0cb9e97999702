"""Motif trees as sequences of actions under a grammar."""
