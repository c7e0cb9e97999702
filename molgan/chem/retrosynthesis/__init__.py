"""Retrosynthesis: reaction templates turned round, building blocks, and routes from one to the other."""
