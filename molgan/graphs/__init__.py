"""Molecules as a network sees them."""
