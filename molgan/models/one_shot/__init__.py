"""Generators of small molecules."""
