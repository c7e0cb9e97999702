"""The state of goal-directed design, which a checkpoint holds; see `optimize`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rdkit import Chem

from molgan.base.errors import InputError, RunError
from molgan.chem.fingerprints import murcko_scaffold
from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, cut
from molgan.chem.stereo import UnknownStereo, remove_stereo
from molgan.graphs.motif.core import Core
from molgan.models.protocols import MotifTreeGenerator
from molgan.training.checkpoint import load_checkpoint, save_checkpoint
from molgan.training.design.elite import Made
from molgan.training.design.ledger import Call, Ledger, Oracle
from molgan.training.design.proposals import START, Candidate
from molgan.training.design.search import Search
from molgan.training.design.searches import Searches
from molgan.training.design.space import Decorations, Everything, Space
from molgan.training.loop import step_seed
from molgan.training.refusals import tell_refusals
from molgan.training.report import Report, report_again
from molgan.training.settings import MOST_START_ATOMS, OptimizeSettings

_YIELDS = (0.5, 0.7, 0.9)  # the metrics count the molecules above these scores


class OptimizeRun:
    """The state of the loop. Except for the networks it follows from the calls."""

    def __init__(
        self,
        agent: MotifTreeGenerator,
        prior: MotifTreeGenerator,
        oracle: Oracle,
        settings: OptimizeSettings,
        budget: int,
        seed: int,
        core: Core | None,
        folder: Path | None,
    ):
        """
        Args:
            agent: The generator; trained in place.
            prior: The anchor.
            oracle: Gives the scores of SMILES.
            settings: Settings of the search.
            budget: The most distinct molecules to score.
            seed: Seed of the random numbers.
            core: The core that molecules contain, None without one.
            folder: The folder for journal and checkpoint, None without one.
        """
        self.agent = agent
        self.settings = settings
        self.round = 0
        self.reported: dict[str, Any] | None = None  # the metrics of this round
        self.refused: Counter[str] = Counter()  # candidates that were not plausible, by reason
        self.idle = 0  # rounds in a row without a new candidate
        self.improved = 0  # calls when the ten best last gained
        self.best = -math.inf
        self.ledger = Ledger(oracle, budget, folder and folder / "answers.jsonl")
        self.space: Space = Everything(settings.max_atoms) if core is None else Decorations(core, settings.max_atoms)
        self.searches = Searches(agent, prior, self.space, settings, seed)
        self._seed = seed
        self._whole = core is None
        self._checkpoint = folder and folder / "checkpoint"

    @property
    def search(self) -> Search:
        """The search whose turn it is."""
        return self.searches.current

    @property
    def batch(self) -> int:
        """The number of calls of the next round: few at the beginning, so that their results are used at once."""
        settings, made = self.settings, self.search.calls
        if made < settings.first:
            return min(settings.first - made, self.ledger.left)
        size = min(settings.batch, max(settings.least_batch, int(settings.growth * made)))
        return min(size, self.ledger.left)

    @property
    def stopped(self) -> str | None:
        """Why the run ends: budget, target, plateau or exhausted; None while it continues."""
        settings, made = self.settings, len(self.ledger.calls)
        if self.ledger.left <= 0:
            return "budget"
        if settings.target is not None and made >= 10 and self.best >= settings.target:
            return "target"
        if settings.patience is not None and made - self.improved >= settings.patience:
            return "plateau"
        return "exhausted" if self.idle >= 20 else None

    @property
    def refusals(self) -> str:
        """How many candidates were refused before scoring, by reason: `unknown ring system 160, suspicious 52`."""
        return tell_refusals(self.refused)

    def take_turn(self) -> Search:
        """Choose the search that makes the next calls, which may be a new one, or join searches."""
        return self.searches.take_turn(self.ledger.left, self._recall_start, self.seed("turn"))

    def seed(self, purpose: str) -> int:
        return step_seed(self._seed, self.round, *purpose.encode())

    def ask(self, candidates: Sequence[Candidate]) -> list[Made]:
        """Score candidates by the oracle."""
        smiles = [candidate.smiles for candidate in candidates]
        calls = (
            self.ledger.ask(
                smiles,
                [(candidate.origin, candidate.parents) for candidate in candidates],
                self.round,
                self.search.number,
            )
            if smiles
            else []
        )
        self.idle = 0 if calls else self.idle + 1
        return [
            (call, self._read_molecule(call.smiles), candidate.tree)
            for call, candidate in zip(calls, candidates, strict=True)
        ]

    def update_agent(self) -> dict[str, float]:
        """Update the agent by the elite."""
        return self.search.agent_update.update_agent(self.search.elite, np.random.default_rng(self.seed("study")))

    def remember(self, calls: Sequence[Made]) -> None:
        """Add scored molecules to the search that made them."""
        self.search.remember(calls, step_seed(self._seed, self.round, 1))
        if (best := self.ledger.best()) > self.best + 1e-9:
            self.best, self.improved = best, len(self.ledger.calls)

    def metrics(
        self, candidates: Sequence[Candidate], calls: Sequence[Made], figures: Mapping[str, float]
    ) -> dict[str, Any]:
        scores = [call.score for call, _, _ in calls if not math.isnan(call.score)]
        origins = [call.origin for call, _, _ in calls]
        best = self.searches.leader.elite.entries
        top = best[0] if best else None
        return {
            "step": len(self.ledger.calls),
            "steps": self.ledger.budget,
            "rounds": self.round,
            "search": self.search.number,
            "candidates": len(candidates),
            "score": float(np.mean(scores)) if scores else math.nan,
            "best": top.score if top else math.nan,
            "best_10": self.best,
            "best_smiles": top.smiles if top else "",
            **{f"above_{limit}": sum(call.score >= limit for call in self.ledger.calls) for limit in _YIELDS},
            "best_100_scaffolds": len({murcko_scaffold(entry.mol) for entry in best[:100]}),
            **{f"from_{origin}": origins.count(origin) for origin in sorted(set(origins))},
            **({"refused": self.refused.total(), "refusals": self.refusals} if self.refused else {}),
            **figures,
        }

    def save(self) -> dict[str, Any] | None:
        if self._checkpoint is None:
            return None
        tensors = self.searches.tensors()
        state = {
            "reported": self.reported,
            "round": self.round,
            "idle": self.idle,
            "refused": dict(sorted(self.refused.items())),
            "improved": self.improved,
            "best": self.best,
            "calls": [
                [*call[:3], None if math.isnan(call.score) else call.score, *call[4:]] for call in self.ledger.calls
            ],
            "searches": self.searches.state_dict(),
        }
        save_checkpoint(self._checkpoint, tensors, state)
        return {"step": len(self.ledger.calls)}

    def resume(self, report: Report) -> None:
        """Restore the last checkpoint, if there is one, and report again what was reported with it."""
        if self._checkpoint is None or (saved := load_checkpoint(self._checkpoint)) is None:
            return
        tensors, state = saved
        if "searches" not in state:
            raise RunError(f"{self._checkpoint}: of another version of molgan; delete the folder to start again")
        report_again(report, state)
        self.reported = state.get("reported")
        self.round, self.idle = state["round"], state["idle"]
        self.refused = Counter(state["refused"])
        self.improved, self.best = state["improved"], state["best"]
        calls = [
            Call(number, round_, smiles, math.nan if score is None else score, origin, tuple(parents), search)
            for number, round_, smiles, score, origin, parents, search in state["calls"]
        ]
        self.ledger.restore(calls)
        known = [(call, self._read_molecule(call.smiles)) for call in calls]
        self.searches.restore(state["searches"], tensors, known)

    def read_start(self, start: Sequence[str]) -> list[Candidate]:
        """The start molecules as candidates, each once."""
        found: dict[str, Candidate] = {}
        for text in start:
            molecule = parse(text, max_heavy_atoms=MOST_START_ATOMS)
            if molecule.smiles is None or not molecule.is_connected:
                raise InputError(f"start molecule {text!r:.200}: {molecule.reason or 'more than one fragment'}")
            mol = self._read_molecule(molecule.smiles)
            found.setdefault(molecule.smiles, Candidate(molecule.smiles, mol, self._cut_tree(mol), START))
        return list(found.values())[: self.ledger.budget]

    def _recall_start(self) -> list[Made]:
        """The start molecules, which are scored."""
        known = [(call, self._read_molecule(call.smiles)) for call in self.ledger.calls if call.origin == START]
        return [(call, mol, self._cut_tree(mol)) for call, mol in known]

    def _cut_tree(self, mol: Chem.Mol) -> Motif | None:
        """The tree of a parent; None with a core, or for stereo that a tree cannot represent."""
        try:
            return cut(mol) if self._whole else None
        except UnknownStereo:
            return None

    def _read_molecule(self, smiles: str) -> Chem.Mol:
        """Read a molecule from its canonical SMILES, so that the order of atoms is always the same; without its stereo,
        unless the moves may draw stereo."""
        mol = Chem.MolFromSmiles(smiles)
        if not (self.settings.stereo and self.agent.vocabulary.stereo) and any(mark in smiles for mark in "@/\\"):
            return remove_stereo(mol)
        return mol
