"""Training on pairs: it learns from the source, resumes exactly, and keeps the prior where there is no source."""

from pathlib import Path

import numpy as np
import pytest
import torch

from molgan.base.errors import ConfigError, WeightsError
from molgan.graphs.motif.motif_data import ActionData, prepare
from molgan.graphs.motif.pair_data import PairData, prepare_pairs
from molgan.graphs.motif.settings import PairSettings
from molgan.models.motif.growth import grow
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.settings import MotifNetworkSettings, SourceSettings
from molgan.scoring.measure import Measure
from molgan.training.prior.pair_training import draw_lessons, train_on_pairs
from molgan.training.prior.settings import AnalogueSettings

NAMES = ("logp", "mw")
SERIES = [
    f"{left}c1ccc({right})cc1"
    for left in ("CO", "CC", "CN", "C", "CS", "OC", "FC", "ClC", "CCO", "CNC")
    for right in ("C(N)=O", "F", "CC#N", "S(N)(=O)=O", "C(=O)O")
]
SETTINGS = AnalogueSettings(
    steps=40, batch_size=16, learning_rate=0.01, reader_learning_rate=0.01, warmup=2, checkpoint_every=5, report_every=1
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ActionData:
    folder = tmp_path_factory.mktemp("data")
    (folder / "in.smi").write_text("\n".join(SERIES))
    return prepare(folder / "in.smi", folder / "cache", least_count=2, measure=Measure(NAMES))


@pytest.fixture(scope="module")
def pairs(data: ActionData, tmp_path_factory: pytest.TempPathFactory) -> PairData:
    return prepare_pairs(data, tmp_path_factory.mktemp("pairs"), PairSettings(lowest=0.3, highest=0.95, a_molecule=8))


def fresh(data: ActionData, *, source: bool = True) -> MotifGenerator:
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=16, hidden=16, layers=1, condition=NAMES)
    generator = MotifGenerator(data.vocabulary, network, max_atoms=27)
    assert generator.conditions is not None and data.properties is not None
    generator.conditions.learn_scales(data.properties)
    made = SourceSettings(width=16, layers=2, heads=2, query=8) if source else None
    return grow(generator, data.vocabulary, max_atoms=27, seed=0, source=made)


def test_lessons_say_what_is_true_of_the_pair(data: ActionData, pairs: PairData) -> None:
    rows = np.sort(np.random.default_rng(1).permutation(len(pairs))[:200])
    lessons = draw_lessons(data, pairs, rows, SETTINGS, np.random.default_rng(0))
    assert data.properties is not None
    both = np.sort(np.stack([lessons.sources, lessons.targets], axis=1), axis=1)
    has_source = lessons.sources >= 0
    assert np.array_equal(both[has_source], pairs.rows[rows][has_source])
    assert 0 < (lessons.sources > lessons.targets).mean() < 1
    assert 0.03 < 1 - has_source.mean() < 0.25
    assert np.isnan(lessons.asked[~has_source]).all()
    changes = data.properties[lessons.targets] - data.properties[lessons.sources]
    said = np.isfinite(lessons.asked[:, 1:])
    assert 0.02 < said.mean() < 0.6
    np.testing.assert_allclose(lessons.asked[:, 1:][said], changes[said], atol=1e-4)
    assert np.array_equal(said[has_source], np.isfinite(lessons.told[has_source]))
    similarity = lessons.asked[:, 0]
    is_told = np.isfinite(similarity)
    assert np.array_equal(similarity[is_told], pairs.similarity[rows][is_told].astype(np.float32))
    assert 0.6 < is_told[has_source].mean() < 1


def test_it_learns_from_the_source(data: ActionData, pairs: PairData) -> None:
    generator, losses = fresh(data), list[float]()
    settings = SETTINGS.model_copy(update={"steps": 120, "without_source": 0.2, "bf16": False})
    train_on_pairs(generator, data, pairs, settings, seed=0, report=lambda metrics, _: losses.append(metrics["loss"]))
    assert len(losses) == 120
    assert np.mean(losses[-10:]) < 0.5 * losses[0]
    own, other = pairs.rows[:40].T
    targets = [data[row] for row in other]
    with torch.no_grad():
        given = generator.log_likelihood(targets, aim=Aim(source=generator.read_sources([data[row] for row in own])))
        wrong = [data[row] for row in np.roll(own, 7)]
        misled = generator.log_likelihood(targets, aim=Aim(source=generator.read_sources(wrong)))
    assert (given - misled).mean() > 0.3


def test_a_killed_training_ends_with_the_same_weights(data: ActionData, pairs: PairData, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"steps": 16})
    undisturbed = fresh(data)
    train_on_pairs(undisturbed, data, pairs, settings, seed=0)

    def kill(metrics: dict[str, float], _: object) -> None:
        if metrics["step"] == 13:
            raise KeyboardInterrupt

    place = tmp_path / "checkpoint"
    with pytest.raises(KeyboardInterrupt):
        train_on_pairs(fresh(data), data, pairs, settings, seed=0, checkpoint=place, report=kill)
    resumed, steps = fresh(data), list[float]()
    train_on_pairs(
        resumed,
        data,
        pairs,
        settings,
        seed=0,
        checkpoint=place,
        report=lambda metrics, _: steps.append(metrics["step"]),
    )
    assert steps[:2] == [10, 11]
    for a, b in zip(undisturbed.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)
    with pytest.raises(WeightsError, match="of another training"):
        train_on_pairs(fresh(data), data, pairs, SETTINGS, seed=0, checkpoint=place)


def test_a_generator_that_reads_no_source_is_refused(data: ActionData, pairs: PairData) -> None:
    with pytest.raises(ConfigError, match="no network that reads a source"):
        train_on_pairs(fresh(data, source=False), data, pairs, SETTINGS, seed=0)
