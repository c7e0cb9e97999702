"""Counts, descriptors and shape are what RDKit says."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import Descriptors, Lipinski

from molgan.base.errors import ConfigError
from molgan.scoring.registry import get_scorer

ATORVASTATIN = "CC(C)c1c(C(=O)Nc2ccccc2)c(-c2ccccc2)c(-c2ccc(F)cc2)n1CC[C@@H](O)C[C@@H](O)CC(=O)O"
SPIRO = "C1CCC2(CC1)OCCO2"
NORBORNANE = "C1CC2CCC1C2"
PROPYNE = "C#CCC(C)O"


def value(scorer, smiles, **parameters):
    scores = get_scorer(scorer, **parameters)([smiles])
    assert scores.errors == [None]
    return scores.values[0]


@pytest.mark.parametrize(
    ("name", "smiles", "expected"),
    [
        ("hetero_atoms", ATORVASTATIN, 8),
        ("stereo_centres", ATORVASTATIN, 2),
        ("undefined_stereo_centres", ATORVASTATIN, 0),
        ("undefined_stereo_centres", PROPYNE, 1),
        ("sp_atoms", PROPYNE, 2),
        ("sp3_atoms", PROPYNE, 4),
        ("sp2_atoms", "c1ccccc1C", 6),
        ("aromatic_rings", ATORVASTATIN, 4),
        ("aliphatic_rings", SPIRO, 2),
        ("saturated_rings", "C1=CCCCC1", 0),
        ("heterocycles", SPIRO, 1),
        ("aromatic_heterocycles", ATORVASTATIN, 1),
        ("spiro_atoms", SPIRO, 1),
        ("bridgehead_atoms", NORBORNANE, 2),
        ("largest_ring", "C1CCCCCCCCC1.c1ccccc1", 10),
        ("largest_ring", "CC", 0),
        ("graph_length", "CCCC.C", 3),
        ("graph_length", "C", 0),
        ("charge", "C[NH3+].[O-]C(=O)C[O-]", -1),
    ],
)
def test_counted_by_hand(name, smiles, expected):
    assert value(name, smiles) == expected


def test_as_rdkit_counts():
    mol = Chem.MolFromSmiles(ATORVASTATIN)
    assert value("hetero_atoms", ATORVASTATIN) == Lipinski.NumHeteroatoms(mol)
    assert value("aliphatic_carbocycles", NORBORNANE) == 2
    assert value("molar_refractivity", ATORVASTATIN) == pytest.approx(Descriptors.MolMR(mol))


def test_any_descriptor_by_its_name():
    expected = Descriptors.BertzCT(Chem.MolFromSmiles(ATORVASTATIN))
    assert value("descriptor", ATORVASTATIN, descriptor="BertzCT") == pytest.approx(expected)
    with pytest.raises(ConfigError, match="did you mean 'BertzCT'"):
        get_scorer("descriptor", descriptor="BertzCt")


def test_shapes_of_a_conformer():
    rod, disc = "C#CC#CC#CC", "c1ccccc1"
    assert value("shape", rod) < 0.1 < 0.4 < value("shape", disc)
    assert value("shape", disc, property="npr2") == pytest.approx(0.5, abs=0.1)
    assert value("shape", "CC", property="volume") < value("shape", disc, property="volume")
    assert value("shape", disc) == value("shape", "C1=CC=CC=C1")


def test_every_property_takes_any_molecule():
    from molgan.scoring.scorers.properties import PROPERTIES

    smiles = ["[Na+].[Cl-]", "[H][H]", "C", "*CC", "[2H]C([2H])[2H]", "O=S(=O)(O)O", ATORVASTATIN]
    for scorer in PROPERTIES:
        scores = scorer()(smiles)
        assert scores.errors == [None] * len(smiles), scorer.name
        assert (scores.values >= scorer.low).all()
        assert np.isfinite(scores.values).all()
