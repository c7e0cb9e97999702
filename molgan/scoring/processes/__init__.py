"""Scorers in processes of their own."""
