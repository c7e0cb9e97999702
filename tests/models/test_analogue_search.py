"""Analogues: what is promised of them holds, and what cannot be done is a reason."""

import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from rdkit import Chem
from rdkit.DataStructs import TanimotoSimilarity
from typer.testing import CliRunner

import molgan
from molgan.base.errors import ConfigError, InputError
from molgan.chem.fingerprints import ecfp
from molgan.chem.molecule import parse
from molgan.cli import app
from molgan.graphs.motif.actions import Vocabulary, encode
from molgan.graphs.motif.kept_core import KeptCore
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.analogues.analogue_search import AnalogueSearch, Found
from molgan.models.analogues.request import AnalogueRequest, read_range, read_target
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.settings import MotifNetworkSettings, SourceSettings
from molgan.report.analogue_page import describe_source, draw_change

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "c1ccncc1", "c1ccccn1", "F", "Cl", "Br", "C#N")
NAMES = ("logp", "mw")
LEAD = "COc1ccc(C(N)=O)cc1"


def make() -> MotifGenerator:
    """A small generator that has learned to write the lead's relatives, given the lead or not."""
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=16, hidden=24, layers=1, condition=NAMES)
    source = SourceSettings(width=16, layers=2, heads=2, query=4)
    generator = MotifGenerator(Vocabulary(MOTIFS, stereo=True), network, max_atoms=14, source=source)
    assert generator.conditions is not None
    generator.conditions.learn_scales(np.array([[0, 100], [4, 200]], dtype=np.float32))
    series = [
        f"{left}c1ccc({right})cc1" for left in ("CO", "CN", "F", "O", "CC") for right in ("C(N)=O", "F", "C#N", "N")
    ]
    sequences = [encode(read_tree(smiles), generator.vocabulary) for smiles in series]
    optimizer = torch.optim.Adam(generator.parameters(), 0.02)
    for step in range(60):
        sources = [sequences[(i + step) % len(sequences)] for i in range(len(sequences))]
        optimizer.zero_grad()
        aim = Aim(source=generator.read_sources(sources))
        (-generator.log_likelihood(sequences, aim=aim).mean()).backward()
        optimizer.step()
    return generator.eval()


@pytest.fixture(scope="module")
def generator() -> MotifGenerator:
    return make()


@pytest.fixture(scope="module")
def weights(generator: MotifGenerator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    generator.save(folder / "weights", ranges={"logp": [-1.0, 4.0], "mw": [90.0, 210.0]})
    return folder


def find(generator: MotifGenerator, smiles: str = LEAD, **asked: object) -> Found:
    request = AnalogueRequest(**{"n": 12, "budget": 256, **asked})  # type: ignore[arg-type]
    return AnalogueSearch(generator, request, seed=0).find(parse(smiles))


def test_analogues_are_what_was_asked_for(generator: MotifGenerator) -> None:
    found = find(generator, similarity=(0.2, 0.7))
    assert 5 < len(found.analogues) <= 12 and found.reason is None and found.drawn <= 256
    smiles = [each.smiles for each in found.analogues]
    assert len(set(smiles)) == len(smiles) and LEAD not in smiles
    (lead,) = ecfp([Chem.MolFromSmiles(LEAD)])
    for each in found.analogues:
        assert parse(each.smiles).smiles == each.smiles
        assert each.similarity == pytest.approx(
            TanimotoSimilarity(lead, ecfp([Chem.MolFromSmiles(each.smiles)])[0]), abs=1e-4
        )
        assert 0.2 <= each.similarity <= 0.7
        assert ">>" in each.change
    likelihoods = [each.log_likelihood for each in found.analogues]
    assert likelihoods == sorted(likelihoods, reverse=True) and all(map(math.isfinite, likelihoods))
    assert found.properties["mw"] == pytest.approx(151.165, abs=0.01)


def test_likelihoods_are_those_given_the_source(generator: MotifGenerator) -> None:
    best = find(generator).analogues[0]
    actions = {text: encode(read_tree(text), generator.vocabulary) for text in (LEAD, best.smiles)}
    with torch.no_grad():
        aim = Aim(source=generator.read_sources([actions[LEAD]]))
        known = generator.log_likelihood([actions[best.smiles]], aim=aim)
    assert best.log_likelihood == pytest.approx(known.item(), abs=1e-3)


def test_the_same_seed_gives_the_same_whatever_else_is_in_the_list(generator: MotifGenerator, weights: Path) -> None:
    alone = molgan.analogues([LEAD], n=5, weights=weights, budget=256)
    among = molgan.analogues(["Fc1ccccc1", LEAD], n=5, weights=weights, budget=256)
    pd.testing.assert_frame_equal(
        alone.drop(columns="source"), among[among["source"] == "1"].drop(columns="source").reset_index(drop=True)
    )
    seeds = [molgan.analogues([LEAD], n=30, weights=weights, budget=128, temperature=3.0, seed=seed) for seed in (0, 1)]
    assert set(seeds[0]["smiles"]) != set(seeds[1]["smiles"])


def test_targets_rank(generator: MotifGenerator) -> None:
    found = find(generator, changes={"mw": 15.0})
    wanted = found.properties["mw"] + 15
    misses = [abs(each.properties["mw"] - wanted) for each in found.analogues]
    assert misses == sorted(misses)
    values = find(generator, targets={"mw": 130.0})
    misses = [abs(each.properties["mw"] - 130) for each in values.analogues]
    assert misses == sorted(misses)


@pytest.mark.parametrize("keep", ["NC(=O)c1ccccc1", "*c1ccc(*)cc1", "COc1ccccc1"])
def test_a_core_is_kept_in_all(generator: MotifGenerator, keep: str) -> None:
    found = find(generator, keep=keep)
    pattern = Chem.MolFromSmarts(keep.replace("[nH]", "n"))
    assert len(found.analogues) > 1
    assert all(Chem.MolFromSmiles(each.smiles).HasSubstructMatch(pattern) for each in found.analogues)


@pytest.mark.parametrize(
    ("smiles", "asked", "reason"),
    [
        ("[Na+].[Cl-]", {}, "more than one fragment"),
        ("C[Pt]C", {}, "Pt"),
        ("no molecule", {}, "not a SMILES"),
        ("C" * 30, {}, "30 heavy atoms, at most 14"),
        (LEAD, {"keep": "c1ccc2[nH]ncc2c1"}, "is not in the molecule"),
        (LEAD, {"keep": LEAD}, "it is the whole molecule"),
        ("c1ccc2ccccc2c1", {"keep": "c1ccccc1"}, "by a bond of a ring"),
        (LEAD, {"similarity": (0.98, 1.0)}, "none of 256 drawn molecules has a similarity of 0.98 to 1"),
        ("CC(C)OP(C)(=O)F", {}, "misuse"),
    ],
)
def test_what_cannot_be_done_is_a_reason(
    generator: MotifGenerator, smiles: str, asked: dict[str, object], reason: str
) -> None:
    found = find(generator, smiles, **asked)
    assert not found.analogues and found.reason is not None and reason in found.reason


def test_a_bad_row_is_one_row_and_the_rest_goes_on(weights: Path) -> None:
    table = molgan.analogues([LEAD, "C.C", None, "Fc1ccc(F)cc1"], n=3, weights=weights, budget=256)
    assert list(table["source"]) == ["0"] * 3 + ["1", "2"] + ["3"] * 3
    assert list(table["error"].isna()) == [True] * 3 + [False] * 2 + [True] * 3
    assert list(table["rank"].dropna()) == [1, 2, 3] * 2


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"similarity": (0.8, 0.5)}, "0.8:0.5 is not a range"),
        ({"targets": {"logP": 2.0}}, "did you mean 'logp'"),
        ({"targets": {"logp": 2.0}, "changes": {"logp": 1.0}}, "both a value and a change"),
        ({"keep": "C.C"}, "more than one fragment"),
        ({"keep": "*=C"}, "a mark must be bound by a single bond"),
        ({"n": 0}, "n: 0 is not from 1"),
        ({"guidance": 2.0}, "nothing to aim at"),
        ({"temperature": 0.0}, "temperature: 0 is not above 0"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(generator: MotifGenerator, asked: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        find(generator, **asked)


def test_weights_that_read_no_source_are_refused() -> None:
    with pytest.raises(ConfigError, match="cannot read a source molecule"):
        molgan.analogues([LEAD], weights="moses")


def test_targets_outside_the_data_are_told(weights: Path) -> None:
    with pytest.warns(UserWarning, match=r"target logp=9: the training data have -1 to 4"):
        molgan.analogues([LEAD], n=1, weights=weights, targets={"logp": 9.0}, budget=128)
    with pytest.warns(UserWarning, match=r"0: target mw=401.2: the training data have 90 to 210"):
        molgan.analogues([LEAD], n=1, weights=weights, changes={"mw": 250.0}, budget=128)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        molgan.analogues([LEAD], n=1, weights=weights, changes={"mw": 5.0}, budget=128)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("logp=2.5", ("logp", 2.5, False)),
        ("logp=-1.0", ("logp", -1.0, True)),
        ("logp=+1", ("logp", 1.0, True)),
        ("logp==-0.5", ("logp", -0.5, False)),
        ("logp==+3", ("logp", 3.0, False)),
        (" tpsa = 75 ", ("tpsa", 75.0, False)),
    ],
)
def test_a_sign_asks_for_a_change(text: str, read: tuple[str, float, bool]) -> None:
    assert read_target(text) == read


@pytest.mark.parametrize("text", ["logp", "=2", "logp=high", "logp=nan", "logp===2", "logp="])
def test_a_target_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"write --target logp=2\.5"):
        read_target(text)


def test_ranges_are_read() -> None:
    assert read_range("0.5:0.8") == (0.5, 0.8)
    assert read_range(":0.8") == (0.0, 0.8) and read_range("0.5:") == (0.5, 1.0)
    with pytest.raises(InputError, match="not of the form"):
        read_range("a:b")


def test_a_core_is_cut_out_of_the_molecule_with_its_hydrogens() -> None:
    core = KeptCore("c1ccccc1").find(Chem.MolFromSmiles(LEAD))
    assert (core.atoms, core.holes) == (6, 2)
    substituted = KeptCore("c1ccc2[nH]ncc2c1").find(Chem.MolFromSmiles("Cn1ncc2ccccc21"))
    assert substituted.holes == 1


def test_the_verb_writes_table_and_page(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(f"smiles,name\n{LEAD},lead\nC.C,salt\n")
    arguments = ["analogues", str(tmp_path / "leads.csv"), "-n", "4", "--weights", str(weights), "--budget", "256"]
    arguments += ["--target", "logp=-0.5", "-o", str(tmp_path / "out.csv"), "--report", str(tmp_path / "page.html")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "out.csv")
    assert list(table["source"]) == ["lead"] * 4 + ["salt"]
    assert list(table.columns[:7]) == [
        "source",
        "source_smiles",
        "rank",
        "smiles",
        "similarity",
        "change",
        "log_likelihood",
    ]
    assert {"logp_before", "logp_after", "error"} <= set(table.columns)
    page = (tmp_path / "page.html").read_text()
    assert page.count("<figure>") == 4 and "more than one fragment" in page and "#ffd1c2" in page.lower()


def test_a_drawing_colours_what_differs() -> None:
    before, after = draw_change("COc1ccc(C(N)=O)cc1", "CNc1ccc(C(N)=O)cc1")
    assert before is not None and after is not None
    assert before.count("<ellipse") == after.count("<ellipse") == 1
    same, _ = draw_change("C[C@H](F)Cl", "C[C@@H](F)Cl")
    assert same is not None and "<ellipse" not in same


def test_the_page_takes_what_a_user_names() -> None:
    row = {"source": "<b>", "source_smiles": "C", "rank": None, "smiles": None, "similarity": None, "change": None}
    table = pd.DataFrame([{**row, "log_likelihood": None, "error": "why"}])
    source = describe_source(table, [])
    assert (source.name, source.error, source.pairs) == ("<b>", "why", [])
