"""Benchmarks of goal-directed design: PMO and its tasks, adapters for GuacaMol."""
