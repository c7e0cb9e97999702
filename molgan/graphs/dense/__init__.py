"""Small molecules as matrices of atoms and bonds."""
