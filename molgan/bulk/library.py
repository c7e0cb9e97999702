"""Makes the table of a library: molecules ranked by score, with a stable id and the nearest known molecule."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from molgan.chem.fingerprints import murcko_scaffold
from molgan.chem.molecule import Molecule
from molgan.filters.filter import get_mols
from molgan.filters.shared_descriptors import make_batch
from molgan.scoring.fast.alert_sets import CONTROLLED

if TYPE_CHECKING:
    import pandas

    from molgan.filters.known.neighbours import Neighbours


def library_table(
    molecules: Sequence[Molecule], scores: "pandas.DataFrame", neighbours: "Neighbours | None" = None
) -> "pandas.DataFrame":
    """The table of a library, one row for each molecule, best first; equal scores keep the order of the input.

    `molecules` are valid; `scores` has a row for each, with the columns of `ScoreTable.to_frame` and any others.
    Columns: `id`, `rank` (from 1), `smiles` (canonical), the columns of `scores`, `scaffold`, `nearest_known`,
    `nearest_similarity` (Tanimoto on ECFP4, 0..1; empty and NaN without `neighbours`), `controlled` (scaffolds of
    controlled drugs, separated by "; ", empty for none).
    """
    import pandas

    mols = get_mols(molecules)
    nearest = neighbours(mols) if neighbours is not None else []
    columns: dict[str, object] = {
        "id": [identifier(str(molecule.smiles)) for molecule in molecules],
        "rank": 0,
        "smiles": [molecule.smiles for molecule in molecules],
    }
    columns |= {name: scores[name].to_numpy() for name in scores.columns if name not in ("smiles", "error")}
    columns |= {
        "scaffold": [murcko_scaffold(mol) for mol in mols],
        "nearest_known": [near.smiles for near in nearest] or "",
        "nearest_similarity": [near.similarity for near in nearest] or np.nan,
        "controlled": list_controlled(molecules),
    }
    table = pandas.DataFrame(columns, index=range(len(molecules)))
    table = table.sort_values("score", ascending=False, kind="stable", na_position="last", ignore_index=True)
    table["rank"] = np.arange(1, len(table) + 1)
    return table


def list_controlled(molecules: Sequence[Molecule]) -> list[str]:
    """For each valid molecule, the scaffolds of controlled drugs that it has, sorted: "schedule two amphetamine"."""
    batch = make_batch(molecules)
    found = ["; ".join(sorted(each.alerts(CONTROLLED))) for each in batch.distinct]
    return [found[place] for place in batch.place.tolist()]


def identifier(smiles: str) -> str:
    """The id of a molecule, the same in every run: "MG-" and 12 hexadecimal digits of the SHA-256 of its SMILES."""
    return f"MG-{hashlib.sha256(smiles.encode()).hexdigest()[:12]}"


def known_neighbours() -> "Neighbours":
    """A search for the nearest approved drug; see `Neighbours`."""
    from molgan.filters.known.neighbours import Neighbours
    from molgan.filters.known.reference_set import ReferenceSet

    return Neighbours([ReferenceSet.load("approved_drugs")])
