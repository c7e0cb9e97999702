"""A 64-bit key of a molecule's skeleton, computed from SMILES text many times faster than RDKit's canonical SMILES.

The skeleton is the graph of heavy atoms, labelled by element alone. All SMILES of a molecule have the same skeleton and
so the same key: it ignores charges, hydrogens, isotopes and stereo, and also bond orders and aromaticity, which differ
between spellings and between versions of RDKit. Equal keys mean "perhaps the same molecule", different keys mean
"certainly not". The key is a Weisfeiler-Lehman hash: N. Shervashidze et al., JMLR 12, 2539 (2011).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
from rdkit import Chem

from molgan.chem.molecule import parse

Keys = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

# More rounds separate no more molecules of MOSES: its 1,584,663 have 1,544,051 keys at 4 rounds, 1,544,058 at 6.
_ROUNDS = 4
# Lines in one chunk: a few megabytes of arrays, which stay in the processor's cache.
_CHUNK = 20_000
_BRACKET = re.compile(rb"\[[^\[\]\n]*\]")
_ELEMENT = re.compile(rb"\[\d*([A-Z][a-z]?|[a-z][a-z]?|\*)")

# One byte an atom: 128 + atomic number for what stands in brackets, L for Cl, R for Br.
_ATOM, _OPEN, _CLOSE, _RING, _BREAK, _BOND, _UNKNOWN = range(7)
_KIND = np.full(256, _UNKNOWN, np.uint8)
_ELEMENTS = np.zeros(256, np.uint64)
for _kind, _bytes in ((_OPEN, b"("), (_CLOSE, b")"), (_RING, b"0123456789"), (_BREAK, b".\n"), (_BOND, b"-=#$:~/\\")):
    _KIND[list(_bytes)] = _kind
for _byte, _number in zip(b"*BCNOFPSLRI", (0, 5, 6, 7, 8, 9, 15, 16, 17, 35, 53), strict=True):
    _KIND[_byte], _ELEMENTS[_byte] = _ATOM, _number
for _byte in b"bcnops":
    _KIND[_byte], _ELEMENTS[_byte] = _ATOM, _ELEMENTS[_byte - 32]
_KIND[128:247], _ELEMENTS[128:247] = _ATOM, np.arange(119)


@dataclass(frozen=True, slots=True)
class _Graphs:
    """Atoms of many molecules: atomic number and molecule (ascending) of each, and bonds as pairs of atoms."""

    elements: Keys
    molecule: Ints
    first: Ints
    second: Ints


def compute_keys(smiles: Sequence[str]) -> Keys:
    """The key of each SMILES, in order. Invalid text gets an arbitrary key; nothing is raised."""
    keys = [_compute_chunk(smiles[start : start + _CHUNK]) for start in range(0, len(smiles), _CHUNK)]
    return np.concatenate([np.zeros(0, np.uint64), *keys])


def _compute_chunk(smiles: Sequence[str]) -> Keys:
    keys = np.zeros(len(smiles), np.uint64)
    lines = _encode_atoms("\n".join(smiles)).split(b"\n")
    if len(lines) != len(smiles):
        return _compute_chunk([line.replace("\n", " ") for line in smiles])
    graphs = _read(b"\n".join(lines), len(lines))
    while isinstance(graphs, np.ndarray):
        for index in np.flatnonzero(graphs).tolist():
            keys[index] = _compute_by_rdkit(smiles[index])
            lines[index] = b""
        graphs = _read(b"\n".join(lines), len(lines))
    _put_keys(keys, graphs)
    return keys


def _put_keys(keys: Keys, graphs: _Graphs) -> None:
    """Write the key of each molecule that has atoms to its place in `keys`."""
    labels = _mix(graphs.elements + np.uint64(1000))
    hydrogen = graphs.elements == 1
    labels[hydrogen] = 0
    for _ in range(_ROUNDS):
        sent = _mix(labels)
        received = np.zeros_like(labels)
        np.add.at(received, graphs.first, sent[graphs.second])
        np.add.at(received, graphs.second, sent[graphs.first])
        labels = _mix(labels * np.uint64(3) + received)
        labels[hydrogen] = 0
    starts = np.flatnonzero(np.diff(graphs.molecule, prepend=-1))
    if len(starts):
        keys[graphs.molecule[starts]] = np.add.reduceat(_mix(labels), starts)


def _mix(values: Keys) -> Keys:
    """A bijection of the 64-bit integers that spreads their bits and keeps 0: the finaliser of SplitMix64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _encode_atoms(text: str) -> bytes:
    encoded = _BRACKET.sub(lambda match: _encode_bracket(match.group()), text.encode("ascii", "replace"))
    return encoded.replace(b"Cl", b"L").replace(b"Br", b"R")


@lru_cache(4096)
def _encode_bracket(bracket: bytes) -> bytes:
    match = _ELEMENT.match(bracket)
    if match is None:
        return b"?"
    symbol = match.group(1).decode().capitalize()
    number = _list_atomic_numbers().get(symbol, _list_atomic_numbers().get(symbol[0]))
    return b"?" if number is None else bytes([128 + number])


@cache
def _list_atomic_numbers() -> dict[str, int]:
    table = Chem.GetPeriodicTable()
    return {"*": 0} | {table.GetElementSymbol(number): number for number in range(1, 119)}


def _read(text: bytes, count: int) -> _Graphs | Mask:
    """The graphs of `count` lines; or, where some lines are not plain SMILES, a mask of these, to be left out first.

    Not plain are `%10`, dative bonds, ring closures behind a branch, CXSMILES, and text that would disturb other lines.
    """
    code = np.frombuffer(b"\n" + text, np.uint8)
    code = code[_KIND[code] != _BOND]
    kind = _KIND[code]
    line = np.cumsum(code == ord("\n"), dtype=np.int32) - 1
    rings = [np.flatnonzero(code == digit) for digit in b"0123456789"]
    bad = _find_unusual(kind, line, rings, count)
    if bad.any():
        return bad

    tokens = np.flatnonzero(kind != _RING)
    token_at = np.cumsum(kind != _RING, dtype=np.int32) - 1
    kind = kind[tokens]
    is_atom = kind == _ATOM
    atoms = np.flatnonzero(is_atom).astype(np.int32)
    atom_at = np.cumsum(is_atom, dtype=np.int32) - 1

    bound = _find_bound(kind)[atoms - 1]
    is_bound = is_atom[bound]
    first, second = [np.flatnonzero(is_bound).astype(np.int32)], [atom_at[bound[is_bound]]]
    for ring in rings:
        ends = atom_at[token_at[ring]]
        first.append(ends[0::2])
        second.append(ends[1::2])
    at = tokens[atoms]
    return _Graphs(_ELEMENTS[code[at]], line[at], np.concatenate(first), np.concatenate(second))


def _find_unusual(kind: npt.NDArray[np.uint8], line: Ints, rings: list[npt.NDArray[np.intp]], count: int) -> Mask:
    parentheses = np.flatnonzero((kind == _OPEN) | (kind == _CLOSE))
    step = np.where(kind[parentheses] == _OPEN, 1, -1)
    bad: Mask = np.bincount(line[parentheses], step, count) != 0
    bad[line[kind == _UNKNOWN]] = True
    before = np.roll(kind, 1)
    bad[line[(kind == _RING) & (before != _ATOM) & (before != _RING)]] = True
    for ring in rings:
        bad |= np.bincount(line[ring], minlength=count) % 2 == 1
    if not bad.any():
        bad[line[parentheses[np.cumsum(step) < 0]]] = True
    return bad


def _find_bound(kind: npt.NDArray[np.uint8]) -> Ints:
    """The token that an atom right behind a token (atom, parenthesis or break) is bound to, for each token.

    That is an atom or a break itself; for "(" the result of the token before it, for ")" that of its "(".
    """
    answer = np.arange(len(kind), dtype=np.int32)
    parentheses = np.flatnonzero((kind == _OPEN) | (kind == _CLOSE))
    opens = kind[parentheses] == _OPEN
    level = np.cumsum(np.where(opens, 1, -1)) + ~opens
    for depth in range(1, int(level.max(initial=0)) + 1):
        pair = parentheses[level == depth]
        answer[pair[0::2]] = answer[pair[1::2]] = pair[0::2] - 1
    while len(parentheses):
        further = answer[answer[parentheses]]
        if np.array_equal(further, answer[parentheses]):
            break
        answer[parentheses] = further
    return answer


def _compute_by_rdkit(smiles: str) -> np.uint64:
    """The same key from RDKit's graph; 0 for invalid SMILES."""
    key = np.zeros(1, np.uint64)
    mol = parse(smiles).mol
    if mol is not None:
        elements = np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()], np.uint64)
        bonds = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in mol.GetBonds()]
        first, second = np.array(bonds, np.int32).reshape(-1, 2).T
        _put_keys(key, _Graphs(elements, np.zeros(len(elements), np.int32), first, second))
    return np.uint64(key[0])
