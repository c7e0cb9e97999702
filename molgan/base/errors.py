"""Errors that a user can mend. Each message is one line that names the file, the place in it and the mend;
some name several faults at once, a line each."""


class MolganError(Exception):
    """The base class of every error that molgan raises on purpose."""


class ConfigError(MolganError):
    """A configuration is wrong; raised before any work starts."""


class InputError(MolganError):
    """An input file or an argument cannot be used."""


class WeightsError(MolganError):
    """Model weights are missing, damaged, or belong to another vocabulary or architecture."""


class RunError(MolganError):
    """A run cannot go on: its folder is locked or unwritable, or a budget is spent."""


class StorageError(RunError):
    """Storage cannot be reached, read or written; nothing is wrong with the configuration."""
