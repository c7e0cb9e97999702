"""Adaptation to few molecules: it generalises, stops in time, resumes exactly, and says what it cannot learn."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from molgan.base.errors import InputError, WeightsError
from molgan.chem.fingerprints import ecfp_counts, murcko_scaffold
from molgan.chem.molecule import parse
from molgan.chem.motifs import cut
from molgan.graphs.motif.actions import Vocabulary, encode
from molgan.models.motif.forbid_stereo import forbid_stereo
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.domains.adaptation import adapt, learn_for
from molgan.training.domains.density_ratio import choose_penalty, fit_density_ratio
from molgan.training.domains.domain_molecules import read_domain
from molgan.training.domains.likeness import LikeMolecules
from molgan.training.domains.scaffold_folds import split_by_scaffold
from molgan.training.domains.settings import AdaptationSettings

FAMILY = [f"CC(C)NCC(O)COc1ccc({end})cc1" for end in ("C", "CC", "OC", "F", "Cl", "CCC", "OCC", "C#N", "CO", "N")]
SETTINGS = AdaptationSettings(
    epochs=8, patience=2, folds=2, batch_size=5, learning_rate=1e-2, bf16=False, shown=40, drawn=200
)
METHODS = ("likelihood", "adversarial", "both")


def make() -> MotifGenerator:
    torch.manual_seed(0)
    vocabulary = Vocabulary(("C", "O", "N", "c1ccccc1"))
    return MotifGenerator(vocabulary, MotifNetworkSettings(embedding=16, hidden=32, layers=1), max_atoms=12).eval()


@pytest.fixture
def generator() -> MotifGenerator:
    return make()


def cost(generator: MotifGenerator, smiles: str, room: int = 40) -> float:
    actions = encode(cut(parse(smiles).mol), generator.vocabulary)
    with torch.no_grad():
        return -float(generator.log_likelihood([actions], max_atoms=room)[0])


def changed(**values: object) -> AdaptationSettings:
    return SETTINGS.model_copy(update=values)


def test_relatives_that_were_not_shown_become_likelier(generator: MotifGenerator) -> None:
    before = cost(generator, "CC(C)NCC(O)COc1ccccc1")
    outcome = adapt(generator, FAMILY, SETTINGS, seed=1)
    assert (outcome.learned, outcome.folds, outcome.unsaid) == (10, 2, {})
    assert outcome.after < outcome.before and outcome.epoch > 0
    assert cost(generator, "CC(C)NCC(O)COc1ccccc1") < before


@pytest.mark.parametrize("method", METHODS)
def test_it_stops_soon_after_the_best_epoch(method: str) -> None:
    rows: list[float] = []
    settings = changed(learning_rate=0.3, epochs=60, method=method)
    outcome = adapt(make(), FAMILY, settings, seed=1, report=lambda row, _: rows.append(row["held_out"]))
    assert len(rows) == outcome.epoch + settings.patience < 60
    assert min([outcome.before, *rows]) == outcome.after


def test_the_loss_before_is_that_of_the_prior_over_all_molecules(generator: MotifGenerator) -> None:
    room = read_domain(generator, FAMILY).atoms
    expected = np.mean([cost(generator, smiles, room) for smiles in FAMILY])
    assert adapt(generator, FAMILY, changed(epochs=1), seed=1).before == pytest.approx(expected, rel=1e-5)


def test_a_prior_that_only_gets_worse_is_left_alone(generator: MotifGenerator) -> None:
    before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    outcome = adapt(generator, FAMILY, changed(learning_rate=1e3, clip=1e9, epochs=2), seed=1)
    assert outcome.epoch == 0 and outcome.after == outcome.before
    assert all(torch.equal(tensor, before[name]) for name, tensor in generator.state_dict().items())


def test_all_molecules_are_learned_in_the_end(generator: MotifGenerator) -> None:
    outcome = adapt(generator, FAMILY, SETTINGS, seed=1)
    fixed = make()
    learn_for(fixed, FAMILY, SETTINGS, epochs=outcome.epoch, seed=1)
    for a, b in zip(generator.parameters(), fixed.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("method", METHODS)
def test_a_killed_adaptation_ends_with_the_same_weights(method: str, tmp_path: Path) -> None:
    settings = changed(epochs=4, checkpoint_every=2, method=method)
    undisturbed = make()
    whole = adapt(undisturbed, FAMILY, settings, seed=3)

    def kill(metrics: dict[str, float], _: object) -> None:
        if metrics["step"] == 3:
            raise KeyboardInterrupt

    place = tmp_path / "checkpoint"
    with pytest.raises(KeyboardInterrupt):
        adapt(make(), FAMILY, settings, seed=3, checkpoint=place, report=kill)
    resumed, steps = make(), list[float]()
    outcome = adapt(
        resumed, FAMILY, settings, seed=3, checkpoint=place, report=lambda row, _: steps.append(row["step"])
    )
    assert steps[:2] == [2, 3] and asdict(outcome) == asdict(whole)
    for a, b in zip(undisturbed.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)
    with pytest.raises(WeightsError, match="of another training"):
        adapt(make(), FAMILY[1:], settings, seed=3, checkpoint=place)


def test_a_generator_without_stereo_learns_from_what_is_left_of_it(generator: MotifGenerator) -> None:
    drawn = [smiles.replace("C(O)C", "[C@H](O)C") for smiles in FAMILY]
    outcome = adapt(forbid_stereo(generator), [*drawn, FAMILY[0]], SETTINGS, seed=1)
    assert (outcome.learned, outcome.repeated) == (10, 1) and outcome.after < outcome.before


def test_what_cannot_be_written_is_counted_and_named(generator: MotifGenerator) -> None:
    domain = read_domain(generator, [*FAMILY, "OC", "CO", "[13CH4]", "CCO.Cl", "no molecule", "C[Pt]C"])
    assert len(domain.molecules) == 11 and domain.repeated == 1 and domain.atoms == 18
    assert [text for text, _ in domain.unsaid] == ["[13CH4]", "CCO.Cl", "no molecule", "C[Pt]C"]
    assert sum(domain.reasons.values()) == 4 and all(domain.reasons)
    assert domain.explain().startswith("4 cannot be written by these weights: [13CH4] (")


def test_too_few_molecules_are_refused(generator: MotifGenerator) -> None:
    with pytest.raises(InputError, match="2 of 4 molecules can be encoded; at least 5 distinct ones are needed"):
        adapt(generator, ["CCO", "OCC", "CCN", "no molecule"], SETTINGS, seed=0)


def test_no_scaffold_is_in_two_parts_where_there_are_enough() -> None:
    rings = ("c1ccccc1", "C1CCCCC1", "c1ccncc1", "C1CCNCC1", "c1ccoc1", "C1CCOC1")
    mols = [parse(f"{left}{ring}").mol for ring in rings for left in ("C", "CC", "CO")]
    part, by_scaffold = split_by_scaffold(mols, 3, np.random.default_rng(0))
    assert by_scaffold and np.bincount(part).tolist() == [6, 6, 6]
    homes: dict[str, set[int]] = {}
    for mol, number in zip(mols, part.tolist(), strict=True):
        homes.setdefault(murcko_scaffold(mol), set()).add(number)
    assert all(len(home) == 1 for home in homes.values())
    part, by_scaffold = split_by_scaffold([parse(smiles).mol for smiles in FAMILY], 3, np.random.default_rng(0))
    assert not by_scaffold and sorted(np.bincount(part)) == [3, 3, 4]


def test_the_critic_knows_the_density_ratio_of_what_it_can_see() -> None:
    """Two environments, three times as frequent on one side: the logit is log 3 as far as the penalty lets it."""
    real, fake = np.zeros((400, 2), np.uint8), np.zeros((400, 2), np.uint8)
    real[:300, 0], real[300:, 1], fake[:100, 0], fake[100:, 1] = 1, 1, 1, 1
    logits = fit_density_ratio(real, fake, penalty=1e-6).judge(np.array([[1, 0], [0, 1]], np.uint8))
    assert logits == pytest.approx([np.log(3), -np.log(3)], abs=0.02)
    penalty, area = choose_penalty(real, fake, np.arange(400) % 4)
    assert penalty == 0.003 and area == pytest.approx(0.75, abs=0.01)


def test_what_the_critic_chooses_is_more_like_the_domain() -> None:
    generator = make()
    learn_for(generator, ["CCO", "CCN", "c1ccccc1", "Cc1ccccc1", "CCCO", "CCOC"], SETTINGS, epochs=10, seed=0)
    domain = read_domain(generator, ["Oc1ccccc1", "Cc1ccccc1C", "CCc1ccccc1", "CNc1ccccc1", "Cc1ccccc1O"])
    settings = changed(method="adversarial", cap_quantile=0.9)
    like = LikeMolecules(generator, domain.molecules, np.arange(5), settings, seed=0)
    found = like.choose(np.arange(5))
    drawn = [sample.smiles for sample in generator.sample(100, seed=1)]

    def aromatic(smiles: list[str]) -> float:
        return float(np.mean(["c1" in text for text in smiles]))

    assert found and aromatic([each.smiles for each in found]) > aromatic(drawn) + 0.2
    assert not {each.smiles for each in found} & {each.smiles for each in domain.molecules}
    assert like.area > 0.6


def test_counts_of_environments_are_those_of_the_bits() -> None:
    counts = ecfp_counts([parse("CCCCCC").mol, parse("c1ccccc1").mol])
    assert counts.shape == (2, 2048) and counts[1].max() == 6 and (counts[0] > 0).sum() > 3
    assert ecfp_counts([]).shape == (0, 2048)
