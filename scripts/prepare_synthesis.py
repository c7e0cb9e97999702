"""Make the stocks and the reaction templates that come with the package, molgan/data/synthesis.

    python scripts/prepare_synthesis.py SOURCES

SOURCES holds enamine_blocks.csv.gz (columns smiles and reagent_id; package `synthemol` 1.0.4), templates_hb91.txt
(repository wenhao-gao/SynNet) and templates_synformer115.txt (wenhao-gao/synformer), a reaction SMARTS a line. Titles,
costs and clashes are given here, by reading each template. A cost is a judgement: 1 for a reaction that hardly ever
fails, 1.5 for one of limited scope, 2 and 3 for one that a chemist would rather not rely on. The third set,
interconversions.csv, was written for molgan, and is changed by hand.
"""

import argparse
import csv
import hashlib
import io
from pathlib import Path

from molgan.base.files import write_files
from molgan.chem.reading import Record, read_smiles
from molgan.chem.retrosynthesis.building_blocks import canonicalise, write_blocks
from molgan.chem.retrosynthesis.reaction_template import ReactionTemplate

FOLDER = Path(__file__).parents[1] / "molgan" / "data" / "synthesis"
CLASHES = {
    # Organometals and reagents for acids and alcohols take any acidic hydrogen first,
    "!": "[OX2,SX2,#7;!H0]",
    # and halides aliphatic amines and carboxylates.
    "?": "[$([NX3;H1,H2;$(N[CX4]);!$(N[C,S]=[O,S,N])]),$([OX2H]C=O)]",
}

# number, cost, a mark of CLASHES where free groups interfere, title
HARTENFELLER_BUTTON = """\
1 1.5  Pictet-Spengler reaction
2 1  benzimidazole of an acid
3 1  benzimidazole of an aldehyde
4 1  benzothiazole of an aldehyde
5 1.5  benzoxazole of an aldehyde
6 1  benzoxazole of an acid
7 1  Hantzsch thiazole synthesis
8 1.5  Niementowski quinazolinone synthesis
9 1  tetrazole of a nitrile
10 1.5 ? tetrazole of a nitrile, 2-alkylated
11 1.5 ? tetrazole of a nitrile, 1-alkylated
12 1.5  triazole of an alkyne and an azide made of a halide
13 1.5  triazole of an alkyne and an azide made of a halide
14 1.5  triazole of an internal alkyne
15 1.5  1,2,4-triazole of a nitrile and a hydrazide
16 1.5  1,2,4-triazole of a nitrile and an ester
17 1.5  Kabbe spirochromanone synthesis
18 1  phthalazinone of a hydrazine
19 1.5  imidazole of a diketone and an aldehyde
20 1.5  Fischer indole synthesis
21 1.5  Friedländer quinoline synthesis
22 1.5  benzofuran of an alkyne
23 1.5  benzothiophene of an alkyne
24 1.5  indole of an alkyne
25 1  1,2,4-oxadiazole of a nitrile and an acid
26 1 ? Williamson ether synthesis
27 1  Suzuki coupling
28 1.5  indole and piperidone
29 1  Mitsunobu reaction of an imide
30 1  Mitsunobu reaction of a phenol
31 1  Mitsunobu reaction of a sulfonamide
32 1.5  Mitsunobu reaction of a tetrazole
33 1.5  Mitsunobu reaction of a tetrazole
34 1.5  Mitsunobu reaction of a tetrazole
35 1.5  Mitsunobu reaction of a tetrazole
36 2 ! coupling of two halides by a metal
37 2 ! ketone of a nitrile and an organometal
38 1.5 ! Grignard addition
39 1  sulfonamide
40 1.5  Chan-Lam coupling
41 1.5 ! Wittig reaction
42 1  Buchwald-Hartwig amination
43 1.5  imidazole of a bromoketone
44 2  decarboxylative coupling
45 1  nucleophilic aromatic substitution
46 1  nucleophilic aromatic substitution beside a nitro group
47 1  nucleophilic aromatic substitution opposite a nitro group
48 1  urea of an isocyanate
49 1  thiourea of an isothiocyanate
50 1.5  Bischler-Napieralski reaction
51 2  Pictet-Gams isoquinoline synthesis
52 1.5  Pictet-Spengler reaction
53 2  Bischler indole synthesis
54 1.5  benzofuran of a salicylaldehyde
55 1.5  quinazolinone of an anthranilic acid
56 2  tetrahydroindole of a hydroxyketone
57 1.5  Guareschi pyridone synthesis
58 1  triazole of an azide and an alkyne
59 2  triazoline of an azide and an alkene
60 2  Diels-Alder reaction
61 2  Diels-Alder reaction of an alkyne
62 1  Knorr pyrazole synthesis
63 1.5  Paal-Knorr pyrrole synthesis
64 1.5  imidazole of a diketone and an aldehyde
65 1.5  Pechmann coumarin synthesis
66 1.5  Dieckmann condensation
67 1.5  Dieckmann condensation
68 1.5  Baker-Venkataraman flavone synthesis
69 1.5  Michael addition
70 2  Claisen condensation
71 1  ester of an acid
72 1  reductive amination
73 1  Suzuki coupling
74 3 ! coupling of two halides by a metal
75 1  ester of an acid
76 1.5  Heck reaction
77 1  amide coupling
78 3  thioether of an alkene
79 3  thioester
80 2 ! ketone of an acid and an organometal
81 1  sulfonamide
82 1  Sonogashira coupling
83 1.5  ynone of an alkyne
84 1 ! acid chloride
85 1 ! bromide of an alcohol
86 1 ! chloride of an alcohol
87 1.5 ! sulfonyl chloride
88 1.5  alpha-bromination of an acid
89 1.5  alpha-chlorination of an acid
90 1.5  cyanation of an aryl halide
91 2  nitrile of an alcohol or amine"""

SYNFORMER = """\
1 1.5  thiazolimine of an isothiocyanate
2 2  thiazolimine of a maleimide
3 1  hydrazone
4 1.5  aldol condensation
5 1  thiourea of an isothiocyanate
6 1.5  Erlenmeyer azlactone synthesis
7 1.5  Biginelli reaction
8 1.5  enamine of an enol ether
9 1  amide coupling
10 1  alkylation, arylation or acylation of an amine
11 1  Knoevenagel condensation
12 1  sulfonamide
13 1.5  thiadiazine of a thiosemicarbazide
14 1.5  Friedländer quinoline synthesis
15 1  Knorr pyrazole synthesis
16 1.5  pyridazine of a hydrazine
17 2  thiazolidinone of a maleimide
18 2  pyrazole of a chromone
19 1.5  benzofuran of a salicylaldehyde
20 1  benzazole of an acid
21 1  benzazole of an aldehyde
22 2 ? thioether of two halides
23 1  epoxide opening by a phenol
24 1.5  oxa-Michael addition
25 1  dihydroquinazolinone of a carbonyl compound
26 2  acylthiourea
27 1  urea of a carbamate
28 2  enaminone of an orthoester
29 1.5  rhodanine of an isothiocyanate
30 1.5  quinazolinone of a nitrile
31 2  diacylamine
32 1 ? ester of a carboxylate and a halide
33 2 ? sulfone of two halides
34 2 ? sulfone of two halides
35 1.5  benzisothiazolone dioxide
36 1.5  quinazolinamine
37 1  urea of two amines
38 1.5 ? sulfone of a thiol
39 1.5  oxalamide
40 1.5  guanidine of an isothiourea
41 1.5  malonamide of a carbamate
42 1.5  guanidine of a thiourea
43 1.5 ? sulfoxide of a thiol
44 1  reductive amination
45 1  amide of an anhydride
46 1  quinazolinedione
47 1  1,2,4-oxadiazole of a nitrile and an acid
48 1.5  oxadiazolone of an amidoxime
49 1.5  aminotriazole of an isothiocyanate
50 1  amide of an ester
51 1  Suzuki coupling
52 1  1,3,4-oxadiazole of a hydrazide
53 1  hydantoin
54 1  hydantoin of a carbamate
55 1  aminothiazole of a haloketone
56 1  urea of an amino acid
57 1.5 ? ether or thioether of a halide
58 1  amide of an acid halide
59 1  epoxide opening by an amine
60 1  aza-Michael addition
61 1  triazole of an azide and an alkyne
62 1.5  fused triazole of a lactim ether
63 1.5  aminooxadiazole of an isothiocyanate
64 1.5  triazole of an alkyne and an azide made of a halide
65 1.5  propargylation and triazole of an azide
66 2  thiazolyltriazole
67 2  adenine of two amines
68 2  guanidine of three amines
69 1.5  reductive amination and acylation
70 1.5  two amides, one after Boc removal
71 1.5  aminotriazole of a thiourea
72 2  Bargellini reaction
73 1  ester of an acid
74 1.5  cyclic guanidine
75 1.5  diketopiperazine
76 1.5  dihydrouracil
77 1.5  1,2,4-triazole of an amidine
78 1.5  1,2,4-triazole of an imidate
79 1.5  benzodiazepinone
80 2  bridged dihydropyrimidinone
81 2  dihydrouracil of two amines
82 1  phthalazinone of a hydrazine
83 1  pyrrolidinone of itaconic acid
84 1  tetrazole of a nitrile
85 1  Boc removal
86 1  ester hydrolysis
87 1.5  Pictet-Spengler reaction
88 2  Diels-Alder reaction
89 2  Diels-Alder reaction of an alkyne
90 1.5  Kabbe chromanone synthesis
91 1.5  Paal-Knorr pyrrole synthesis
92 1.5  Fischer indole synthesis
93 1.5  Pechmann coumarin synthesis
94 1.5  benzofuran, indole or benzothiophene of an alkyne
95 2  Claisen condensation
96 3 ! coupling of two halides by a metal
97 1.5  Heck reaction
98 2 ! ketone of a nitrile and an organometal
99 1.5 ! Grignard addition
100 1.5  Chan-Lam coupling
101 1  Sonogashira coupling
102 1.5  ynone of an alkyne
103 1.5 ! Wittig reaction
104 1  Buchwald-Hartwig amination
105 1.5  imidazole of a bromoketone
106 2  decarboxylative coupling
107 1  urea of an isocyanate
108 1 ! acid chloride
109 1 ! bromide of an alcohol
110 1 ! chloride of an alcohol
111 1.5 ! sulfonyl chloride
112 1.5  alpha-bromination of an acid
113 1.5  alpha-chlorination of an acid
114 1.5  cyanation of a halide
115 2  nitrile of an alcohol or amine"""

# What is on the shelf of every laboratory and not among the blocks; names are their numbers.
REAGENTS = """\
CO methanol
CI iodomethane
CBr bromomethane
C=O formaldehyde
CC=O acetaldehyde
OC=O formic acid
CC(=O)Cl acetyl chloride
CC(=O)OC(C)=O acetic anhydride
COC(C)=O methyl acetate
CCOC(C)=O ethyl acetate
COC(=O)Cl methyl chloroformate
CCOC(=O)Cl ethyl chloroformate
CC(C)(C)OC(=O)OC(=O)OC(C)(C)C di-tert-butyl dicarbonate
CS(=O)(=O)Cl methanesulfonyl chloride
O ammonia water
N ammonia
NN hydrazine
NO hydroxylamine
NC(N)=O urea
NC(N)=S thiourea
N=C(N)N guanidine
C#C acetylene
C=C ethylene
CB(O)O methylboronic acid
C=CB(O)O vinylboronic acid
OB(O)C1CC1 cyclopropylboronic acid
OB(O)c1ccccc1 phenylboronic acid
Clc1ccccc1 chlorobenzene
Brc1ccccc1 bromobenzene
Ic1ccccc1 iodobenzene
Fc1ccccc1 fluorobenzene
c1ccccc1 benzene
Cc1ccccc1 toluene
c1cc[nH]c1 pyrrole
c1ccc2[nH]ccc2c1 indole
c1ccoc1 furan
c1ccsc1 thiophene
c1ccncc1 pyridine
O=C=Nc1ccccc1 phenyl isocyanate
CN=C=O methyl isocyanate
COC(=O)c1ccccc1 methyl benzoate
O=C(O)CBr bromoacetic acid
COC(=O)CBr methyl bromoacetate
CCOC(=O)CBr ethyl bromoacetate
COC(=O)CC(=O)OC dimethyl malonate
CCOC(=O)CC(=O)OCC diethyl malonate
CCOC(OCC)OCC triethyl orthoformate
C1CO1 oxirane
CC1CO1 propylene oxide
ClCC1CO1 epichlorohydrin
O=C1CCC(=O)O1 succinic anhydride
O=C1C=CC(=O)O1 maleic anhydride
O=C1OC(=O)c2ccccc21 phthalic anhydride
OCCO ethylene glycol
OCCCl 2-chloroethanol
OCCBr 2-bromoethanol
BrCCBr 1,2-dibromoethane
BrCCCBr 1,3-dibromopropane
ClCCl dichloromethane
C#C[Si](C)(C)C trimethylsilylacetylene"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", type=Path)
    sources = parser.parse_args().sources
    reagents = (Record(0, smiles, {"id": name}) for smiles, _, name in map(_split, REAGENTS.splitlines()))
    contents = {
        "enamine.tsv.gz": write_blocks(canonicalise(read_smiles(sources / "enamine_blocks.csv.gz"))),
        "reagents.tsv.gz": write_blocks(canonicalise(reagents)),
        "hartenfeller_button.csv": _write_set("hb", HARTENFELLER_BUTTON, sources / "templates_hb91.txt"),
        "synformer.csv": _write_set("sf", SYNFORMER, sources / "templates_synformer115.txt"),
    }
    write_files(FOLDER, {name: [content] for name, content in contents.items()})
    for name, content in contents.items():
        print(f"{name:<26} {len(content):>9,} bytes  {hashlib.sha256(content).hexdigest()}")


def _split(line: str) -> tuple[str, str, str]:
    return line.partition(" ")


def _write_set(prefix: str, titles: str, source: Path) -> bytes:
    """The templates of a file, with their titles; both are in the same order."""
    smarts = [line.strip() for line in source.read_text().splitlines() if line.strip()]
    rows = []
    for text, line in zip(smarts, titles.splitlines(), strict=True):
        number, cost, rest = line.split(" ", 2)
        rows.append((f"{prefix}{number}", rest[1:].strip(), cost, CLASHES.get(rest[0], ""), text))
    return _write_table(rows)


def _write_table(rows: list[tuple[str, str, str, str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "title", "cost", "clash", "smarts"))
    for name, title, cost, clash, smarts in rows:
        ReactionTemplate(name, smarts, title=title, cost=float(cost), clash=clash)  # refuses what cannot be undone
        writer.writerow((name, title, cost, clash, smarts))
    return text.getvalue().encode()


if __name__ == "__main__":
    main()
