"""Docking: the box, the ligand, processes that hang or die, the poses kept."""

import math
import os
import signal
import time
from pathlib import Path

import pytest
from rdkit import Chem

from molgan.base.errors import ConfigError, RunError
from molgan.scoring.registry import get_scorer
from molgan.scoring.scorers.docking.box import Box, read_ligand
from molgan.scoring.scorers.docking.docking_processes import DockingProcesses, Failure, Pose, Task
from molgan.scoring.scorers.docking.ligand import embed, rmsd

pytest.importorskip("vina")
pytest.importorskip("meeko")

RECEPTORS = Path(__file__).parents[2] / "data" / "receptors"
D2 = RECEPTORS / "drd2_6cm4.pdbqt"
RISPERIDONE = RECEPTORS / "drd2_6cm4_risperidone.sdf"

TASK = Task("receptor.pdbqt", (0, 0, 0), (20, 20, 20), "vina", 1, 0)

# Answers as the real worker does, with the number of its process as the pose; what the ligand is decides how it fails.
TOY = """
import json, os, sys, time
for line in sys.stdin:
    question = json.loads(line)
    if isinstance(question, dict):
        print("null", flush=True)
        continue
    smiles, seconds = question
    if smiles == "hangs":
        time.sleep(60)
    elif smiles == "dies":
        os.abort()
    elif smiles == "babbles":
        print("WARNING: not JSON", flush=True)
    elif smiles == "fails":
        print(json.dumps({"error": "no 3D structure found"}), flush=True)
    else:
        time.sleep(0.05)
        print(json.dumps({"score": -float(len(smiles)), "pose": str(os.getpid())}), flush=True)
"""


@pytest.fixture
def toys(tmp_path, monkeypatch):
    (tmp_path / "docking_toy.py").write_text(TOY)
    monkeypatch.syspath_prepend(tmp_path)
    processes = DockingProcesses(TASK, 2, timeout=2.0, module="docking_toy")
    yield processes
    processes.close()


@pytest.fixture
def toy_receptor(tmp_path):
    """Four carbon atoms about the origin."""
    path = tmp_path / "receptor.pdbqt"
    corners = [(6, 6, 6), (-6, -6, 6), (-6, 6, -6), (6, -6, -6)]
    path.write_text(
        "".join(
            f"ATOM  {i:>5}  C   ALA A{i:>4}    {x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00     0.000 C \n"
            for i, (x, y, z) in enumerate(corners, 1)
        )
    )
    return path


def test_poses_come_in_order_from_both_processes(toys):
    ligands = ["C" * length for length in range(1, 11)]
    seen = []
    poses = toys.dock(ligands, on_pose=lambda smiles, pose: seen.append(smiles))
    assert [pose.score for pose in poses] == [-length for length in range(1, 11)]
    assert len({pose.block for pose in poses}) == 2
    assert sorted(seen) == sorted(ligands)


def test_a_ligand_that_hangs_dies_or_babbles_is_a_failure_with_its_reason_and_the_rest_goes_on(toys):
    began = time.monotonic()
    results = toys.dock(["C", "hangs", "dies", "CC", "babbles", "fails", "CCC"])
    assert time.monotonic() - began < 20
    assert results == [
        Pose(-1, results[0].block),
        Failure("docking took longer than 2 s"),
        Failure("the docking process ended by itself (SIGABRT)"),
        Pose(-2, results[3].block),
        Failure("the docking process answered 'WARNING: not JSON\\n'"),
        Failure("no 3D structure found"),
        Pose(-3, results[6].block),
    ]


def test_a_process_that_died_while_nobody_asked_costs_no_ligand_its_pose(toys):
    toys.dock(["C", "CC"])
    for worker in toys._workers:
        os.kill(worker.pid, signal.SIGKILL)
        worker._process.wait()
    assert [pose.score for pose in toys.dock(["C", "CC"])] == [-1, -2]


def test_a_process_that_cannot_start_ends_it_with_one_line():
    with pytest.raises(RunError, match=r"docking does not start: .*receptor\.pdbqt"):
        DockingProcesses(TASK, 1, timeout=1.0).dock(["C"])


def test_a_box_is_the_ligand_and_its_padding_or_a_size_about_its_center():
    ligand = read_ligand(RISPERIDONE)
    box = Box.around(ligand, size=(24, 24, 24))
    assert box.center == (13.621, -1.02, 59.983)
    assert box.size == (24, 24, 24)
    heavy = [atom.GetIdx() for atom in ligand.GetAtoms() if atom.GetAtomicNum() > 1]
    positions = ligand.GetConformer().GetPositions()[heavy]
    padded = Box.around(ligand, padding=3.0)
    margins = [padded.size[axis] / 2 - abs(positions[:, axis] - padded.center[axis]).max() for axis in range(3)]
    assert margins == pytest.approx([3, 3, 3], abs=2e-3)


def test_rmsd_takes_symmetry_into_account_and_does_not_align():
    toluene = embed("Cc1ccccc1", seed=1)
    turned = Chem.RenumberAtoms(toluene, [0, 1, 6, 5, 4, 3, 2, *range(7, toluene.GetNumAtoms())])
    assert rmsd(turned, toluene) == pytest.approx(0, abs=1e-6)
    moved = Chem.Mol(toluene)
    conformer = moved.GetConformer()
    for atom in range(moved.GetNumAtoms()):
        position = conformer.GetAtomPosition(atom)
        conformer.SetAtomPosition(atom, (position.x + 2, position.y, position.z))
    assert rmsd(moved, toluene) == pytest.approx(2)


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"receptor": "nothing.pdbqt"}, "no such file: nothing.pdbqt"),
        ({"receptor": RISPERIDONE}, "not a receptor in PDBQT format"),
        ({"receptor": D2, "ligand": D2}, "no readable molecule"),
        ({"receptor": D2, "ligand": None}, "either ligand"),
        ({"receptor": D2, "center": (0, 0, 0)}, "either ligand"),
        ({"receptor": D2, "ligand": None, "center": (0, 0, 0)}, "needs `size`"),
        ({"receptor": D2, "ligand": None, "center": (900, 0, 0), "size": (20, 20, 20)}, "contains no atom of"),
        ({"receptor": D2, "size": (20, 20, 0)}, "1 to 80"),
        ({"receptor": D2, "exhaustivness": 4}, "did you mean 'exhaustiveness'?"),
    ],
)
def test_wrong_parameters_are_refused_in_one_line(parameters, told):
    with pytest.raises(ConfigError, match=told.replace("?", r"\?")) as error:
        get_scorer("docking", **{"ligand": RISPERIDONE, **parameters})
    assert "\n" not in str(error.value)


def test_a_pdb_file_is_no_receptor(tmp_path):
    path = tmp_path / "receptor.pdb"
    path.write_text("ATOM      1  N   ASN A  35       6.051  -1.119  80.687  1.00108.95           N1+\n")
    with pytest.raises(ConfigError, match=r"receptor\.pdb: .*mk_prepare_receptor"):
        get_scorer("docking", receptor=path, ligand=RISPERIDONE)


def test_ligands_are_docked_once_and_alike_and_their_poses_are_written(toy_receptor, tmp_path, monkeypatch):
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    settings = {"receptor": toy_receptor, "center": (0, 0, 0), "size": (12, 12, 12), "exhaustiveness": 1}
    scorer = get_scorer("docking", **settings, processes=1)
    scores = scorer(["CCO", "OCC", "CC.O", "CB(O)O", "none"])
    assert scores.values[0] == scores.values[1]
    assert -5 < scores.values[0] < 0
    assert "more than one fragment" in scores.errors[2]
    assert [math.isnan(value) for value in scores.values] == [False, False, True, True, True]
    assert scores.counts.failed == 2

    stored = scorer.dock(["CCO"])
    again = DockingProcesses(Task(str(toy_receptor), (0, 0, 0), (12, 12, 12), "vina", 1, 0), 1, timeout=60)
    assert again.dock(["C", "CCO"])[1:] == stored  # the same pose, whatever was docked before it
    again.close()

    records = b"".join(scorer.write_poses({"MG-1": "CCO", "MG-2": "CC.O"}, "toy"))
    path = tmp_path / "poses.sdf"
    path.write_bytes(records)
    (pose,) = Chem.SDMolSupplier(str(path))
    assert (pose.GetProp("_Name"), float(pose.GetProp("toy"))) == ("MG-1", scores.values[0])
    assert Chem.MolToSmiles(pose) == "CCO"
    assert pose.GetConformer().Is3D()
