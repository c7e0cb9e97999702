"""From text to molecule: parse and standardise, with a reason for every rejection."""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from rdkit import Chem, rdBase

from molgan.chem.canonical import write_canonical
from molgan.chem.guarded import find_delay, is_suspicious
from molgan.chem.reasons import rejection
from molgan.chem.stereo_groups import group_extension, open_groups

ELEMENTS = frozenset({"H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Br", "I"})
"""The elements of organic chemistry that standardised molecules may hold."""

_ORGANIC_SUBSET = frozenset({"B", "C", "N", "O", "P", "S", "F", "Cl", "Br", "I"})
# Without such a mark a canonical SMILES holds no charge, isotope, radical, atom map, other element or unusual bond.
_SPECIAL = re.compile(r"\[(?!nH\]|C@@?H?\])|[*~$<>:]")
_UNUSUAL_BOND = re.compile(r"[~$:]|<-|->")  # in a SMILES without atom maps
_LARGEST = 5000
# A SMILES spends fewer characters than this on an atom, its isotope, charge, stereo and ring closures included.
_CHARACTERS_AN_ATOM = 20


@dataclass(frozen=True, slots=True, eq=False)
class Molecule:
    """A parsed molecule, shared by all that read it, or the reason why the input is invalid.

    `source` is the text as given ("" for what is not text), `smiles` the canonical isomeric SMILES and `mol` the
    sanitised molecule (both None when rejected), `reason` one short line (None when valid). `mol` is shared: copy it
    before changing it.
    """

    source: str
    smiles: str | None
    mol: Chem.Mol | None
    reason: str | None

    @property
    def valid(self) -> bool:
        return self.reason is None

    @property
    def is_connected(self) -> bool:
        """Whether this is one molecule: valid and in one fragment."""
        return self.smiles is not None and "." not in self.smiles


def parse(smiles: str | None, *, max_heavy_atoms: int = 1000) -> Molecule:
    """Parse and sanitise a SMILES. Any text gives a molecule or a reason, never an exception.

    White space around the SMILES is ignored, and so is a CXSMILES extension behind it, except that the centres of AND
    and OR groups (`|&1:1|`) are read as open. None and NaN count as empty. A molecule that takes RDKit longer than
    `molgan.chem.guarded` allows has that as its reason.
    `max_heavy_atoms` is at most 5000, because RDKit writes SMILES by recursion and a larger molecule can overflow the
    stack: ValueError beyond.
    """
    if not 0 < max_heavy_atoms <= _LARGEST:
        raise ValueError(f"max_heavy_atoms must be from 1 to {_LARGEST}, not {max_heavy_atoms}")
    if not isinstance(smiles, str):
        missing = smiles is None or (isinstance(smiles, float) and smiles != smiles)
        return Molecule("", None, None, "empty" if missing else f"not text: {type(smiles).__name__}")
    text = smiles.strip()
    reason = _refuse_unread(text, max_heavy_atoms)
    if reason is not None:
        return Molecule(smiles, None, None, reason)
    text, _, extension = text.partition(" ")
    if is_suspicious(text):
        reason = find_delay("molgan.chem.molecule:prepare_parsing", max_heavy_atoms, text)
        if reason is not None:
            return Molecule(smiles, None, None, reason)
    try:
        with rdBase.BlockLogs():
            mol = Chem.MolFromSmiles(text)
            if mol is not None and extension and (groups := group_extension(extension)):
                mol = open_groups(Chem.MolFromSmiles(f"{text} {groups}") or mol)
        if mol is None:
            return Molecule(smiles, None, None, rejection(text))
        if mol.GetNumAtoms() > max_heavy_atoms and (reason := _refuse_large(mol, max_heavy_atoms)):
            return Molecule(smiles, None, None, reason)
        return Molecule(smiles, *write_canonical(mol), None)
    except Exception as error:  # RDKit's broken invariants arrive as RuntimeError, ValueError and others
        return Molecule(smiles, None, None, f"RDKit failed: {_first_line(error)}")


def prepare_parsing(max_heavy_atoms: int) -> Callable[[str], Molecule]:
    """`parse` for `find_delay`."""
    return partial(parse, max_heavy_atoms=max_heavy_atoms)


def parse_all(smiles: Iterable[str | None], *, max_heavy_atoms: int = 1000) -> list[Molecule]:
    """The molecules of several SMILES, in order; see `parse`."""
    return [parse(text, max_heavy_atoms=max_heavy_atoms) for text in smiles]


def standardise(
    smiles: str | Molecule | None,
    *,
    keep_stereo: bool = True,
    allowed_elements: Set[str] = ELEMENTS,
    neutralise: bool = True,
    largest_fragment: bool = True,
    max_heavy_atoms: int = 1000,
) -> Molecule:
    """The molecule as a chemist would register it, or a reason. Any text gives one of the two, never an exception.

    Atom maps are removed and metal salts are split; S and P oxides are written without charges. Isotopes, radicals,
    query, dative and quadruple bonds, and molecules without a heavy atom are rejected. A molecule that is already
    standard is returned unchanged.

    Args:
        smiles: The molecule.
        keep_stereo: Whether stereo is kept.
        allowed_elements: Symbols of the elements; a molecule with another element is rejected.
        neutralise: Whether charges that a proton can balance are removed.
        largest_fragment: Whether salts and solvents are removed and the largest fragment is kept; if not, a molecule of
            several fragments is rejected.
        max_heavy_atoms: Most heavy atoms of the input, 1 to 5000.

    Raises:
        ValueError: `max_heavy_atoms` is out of range.
    """
    molecule = smiles if isinstance(smiles, Molecule) else parse(smiles, max_heavy_atoms=max_heavy_atoms)
    if molecule.mol is None or molecule.smiles is None:
        return molecule
    stereo_goes = not keep_stereo and any(mark in molecule.smiles for mark in "@/\\")
    plain = molecule.is_connected and not _SPECIAL.search(molecule.smiles) and allowed_elements >= _ORGANIC_SUBSET
    if plain and not stereo_goes:
        return molecule
    if is_suspicious(molecule.smiles):
        setup = {
            "keep_stereo": keep_stereo,
            "allowed_elements": sorted(allowed_elements),
            "neutralise": neutralise,
            "largest_fragment": largest_fragment,
            "max_heavy_atoms": max_heavy_atoms,
        }
        reason = find_delay("molgan.chem.molecule:prepare_standardising", setup, molecule.smiles)
        if reason is not None:
            return _reject(molecule, reason)
    try:
        with rdBase.BlockLogs():
            mol = _remove_maps_and_metals(molecule.mol)
            if len(Chem.GetMolFrags(mol)) > 1:
                if not largest_fragment:
                    return _reject(molecule, f"{len(Chem.GetMolFrags(mol))} fragments")
                mol = _parent(mol)
            mol = _balance(mol, neutralise)
            reason = _refuse_atoms(mol, allowed_elements)
            if reason is not None:
                return _reject(molecule, reason)
            if stereo_goes:
                mol = Chem.Mol(mol)
                Chem.RemoveStereochemistry(mol)
        if mol is not molecule.mol:
            parsed = parse(Chem.MolToSmiles(mol), max_heavy_atoms=max_heavy_atoms)
            molecule = replace(parsed, source=molecule.source)
        bond = _UNUSUAL_BOND.search(molecule.smiles or "")
        return _reject(molecule, f"bond {bond.group()} not allowed") if bond else molecule
    except Exception as error:  # as in parse
        return _reject(molecule, f"RDKit failed: {_first_line(error)}")


def prepare_standardising(options: Mapping[str, Any]) -> Callable[[str], Molecule]:
    """`standardise` for `find_delay`."""
    return partial(standardise, **{**options, "allowed_elements": frozenset(options["allowed_elements"])})


def _reject(molecule: Molecule, reason: str) -> Molecule:
    return Molecule(molecule.source, None, None, reason)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).partition("\n")[0][:120]


def _refuse_unread(text: str, max_heavy_atoms: int) -> str | None:
    """The reason not to pass `text` to RDKit's parser, which takes text of any size and drops all behind a NUL; or
    None."""
    if not text:
        return "empty"
    if len(text) > (most := _CHARACTERS_AN_ATOM * max(max_heavy_atoms, 50)):
        return f"text of {len(text)} characters, at most {most}"
    if not (text.isascii() and text.isprintable()):
        position = next(i for i, c in enumerate(text) if not (c.isascii() and c.isprintable()))
        return f"not a SMILES: unexpected {text[position]!a} at character {position + 1}"
    head, _, tail = text.partition(" ")
    if tail and not tail.lstrip().startswith("|"):
        return f"not a SMILES: text after a space at character {len(head) + 1}"
    if len(head) > max_heavy_atoms:
        with rdBase.BlockLogs():
            unsanitised = Chem.MolFromSmiles(head, sanitize=False)
        return unsanitised and _refuse_large(unsanitised, max_heavy_atoms)
    return None


def _refuse_large(mol: Chem.Mol, max_heavy_atoms: int) -> str | None:
    heavy = sum(atom.GetAtomicNum() != 1 for atom in mol.GetAtoms())
    return f"{heavy} heavy atoms, at most {max_heavy_atoms}" if heavy > max_heavy_atoms else None


def _refuse_atoms(mol: Chem.Mol, allowed_elements: Set[str]) -> str | None:
    heavy = 0
    for atom in mol.GetAtoms():
        if atom.GetSymbol() not in allowed_elements:
            return f"element {atom.GetSymbol()} not allowed"
        if atom.GetIsotope():
            return "isotope"
        if atom.GetNumRadicalElectrons():
            return "radical"
        heavy += atom.GetAtomicNum() > 1
    return None if heavy else "no heavy atom"


def _remove_maps_and_metals(mol: Chem.Mol) -> Chem.Mol:
    if any(atom.GetAtomMapNum() for atom in mol.GetAtoms()):
        mol = Chem.Mol(mol)
        for atom in mol.GetAtoms():
            atom.SetAtomMapNum(0)
    if any(atom.GetSymbol() not in ELEMENTS and atom.GetDegree() for atom in mol.GetAtoms()):
        mol = _standardiser().MetalDisconnector().Disconnect(mol)
    return mol


def _parent(mol: Chem.Mol) -> Chem.Mol:
    """The largest fragment once salts and solvents are gone, by RDKit's list and then by ChEMBL's longer one.

    A. P. Bento et al., J. Cheminform. 12, 51 (2020).
    """
    tools = _standardiser()
    mol = tools.FragmentRemover().remove(mol)
    if len(Chem.GetMolFrags(mol)) > 1:
        from chembl_structure_pipeline.standardizer import get_fragment_parent_mol  # type: ignore[import-untyped]

        mol, _ = get_fragment_parent_mol(mol)
        mol = tools.LargestFragmentChooser(preferOrganic=True).choose(mol)
    return mol


def _balance(mol: Chem.Mol, neutralise: bool) -> Chem.Mol:
    if not any(atom.GetFormalCharge() for atom in mol.GetAtoms()):
        return mol
    mol = _normaliser().normalize(mol)
    if not neutralise:
        return mol
    neutral = _standardiser().Uncharger(canonicalOrder=True).uncharge(mol)
    # A proton on the cyclopentadienyl anion breaks its aromaticity: such a charge stays.
    return mol if Chem.MolFromSmiles(Chem.MolToSmiles(neutral)) is None else neutral


@cache
def _standardiser() -> Any:
    from rdkit.Chem.MolStandardize import rdMolStandardize

    return rdMolStandardize


@cache
def _normaliser() -> Any:
    # RDKit's and ChEMBL's own lists write sulfoxides as S+ and O-, where medicinal chemistry and MOSES write S=O.
    tools = _standardiser()
    return tools.NormalizerFromData("Oxide\t[S,P;+1:1]-[O;-1:2]>>[*+0:1]=[*+0:2]", tools.CleanupParameters())
