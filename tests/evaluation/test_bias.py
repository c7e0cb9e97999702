"""Sets that are made to be biased: a class removed, one doubled; found, with the right sign, and nothing else where
nothing is the matter."""

import numpy as np
import pytest

from molgan.chem.shipped_sets import load_reference
from molgan.evaluation.bias import Bias, compare_sets
from molgan.evaluation.composition import PROPERTIES, Composition, MoleculeSet, describe_set
from molgan.evaluation.frequencies import find_frequent, find_rare

SULFUR = "S"


@pytest.fixture(scope="module")
def real() -> MoleculeSet:
    return describe_set([record.smiles for record in load_reference("moses_reference_1000")[:700]])


def halves(real: MoleculeSet) -> tuple[MoleculeSet, MoleculeSet]:
    order = np.random.default_rng(0).permutation(len(real))
    return real.select(order[:350]), real.select(order[350:])


def has(molecule: Composition, part: str) -> bool:
    return any(part in group for group in molecule.groups)


def find_rows(some: MoleculeSet, part: str) -> np.ndarray:
    return np.array([has(molecule, part) for molecule in some.molecules])


def compare(samples: MoleculeSet, data: MoleculeSet, **how: object) -> Bias:
    return compare_sets({"samples": samples}, data, **how).sets["samples"]  # type: ignore[arg-type]


def test_a_description_has_a_row_for_each_valid_molecule() -> None:
    found = describe_set(["c1ccncc1C(=O)NC", None, "C1CC", "CCO"])
    assert (found.given, found.rows.tolist(), len(found)) == (4, [0, 3], 2)
    first, second = found.molecules
    assert (first.rings, first.groups, first.scaffolds) == (("c1ccncc1",), ("*NC(*)=O",), ("c1ccncc1",))
    assert (second.rings, second.groups, second.scaffolds) == ((), ("*O",), ())
    assert found.properties.shape == (2, len(PROPERTIES)) and found.activations.shape == (2, 512)
    assert found.properties[1, 0] == pytest.approx(46.07, abs=0.01)
    assert len(describe_set([])) == 0


def test_nothing_is_the_matter_with_real_molecules(real: MoleculeSet) -> None:
    mine, other = halves(real)
    found = compare(mine, other)
    assert found.figures["Precision"].value > 0.8 and found.figures["Coverage"].value > 0.8
    assert all(shift.shift.low <= 0 <= shift.shift.high for shift in found.properties[:2])
    certain = [each for kind in found.frequencies.values() for each in (*find_frequent(kind), *find_rare(kind))]
    compared = sum(map(len, found.frequencies.values()))
    assert compared > 30 and len(certain) <= 0.1 * compared


def test_a_class_that_is_removed_is_found(real: MoleculeSet) -> None:
    mine, data = halves(real)
    biased = mine.select(np.flatnonzero(~find_rows(mine, SULFUR)))
    assert 200 < len(biased) < len(mine)
    tiers = np.where(find_rows(data, SULFUR), "with", "without").tolist()
    found, fair = (compare(each, data, tiers=tiers, control=False) for each in (biased, mine))
    rare = find_rare(found.frequencies["groups"])
    assert rare and all(SULFUR in each.smiles for each in rare)
    assert rare[0].count == 0 < rare[0].data_count and rare[0].ratio.high < -1
    assert not any(SULFUR in each.smiles for each in find_frequent(found.frequencies["groups"]))
    ours, theirs = ({tier.name: tier.recall for tier in each.tiers} for each in (found, fair))
    assert ours["with"].high < theirs["with"].value and ours["with"].high < ours["without"].low


def test_a_class_of_compounds_that_is_removed_is_found(real: MoleculeSet) -> None:
    mine, data = halves(real)
    rows = np.flatnonzero(["amide" not in molecule.classes for molecule in mine.molecules])
    assert 100 < len(rows) < 300
    shares = {each.smiles: each for each in compare(mine.select(rows), data).classes}
    assert shares["amide"].count == 0 < shares["amide"].data_count and shares["amide"].ratio.high < -1
    fair = {each.smiles: each.ratio for each in compare(mine, data).classes}
    assert fair["amide"].low <= 0 <= fair["amide"].high


def test_a_class_that_is_doubled_is_found(real: MoleculeSet) -> None:
    mine, data = halves(real)
    rows = np.flatnonzero(find_rows(mine, "*F"))
    tripled = mine.select(np.concatenate([np.arange(len(mine)), rows, rows]))
    found = compare(tripled, data)
    frequent = find_frequent(found.frequencies["groups"])
    (fluoride,) = [each for each in frequent if each.smiles == "*F"]
    assert fluoride.ratio.low > 0.3 and fluoride.share > 1.5 * fluoride.data_share
    assert "*F" not in [each.smiles for each in find_frequent(compare(mine, data).frequencies["groups"])]
    assert "*F" not in [each.smiles for each in find_rare(found.frequencies["groups"])]


def test_a_shifted_property_has_its_sign(real: MoleculeSet) -> None:
    mine, data = halves(real)
    mass = PROPERTIES.index("mw")
    heavy = mine.select(np.argsort(mine.properties[:, mass])[150:])
    (shift,) = [each for each in compare(heavy, data).properties if each.name == "mw"]
    assert 0 < shift.shift.low < shift.shift.value < shift.shift.high
    assert shift.distance >= abs(shift.shift.value) - 1e-9  # Kantorovich: no coupling moves less than the means do
    light = mine.select(np.argsort(mine.properties[:, mass])[:200])
    (other,) = [each for each in compare(light, data).properties if each.name == "mw"]
    assert other.shift.high < 0 < other.distance


def test_clusters_and_tiers_of_a_class_that_is_removed_come_first(real: MoleculeSet) -> None:
    mine, data = halves(real)
    biased = mine.select(np.flatnonzero(~find_rows(mine, SULFUR)))
    tiers = np.where(find_rows(data, SULFUR), "with", "without").tolist()
    found = compare(biased, data, tiers=tiers, control=False)
    assert [tier.name for tier in found.tiers] == ["with", "without"]
    assert found.tiers[0].coverage.high < found.tiers[1].coverage.low
    assert found.tiers[0].data_share == pytest.approx(np.mean([name == "with" for name in tiers]), abs=0.05)
    worst = found.clusters[0]
    assert "S" in worst.smiles and worst.ratio is not None and worst.ratio.value < -1
    assert sum(region.count for region in found.clusters) == found.size
    assert sum(region.share or 0 for region in found.clusters) == pytest.approx(1)


def test_a_control_says_what_chance_does_and_the_seed_decides(real: MoleculeSet) -> None:
    mine, data = halves(real)
    one, again, other = (compare_sets({"a": mine}, data, seed=seed) for seed in (0, 0, 1))
    assert one.sets == again.sets and one.control == again.control
    assert one.sets["a"].figures != other.sets["a"].figures
    assert one.control is not None and one.control.size == one.sets["a"].size == len(data) // 2
    assert one.control.figures["Precision"].value > 0.7
    assert compare_sets({"a": mine}, data, control=False).control is None
