"""A packed model predicts what it predicted before, in a smaller file without a pickle."""

import zipfile

import numpy as np
import pytest
from rdkit import Chem

from molgan.base.errors import WeightsError
from molgan.chem.fingerprints import ecfp
from molgan.chem.shipped_sets import load_reference
from molgan.models.qsar.ensemble import QSARModel
from molgan.models.qsar.fitting import fit
from molgan.models.qsar.measurements import Measured
from molgan.models.qsar.packed import load_packed, save_packed
from molgan.models.qsar.settings import QSARTraining

SMILES = [record.smiles for record in load_reference("moses_reference_1000")[:120]]
MOLS = [Chem.MolFromSmiles(smiles) for smiles in SMILES]
ATOMS = np.array([float(mol.GetNumHeavyAtoms()) for mol in MOLS])


@pytest.fixture(params=["boosting", "forest"])
def model(request):
    settings = QSARTraining(kind=request.param, members=2, rounds=15, trees=5)
    return fit(Measured(SMILES, MOLS, ATOMS, "regression"), np.arange(90), settings, "atoms")


def test_it_predicts_the_same(model, tmp_path):
    save_packed(model, tmp_path / "model.npz")
    packed = load_packed(tmp_path / "model.npz")
    before, after = model.predict(MOLS), packed.predict(MOLS)
    assert after.value == pytest.approx(before.value, rel=1e-3)
    assert after.similarity.tolist() == before.similarity.tolist()
    assert np.ptp(after.value) > 3
    assert packed.description == model.description
    model.save(tmp_path / "folder")
    plain = sum(path.stat().st_size for path in (tmp_path / "folder").iterdir())
    assert (tmp_path / "model.npz").stat().st_size < plain / 2
    again = tmp_path / "again.npz"
    save_packed(model, again)
    assert again.read_bytes() == (tmp_path / "model.npz").read_bytes()


def test_it_holds_no_pickle_and_each_fingerprint_once(model, tmp_path):
    path = tmp_path / "model.npz"
    bits = ecfp([*MOLS[:3], MOLS[0], Chem.MolFromSmiles("[Na]")])
    save_packed(QSARModel(model.description, model.members, bits), path)
    domain = load_packed(path).domain
    assert sorted(map(list, (each.GetOnBits() for each in domain))) == sorted(
        map(list, {tuple(each.GetOnBits()) for each in bits})
    )
    assert len(domain) == 4
    with zipfile.ZipFile(path) as archive:
        assert all(archive.read(name)[:6] == b"\x93NUMPY" for name in archive.namelist())
    with np.load(path, allow_pickle=False) as arrays:
        assert not any(arrays[name].dtype.hasobject for name in arrays.files)


@pytest.mark.parametrize("damage", [lambda content: content[:200], lambda content: b"no model"])
def test_a_damaged_file_is_refused_in_one_line(model, tmp_path, damage):
    path = tmp_path / "model.npz"
    save_packed(model, path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(WeightsError, match=r"model\.npz: damaged") as error:
        load_packed(path)
    assert "\n" not in str(error.value)
    with pytest.raises(WeightsError, match=r"nothing\.npz: damaged"):
        load_packed(tmp_path / "nothing.npz")
