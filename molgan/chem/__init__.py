"""RDKit alone: molecules, motifs, fingerprints and chemical files."""

import os

from rdkit import rdBase

# The command line sets it, and its processes inherit it: what RDKit would print is in reasons and notes. A program that
# imports molgan keeps RDKit's messages as it has set them.
if os.environ.get("MOLGAN_QUIET_RDKIT"):
    rdBase.DisableLog("rdApp.*")
