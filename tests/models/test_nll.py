"""Likelihoods of given molecules: those of the generator, whatever the batch, with a reason where there is none."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

import molgan
from molgan.base.errors import ConfigError, InputError, WeightsError
from molgan.chem.molecule import parse, parse_all
from molgan.graphs.motif.actions import Vocabulary, encode
from molgan.graphs.motif.motif_data import read_tree
from molgan.graphs.motif.parts import measure_parts
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.nll import NllMeter, measure_nll_quantiles
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import OneShotSettings
from molgan.models.settings import MotifNetworkSettings
from molgan.models.weights import add_facts
from molgan.scoring.measure import Measure

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "n1ccccc1", "C1CCNCC1", "F")


@pytest.fixture(scope="module")
def generator() -> MotifGenerator:
    torch.manual_seed(0)
    vocabulary = Vocabulary(MOTIFS)
    network = MotifNetworkSettings(embedding=16, hidden=32, layers=2, condition=("logp", "mw"))
    generator = MotifGenerator(vocabulary, network, max_atoms=14).eval()
    assert generator.conditions is not None
    names = generator.conditions.names
    parts = np.pad(measure_parts(vocabulary, Measure(names)), ((0, 1), (0, 0)))
    generator.conditions.learn_parts(parts, np.ones(len(names)))
    generator.conditions.learn_scales(np.array([[0, 100], [4, 300]], dtype=np.float32))
    torch.nn.init.normal_(generator.conditions.value)
    return generator


@pytest.fixture(scope="module")
def drawn(generator: MotifGenerator) -> list[str]:
    return [sample.smiles for sample in generator.sample(150, seed=1)]


def test_it_is_the_likelihood_of_the_canonical_actions(generator: MotifGenerator, drawn: list[str]) -> None:
    found = NllMeter(generator)(parse_all(drawn))
    smiles = [str(parse(text).smiles) for text in drawn]
    actions = [encode(read_tree(text), generator.vocabulary) for text in smiles]
    expected = -generator.log_likelihood(actions).detach().numpy()
    assert [one.nll for one in found] == pytest.approx(expected.tolist(), abs=1e-3)
    assert [one.error for one in found] == [None] * len(drawn)
    for one, text in zip(found, smiles, strict=True):
        assert one.nll_per_atom == pytest.approx(one.nll / parse(text).mol.GetNumHeavyAtoms(), abs=1e-6)


def test_values_do_not_depend_on_the_other_molecules(generator: MotifGenerator, drawn: list[str]) -> None:
    meter, molecules = NllMeter(generator), parse_all(drawn)
    whole = meter(molecules)
    assert [meter([molecule])[0] for molecule in molecules[:40]] == whole[:40]
    assert meter(molecules[::-1])[::-1] == whole
    assert NllMeter(generator)(molecules) == whole
    assert meter([parse("OCC"), molecules[3], molecules[3]])[1:] == [whole[3], whole[3]]


def test_one_molecule_has_one_value_however_it_is_written(generator: MotifGenerator) -> None:
    spellings = ["OCCc1ccccc1", "c1ccccc1CCO", "C(CO)C1=CC=CC=C1"]
    assert len(set(NllMeter(generator)(parse_all(spellings)))) == 1


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("C1CC", "not a SMILES"),
        ("", "empty"),
        ("CCO.CC", "more than one fragment"),
        ("CC*", "a wildcard atom"),
        ("*", "a wildcard atom"),
        ("C[C@H](N)O", "stereo, which these weights do not know"),
        ("C/C=C/C", "stereo, which these weights do not know"),
        ("C" * 15, "15 heavy atoms, at most 14 with these weights"),
        ("[13CH4]", "isotope"),
        ("C[Ge](C)(C)C", "atom Ge"),
    ],
)
def test_what_has_no_likelihood_says_why(generator: MotifGenerator, smiles: str, reason: str) -> None:
    before, found, after = NllMeter(generator, quantiles=[float(i) for i in range(101)])(parse_all(["C", smiles, "O"]))
    assert found.error is not None and found.error.startswith(reason)
    assert math.isnan(found.nll) and math.isnan(found.nll_per_atom) and math.isnan(found.rank)
    assert math.isfinite(before.rank) and math.isfinite(after.rank)


def test_the_rank_is_the_share_of_less_likely_molecules(generator: MotifGenerator, drawn: list[str]) -> None:
    quantiles = measure_nll_quantiles(generator, drawn)
    assert len(quantiles) == 101 and quantiles == sorted(quantiles)
    found = NllMeter(generator, quantiles=quantiles)(parse_all(drawn))
    values = np.array([one.nll_per_atom for one in found])
    expected = [(values > value).mean() for value in values]
    assert [one.rank for one in found] == pytest.approx(expected, abs=0.02)
    assert found[values.argmax()].rank == 0 and found[values.argmin()].rank > 0.95
    with pytest.raises(InputError, match="no molecule has a likelihood"):
        measure_nll_quantiles(generator, ["C1CC", "CC.C"])


def test_an_aim_changes_the_values_and_leaves_no_rank(generator: MotifGenerator, drawn: list[str]) -> None:
    quantiles = measure_nll_quantiles(generator, drawn)
    aimed = NllMeter(generator, targets={"logp": 3.0}, quantiles=quantiles)(parse_all(drawn))
    assert all(math.isnan(one.rank) and math.isfinite(one.nll) for one in aimed)
    plain = NllMeter(generator, quantiles=quantiles)(parse_all(drawn))
    assert [one.nll for one in aimed] != [one.nll for one in plain]
    assert generator.aim.values is None and generator.head.weight.dtype == torch.float32
    values = np.full((len(drawn), 2), np.nan, dtype=np.float32)
    values[:, 0] = 3.0
    actions = [encode(read_tree(str(parse(text).smiles)), generator.vocabulary) for text in drawn]
    expected = -generator.log_likelihood(actions, values=values).detach().numpy()
    assert [one.nll for one in aimed] == pytest.approx(expected.tolist(), abs=1e-3)


def test_quantiles_come_from_the_description(generator: MotifGenerator, drawn: list[str], tmp_path: Path) -> None:
    generator.save(tmp_path / "weights")
    assert molgan.log_likelihood(drawn, weights=tmp_path)["rank"].isna().all()
    quantiles = measure_nll_quantiles(generator, drawn)
    tensors = (tmp_path / "weights.safetensors").read_bytes()
    add_facts(tmp_path, seed=7)
    add_facts(tmp_path, nll_quantiles=quantiles)
    assert json.loads((tmp_path / "weights.json").read_text())["about"] == {"seed": 7, "nll_quantiles": quantiles}
    assert (tmp_path / "weights.safetensors").read_bytes() == tensors
    table = molgan.log_likelihood(drawn, weights=tmp_path)
    assert list(table) == ["smiles", "nll", "nll_per_atom", "rank", "error"]
    assert table["rank"].mean() == pytest.approx(0.5, abs=0.02)
    assert molgan.log_likelihood(drawn, weights=tmp_path, targets={"mw": 150})["rank"].isna().all()
    generator.save(tmp_path / "weights", nll_quantiles=quantiles[::-1])
    with pytest.raises(WeightsError, match=r"weights\.json: about\.nll_quantiles: not 101 numbers in ascending order"):
        molgan.log_likelihood(drawn, weights=tmp_path)


def test_weights_without_likelihoods_or_targets_are_refused(generator: MotifGenerator, tmp_path: Path) -> None:
    OneShotGenerator(OneShotSettings(max_atoms=3, hidden=(8,))).save(tmp_path / "weights")
    with pytest.raises(ConfigError, match="a one-shot generator has no likelihoods"):
        molgan.log_likelihood(["C"], weights=tmp_path)
    with pytest.raises(InputError, match="no target 'mww', did you mean 'mw'"):
        NllMeter(generator, targets={"mww": 200})
    with pytest.raises(InputError, match="expected a list of SMILES"):
        molgan.log_likelihood("CCO")
