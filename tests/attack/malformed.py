"""Malformed input of every kind, the same for the same seed."""

import random
from collections.abc import Iterator

from rdkit import Chem

SEEDS = (
    "CC(=O)Oc1ccccc1C(=O)O",
    "C[C@H](N)C(=O)O",
    "O=C(O)[C@@H]1CCCN1",
    "F/C=C/Cl",
    "[Na+].[Cl-]",
    "c1ccc2[nH]ccc2c1",
    "CN1C=NC2=C1C(=O)N(C(=O)N2C)C",
    "C12C3C4C1C5C2C3C45",
    "CCO |&1:1|",
    "[13CH4]",
    "*c1ccc(*)cc1",
    "OS(=O)(=O)O",
)
_ALPHABET = (
    "CNOPSFIBrclnos[]()=#$:/\\@+-.*%0123456789 |&{}<>~^?!,;'\"\t\n\r\x00\x01\x1b\x7f\u00e9\u2192\u202e\ufeff\U0001f9ea"
)


def strings(count: int, seed: int = 1) -> Iterator[str]:
    """Texts that may be SMILES: cut, doubled, nested, sprinkled with other characters, or made of nothing else."""
    draw = random.Random(seed)
    for number in range(count):
        text = draw.choice(SEEDS)
        match number % 8:
            case 0:
                text = "".join(draw.choices(_ALPHABET, k=draw.randrange(40)))
            case 1:
                text = text[: draw.randrange(len(text))]
            case 2:
                place = draw.randrange(len(text))
                text = text[:place] + draw.choice(_ALPHABET) + text[place:]
            case 3:
                text = text * draw.choice((2, 3, 30))
            case 4:
                text = (
                    draw.choice(("(", "[", "C(", "C1", "c1", "%(99999)", "=", "C[", "C.", "*")) * draw.randrange(400)
                    + text
                )
            case 5:
                letters = list(text)
                draw.shuffle(letters)
                text = "".join(letters)
            case 6:
                charge = f"{draw.choice('+-')}{draw.randrange(99)}:{draw.randrange(10**9)}"
                text = f"[{draw.randrange(10**6)}{draw.choice('CNUX*#')}H{draw.randrange(99)}{charge}]"
            case _:
                text = f"{text}{draw.choice(_ALPHABET) * draw.randrange(3)}.{draw.choice(SEEDS)}"
        yield text


def records(count: int, seed: int = 2) -> Iterator[str]:
    """SDF records, each damaged in a place or two: a line lost, doubled or swapped, numbers and letters replaced."""
    draw = random.Random(seed)
    blocks = [
        Chem.MolToMolBlock(mol, forceV3000=v3000) + "> <id>\n7\n\n$$$$\n"
        for text in SEEDS
        if (mol := Chem.MolFromSmiles(text.split()[0])) is not None
        for v3000 in (False, True)
    ]
    for _ in range(count):
        lines = draw.choice(blocks).split("\n")
        for _ in range(draw.randint(1, 2)):
            place = draw.randrange(len(lines) - 2)
            line = lines[place]
            match draw.randrange(6):
                case 0:
                    del lines[place]
                case 1:
                    lines.insert(place, line)
                case 2:
                    other = draw.randrange(len(lines) - 2)
                    lines[place], lines[other] = lines[other], line
                case 3:
                    lines[place] = "".join(draw.choice("0123456789- \x00é") if draw.random() < 0.1 else c for c in line)
                case 4:
                    lines[place] = line[: draw.randrange(len(line) + 1)]
                case _:
                    lines[place] = line.replace(" 1", draw.choice((" -1", " 999", " 99999999999", " nan")))
        yield "\n".join(lines)


def configurations() -> Iterator[tuple[str, str]]:
    """A name and an override that puts a value of a wrong kind or size in a place of a small campaign."""
    places = (
        "name", "seed", "out", "data", "data.train", "data.column", "data.lead", "data.actives", "objective",
        "objective.components", "objective.cache", "objective.components.0", "objective.components.0.scorer",
        "objective.components.0.weight", "objective.aggregation", "objective.components.0.transform",
        "objective.components.0.parameters", "sample", "sample.n", "sample.target", "filters", "filters.0",
        "filters.1.min", "compute", "compute.threads", "compute.workers", "generator.weights", "generator.targets",
        "reinforce", "reinforce.steps", "adversarial", "adversarial.real", "optimize", "optimize.start",
        "optimize.core", "standardize", "stereo",
    )  # fmt: skip
    values = (
        "null", "true", "-1", "1e308", "12345678901234567890123", ".nan", ".inf", "''", "'\\0'", "[]", "{}", "[[[[]]]]",
        "{a: {b: {c: 1}}}", "{1: 2}", "{? [1] : 2}", "2020-01-01", "!!binary aGk=", "!!set {a}", "'\u202e\u0007'",
        "a" * 5000, "../../../../etc/passwd", "/dev/null", "~nobody-here/x", "$HOME/x", "=1+1", "*", "&a x",
    )  # fmt: skip
    for place in places:
        for value in values:
            yield place, value
