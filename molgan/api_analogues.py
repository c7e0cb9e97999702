"""The function that `import molgan` offers for analogues of given molecules."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from molgan.api import Molecules


def analogues(
    smiles: "Molecules",
    *,
    n: int = 100,
    similarity: tuple[float, float] | None = (0.4, 1.0),
    targets: Mapping[str, float] | None = None,
    changes: Mapping[str, float] | None = None,
    keep: str | None = None,
    weights: str | Path = "analogues",
    guidance: float = 1.0,
    temperature: float = 1.0,
    max_atoms: int | None = None,
    budget: int | None = None,
    properties: Sequence[str] = (),
    seed: int | None = 0,
    misuse_filter: bool = True,
    plausible: bool = True,
) -> "pandas.DataFrame":
    """Draw analogues of molecules: a table, at most `n` rows for each, best first, and one row with the reason where
    there are none.

    The columns are `source`, the label of the molecule in a pandas Series or frame, else its position; `source_smiles`;
    `rank`, from 1; `smiles`; `similarity`, Tanimoto of ECFP4; `change`, the transformation, as of matched molecular
    pairs (`[*:1]OC>>[*:1]N`); `log_likelihood` given the source, in nats; for each property `logp_before` and
    `logp_after`; `error`. With targets the analogues nearest to them are the first, else the likeliest.

    Args:
        smiles: What `score` takes.
        n: Analogues of each molecule, at most.
        similarity: Lowest and highest Tanimoto similarity, (0.5, 0.8); None for any.
        targets: Properties to aim at, in their units: {"logp": 2.5}.
        changes: Properties to aim at, as differences to the molecule's own: {"logp": -1.0}.
        keep: SMILES of a part that all analogues keep; with marks (`*c1ccc(*)cc1`) they grow there alone.
        weights: Shipped weights by their name, or the folder that a training wrote.
        guidance: How strongly to aim: 1 follows the training data, more is nearer and less varied.
        temperature: Above 1 analogues vary more, below 1 less; above 0, at most 10.
        max_atoms: The most heavy atoms of an analogue, 1 to 200; those of the training data by default.
        budget: The most molecules drawn for each; by default twenty for each analogue, 1,000 at least.
        properties: Further scorers whose values are told before and after.
        seed: Seed of the random numbers, at least 0; None draws one, which a warning tells.
        misuse_filter: Whether what the filter `misuse` rejects is left out.
        plausible: Whether what the filter `plausible` rejects is left out, unless the molecule itself has it.

    Raises:
        InputError: A single string, a frame without a SMILES column, a property that the weights cannot aim at, or a
            value outside its range.
        ConfigError: The weights cannot read a molecule.
        WeightsError: See `load_generator`.
    """
    import secrets
    import warnings

    from molgan.bulk.analogue_table import analogue_table
    from molgan.models.analogues.analogue_search import AnalogueSearch
    from molgan.models.analogues.request import AnalogueRequest
    from molgan.scoring.batch import Batch
    from molgan.scoring.inputs import get_row_labels

    if seed is None:
        seed = secrets.randbelow(2**32)
        warnings.warn(f"seed {seed} was drawn; the same seed gives the same analogues again", stacklevel=2)
    request = AnalogueRequest(
        n=n,
        similarity=similarity,
        targets=dict(targets or {}),
        changes=dict(changes or {}),
        keep=keep,
        guidance=guidance,
        temperature=temperature,
        max_atoms=max_atoms,
        budget=budget,
        properties=properties,
        misuse_filter=misuse_filter,
        plausible=plausible,
    )
    labels, molecules = get_row_labels(smiles), Batch.of(smiles).molecules
    names = [str(label) for label in (range(len(molecules)) if labels is None else labels)]
    return analogue_table(
        zip(names, molecules, strict=True),
        AnalogueSearch.load(weights, request, seed=seed),
        on_doubt=lambda text: warnings.warn(text, stacklevel=4),
    )
