"""Filters of molecules, and the funnel that they form."""
