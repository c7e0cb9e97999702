"""Ring systems: one name, whatever was named before and however the molecule is spelled."""

from itertools import permutations

import pytest
from rdkit import Chem

from molgan.chem import ring_systems
from molgan.chem.ring_systems import find_ring_systems


@pytest.mark.parametrize(
    "texts",
    [
        ("Cn1ncnn1", "Cn1cnnn1", "c1nnn[nH]1"),
        ("Cn1cncn1", "Cn1cnnc1", "Cn1ccnn1", "Cn1nccn1"),
        ("Cn1nc2ccccc2c1", "Cn1ncc2ccccc12"),
        ("C[N+]1(C)CCCC1", "CN1CCCC1", "C[NH+]1CCCC1"),
    ],
)
def test_a_name_does_not_depend_on_what_was_named_before(
    texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    names: dict[str, set[str]] = {text: set() for text in texts}
    for order in permutations(texts):
        monkeypatch.setattr(ring_systems, "_NAMES", {})
        for text in order:
            (name,) = find_ring_systems(Chem.MolFromSmiles(text))
            names[text].add(name)
    assert all(len(found) == 1 for found in names.values())


def test_tautomers_by_their_substituents_are_different_systems() -> None:
    assert find_ring_systems(Chem.MolFromSmiles("Cn1ncnn1")) != find_ring_systems(Chem.MolFromSmiles("Cn1cnnn1"))
