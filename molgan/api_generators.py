"""The functions that `import molgan` offers for generators."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from molgan.base.default_weights import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    import pandas

    from molgan.api import Molecules
    from molgan.models.protocols import Generator


def load_generator(weights: str | Path = DEFAULT_WEIGHTS) -> "Generator":
    """Load a generator: shipped weights by their name, or the folder that a training wrote.

    The critic that `sample` uses is not loaded. Raises WeightsError when the weights are missing, damaged or of another
    architecture.
    """
    from molgan.models.loading import load_any

    return load_any(weights, raw=True)


def sample(
    n: int,
    *,
    seed: int | None = 0,
    weights: str | Path = DEFAULT_WEIGHTS,
    raw: bool = False,
    targets: Mapping[str, float] | None = None,
    guidance: float = 1.0,
    candidates: int | None = None,
    core: str | None = None,
    temperature: float = 1.0,
    max_atoms: int | None = None,
    plausible: bool = True,
    misuse_filter: bool = True,
    on_batch: Callable[[int], None] = lambda done: None,
) -> list[str | None]:
    """Draw `n` molecules from a generator; the same seed gives the same molecules.

    Args:
        n: The number of molecules.
        seed: Seed of the random numbers, at least 0; None draws one, which a warning tells.
        weights: Shipped weights by their name, or the folder that a training wrote.
        raw: Keep every sample. By default the critic of the weights, if they have one, chooses which samples are kept,
            and molecules of the training data are left out.
        targets: Values to aim at, in their units, of properties that the weights were trained for: {"logp": 2.5}.
        guidance: How strongly to aim: 1 follows the training data, more is nearer to the targets and less varied.
        candidates: Molecules drawn for each, of which the nearest to the targets is kept; by default 8 with targets.
        core: SMILES with attachment points (`*c1ccc(*)cc1`): every molecule contains it and grows only there. Two
            fragments with one point each, separated by a dot, are linked.
        temperature: Above 1 molecules vary more, below 1 less; above 0, at most 10.
        max_atoms: The most heavy atoms of a molecule, 1 to 200; those of the training data by default.
        plausible: Hold samples to the chemistry of the training data, where the weights bring an index of it: no ring
            system that the data lacks, and with the critic nothing that the filter `plausible` rejects.
        misuse_filter: Draw anew what the filter `misuse` rejects, and warn of it.
        on_batch: Called with the number of molecules just drawn.

    Returns:
        `n` canonical SMILES; None for an invalid graph of a one-shot generator, which is not redrawn, and where the
        filter `misuse` rejects one draw after another.

    Raises:
        InputError: The weights cannot aim at a target or take no such option, the core cannot be used or leaves no
            room, or a value is outside its range.
        WeightsError: See `load_generator`; or the critic accepts hardly any molecule.
    """
    import secrets
    import warnings
    from collections import Counter

    from molgan.models.drawing import draw_molecules
    from molgan.models.withholding import describe_withheld

    if seed is None:
        seed = secrets.randbelow(2**32)
        warnings.warn(f"seed {seed} was drawn; the same seed gives the same molecules again", stacklevel=2)
    withheld: Counter[str] = Counter()
    drawn = draw_molecules(
        n,
        seed=seed,
        weights=weights,
        raw=raw,
        targets=targets,
        guidance=guidance,
        candidates=candidates,
        core=core,
        temperature=temperature,
        max_atoms=max_atoms,
        plausible=plausible,
        misuse_filter=misuse_filter,
        on_batch=on_batch,
        withheld=withheld,
    )
    if withheld:
        warnings.warn(describe_withheld(withheld), stacklevel=2)
    return drawn


def log_likelihood(
    smiles: "Molecules", *, weights: str | Path = DEFAULT_WEIGHTS, targets: Mapping[str, float] | None = None
) -> "pandas.DataFrame":
    """How likely molecules are under a generator: a table, one row for each input, in order.

    The columns are `smiles`, `nll` (the negative log-likelihood of the canonical sequence of actions, in nats),
    `nll_per_atom` (per heavy atom), `rank` (the share of molecules of the training data that are less likely per atom,
    0 to 1; missing with targets, and where the weights do not know the data's likelihoods) and `error`, the reason why
    there are no values: not a molecule, too large, or with an element or stereo that the weights do not know. The
    values do not depend on the other molecules. The critic of the weights is left out.

    Args:
        smiles: What `score` takes; the rows have the labels of a pandas Series or frame.
        weights: Shipped weights by their name, or the folder that a training wrote.
        targets: Properties that the molecules aim at, as for `sample`.

    Raises:
        InputError: A single string, a frame without a SMILES column, or a target that the weights cannot aim at.
        ConfigError: Weights of a one-shot generator.
        WeightsError: See `load_generator`.
    """
    from molgan.bulk.likelihood_file import likelihood_table
    from molgan.models.nll import NllMeter

    return likelihood_table(smiles, NllMeter.load(weights, targets))
