"""What is strange of a molecule, with its atoms, in the words of the filter `plausible`."""

import pytest
from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.plausibility.chemistry_index import ChemistryIndex
from molgan.chem.plausibility.environments import (
    find_environments,
    find_hetero_bonds,
    locate_environments,
    locate_hetero_bonds,
)
from molgan.chem.plausibility.plausible import PlausibilityCheck, PlausibilitySettings
from molgan.chem.plausibility.strange_parts import find_strange_parts
from molgan.chem.shipped_sets import load_reference

COMMON = ["CCCO", "c1ccccc1C", "CC(N)CC", "C1CCNCC1"] * 2


@pytest.fixture(scope="module")
def index() -> ChemistryIndex:
    return ChemistryIndex.of(COMMON)


def test_what_the_index_has_is_not_strange(index: ChemistryIndex) -> None:
    assert [find_strange_parts(parse(smiles).mol, index) for smiles in set(COMMON)] == [[]] * 4


def test_parts_have_their_atoms(index: ChemistryIndex) -> None:
    found = find_strange_parts(Chem.MolFromSmiles("CCC1=CC=C1"), index)
    assert (found[0].kind, found[0].atoms) == ("strained", (2, 3, 4, 5))
    assert found[0].reason == "strained: cyclobutadiene, in C1=CC=C1"
    assert ("ring system", 0, (2, 3, 4, 5)) in [(part.kind, part.count, part.atoms) for part in found]
    found = find_strange_parts(Chem.MolFromSmiles("CCC(O)(C)NC"), index)
    assert found[0].reason == "suspicious: hemiaminal" and found[0].atoms == (2, 3, 5)
    found = find_strange_parts(Chem.MolFromSmiles("CCCNO"), index)
    assert ("bond", (3, 4)) in [(part.kind, part.atoms) for part in found]
    environments = [part for part in found if part.kind == "atom environment"]
    assert {part.atoms for part in environments} == {(1, 2, 3), (2, 3, 4), (3, 4)}
    assert all(part.reason == f"unknown atom environment: {part.name}" for part in environments)


def test_the_atoms_of_a_part_make_its_name() -> None:
    for record in load_reference("approved_drugs")[:60]:
        mol = parse(record.smiles).mol
        assert mol is not None
        located = list(locate_environments(mol))
        assert [atom for _, atom in located] == list(range(mol.GetNumAtoms()))
        assert sorted({text for text, _ in located}) == find_environments(mol)
        bonds = list(locate_hetero_bonds(mol))
        assert sorted({text for text, *_ in bonds}) == find_hetero_bonds(mol)
        for _, *ends in bonds:
            assert mol.GetBondBetweenAtoms(*ends) is not None
            assert not {mol.GetAtomWithIdx(i).GetAtomicNum() for i in ends} & {1, 6}


def test_it_objects_where_the_filter_does() -> None:
    drugs = load_reference("approved_drugs")[:200]
    index = ChemistryIndex.of([record.smiles for record in drugs[60:]])
    check = PlausibilityCheck(PlausibilitySettings(), index)
    objected = 0
    for record in drugs[:60]:
        mol = parse(record.smiles).mol
        assert mol is not None
        reason, found = check(mol), find_strange_parts(mol, index)
        # The filter's rules of stereo in rings aside, which no part of a molecule without it has.
        if reason is None:
            assert found == []
        elif "trans" not in reason:
            objected += 1
            assert found and reason.split(":")[0] in {part.reason.split(":")[0] for part in found}
    assert objected > 5
