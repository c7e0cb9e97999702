"""A campaign writes the docked poses of its library."""

from pathlib import Path

import pandas as pd
import pytest
from rdkit import Chem

from molgan.campaign.stages.poses import write_poses
from molgan.scoring.scorers.docking.docking import Docking
from molgan.scoring.scorers.docking.docking_processes import Failure, Pose
from molgan.scoring.scorers.docking.ligand import embed
from molgan.scoring.settings import ObjectiveSettings

pytest.importorskip("vina")
pytest.importorskip("meeko")

RECEPTORS = Path(__file__).parents[2] / "data" / "receptors"
LIBRARY = pd.DataFrame({"id": ["MG-b", "MG-x", "MG-a"], "smiles": ["CCO", "CC.O", "CCN"]})


def objective(*components):
    return ObjectiveSettings(components=list(components))


def docking(name):
    files = {"receptor": RECEPTORS / "drd2_6cm4.pdbqt", "ligand": RECEPTORS / "drd2_6cm4_risperidone.sdf"}
    return {"scorer": "docking", "name": name, "parameters": files}


def dock(self, smiles):
    return [Failure("two") if "." in text else Pose(-len(text), Chem.MolToMolBlock(embed(text, 1))) for text in smiles]


def test_each_component_that_docks_has_the_poses_of_the_library_in_its_order(tmp_path, monkeypatch):
    monkeypatch.setattr(Docking, "dock", dock)
    write_poses(LIBRARY, objective({"scorer": "qed"}, docking("d2"), docking("off/target")), tmp_path)
    assert sorted(path.name for path in (tmp_path / "poses").iterdir()) == ["d2.sdf", "off_target.sdf"]
    poses = list(Chem.SDMolSupplier(str(tmp_path / "poses" / "d2.sdf")))
    assert [pose.GetProp("_Name") for pose in poses] == ["MG-b", "MG-a"]
    assert [float(pose.GetProp("d2")) for pose in poses] == [-3, -3]

    write_poses(LIBRARY, objective({"scorer": "qed"}), tmp_path)
    assert not (tmp_path / "poses").exists()
