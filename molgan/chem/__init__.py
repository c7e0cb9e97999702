"""RDKit alone: molecules, motifs, fingerprints and chemical files."""
