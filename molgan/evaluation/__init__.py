"""Metrics of generated sets (MOSES and others), and a watch on training."""
