"""Metrics of generated molecules (MOSES and others), and a watch for mode collapse in training."""
