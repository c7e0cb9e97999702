"""Watch a generator in training: does it still draw varied molecules, and does its training stay finite?"""

import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.fingerprints import ecfp, internal_diversity, murcko_scaffold
from molgan.chem.molecule import parse
from molgan.evaluation.settings import CollapseSettings

State = Literal["healthy", "collapsing", "diverging"]

# The name and the format of each figure in a sentence.
_WORDS = {
    "validity": ("validity", ".0%"),
    "uniqueness": ("uniqueness", ".0%"),
    "scaffolds": ("share of distinct scaffolds", ".1%"),
    "scaffold_entropy": ("scaffold entropy", ".2f"),
    "diversity": ("internal diversity", ".2f"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of training, its reason in a sentence ("" when healthy), and the figures of the last look at the
    window.

    `figures`: validity, uniqueness, scaffolds, scaffold_entropy and diversity, each 0..1, NaN where there were no valid
    samples; empty before the first look.
    """

    state: State
    reason: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


class CollapseWatch:
    """Detects from each step's samples whether a generator collapses or its training diverges.

    A look at the window costs about 0.3 ms per molecule that was not in the last window. It is taken every
    `settings.interval` samples once the window is half full, so a watch adds at most about 0.3 ms per sample.
    """

    def __init__(self, settings: CollapseSettings | None = None) -> None:
        self.settings = settings or CollapseSettings()
        self.verdict = Verdict("healthy")
        self._window: deque[str] = deque(maxlen=self.settings.window)
        self._unseen = 0  # samples since the last look
        self._bad_looks = 0
        self._bad_steps = 0
        self._known: dict[str, tuple[str, str] | None] = {}  # text → canonical SMILES and scaffold

    def update(
        self, smiles: Sequence[str | None], *, critic_gap: float | None = None, gradient_norm: float | None = None
    ) -> Verdict:
        """Add the samples of a training step, invalid ones included, and return the verdict.

        `critic_gap` is the mean critic output on real molecules minus that on generated ones, `gradient_norm` that of
        the generator before clipping. If either is not finite, training diverges at once.
        """
        self._window.extend(text or "" for text in smiles)
        self._unseen += len(smiles)
        diverging = self._divergence(critic_gap, gradient_norm)
        figures, collapsing = self.verdict.figures, self.verdict.reason if self.verdict.state == "collapsing" else ""
        if self._unseen >= self.settings.interval and len(self._window) >= self.settings.window / 2:
            self._unseen = 0
            figures = self._look()
            fault = self._fault(figures)
            self._bad_looks = self._bad_looks + 1 if fault else 0
            collapsing = fault if self._bad_looks >= self.settings.patience else ""
        if diverging:
            self.verdict = Verdict("diverging", diverging, figures)
        elif collapsing:
            self.verdict = Verdict("collapsing", collapsing, figures)
        else:
            self.verdict = Verdict("healthy", "", figures)
        return self.verdict

    @property
    def suspicious(self) -> bool:
        """Whether the last look or the last step was bad, though not yet often enough in a row for a verdict."""
        return self._bad_looks > 0 or self._bad_steps > 0

    def reset(self) -> None:
        """Forget the window and the verdict, since the generator was rolled back."""
        self._window.clear()
        self._unseen = self._bad_looks = self._bad_steps = 0
        self.verdict = Verdict("healthy")

    def state_dict(self) -> dict[str, Any]:
        """The state that a resumed run needs, as JSON values."""
        return {
            "window": list(self._window),
            "unseen": self._unseen,
            "bad_looks": self._bad_looks,
            "bad_steps": self._bad_steps,
            "verdict": [self.verdict.state, self.verdict.reason, dict(self.verdict.figures)],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the state that `state_dict` returned. Raises InputError for anything else."""
        try:
            self._window = deque(state["window"], maxlen=self.settings.window)
            self._unseen, self._bad_looks = int(state["unseen"]), int(state["bad_looks"])
            self._bad_steps, self.verdict = int(state["bad_steps"]), Verdict(*state["verdict"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"not the state of a collapse watch ({error!r}); start the stage anew") from None

    def _divergence(self, critic_gap: float | None, gradient_norm: float | None) -> str:
        """The reason why training diverges; "" when it does not."""
        steps = self.settings.patience
        limits = (
            ("critic gap", critic_gap, self.settings.critic_gap),
            ("gradient norm", gradient_norm, self.settings.gradient_norm),
        )
        for name, value, _ in limits:
            if value is not None and not math.isfinite(value):
                return f"{name} is {value}"
        over = [
            f"{name} is {value:.3g}, beyond its ceiling of {ceiling:g}"
            for name, value, ceiling in limits
            if value is not None and abs(value) > ceiling
        ]
        self._bad_steps = self._bad_steps + 1 if over else 0
        return f"{over[0]}, for {self._bad_steps} steps in a row" if self._bad_steps >= steps else ""

    def _look(self) -> dict[str, float]:
        known = self._known
        self._known = {text: known[text] if text in known else _identify(text) for text in self._window}
        valid = [identity for text in self._window if (identity := self._known[text]) is not None]
        figures = {"validity": len(valid) / len(self._window)}
        if not valid:
            return figures | dict.fromkeys(("uniqueness", "scaffolds", "scaffold_entropy", "diversity"), math.nan)
        scaffolds = Counter(scaffold for _, scaffold in valid)
        # Evenly spaced over the window, so that a look is a function of the window alone.
        size = min(self.settings.diversity_sample, len(valid))
        drawn = [Chem.MolFromSmiles(valid[i * len(valid) // size][0]) for i in range(size)]
        return figures | {
            "uniqueness": len({smiles for smiles, _ in valid}) / len(valid),
            "scaffolds": len(scaffolds) / len(valid),
            "scaffold_entropy": _entropy(scaffolds),
            "diversity": internal_diversity(ecfp(drawn)),
        }

    def _fault(self, figures: Mapping[str, float]) -> str:
        """The first figure below its floor, as a sentence; "" when there is none."""
        for name, (words, form) in _WORDS.items():
            value, floor = figures[name], getattr(self.settings, name)
            if value < floor:
                samples = f"{len(self._window):,} samples"
                return f"{words} of the last {samples} is {value:{form}}, below its floor of {floor:{form}}"
        return ""


def _identify(text: str) -> tuple[str, str] | None:
    molecule = parse(text)
    if molecule.mol is None or molecule.smiles is None:
        return None
    try:
        return molecule.smiles, murcko_scaffold(molecule.mol)
    except Exception:  # RDKit cannot find the scaffold of every valid molecule; such a molecule counts as ringless
        return molecule.smiles, ""


def _entropy(counts: Counter[str]) -> float:
    """Shannon entropy as a share of its maximum (all values different), 0..1; 1 for a single sample."""
    total = counts.total()
    if total < 2:
        return 1.0
    return abs(sum(n / total * math.log(n / total) for n in counts.values())) / math.log(total)
