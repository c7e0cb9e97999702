"""How the networks are trained: losses, and one loop a file."""
