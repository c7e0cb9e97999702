"""Realism: percentiles that do not depend on the other molecules, with a reason where there are none."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

import molgan
from molgan.base.errors import ConfigError, InputError, WeightsError
from molgan.chem.molecule import parse, parse_all
from molgan.chem.plausibility.chemistry_index import load_chemistry
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import OneShotSettings
from molgan.models.realism.blame import find_blame
from molgan.models.realism.realism_calibration import combine
from molgan.models.realism.realism_meter import RealismMeter, read_as_given
from tests.calibrated import save_calibrated, save_uncalibrated

ODD = ["CCO.Cl", "C(", "C" * 40, "C[C@H](N)O", "*CC", "[2H]C"]
NUMBERS = ("realism", "critic", "likelihood", "part", "typicality")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="module")
def drawn(folder: Path) -> list[str]:
    return save_calibrated(folder)


@pytest.fixture(scope="module")
def meter(folder: Path, drawn: list[str]) -> RealismMeter:
    return RealismMeter.load(folder)


def test_the_molecules_that_it_was_calibrated_by_have_even_percentiles(meter: RealismMeter, drawn: list[str]) -> None:
    found = meter(parse_all(drawn))
    for name in NUMBERS:
        values = np.array([getattr(one, name) for one in found])
        assert ((values > 0) & (values <= 1)).all()
        for limit in (0.1, 0.5, 0.9):  # samples repeat, and a molecule that comes often makes a step
            assert (values < limit).mean() <= limit + 0.02 and (values <= limit).mean() >= limit - 0.1


def test_realism_rises_with_each_of_its_percentiles(meter: RealismMeter, drawn: list[str]) -> None:
    shares = np.linspace(0.001, 0.999, 30)
    table = combine(shares[:, None] * np.ones(30), shares[None, :] * np.ones((30, 1)))
    assert (np.diff(table, axis=0) > 0).all() and (np.diff(table, axis=1) > 0).all()
    found = meter(parse_all(drawn))
    for one in found:
        for other in found:
            if one.critic <= other.critic and one.likelihood <= other.likelihood:
                assert one.realism <= other.realism
                assert one.part > other.part or one.typicality <= other.typicality


def test_values_do_not_depend_on_the_other_molecules_or_the_spelling(meter: RealismMeter, drawn: list[str]) -> None:
    texts = ["OCC", *drawn[:20], *ODD, "C1=CC=CC=C1CN"]
    found = meter(parse_all(texts))
    for text, one in zip(texts, found, strict=True):
        (alone,) = meter([parse(text)])
        assert repr(alone) == repr(one)
    (spelled,) = meter([parse("NCc1ccccc1")])
    assert [getattr(spelled, name) for name in NUMBERS] == [getattr(found[-1], name) for name in NUMBERS]


def test_what_the_weights_cannot_say_has_a_reason(meter: RealismMeter) -> None:
    found = meter(parse_all(ODD))
    assert all(math.isnan(getattr(one, name)) for one in found for name in NUMBERS)
    reasons = [str(one.error) for one in found]
    expected = ("fragment", "not a SMILES", "heavy atoms", "stereo", "wildcard", "isotope")
    for words, reason in zip(expected, reasons, strict=True):
        assert words in reason


def test_the_scorer_gives_them_with_reasons_and_parts_of_them(folder: Path, meter: RealismMeter) -> None:
    texts = ["CCO", "CCO.Cl", "c1ccccc1N"]
    outputs = ("realism", "critic", "likelihood")
    scorers = [
        {"scorer": "realism", "name": output, "parameters": {"weights": str(folder), "output": output}}
        for output in outputs
    ]
    table = molgan.score(texts, scorers)
    for one, (_, row) in zip(meter(parse_all(texts)), table.iterrows(), strict=True):
        assert [row[name] for name in outputs] == pytest.approx([getattr(one, name) for name in outputs], nan_ok=True)
    assert table["error"].isna().tolist() == [True, False, True] and "fragment" in table["error"][1]


def test_the_part_to_blame_is_where_it_says(meter: RealismMeter) -> None:
    for text in ("NCC(O)(N)c1ccccc1", "OCCCF", "CC1CC1CC"):
        (one,) = meter([parse(text)])
        mol = read_as_given(parse(text))
        blame = find_blame(mol, one.parts, load_chemistry())
        assert blame is not None and mol is not None
        assert tuple(sorted(blame.atoms)) in {
            tuple(sorted(match)) for match in mol.GetSubstructMatches(Chem.MolFromSmarts(blame.smarts))
        }
    assert find_blame(parse("CCO").mol, (), load_chemistry()) is None


def test_a_calibration_belongs_to_its_networks(folder: Path, drawn: list[str], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert RealismMeter.load(copy)([parse("CCO")])[0].error is None
    save_uncalibrated(tmp_path)
    with pytest.raises(ConfigError, match="not calibrated to tell realism; do so: "):
        RealismMeter.load(tmp_path)
    path = copy / "weights_realism.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "measured_with": {**content["measured_with"], "critic": "another"}}))
    with pytest.raises(ConfigError, match="calibrated for others; do so again"):
        molgan.score(["CCO"], [{"scorer": "realism", "parameters": {"weights": str(copy)}}])
    for damaged in ("{", json.dumps({**content, "logit": [1, 2]}), json.dumps({**content, "part": None}), "[]"):
        path.write_text(damaged)
        with pytest.raises(WeightsError, match="not a calibration of realism"):
            RealismMeter.load(copy)


def test_weights_without_a_critic_or_likelihoods_are_refused(folder: Path, drawn: list[str], tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "raw", ignore=shutil.ignore_patterns("*critic*", "*refinement*"))
    with pytest.raises(ConfigError, match="no critic, which realism needs"):
        RealismMeter.load(tmp_path / "raw")
    with pytest.raises(ConfigError, match="no weights at"):
        molgan.score(["C"], [{"scorer": "realism", "parameters": {"weights": "nowhere"}}])
    OneShotGenerator(OneShotSettings()).save(tmp_path / "weights")
    with pytest.raises(ConfigError, match="has no likelihoods"):
        RealismMeter.load(tmp_path)
    with pytest.raises(InputError, match="no molecule has a likelihood"):
        RealismMeter.load(folder, calibrated=False).calibrate(["CCO.Cl"])


def test_the_shipped_weights_tell_drugs_from_nonsense() -> None:
    drugs = ["CC(=O)Nc1ccc(O)cc1", "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc12"]
    nonsense = ["FC1=C=C1C(O)(N)OOC2CC2=S", "C1C2C3C1C4C2C3N4OSF", "OC(F)(N)C#CNC(=S)SOO"]
    table = molgan.anomalies([*drugs, *nonsense])
    values = molgan.score([*drugs, *nonsense], ["realism"])["realism"]
    assert values[:3].min() > values[3:].max()
    assert table["realism"].tolist() == values.tolist()
    assert table["rank"][3:].max() == 3 and table["typicality"][3:].max() < 0.05
