"""The version of molgan, for what is kept between runs."""

__version__ = "0.1.0"
