"""Moves make sound chemistry: no child has a suspicious group, a strained ring or a chain of heteroatoms more often
than its parents."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rdkit import Chem

from molgan.chem.motifs import Motif, cut, write
from molgan.chem.plausibility.flaws import LINKS
from molgan.chem.plausibility.strain import find_ring_strain
from molgan.chem.plausibility.suspicious import SUSPICIOUS
from molgan.chem.ring_systems import find_ring_systems
from molgan.chem.shipped_sets import load_reference
from molgan.chem.smarts import read_smarts
from molgan.graphs.motif.actions import Vocabulary, encode
from molgan.graphs.motif.core import Core
from molgan.training.design.genetic import Motifs, crossover, edit_motif, reroot
from molgan.training.design.genomes import Stock
from molgan.training.design.mutation import mutate_atom
from molgan.training.design.plausibility_gate import count_given_flaws
from molgan.training.design.proposals import Proposals
from molgan.training.design.ring_exchange import RingMotifs, exchange_ring
from molgan.training.design.soundness import is_sound
from molgan.training.design.space import Decorations, Everything
from molgan.training.settings import OptimizeSettings

MOST = 45
VOCABULARY = (
    "C", "O", "N", "S", "F", "Cl", "C=O", "c1ccccc1", "[nH]1cccc1", "C1CCNCC1", "C#N", "C#C", "C=C", "O=[SH2]=O",
    "N1CC1", "c1ccncc1", "N1CCNCC1", "C1CC1", "C1=CC=C1", "O1CC1",
)  # fmt: skip
MOTIFS, RINGS = Motifs(VOCABULARY), RingMotifs(VOCABULARY)
Move = Callable[[Motif, Motif, np.random.Generator], Motif | None]
MOVES: dict[str, Move] = {
    "mutation": lambda tree, other, rng: mutate_atom(tree, rng, max_atoms=MOST),
    "edit": lambda tree, other, rng: edit_motif(tree, MOTIFS, rng, max_atoms=MOST),
    "crossover": lambda tree, other, rng: crossover(tree, other, rng, max_atoms=MOST),
    "exchange": lambda tree, other, rng: exchange_ring(tree, RINGS, rng, max_atoms=MOST),
}


@cache
def drugs() -> list[Chem.Mol]:
    """A hundred drugs of all kinds, some of them with flaws, without stereo."""
    texts = [record.smiles for record in load_reference("approved_drugs")]
    mols = [mol for text in texts[::14] if (mol := Chem.MolFromSmiles(text)) and 5 < mol.GetNumAtoms() <= MOST]
    for mol in mols:
        Chem.RemoveStereochemistry(mol)
    flat = [Chem.MolFromSmiles(Chem.MolToSmiles(mol)) for mol in mols]
    return [mol for mol in flat if len(Chem.GetMolFrags(mol)) == 1]


@cache
def patterns() -> dict[str, Chem.Mol]:
    links = {name: smarts.replace("]-[", "]-;!@[") for name, smarts in LINKS.items()}
    return {name: read_smarts(smarts) for name, smarts in {**SUSPICIOUS, **links}.items()}


def count(tree: Motif) -> Counter[str]:
    """Each SMARTS by itself, and the strain of each ring system by its name."""
    mol = Chem.MolFromSmiles(write(tree))
    groups = Counter({name: len(mol.GetSubstructMatches(pattern)) for name, pattern in patterns().items()})
    return groups + Counter(name for ring in find_ring_systems(mol) for name in find_ring_strain(ring))


@pytest.mark.parametrize("move", list(MOVES))
def test_no_child_gains_a_flaw(move: str) -> None:
    rng, made = np.random.default_rng(0), 0
    trees = [reroot(mol, rng) for mol in drugs()]
    assert len(trees) > 80
    for i, tree in enumerate(trees * 5):
        other = trees[(7 * i + 3) % len(trees)]
        child = MOVES[move](tree, other, rng)
        if child is not None:
            made += 1
            parents = count(tree) | (count(other) if move == "crossover" else Counter())
            assert count(child) <= parents, (write(tree), write(child), count(child) - parents)
    assert made > 150


def test_what_a_parent_has_is_kept() -> None:
    """A search around a lead with a hemiaminal goes on with it."""
    mol, rng = Chem.MolFromSmiles("OC1(c2ccccc2)N(C)C(=O)c2ccccc12"), np.random.default_rng(1)
    children = [mutate_atom(reroot(mol, rng), rng, max_atoms=MOST) for _ in range(60)]
    kept = [child for child in children if child is not None and "hemiaminal" in count(child)]
    assert len(kept) > 10


@pytest.mark.parametrize(
    ("child", "parents", "sound"),
    [
        ("CNF", ["CNC"], False),
        ("CNF", ["CNC", "CCNF"], True),
        ("FNCCNF", ["CCNF", "FNC"], False),
        ("CC(O)N(C)C", ["CC(O)C(C)C"], False),
        ("CCNO", ["CCNC"], False),
        ("C1=CC=C1C", ["C1CCC1C"], False),
        ("CC(=O)N1CC1", ["CN1CC1"], False),
        ("OC#CC", ["CC#CC"], False),
        ("COc1ccccc1", ["Cc1ccccc1"], True),
    ],
)
def test_a_child_is_sound_beside_its_parents(child: str, parents: list[str], sound: bool) -> None:
    trees = [cut(Chem.MolFromSmiles(smiles)) for smiles in (child, *parents)]
    assert is_sound(*trees) is sound


def test_a_mutation_makes_no_hydrazine_in_a_ring_but_a_known_ring_system_may_have_one() -> None:
    ring, rng = cut(Chem.MolFromSmiles("CC1CCCNC1")), np.random.default_rng(0)
    made = [mutate_atom(ring, rng, max_atoms=9) for _ in range(400)]
    known = [exchange_ring(ring, RingMotifs(["C1CNNCC1"]), rng, max_atoms=9) for _ in range(9)]
    pattern = Chem.MolFromSmarts("[NX3]-[NX3,OX2]")
    found = [
        [Chem.MolFromSmiles(write(child)).HasSubstructMatch(pattern) for child in children if child is not None]
        for children in (made, known)
    ]
    assert len(found[0]) > 100 and not any(found[0])
    assert found[1] and all(found[1])


def test_a_part_is_sound_where_it_hangs() -> None:
    """An N that hangs on a core's O is a hydroxylamine, though the part by itself is none."""
    core, rng = Core.read("*OCCc1ccccc1"), np.random.default_rng(0)
    space, genome = Decorations(core, MOST), (Motif("C", ((0, Motif("C")),)),)
    children = [space.mutate(genome, rng) for _ in range(300)]
    found = [count(child) for child in children if child is not None]
    assert len(found) > 100 and not any(found)
    assert any(
        mutate_atom(genome[0], rng, max_atoms=9, bound=True) == Motif("N", ((0, Motif("C")),)) for _ in range(300)
    )


class Speller:
    """Stands for an agent that draws the given molecules."""

    def __init__(self, *smiles: str):
        self.trees = [cut(Chem.MolFromSmiles(text)) for text in smiles]

    def sample(self, n: int, **options: Any) -> list[SimpleNamespace]:
        vocabulary = Vocabulary(("C", "O", "N"))
        return [SimpleNamespace(actions=encode(tree, vocabulary)) for tree in (self.trees * n)[:n]]


@pytest.mark.parametrize(
    ("given", "kept"), [([], {"CC1CC=CC1", "CON"}), (["CC1=CC=C1"], {"CC1CC=CC1", "CON", "CC1=CC=C1"})]
)
def test_a_spelled_motif_is_sound_or_given(given: list[str], kept: set[str]) -> None:
    settings = OptimizeSettings(policy=9, regrowth=0)
    tolerated = count_given_flaws(given, None)
    proposals = Proposals(Everything(MOST), Vocabulary(("C", "O", "N")), {}, settings, tolerated=tolerated)
    proposals.draw(Speller("CC1=CC=C1", "CC1CC=CC1", "CON"), [], np.random.default_rng(0))
    assert {candidate.smiles for candidate in proposals.candidates} == {Chem.CanonSmiles(text) for text in kept}
    assert proposals.refused == ({} if given else {"strained": 1})


def test_a_regrown_molecule_is_sound_beside_its_parent() -> None:
    settings = OptimizeSettings(policy=0, regrowth=6)
    proposals = Proposals(Everything(MOST), Vocabulary(("C", "O", "N", "F")), {}, settings)
    mol = Chem.MolFromSmiles("CCOC")
    stock = Stock(mol, (cut(mol),), (3,))
    proposals.draw(Speller("CCOO", "CCOCC"), [stock], np.random.default_rng(0))
    assert [(one.smiles, one.origin) for one in proposals.candidates] == [("CCOCC", "regrowth")]
    assert proposals.refused == {"suspicious": 1}
