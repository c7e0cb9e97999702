"""The figures at the head of the report; each is shown only if the run folder has its data."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from rdkit import Chem, rdBase

from molgan.chem.fingerprints import ecfp, internal_diversity
from molgan.evaluation.quality import circles
from molgan.report.funnel_section import Stage
from molgan.report.quantities import MINUS, quantity, write_number, write_share
from molgan.report.run_data import RunFolder

DIVERSITY_SAMPLE = 1000
NEW_CHEMISTRY = 0.4  # Tanimoto on ECFP4 below which two molecules are usually called different chemistry


@dataclass(frozen=True)
class Figure:
    """One number of the summary: a label, the value as text, and a note on how to read it."""

    label: str
    value: str
    note: str = ""


def summarise(run: RunFolder, stages: list[Stage]) -> list[Figure]:
    """The figures of a run, in the order in which they are shown."""
    library = run.library
    figures = [Figure("Molecules in the library", f"{len(library):,}")]
    if stages and stages[0].entered:
        note = f"{stages[-1].kept:,} of {stages[0].entered:,}"
        figures.append(Figure("Share of samples that passed", write_share(stages[-1].kept / stages[0].entered), note))
    isomers, drawn = (run.library_counts.get(name) for name in ("stereoisomers", "drawn"))
    if isinstance(isomers, int) and isinstance(drawn, int):
        figures.append(
            Figure("Stereoisomers", f"{isomers:,}", f"of {drawn:,} samples; all of them entered the filters")
        )
    if library.empty:
        return figures
    for name in ("score", "qed", "sa"):
        if name in library and library[name].notna().any():
            kind = quantity(name)
            note = "0 to 1" if name != "sa" else "1 easy to 10 hard"
            title = "score" if name == "score" else kind.title
            figures.append(Figure(f"Mean {title}", write_number(library[name].mean(), kind.decimals), note))
    figures += _variety(library)
    if "scaffold" in library and library["scaffold"].notna().any():
        count = library["scaffold"].nunique()
        note = f"one for every {len(library) / count:.1f} molecules"
        figures.append(Figure("Distinct scaffolds", f"{count:,}", note))
    if "nearest_similarity" in library and library["nearest_similarity"].notna().any():
        similarity = library["nearest_similarity"].dropna()
        note = f"nearest known below {NEW_CHEMISTRY} Tanimoto"
        figures.append(Figure("Far from known", write_share((similarity < NEW_CHEMISTRY).mean()), note))
    return figures


def _variety(library: pd.DataFrame) -> list[Figure]:
    """Figures on how different the molecules are from each other."""
    if "smiles" not in library:
        return []
    with rdBase.BlockLogs():
        mols = [Chem.MolFromSmiles(str(smiles)) for smiles in library["smiles"]]
    fingerprints = ecfp([mol for mol in mols if mol is not None])
    if len(fingerprints) < 2:
        return []
    chosen = np.linspace(0, len(fingerprints) - 1, min(len(fingerprints), DIVERSITY_SAMPLE)).astype(int)
    note = f"mean 1 {MINUS} Tanimoto, ECFP4"
    if len(chosen) < len(fingerprints):
        note += f", {DIVERSITY_SAMPLE:,} taken evenly by rank"
    diversity = internal_diversity([fingerprints[i] for i in chosen])
    covered = f"{circles(fingerprints):,}"
    return [
        Figure("Internal diversity", write_number(diversity), note),
        Figure("#Circles", covered, f"molecules whose pairs are all more than .75 apart, 1 {MINUS} Tanimoto, ECFP4"),
    ]
