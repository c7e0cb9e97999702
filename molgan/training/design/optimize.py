"""Goal-directed design: finds the best molecules for an oracle in as few calls as possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rdkit import Chem

from molgan.base.stopping import leave_if_asked
from molgan.graphs.motif.core import Core
from molgan.models.protocols import MotifTreeGenerator
from molgan.models.threads import run_in_background
from molgan.training.design.ledger import Ledger, Oracle
from molgan.training.design.optimize_run import OptimizeRun
from molgan.training.design.plausibility_gate import count_given_flaws, make_plausibility_check
from molgan.training.design.proposals import Accept, Proposals, Refuse
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
    refuse: Refuse = lambda mol: None,
    folder: Path | None = None,
    report: Report = silent,
) -> OptimizeOutcome:
    """Search for molecules with high scores in at most `budget` calls of `oracle`; `agent` is trained in place.

    A round (a) updates the agent on the best molecules so far, anchored to the prior, while (b) it makes candidates:
    parents, drawn by rank from the best, are changed by genetic moves, and children that a surrogate of the oracle
    predicts to be promising have children in turn; (c) the agent draws more candidates, from nothing or in place of a
    part of a parent; (d) the oracle scores the candidates that the surrogate predicts to be promising. After Kim et al.
    2024 ("Genetic-guided GFlowNets"), with motif trees in place of SMILES and a surrogate in front of the oracle.

    The origins of molecules are start, policy (drawn by the agent from nothing), regrowth (a part of a parent drawn
    again), crossover, edit (one motif), mutation (one atom or bond) and exchange (one ring system for another of like
    shape). No move brings in a suspicious group or strained ring that none of the parents has.

    Beside a search that is stuck a new one begins, with the agent as it was and only the `start` molecules as parents,
    since a molecule that is two moves away by way of worse ones may never be found from the present best. Calls go to
    both by what they gain, then both continue together, and their molecules are crossed; see `Searches`.

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
        refuse: The reason why a molecule is not to be scored, or None; start molecules always are.
        folder: The folder from which the run resumes exactly; no molecule is scored twice.
        report: Takes the metrics of each round.

    Raises:
        InputError: A start molecule cannot be read, or the oracle does not return as many numbers.
    """
    run = OptimizeRun(agent, prior or agent, oracle, settings, budget, seed, core, folder)
    find_implausible, tolerated = make_plausibility_check(settings, start, core), count_given_flaws(start, core)

    def reject(mol: Chem.Mol) -> str | None:
        return refuse(mol) or find_implausible(mol)

    run.resume(report)
    if not run.ledger.calls:
        run.remember(run.ask(run.read_start(start)))
    while (stopped := run.stopped) is None:
        search = run.take_turn()
        shortlist = search.shortlist
        run.round += 1
        rng = np.random.default_rng(run.seed("round"))
        stocks = search.genomes.of(search.elite.parents, search.elite.weights.tolist(), run.round)
        proposals = Proposals(run.space, agent.vocabulary, run.ledger.number, settings, accept, reject, tolerated)
        with run_in_background(run.update_agent, search.agent.device) as figures_of_update:
            shortlist.fit(rng)
            proposals.breed(stocks, rng, shortlist.promising)
            for _ in range(settings.generations):
                promising = shortlist.promising(proposals.candidates, settings.promising, rng)
                proposals.breed_again(promising, rng, shortlist.promising)
        figures = figures_of_update()
        proposals.draw(search.agent, stocks, rng)
        candidates = proposals.candidates
        run.refused += proposals.refused
        calls = run.ask(shortlist.choose(candidates, run.batch, rng))
        run.remember(calls)
        run.reported = run.metrics(candidates, calls, figures) if calls else None
        saved = run.save() if run.round % settings.checkpoint_every == 0 else None
        if run.reported:
            report(run.reported, saved)
        leave_if_asked(run.save)
    run.save()
    run.searches.finish()
    return OptimizeOutcome(run.ledger, stopped, run.refused)
