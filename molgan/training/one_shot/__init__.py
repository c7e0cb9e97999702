"""Training of the generators of small molecules."""
