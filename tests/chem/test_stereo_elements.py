"""What is open is what makes two molecules: the filter, the scorers and the enumeration agree."""

import random

import pytest
from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.shipped_sets import load_reference
from molgan.chem.stereoisomers import count_open_stereo, enumerate_stereoisomers
from molgan.filters.registry import get_filter
from molgan.scoring.registry import get_scorer

DRUGS = [record.smiles for record in load_reference("approved_drugs") if len(record.smiles) < 120]
# SMILES, open centres, open double bonds, isomers.
COUNTED = {
    "amantadine": ("NC12CC3CC(CC(C3)C1)C2", 0, 0, 1),
    "memantine": ("CC12CC3CC(C)(C1)CC(N)(C3)C2", 0, 0, 1),
    "rimantadine": ("CC(N)C12CC3CC(CC(C3)C1)C2", 1, 0, 2),
    "2-adamantanol": ("OC1C2CC3CC(C2)CC1C3", 0, 0, 1),
    "cubane": ("C12C3C4C1C5C2C3C45", 0, 0, 1),
    "camphor": ("CC1(C)C2CCC1(C)C(=O)C2", 2, 0, 2),
    "camphor, a centre given": ("C[C@]12CCC(CC1=O)C2(C)C", 0, 0, 1),
    "borneol": ("OC1CC2CCC1(C)C2(C)C", 3, 0, 4),
    "3-quinuclidinol": ("OC1CN2CCC1CC2", 1, 0, 2),
    "tropine": ("CN1C2CCC1CC(O)C2", 3, 0, 2),
    "cocaine": ("COC(=O)C1C(OC(=O)c2ccccc2)CC2CCC1N2C", 4, 0, 8),
    "morphine": ("CN1CCC23C4OC5=C(O)C=CC(CC1C2C=CC4O)=C35", 5, 0, 16),
    "an epoxide": ("C1CCC2OC2C1", 0, 0, 1),
    "decalin": ("C1CCC2CCCCC2C1", 2, 0, 2),
    "a cyclohexane": ("CC1CCC(O)CC1", 2, 0, 2),
    "tartaric acid": ("OC(C(O)C(O)=O)C(O)=O", 2, 0, 3),
    "an allene": ("CC=C=CC", 0, 0, 1),
    "an amidine": ("CC(=N)N", 0, 0, 1),
    "an ammonium": ("CC[NH+](C)Cc1ccccc1", 0, 0, 1),
    "cyclooctene": ("C1CCCC=CCC1", 0, 1, 2),
    "two double bonds": ("CC=CC=CC", 0, 2, 3),
    "two oximes": ("CC1(C)C(=NO)C(C)(C)C1=NO", 0, 0, 1),
}


@pytest.mark.parametrize(("smiles", "centres", "bonds", "isomers"), COUNTED.values(), ids=COUNTED)
def test_counted_by_hand(smiles: str, centres: int, bonds: int, isomers: int) -> None:
    assert count_open_stereo(parse(smiles).mol) == (centres, bonds)
    found = list(enumerate_stereoisomers(parse(smiles), most=64))
    assert len({isomer.smiles for isomer in found}) == len(found) == isomers


def test_filter_scorer_and_enumeration_agree_on_drugs() -> None:
    chosen = random.Random(1).sample(DRUGS, 250)
    molecules = [parse(smiles) for smiles in chosen]
    open_centres = get_scorer("undefined_stereo_centres")(chosen).values
    all_centres = get_scorer("stereo_centres")(chosen).values
    kept = get_filter("stereo", bonds=False)(molecules).kept
    assert ((open_centres == 0) == kept).all() and (open_centres <= all_centres).all()
    for molecule, centres in zip(molecules, open_centres, strict=True):
        isomers = list(enumerate_stereoisomers(molecule, most=4))
        counted = count_open_stereo(molecule.mol)
        assert counted[0] == centres
        assert (len(isomers) > 1) == any(counted), molecule.smiles
        if any(counted):
            assert {count_open_stereo(isomer.mol) for isomer in isomers} == {(0, 0)}, molecule.smiles


def test_the_spelling_makes_no_difference() -> None:
    for smiles in [*random.Random(2).sample(DRUGS, 150), *(smiles for smiles, *_ in COUNTED.values())]:
        counted = count_open_stereo(parse(smiles).mol)
        for text in Chem.MolToRandomSmilesVect(Chem.MolFromSmiles(smiles), 3, randomSeed=3):
            assert count_open_stereo(parse(text).mol) == counted, text
