"""Goal-directed design: the best molecules for an oracle, in as few calls as can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from molgan.graphs.motif.core import Core
from molgan.models.protocols import MotifTreeGenerator
from molgan.models.threads import run_in_background
from molgan.training.design.ledger import Ledger, Oracle
from molgan.training.design.optimize_run import OptimizeRun
from molgan.training.design.proposals import Accept, Proposals
from molgan.training.report import Report, silent
from molgan.training.settings import OptimizeSettings


@dataclass(frozen=True)
class OptimizeOutcome:
    """Every call, and why the run ended."""

    ledger: Ledger
    stopped: str


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
    """Spend `budget` calls of `oracle` on distinct molecules, best ones first found; `agent` learns in place.

    The prior is the agent as it comes in, unless another is given. A round (a) updates the agent on the best so far,
    anchored to the prior; beside that (b) it makes candidates: parents, the best so far by rank, are crossed, edited
    and mutated, and those children that a surrogate of the answers so far holds for promising have children in turn;
    (c) the agent draws more, from nothing or in place of a part of a parent; (d) the oracle is asked for the candidates
    that the surrogate holds for promising. After Kim et al. 2024 ("Genetic-guided GFlowNets"), with motif trees for
    SMILES and a surrogate in front of the oracle.

    A search that is stuck starts anew, with the agent as it was and without parents but the `start` molecules: what is
    two moves away, by way of worse molecules, may never be found from where all the good ones are. When the new search
    is stuck as well, it goes on together with what was found before, which its molecules are crossed with.

    The `start` molecules are asked for first. With a `core` every molecule but those keeps it and grows at its marks
    alone; `accept` says of any other molecule whether the oracle may be asked for it. With a `folder` the run goes on
    from there exactly, and pays for no molecule twice. Raises InputError where a start molecule cannot be read or the
    oracle's answer is no list of as many numbers.
    """
    run = OptimizeRun(agent, prior or agent, oracle, settings, budget, seed, core, folder)
    run.resume()
    if not run.ledger.calls:
        run.remember(run.ask(run.read_start(start)))
    while (stopped := run.stopped) is None:
        if run.stuck:
            run.restart()
        run.round += 1
        rng = np.random.default_rng(run.seed("round"))
        stocks = run.genomes.of(run.elite.parents, run.elite.weights.tolist(), run.round)
        proposals = Proposals(run.space, run.agent.vocabulary, run.ledger.number, settings, accept)
        with run_in_background(run.update_agent, run.agent.device) as figures_of_update:
            run.shortlist.fit(rng)
            proposals.breed(stocks, rng)
            for _ in range(settings.generations):
                proposals.breed_again(run.shortlist.promising(proposals.candidates, settings.promising, rng), rng)
        figures = figures_of_update()
        proposals.draw(run.agent, stocks, rng)
        candidates = proposals.candidates
        calls = run.ask(run.shortlist.choose(candidates, run.batch, rng))
        run.remember(calls)
        saved = run.save() if run.round % settings.checkpoint_every == 0 else None
        if calls:
            report(run.metrics(candidates, calls, figures), saved)
    run.save()
    return OptimizeOutcome(run.ledger, stopped)
