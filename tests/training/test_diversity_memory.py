"""Families of molecules, and rewards that fall as a family grows."""

import json
import math
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from rdkit import Chem
from rdkit.DataStructs import TanimotoSimilarity

from molgan.chem.fingerprints import ecfp
from molgan.chem.molecule import parse_all
from molgan.chem.shipped_sets import load_reference
from molgan.training.design.elite import Elite
from molgan.training.design.ledger import Call
from molgan.training.design.proposals import START
from molgan.training.diversity_memory import PENALTIES, DiversityMemory
from molgan.training.families import Families
from molgan.training.settings import DiversityMemorySettings, Kinship, OptimizeSettings

BENZENES = ["Cc1ccccc1", "CCc1ccccc1", "CCCc1ccccc1"]
DRUGS = [str(molecule.smiles) for molecule in parse_all(record.smiles for record in load_reference("approved_drugs"))]


def penalised(memory: DiversityMemory, smiles: list[str], reward: float = 1.0) -> list[float]:
    return memory.penalise(smiles, np.full(len(smiles), reward)).tolist()


def test_full_scaffolds_get_nothing_and_repeats_neither() -> None:
    memory = DiversityMemory(DiversityMemorySettings(bucket=2, minimum_score=0.5))
    assert penalised(memory, BENZENES, 0.9) == [0.9, 0.9, 0.0]
    assert memory.penalise(["CC1CCCCC1", "CC1CCCCC1"], np.array([0.4, 0.9])).tolist() == [0.4, 0.9]
    assert penalised(memory, ["CC1CCCCC1"], 0.9) == [0.0]
    assert memory.families == 2
    assert memory.figures == {"scaffolds": 2}


def test_a_topological_scaffold_knows_no_elements_and_a_murcko_scaffold_does() -> None:
    rings = ["Cc1ccccc1", "Cc1ccncc1", "CC1CCCCC1", "CC1CCCC1"]
    counts = {}
    for by in ("murcko", "topological"):
        memory = DiversityMemory(DiversityMemorySettings(by=by))
        penalised(memory, rings)
        counts[by] = memory.families
    assert counts == {"murcko": 4, "topological": 2}


@pytest.mark.parametrize("bucket", [1, 2, 25])
@pytest.mark.parametrize("name", list(PENALTIES))
def test_every_penalty_falls_from_the_first_molecule_on_and_stays_a_share(name: str, bucket: int) -> None:
    factors = [PENALTIES[name](n, bucket) for n in (*range(1, 4 * bucket + 1), 100_000)]
    assert all(0 <= factor <= 1 for factor in factors)
    assert all(before >= after for before, after in pairwise(factors))
    assert factors[0] > 0 or (name, bucket) == ("linear", 1)
    assert factors[-1] == pytest.approx(math.erf(math.sqrt(math.pi) / bucket) if name == "erf" else 0, abs=1e-9)


def test_the_penalties_are_those_of_reinvent4() -> None:
    # From the formulas of reinvent/runmodes/RL, for the tenth molecule of a bucket of 25.
    expected = {
        "step": 1.0,
        "linear": 1 - 10 / 25,
        "sigmoid": 1 - 1 / (1 + math.exp(-(10 / 25 * 2 - 1) / 0.15)),
        "tanh": 1 - math.tanh((10 - 1) / 25 * 3),
        "erf": 1 + math.erf(math.sqrt(math.pi) / 25) - math.erf(math.sqrt(math.pi) / 25 * 10),
    }
    assert {name: penalty(10, 25) for name, penalty in PENALTIES.items()} == pytest.approx(expected)
    assert [PENALTIES["step"](n, 25) for n in (25, 26)] == [1, 0]
    (named,) = (field.annotation for name, field in DiversityMemorySettings.model_fields.items() if name == "penalty")
    assert set(get_args(named)) == set(PENALTIES)


def test_gradual_penalties_lower_each_molecule_of_a_family_more() -> None:
    memory = DiversityMemory(DiversityMemorySettings(bucket=4, penalty="linear"))
    assert penalised(memory, BENZENES, 0.8) == pytest.approx([0.8 * 0.75, 0.8 * 0.5, 0.8 * 0.25])
    assert penalised(memory, ["C1CCCCC1"], 0.8) == pytest.approx([0.8 * 0.75])


def test_a_molecule_may_count_by_itself() -> None:
    memory = DiversityMemory(DiversityMemorySettings(by="molecule", bucket=2))
    assert penalised(memory, [*BENZENES, BENZENES[0], BENZENES[0]]) == [1, 1, 1, 1, 0]
    assert memory.figures == {"memory": 3}


def test_families_of_similar_molecules_are_within_reach_of_their_founder() -> None:
    families, found = Families("similarity", 0.4), dict[str, str]()
    for smiles in DRUGS[:300]:
        found[smiles] = families.find(smiles, Chem.MolFromSmiles(smiles))
    prints = dict(zip(found, ecfp([Chem.MolFromSmiles(smiles) for smiles in found]), strict=True))
    founders = [smiles for smiles, family in found.items() if smiles == family]
    assert 1 < len(founders) < len(found)
    for smiles, family in found.items():
        if smiles != family:
            assert TanimotoSimilarity(prints[smiles], prints[family]) >= 0.4
    for i, one in enumerate(founders):
        assert all(TanimotoSimilarity(prints[one], prints[other]) < 0.4 for other in founders[:i])


@pytest.mark.parametrize("by", get_args(Kinship))
def test_a_restored_memory_goes_on_as_the_one_that_was_saved(by: Kinship) -> None:
    settings = DiversityMemorySettings(by=by, bucket=3, penalty="tanh", similarity=0.3)
    whole = DiversityMemory(settings)
    expected = [penalised(whole, DRUGS[start : start + 50]) for start in (0, 50, 20)]
    first, second = DiversityMemory(settings), DiversityMemory(settings)
    assert penalised(first, DRUGS[:50]) == expected[0]
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert [penalised(second, DRUGS[start : start + 50]) for start in (50, 20)] == expected[1:]
    assert second.state_dict() == whole.state_dict()


@pytest.mark.parametrize(
    ("how", "kept"),
    [({}, [0, 1, 2, 3]), ({"scaffold": "topological"}, [0, 3]), ({"scaffold": "similarity"}, [0, 2, 3])],
)
def test_design_keeps_few_of_what_counts_as_one_scaffold(how: dict[str, str], kept: list[int]) -> None:
    from molgan.chem.motifs import cut

    smiles = ["CCCCCc1ccncc1", "CCCCCc1ccccc1", "CCOC1CCCCC1", "CC1CC1"]
    mols = [Chem.MolFromSmiles(text) for text in smiles]
    assert TanimotoSimilarity(*ecfp(mols[:2])) >= 0.35
    elite = Elite(OptimizeSettings(per_scaffold=1, scaffold_similarity=0.35, **how))
    elite.add([(Call(i, 1, smiles[i], 1 - i / 10, START, ()), mol, cut(mol)) for i, mol in enumerate(mols)])
    assert [entry.number for entry in elite.entries] == kept
