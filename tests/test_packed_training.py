"""scripts/train_packed.py: what is packed here trains elsewhere, without RDKit, and comes back as weights."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from molgan.models.motif.motif_generator import MotifGenerator

ROOT = Path(__file__).parents[1]
SERIES = [
    f"O=C(N{amine})c1ccc({group})cc1" for amine in ("C", "CC", "C1CC1", "CCO") for group in ["F", "Cl", "Br", "C", "O"]
]
PRIOR = """\
data: {train: molecules.smi}
network: {embedding: 8, hidden: 8, layers: 1, readout: 4, condition: [logp, mw]}
pretrain: {batch_size: 8, least_count: 2}
"""
ANALOGUES = """\
data: {train: molecules.smi}
generator: {weights: prior}
analogues: {batch_size: 8, least_count: 2, network: {width: 8, layers: 1, heads: 1, query: 4}, pairs: {lowest: 0.2}}
"""
# As on a machine without RDKit: none of its modules is found.
WITHOUT = """\
import sys
from importlib.machinery import PathFinder
class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] == "rdkit" else super().find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
sys.path[:0] = [{root!r}, {root!r} + "/scripts"]
from pathlib import Path
import train_packed
train_packed.TRIAL = 4
{call}
"""


@pytest.fixture
def packing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("molecules.smi").write_text("\n".join(SERIES))
    Path("prior.yaml").write_text(PRIOR)
    Path("analogues.yaml").write_text(ANALOGUES)
    return importlib.import_module("train_packed")


def run_without_rdkit(call: str) -> str:
    program = WITHOUT.format(root=str(ROOT), call=call)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_weights_come_back(packing: Any) -> None:
    packing.pack(Path("prior.yaml"), Path("data.xz"))
    told = run_without_rdkit('train_packed.train(Path("data.xz"), Path("out"), 0.0, [], "cpu")')
    assert "4 steps, 1.60 epochs" in told
    packing.join_parts(Path("out/generator"), Path("prior/weights"))
    generator = MotifGenerator.load(Path("prior/weights"))
    assert generator.conditions is not None and generator.conditions.names == ("logp", "mw")
    assert np.isfinite([sample.log_prob for sample in generator.sample(8, seed=0)]).all()


def test_analogues_come_back(packing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    packing.pack(Path("prior.yaml"), Path("data.xz"))
    monkeypatch.setattr(packing, "TRIAL", 4)
    packing.train(Path("data.xz"), Path("out"), 0.0, [], "cpu")
    packing.join_parts(Path("out/generator"), Path("prior/weights"))
    packing.pack_pairs(Path("analogues.yaml"), Path("pairs.xz"), [], 50)
    start = MotifGenerator.load(Path("prior/weights"))
    names = "data.xz", "pairs.xz", "out/generator", "out"
    packing.train_pairs(*map(Path, names), 0.0, [], "cpu")
    packing.join_parts(Path("out/analogues"), Path("analogues/weights"))
    learned = MotifGenerator.load(Path("analogues/weights"))
    assert learned.source is not None and learned.vocabulary == start.vocabulary
    assert not np.allclose(learned.head.weight.detach(), start.head.weight.detach())


def test_parts_are_read_as_they_were_made(packing: Any) -> None:
    packing.pack(Path("prior.yaml"), Path("data.xz"))
    packing.train(Path("data.xz"), Path("out"), 0.0, ["pretrain.batch_size=20"], "cpu")
    packing.join_parts(Path("out/generator"), Path("prior/weights"))
    packing.pack_pairs(Path("analogues.yaml"), Path("pairs.xz"), [], 50)
    about, stored = packing.read_packed(Path("pairs.xz"), [])
    parts = packing.read_parts(about["parts"], stored)
    data, _ = packing.unpack_data(*packing.read_packed(Path("data.xz"), []))
    made = packing.TreeGraphs(data.vocabulary)
    known = packing.TreeGraphs(data.vocabulary, parts)
    sequences = [data[row].tolist() for row in range(len(data))]
    for name, value in made.batch(sequences).to_dict().items():
        assert (value == known.batch(sequences)[name]).all(), name
    assert set(made.parts) <= set(parts)
