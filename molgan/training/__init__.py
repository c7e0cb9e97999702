"""Trains the networks: losses, and one loop in each file."""
