"""Whether a molecule is one that chemists would believe: by what a data set has, and by rules that need no data."""
