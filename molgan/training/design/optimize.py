"""Goal-directed design: finds the best molecules for an oracle in as few calls as possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from molgan.graphs.motif.core import Core
from molgan.models.protocols import MotifTreeGenerator
from molgan.models.threads import run_in_background
from molgan.training.design.ledger import Ledger, Oracle
from molgan.training.design.optimize_run import OptimizeRun
from molgan.training.design.plausibility_gate import make_plausibility_check
from molgan.training.design.proposals import Accept, Proposals
from molgan.training.report import Report, silent
from molgan.training.settings import OptimizeSettings


@dataclass(frozen=True)
class OptimizeOutcome:
    """All calls, why the run ended, and the numbers of candidates that were refused before scoring, by reason."""

    ledger: Ledger
    stopped: str
    refused: Counter[str]


def optimize(
    agent: MotifTreeGenerator,
    oracle: Oracle,
    settings: OptimizeSettings,
    *,
    budget: int,
    seed: int,
    start: Sequence[str] = (),
    prior: MotifTreeGenerator | None = None,
    core: Core | None = None,
    accept: Accept = lambda mol: True,
    folder: Path | None = None,
    report: Report = silent,
) -> OptimizeOutcome:
    """Search for molecules with high scores in at most `budget` calls of `oracle`; `agent` is trained in place.

    A round (a) updates the agent on the best molecules so far, anchored to the prior, while (b) it makes candidates:
    parents, drawn by rank from the best, are crossed, edited and mutated, and children that a surrogate of the oracle
    predicts to be promising have children in turn; (c) the agent draws more candidates, from nothing or in place of a
    part of a parent; (d) the oracle scores the candidates that the surrogate predicts to be promising. After Kim et al.
    2024 ("Genetic-guided GFlowNets"), with motif trees in place of SMILES and a surrogate in front of the oracle.

    A search that is stuck starts anew, with the agent as it was and only the `start` molecules as parents, since a
    molecule that is two moves away by way of worse ones may never be found from the present best. When the new search
    is stuck as well, both continue together, and their molecules are crossed.

    Args:
        agent: The generator.
        oracle: Gives the scores of SMILES, in order, higher is better, NaN for a failure.
        settings: Settings of the search.
        budget: The most distinct molecules to score.
        seed: Seed of the random numbers.
        start: SMILES of molecules that are scored first.
        prior: The anchor; the agent at the start by default.
        core: A core that every molecule but the start molecules contains, and at whose marks alone it grows.
        accept: Says whether a molecule may be scored; start molecules always are.
        folder: The folder from which the run resumes exactly; no molecule is scored twice.
        report: Takes the metrics of each round.

    Raises:
        InputError: A start molecule cannot be read, or the oracle does not return as many numbers.
    """
    run = OptimizeRun(agent, prior or agent, oracle, settings, budget, seed, core, folder)
    refuse = make_plausibility_check(settings, start, core)
    run.resume(report)
    if not run.ledger.calls:
        run.remember(run.ask(run.read_start(start)))
    while (stopped := run.stopped) is None:
        if run.stuck:
            run.restart()
        run.round += 1
        rng = np.random.default_rng(run.seed("round"))
        stocks = run.genomes.of(run.elite.parents, run.elite.weights.tolist(), run.round)
        proposals = Proposals(run.space, run.agent.vocabulary, run.ledger.number, settings, accept, refuse)
        with run_in_background(run.update_agent, run.agent.device) as figures_of_update:
            run.shortlist.fit(rng)
            proposals.breed(stocks, rng)
            for _ in range(settings.generations):
                proposals.breed_again(run.shortlist.promising(proposals.candidates, settings.promising, rng), rng)
        figures = figures_of_update()
        proposals.draw(run.agent, stocks, rng)
        candidates = proposals.candidates
        run.refused += proposals.refused
        calls = run.ask(run.shortlist.choose(candidates, run.batch, rng))
        run.remember(calls)
        run.reported = run.metrics(candidates, calls, figures) if calls else None
        saved = run.save() if run.round % settings.checkpoint_every == 0 else None
        if run.reported:
            report(run.reported, saved)
    run.save()
    return OptimizeOutcome(run.ledger, stopped, run.refused)
