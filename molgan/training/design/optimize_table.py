"""`molgan.optimize`: loads a generator, runs the loop of `optimize.py`, and returns a table of all calls."""

import math
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdkit import Chem

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import ConfigError, InputError, RunError
from molgan.base.files import write_files
from molgan.base.progress import Progress, Silent
from molgan.chem.misuse.rule import LISTS
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import parse
from molgan.scoring.inputs import as_list, get_text, make_text
from molgan.training.reporter import Reporter
from molgan.training.settings import MOST_START_ATOMS, OptimizeSettings

if TYPE_CHECKING:
    import pandas

    from molgan.training.design.ledger import Oracle

_NO_SCORE = "the oracle gave no number"
_ROOM = 10  # heavy atoms by which a molecule may outgrow the largest that it starts from


def optimize_table(
    oracle: "Oracle",
    budget: int,
    *,
    seed: int | None = 0,
    start: Iterable[Any] | None = None,
    core: str | None = None,
    weights: str | Path = DEFAULT_WEIGHTS,
    targets: Mapping[str, float] | None = None,
    guidance: float = 1.0,
    max_atoms: int | None = None,
    folder: str | Path | None = None,
    settings: OptimizeSettings | Mapping[str, Any] | None = None,
    misuse_filter: bool = True,
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
        targets: Properties that prior and agent aim at.
        guidance: Strength of aiming at them.
        max_atoms: The most heavy atoms of a molecule.
        folder: Where the state is kept, so that an interrupted run continues.
        settings: Fields of `OptimizeSettings`.
        misuse_filter: Whether what the filter `misuse` rejects is neither scored nor started from.
        progress: Shows the progress.

    Raises:
        InputError: A start molecule cannot be read or is rejected by the filter `misuse`, the oracle returns another
            number of values, or the prior was not trained for a target.
        ConfigError: Wrong settings.
    """
    from molgan.graphs.motif.core import Core
    from molgan.models.aiming import check_guidance
    from molgan.models.loading import load_generator, set_aim
    from molgan.models.motif.forbid_stereo import forbid_stereo
    from molgan.models.protocols import MotifTreeGenerator
    from molgan.training.design.optimize import optimize

    if budget < 1:
        raise ConfigError(f"budget must be at least 1, not {budget}")
    if isinstance(start, str | Chem.Mol):
        raise InputError("start is a list of SMILES, not one SMILES: put it in brackets")
    lists = LISTS if misuse_filter else ()
    given = [get_text(make_text(item)) or "" for item in as_list(() if start is None else start)]
    _refuse_misuse([*given, *([] if core is None else [core])], lists)
    folder = None if folder is None else Path(folder)
    progress = progress or Silent()
    seed = draw_seed(folder, progress) if seed is None else seed
    chosen = resolve_settings(settings, max_atoms, given)
    agent = load_generator(weights, MotifTreeGenerator)
    check_guidance(guidance, targets or {})
    if targets:
        set_aim(agent, targets, guidance)
    agent = agent if chosen.stereo else forbid_stereo(agent)
    with Reporter("optimize", progress, shown=("score", "best", "best_10")) as report:
        report.start("optimize", budget)
        outcome = optimize(
            agent,
            oracle,
            chosen,
            budget=budget,
            seed=seed,
            start=given,
            core=None if core is None else Core.read(core),
            refuse=partial(find_misuse, lists=lists),
            folder=folder,
            report=report,
        )
    if outcome.stopped != "budget":
        progress.message(f"optimize: stopped after {len(outcome.ledger.calls):,} calls: {outcome.stopped}")
    table = outcome.ledger.table()
    table["error"] = [_NO_SCORE if math.isnan(score) else None for score in table["score"]]
    table["error"] = table["error"].astype(object)
    table.attrs["seed"] = seed
    return table


def _refuse_misuse(given: Sequence[str], lists: Collection[str]) -> None:
    """Raises InputError where a molecule that the search starts from, or the core, is one that is not handed out."""
    for text in given:
        if (reason := find_misuse(parse(text), lists)) is not None:
            raise InputError(f"the filter 'misuse' rejects a molecule of start or core ({reason}); leave it out")


def draw_seed(folder: Path | None, progress: Progress) -> int:
    """A random seed, and a message with it. A run in a folder goes on with the one that it began with."""
    noted = folder and folder / "seed.txt"
    try:
        if noted and noted.exists():
            return int(noted.read_text())
    except (OSError, ValueError) as error:
        raise RunError(f"{noted}: holds no seed ({error}); give the seed that the run began with") from None
    seed = secrets.randbelow(2**32)
    progress.message(f"optimize: seed {seed} was drawn; the same seed gives the same calls again")
    if noted:
        write_files(noted.parent, {noted.name: [str(seed).encode()]})
    return seed


def resolve_settings(
    settings: OptimizeSettings | Mapping[str, Any] | None, max_atoms: int | None, start: Sequence[str]
) -> OptimizeSettings:
    """The settings with `max_atoms`: the given value, or enough for the largest start molecule."""
    from molgan.scoring.parameters import validate_section

    if not isinstance(settings, OptimizeSettings):
        settings = validate_section(OptimizeSettings, settings or {}, "settings")
    if max_atoms is None:
        read = (parse(text, max_heavy_atoms=MOST_START_ATOMS) for text in start)
        mols = [molecule.mol for molecule in read if molecule.mol is not None]
        max_atoms = max([settings.max_atoms, *(mol.GetNumHeavyAtoms() + _ROOM for mol in mols)])
    return settings.model_copy(update={"max_atoms": max_atoms})
