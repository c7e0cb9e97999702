"""Explosophores: groups that release energy, where they are dense.

J. Akhavan, The Chemistry of Explosives (2011), has the groups. One of them in a large molecule is a drug or a dye; for
what handles azides the rule is of six carbon atoms for each group (S. Bräse et al., Angew. Chem. Int. Ed. 44, 5188
(2005)), which is taken for nitrate esters, nitramines and peroxides, too.
"""

from molgan.chem.misuse.rule import Rule, RuleGroup

_NITRO = "[#7X3](~[OX1])(~[OX1])"
_RULE_OF_SIX = 6


def _explosive(name: str, *smarts: str, least: int = 1, carbons: int | None = None) -> Rule:
    return Rule("explosives", "", name, smarts, least=least, carbons=carbons)


def _nitrate_ring(places: str) -> str:
    """The SMARTS of an aromatic ring with a nitro group where `places` has a 1."""
    first, *rest = (f"a(-{_NITRO})" if place == "1" else "a" for place in places)
    return first.replace("a", "a1", 1) + "".join(rest) + "1"


_NITROGEN = (
    _explosive(
        "three nitro groups on one aromatic ring",
        *map(_nitrate_ring, ("111000", "110100", "101010", "11100", "11010")),
    ),
    _explosive("nitro groups, dense", f"{_NITRO}-[#6]", least=2, carbons=4),
    _explosive("two nitro groups on one carbon", f"[#6](-{_NITRO})-{_NITRO}"),
    _explosive("nitrate esters", f"{_NITRO}-[OX2][#6]", least=2),
    _explosive("nitrate ester, dense", f"{_NITRO}-[OX2][#6]", carbons=_RULE_OF_SIX),
    _explosive("nitramines", f"{_NITRO}-[#7X3,#7X2]", least=2),
    _explosive("nitramine, dense", f"{_NITRO}-[#7X3,#7X2]", carbons=_RULE_OF_SIX),
    _explosive(
        "azide, dense",
        "[NX2](-*)=[NX2+]=[NX1-]",
        "[NX2-](-*)-[NX2+]#[NX1]",
        "[NX1-]=[NX2+]=[NX1-]",
        carbons=_RULE_OF_SIX,
    ),
    _explosive("fulminate", "[CX1-]#[NX2+]-[#8]"),
)
_OXYGEN = (
    _explosive("peroxide, dense", "[OX2]-[OX2]", carbons=_RULE_OF_SIX),
    _explosive("ester of perchloric acid", "[#6,#7][OX2]-[Cl](~[OX1])(~[OX1])~[OX1]"),
)

EXPLOSIVES = (
    RuleGroup({"N": 1, "N O": 2, "+": 1}, "[#7+]~[#7,#8]", _NITROGEN),
    RuleGroup({"O": 2}, "[OX2]-[OX2,$([#17X4])]", _OXYGEN),
)
