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
from molgan.scoring.scorers.docking.ligand_forms import find_forms, protonate

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


@pytest.mark.parametrize(
    ("smiles", "first", "count"),
    [
        ("CC(C)Cc1ccc(C(C)C(=O)O)cc1", "CC(C)Cc1ccc(C(C)C(=O)[O-])cc1", 1),
        ("CC(C)Cc1ccc(C(C)C(=O)[O-])cc1", "CC(C)Cc1ccc(C(C)C(=O)[O-])cc1", 1),
        ("CN1CCC(c2ccccc2)CC1", "C[NH+]1CCC(c2ccccc2)CC1", 1),
        ("NCCc1c[nH]cn1", "[NH3+]CCc1c[nH]cn1", 2),
        ("CC(=O)Nc1ccccc1", "CC(=O)Nc1ccccc1", 1),
        ("C[N+](C)(C)CCO", "C[N+](C)(C)CCO", 1),
    ],
)
def test_protomers_are_those_of_the_ph(smiles, first, count):
    pytest.importorskip("dimorphite_dl")
    found = protonate(smiles, 7.4)
    assert found[0] == first and len(found) == count
    assert [Chem.CanonSmiles(form) for form in found] == found
    acid = protonate("CC(C)Cc1ccc(C(C)C(=O)O)cc1", 1.0)
    assert acid[0] == "CC(C)Cc1ccc(C(C)C(=O)O)cc1"


def test_forms_are_isomers_and_protomers_no_more_than_asked_for():
    assert find_forms("CC(F)Cl", ph=None, protomers=4, isomers=1) == ["CC(F)Cl"]
    isomers = find_forms("CC(F)Cl", ph=None, protomers=4, isomers=4)
    assert isomers == ["C[C@@H](F)Cl", "C[C@H](F)Cl"]
    assert find_forms("CC(F)Cl", ph=None, protomers=4, isomers=2) == isomers
    pytest.importorskip("dimorphite_dl")
    both = find_forms("CC(O)C(=O)O", ph=7.4, protomers=4, isomers=4)
    assert both == ["C[C@@H](O)C(=O)[O-]", "C[C@H](O)C(=O)[O-]"]
    assert len(find_forms("NCCc1c[nH]cn1", ph=7.4, protomers=1, isomers=1)) == 1


def test_the_best_of_the_forms_counts_and_is_named(toy_receptor, tmp_path, monkeypatch):
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    settings = {"receptor": toy_receptor, "center": (0, 0, 0), "size": (12, 12, 12), "exhaustiveness": 1}
    plain, spelled = (get_scorer("docking", **settings, isomers=most, processes=1) for most in (1, 4))
    assert plain.key != spelled.key
    isomers = ["C[C@@H](F)Cl", "C[C@H](F)Cl"]
    scores, alone = spelled(["CC(F)Cl", "CCO", "CC(F)Cl.O"]), plain(isomers).values
    assert scores.values[0] == alone.min()
    best = isomers[int(alone.argmin())]
    assert scores.notes[:2] == [f"docked as {best}", None]
    assert "more than one fragment" in scores.errors[2]
    (record,) = spelled.write_poses({"MG-1": "CC(F)Cl"}, "toy")
    assert f">  <form>\n{best}\n".encode() in record


def test_a_ligand_is_docked_as_its_protomer(toy_receptor, tmp_path, monkeypatch):
    pytest.importorskip("dimorphite_dl")
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    settings = {"receptor": toy_receptor, "center": (0, 0, 0), "size": (12, 12, 12), "exhaustiveness": 1}
    scorer = get_scorer("docking", **settings, ph=7.4, processes=1)
    scores = scorer(["CCC(=O)O", "CCO"])
    assert scores.notes == ["docked as CCC(=O)[O-]", None]
    assert scores.values[0] == get_scorer("docking", **settings, processes=1)(["CCC(=O)[O-]"]).values[0]
    assert scorer.key != get_scorer("docking", **settings, ph=5, processes=1).key


def test_without_dimorphite_a_ph_is_refused_in_one_line(monkeypatch):
    from molgan.scoring.scorers.docking import docking

    found = docking.find_spec
    monkeypatch.setattr(docking, "find_spec", lambda name: None if name == "dimorphite_dl" else found(name))
    with pytest.raises(ConfigError, match=r"needs dimorphite_dl: pip install 'molgan\[docking\]'"):
        get_scorer("docking", receptor=D2, ligand=RISPERIDONE, ph=7.4)
    get_scorer("docking", receptor=D2, ligand=RISPERIDONE)


def test_rmsd_does_not_look_at_charges():
    neutral = embed("CCN", seed=1)
    charged = Chem.Mol(neutral)
    charged.GetAtomWithIdx(2).SetFormalCharge(1)
    assert rmsd(charged, neutral) == pytest.approx(0, abs=1e-6)
