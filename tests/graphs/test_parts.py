"""What actions add to properties: sums over a molecule's actions come near its properties."""

from pathlib import Path

import numpy as np
import pytest

from molgan.chem.shipped_sets import load_reference
from molgan.graphs.motif.motif_data import ActionData, prepare
from molgan.graphs.motif.parts import fit_parts, measure_parts
from molgan.scoring.measure import Measure

NAMES = ("rings", "charge", "mw", "tpsa", "fsp3")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ActionData:
    folder = tmp_path_factory.mktemp("data")
    molecules = [record.smiles for record in load_reference("moses_reference_1000")]
    (folder / "in.smi").write_text("\n".join(molecules))
    return prepare(folder / "in.smi", folder, least_count=1, measure=Measure(NAMES))


def test_fitted_sums_are_nearer_than_measured_ones(data: ActionData) -> None:
    assert data.properties is not None
    parts, errors = fit_parts(data, Measure(NAMES))
    measured = measure_parts(data.vocabulary, Measure(NAMES))
    assert parts.shape == (len(data.vocabulary) + 1, len(NAMES)) and errors.shape == (len(NAMES),)
    sums = np.array([parts[data[i].astype(int)].sum(0) + parts[-1] for i in range(len(data))])
    np.testing.assert_allclose(np.abs(data.properties - sums).mean(0), errors, rtol=1e-3, atol=1e-4)
    alone = np.array([measured[data[i].astype(int)].sum(0) for i in range(len(data))])
    assert (errors[:2] < 0.01).all()  # rings and charge are exact
    assert (errors[2:] < 0.7 * np.abs(data.properties - alone).mean(0)[2:]).all()


def test_properties_are_those_of_the_molecules_that_were_kept(tmp_path: Path) -> None:
    (tmp_path / "in.smi").write_text("C.C\nc1ccccc1\nnonsense\nCC[NH3+]\n")
    data = prepare(tmp_path / "in.smi", tmp_path, least_count=1, measure=Measure(NAMES))
    assert data.properties is not None
    assert data.properties[:, :2].tolist() == [[1, 0], [0, 1]]
