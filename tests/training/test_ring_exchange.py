"""Exchange of ring systems: alike and frequent ones come most often, substituents stay where they were."""

import json
from collections import Counter
from functools import cache
from importlib.resources import files

import numpy as np
from rdkit import Chem

from molgan.chem.motifs import Motif, cut, write
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.trees import nodes
from molgan.training.design.genomes import Stock
from molgan.training.design.proposals import EXCHANGE, Candidate, Proposals
from molgan.training.design.ring_exchange import RingMotifs, exchange_ring
from molgan.training.design.space import Everything
from molgan.training.settings import OptimizeSettings

MOTIFS = (
    "C",
    "c1ccccc1",
    "O",
    "c1ccncc1",
    "C1CCNCC1",
    "c1cnccn1",
    "c1ccsc1",
    "c1ccc2ccccc2c1",
    "N1CCCCC1",
    "[nH]1cccc1",
)


@cache
def prior_rings() -> RingMotifs:
    text = (files("molgan") / "data" / "weights" / "moses.json").read_text()
    return RingMotifs(json.loads(text)["vocabulary"]["motifs"])


def children(smiles: str, rings: RingMotifs, n: int = 300, **options: bool) -> list[Motif]:
    rng = np.random.default_rng(0)
    tree = cut(Chem.MolFromSmiles(smiles))
    made = [exchange_ring(tree, rings, rng, max_atoms=30, **options) for _ in range(n)]
    return [child for child in made if child is not None]


def test_alike_and_frequent_ring_systems_are_likelier() -> None:
    rings = RingMotifs(MOTIFS)
    assert rings.smiles == [smiles for smiles in MOTIFS if "1" in smiles]
    weights = dict(zip(rings.smiles, rings.weigh("c1ccccc1"), strict=True))
    assert weights["c1ccccc1"] == 0
    assert weights["c1ccncc1"] > weights["c1cnccn1"] > weights["c1ccsc1"] > weights["c1ccc2ccccc2c1"] > 0
    turned = RingMotifs(MOTIFS[::-1])
    assert turned.weigh("c1ccccc1")[turned.smiles.index("c1ccncc1")] < weights["c1ccncc1"]


def test_a_motif_without_room_is_not_drawn() -> None:
    rings = RingMotifs(["o1cccc1", "c1ccoc1", "c1ccco1"])  # the first has no hydrogen to hang by
    assert (rings.weigh("c1ccccc1", bonds=2, hangs=True) > 0).tolist() == [False, True, True]
    assert not rings.weigh("c1ccccc1", bonds=5).any()
    assert RingMotifs(["C", "O"]).draw(Motif("c1ccccc1"), np.random.default_rng(0), hangs=False) is None


def test_thousands_of_ring_systems_of_the_prior_can_come_and_the_alike_do_most_often() -> None:
    rings = prior_rings()
    assert len(rings.smiles) > 3_000
    assert (rings.weigh("c1ccccc1", bonds=2, hangs=True) > 0).sum() > 3_000
    found = Counter(Chem.CanonSmiles(write(child)) for child in children("CCc1ccc(C(N)=O)cc1", rings, 400))
    assert len(found) > 60
    sizes = [Chem.MolFromSmiles(smiles).GetNumAtoms() for smiles in found.elements()]
    assert np.mean([abs(size - 11) <= 1 for size in sizes]) > 0.6


def test_substituents_stay_where_they_were() -> None:
    pyridines = RingMotifs(["c1cccnc1", "c1ccccn1"])
    for smiles, kept in (("CCc1ccc(F)cc1", "[CX4]-a1aaa(F)aa1"), ("CCc1cccc(F)c1", "[CX4]-a1aa(F)aaa1")):
        made = [Chem.MolFromSmiles(write(child)) for child in children(smiles, pyridines)]
        assert len(made) > 200 and all(mol.HasSubstructMatch(Chem.MolFromSmarts(kept)) for mol in made)


def test_the_rest_of_the_molecule_is_kept() -> None:
    for child in children("CC(C)c1ccc(C(=O)NC2CC2)cc1", RingMotifs(MOTIFS)):
        before = Counter(node.smiles for _, node in nodes(cut(Chem.MolFromSmiles("CC(C)c1ccc(C(=O)NC2CC2)cc1"))))
        after = Counter(node.smiles for _, node in nodes(child))
        assert sum((before - after).values()) == 1 and sum((after - before).values()) == 1


def test_a_molecule_without_rings_has_nothing_to_exchange() -> None:
    assert not children("CCO", RingMotifs(MOTIFS))


def test_the_surrogate_chooses_among_ring_systems() -> None:
    settings = OptimizeSettings(crossover=0, edit=0, mutation=0, exchange=2)
    mol = Chem.MolFromSmiles("CCc1ccc(C2CCCCC2)cc1")
    stocks, offered = [Stock(mol, (cut(mol),), (7,))], []

    def prefer(candidates: list[Candidate], n: int, rng: np.random.Generator) -> list[Candidate]:
        offered.append(len(candidates))
        return sorted(candidates, key=lambda one: -one.smiles.lower().count("n"))[:n]

    proposals = Proposals(Everything(30), Vocabulary(MOTIFS), {}, settings)
    proposals.breed(stocks, np.random.default_rng(0), prefer)
    made = proposals.candidates
    assert offered[0] > len(made) == 2 and {(one.origin, one.parents) for one in made} == {(EXCHANGE, (7,))}
    assert all("n" in one.smiles.lower() for one in made)
    plain = Proposals(Everything(30), Vocabulary(MOTIFS), {}, settings)
    plain.breed(stocks, np.random.default_rng(0))
    assert 0 < len(plain.candidates) <= 2
