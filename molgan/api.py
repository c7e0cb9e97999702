"""What `import molgan` offers. Each function imports what it needs when it is called."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas
    import polars
    from rdkit import Chem

    from molgan.base.progress import Progress
    from molgan.campaign import CampaignResult
    from molgan.chem.molecule import Molecule
    from molgan.config import CampaignConfig
    from molgan.filters.filter import Filter
    from molgan.models.protocols import Generator
    from molgan.scoring.base import Scorer
    from molgan.training.design.ledger import Oracle
    from molgan.training.settings import OptimizeSettings

    Molecules: TypeAlias = Iterable[str | Molecule | Chem.Mol | None] | pandas.Series[Any] | polars.Series


def score(smiles: "Molecules", scorers: "Sequence[str | Scorer | Mapping[str, Any]]") -> "pandas.DataFrame":
    """Raw properties of molecules as a table, one row an input, in order: `smiles`, a column a scorer, `error`.

    `smiles`: a list or a column of pandas or polars, of SMILES or RDKit molecules, None or NaN for what is missing.
    What failed is missing (NaN) and `error` says why. Alerts are True for a hit. `molgan list scorers` lists the names.
    Raises InputError for a single string, ConfigError for an unknown scorer.
    """
    from molgan.scoring.score_table import score

    return score(smiles, scorers)


def filter(
    smiles: "Molecules",
    stages: "Sequence[str | Mapping[str, Any] | Filter]",
    *,
    table: "pandas.DataFrame | None" = None,
) -> "pandas.DataFrame":
    """Pass molecules through filters in the order given: a table, one row an input, in order: `smiles`, `kept`, and
    `stage` and `reason` where it is False.

    `smiles` is what `score` takes. A stage is a filter's name, its settings as in a configuration
    (`{"filter": "size", "max": 30}`), or a filter. `table` holds what stages on scores read, one row a molecule.
    `molgan list filters` lists the names. Raises InputError for a single string, ConfigError for an unknown filter or a
    wrong parameter.
    """
    from molgan.filters.filter_table import filter_smiles
    from molgan.filters.settings import StageSettings
    from molgan.scoring.parameters import validated

    built = [validated(StageSettings, stage, "stage") if isinstance(stage, Mapping) else stage for stage in stages]
    return filter_smiles(smiles, built, table=table)


def stereoisomers(smiles: "Molecules", *, most: int = 16) -> "pandas.DataFrame":
    """The stereoisomers that molecules may be, `most` of each at most: `smiles`, and in `parent` the row of the input.

    What is said of stereo stays, what is left open is spelled out; a molecule without anything open comes back as it
    is, and what is no molecule not at all. To be called before `filter`, which keeps or drops and changes nothing.
    """
    import pandas

    from molgan.chem.stereoisomers import enumerate_stereoisomers
    from molgan.scoring.batch import Batch

    molecules = Batch.of(smiles).molecules
    isomers = ((each, row) for row, one in enumerate(molecules) for each in enumerate_stereoisomers(one, most=most))
    pairs = [(isomer.smiles, row) for isomer, row in isomers if isomer.smiles is not None]
    return pandas.DataFrame(pairs, columns=["smiles", "parent"])


def standardize(smiles: "Molecules", *, tautomers: bool = False, keep_stereo: bool = True) -> "pandas.DataFrame":
    """Molecules as a chemist would register them: a table, one row an input, in order: `smiles` (canonical), `original`
    (as given), `changes` ("salt removed: HCl; charges neutralised"), and `error`, the reason where there is no standard
    form and `smiles` is missing.

    Salts, solvents and charges that a proton balances go; with `tautomers`, RDKit's canonical tautomer takes the place
    of the one given; without `keep_stereo`, stereo goes. `smiles` is what `score` takes. What is standard comes back as
    it is. Raises InputError for a single string.
    """
    from molgan.bulk.standardise_file import standardise_table
    from molgan.chem.settings import StandardizeSettings

    return standardise_table(smiles, StandardizeSettings(tautomers=tautomers, keep_stereo=keep_stereo))


def load_generator(weights: str | Path = "moses") -> "Generator":
    """The generator with the weights of that name which molgan ships, or from the folder that a training wrote, without
    the critic that `sample` asks.

    Raises WeightsError when they are missing, damaged or of another architecture.
    """
    from molgan.models.loading import load_any

    return load_any(weights, raw=True)


def sample(
    n: int,
    *,
    seed: int = 0,
    weights: str | Path = "moses",
    raw: bool = False,
    targets: Mapping[str, float] | None = None,
    on_batch: Callable[[int], None] = lambda done: None,
) -> list[str | None]:
    """Canonical SMILES of `n` molecules drawn from the generator with `weights`; the same for the same seed.

    Where a critic was trained for the weights, as for those that molgan ships, a sample is kept as often as the critic
    takes it for real, and none that is in the training data; `raw` takes every one. A one-shot generator that was
    trained with `network.condition` aims at `targets`, such as {"logp": 2.5}; InputError for weights that cannot.
    None stands for an invalid graph of a one-shot generator; nothing is repaired or drawn again. `on_batch` gets the
    number of molecules just drawn. Raises WeightsError; see `load_generator`.
    """
    from molgan.base.errors import InputError
    from molgan.chem.molecule import parse
    from molgan.models.loading import load_any
    from molgan.models.protocols import ConditionalGenerator

    generator = load_any(weights, raw=raw)
    if not targets:
        drawn = generator.sample(n, seed=seed, on_batch=on_batch)
    elif isinstance(generator, ConditionalGenerator):
        drawn = generator.sample(n, seed=seed, targets=targets, on_batch=on_batch)
    else:
        raise InputError(f"no target {next(iter(targets))!r}: only one-shot generators with `network.condition` aim")
    return [parse(molecule.smiles).smiles for molecule in drawn]


def optimize(
    oracle: "Oracle",
    budget: int = 10_000,
    seed: int = 0,
    start: Sequence[str] | None = None,
    *,
    core: str | None = None,
    weights: str | Path = "moses",
    max_atoms: int | None = None,
    folder: str | Path | None = None,
    settings: "OptimizeSettings | Mapping[str, Any] | None" = None,
    progress: "Progress | None" = None,
) -> "pandas.DataFrame":
    """Find molecules that `oracle` scores high, in at most `budget` calls: a table of every call, in order.

    `oracle` takes a list of SMILES and gives as many numbers, higher is better, NaN for what cannot be scored; it is
    asked for a molecule once. `start` are molecules to begin with; the oracle is asked for them first. With a `core`,
    SMILES with attachment points (`*c1ccc(*)cc1`), all others keep that and grow there alone; two fragments with one
    each, separated by a dot, are linked. `max_atoms`
    bounds the heavy atoms, 50 by default, more where `start` is larger. With a `folder` an interrupted run that is
    called again goes on where it stopped. `settings` are those of `OptimizeSettings`, such as `{"target": 0.9}`.

    Columns: `call` (from 1), `round`, `smiles` (canonical), `score`, `origin` (policy, regrowth, crossover, edit,
    start), `parents` (the calls that it was made from), `best` (mean of the ten best so far). Raises InputError where a
    start molecule cannot be read or the oracle's answer is not as many numbers, ConfigError for wrong settings.
    """
    from molgan.training.design.optimize_table import optimize_table

    return optimize_table(
        oracle,
        budget,
        seed=seed,
        start=start,
        core=core,
        weights=weights,
        max_atoms=max_atoms,
        folder=folder,
        settings=settings,
        progress=progress,
    )


def run(
    config: "str | Path | CampaignConfig", overrides: Sequence[str] = (), *, progress: "Progress | None" = None
) -> "CampaignResult":
    """Run a campaign, or go on with it where it stopped: train, sample, score, filter, report.

    `overrides` are "section.key=value" and belong to a path. Raises ConfigError before any work starts.
    """
    from molgan.base.progress import Silent
    from molgan.campaign import run
    from molgan.config import CampaignConfig, load_config

    if not isinstance(config, CampaignConfig):
        config = load_config(config, overrides)
    return run(config, progress=progress or Silent())
