"""Analogues of given molecules, drawn by a generator that reads a source."""
