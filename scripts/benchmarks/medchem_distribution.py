"""How close samples are to held-out molecules of medicinal chemistry, and to the training set.

30,000 samples a seed by default, since a Fréchet distance (FCD) depends on their number; the same figures of as many
molecules of the training set, drawn at random, stand beside them.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import guacamol_scores as guacamol
import numpy as np
from medchem_sets import SETS, TEST, TEST_SCAFFOLDS, TRAIN, draw_real, draw_samples, find_set, print_table, read_set
from medchem_traits import Traits, find_share_with_unknown_rings, find_traits, summarise

from molgan.base.progress import Progress
from molgan.chem.molecule import Molecule, parse_all
from molgan.evaluation import chemnet
from molgan.evaluation.chemnet_fit import Fit, distance, fit_activations, fit_reference
from molgan.filters.known.identity import Sameness
from molgan.filters.known.reference_set import ReferenceSet
from molgan.filters.stages.rings import count_ring_systems

UNIQUE_AT = 10_000
REFERENCE_SEED = 42  # of the training molecules that GuacaMol's scores compare with
FARTHEST = "≤ 1.25 real"
_KL = "KL divergence, "


@dataclass(frozen=True)
class Comparison:
    """Compares up to `molecules` samples with the sets; what it needs of the sets is computed once."""

    molecules: int
    processes: int
    progress: Progress

    def judge(self, smiles: Sequence[str | None]) -> dict[str, float]:
        """The figures of samples in the order drawn, by name; NaN where too few are valid."""
        valid = [molecule for molecule in parse_all(smiles) if molecule.is_connected]
        texts = [str(molecule.smiles) for molecule in valid]
        active = chemnet.activations(texts, progress=self.progress)
        fit = fit_activations(active)
        return {
            "valid": len(valid) / len(smiles),
            "unique@10k": _share(len(set(texts[:UNIQUE_AT])), min(len(texts), UNIQUE_AT)),
            "FCD, test": distance(fit, self.fits[TEST]),
            "FCD, scaffold test": distance(fit, self.fits[TEST_SCAFFOLDS]),
            **self._find_novelty(valid),
            **self._score_as_guacamol(texts, active),
        }

    @cached_property
    def fits(self) -> dict[str, Fit]:
        """ChemNet's fit to each test set."""
        return {name: fit_reference(read_set(name), progress=self.progress) for name in (TEST, TEST_SCAFFOLDS)}

    def _find_novelty(self, valid: Sequence[Molecule]) -> dict[str, float]:
        distinct = list({str(molecule.smiles): molecule for molecule in valid}.values())
        found = {
            "novel": self._trained.find(distinct),
            "novel, stereo aside": self._trained_flat.find(distinct),
        }
        return {name: _share(known.count(None), len(distinct)) for name, known in found.items()}

    @cached_property
    def _trained(self) -> ReferenceSet:
        return ReferenceSet.load(str(find_set(TRAIN)))

    @cached_property
    def _trained_flat(self) -> ReferenceSet:
        return ReferenceSet.load(str(find_set(TRAIN)), same=Sameness(stereo=True))

    def _score_as_guacamol(self, texts: Sequence[str], active: np.ndarray) -> dict[str, float]:
        asked = min(self._compared, len(texts))
        flat = guacamol.remove_stereo(list(dict.fromkeys(texts))[:asked])
        new = self._trained_flat.find(parse_all(flat)).count(None)
        sampled = guacamol.describe(flat, processes=self.processes, progress=self.progress)
        divergences = guacamol.compute_divergences(self._described, sampled)
        apart = distance(fit_activations(active[:asked]), self._reference_fit)
        return {
            "GuacaMol: uniqueness": _share(len(guacamol.remove_stereo(texts[:asked])), asked),
            "GuacaMol: novelty": _share(new, asked),
            "GuacaMol: KL divergence": guacamol.score_divergences(divergences),
            "GuacaMol: FCD": guacamol.score_distance(apart),
            **{f"{_KL}{name}": value for name, value in divergences.items()},
        }

    @property
    def _compared(self) -> int:
        # As many on both sides: the nearest of fewer molecules is farther away.
        return min(guacamol.SAMPLES, self.molecules)

    @cached_property
    def _reference(self) -> list[str]:
        return draw_real(TRAIN, self._compared, REFERENCE_SEED)

    @cached_property
    def _reference_fit(self) -> Fit:
        return fit_reference(self._reference, progress=self.progress)

    @cached_property
    def _described(self) -> guacamol.Described:
        return guacamol.describe(self._reference, processes=self.processes, progress=self.progress)


def print_figures(figures: Mapping[str, Mapping[str, float]], real: str | None = None) -> None:
    """Print the figures of sets of molecules by their names, one column each, then the divergences of which GuacaMol's
    score is made. `real` is the column against which distances are held."""
    aims = {"FCD, test": FARTHEST, "FCD, scaffold test": FARTHEST}
    names = list(next(iter(figures.values())))
    rows: dict[str, list[object]] = {}
    for name in (each for each in names if not each.startswith(_KL)):
        rows[name] = [aims.get(name, "") if real else "", *(column[name] for column in figures.values())]
        if real and name in aims:
            rows[f"{name}, times real"] = ["≤ 1.25", *(each[name] / figures[real][name] for each in figures.values())]
    print_table("Distribution", ["aim", *figures], rows)
    parts = [name for name in names if name.startswith(_KL)]
    print_table(
        "KL divergence from molecules of the training set",
        list(figures),
        {name.removeprefix(_KL): [column[name] for column in figures.values()] for name in parts},
    )


def print_traits(columns: Mapping[str, Sequence[Traits]], known: int | None, progress: Progress) -> None:
    """Print ring systems that the data has not, stereo, charges and properties. `known` limits the molecules of each
    set whose ring systems are looked at."""
    progress.message("ring systems of the sets; the first time some 20 minutes a million molecules")
    rings = {name: count_ring_systems(ReferenceSet.load(str(find_set(name))), known) for name in SETS}
    anywhere = set().union(*rings.values())
    rows: dict[str, list[object]] = {
        "ring system outside the training set": [
            find_share_with_unknown_rings(traits, rings[TRAIN]) for traits in columns.values()
        ],
        "ring system outside all data": [
            find_share_with_unknown_rings(traits, anywhere) for traits in columns.values()
        ],
    }
    summaries = [summarise(traits) for traits in columns.values()]
    rows |= {name: [summary[name] for summary in summaries] for name in summaries[0]}
    print_table("Ring systems, stereo, charges; mean ± s.d. of properties", list(columns), rows)


def run(arguments: argparse.Namespace, progress: Progress) -> None:
    """The subcommand."""
    n = arguments.molecules
    comparison = Comparison(n, arguments.processes, progress)
    real = {"training": draw_real(TRAIN, n, 0)}
    held_out = {name.replace("_", " "): draw_real(name, n, 0) for name in (TEST, TEST_SCAFFOLDS)}
    samples = {
        f"seed {seed}": draw_samples(arguments.weights, n, seed, raw=arguments.raw, progress=progress)
        for seed in arguments.seeds
    }
    print_figures({name: comparison.judge(smiles) for name, smiles in (real | samples).items()}, real="training")
    columns = {
        name: find_traits(smiles, processes=arguments.processes, task=f"traits, {name}", progress=progress)
        for name, smiles in (real | held_out | samples).items()
    }
    print_traits(columns, arguments.known, progress)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
