"""Labelled synthetic molecules for a small or imbalanced set of measurements, and whether they help."""
