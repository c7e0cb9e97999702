"""Molecules that are known already: sets of them, when two are the same one, and the nearest of them."""
