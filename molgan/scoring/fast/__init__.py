"""RDKit's values in less time: shared quantities are computed once per molecule, those of atoms once per
environment."""
