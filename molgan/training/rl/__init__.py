"""The motif generator against a critic and for a reward."""
