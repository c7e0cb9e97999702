"""Models of measured properties, and the scorer that asks them."""
