"""How real a molecule looks: its percentiles among real molecules, and the parts that look odd."""
