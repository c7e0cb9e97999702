"""The version of molgan; results that are kept between runs carry it."""

__version__ = "0.1.0"
