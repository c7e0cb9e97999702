"""Scores of molecules: raw properties, transforms, objectives."""
