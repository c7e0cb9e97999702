"""The verbs on campaigns: check, run, train, report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.base.stopping import stop_on_sigterm
from molgan.cli.bars import format_number, print_foreign, show_progress

if TYPE_CHECKING:
    from molgan.campaign.check import Findings
    from molgan.scoring.foreign_code import ForeignCode

SHORT_OF_TARGET = 3
_MOST_SHOWN = 20  # molecules of a role

Config = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="A configuration in YAML, such as configs/quickstart.yaml.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KEY=VALUE]…", help="Values that replace those of the file: seed=7 sample.n=20000."),
]
Smoke = Annotated[
    bool, typer.Option("--smoke", help="Run in miniature: every stage, with few steps and few molecules.")
]


def check(
    config: Config,
    overrides: Overrides = None,
    smoke: Smoke = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Import own scorers, run commands and ask servers that the file names.")
    ] = False,
) -> None:
    """Validate a configuration without running it, and print its cost, filter counts and the scores of known molecules.

    Without --trust nothing that the file names is imported, run or called: own scorers, commands, servers, pickled
    models, a Ray cluster. What a run would run is listed, with the hashes of its files.

    Example: `molgan check configs/quickstart.yaml`
    """
    from molgan.config import CampaignConfig, load

    foreign: list[ForeignCode] = []
    settings = load(config, overrides or [], smoke=smoke, trust=trust, on_foreign=foreign.extend)
    from molgan.campaign.check import check_campaign, check_inputs
    from molgan.campaign.work import plan_objectives
    from molgan.distributed.resources import check_resources
    from molgan.distributed.storage import check_storage

    tries = trust or not foreign
    with show_progress() as progress:
        check_inputs(settings, None if tries else progress)
        if tries:
            check_storage(settings.compute, settings.folder, settings.storage)
            check_resources(settings.compute, progress, plan_objectives(settings))
    kind = "campaign" if isinstance(settings, CampaignConfig) else "training of a generator"
    if not tries:
        print(f"{config}: a {kind}, valid as far as it goes without its code; it writes to {settings.folder}")
        _print_foreign(foreign)
        return
    if not isinstance(settings, CampaignConfig):
        print(f"{config}: valid {kind}; it writes to {settings.folder}")
        return
    with show_progress() as progress:
        findings = check_campaign(settings, progress)
    print(f"{config}: valid campaign; it writes to {settings.folder}")
    _print_findings(findings)


def run(
    config: Config,
    overrides: Overrides = None,
    smoke: Smoke = False,
    accept_short: Annotated[
        bool,
        typer.Option(
            "--accept-short", help="Exit with 0 also when the target is not reached, for what would try again."
        ),
    ] = False,
) -> None:
    """Run a campaign, or continue it where it stopped: train, sample, score, filter, report.

    One line says which own scorers, commands and servers of the file it runs and asks.

    Example: `molgan run configs/quickstart.yaml seed=7 sample.n=20000`
    """
    from molgan.config import load_config

    settings = load_config(config, overrides or [], smoke=smoke, on_foreign=print_foreign)
    from molgan.campaign import run as run_campaign

    with stop_on_sigterm(), show_progress() as progress:
        result = run_campaign(settings, progress=progress)
    print(result.summary)
    print(f"report: {result.folder / 'report.html'}")
    if result.short and not accept_short:
        raise typer.Exit(SHORT_OF_TARGET)


def train(config: Config, overrides: Overrides = None, smoke: Smoke = False) -> None:
    """Train a generator, or continue its training where it stopped: a prior, or a one-shot generator.

    Example: `molgan train configs/moses_prior.yaml pretrain.epochs=2`
    """
    from molgan.config import OneShotConfig, load_training

    settings = load_training(config, overrides or [], smoke=smoke, on_foreign=print_foreign)
    from molgan.campaign.train_one_shot import train_one_shot
    from molgan.campaign.train_prior import train_prior

    with stop_on_sigterm(), show_progress() as progress:
        if isinstance(settings, OneShotConfig):
            weights = train_one_shot(settings, progress=progress)
        else:
            weights = train_prior(settings, progress=progress)
    print(f"weights: {weights}")


def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as runs/quickstart.")],
) -> None:
    """Write the report of a run folder again, from the files in it.

    Example: `molgan report runs/quickstart`
    """
    from molgan.campaign.pipeline import TITLES
    from molgan.report import write_report

    print(write_report(folder, titles=TITLES))


def _print_foreign(found: "list[ForeignCode]") -> None:
    print("\nA run would run or ask (check --trust does so, and tries filters, scores and cost)")
    for each in found:
        print(f"  {each.text}")
        for path, digest in each.digests.items():
            print(f"    sha256 {digest} {path}")


def _print_findings(findings: "Findings") -> None:
    known = {"moses_reference_1000": "of the MOSES test set", "approved_drugs": "that are approved drugs"}
    tried = f"{findings.passing[0].entered:,} molecules {known.get(findings.reference, findings.reference)}"
    print(f"\nFilters, tried on {tried}")
    for count in findings.passing:
        reasons = ", ".join(f"{reason} {number}" for reason, number in count.reasons.most_common(3))
        print(f"  {count.stage:<20} {count.entered:>6,} in {count.kept:>6,} kept  {reasons}".rstrip())
    for row in findings.known.groupby("role", sort=False).head(_MOST_SHOWN).to_dict("records"):
        verdict = f"rejected by {row['stage']}: {row['reason']}" if row["stage"] else "passes every filter"
        raw = ", ".join(f"{name} {format_number(row[name])}" for name in findings.components)
        print(f"\n{row['role']} {row['smiles']}\n  score {format_number(row['score'])} ({raw})\n  {verdict}")
    for role, count in findings.known["role"].value_counts(sort=False).items():
        if count > _MOST_SHOWN:
            scores = findings.known[findings.known["role"] == role]["score"]
            spread = f"score {format_number(scores.min())} to {format_number(scores.max())}"
            print(f"\n{count:,} molecules with the role {role!r}, {_MOST_SHOWN} of them shown; {spread}")
    if findings.advice:
        print("\nAdvice")
        for line in findings.advice:
            print(f"  {line}")
    print("\nEstimated cost on this machine, at most")
    for cost in findings.costs:
        print(f"  {cost.stage:<12} {cost.seconds / 60:6.1f} min  {cost.drawn:>9,} drawn  {cost.scored:>9,} scored")
