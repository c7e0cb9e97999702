"""The single step of a retrosynthesis: all disconnections of a molecule by a set of templates."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from rdkit import Chem

from molgan.chem.retrosynthesis.disconnection import Disconnection, disconnect
from molgan.chem.retrosynthesis.reaction_template import ReactionTemplate

_CAPACITY = 2_000


class SingleStep:
    """Remembers what it found for the molecules that it was asked about last."""

    def __init__(self, templates: Sequence[ReactionTemplate], is_stocked: Callable[[str], bool]) -> None:
        self._templates = templates
        self._is_stocked = is_stocked
        self._known: OrderedDict[str, list[Disconnection]] = OrderedDict()

    def __call__(self, smiles: str) -> list[Disconnection]:
        """The disconnections of a molecule in canonical form, the cheapest first; of those to the same precursors the
        cheapest alone."""
        if smiles in self._known:
            self._known.move_to_end(smiles)
            return self._known[smiles]
        found = self._known[smiles] = self._find(smiles)
        if len(self._known) > _CAPACITY:
            self._known.popitem(last=False)
        return found

    def _find(self, smiles: str) -> list[Disconnection]:
        mol = Chem.MolFromSmiles(smiles)
        best: dict[tuple[str, ...], Disconnection] = {}
        for template in self._templates:
            for each in disconnect(template, mol, smiles, self._is_stocked):
                key = tuple(sorted(each.precursors))
                if key not in best or each.cost < best[key].cost:
                    best[key] = each
        return sorted(best.values(), key=lambda each: (each.cost, each.template.name, each.precursors))
