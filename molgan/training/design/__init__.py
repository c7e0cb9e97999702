"""Goal-directed design with few calls of an oracle."""
