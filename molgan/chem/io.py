"""Chemical files: `read_smiles` streams any of them, `write_library` writes a table as all of them."""

from molgan.chem.reading import Record, read_smiles
from molgan.chem.writing import write_blocks, write_files, write_library

__all__ = ["Record", "read_smiles", "write_blocks", "write_files", "write_library"]
