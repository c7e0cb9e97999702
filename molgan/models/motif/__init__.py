"""The motif-tree generator."""
