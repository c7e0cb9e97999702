"""RDKit's values in less time: what scorers share is computed once a molecule, what atoms' surroundings decide once."""
