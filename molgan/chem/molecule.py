"""From text to molecule: parse, with a reason for every rejection."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from rdkit import Chem, rdBase

from molgan.chem.canonical import write_canonical
from molgan.chem.guarded import find_delay, is_suspicious
from molgan.chem.reasons import rejection
from molgan.chem.stereo_groups import group_extension, open_groups

ELEMENTS = frozenset({"H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Br", "I"})
"""The elements of organic chemistry that standardised molecules may hold."""

LARGEST = 5000
"""Most atoms of a molecule that RDKit can write, by recursion, on any stack."""

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
    if not 0 < max_heavy_atoms <= LARGEST:
        raise ValueError(f"max_heavy_atoms must be from 1 to {LARGEST}, not {max_heavy_atoms}")
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
        return Molecule(smiles, None, None, describe_failure(error))


def prepare_parsing(max_heavy_atoms: int) -> Callable[[str], Molecule]:
    """`parse` for `find_delay`."""
    return partial(parse, max_heavy_atoms=max_heavy_atoms)


def parse_all(smiles: Iterable[str | None], *, max_heavy_atoms: int = 1000) -> list[Molecule]:
    """The molecules of several SMILES, in order; see `parse`."""
    return [parse(text, max_heavy_atoms=max_heavy_atoms) for text in smiles]


def describe_failure(error: Exception) -> str:
    """The reason for a molecule that RDKit raises an error on."""
    text = (str(error).strip() or type(error).__name__).partition("\n")[0]
    return f"RDKit failed: {text:.120}"


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


def __getattr__(name: str) -> Any:
    # Imported from here before it had a module of its own, which needs this one.
    if name == "standardise":
        return import_module("molgan.chem.standardise").standardise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
