"""The function that `import molgan` offers for translations of given molecules."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from molgan.api import Molecules


def translate(
    smiles: "Molecules",
    weights: str | Path,
    *,
    n: int = 20,
    similarity: tuple[float, float] | None = None,
    keep: str | None = None,
    temperature: float = 1.0,
    max_atoms: int | None = None,
    budget: int | None = None,
    properties: Sequence[str] = (),
    seed: int = 0,
    misuse_filter: bool = True,
    plausible: bool = True,
) -> "pandas.DataFrame":
    """Translate molecules into such as a training's target set has: a table, at most `n` rows for each, best first by
    the critic of that set, and one row with the reason where there are none.

    The columns are those of `molgan.analogues`.

    Args:
        smiles: What `score` takes.
        weights: The folder that a training with a section `translate` wrote.
        n: Translations of each molecule, at most.
        similarity: Lowest and highest Tanimoto similarity (ECFP4), (0.4, 0.9); None for any.
        keep: SMILES of a part that all translations keep; with marks (`*c1ccc(*)cc1`) they grow there alone.
        temperature: Above 1 translations vary more, below 1 less; above 0, at most 10.
        max_atoms: The most heavy atoms of a translation, 1 to 200; those of the weights by default.
        budget: The most molecules drawn for each; by default twenty for each translation, 1,000 at least.
        properties: Further scorers whose values are told before and after.
        seed: Seed of the random numbers, at least 0.
        misuse_filter: Whether what the filter `misuse` rejects is left out.
        plausible: Whether what the filter `plausible` rejects is left out, unless the molecule itself has it.

    Raises:
        InputError: A single string, a frame without a SMILES column, or a value outside its range.
        ConfigError: The weights have not learned to translate.
        WeightsError: See `load_generator`.
    """
    from molgan.bulk.analogue_table import analogue_table
    from molgan.models.analogues.request import AnalogueRequest
    from molgan.models.analogues.translation_search import TranslationSearch
    from molgan.scoring.batch import Batch
    from molgan.scoring.inputs import get_row_labels

    request = AnalogueRequest(
        n=n,
        similarity=similarity,
        keep=keep,
        temperature=temperature,
        max_atoms=max_atoms,
        budget=budget,
        properties=properties,
        misuse_filter=misuse_filter,
        plausible=plausible,
    )
    labels, molecules = get_row_labels(smiles), Batch.of(smiles).molecules
    names = [str(label) for label in (range(len(molecules)) if labels is None else labels)]
    search = TranslationSearch.load(weights, request, seed=seed)
    return analogue_table(zip(names, molecules, strict=True), search)
