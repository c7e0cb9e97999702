"""The schedules of the Chemical Weapons Convention as SMARTS.

Written from the text: Convention on the Prohibition of the Development, Production, Stockpiling and Use of Chemical
Weapons and on their Destruction (1993), Annex on Chemicals, part B, with the changes of 7 June 2020 (paragraphs 13 to
16 of schedule 1). `paragraph` is the letter and the number there. Where the text limits an alkyl group to ten carbon
atoms, longer ones match too. Ricin (schedule 1, A.8) is a protein, which no graph of a small molecule is.
"""

from molgan.chem.misuse.rule import Rule, RuleGroup

# "Me, Et, n-Pr or i-Pr": the hydrogens leave no room for anything else.
ALKYL = "$([CH3]),$([CH2][CH3]),$([CH2][CH2][CH3]),$([CH]([CH3])[CH3])"
# P=O, also where it is drawn with charges.
PO = "#15;X4;$([#15]=[OX1]),$([#15+]-[OX1-])"
# A tertiary amine or its protonated salt; and with any fourth group, the alkylated salt.
AMINE = "#7;X3,$([#7X4;H1])"
AMMONIUM = "#7;X3,X4"
SECONDARY_AMINE = "#7;$([#7X3;H1]),$([#7X4;H2])"
PHENYL = "c1[cH][cH][cH][cH][cH]1"
_ETHYL = "[CH2][CH3]"
_ISOPROPYL = "[CH]([CH3])[CH3]"
_DIALKYLAMINOETHYL = f"[CH2][CH2][{AMMONIUM}]([{ALKYL}])[{ALKYL}]"
_OH_OR_OALKYL = "#8;H1,-1,$([OX2][CX4])"
_AMIDINE = "[#7;X2,X3]~[#6X3;H1,$(C[CX4])]~[#7X3]([CX4])[CX4]"
_CHLOROETHYL = "[CH2][CH2][ClX1]"
_QUINUCLIDINYL = f"[CH]1[CH2][{AMINE}]2[CH2][CH2][CH]1[CH2][CH2]2"
_BRIDGES = ["[CH2]" * n for n in range(1, 6)]


def _rule(schedule: int, paragraph: str, name: str, *smarts: str, unless: tuple[str, ...] = ()) -> Rule:
    lists = ("schedule_1", "schedule_2", "schedule_3")
    return Rule(lists[schedule - 1], paragraph, name, smarts, unless)  # type: ignore[arg-type]


_PHOSPHORUS = (
    _rule(1, "A.1", "O-alkyl alkylphosphonofluoridate", f"[{PO}]([FX1])([{ALKYL}])[OX2][CX4]"),
    _rule(
        1,
        "A.2",
        "O-alkyl N,N-dialkyl phosphoramidocyanidate",
        f"[{PO}]([CX2]#[NX1])([NX3]([{ALKYL}])[{ALKYL}])[OX2][CX4]",
    ),
    _rule(
        1,
        "A.3",
        "S-2-dialkylaminoethyl alkylphosphonothiolate",
        f"[{PO}]([{ALKYL}])([{_OH_OR_OALKYL}])[SX2]{_DIALKYLAMINOETHYL}",
    ),
    _rule(1, "A.13", "P-alkyl N-alkylidene phosphonamidic fluoride", f"[{PO};H1,$(P[CX4])]([FX1]){_AMIDINE}"),
    _rule(1, "A.14", "O-alkyl N-alkylidene phosphoramidofluoridate", f"[{PO}]([FX1])([{_OH_OR_OALKYL}]){_AMIDINE}"),
    _rule(
        1,
        "A.15",
        "bis(diethylamino)methylene phosphonamidofluoridate",
        f"[{PO}]([FX1])([CH3])[NX2]=[CX3]([NX3]({_ETHYL}){_ETHYL})[NX3]({_ETHYL}){_ETHYL}",
    ),
    _rule(1, "B.9", "alkylphosphonyl difluoride", f"[{PO}]([FX1])([FX1])[{ALKYL}]"),
    _rule(
        1,
        "B.10",
        "O-2-dialkylaminoethyl alkylphosphonite",
        f"[#15X3]([{ALKYL}])([{_OH_OR_OALKYL}])[OX2]{_DIALKYLAMINOETHYL}",
        f"[{PO};H1]([{ALKYL}])[OX2]{_DIALKYLAMINOETHYL}",
    ),
    _rule(1, "B.11", "O-isopropyl methylphosphonochloridate", f"[{PO}]([ClX1])([CH3])[OX2]{_ISOPROPYL}"),
    _rule(
        1,
        "B.12",
        "O-pinacolyl methylphosphonochloridate",
        f"[{PO}]([ClX1])([CH3])[OX2][CH]([CH3])[CX4]([CH3])([CH3])[CH3]",
    ),
    _rule(
        2,
        "A.1",
        "S-2-diethylaminoethyl diethyl phosphorothiolate",
        f"[{PO}]([OX2]{_ETHYL})([OX2]{_ETHYL})[SX2][CH2][CH2][{AMMONIUM}]({_ETHYL}){_ETHYL}",
    ),
    _rule(
        2,
        "B.4",
        "phosphorus with one methyl, ethyl or propyl group and no further carbon",
        f"[#15;$([#15]-[{ALKYL}]);!$([#15](~[#6])~[#6])]",
        unless=(f"[#15X4](=[SX1])({_ETHYL})([OX2]{_ETHYL})[SX2]{PHENYL}",),
    ),
    _rule(
        2,
        "B.5",
        "N,N-dialkyl phosphoramidic dihalide",
        f"[{PO}]([NX3]([{ALKYL}])[{ALKYL}])([F,Cl,Br,I])[F,Cl,Br,I]",
    ),
    _rule(
        2,
        "B.6",
        "dialkyl N,N-dialkyl phosphoramidate",
        f"[{PO}]([NX3]([{ALKYL}])[{ALKYL}])([OX2][{ALKYL}])[OX2][{ALKYL}]",
    ),
    _rule(3, "B.5", "phosphorus oxychloride", f"[{PO}]([ClX1])([ClX1])[ClX1]"),
    _rule(3, "B.6", "phosphorus trichloride", "[#15X3]([ClX1])([ClX1])[ClX1]"),
    _rule(3, "B.7", "phosphorus pentachloride", "[#15X5]([ClX1])([ClX1])([ClX1])([ClX1])[ClX1]"),
    _rule(3, "B.8", "trimethyl phosphite", "[#15X3]([OX2][CH3])([OX2][CH3])[OX2][CH3]"),
    _rule(3, "B.9", "triethyl phosphite", f"[#15X3]([OX2]{_ETHYL})([OX2]{_ETHYL})[OX2]{_ETHYL}"),
    _rule(
        3,
        "B.10",
        "dimethyl phosphite",
        f"[{PO};H1]([OX2][CH3])[OX2][CH3]",
        "[#15X3]([OX2;H1])([OX2][CH3])[OX2][CH3]",
    ),
    _rule(
        3,
        "B.11",
        "diethyl phosphite",
        f"[{PO};H1]([OX2]{_ETHYL})[OX2]{_ETHYL}",
        f"[#15X3]([OX2;H1])([OX2]{_ETHYL})[OX2]{_ETHYL}",
    ),
)

_ARSENIC = (
    _rule(
        1,
        "A.5",
        "lewisite",
        "[#33X3]([CH]=[CH][ClX1])([$([ClX1]),$([CH]=[CH][ClX1])])[$([ClX1]),$([CH]=[CH][ClX1])]",
    ),
    _rule(2, "B.7", "arsenic trichloride", "[#33X3]([ClX1])([ClX1])[ClX1]"),
)

_MUSTARDS = (
    _rule(
        1,
        "A.4",
        "sulfur mustard",
        f"[ClX1][CH2][SX2]{_CHLOROETHYL}",
        f"[SX2]({_CHLOROETHYL}){_CHLOROETHYL}",
        *(f"[SX2]({_CHLOROETHYL}){bridge}[SX2]{_CHLOROETHYL}" for bridge in _BRIDGES),
        f"[SX2]({_CHLOROETHYL})[CH2][OX2][CH2][SX2]{_CHLOROETHYL}",
        f"[SX2]({_CHLOROETHYL})[CH2][CH2][OX2][CH2][CH2][SX2]{_CHLOROETHYL}",
    ),
    _rule(
        1,
        "A.6",
        "nitrogen mustard",
        f"[{AMINE}]({_CHLOROETHYL})({_CHLOROETHYL})[$([CH3]),$({_ETHYL}),$({_CHLOROETHYL})]",
    ),
    _rule(2, "B.10", "N,N-dialkyl 2-aminoethyl chloride", f"[ClX1][CH2][CH2][{AMINE}]([{ALKYL}])[{ALKYL}]"),
)

_TOXINS = (
    _rule(
        1,
        "A.7",
        "saxitoxin",
        # The tricyclic skeleton: two guanidines that share a carbon atom, and a pyrrolidine.
        "[#6]1~[#7]~[#6](~[#7])~[#7]2~[#6]~[#6]~[#6](~[#8])~[#6]~2~3~[#7]~[#6](~[#7])~[#7]~[#6]~1~3",
    ),
)

_CARBAMATES = (
    _rule(
        1,
        "A.16",
        "quaternary of a dimethylcarbamoyloxypyridine",
        "[CH3][NX3]([CH3])C(=O)Oc1cccnc1[CX4][#7X4+]~[#6].[#7X4+]",
    ),
)

_BENZILATES = (
    _rule(
        2,
        "A.3",
        "3-quinuclidinyl benzilate",
        f"[OX2;H1][CX4]({PHENYL})({PHENYL})C(=O)O{_QUINUCLIDINYL}",
    ),
    _rule(2, "B.8", "2,2-diphenyl-2-hydroxyacetic acid", f"[OX2;H1][CX4]({PHENYL})({PHENYL})C(=O)[OH,OX1-]"),
)

_WHOLE = (
    _rule(2, "A.2", "perfluoroisobutene", "[CX3](F)(F)=[CX3]([CX4](F)(F)F)[CX4](F)(F)F"),
    _rule(2, "B.9", "quinuclidin-3-ol", f"[OX2;H1]{_QUINUCLIDINYL}"),
    _rule(
        2,
        "B.11",
        "N,N-dialkyl 2-aminoethanol",
        f"[OX2;H1][CH2][CH2][{AMINE}]([{ALKYL}])[{ALKYL}]",
        unless=(
            f"[OX2;H1][CH2][CH2][{AMINE}]([CH3])[CH3]",
            f"[OX2;H1][CH2][CH2][{AMINE}]({_ETHYL}){_ETHYL}",
        ),
    ),
    _rule(2, "B.12", "N,N-dialkyl 2-aminoethanethiol", f"[#16;H1,-1][CH2][CH2][{AMINE}]([{ALKYL}])[{ALKYL}]"),
    _rule(2, "B.13", "thiodiglycol", "[OX2;H1][CH2][CH2][SX2][CH2][CH2][OX2;H1]"),
    _rule(2, "B.14", "pinacolyl alcohol", "[OX2;H1][CH]([CH3])[CX4]([CH3])([CH3])[CH3]"),
    _rule(3, "A.1", "phosgene", "[CX3](=[OX1])([ClX1])[ClX1]"),
    _rule(3, "A.2", "cyanogen chloride", "[ClX1][CX2]#[NX1]"),
    _rule(3, "A.3", "hydrogen cyanide", "[CX2;H1]#[NX1]"),
    _rule(3, "A.4", "chloropicrin", "[CX4]([ClX1])([ClX1])([ClX1])[#7X3](~[OX1])~[OX1]"),
    _rule(3, "B.12", "sulfur monochloride", "[ClX1][SX2][SX2][ClX1]"),
    _rule(3, "B.13", "sulfur dichloride", "[ClX1][SX2][ClX1]"),
    _rule(3, "B.14", "thionyl chloride", "[#16X3](~[OX1])([ClX1])[ClX1]"),
    _rule(3, "B.15", "ethyldiethanolamine", f"[{AMINE}]({_ETHYL})([CH2][CH2][OX2;H1])[CH2][CH2][OX2;H1]"),
    _rule(3, "B.16", "methyldiethanolamine", f"[{AMINE}]([CH3])([CH2][CH2][OX2;H1])[CH2][CH2][OX2;H1]"),
    _rule(
        3,
        "B.17",
        "triethanolamine",
        f"[{AMINE}]([CH2][CH2][OX2;H1])([CH2][CH2][OX2;H1])[CH2][CH2][OX2;H1]",
    ),
)

SCHEDULES = (
    RuleGroup({"P": 1}, "[#15]", _PHOSPHORUS),
    RuleGroup({"As": 1}, "[#33]", _ARSENIC),
    RuleGroup({"Cl": 1, "N S": 1}, "[ClX1][CH2][CH2][#7,#16]", _MUSTARDS),
    RuleGroup({"N": 6}, "[#6](~[#7])(~[#7])(~[#6])~[#6]", _TOXINS),
    RuleGroup({"N": 4, "+": 2}, "[#7X4+]", _CARBAMATES),
    RuleGroup({"O": 3}, "[OX2;H1][CX4](c)(c)C(=O)[#8]", _BENZILATES),
    RuleGroup({}, "*", _WHOLE, most=12),
)
