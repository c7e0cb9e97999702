"""A generator that aims: nothing said changes nothing, and sampling and likelihood agree under an aim."""

import copy
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from rdkit import Chem

from molgan.base.errors import InputError, WeightsError
from molgan.graphs.motif.actions import FREE, SPELL, Vocabulary, encode
from molgan.graphs.motif.core import Core
from molgan.graphs.motif.parts import measure_parts
from molgan.models.motif.conditions import Conditions
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.settings import MotifNetworkSettings
from molgan.scoring.measure import Measure

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "[nH]1cccc1", "n1ccccc1", "[SH2](=O)=O", "C1CCNCC1", "F", "C#N", "[NH4+]")
NAMES = ("qed", "logp", "mw", "rings", "charge")
TINY = MotifNetworkSettings(embedding=8, hidden=8, layers=2, condition=NAMES)
TARGETS = {"logp": 2.5, "mw": 180.0}


@pytest.fixture
def generator() -> MotifGenerator:
    """An untrained generator whose aims matter."""
    torch.manual_seed(0)
    vocabulary = Vocabulary(MOTIFS, stereo=True)
    generator = MotifGenerator(vocabulary, TINY, max_atoms=20).eval()
    assert generator.conditions is not None
    parts = np.vstack([measure_parts(vocabulary, Measure(NAMES)), np.zeros((1, len(NAMES)))])
    generator.conditions.learn_parts(parts, np.array([0.1, 0.4, 8, 0.1, 0.1]))
    generator.conditions.learn_scales(np.array([[0.2, 0, 100, 0, 0], [0.8, 4, 300, 3, 1]], dtype=np.float32))
    torch.nn.init.normal_(generator.conditions.value, std=0.1)
    torch.nn.init.normal_(generator.conditions.left, std=0.1)
    return generator


def test_nothing_said_is_no_aim(generator: MotifGenerator) -> None:
    drawn = generator.sample(50, seed=0, bf16=False)
    actions = [sample.actions for sample in drawn]
    plain = generator.log_likelihood(actions)
    nothing = np.full((len(actions), len(NAMES)), np.nan, dtype=np.float32)
    assert torch.equal(plain, generator.log_likelihood(actions, values=nothing))
    assert generator.sample(50, seed=0, bf16=False, targets={}) == drawn
    assert not torch.allclose(plain, generator.log_likelihood(actions, values=np.ones_like(nothing)))


@pytest.mark.parametrize("guidance", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("core", [None, "*c1ccccc1"])
def test_likelihood_is_that_of_sampling(generator: MotifGenerator, guidance: float, core: str | None) -> None:
    prefix = [] if core is None else encode(Core.read(core).tree, generator.vocabulary)
    drawn = generator.sample(60, seed=1, bf16=False, targets=TARGETS, guidance=guidance, prefix=prefix)
    assert all(Chem.MolFromSmiles(sample.smiles) is not None for sample in drawn)
    assert (FREE in prefix) == (core is not None)
    if core is not None:
        return  # what is prescribed counts there as well, see test_motif_generator
    generator.aim = generator.make_aim(TARGETS, guidance)
    found = generator.log_likelihood([sample.actions for sample in drawn])
    torch.testing.assert_close(found, torch.tensor([s.log_prob for s in drawn]), atol=1e-3, rtol=1e-4)
    again = generator.sample(60, seed=1, bf16=False)
    assert again == drawn, "the generator's own aim is the one of a call"


def test_guidance_0_is_no_aim(generator: MotifGenerator) -> None:
    plain = generator.sample(40, seed=3, bf16=False)
    unguided = generator.sample(40, seed=3, bf16=False, targets=TARGETS, guidance=0.0)
    assert [s.actions for s in unguided] == [s.actions for s in plain]


def test_each_row_may_have_its_own_aim(generator: MotifGenerator) -> None:
    assert generator.conditions is not None
    one, other = generator.make_aim({"logp": 1.0}), generator.make_aim({"qed": 0.7, "charge": 1})
    assert one.values is not None and other.values is not None
    drawn = {}
    for name, aim in (("one", one), ("other", other)):
        generator.aim = aim
        drawn[name] = generator.sample(8, seed=5, bf16=False)
    generator.aim = Aim(torch.cat([one.values.expand(4, -1), other.values.expand(4, -1)]))
    mixed = generator.sample(8, seed=5, bf16=False)
    assert [s.actions for s in mixed] == [s.actions for s in [*drawn["one"][:4], *drawn["other"][4:]]]


def test_parts_of_motifs_add_up() -> None:
    """Rings and charge are exact; the weight is that of the molecule."""
    vocabulary = Vocabulary(MOTIFS)
    parts = measure_parts(vocabulary, Measure(("rings", "charge", "mw", "hbd")))
    actions = encode(Core.read("*c1ccc(C[NH2+]C)cc1").tree, vocabulary)
    rings, charge = parts[[a for a in actions if a != FREE]].sum(0)[:2]
    assert (rings, charge) == (1, 1)
    hydroxyl = parts[vocabulary.index["O"]]
    assert hydroxyl[3] == 1
    assert hydroxyl[2] == pytest.approx(15.999, abs=0.01)  # methanol less methane
    assert not measure_parts(vocabulary, Measure(("qed",))).any()  # a motif alone has none
    cannot_bind = Vocabulary(("C#[N+][O-]",))
    assert np.isfinite(measure_parts(cannot_bind, Measure(("logp",)))).all()


def test_values_in_between_share_two_points_and_the_ends_hold() -> None:
    conditions = Conditions(("qed",), 4, 6)
    conditions.learn_scales(np.array([[0.3], [0.7]], dtype=np.float32))
    torch.nn.init.normal_(conditions.value)

    def embed(value: float) -> torch.Tensor:
        told: torch.Tensor = conditions(torch.tensor([value]), torch.zeros(1), torch.tensor(0.0))
        return told

    assert not torch.allclose(embed(0.50), embed(0.51))
    assert torch.equal(embed(50.0), embed(60.0))
    assert torch.equal(embed(float("nan")), torch.zeros(6))


def test_each_molecule_of_several_batches_has_its_own_aim(generator: MotifGenerator) -> None:
    assert generator.conditions is not None
    values = torch.tensor([[0.5, -1.0, 60.0, 0.0, 0.0], [0.5, 4.0, 250.0, 3.0, 0.0]])
    generator.aim = Aim(values.repeat(6, 1))
    drawn = generator.sample(12, seed=5, bf16=False, batch_size=4)
    log_prob = torch.tensor([sample.log_prob for sample in drawn])
    found = generator.log_likelihood([sample.actions for sample in drawn])
    torch.testing.assert_close(found, log_prob, atol=1e-3, rtol=1e-4)
    swapped = generator.log_likelihood([sample.actions for sample in drawn], values=values.flip(0).repeat(6, 1).numpy())
    assert not torch.allclose(swapped, log_prob, atol=1e-2)


def test_likelihood_at_a_temperature_is_that_of_sampling(generator: MotifGenerator) -> None:
    aim = generator.make_aim(TARGETS, 1.5)
    drawn = generator.sample(50, seed=2, bf16=False, aim=aim, temperature=1.7)
    found = generator.log_likelihood([sample.actions for sample in drawn], aim=aim, temperature=1.7)
    torch.testing.assert_close(found, torch.tensor([s.log_prob for s in drawn]), atol=1e-3, rtol=1e-4)
    assert [sample.log_prob for sample in drawn] == [sample.log_drawn for sample in drawn]


def test_what_is_prescribed_was_not_drawn(generator: MotifGenerator) -> None:
    """The probabilities of all that may grow at the mark add up to 1."""
    plain = MotifGenerator(Vocabulary(("C", "F")), MotifNetworkSettings(embedding=8, hidden=8, layers=1), max_atoms=3)
    with torch.no_grad():
        plain.head.bias[SPELL] = -1e4
    prefix = encode(Core.read("*CC").tree, plain.vocabulary)
    drawn = {s.actions: s for s in plain.sample(400, seed=0, bf16=False, prefix=prefix, temperature=1.0)}
    assert sum(np.exp(sample.log_drawn) for sample in drawn.values()) == pytest.approx(1, abs=1e-4)
    assert all(sample.log_prob < sample.log_drawn for sample in drawn.values())


@pytest.mark.parametrize(("targets", "guidance"), [(TARGETS, 1.5), ({"qed": 0.8}, 1.0), ({}, 1.0)])
def test_saved_weights_keep_their_aim(
    generator: MotifGenerator, tmp_path: Path, targets: dict[str, float], guidance: float
) -> None:
    plain = generator.identity
    generator.aim_at(targets, guidance)
    assert (generator.identity == plain) == (not targets)
    generator.save(tmp_path / "weights")
    loaded = MotifGenerator.load(tmp_path / "weights")
    assert loaded.identity == generator.identity
    assert loaded.sample(30, seed=0) == generator.sample(30, seed=0)
    assert copy.deepcopy(loaded).identity == generator.identity
    description = json.loads((tmp_path / "weights.json").read_text())
    assert description.get("aim") == ({"targets": targets, "guidance": guidance} if targets else None)
    description["aim"] = {"targets": {"gold": 1.0}, "guidance": 1.0}
    (tmp_path / "weights.json").write_text(json.dumps(description))
    with pytest.raises(WeightsError, match=r"weights\.json: aim: no target 'gold'"):
        MotifGenerator.load(tmp_path / "weights")


def test_targets_that_cannot_be_aimed_at(generator: MotifGenerator) -> None:
    with pytest.raises(InputError, match=r"no target 'gold'.*qed, logp"):
        generator.sample(1, seed=0, targets={"gold": 1.0})
    with pytest.raises(InputError, match=r"no target 'ring', did you mean 'rings'\?"):
        generator.sample(1, seed=0, targets={"ring": 1.0})
    with pytest.raises(InputError, match="not a finite number"):
        generator.sample(1, seed=0, targets={"logp": float("inf")})
    assert len(generator.sample(3, seed=0, targets={"logp": 400.0})) == 3, "outside the range of the data is allowed"
    plain = MotifGenerator(Vocabulary(MOTIFS), MotifNetworkSettings(embedding=8, hidden=8, layers=1))
    with pytest.raises(InputError, match=r"network\.condition"):
        plain.sample(1, seed=0, targets={"logp": 1.0})


def test_what_is_left_is_told_apart_from_the_first_atom_to_the_last() -> None:
    """The weight adds up exactly, and still a molecule that lacks 400 daltons is not like one that lacks 300."""
    conditions = Conditions(("mw",), 4, 6)
    conditions.learn_scales(np.array([[250.0], [450.0]], dtype=np.float32))
    conditions.learn_parts(np.zeros((5, 1), np.float32), np.array([0.03], np.float32))
    torch.nn.init.normal_(conditions.left)
    told = [conditions(torch.tensor([450.0]), torch.zeros(1), torch.tensor(so_far)) for so_far in (50.0, 150.0, 445.0)]
    assert not any(torch.allclose(a, b, atol=1e-3) for a, b in pairwise(told))
