"""The weight that the grammar keeps count of is the molecule's."""

import pytest
from rdkit import Chem
from rdkit.Chem import Descriptors

from molgan.chem.shipped_sets import load_reference
from molgan.graphs.motif.actions import NotEncodable, Vocabulary, encode
from molgan.graphs.motif.forcing import force, pad
from molgan.graphs.motif.grammar import Grammar, GrammarState
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.motif.motif_generator import MotifGenerator

RICH = Vocabulary(("C", "O", "N", "C=O", "c1ccccc1", "[nH]1cccc1", "[SH2](=O)=O"), stereo=True)


@pytest.mark.parametrize("vocabulary", [RICH, Vocabulary((), stereo=True)], ids=["motifs", "spelled"])
def test_weight_is_that_of_the_molecule(vocabulary: Vocabulary) -> None:
    for record in load_reference("approved_drugs")[:150]:
        try:
            actions = encode(read_tree(record.smiles), vocabulary)
        except NotEncodable:
            continue
        state = GrammarState(Grammar(vocabulary), 1, 200)
        for action in pad([actions])[0]:
            state.step(action[None])
        expected = Descriptors.MolWt(Chem.MolFromSmiles(record.smiles))
        assert float(state.weight) == pytest.approx(expected, abs=0.01), record.smiles


def test_the_network_sees_the_weight_so_far() -> None:
    grammar = Grammar(RICH)
    forced = force(grammar, pad([encode(read_tree("CO"), RICH)]), 10)
    methane, methanol = (Descriptors.MolWt(Chem.MolFromSmiles(smiles)) for smiles in ("C", "CO"))
    assert forced.weight[0].tolist() == pytest.approx([0, methane, methanol, methanol], abs=0.01)
    generator = MotifGenerator(RICH)
    inputs = (forced.last, forced.top, forced.site, forced.atoms)
    generator.weight.weight.data[int(methane)] = 1
    changed = generator.embed(*inputs, forced.weight) - generator.embed(*inputs, 0 * forced.weight)
    assert changed[0].sum(1).tolist() == pytest.approx([0, generator.settings.embedding, 0, 0])
