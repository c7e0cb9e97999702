"""`molgan.optimize`: loads a generator, runs the loop of `optimize.py`, and returns a table of all calls."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.errors import ConfigError, InputError
from molgan.base.progress import Progress, Silent
from molgan.chem.molecule import parse
from molgan.training.reporter import Reporter
from molgan.training.settings import OptimizeSettings

if TYPE_CHECKING:
    import pandas

    from molgan.training.design.ledger import Oracle

_ROOM = 10  # heavy atoms by which a molecule may be larger than the largest start molecule


def optimize_table(
    oracle: "Oracle",
    budget: int,
    *,
    seed: int = 0,
    start: Sequence[str] | None = None,
    core: str | None = None,
    weights: str | Path = "moses",
    max_atoms: int | None = None,
    folder: str | Path | None = None,
    settings: OptimizeSettings | Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> "pandas.DataFrame":
    """Run goal-directed design, and return a table of all calls.

    Args:
        oracle: Takes a list of SMILES and returns as many numbers, higher is better, NaN for a failure.
        budget: The most molecules to score, at least 1.
        seed: Seed of the random numbers.
        start: SMILES of molecules to begin with.
        core: SMILES of a core with attachment points.
        weights: The prior, by name or folder.
        max_atoms: The most heavy atoms of a molecule.
        folder: Where the state is kept, so that an interrupted run continues.
        settings: Fields of `OptimizeSettings`.
        progress: Shows the progress.

    Raises:
        InputError: A start molecule cannot be read, or the oracle returns another number of values.
        ConfigError: Wrong settings.
    """
    from molgan.graphs.motif.core import Core
    from molgan.models.loading import load_generator
    from molgan.models.motif.without_stereo import without_stereo
    from molgan.models.protocols import MotifTreeGenerator
    from molgan.training.design.optimize import optimize

    if budget < 1:
        raise ConfigError(f"budget must be at least 1, not {budget}")
    if isinstance(start, str):
        raise InputError("start must be a list of SMILES, not one SMILES; put it in brackets")
    chosen = resolve_settings(settings, max_atoms, start or ())
    agent = load_generator(weights, MotifTreeGenerator)
    agent = agent if chosen.stereo else without_stereo(agent)
    progress = progress or Silent()
    with Reporter("optimize", progress, shown=("score", "best", "best_10")) as report:
        report.start("optimize", budget)
        outcome = optimize(
            agent,
            oracle,
            chosen,
            budget=budget,
            seed=seed,
            start=start or (),
            core=None if core is None else Core.read(core),
            folder=None if folder is None else Path(folder),
            report=report,
        )
    if outcome.stopped != "budget":
        progress.message(f"optimize: stopped after {len(outcome.ledger.calls):,} calls ({outcome.stopped})")
    return outcome.ledger.table()


def resolve_settings(
    settings: OptimizeSettings | Mapping[str, Any] | None, max_atoms: int | None, start: Sequence[str]
) -> OptimizeSettings:
    """The settings with `max_atoms`: the given value, or enough for the largest start molecule."""
    from molgan.scoring.parameters import validate_section

    if not isinstance(settings, OptimizeSettings):
        settings = validate_section(OptimizeSettings, settings or {}, "settings")
    if max_atoms is None:
        mols = [molecule.mol for text in start if (molecule := parse(text)).mol is not None]
        max_atoms = max([settings.max_atoms, *(mol.GetNumHeavyAtoms() + _ROOM for mol in mols)])
    return settings.model_copy(update={"max_atoms": max_atoms})
