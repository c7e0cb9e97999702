"""Scores, filters and samples by HTTP: what a configuration offers, under limits and a token."""
