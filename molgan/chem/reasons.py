"""The reason why RDKit refuses a SMILES, in one short stable line.

RDKit writes its reasons to a log that all threads of a process share. They are derived here from the text and from the
exception of `Chem.SanitizeMol`, so that a molecule never gets the reason of another. Only refused texts cost time.
Atoms and characters are counted from 1.
"""

import re
from typing import Any

from rdkit import Chem, rdBase

_TOKEN = re.compile(
    r"(?P<atom>Cl|Br|[BCNOPSFIbcnops*]|\[[^\[\]]*\])"
    r"|(?P<bond><-|->|[-=#$:~/\\])"
    r"|(?P<ring>\d|%\d\d|%\(\d{1,5}\))"
    r"|(?P<open>\()|(?P<close>\))|(?P<dot>\.)"
)
# What may stand before each kind of token; "start" is the start of the text.
_FOLLOWS = {
    "atom": {"start", "atom", "bond", "ring", "open", "close", "dot"},
    "bond": {"atom", "ring", "open", "close"},
    "ring": {"atom", "bond", "ring", "close"},
    "open": {"atom", "ring", "close"},
    "close": {"atom", "ring", "close"},
    "dot": {"atom", "ring", "close"},
}


def rejection(smiles: str) -> str:
    """The reason why `Chem.MolFromSmiles` refuses `smiles`: "not a SMILES: …", "valence: …" or "aromaticity: …"."""
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles, sanitize=False)
        if mol is None:
            return f"not a SMILES: {_syntax_fault(smiles)}"
        return chemistry_fault(mol)


def chemistry_fault(mol: Chem.Mol) -> str:
    """The first fault that keeps RDKit from sanitising `mol`, which was read with sanitize=False and is changed
    here."""
    try:
        Chem.SanitizeMol(mol)
    except Chem.MolSanitizeException as error:
        problem: Any = error.cause  # type: ignore[attr-defined]
    else:
        return "RDKit cannot sanitise it"
    match problem.GetType():
        case "AtomValenceException":
            mol.UpdatePropertyCache(strict=False)
            atom = mol.GetAtomWithIdx(problem.GetAtomIdx())
            bonds = atom.GetValence(Chem.ValenceType.EXPLICIT)
            return f"valence: {_name(atom)} with {bonds} bonds at atom {atom.GetIdx() + 1}"
        case "AtomKekulizeException":
            return f"aromaticity: atom {problem.GetAtomIdx() + 1} is not in a ring"
        case "KekulizeException":
            return f"aromaticity: no Kekulé structure around atom {min(problem.GetAtomIndices()) + 1}"
    return str(problem.Message()).strip().partition("\n")[0]


def _name(atom: Chem.Atom) -> str:
    charge = atom.GetFormalCharge()
    if charge == 0:
        return str(atom.GetSymbol())
    return f"{atom.GetSymbol()}{'+' if charge > 0 else '-'}{abs(charge) if abs(charge) > 1 else ''}"


def _syntax_fault(smiles: str) -> str:
    position, before, depth = 0, "start", 0
    open_rings: set[str] = set()
    while position < len(smiles):
        token = _TOKEN.match(smiles, position)
        if token is None:
            return _bad_character(smiles, position)
        kind, text = str(token.lastgroup), token.group()
        if before not in _FOLLOWS[kind]:
            return f"unexpected {text!r} at character {position + 1}"
        if kind == "ring":
            open_rings ^= {text.strip("%()").lstrip("0") or "0"}
        depth += (kind == "open") - (kind == "close")
        if depth < 0:
            return f"unopened parenthesis at character {position + 1}"
        position, before = token.end(), kind
    if before in ("bond", "open", "dot"):
        return f"ends with {smiles[-1]!r}"
    if depth:
        return "unclosed parenthesis"
    if open_rings:
        return "unclosed ring"
    return _find_unreadable(smiles)


def _bad_character(smiles: str, position: int) -> str:
    if smiles[position] == "[":
        return f"unclosed bracket at character {position + 1}"
    return f"unexpected {smiles[position]!r} at character {position + 1}"


def _find_unreadable(smiles: str) -> str:
    """The fault of a text whose tokens are in order: an unreadable atom in brackets, or an impossible ring bond."""
    for bracket in re.findall(r"\[[^\[\]]*\]", smiles):
        if Chem.MolFromSmiles(bracket, sanitize=False) is None:
            return f"unreadable atom {bracket:.20}"
    return "ring closure that binds an atom to itself or to a neighbour"
