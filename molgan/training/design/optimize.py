"""Goal-directed design: the best molecules for an oracle, in as few calls as can be."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.fingerprints import murcko_scaffold
from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, cut
from molgan.chem.stereo import UnknownStereo, without_stereo
from molgan.graphs.motif.core import Core
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.threads import beside
from molgan.training.checkpoint import load_checkpoint, save_checkpoint, under_prefix, with_prefix
from molgan.training.design.agent_update import Pupil
from molgan.training.design.elite import Elite, Made
from molgan.training.design.ledger import Call, Ledger, Oracle
from molgan.training.design.proposals import START, Accept, Candidate, Genomes, Proposals
from molgan.training.design.shortlist import Screen
from molgan.training.design.space import Decorations, Everything, Space
from molgan.training.loop import step_seed
from molgan.training.report import Report, silent
from molgan.training.settings import OptimizeSettings

_NOTICEABLE = 0.005  # share by which the ten best must gain to count as a gain
_YIELDS = (0.5, 0.7, 0.9)  # scores, the molecules above which are counted


@dataclass(frozen=True)
class OptimizeOutcome:
    """Every call, and why the run ended."""

    ledger: Ledger
    stopped: str


def optimize(
    agent: MotifGenerator,
    oracle: Oracle,
    settings: OptimizeSettings,
    *,
    budget: int,
    seed: int,
    start: Sequence[str] = (),
    prior: MotifGenerator | None = None,
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
    run = _Run(agent, prior or agent, oracle, settings, budget, seed, core, folder)
    run.resume()
    if not run.ledger.calls:
        run.learn(run.ask(run.started(start)))
    while (stopped := run.stopped) is None:
        if run.stuck:
            run.restart()
        run.round += 1
        rng = np.random.default_rng(run.seed("round"))
        stocks = run.genomes.of(run.elite.parents, run.elite.weights.tolist(), run.round)
        proposals = Proposals(run.space, run.agent.vocabulary, run.ledger.number, settings, accept)
        with beside(run.study, run.agent.device) as studied:
            run.screen.fit(rng)
            proposals.breed(stocks, rng)
            for _ in range(settings.generations):
                proposals.breed_again(run.screen.promising(proposals.candidates, settings.promising, rng), rng)
        figures = studied()
        proposals.draw(run.agent, stocks, rng)
        candidates = proposals.candidates
        calls = run.ask(run.screen.choose(candidates, run.batch, rng))
        run.learn(calls)
        saved = run.save() if run.round % settings.checkpoint_every == 0 else None
        if calls:
            report(run.metrics(candidates, calls, figures), saved)
    run.save()
    return OptimizeOutcome(run.ledger, stopped)


class _Run:
    """All that the loop changes. But for the networks it follows from the calls."""

    def __init__(
        self,
        agent: MotifGenerator,
        prior: MotifGenerator,
        oracle: Oracle,
        settings: OptimizeSettings,
        budget: int,
        seed: int,
        core: Core | None,
        folder: Path | None,
    ):
        self.agent = agent
        self.settings = settings
        self.round = 0
        self.idle = 0  # rounds in a row without a new candidate
        self.improved = 0  # calls when the ten best last gained
        self.best = -math.inf
        self.ledger = Ledger(oracle, budget, folder and folder / "answers.jsonl")
        self.since = 0  # calls when this search began
        self.aside: Elite | None = None  # of the searches before, while a new one goes its own way
        self.gained = 0  # calls when its ten best last gained noticeably
        self.level = -math.inf  # its ten best then
        self.space: Space = Everything(settings.max_atoms) if core is None else Decorations(core, settings.max_atoms)
        self.genomes = Genomes(self.space, seed)
        self.pupil = Pupil(agent, prior, self.space, settings)
        self.elite = Elite(settings)
        self.screen = Screen(settings)
        self._seed = seed
        self._first = copy.deepcopy(agent.state_dict())
        self._whole = core is None
        self._checkpoint = folder and folder / "checkpoint"

    @property
    def batch(self) -> int:
        """Calls of the coming round: few while little is known, so that what is learned is used at once."""
        settings, made = self.settings, len(self.ledger.calls) - self.since
        if made < settings.first:
            return min(settings.first - made, self.ledger.left)
        size = min(settings.batch, max(settings.least_batch, int(settings.growth * made)))
        return min(size, self.ledger.left)

    @property
    def stopped(self) -> str | None:
        """Why no further round is due."""
        settings, made = self.settings, len(self.ledger.calls)
        if self.ledger.left <= 0:
            return "budget"
        if settings.target is not None and made >= 10 and self.best >= settings.target:
            return "target"
        if settings.patience is not None and made - self.improved >= settings.patience:
            return "plateau"
        return "exhausted" if self.idle >= 20 else None

    @property
    def stuck(self) -> bool:
        """Whether this search has not gained for long."""
        limit = self.settings.restart
        return limit is not None and len(self.ledger.calls) - max(self.gained, self.since) >= limit

    def restart(self) -> None:
        """Search anew, or a new search together with the old; what was paid for is not asked for again."""
        if self.aside is None:
            self.pupil.read()
            self.agent.load_state_dict(self._first)
            self.pupil = Pupil(self.agent, self.pupil.prior, self.space, self.settings)
            self.genomes = Genomes(self.space, self._seed)
            self.aside, self.elite = self.elite, Elite(self.settings)
            self.since = len(self.ledger.calls)
            known = [(call, self._molecule(call.smiles)) for call in self.ledger.calls if call.origin == START]
            fresh = self.elite.add([(call, mol, self._tree(mol)) for call, mol in known])
            self.pupil.hand(fresh, step_seed(self._seed, self.round, 1))
        else:
            self.elite.join(self.aside)
            self.aside, self.since = None, 0
        self.screen.begin(self.since)
        self.gained, self.level = len(self.ledger.calls), -math.inf
        self._look()

    def seed(self, purpose: str) -> int:
        return step_seed(self._seed, self.round, *purpose.encode())

    def ask(self, candidates: Sequence[Candidate]) -> list[Made]:
        """Have candidates scored."""
        smiles = [one.smiles for one in candidates]
        calls = self.ledger.ask(smiles, [(one.origin, one.parents) for one in candidates], self.round) if smiles else []
        self.idle = 0 if calls else self.idle + 1
        return [(call, self._molecule(call.smiles), one.tree) for call, one in zip(calls, candidates, strict=True)]

    def study(self) -> dict[str, float]:
        """Let the agent learn from the elite."""
        return self.pupil.study(self.elite, np.random.default_rng(self.seed("study")))

    def learn(self, calls: Sequence[Made]) -> None:
        """Remember scored molecules."""
        self.screen.add([(call, mol) for call, mol, _ in calls])
        fresh = self.elite.add(calls)
        self.pupil.hand(fresh, step_seed(self._seed, self.round, 1))
        if (best := self.ledger.best()) > self.best + 1e-9:
            self.best, self.improved = best, len(self.ledger.calls)
        self._look()

    def _look(self) -> None:
        """Whether the ten best of this search have gained noticeably."""
        level = float(np.mean([entry.score for entry in self.elite.entries[:10]])) if self.elite.entries else -math.inf
        if level > self.level + (_NOTICEABLE * abs(self.level) if math.isfinite(self.level) else 0):
            self.level, self.gained = level, len(self.ledger.calls)

    def metrics(
        self, candidates: Sequence[Candidate], calls: Sequence[Made], figures: Mapping[str, float]
    ) -> dict[str, Any]:
        scores = [call.score for call, _, _ in calls if not math.isnan(call.score)]
        origins = [call.origin for call, _, _ in calls]
        top = self.elite.entries[0] if self.elite.entries else None
        return {
            "step": len(self.ledger.calls),
            "steps": self.ledger.budget,
            "rounds": self.round,
            "since": self.since,
            "candidates": len(candidates),
            "score": float(np.mean(scores)) if scores else math.nan,
            "best": top.score if top else math.nan,
            "best_10": self.best,
            "best_smiles": top.smiles if top else "",
            **{f"above_{limit}": sum(call.score >= limit for call in self.ledger.calls) for limit in _YIELDS},
            "best_100_scaffolds": len({murcko_scaffold(entry.mol) for entry in self.elite.entries[:100]}),
            **{f"from_{origin}": origins.count(origin) for origin in sorted(set(origins))},
            **figures,
        }

    def save(self) -> dict[str, Any] | None:
        if self._checkpoint is None:
            return None
        self.pupil.read()
        tensors = {**with_prefix("agent", self.agent.state_dict()), **self.pupil.tensors()}
        state = {
            "round": self.round,
            "idle": self.idle,
            "improved": self.improved,
            "best": self.best,
            "since": self.since,
            "gained": self.gained,
            "level": self.level,
            "calls": [
                [*call[:3], None if math.isnan(call.score) else call.score, *call[4:]] for call in self.ledger.calls
            ],
            "elite": self.elite.state_dict(),
            "aside": None if self.aside is None else self.aside.state_dict(),
            "screen": self.screen.state_dict(),
        }
        save_checkpoint(self._checkpoint, tensors, state)
        return {"step": len(self.ledger.calls)}

    def resume(self) -> None:
        """Back to the last checkpoint, if there is one."""
        if self._checkpoint is None or (saved := load_checkpoint(self._checkpoint)) is None:
            return
        tensors, state = saved
        self.agent.load_state_dict(under_prefix("agent", tensors))
        self.pupil.restore(tensors)
        self.round, self.idle = state["round"], state["idle"]
        self.improved, self.best = state["improved"], state["best"]
        self.since, self.gained, self.level = state["since"], state["gained"], state["level"]
        calls = [
            Call(number, round_, smiles, math.nan if score is None else score, origin, tuple(parents))
            for number, round_, smiles, score, origin, parents in state["calls"]
        ]
        self.ledger.restore(calls)
        known = [(call, self._molecule(call.smiles)) for call in calls]
        self.screen.add(known)
        self.screen.begin(self.since)
        self.screen.load_state_dict(state["screen"])
        self.elite.load_state_dict(state["elite"], known)
        self.pupil.reread(self.elite.entries)
        if state["aside"] is not None:
            self.aside = Elite(self.settings)
            self.aside.load_state_dict(state["aside"], known)
            self.pupil.reread(self.aside.entries)

    def started(self, start: Sequence[str]) -> list[Candidate]:
        """The start molecules as candidates, each once."""
        found: dict[str, Candidate] = {}
        for text in start:
            molecule = parse(text)
            if molecule.smiles is None or not molecule.is_connected:
                raise InputError(f"start molecule {text!r}: {molecule.reason or 'more than one fragment'}")
            mol = self._molecule(molecule.smiles)
            found.setdefault(molecule.smiles, Candidate(molecule.smiles, mol, self._tree(mol), START))
        return list(found.values())[: self.ledger.budget]

    def _tree(self, mol: Chem.Mol) -> Motif | None:
        """A parent's tree; None where the core, or stereo that no tree can say, forbids that."""
        try:
            return cut(mol) if self._whole else None
        except UnknownStereo:
            return None

    def _molecule(self, smiles: str) -> Chem.Mol:
        """What the moves see of a molecule, read from its canonical SMILES, so that the order of atoms is always the
        same: without its stereo unless they may draw some."""
        mol = Chem.MolFromSmiles(smiles)
        if not (self.settings.stereo and self.agent.vocabulary.stereo) and any(mark in smiles for mark in "@/\\"):
            return without_stereo(mol)
        return mol
