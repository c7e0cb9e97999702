"""Design from Python, from the command line, and as a generator of GuacaMol."""

from pathlib import Path

import pandas
import pytest
import torch
from rdkit import Chem
from typer.testing import CliRunner

import molgan
from molgan.base.errors import ConfigError, InputError
from molgan.base.progress import Silent
from molgan.benchmarks.guacamol import DistributionMatching, GoalDirected
from molgan.benchmarks.pmo import pmo
from molgan.cli import app
from molgan.graphs.motif.actions import SPELL, Vocabulary
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings

SMALL = {
    "first": 8, "policy": 8, "regrowth": 4, "crossover": 8, "edit": 8, "updates": 1, "update_size": 4, "bf16": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    motifs = ("C", "O", "N", "C=O", "c1ccccc1", "n1ccccc1", "C1CCNCC1", "F", "C#N")
    generator = MotifGenerator(Vocabulary(motifs, stereo=True), MotifNetworkSettings(embedding=8, hidden=8, layers=1))
    generator.head.bias.data[SPELL] -= 5
    generator.save(folder / "weights")
    return folder


def atoms(smiles: list[str]) -> list[float]:
    return [Chem.MolFromSmiles(one).GetNumAtoms() / 30 for one in smiles]


def test_optimize_gives_a_table_of_every_call(weights: Path) -> None:
    table = molgan.optimize(atoms, 40, 1, start=["C[C@H](N)O"], weights=weights, settings=SMALL)
    columns = ["call", "round", "search", "smiles", "score", "origin", "parents", "best", "error"]
    assert list(table.columns) == columns
    assert len(table) == 40 and table["smiles"][0] == "C[C@H](N)O"
    assert not table["smiles"][1:].str.contains("@").any()  # calls are for constitutions
    assert table.equals(molgan.optimize(atoms, 40, 1, start=["C[C@H](N)O"], weights=weights, settings=SMALL))


def test_start_molecules_come_in_any_form(weights: Path) -> None:
    smiles = ["C[C@H](N)O", "CCO"]
    forms = [
        pandas.Series(smiles, index=["a", "b"]),
        [Chem.MolFromSmiles(text) for text in smiles],
        pandas.DataFrame({"id": [1, 2], "smiles": smiles}),
    ]
    expected = molgan.optimize(atoms, 20, 1, start=smiles, weights=weights, settings=SMALL)
    for form in forms:
        assert molgan.optimize(atoms, 20, 1, start=form, weights=weights, settings=SMALL).equals(expected)
    with pytest.raises(InputError, match="start molecule '': empty"):
        molgan.optimize(atoms, 20, 1, start=[None], weights=weights, settings=SMALL)
    with pytest.raises(InputError, match="brackets"):
        molgan.optimize(atoms, 20, start=Chem.MolFromSmiles("CCO"), weights=weights)


def test_what_the_oracle_gives_no_number_for_is_missing_with_a_reason(weights: Path) -> None:
    def oracle(smiles: list[str]) -> list[float | None]:
        return [None if "N" in text else score for text, score in zip(smiles, atoms(smiles), strict=True)]

    table = molgan.optimize(oracle, 20, 1, start=["CCO", "CCN"], weights=weights, settings=SMALL)
    missing = table["smiles"].str.contains("N")
    assert missing[1] and table["score"].isna().tolist() == missing.tolist()
    assert table["error"].isna().tolist() == (~missing).tolist()
    for answer in (lambda smiles: ["high"] * len(smiles), lambda smiles: 0.5):
        with pytest.raises(InputError, match="not a list of numbers"):
            molgan.optimize(answer, 20, weights=weights, settings=SMALL)


def test_a_seed_that_is_drawn_is_told_and_gives_the_same_again(weights: Path, tmp_path: Path) -> None:
    messages = []

    class Messages(Silent):
        def message(self, text: str) -> None:
            messages.append(text)

    first = molgan.optimize(atoms, 20, None, weights=weights, settings=SMALL, folder=tmp_path, progress=Messages())
    seed = first.attrs["seed"]
    assert messages == [f"optimize: seed {seed} was drawn; the same seed gives the same calls again"]
    assert molgan.optimize(atoms, 20, seed, weights=weights, settings=SMALL).equals(first)
    assert molgan.optimize(atoms, 20, None, weights=weights, settings=SMALL, folder=tmp_path).attrs["seed"] == seed
    assert molgan.optimize(atoms, 20, None, weights=weights, settings=SMALL).attrs["seed"] != seed


def test_wrong_settings_are_one_line(weights: Path) -> None:
    with pytest.raises(ConfigError, match="updates"):
        molgan.optimize(atoms, 10, weights=weights, settings={"update": 3})
    with pytest.raises(InputError, match="brackets"):
        molgan.optimize(atoms, 10, start="CCO", weights=weights)


def test_the_benchmark_prints_ours_beside_the_published(weights: Path, tmp_path: Path) -> None:
    (result,) = pmo(["qed"], budget=20, weights=weights, settings=SMALL, folder=tmp_path)
    assert 0 < result.auc <= result.best_10 and result.calls == 20 and 1 <= result.sa <= 10
    assert (tmp_path / "qed_0.csv").exists()
    with pytest.raises(ConfigError, match="no development task"):
        next(pmo(["qef"], weights=weights))
    arguments = ["benchmark", "pmo", "--tasks", "qed", "--budget", "12", "--weights", str(weights)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert "Genetic GFN" in done.output and "0.942" in done.output


def test_guacamol_generators(weights: Path) -> None:
    class Atoms:
        def score_list(self, smiles_list: list[str]) -> list[float]:
            return [-1.0 if "F" in one else score for one, score in zip(smiles_list, atoms(smiles_list), strict=True)]

    best = GoalDirected(40, weights=weights, settings=SMALL).generate_optimized_molecules(Atoms(), 5)
    assert len(best) == 5 and not any("F" in one for one in best)
    assert atoms(best) == sorted(atoms(best), reverse=True)
    generator = DistributionMatching(weights=weights)
    assert len(generator.generate(7)) == 7
    assert generator.generate(7) != DistributionMatching(weights=weights).generate(7)
