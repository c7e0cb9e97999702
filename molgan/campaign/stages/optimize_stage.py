"""The stage that designs: molecules for the objective, in as few calls of it as can be."""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rdkit import Chem

from molgan.base.content import with_contents
from molgan.base.errors import InputError
from molgan.base.files import write_files
from molgan.campaign.cost import Cost, Pace
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.stage import Stage
from molgan.campaign.watched_objective import WatchedObjective
from molgan.campaign.work import Work
from molgan.chem.reading import read_smiles
from molgan.chem.settings import StandardizeSettings
from molgan.config import CampaignConfig
from molgan.training.settings import AnalogueSettings, DesignSettings, TransferSettings

if TYPE_CHECKING:
    from molgan.models.protocols import MotifTreeGenerator
    from molgan.training.design.optimize import OptimizeOutcome

CALLS = "calls.csv"


class Optimize(Stage):
    """Spends the budget on the objective; leaves calls.csv and the agent, generator.safetensors."""

    name = "optimize"
    section = "optimize"
    titles: ClassVar = {"optimize": "Goal-directed design"}
    networks = ("generator",)

    @classmethod
    def cost(cls, config: CampaignConfig, pace: Pace) -> Cost:
        settings = config.optimize
        assert settings is not None
        rounds = count_rounds(settings)
        drawn = round(rounds * (settings.policy + settings.regrowth))
        learned = rounds * settings.updates * settings.update_size
        seconds = drawn * pace.sample + learned * pace.learn + settings.budget * pace.score
        return Cost(cls.section, drawn, settings.budget, seconds)

    def inputs(self) -> Mapping[str, object]:
        standardize = self.work.config.standardize
        return {
            **({} if standardize is None else {"standardize": standardize.model_dump(mode="json")}),
            **with_contents({"optimize": self.settings.model_dump(mode="json")}),
            **with_contents({"objective": self.work.config.objective.model_dump(mode="json")}),
            **self.work.inputs,
        }

    @property
    def outputs(self) -> dict[str, Path]:
        return {**super().outputs, CALLS: self.folder / CALLS}

    def perform(self) -> Counts:
        from molgan.models.loading import load_generator
        from molgan.models.motif.without_stereo import without_stereo
        from molgan.models.protocols import MotifTreeGenerator

        work, settings = self.work, self.settings
        agent = load_generator(self.weights, MotifTreeGenerator)
        agent = (agent if settings.stereo else without_stereo(agent)).to(work.device)
        prior = load_generator(self.weights, MotifTreeGenerator).to(work.device)
        if settings.transfer is not None:
            _transfer(work, settings, settings.transfer, agent, prior, self.folder)
        carried = _lessons(work, settings, agent, prior, self.folder)
        objective = WatchedObjective(work.objective)
        with self.report(components=objective.components) as report:
            start = list(dict.fromkeys([*read_start(work.config), *carried]))
            outcome = _run(work, settings, agent, objective, start, self.folder, report, prior)
        ledger = outcome.ledger
        _write_calls(self.folder / CALLS, ledger.calls)
        self.save(generator=agent)
        _tell(work, "", outcome)
        return {"oracle_calls": len(ledger.calls), "best_10": ledger.best(), "stopped": outcome.stopped}


def count_rounds(settings: DesignSettings) -> int:
    """Rounds of a design that spends its budget and does not start anew, small ones first."""
    made, rounds = settings.first, 1
    while made < settings.budget:
        made += min(settings.batch, max(settings.least_batch, int(settings.growth * made)))
        rounds += 1
    return rounds


def _transfer(
    work: Work,
    settings: DesignSettings,
    how: TransferSettings,
    agent: "MotifTreeGenerator",
    prior: "MotifTreeGenerator",
    folder: Path,
) -> None:
    """Agent and prior take after the start molecules; what was learned is kept for a run that goes on."""
    from molgan.models.loading import load_generator
    from molgan.training.design.transfer import transfer

    learned = folder / "transferred"
    if not (folder / "transferred.json").exists():
        work.progress.start("transfer", how.epochs)
        outcome = transfer(
            agent,
            read_start(work.config),
            how,
            seed=work.config.seed,
            report=lambda metrics, saved: work.progress.advance("transfer", 1, held_out=metrics["held_out"]),
        )
        work.progress.finish("transfer")
        work.progress.message(
            f"transfer: learned from {outcome.learned} actives; the {outcome.held_out} held out cost "
            f"{outcome.before:.1f} nats before and {outcome.after:.1f} after epoch {outcome.epoch}"
        )
        agent.save(learned, transfer=asdict(outcome))
    weights = load_generator(learned).to(work.device).state_dict()
    agent.load_state_dict(weights)
    prior.load_state_dict(weights)


def _lessons(
    work: Work, settings: DesignSettings, agent: "MotifTreeGenerator", prior: "MotifTreeGenerator", folder: Path
) -> list[str]:
    """The stages of the curriculum, in which the agent learns on; the molecules that the last one hands over."""
    from molgan.scoring.objective import Objective
    from molgan.scoring.processes.local_crew import LocalCrew

    carried: list[str] = []
    for i, lesson in enumerate(settings.curriculum, 1):
        stops = {name: getattr(lesson, name) for name in ("budget", "target", "patience")}
        own = settings.model_copy(update=stops)
        start = list(dict.fromkeys([*read_start(work.config), *carried]))
        work.progress.start(f"lesson {i}", lesson.budget)
        with Objective(lesson.objective, LocalCrew(work.cores)) as objective:
            outcome = _run(work, own, agent, WatchedObjective(objective), start, folder / f"lesson_{i}", _silent, prior)
        work.progress.finish(f"lesson {i}")
        _tell(work, f", lesson {i}", outcome)
        scored = [call for call in outcome.ledger.calls if not math.isnan(call.score)]
        best = sorted(scored, key=lambda call: (-call.score, call.number))
        carried = [call.smiles for call in best[: lesson.carry]]
    return carried


def _run(
    work: Work,
    settings: DesignSettings,
    agent: "MotifTreeGenerator",
    objective: WatchedObjective,
    start: list[str],
    folder: Path,
    report: Callable[..., None],
    prior: "MotifTreeGenerator",
) -> "OptimizeOutcome":
    from molgan.graphs.motif.core import Core
    from molgan.training.design.optimize import optimize as run
    from molgan.training.design.optimize_table import resolve_settings

    return run(
        agent,
        lambda smiles: objective.total(smiles).tolist(),
        resolve_settings(settings, None, start),
        budget=settings.budget,
        seed=work.config.seed,
        start=start,
        prior=prior,
        core=None if settings.core is None else Core.read(settings.core),
        accept=similarity_limits(settings.analogues),
        folder=folder,
        report=report,
    )


def _tell(work: Work, which: str, outcome: "OptimizeOutcome") -> None:
    calls, best = len(outcome.ledger.calls), outcome.ledger.best()
    work.progress.message(
        f"optimize{which}: {calls:,} molecules, mean of the best ten {best:.3f}, stopped by {outcome.stopped}"
    )


def _silent(metrics: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
    pass


def read_start(config: CampaignConfig) -> list[str]:
    """The SMILES that the campaign starts from; standardised and distinct where it has the section `standardize`.
    Raises InputError where one has no standard form."""
    assert config.optimize is not None
    given = config.optimize.start
    start = [record.smiles for record in read_smiles(given)] if isinstance(given, Path) else list(given)
    if config.standardize is None:
        return start
    return list(dict.fromkeys(_standardise(text, config.standardize) for text in start))


def _standardise(smiles: str, settings: StandardizeSettings) -> str:
    molecule = settings.standardise(smiles)
    if molecule.smiles is None:
        raise InputError(f"optimize.start: {smiles!r:.80} has no standard form: {molecule.reason}; leave it out")
    return molecule.smiles


def similarity_limits(settings: AnalogueSettings | None) -> Callable[[Chem.Mol], bool]:
    """Whether a molecule is as like the lead as it shall be."""
    if settings is None:
        return lambda mol: True
    from rdkit.DataStructs import TanimotoSimilarity

    from molgan.chem.fingerprints import ecfp

    (lead,) = ecfp([Chem.MolFromSmiles(settings.of)])
    least, most = settings.least, settings.most
    return lambda mol: least <= TanimotoSimilarity(ecfp([mol])[0], lead) <= most


def read_calls(path: Path) -> list[str]:
    """The molecules of calls.csv that have a score, in the order of the calls."""
    with path.open(newline="") as file:
        return [row["smiles"] for row in csv.DictReader(file) if row["score"]]


def _write_calls(path: Path, calls: Sequence[Any]) -> None:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("call", "round", "smiles", "score", "origin", "parents"))
    for call in calls:
        score = "" if math.isnan(call.score) else repr(call.score)
        parents = " ".join(str(number + 1) for number in call.parents)
        rows.writerow((call.number + 1, call.round, call.smiles, score, call.origin, parents))
    write_files(path.parent, {path.name: [text.getvalue().encode()]})
