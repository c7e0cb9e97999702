"""Undo a reaction: from a molecule to what it could be made from by a template, checked by running the template."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, product

from rdkit import Chem, rdBase
from rdkit.Chem import BondType, ChiralType, rdqueries

from molgan.chem.retrosynthesis.leaving_groups import Cap
from molgan.chem.retrosynthesis.reaction_template import Place, ReactionTemplate
from molgan.chem.retrosynthesis.unstable import is_unstable

COST_OF_DOUBT = 0.5
_MOST_MATCHES = 64
_MOST_PRODUCTS = 24
_MOST_VARIANTS = 8
_RADICAL = rdqueries.NumRadicalElectronsGreaterQueryAtom(0)


@dataclass(frozen=True, slots=True)
class Disconnection:
    """`precursors`: canonical SMILES in the order of the template's reactants. `doubts`: what a chemist would object:
    other products of the same template, stereo that it does not set, a precursor that reacts with itself, groups that
    clash, a precursor that is unstable."""

    template: ReactionTemplate
    precursors: tuple[str, ...]
    doubts: tuple[str, ...]

    @property
    def cost(self) -> float:
        """The template's cost, and .5 for each doubt."""
        return self.template.cost + COST_OF_DOUBT * len(self.doubts)


def disconnect(
    template: ReactionTemplate, mol: Chem.Mol, smiles: str, is_stocked: Callable[[str], bool]
) -> list[Disconnection]:
    """The ways in which a template gives a molecule, `smiles` in canonical form.

    Where a leaving group is open, the reactants that are in stock are taken, or else the first two that fit.
    """
    found: dict[tuple[str, ...], Disconnection | None] = {}
    matches = mol.GetSubstructMatches(template.query, uniquify=False, maxMatches=_MOST_MATCHES)
    with rdBase.BlockLogs():
        for match in matches:
            pieces = _undo(template, mol, match)
            for chosen in product(*(_choose(each, is_stocked) for each in pieces)) if pieces else ():
                precursors = tuple(text for text, _ in chosen)
                if precursors in found or smiles in precursors:
                    continue
                each = _run_forward(template, precursors, [piece for _, piece in chosen], smiles)
                if each is not None and any(is_unstable(piece) for text, piece in chosen if not is_stocked(text)):
                    each = replace(each, doubts=(*each.doubts, "a precursor is unstable"))
                found[precursors] = each
    return [each for each in found.values() if each is not None]


Variant = tuple[str, Chem.Mol]
"""A precursor's canonical SMILES and its molecule, read from it."""


def _choose(variants: list[Variant], is_stocked: Callable[[str], bool]) -> list[Variant]:
    return [each for each in variants if is_stocked(each[0])][:1] or variants[:2]


def _undo(template: ReactionTemplate, mol: Chem.Mol, match: Sequence[int]) -> list[list[Variant]]:
    """The variants of each precursor for one match of the loosened product; empty where it cannot be undone."""
    made = {match[index] for index in template.made}
    if template.made and _reaches_beyond(mol, made, set(match)):
        return []
    edited = Chem.RWMol(mol)
    touched = _cut_out(edited, made) | _edit_bonds(template, edited, match)
    caps = _add_caps(template, edited, match, touched)
    if not _settle_atoms(template, edited, match, touched) or not _settle_aromaticity(edited, touched):
        return []
    owner = {match[index]: number for index, (number, _) in template.kept.items()}
    owner |= {index: number for (number, _), index in caps.items()}
    fragments = [atoms for atoms in Chem.GetMolFrags(edited) if not made.issuperset(atoms)]
    if len(fragments) != len(template.pieces):
        return []
    numbers = [{owner[index] for index in atoms if index in owner} for atoms in fragments]
    if sorted(map(sorted, numbers)) != [[number] for number in range(len(fragments))]:
        return []
    pieces: dict[int, list[Variant]] = {}
    for fragment, atoms, (number,) in _take_fragments(edited, fragments, numbers):
        own = {atoms.index(i): template.plan.options[place] for place, i in caps.items() if place[0] == number}
        pieces[number] = list(_vary(fragment, own, template.pieces[number]))
        if not pieces[number]:
            return []
    return [pieces[number] for number in range(len(fragments))]


def _reaches_beyond(mol: Chem.Mol, made: set[int], inside: set[int]) -> bool:
    """Whether an atom that comes with a reagent has neighbours that the template does not name."""
    return any(near.GetIdx() not in inside for index in made for near in mol.GetAtomWithIdx(index).GetNeighbors())


def _cut_out(edited: Chem.RWMol, made: set[int]) -> set[int]:
    """Take away all bonds of the atoms that come with a reagent; the atoms that had them."""
    touched = set()
    for index in made:
        for near in [atom.GetIdx() for atom in edited.GetAtomWithIdx(index).GetNeighbors()]:
            edited.RemoveBond(index, near)
            touched.add(near)
    return touched - made


def _take_fragments(
    edited: Chem.RWMol, fragments: list[tuple[int, ...]], numbers: list[set[int]]
) -> Iterator[tuple[Chem.Mol, list[int], set[int]]]:
    """The molecules of the fragments with the atoms that theirs were."""
    mapping: list[list[int]] = []
    mols = Chem.GetMolFrags(edited, asMols=True, sanitizeFrags=False, fragsMolAtomMapping=mapping)
    number_of = {min(atoms): number for atoms, number in zip(fragments, numbers, strict=True)}
    for mol, atoms in zip(mols, mapping, strict=True):
        if min(atoms) in number_of:
            yield mol, list(atoms), number_of[min(atoms)]


def _edit_bonds(template: ReactionTemplate, edited: Chem.RWMol, match: Sequence[int]) -> set[int]:
    """Remove what the reaction makes and put back what it breaks; the atoms whose bonds have changed."""
    touched = set()
    for first, second in template.plan.cut:
        edited.RemoveBond(match[first], match[second])
        touched |= {match[first], match[second]}
    for first, second, order in template.plan.ordered:
        ends = match[first], match[second]
        bond = edited.GetBondBetweenAtoms(*ends)
        if bond is None:
            edited.AddBond(*ends, order or BondType.SINGLE)
            bond = edited.GetBondBetweenAtoms(*ends)
            touched |= set(ends)
        elif order is not None and bond.GetBondType() != order:
            bond.SetBondType(order)
            touched |= set(ends)
        bond.SetIsAromatic(bond.GetBondType() == BondType.AROMATIC)
    return touched


def _add_caps(
    template: ReactionTemplate, edited: Chem.RWMol, match: Sequence[int], touched: set[int]
) -> dict[Place, int]:
    """Add the atoms that the reaction loses, each as its first option; where they are."""
    index_of = {origin: match[index] for index, origin in template.kept.items()}
    added = {}
    for place, options in template.plan.options.items():
        atom = Chem.Atom(options[0].element)
        atom.SetIsAromatic(template.patterns[place].is_aromatic is True)
        atom.SetFormalCharge(options[0].charge)
        added[place] = index_of[place] = edited.AddAtom(atom)
    for first, second, order in template.plan.caps:
        edited.AddBond(index_of[first], index_of[second], order)
        bond = edited.GetBondBetweenAtoms(index_of[first], index_of[second])
        bond.SetIsAromatic(order == BondType.AROMATIC)
        touched |= {index_of[first], index_of[second]}
    return added


def _settle_atoms(template: ReactionTemplate, edited: Chem.RWMol, match: Sequence[int], touched: set[int]) -> bool:
    """Give the atoms whose bonds have changed their hydrogens, charge and aromaticity; False where that is unclear."""
    for index, origin in template.kept.items():
        atom, pattern = edited.GetAtomWithIdx(match[index]), template.patterns[origin]
        if match[index] in touched or (pattern.is_aromatic is False and atom.GetIsAromatic()):
            atom.SetNoImplicit(False)
            atom.SetNumExplicitHs(0)
            atom.SetChiralTag(ChiralType.CHI_UNSPECIFIED)
            if pattern.is_aromatic is False:
                atom.SetIsAromatic(False)
            if pattern.charge is not None:
                atom.SetFormalCharge(pattern.charge)
            elif atom.GetFormalCharge():
                return False
        if pattern.hydrogens and atom.GetIsAromatic() and atom.GetAtomicNum() != 6:
            atom.SetNumExplicitHs(1)
    return True


def _settle_aromaticity(edited: Chem.RWMol, touched: set[int]) -> bool:
    """Let atoms that are in no aromatic bond any more be aliphatic; False where a bond is more aromatic than its
    atoms."""
    atoms = [edited.GetAtomWithIdx(index) for index in touched]
    for atom in atoms:
        if atom.GetIsAromatic() and not any(bond.GetIsAromatic() for bond in atom.GetBonds()):
            atom.SetIsAromatic(False)
    return all(
        atom.GetIsAromatic() and bond.GetOtherAtom(atom).GetIsAromatic()
        for atom in atoms
        for bond in atom.GetBonds()
        if bond.GetIsAromatic()
    )


def _vary(fragment: Chem.Mol, options: dict[int, list[Cap]], pattern: Chem.Mol) -> Iterator[Variant]:
    """The valid molecules of a fragment, with each choice of what stands at its lost atoms, that a reactant's pattern
    fits."""
    seen = set()
    for caps in islice(product(*options.values()), _MOST_VARIANTS):
        edited = Chem.RWMol(fragment)
        for index, cap in zip(options, caps, strict=True):
            _put_cap(edited, index, cap)
        if Chem.SanitizeMol(edited, catchErrors=True) or not edited.HasSubstructMatch(pattern):
            continue
        variant = _read(Chem.MolToSmiles(edited))
        if variant is not None and variant[0] not in seen and variant[1].HasSubstructMatch(pattern):
            seen.add(variant[0])
            yield variant


@lru_cache(maxsize=10_000)
def _read(text: str) -> Variant | None:
    """The molecule of a text in canonical form; None for a radical."""
    mol = Chem.MolFromSmiles(text)
    if mol is None or mol.GetAtomsMatchingQuery(_RADICAL):
        return None
    return str(Chem.MolToSmiles(mol)), mol


def _put_cap(edited: Chem.RWMol, index: int, cap: Cap) -> None:
    edited.GetAtomWithIdx(index).SetAtomicNum(cap.element)
    last = index
    for _ in range(cap.carbons):
        new = edited.AddAtom(Chem.Atom(6))
        edited.AddBond(last, new, BondType.SINGLE)
        last = new
    for order in [BondType.SINGLE] * cap.hydroxyls + [BondType.DOUBLE] * cap.oxygens:
        edited.AddBond(index, edited.AddAtom(Chem.Atom(8)), order)


def _run_forward(
    template: ReactionTemplate, precursors: tuple[str, ...], pieces: list[Chem.Mol], smiles: str
) -> Disconnection | None:
    """The disconnection, if the template makes the molecule of these precursors."""
    flat, wanted = set(), flatten(smiles)
    has_stereo = wanted != smiles
    keeps_stereo = not has_stereo
    for products in template.reaction.RunReactants(tuple(pieces), _MOST_PRODUCTS):
        if not settle_product(product := products[0]):
            continue
        flat.add(text := str(Chem.MolToSmiles(product, isomericSmiles=False)))
        if has_stereo and text == wanted and not keeps_stereo:
            found = _read(Chem.MolToSmiles(product))
            keeps_stereo = found is not None and found[0] == smiles
    if wanted not in flat:
        return None
    doubts = [] if len(flat) == 1 else [f"{len(flat)} products are possible"]
    doubts += [] if keeps_stereo else ["stereo is not set"]
    return Disconnection(template, precursors, (*doubts, *_find_clashes(template, pieces)))


def _find_clashes(template: ReactionTemplate, pieces: list[Chem.Mol]) -> Iterator[str]:
    if template.has_distinct_pieces and any(
        piece.HasSubstructMatch(pattern)
        for number, piece in enumerate(pieces)
        for other, pattern in enumerate(template.pieces)
        if other != number
    ):
        yield "a precursor reacts with itself"
    if template.clash is None:
        return
    for piece, pattern in zip(pieces, template.pieces, strict=True):
        inside = set(piece.GetSubstructMatch(pattern))
        if any(match[0] not in inside for match in piece.GetSubstructMatches(template.clash)):
            yield "a free group interferes"
            return


def settle_product(mol: Chem.Mol) -> bool:
    """Make a valid molecule of what RDKit makes of a template; False where that cannot be."""
    if not Chem.SanitizeMol(mol, catchErrors=True):
        return True
    # A template seldom says that a nitrogen loses its hydrogen when it gets a bond.
    for atom in mol.GetAtoms():
        if atom.HasProp("old_mapno") and atom.GetNumExplicitHs():
            atom.SetNumExplicitHs(0)
            atom.SetNoImplicit(False)
    return not Chem.SanitizeMol(mol, catchErrors=True)


@lru_cache(maxsize=100_000)
def flatten(smiles: str) -> str:
    """The SMILES of a molecule in canonical form, without its stereo."""
    if not any(mark in smiles for mark in "@/\\"):
        return smiles
    return str(Chem.MolToSmiles(Chem.MolFromSmiles(smiles), isomericSmiles=False))
