"""The name of the shipped weights that are used where none are named."""

DEFAULT_WEIGHTS = "medchem"
