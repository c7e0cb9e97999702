"""Weaken SMARTS atoms to necessary conditions that an atom's type decides (see `atom_graph`)."""

import re

ANY = "*"

# Primitives that no type decides: implicit hydrogens, ring bonds, hybridisation, neighbours, stereo, ranges, maps.
_UNDECIDED = re.compile(r"[$@^:{hkxzZ]|!R[1-9]|!r\d|!v")
# The valence that RDKit keeps of an aromatic atom depends on whether the molecule was given in Kekulé form.
_VALENCE = re.compile(r"(?<![A-Z])v\d*")
_RINGS = re.compile(r"R[1-9]\d*|(?<![A-Z])r\d*")


def weaken(atom: str) -> str:
    """A SMARTS atom that matches wherever `atom` does and that the type of an atom decides.

    Recursive SMARTS are replaced by their first atom, or by anything where they are negated; a number or size of rings
    by being in a ring; a valence by anything. What cannot be weakened in this way becomes "*".
    """
    text = _remove_recursion(atom)
    return ANY if _UNDECIDED.search(text) else _VALENCE.sub(ANY, _RINGS.sub("R", text))


def _remove_recursion(text: str) -> str:
    parts = []
    position = 0
    while (start := text.find("$(", position)) >= 0:
        end = _find_closing(text, start + 1)
        negated = text[start - 1 : start] == "!"
        parts.append(text[position : start - negated])
        parts.append(ANY if negated else _first_atom(text[start + 2 : end]))
        position = end + 1
    return "".join(parts) + text[position:]


def _find_closing(text: str, start: int) -> int:
    """The position of the bracket that closes the one at `start`."""
    opening, depth = text[start], 0
    closing = {"(": ")", "[": "]"}[opening]
    for position in range(start, len(text)):
        depth += (text[position] == opening) - (text[position] == closing)
        if depth == 0:
            return position
    raise ValueError(f"unbalanced {opening} in {text}")


def _first_atom(smarts: str) -> str:
    """The first atom's primitives, in a form that may stand within brackets; "*" when that would change precedence."""
    if not smarts.startswith("["):
        symbol = re.match(r"Cl|Br|[A-Za-z*]", smarts)
        return symbol[0] if symbol else ANY
    primitives = _remove_recursion(smarts[1 : _find_closing(smarts, 0)])
    return ANY if "," in primitives or ";" in primitives else primitives
