"""The molecules of a domain as a generator writes them, and those that it cannot write, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from rdkit import Chem, rdBase

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif
from molgan.chem.stereo import UnknownStereo, remove_stereo
from molgan.graphs.motif.actions import NotEncodable, encode
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.protocols import MotifTreeGenerator

FEWEST = 5
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class DomainMolecule:
    """A molecule of a domain: canonical SMILES, structure, canonical actions."""

    smiles: str
    mol: Chem.Mol
    actions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """Distinct molecules, and the rows that cannot be used, each as it was given with the reason; `repeated` counts
    rows that are a molecule again."""

    molecules: Sequence[DomainMolecule]
    unsaid: Sequence[tuple[str, str]]
    repeated: int

    @property
    def atoms(self) -> int:
        """Heavy atoms of the largest molecule."""
        return max((each.mol.GetNumHeavyAtoms() for each in self.molecules), default=0)

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows cannot be used, by reason, the most frequent first."""
        return dict(Counter(reason for _, reason in self.unsaid).most_common())

    def explain(self) -> str:
        """The rows that cannot be used in one sentence, the first of them by name; empty where all can."""
        if not self.unsaid:
            return ""
        named = [f"{text:.80} ({reason})" for text, reason in self.unsaid[:_SHOWN]]
        more = [f"{len(self.unsaid) - _SHOWN:,} more"] if len(self.unsaid) > _SHOWN else []
        return f"{len(self.unsaid):,} cannot be written by these weights: {', '.join([*named, *more])}"


def read_domain(generator: MotifTreeGenerator, smiles: Sequence[str], *, fewest: int = FEWEST) -> Domain:
    """The molecules that the generator can write, of any size; their stereo is dropped where it knows none.

    Raises InputError where they are fewer than `fewest`.
    """
    molecules: dict[str, DomainMolecule] = {}
    unsaid: list[tuple[str, str]] = []
    repeated = 0
    for text in smiles:
        molecule = parse(text)
        if molecule.mol is None or not molecule.is_connected:
            unsaid.append((text, molecule.reason or "more than one fragment"))
            continue
        mol, name = molecule.mol, str(molecule.smiles)
        if not generator.vocabulary.stereo:
            mol = remove_stereo(mol)
            name = str(Chem.MolToSmiles(mol))
        if name in molecules:
            repeated += 1
            continue
        try:
            molecules[name] = DomainMolecule(name, mol, write_actions(partial(read_tree, name), generator))
        except NotEncodable as error:
            unsaid.append((text, str(error)))
    if len(molecules) < fewest:
        why = f" ({', '.join(f'{reason}: {text:.60}' for text, reason in unsaid[:_SHOWN])})" if unsaid else ""
        raise InputError(
            f"{len(molecules)} of {len(smiles)} molecules can be encoded; at least {fewest} distinct ones "
            f"are needed{why}"
        )
    return Domain(list(molecules.values()), unsaid, repeated)


def write_actions(make_tree: Callable[[], Motif], generator: MotifTreeGenerator) -> tuple[int, ...]:
    """The actions of a molecule by one of its trees. Raises NotEncodable where the vocabulary lacks an atom of it, or
    its stereo."""
    try:
        with rdBase.BlockLogs():
            return tuple(encode(make_tree(), generator.vocabulary))
    except UnknownStereo as error:
        raise NotEncodable(str(error)) from None
    except (ValueError, RecursionError, RuntimeError) as error:
        raise NotEncodable((str(error).splitlines() or [type(error).__name__])[0]) from None
