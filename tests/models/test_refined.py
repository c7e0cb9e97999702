from pathlib import Path

import numpy as np
import pytest
import torch

from molgan.base.errors import WeightsError
from molgan.chem.familiarity import Familiarity
from molgan.chem.known_set import KnownSet
from molgan.chem.molecule import parse
from molgan.graphs.features.descriptions import COLUMNS, describe_all
from molgan.graphs.features.ranges import Support
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.core import Core
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.loading import load_any
from molgan.models.motif.decorating import DecoratingGenerator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.settings import MotifNetworkSettings


class CountsOxygen(DescriptorCritic):
    """A critic that holds molecules with oxygen for e^-2 times as likely."""

    def __init__(self) -> None:
        super().__init__(Familiarity.of([]))

    def score(self, described, **options):  # type: ignore[no-untyped-def]
        return np.where(described.values[:, COLUMNS.index("oxygen")] > 0, -2.0, 0.0)


@pytest.fixture
def generator() -> MotifGenerator:
    torch.manual_seed(0)
    vocabulary = Vocabulary(("C", "O", "N", "c1ccccc1"))
    return MotifGenerator(vocabulary, MotifNetworkSettings(embedding=16, hidden=32, layers=1), max_atoms=8).eval()


def _canonical(samples: list) -> list[str]:  # type: ignore[type-arg]
    return [str(parse(one.smiles).smiles) for one in samples]


def test_samples_are_kept_in_proportion_to_the_ratio(generator: MotifGenerator) -> None:
    raw = _canonical(generator.sample(4096, seed=3))
    refined = RefinedGenerator(generator, CountsOxygen(), cap=0.0)
    kept = _canonical(refined.sample(3000, seed=3))
    odds = [sum("O" in s for s in part) / sum("O" not in s for s in part) for part in (raw, kept)]
    assert odds[1] / odds[0] == pytest.approx(np.exp(-2), rel=0.25)
    assert 0.2 < refined.kept / refined.drawn < 0.9 and refined.kept >= 3000


def test_known_molecules_are_left_out(generator: MotifGenerator) -> None:
    common = _canonical(generator.sample(200, seed=5))
    refined = RefinedGenerator(generator, CountsOxygen(), cap=-9.0, known=KnownSet.of(common, log2_bits=16))
    assert not set(common) & set(_canonical(refined.sample(500, seed=3)))


def test_samples_outside_of_the_ranges_are_left_out(generator: MotifGenerator, tmp_path: Path) -> None:
    support = Support({"weight": (40.0, 100.0)})
    generator.save(tmp_path / "weights")
    RefinedGenerator(generator, CountsOxygen(), cap=-9.0, support=support).save(tmp_path / "weights")
    loaded = load_any(tmp_path)
    assert isinstance(loaded, RefinedGenerator)
    raw, kept = (describe_all(_canonical(one.sample(200, seed=1)), Familiarity.of([])) for one in (generator, loaded))
    assert support.contains(kept).all() and not support.contains(raw).all()


def test_a_critic_that_accepts_nothing_is_told_of(generator: MotifGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("molgan.models.motif.refined._HOPELESS", 2048)
    with pytest.raises(WeightsError, match=r"accepts only 0 of 4,032 samples; train it again, or sample with --raw"):
        RefinedGenerator(generator, CountsOxygen(), cap=99.0).sample(5, seed=0)


def test_the_first_samples_do_not_depend_on_the_number(generator: MotifGenerator) -> None:
    refined = RefinedGenerator(generator, CountsOxygen(), cap=0.0)
    assert refined.sample(40, seed=1) == refined.sample(900, seed=1)[:40] != refined.sample(40, seed=2)


def test_the_generator_gets_what_the_refined_one_is_given(generator: MotifGenerator) -> None:
    refined = RefinedGenerator(generator, CountsOxygen(), cap=0.0)
    small = refined.sample(300, seed=1, max_atoms=4, temperature=0.7)
    assert small == refined.sample(400, seed=1, max_atoms=4, temperature=0.7)[:300]
    assert max(len(sample.actions) for sample in small) < max(len(one.actions) for one in refined.sample(300, seed=1))
    core = DecoratingGenerator(generator, Core.read("*NC.*c1ccccc1"))
    linked = RefinedGenerator(core, CountsOxygen(), cap=0.0, batch=core.batch)
    drawn = linked.sample(20, seed=1, max_atoms=12)
    assert drawn == linked.sample(50, seed=1, max_atoms=12)[:20]
    assert all("c1ccccc1" in sample.smiles for sample in drawn)


def test_a_hopeless_aim_is_told_of_after_few_batches(
    generator: MotifGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("molgan.models.motif.refined._HOPELESS", 2048)
    core = DecoratingGenerator(generator, Core.read("*C.*C"))
    linked = RefinedGenerator(core, CountsOxygen(), cap=99.0, batch=core.batch)
    with pytest.raises(WeightsError, match=r"0 of 64 samples; aim nearer to molecules of its training data, or sample"):
        linked.sample(5, seed=0, max_atoms=8)


def test_weights_with_a_refinement_beside_are_refined_unless_raw(generator: MotifGenerator, tmp_path: Path) -> None:
    generator.save(tmp_path / "weights")
    assert isinstance(load_any(tmp_path), MotifGenerator)
    known = KnownSet.of(["C"], log2_bits=12)
    RefinedGenerator(generator, CountsOxygen(), cap=0.5, known=known).save(tmp_path / "weights")
    loaded = load_any(tmp_path)
    assert isinstance(loaded, RefinedGenerator) and loaded.cap == 0.5 and len(loaded.sample(10, seed=0)) == 10
    assert isinstance(load_any(tmp_path, raw=True), MotifGenerator)
    (tmp_path / "weights_refinement.json").write_text("{}")
    with pytest.raises(WeightsError, match=r"weights_refinement\.json: not a description of a refinement"):
        load_any(tmp_path)
