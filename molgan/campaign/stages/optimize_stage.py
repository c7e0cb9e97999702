"""The stage that designs molecules for the objective, in as few calls of the objective as possible."""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rdkit import Chem

from molgan.base.content import add_contents
from molgan.base.errors import InputError
from molgan.base.files import write_files
from molgan.campaign.cost import Cost, Pace
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.curriculum import run_curriculum
from molgan.campaign.stages.stage import Stage
from molgan.campaign.watched_objective import WatchedObjective
from molgan.campaign.work import Work
from molgan.chem.given_molecules import require_molecules
from molgan.chem.misuse.rule import LISTS
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import parse
from molgan.config import CampaignConfig
from molgan.training.design.ledger import COLUMNS
from molgan.training.design.settings import AnalogueSettings, DesignSettings, DesignStageSettings, TransferSettings
from molgan.training.refusals import announce_refusals
from molgan.training.reporter import Reporter
from molgan.training.settings import MOST_START_ATOMS

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
            **({} if self.work.config.misuse_lists == LISTS else {"misuse": list(self.work.config.misuse_lists)}),
            **({} if standardize is None else {"standardize": standardize.model_dump(mode="json")}),
            **add_contents({"optimize": self.settings.model_dump(mode="json")}),
            **add_contents({"objective": self.work.config.objective.model_dump(mode="json")}),
            **self.work.inputs,
        }

    @property
    def outputs(self) -> dict[str, Path]:
        return {**super().outputs, CALLS: self.folder / CALLS}

    def perform(self) -> Counts:
        from molgan.models.motif.forbid_stereo import forbid_stereo
        from molgan.models.protocols import MotifTreeGenerator

        work, settings = self.work, self.settings
        agent = self.load_generator(MotifTreeGenerator)
        agent = (agent if settings.stereo else forbid_stereo(agent)).to(work.device)
        prior = self.load_generator(MotifTreeGenerator).to(work.device)
        if settings.transfer is not None:
            _transfer(work, settings.transfer, agent, prior, self.folder)
        carried = run_curriculum(self, settings.curriculum, partial(self._teach, agent, prior))
        objective = WatchedObjective(work.objective, work.progress.message)
        with self.report(components=objective.components) as report:
            start = list(dict.fromkeys([*read_start(work.config), *carried]))
            outcome = _run(work, settings, agent, objective, start, self.folder, report, prior)
        ledger = outcome.ledger
        _write_calls(self.folder / CALLS, ledger.calls)
        self.save(generator=agent)
        _report_outcome(work, "", outcome)
        return {"oracle_calls": len(ledger.calls), "best_10": ledger.best(), "stopped": outcome.stopped}

    def _teach(
        self,
        agent: "MotifTreeGenerator",
        prior: "MotifTreeGenerator",
        number: int,
        lesson: DesignStageSettings,
        objective: WatchedObjective,
        carried: list[str],
        report: Reporter,
    ) -> list[str]:
        """Search for an easier objective with the same agent; returns the SMILES that it scored, best first."""
        stops = {name: getattr(lesson, name) for name in ("budget", "target", "patience")}
        own = self.settings.model_copy(update=stops)
        start = list(dict.fromkeys([*read_start(self.work.config), *carried]))
        outcome = _run(self.work, own, agent, objective, start, self.folder / f"lesson_{number}", report, prior)
        _report_outcome(self.work, f", curriculum stage {number}", outcome)
        scored = [call for call in outcome.ledger.calls if not math.isnan(call.score)]
        return [call.smiles for call in sorted(scored, key=lambda call: (-call.score, call.number))]


def count_rounds(settings: DesignSettings) -> int:
    """The number of rounds of a design that spends its budget and never restarts; the first rounds are small."""
    made, rounds = settings.first, 1
    while made < settings.budget:
        made += min(settings.batch, max(settings.least_batch, int(settings.growth * made)))
        rounds += 1
    return rounds


def _transfer(
    work: Work,
    how: TransferSettings,
    agent: "MotifTreeGenerator",
    prior: "MotifTreeGenerator",
    folder: Path,
) -> None:
    """Fine-tune agent and prior on the start molecules; the weights are saved, so that a resumed run loads them."""
    from molgan.training.domains.adaptation import adapt

    learned = folder / "transferred"
    if not (folder / "transferred.json").exists():
        work.progress.start("transfer", how.epochs)
        if how.private is not None:
            _transfer_privately(work, how, agent, learned)
            _load_transferred(work, learned, agent, prior)
            return
        outcome = adapt(
            agent,
            read_start(work.config),
            how,
            seed=work.config.seed,
            checkpoint=folder / "transfer",
            report=lambda metrics, saved: work.progress.advance("transfer", 1, held_out=metrics["held_out"]),
        )
        work.progress.finish("transfer")
        work.progress.message(f"transfer: {outcome.describe()}")
        agent.save(learned, transfer=asdict(outcome))
    _load_transferred(work, learned, agent, prior)


def _transfer_privately(work: Work, how: TransferSettings, agent: "MotifTreeGenerator", learned: Path) -> None:
    from molgan.base.secret_key import read_key
    from molgan.training.private.private_transfer import transfer_privately

    plan = transfer_privately(
        agent,
        read_start(work.config),
        how,
        seed=work.config.seed,
        key=read_key(),
        report=lambda metrics, saved: work.progress.advance("transfer", 1, epsilon=metrics["epsilon"]),
    )
    work.progress.finish("transfer")
    work.progress.message(
        f"transfer: epsilon {plan.epsilon:.3g} at delta {plan.delta:.1e} for the weights {learned}; the library is not "
        "protected, since the search starts from the actives"
    )
    agent.save(learned, private=plan.describe())


def _load_transferred(work: Work, learned: Path, agent: "MotifTreeGenerator", prior: "MotifTreeGenerator") -> None:
    from molgan.models.loading import load_generator

    weights = load_generator(learned).to(work.device).state_dict()
    agent.load_state_dict(weights)
    prior.load_state_dict(weights)


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
        accept=make_similarity_check(settings.analogues),
        refuse=partial(find_misuse, lists=work.config.misuse_lists),
        folder=folder,
        report=report,
    )


def _report_outcome(work: Work, which: str, outcome: "OptimizeOutcome") -> None:
    calls, best = len(outcome.ledger.calls), outcome.ledger.best()
    work.progress.message(
        f"optimize{which}: {calls:,} molecules scored, mean of the ten best {best:.3f}, end: {outcome.stopped}"
    )
    announce_refusals(work.progress.message, outcome.refused)


def read_start(config: CampaignConfig) -> list[str]:
    """The SMILES that the campaign starts from, in standard form where it has the section `standardize`. Raises
    InputError, a line for each that is not one molecule."""
    assert config.optimize is not None
    standardise = None if config.standardize is None else config.standardize.standardise
    start = require_molecules(config.optimize.start, "optimize.start", standardise)
    for text in start:
        if (reason := parse(text, max_heavy_atoms=MOST_START_ATOMS).reason) is not None:
            raise InputError(f"optimize.start: {text:.100}: {reason}")
    return start


def make_similarity_check(settings: AnalogueSettings | None) -> Callable[[Chem.Mol], bool]:
    """A function that says whether the similarity of a molecule to the lead is within the limits."""
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
    rows.writerow(COLUMNS)
    for call in calls:
        rows.writerow("" if isinstance(value, float) and math.isnan(value) else value for value in call.row())
    write_files(path.parent, {path.name: [text.getvalue().encode()]})
