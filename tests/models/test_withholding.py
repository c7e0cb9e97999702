"""What the filter `misuse` rejects is not among samples."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

import molgan
from molgan.base.errors import InputError
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.models import drawing
from molgan.models.withholding import describe_withheld, withhold

GOOD = ("CCO", "c1ccccc1", "CC(=O)N")
BAD = "OCCSCCO"


def draw(count: int, seed: int) -> list[Molecule]:
    """Half of what is drawn is bad."""
    return [parse((*GOOD, *[BAD] * 3)[i]) for i in np.random.default_rng(seed).integers(6, size=count)]


def test_rejected_molecules_are_drawn_anew_and_the_others_stay() -> None:
    first, withheld = draw(200, 1), Counter[str]()
    kept = withhold(first, draw, seed=1, withheld=withheld)
    assert len(kept) == 200 and all(find_misuse(molecule) is None and molecule.valid for molecule in kept)
    assert all(one is other for one, other in zip(first, kept, strict=True) if one.smiles != BAD)
    again = withhold(draw(200, 1), draw, seed=1, withheld=Counter())
    assert [one.smiles for one in again] == [one.smiles for one in kept]
    share = np.mean([molecule.smiles == GOOD[0] for molecule in kept])
    assert share == pytest.approx(1 / 3, abs=0.12)
    rejected = sum(molecule.smiles == BAD for molecule in first)
    assert withheld.total() > rejected
    assert describe_withheld(withheld).endswith(f"CWC schedule 2: B.13 thiodiglycol {withheld.total()}")


def test_invalid_samples_stay_as_they_are() -> None:
    invalid = parse(None)
    assert withhold([invalid], draw, seed=0, withheld=Counter()) == [invalid]


def test_a_generator_of_nothing_else_ends_with_nothing() -> None:
    withheld = Counter[str]()
    (kept,) = withhold([parse(BAD)], lambda count, seed: parse_all([BAD] * count), seed=0, withheld=withheld)
    assert kept.smiles is None and "withheld" in str(kept.reason)
    assert withheld.total() == 21


class Bad:
    """A generator of bad molecules, and good ones in every third place."""

    def sample(self, n: int, *, seed: int, on_batch: object = None) -> Sequence[Molecule]:
        return [parse(BAD if i % 3 else GOOD[i % 2]) for i in range(n)]


def test_sampling_replaces_them_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "load_any", lambda path, raw: Bad())
    with pytest.warns(UserWarning, match="the filter 'misuse' rejected .* drawn: CWC schedule 2"):
        drawn = molgan.sample(4)
    assert len(drawn) == 4 and BAD not in drawn
    assert BAD in molgan.sample(4, misuse_filter=False)


def test_a_core_that_is_rejected_is_refused() -> None:
    with pytest.raises(InputError, match="core: the filter 'misuse' rejects it"):
        molgan.sample(1, core="*OP(C)(=O)OC")
    with pytest.raises(InputError, match="rejects a molecule of start or core"):
        molgan.optimize(lambda smiles: [0.0] * len(smiles), budget=1, start=[BAD])
