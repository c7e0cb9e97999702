"""A file of molecules as dense graphs in canonical order."""

import importlib
from pathlib import Path

import pytest

from molgan.base.errors import InputError, RunError
from molgan.graphs.dense.dense_data import flat_smiles, prepare_dense
from molgan.graphs.dense.dense_graph import decode

TEXTS = ["OCC", "C(O)C", "C[C@H](N)O", "c1ccccc1C#N", "CS", "C1CC", "CCCCCCCCCC", "C[N+](=O)[O-]", "N"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "in.csv").write_text("smiles,id\n" + "".join(f"{text},1\n" for text in TEXTS) + "C,1,2\n")
    return tmp_path / "in.csv"


def test_molecules_are_distinct_in_canonical_order_and_all_rows_are_accounted_for(file: Path) -> None:
    data = prepare_dense(file)
    assert set(data.smiles) == {"CCO", "CC(N)O", "N#Cc1ccccc1", "C[N+](=O)[O-]", "N"}
    assert [molecule.smiles for molecule in decode(data.graphs)] == data.smiles
    assert data.graphs.nodes[data.smiles.index("CCO")].tolist() == [1, 1, 3, 0, 0, 0, 0, 0, 0]
    assert data.sizes[data.smiles.index("C[N+](=O)[O-]")] == 4
    rejected = data.summary["rejected"]
    assert rejected["not a SMILES"] == 1
    assert rejected["10 atoms, at most 9"] == 1
    assert data.summary["read"] == 10
    assert data.summary["kept"] + data.summary["repeated"] + sum(rejected.values()) == 10
    assert (data.summary["kept"], data.summary["repeated"]) == (5, 1)


def test_the_order_does_not_depend_on_the_file(file: Path) -> None:
    turned = file.with_name("turned.csv")
    turned.write_text("smiles,id\n" + "".join(f"{text},1\n" for text in reversed(TEXTS)))
    assert prepare_dense(turned).smiles == prepare_dense(file).smiles
    held_out, rest = prepare_dense(file).part(0, 2), prepare_dense(file).part(2, None)
    assert held_out.smiles + rest.smiles == prepare_dense(file).smiles
    assert len(rest.graphs) == 3


def test_a_second_call_reads_the_cache(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepare_dense(file)
    monkeypatch.setattr("molgan.graphs.dense.dense_data.encode", None)
    again = prepare_dense(file)
    assert (again.graphs.bonds == first.graphs.bonds).all()
    assert again.summary == first.summary


def test_a_file_without_a_small_molecule_is_refused(file: Path) -> None:
    file.write_text("smiles\nCCCCCCCCCC\n")
    with pytest.raises(InputError, match="no molecule of the file fits a dense graph"):
        prepare_dense(file)


def test_stereo_goes() -> None:
    assert flat_smiles("C/C=C/[C@H](F)O") == flat_smiles("OC(F)C=CC")
    assert flat_smiles("C1CC") is None


def test_a_process_that_dies_is_an_error_not_a_wait(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mortal_graphs.py").write_text("import os\ndef die(*given, **options):\n    os.kill(os.getpid(), 9)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("molgan.graphs.dense.dense_data._encode_chunk", importlib.import_module("mortal_graphs").die)
    monkeypatch.setattr("molgan.graphs.dense.dense_data._CHUNK", 2)
    with pytest.raises(RunError, match="a worker process died"):
        prepare_dense(file, processes=2)
