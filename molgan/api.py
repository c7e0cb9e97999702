"""The functions that `import molgan` offers. Each imports what it needs when it is called."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from molgan.base.default_weights import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    import pandas
    import polars
    from rdkit import Chem

    from molgan.base.progress import Progress
    from molgan.campaign import CampaignResult
    from molgan.chem.molecule import Molecule
    from molgan.config import CampaignConfig
    from molgan.filters.filter import Filter
    from molgan.scoring.base import Scorer
    from molgan.training.design.ledger import Oracle
    from molgan.training.settings import OptimizeSettings

    Molecules: TypeAlias = (
        Iterable[str | Molecule | Chem.Mol | None]
        | pandas.Series[Any]
        | pandas.DataFrame
        | polars.Series
        | polars.DataFrame
    )


def score(
    smiles: "Molecules", scorers: "str | Scorer | Mapping[str, Any] | Sequence[str | Scorer | Mapping[str, Any]]"
) -> "pandas.DataFrame":
    """Score molecules: a table of raw values, one row for each input, in order.

    The columns are `smiles`, one for each scorer, and `error`. `smiles`: a list, or a column of pandas or polars, of
    SMILES or RDKit molecules, None or NaN for a missing molecule; or a frame, whose SMILES column is found by its name.
    The rows have the labels of a pandas Series or frame. `scorers`: names, or
    `{"scorer": "similarity", "name": "to_lead", "parameters": {"smiles": [lead]}}` with the `name` of the column, or a
    scorer. A value that could not be computed is missing (NaN), and `error` gives the reason. Alerts are True for a
    hit. `molgan list scorers` lists the names. Raises InputError for a single string and for a frame without a SMILES
    column, ConfigError for an unknown scorer and for two with the same name.
    """
    from molgan.scoring.score_table import score

    return score(smiles, scorers)


def filter(
    smiles: "Molecules",
    stages: "str | Filter | Mapping[str, Any] | Sequence[str | Filter | Mapping[str, Any]]",
    *,
    table: "pandas.DataFrame | None" = None,
) -> "pandas.DataFrame":
    """Pass molecules through filters in the order given: a table with one row for each input, in order.

    The columns are `smiles`, `kept` (True or False), the `stage` and `reason` of a rejection, and for a duplicate
    `duplicate_of`, the label of the row that it equals. `smiles` as for `score`, with its row labels. A stage is the
    name of a filter, its settings as in a configuration (`{"filter": "size", "max": 30}`), or a `Filter`. `table` holds
    the columns that filters on scores read, one row for each molecule. `molgan list filters` lists the names. Raises
    InputError for a single string, for a frame without a SMILES column and for a `table` in another order, ConfigError
    for an unknown filter or a wrong parameter.
    """
    from molgan.filters.filter_table import filter_smiles

    return filter_smiles(smiles, stages, table=table)


def stereoisomers(smiles: "Molecules", *, most: int = 16) -> "pandas.DataFrame":
    """Enumerate the stereoisomers of molecules: a table of `smiles`, and `parent`, the row of the input: its label in a
    pandas Series or frame, else its position.

    Specified stereo is kept, unspecified stereo is enumerated, with at most `most` isomers of a molecule. A molecule
    without unspecified stereo is returned as it is; invalid input has no rows. Call this before `filter`, which keeps
    or drops molecules and never changes them.
    """
    import pandas

    from molgan.chem.stereoisomers import enumerate_stereoisomers
    from molgan.scoring.batch import Batch
    from molgan.scoring.inputs import get_row_labels

    labels, molecules = get_row_labels(smiles), Batch.of(smiles).molecules
    parents = range(len(molecules)) if labels is None else labels
    isomers = (
        (isomer.smiles, parent)
        for parent, molecule in zip(parents, molecules, strict=True)
        for isomer in enumerate_stereoisomers(molecule, most=most)
    )
    pairs = [(text, parent) for text, parent in isomers if text is not None]
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


def synthesis_routes(
    smiles: "Molecules",
    *,
    stock: str | Sequence[str] = ("enamine", "reagents"),
    templates: str | Sequence[str] = ("hartenfeller_button", "synformer", "interconversions"),
    depth: int = 5,
    expansions: int = 100,
    timeout: float = 300.0,
    processes: int | None = None,
    buy: bool = True,
) -> "pandas.DataFrame":
    """Find a synthesis route for each molecule: a table, one row an input, in order.

    The columns are `smiles`; `solved`; `steps`, the number of reactions; `depth`, those in the longest line; `cost`, 1
    to 3 a reaction and .5 for each doubt; `reactions`, reaction SMILES in the order in which they are run; `titles`;
    `doubts`; `blocks` and `numbers`, what is bought; `route`, all of it as an object; `error`, why there is no route.

    Args:
        smiles: What `score` takes; the rows have the labels of a pandas Series or frame.
        stock: Stocks by name (`enamine`, `reagents`), and files of molecules.
        templates: Sets of reactions by name, and files of reaction SMARTS.
        depth: The most reactions in a line.
        expansions: The most molecules that are taken apart in the search for a route. The result depends on this
            number, not on how fast the machine is.
        timeout: Seconds after which a molecule is given up.
        processes: Processes that search; all cores by default.
        buy: Whether a molecule that is in stock needs no route.

    Raises:
        ConfigError: The extra `synthesis` is not installed, or a stock or set does not exist.
        InputError: A single string, a frame without a SMILES column, or a file that cannot be used.
    """
    from molgan.bulk.route_file import route_table
    from molgan.scoring.parameters import validate_section
    from molgan.scoring.scorers.retrosynthesis.route_finder import share_finder
    from molgan.scoring.scorers.retrosynthesis.route_settings import RouteSettings

    given = {"stock": stock, "templates": templates, "depth": depth, "expansions": expansions, "timeout": timeout}
    settings = validate_section(RouteSettings, {**given, "processes": processes}, "synthesis_routes")
    return route_table(smiles, share_finder(settings, buy=buy))


def optimize(
    oracle: "Oracle",
    budget: int = 10_000,
    seed: int | None = 0,
    start: "Molecules | None" = None,
    *,
    core: str | None = None,
    weights: str | Path = DEFAULT_WEIGHTS,
    targets: Mapping[str, float] | None = None,
    guidance: float = 1.0,
    max_atoms: int | None = None,
    folder: str | Path | None = None,
    settings: "OptimizeSettings | Mapping[str, Any] | None" = None,
    misuse_filter: bool = True,
    progress: "Progress | None" = None,
) -> "pandas.DataFrame":
    """Find molecules that `oracle` scores high, in at most `budget` calls: a table of every call, in order.

    Args:
        oracle: Takes a list of SMILES and returns as many numbers, higher is better, NaN or None for a failure. It is
            called once for each molecule.
        budget: The most molecules to score, at least 1.
        seed: Seed of the random numbers; None draws one, which `progress` tells and the table's `attrs["seed"]` keeps.
        start: Molecules to begin with, as `score` takes them; the oracle scores them first.
        core: SMILES with attachment points (`*c1ccc(*)cc1`): all other molecules contain it and grow only there. Two
            fragments with one point each, separated by a dot, are linked.
        weights: The prior: shipped weights by their name, or the folder that a training wrote.
        targets: Properties that the generator aims at, as for `sample`, from where the search starts.
        guidance: How strongly it aims, as for `sample`.
        max_atoms: The most heavy atoms of a molecule; 50 by default, more where `start` is larger.
        folder: Where the state is kept, so that an interrupted run continues when it is called again.
        settings: Fields of `OptimizeSettings`, such as `{"target": 0.9}`.
        misuse_filter: Whether what the filter `misuse` rejects is neither scored nor started from.
        progress: Shows the progress.

    Returns:
        A table with the columns `call` (from 1), `round`, `search` (1, and more where a search was stuck), `smiles`
        (canonical), `score`, `origin` (policy, regrowth, crossover, edit, mutation, exchange, start), `parents` (the
        calls of the molecules that it was made from), `best` (mean of the ten best scores so far), `error` (why there
        is no score).

    Raises:
        InputError: A start molecule cannot be read or is rejected by the filter `misuse`, the oracle's answer is not as
            many numbers, or the weights cannot aim at a target.
        ConfigError: Wrong settings.
    """
    from molgan.training.design.optimize_table import optimize_table

    return optimize_table(
        oracle,
        budget,
        seed=seed,
        start=start,
        core=core,
        weights=weights,
        targets=targets,
        guidance=guidance,
        max_atoms=max_atoms,
        folder=folder,
        settings=settings,
        misuse_filter=misuse_filter,
        progress=progress,
    )


def run(
    config: "str | Path | Mapping[str, Any] | CampaignConfig",
    overrides: Sequence[str] = (),
    *,
    progress: "Progress | None" = None,
) -> "CampaignResult":
    """Run a campaign, or continue it where it stopped: train, sample, score, filter, report.

    `config` is a YAML file, or what one would hold: `{"objective": {…}, "sample": {"n": 1000}, …}`, to
    `runs/campaign` unless it says `name` or `out`. `overrides` are "section.key=value", not for a `CampaignConfig`. The
    result's `library` is a table. The configuration's own scorers, commands and servers run; a message names them.
    Raises ConfigError before any work starts.
    """
    from molgan.base.progress import Silent
    from molgan.campaign import run
    from molgan.config import CampaignConfig, load_config
    from molgan.scoring.foreign_code import list_foreign

    progress = progress or Silent()
    if not isinstance(config, CampaignConfig):
        config = load_config(config, overrides, on_foreign=lambda found: progress.message(list_foreign(found)))
    return run(config, progress=progress)
