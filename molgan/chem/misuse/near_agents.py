"""The precursors of the Australia Group that no schedule names, and near neighbours of the scheduled families.

Australia Group, Export Control List: Chemical Weapons Precursors (its 89 entries; the number is `paragraph`). What a
schedule of the treaty has is left to it.
"""

from molgan.chem.misuse.chemical_weapons import ALKYL, AMINE, AMMONIUM, PHENYL, PO, SECONDARY_AMINE
from molgan.chem.misuse.rule import Rule, RuleGroup

_ETHYL = "[CH2][CH3]"
_ISOPROPYL = "[CH]([CH3])[CH3]"
_HALOGEN = "Cl,Br,I"
_HALOETHYL = f"[CH2][CH2][{_HALOGEN}]"


def _listed(number: str, name: str, *smarts: str) -> Rule:
    return Rule("australia_group", number, name, smarts)


def _near(name: str, *smarts: str, least: int = 1) -> Rule:
    return Rule("near_agents", "", name, smarts, least=least)


_PHOSPHORUS = (
    _listed("47", "phosphorus sulfide", "[#15;!$([#15]~[!#16])]~[#16]"),
    _listed("58", "triisopropyl phosphite", f"[#15X3]([OX2]{_ISOPROPYL})([OX2]{_ISOPROPYL})[OX2]{_ISOPROPYL}"),
    _listed(
        "60, 61",
        "O,O-diethyl phosphorothioate or -dithioate",
        f"[#15X4]([OX2]{_ETHYL})([OX2]{_ETHYL})(~[#16;X1,H1])~[#8,#16;X1,H1]",
    ),
    _listed("66 to 69, 71, 72", "alkyl dihalophosphate", f"[{PO}]([OX2][$([CH3]),$({_ETHYL})])([F,Cl])[F,Cl]"),
    _listed("70", "diethyl chlorophosphite", f"[#15X3]([ClX1])([OX2]{_ETHYL})[OX2]{_ETHYL}"),
    _near(
        "phosphorus fluoride with an organic group",
        "[#15;X3,X4;$([#15]~[#6]),$([#15]~[#7]),$([#15]~[#8,#16;X2]~[#6,#7])][FX1]",
    ),
    _near("phosphorus cyanide", "[#15][CX2]#[NX1]"),
    _near(
        "S-2-aminoethyl ester of a phosphorus acid",
        f"[#15X4;$([#15]~[#6]),$([#15]~[OX2][#6])]([#16X2,#34X2][CX4][CX4][{AMMONIUM};!$(N[C,S]=[O,S])])=,-[#8X1,#16X1]",
    ),
)

_ARSENIC = (
    _near("organic arsenic halide or cyanide", "[#33X3]([#6])[F,Cl,Br,I,$([CX2]#[NX1])]"),
    _near("arsine", "[#33X3;H3]"),
)

_MUSTARDS = (
    _near(
        "sulfide with two 2-haloethyl groups",
        f"[#16X2,#34X2]({_HALOETHYL})[CX4;!$(C[#7,#8])]",
        least=2,
    ),
    _near("sulfide with two haloalkyl groups", f"[#16X2,#34X2]({_HALOETHYL})[CH2;$(C[{_HALOGEN}]),$(CC[{_HALOGEN}])]"),
)

_AMINE_MUSTARDS = (_near("amine with two 2-haloethyl groups", f"[#7;X3,X4]({_HALOETHYL})({_HALOETHYL})[CX4]"),)

_GLYCOLATES = (
    _listed("25", "methyl benzilate", f"[OX2;H1][CX4]({PHENYL})({PHENYL})C(=O)O[CH3]"),
    _near(
        "glycolate of a cyclic amino alcohol",
        f"[OX2;H1][CX4](c)([$(c),$([C;R])])C(=O)[OX2][CX4;R;$([C;R][C;R][{AMINE};R]),$([C;R][C;R][C;R][{AMINE};R])]",
    ),
)

_CARBAMATES = (_near("quaternary of a dimethylcarbamoyloxypyridine", "[CH3][NX3]([CH3])C(=O)Oc1cccnc1[CX4][#7X4+]"),)

_WHOLE = (
    _listed("10", "3-hydroxy-1-methylpiperidine", f"[CH3][{AMINE}]1[CH2][CH2][CH2][CH]([OX2;H1])[CH2]1"),
    _listed("14, 24, 41 to 44", "fluoride", "[FX0-]", "[F;H1]"),
    _listed("15", "2-chloroethanol", "[ClX1][CH2][CH2][OX2;H1]"),
    _listed("16, 20", "dimethylamine", f"[{SECONDARY_AMINE}]([CH3])[CH3]"),
    _listed("37", "3-quinuclidone", f"[OX1]=[CX3]1[CH2][{AMINE}]2[CH2][CH2][CH]1[CH2][CH2]2"),
    _listed("39", "pinacolone", "[OX1]=[CX3]([CH3])[CX4]([CH3])([CH3])[CH3]"),
    _listed("40, 45", "cyanide", "[CX1-]#[NX1]"),
    _listed("48", "diisopropylamine", f"[{SECONDARY_AMINE}]({_ISOPROPYL}){_ISOPROPYL}"),
    _listed("49", "diethylaminoethanol", f"[OX2;H1][CH2][CH2][{AMINE}]({_ETHYL}){_ETHYL}"),
    _listed("50", "sulfide", "[SX0-2]"),
    _listed("62", "hexafluorosilicate", "[SiX6](F)(F)(F)(F)(F)F"),
    _listed("64", "diethylamine", f"[{SECONDARY_AMINE}]({_ETHYL}){_ETHYL}"),
    _listed(
        "73 to 89",
        "N,N-dialkyl amidine",
        f"[NX3]([{ALKYL}])([{ALKYL}])~[CX3;H1,$(C-[{ALKYL}])]~[#7;H1,H2]",
    ),
    _near("trichloromethyl ester of carbonic acid", "[CX4]([ClX1])([ClX1])([ClX1])OC(=O)[Cl,$(OC(Cl)(Cl)Cl)]"),
    _near("dihaloformaldoxime", "[CX3]([F,Cl,Br])([F,Cl,Br])=[NX2][OX2;H1]"),
)

NEAR_AGENTS = (
    RuleGroup({"P": 1}, "[#15]", _PHOSPHORUS),
    RuleGroup({"As": 1}, "[#33]", _ARSENIC),
    RuleGroup({"Cl Br I": 2, "S Se": 1}, f"[{_HALOGEN}][CH2][CH2][#16X2,#34X2]", _MUSTARDS),
    RuleGroup({"Cl Br I": 2, "N": 1}, f"[{_HALOGEN}][CH2][CH2][#7]", _AMINE_MUSTARDS, most=18),
    RuleGroup({"O": 3}, "[OX2;H1][CX4](c)([c,C])C(=O)[OX2]", _GLYCOLATES),
    RuleGroup({"N": 3, "+": 1}, "[#7X4+]", _CARBAMATES),
    RuleGroup({}, "*", _WHOLE, most=12),
)
