"""Standardise molecules as a chemist would register them: salts, charges, tautomers, stereo; each change is named."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.resources import files
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors

from molgan.chem.guarded import find_delay, is_suspicious
from molgan.chem.molecule import ELEMENTS, LARGEST, Molecule, describe_failure, parse

_ORGANIC_SUBSET = frozenset({"B", "C", "N", "O", "P", "S", "F", "Cl", "Br", "I"})
# Without such a mark a canonical SMILES holds no charge, isotope, radical, atom map, other element or unusual bond.
_SPECIAL = re.compile(r"\[(?!nH\]|C@@?H?\])|[*~$<>:]")
_UNUSUAL_BOND = re.compile(r"[~$:]|<-|->")  # in a SMILES without atom maps
_HYDROGENS = re.compile(r"(.+?)(H\d*)(?![a-z])")
_MOST_STEPS = 8

TOO_MANY_TAUTOMERS = "tautomer kept: too many to enumerate"


@dataclass(frozen=True, slots=True)
class Standardised:
    """`changes`: what was done to get from the text to the molecule, in order, one short line each; none where the
    molecule is invalid or was standard already."""

    molecule: Molecule
    changes: tuple[str, ...] = ()


def standardise(
    smiles: str | Molecule | None,
    *,
    keep_stereo: bool = True,
    tautomers: bool = False,
    allowed_elements: Set[str] = ELEMENTS,
    neutralise: bool = True,
    largest_fragment: bool = True,
    max_heavy_atoms: int = 1000,
) -> Molecule:
    """The molecule as a chemist would register it, or a reason. Any text gives one of the two, never an exception.

    Atom maps are removed and metal salts are split; S and P oxides are written without charges. Isotopes, radicals,
    query, dative and quadruple bonds, and molecules without a heavy atom are rejected. The result does not depend on
    the spelling or the order of fragments; standardised again, it is returned unchanged.

    Args:
        smiles: The molecule.
        keep_stereo: Whether stereo is kept.
        tautomers: Whether the molecule is replaced by RDKit's canonical tautomer.
        allowed_elements: Symbols of the elements; a molecule with another element is rejected.
        neutralise: Whether charges that a proton can balance are removed.
        largest_fragment: Whether salts and solvents are removed and the largest fragment is kept; if not, a molecule of
            several fragments is rejected.
        max_heavy_atoms: Most heavy atoms of the input, 1 to 5000.

    Raises:
        ValueError: `max_heavy_atoms` is out of range.
    """
    return explain_standardisation(
        smiles,
        keep_stereo=keep_stereo,
        tautomers=tautomers,
        allowed_elements=allowed_elements,
        neutralise=neutralise,
        largest_fragment=largest_fragment,
        max_heavy_atoms=max_heavy_atoms,
    ).molecule


def explain_standardisation(
    smiles: str | Molecule | None,
    *,
    keep_stereo: bool = True,
    tautomers: bool = False,
    allowed_elements: Set[str] = ELEMENTS,
    neutralise: bool = True,
    largest_fragment: bool = True,
    max_heavy_atoms: int = 1000,
) -> Standardised:
    """As `standardise`, with the changes."""
    molecule = smiles if isinstance(smiles, Molecule) else parse(smiles, max_heavy_atoms=max_heavy_atoms)
    steps = [Standardised(molecule)]
    while (text := steps[-1].molecule.smiles) is not None:
        stereo_goes = not keep_stereo and any(mark in text for mark in "@/\\")
        is_plain = "." not in text and not _SPECIAL.search(text) and allowed_elements >= _ORGANIC_SUBSET
        if is_plain and not stereo_goes and not tautomers:
            break
        if len(steps) == 1 and is_suspicious(text):
            setup = {
                "keep_stereo": keep_stereo,
                "tautomers": tautomers,
                "allowed_elements": sorted(allowed_elements),
                "neutralise": neutralise,
                "largest_fragment": largest_fragment,
                "max_heavy_atoms": max_heavy_atoms,
            }
            reason = find_delay("molgan.chem.standardise:prepare_standardising", setup, text)
            if reason is not None:
                steps.append(Standardised(_reject(text, reason)))
                break
        if len(steps) > _MOST_STEPS:
            steps.append(Standardised(_reject(text, "no standard form: each step changes it again")))
            break
        found = _standardise_once(
            text,
            keep_stereo=not stereo_goes,
            tautomers=tautomers,
            allowed_elements=allowed_elements,
            neutralise=neutralise,
            largest_fragment=largest_fragment,
            max_heavy_atoms=max_heavy_atoms,
        )
        texts = [step.molecule.smiles for step in steps]
        if found.molecule.valid and found.molecule.smiles in texts:
            # Of steps that undo each other, the first in the alphabet stands for all: it stays when it comes again.
            chosen = min(range(texts.index(found.molecule.smiles), len(texts)), key=lambda i: str(texts[i]))
            notes = tuple(change for change in found.changes if change == TOO_MANY_TAUTOMERS)
            steps = [*steps[: chosen + 1], Standardised(steps[chosen].molecule, notes)]
            break
        steps.append(found)
    last = steps[-1].molecule
    changes = tuple(dict.fromkeys(change for step in steps for change in step.changes)) if last.valid else ()
    return Standardised(molecule if last is molecule else replace(last, source=molecule.source), changes)


def prepare_standardising(options: Mapping[str, Any]) -> Callable[[str], Molecule]:
    """`standardise` for `find_delay`."""
    return partial(standardise, **{**options, "allowed_elements": frozenset(options["allowed_elements"])})


def _standardise_once(
    smiles: str,
    *,
    keep_stereo: bool,
    tautomers: bool,
    allowed_elements: Set[str],
    neutralise: bool,
    largest_fragment: bool,
    max_heavy_atoms: int,
) -> Standardised:
    changes: list[str] = []
    try:
        with rdBase.BlockLogs():
            # From the canonical SMILES, so that the spelling and the order of fragments decide nothing.
            mol = _remove_maps(parse(smiles, max_heavy_atoms=LARGEST).mol, changes)
            mol = _disconnect_metals(mol, changes)
            count = len(Chem.GetMolFrags(mol))
            if count > 1 and not largest_fragment:
                return Standardised(_reject(smiles, f"{count} fragments"))
            mol = _find_parent(mol, changes) if count > 1 else mol
            mol = _balance(mol, neutralise, changes)
            reason = _refuse_atoms(mol, allowed_elements)
            if reason is not None:
                return Standardised(_reject(smiles, reason))
            if not keep_stereo:
                mol = Chem.Mol(mol)
                Chem.RemoveStereochemistry(mol)
                changes.append("stereo removed")
            mol = _choose_tautomer(mol, keep_stereo, changes) if tautomers else mol
        molecule = parse(Chem.MolToSmiles(mol), max_heavy_atoms=max_heavy_atoms)
        if molecule.smiles is not None and (bond := _UNUSUAL_BOND.search(molecule.smiles)):
            return Standardised(_reject(smiles, f"bond {bond.group()} not allowed"))
        return Standardised(molecule, tuple(changes))
    except Exception as error:  # RDKit's broken invariants arrive as RuntimeError, ValueError and others
        return Standardised(_reject(smiles, describe_failure(error)))


def _reject(source: str, reason: str) -> Molecule:
    return Molecule(source, None, None, reason)


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


def _remove_maps(mol: Chem.Mol | None, changes: list[str]) -> Chem.Mol:
    assert mol is not None  # it was parsed before
    if not any(atom.GetAtomMapNum() for atom in mol.GetAtoms()):
        return mol
    changes.append("atom maps removed")
    mol = Chem.Mol(mol)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    return mol


def _disconnect_metals(mol: Chem.Mol, changes: list[str]) -> Chem.Mol:
    bound = sorted({a.GetSymbol() for a in mol.GetAtoms() if a.GetSymbol() not in ELEMENTS and a.GetDegree()})
    if not bound:
        return mol
    apart: Chem.Mol = _standardiser().MetalDisconnector().Disconnect(mol)
    if apart.GetNumBonds() < mol.GetNumBonds():
        changes.append(f"metal disconnected: {', '.join(bound)}")
    return apart


def _find_parent(mol: Chem.Mol, changes: list[str]) -> Chem.Mol:
    """The largest fragment once salts and solvents are gone, by RDKit's list and then by ChEMBL's longer one.

    A. P. Bento et al., J. Cheminform. 12, 51 (2020).
    """
    tools = _standardiser()
    parent: Chem.Mol = tools.FragmentRemover().remove(mol)
    if len(Chem.GetMolFrags(parent)) > 1:
        from chembl_structure_pipeline.standardizer import get_fragment_parent_mol  # type: ignore[import-untyped]

        parent, _ = get_fragment_parent_mol(parent)
        parent = tools.LargestFragmentChooser(preferOrganic=True).choose(parent)
    removed = _count_fragments(mol)
    removed.subtract(_count_fragments(parent))
    kinds: dict[str, list[str]] = {}
    for fragment, count in sorted((+removed).items()):
        kind, name = _describe_fragment(fragment)
        kinds.setdefault(kind, []).append(f"{count} {name}" if count > 1 else name)
    changes.extend(f"{kind} removed: {', '.join(names)}" for kind, names in sorted(kinds.items()))
    return parent


def _count_fragments(mol: Chem.Mol) -> Counter[str]:
    return Counter(Chem.MolToSmiles(fragment) for fragment in Chem.GetMolFrags(mol, asMols=True, sanitizeFrags=False))


def _describe_fragment(smiles: str) -> tuple[str, str]:
    """What a fragment is, and what a chemist would write for it: a formula where it has no carbon, else its SMILES."""
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return "fragment", smiles
    neutral = _write_neutral(mol)
    solvents, salts = _listed_fragments()
    has_carbon = any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())
    listed = "solvent" if neutral in solvents else "salt" if neutral in salts or not has_carbon else "fragment"
    return listed, smiles if has_carbon else _HYDROGENS.sub(r"\2\1", str(rdMolDescriptors.CalcMolFormula(mol)), count=1)


@cache
def _listed_fragments() -> tuple[frozenset[str], frozenset[str]]:
    """ChEMBL's solvents and salts, as SMILES without charges and stereo."""
    folder = files("chembl_structure_pipeline") / "data"

    def read(name: str) -> Iterable[str]:
        for line in (folder / name).read_text().splitlines():
            mol = Chem.MolFromSmiles(line.rpartition("\t")[2])
            if mol is not None:
                yield _write_neutral(mol)

    return frozenset(read("solvents.smi")), frozenset(read("salts.smi"))


def _write_neutral(mol: Chem.Mol) -> str:
    """The SMILES without charges and stereo."""
    neutral: Chem.Mol = _standardiser().Uncharger().uncharge(mol)
    return str(Chem.MolToSmiles(neutral, isomericSmiles=False))


def _balance(mol: Chem.Mol, neutralise: bool, changes: list[str]) -> Chem.Mol:
    if not any(atom.GetFormalCharge() for atom in mol.GetAtoms()):
        return mol
    normal: Chem.Mol = _normaliser().normalize(mol)
    if Chem.MolToSmiles(normal) != Chem.MolToSmiles(mol):
        changes.append("oxide written without charges")
    if not neutralise:
        return normal
    neutral: Chem.Mol = _standardiser().Uncharger(canonicalOrder=True).uncharge(normal)
    text = Chem.MolToSmiles(neutral)
    # A proton on the cyclopentadienyl anion breaks its aromaticity: such a charge stays.
    if Chem.MolFromSmiles(text) is None:
        return normal
    if text != Chem.MolToSmiles(normal):
        changes.append("charges neutralised")
    return neutral


def _choose_tautomer(mol: Chem.Mol, keep_stereo: bool, changes: list[str]) -> Chem.Mol:
    """RDKit's canonical tautomer. Where there are too many to enumerate, the answer would depend on the tautomer given,
    so that this one stays."""
    enumerator = _tautomers(keep_stereo)
    before = Chem.MolToSmiles(mol)
    found = enumerator.Enumerate(Chem.MolFromSmiles(before))
    if found.status != _standardiser().TautomerEnumeratorStatus.Completed:
        changes.append(TOO_MANY_TAUTOMERS)
        return mol
    chosen: Chem.Mol = enumerator.PickCanonical(found)
    if Chem.MolToSmiles(chosen) != before:
        changes.append("tautomer changed")
    return chosen


@cache
def _standardiser() -> Any:
    from rdkit.Chem.MolStandardize import rdMolStandardize

    return rdMolStandardize


@cache
def _normaliser() -> Any:
    # RDKit's and ChEMBL's own lists write sulfoxides as S+ and O-, where medicinal chemistry and MOSES write S=O.
    tools = _standardiser()
    return tools.NormalizerFromData("Oxide\t[S,P;+1:1]-[O;-1:2]>>[*+0:1]=[*+0:2]", tools.CleanupParameters())


@cache
def _tautomers(keep_stereo: bool) -> Any:
    enumerator = _standardiser().TautomerEnumerator()
    # RDKit takes the stereo of every centre that a tautomer could lose, as that of an amino acid.
    enumerator.SetRemoveSp3Stereo(not keep_stereo)
    enumerator.SetRemoveBondStereo(not keep_stereo)
    return enumerator
