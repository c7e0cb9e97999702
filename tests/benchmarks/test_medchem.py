"""The figures that scripts/benchmarks/medchem.py prints: their definitions, and the LSTM that it compares with."""

import importlib
import math
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from rdkit import Chem
from rdkit.DataStructs import TanimotoSimilarity

from molgan.base.errors import InputError, WeightsError
from molgan.base.progress import Silent

FOLDER = Path(__file__).parents[2] / "scripts" / "benchmarks"
ZWITTERION = "C[N+](C)(C)CC(=O)[O-]"
SMILES = ["CCO", "C[C@H](N)C(=O)O", "CC(N)C(=O)O", "Clc1ccccc1Br", "C/C=C/C", ZWITTERION, "CCCCCCCCN", "c1ccsc1"]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


# GuacaMol


def test_what_is_the_same_does_not_diverge(load: Any) -> None:
    guacamol = load("guacamol_scores")
    real = guacamol.describe(SMILES)
    assert len(real.descriptors) == len(SMILES) - 1, "alanine counts once, without its stereo"
    divergences = guacamol.compute_divergences(real, real)
    assert len(divergences) == 10
    assert guacamol.score_divergences(divergences) == pytest.approx(1)
    assert guacamol.score_distance(0) == 1
    assert guacamol.score_distance(1) == pytest.approx(math.exp(-0.2))


def test_divergences_of_known_values(load: Any) -> None:
    guacamol = load("guacamol_scores")
    real, sampled = np.repeat([0.0, 10.0], [5, 5]), np.repeat([0.0, 10.0], [8, 2])
    expected = 0.5 * math.log(0.5 / 0.8) + 0.5 * math.log(0.5 / 0.2)
    assert guacamol.diverge_discrete(real, sampled) == pytest.approx(expected)
    assert guacamol.diverge_discrete(real, np.append(sampled, 99.0)) == pytest.approx(expected), "beyond the real bins"
    random = np.random.default_rng(0)
    normal = random.normal(size=4000)
    # KL of N(0, 1) from N(1, 1) is 1/2; the kernel widens both.
    assert guacamol.diverge_continuous(normal, random.normal(1, 1, size=4000)) == pytest.approx(0.5, rel=0.15)
    assert guacamol.score_divergences({"a": 0.0, "b": math.log(2)}) == pytest.approx(0.75)
    assert math.isnan(guacamol.diverge_continuous(np.ones(4), normal))


def test_the_nearest_other(load: Any) -> None:
    guacamol, fragments = load("guacamol_scores"), load("medchem_fragments")
    prints = fragments.fingerprint([Chem.MolFromSmiles(text) for text in SMILES[3:]], 4096)
    expected = [max(TanimotoSimilarity(a, b) for b in prints if b is not a) for a in prints]
    assert guacamol.find_nearest(prints) == pytest.approx(expected)
    assert guacamol.find_nearest(prints[:1]) == [0]


# Ring systems, stereo, charges


def test_traits(load: Any) -> None:
    traits = load("medchem_traits")
    found = traits.find_traits(["C[C@H](N)C(=O)O", "CC(N)C(=O)O", "not a molecule", "C/C=C/C", "CC=CC", None])
    assert len(found) == 4
    rows = traits.summarise(found)
    assert rows["with a defined stereo centre"] == 0.25
    assert rows["defined stereo centres a molecule"] == 0.25
    assert rows["defined, of possible stereo centres"] == 0.5
    assert rows["with a defined double bond"] == 0.25
    assert rows["defined, of possible double bonds"] == 0.5
    assert rows["net charge +0"] == 1
    assert rows["heavy atoms"] == "5.00 ± 1.00"


@pytest.mark.parametrize(
    ("smiles", "charged"),
    [("C[N+](=O)[O-]", False), ("C[N+](C)(C)C", True), ("[O-][N+](=O)CC[N+](C)(C)C", True), ("CC[N+](C)(C)[O-]", True)],
)
def test_a_nitro_group_has_no_charge(load: Any, smiles: str, charged: bool) -> None:
    assert load("medchem_traits").is_charged(Chem.MolFromSmiles(smiles)) == charged


def test_unknown_ring_systems(load: Any) -> None:
    traits = load("medchem_traits")
    known = {ring for each in traits.find_traits(["Cc1ccccc1", "O=C1CCCN1C"]) for ring in each.rings}
    assert known == {"c1ccccc1", "O=C1CCCN1"}
    judged = traits.find_traits(["CCO", "Oc1ccc(C)cc1", "O=C1CCCN1c1ccccc1", "C1CCNC1", "C1CC12CCNC2"])
    assert traits.find_share_with_unknown_rings(judged, known) == pytest.approx(2 / 5)
    assert math.isnan(traits.find_share_with_unknown_rings([], known))


# The character LSTM


def test_tokens(load: Any) -> None:
    lstm = load("smiles_lstm")
    assert lstm.tokenise("BrC[C@@H]1N%10Cl") == ["Br", "C", "[C@@H]", "1", "N", "%10", "Cl"]
    alphabet = lstm.Alphabet.of(SMILES)
    assert alphabet.tokens[0] == "C", "the most frequent comes first"
    for text in SMILES:
        numbers = alphabet.encode(text)
        assert numbers[-1] == lstm.END and lstm.END not in numbers[:-1]
        assert alphabet.decode(numbers) == text
    assert alphabet.encode("CCP") is None


@pytest.fixture
def lstm(load: Any, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module: ModuleType = load("smiles_lstm")
    monkeypatch.setattr(module, "HIDDEN", 16)
    return module


def test_padding_does_not_change_a_likelihood(lstm: Any) -> None:
    torch.manual_seed(0)
    model = lstm.SmilesLSTM(lstm.Alphabet.of(SMILES), embedding=8).eval()
    sequences = [np.array(model.alphabet.encode(text)) for text in SMILES]
    together = model.find_nats(sequences)
    torch.testing.assert_close(together, torch.cat([model.find_nats([each]) for each in sequences]))
    dropped = [model.find_nats(sequences, dropout=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(dropped[0], dropped[1])
    assert not torch.allclose(dropped[0], dropped[2])


def test_samples_follow_the_likelihood(lstm: Any) -> None:
    torch.manual_seed(0)
    model = lstm.SmilesLSTM(lstm.Alphabet(("C", "O")), embedding=8, longest=4).eval()
    drawn = model.sample(3000, seed=0, bf16=False)
    assert drawn == model.sample(3000, seed=0, bf16=False)
    for text in ("C", "OC", "CCO"):
        with torch.no_grad():
            chance = float(torch.exp(-model.find_nats([np.array(model.alphabet.encode(text))])))
        assert drawn.count(text) / len(drawn) == pytest.approx(chance, abs=4 * math.sqrt(chance / len(drawn)))


def test_a_training_goes_on_where_it_stopped(
    lstm: Any, load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = load("lstm_training")
    monkeypatch.setattr(training, "BATCH", 4)
    ticks = count()
    monkeypatch.setattr(training.time, "process_time", lambda: float(next(ticks)))

    alphabet = lstm.Alphabet.of(SMILES)

    def train(name: str, smiles: list[str] = SMILES, seconds: float = 9.0, **options: Any) -> Any:
        corpus = training.Corpus.of(smiles, alphabet)
        return training.train(tmp_path / name, alphabet, corpus, seconds, embedding=8, progress=Silent(), **options)

    whole = train("whole").state_dict()

    updates = count()
    update = training.update

    def fail(*given: Any) -> float:
        if next(updates) == 5:
            raise KeyboardInterrupt
        return update(*given)

    monkeypatch.setattr(training, "update", fail)
    with pytest.raises(KeyboardInterrupt):
        train("cut", checkpoint_every=2.0)
    assert 0 < training.load_state(tmp_path / "cut")["step"] < 5
    model = train("cut")
    assert all(torch.equal(tensor, whole[name]) for name, tensor in model.state_dict().items())
    assert training.load_state(tmp_path / "cut")["seconds"] == 9
    with pytest.raises(WeightsError, match="another training"):
        train("cut", SMILES[:4], 20.0)


def test_the_learning_rate_falls_in_the_second_half(load: Any) -> None:
    training = load("lstm_training")
    rates = [training.find_rate(used, 100) / training.LEARNING_RATE for used in (0, 50, 75, 100, 101)]
    assert rates == [1, 1, 0.5, 0, 0]


# Control


def test_aims_and_errors(load: Any) -> None:
    control = load("medchem_control")
    assert control.find_aims(np.append(np.arange(101.0), np.nan)) == pytest.approx([5, 27.5, 50, 72.5, 95])
    assert control.find_error(np.array([1.0, 2.0, np.nan]), 3.0) == 1.5
    draw = control.Drawing(None, 4, 1, Silent()).measure(["CCO", "OCC", "CC", "C(C"])
    assert control.find_shares([draw]) == (0.75, pytest.approx(2 / 3))
    assert draw.column("mw") == pytest.approx([46.069, 46.069, 30.07], abs=0.01)


# Fragments


def test_cores(load: Any) -> None:
    fragments = load("medchem_fragments")
    assert fragments.make_core("[1*][C@H](CN1CCCC1)[C@H]([2*])c1ccccc1") == "*C(CN1CCCC1)C(*)c1ccccc1"
    assert fragments.make_core("[2*]C#C.[14*]OCC").count("*") == 2
    random = np.random.default_rng(0)
    marked = [fragments.mark_core("c1ccc2[nH]ccc2c1", random) for _ in range(40)]
    assert {text.count("*") for text in marked} == {1, 2, 3}
    assert any("n(*)" in text or "*n" in text for text in marked), "a hydrogen of nitrogen is one as well"
    assert all(Chem.MolFromSmiles(text).HasSubstructMatch(fragments.make_query(text)) for text in marked)


def test_figures_of_a_task(load: Any) -> None:
    fragments = load("medchem_fragments")
    task = fragments.Task("DRUG", "CCNc1ccccc1", "[1*]c1ccccc1.[2*]CC")
    samples = ["CCNc1ccccc1", "c1ccccc1NCC", "CCOc1ccccc1", "Cc1ccccc1", None, "not a molecule", "C.CCc1ccccc1", "CCO"]
    figures = fragments.judge(samples, task)
    assert figures["valid"] == 3 / 8
    assert figures["unique"] == 2 / 3
    assert figures["diversity"] == pytest.approx(2 * figures["distance"], rel=0.05), "one of the two is the drug itself"
    only = fragments.judge(["CCNc1ccccc1"], task)
    assert (only["diversity"], only["distance"]) == (0, 0)
    none = fragments.judge(["C", None], task)
    assert (none["valid"], none["unique"], none["quality"]) == (0, 0, 0)
    assert math.isnan(none["diversity"])


def test_quality_is_a_share_of_all_samples(load: Any) -> None:
    fragments = load("medchem_fragments")
    drug = "CC(C)NCC(O)COc1cccc2ccccc12"  # propranolol: QED .84, SA 2.2
    task = fragments.Task("PROPRANOLOL", drug, "[1*]c1cccc2ccccc12")
    assert fragments.judge([drug, drug, "c1ccc2ccccc2c1", None], task)["quality"] == 0.25


def test_superstructures_have_several_cores(load: Any) -> None:
    fragments = load("medchem_fragments")
    task = fragments.Task("DRUG", "CCNc1ccccc1", "c1ccc(Oc2ccccc2)cc1")
    plan = list(fragments.plan_draws(fragments.SUPERSTRUCTURE, task, 25, seed=1))
    assert sum(part for _, part, _ in plan) == 25
    assert len({core for core, _, _ in plan}) > 3
    assert len({seed for _, _, seed in plan}) == fragments.DRAWS
    linked = fragments.Task("DRUG", "CCNc1ccccc1", "[1*]c1ccccc1.[2*]CC")
    assert list(fragments.plan_draws(fragments.LINKER, linked, 25, seed=1)) == [("*CC.*c1ccccc1", 25, 1)]


def test_a_file_of_fragments(load: Any, tmp_path: Path) -> None:
    fragments = load("medchem_fragments")
    path = tmp_path / "fragments.csv"
    path.write_text(f"name,smiles,{','.join(fragments.GENMOL_V2)}\nDRUG,CCO,a,b,c,d\n")
    assert fragments.read_tasks(path)[fragments.MOTIF] == [fragments.Task("DRUG", "CCO", "b")]
    path.write_text("name,smiles\nDRUG,CCO\n")
    with pytest.raises(InputError, match="no column 'linker_design'"):
        fragments.read_tasks(path)
    with pytest.raises(InputError, match="No such file"):
        fragments.read_tasks(tmp_path / "nothing.csv")


# Tables


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345, "12,345"),
        (1234.5, "1,234"),
        (345.67, "345.7"),
        (34.567, "34.57"),
        (1.0, "1.000"),
        (0.0643, ".064"),
        (-0.5, "-.500"),
        (float("nan"), ""),
        (None, ""),
        ("≤ 0.20", "≤ 0.20"),
    ],
)
def test_cells(load: Any, value: object, text: str) -> None:
    assert load("medchem_sets").write_cell(value) == text
