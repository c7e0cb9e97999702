"""Filter a file of molecules, however long, into a folder."""

from molgan.filtering.stream import filter_records

__all__ = ["filter_records"]
