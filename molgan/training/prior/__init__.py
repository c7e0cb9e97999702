"""Training of a prior, and of what refines it."""
