"""A small run folder as a campaign leaves it."""

import json
from pathlib import Path

import pytest

LIBRARY = """\
id,rank,smiles,score,qed,sa,logp,qed_score,sa_score,scaffold,nearest_known,nearest_similarity
M-1,1,O=C(Nc1ccccc1)c1ccncc1,0.91,0.80,1.4,2.1,0.9,0.92,O=C(Nc1ccccc1)c1ccncc1,O=C(Nc1ccccc1)c1ccccc1,0.55
M-2,2,Cc1ccc(C(=O)Nc2ccccc2)cn1,0.88,0.82,1.5,2.4,0.88,0.88,O=C(Nc1ccccc1)c1cccnc1,O=C(Nc1ccccc1)c1ccccc1,0.38
M-3,3,COc1ccc(S(=O)(=O)N2CCOCC2)cc1,0.80,0.84,,1.0,0.9,0.71,O=S(=O)(c1ccccc1)N1CCOCC1,CC(=O)N1CCOCC1,0.31
M-4,4,Cc1ccc(S(=O)(=O)N2CCOCC2)cc1,0.79,0.83,1.6,1.3,0.8,0.78,O=S(=O)(c1ccccc1)N1CCOCC1,,
"""
REJECTED = """\
id,smiles,stage,reason
R-1,CCO,size,2 heavy atoms fewer than 5
R-2,CCC,size,2 heavy atoms fewer than 5
R-3,O=[N+]([O-])c1ccccc1,alerts,BRENK: nitro_group
"""
FUNNEL = [
    {"stage": "valid", "entered": 7, "kept": 7, "seconds": 0.1, "reasons": {}},
    {"stage": "size", "entered": 7, "kept": 5, "seconds": 0.1, "reasons": {"2 heavy atoms fewer than 5": 2}},
    {"stage": "alerts", "entered": 5, "kept": 4, "seconds": 0.2, "reasons": {"BRENK: nitro_group": 1}},
]
METRICS = [
    *({"stage": "adversarial", "step": step, "critic_loss": 0.69 - step / 1000} for step in range(200)),
    {"stage": "reinforce", "step": 0, "score": 0.5, "unique": 1.0},
    {"stage": "reinforce", "step": 1, "score": float("nan"), "unique": 0.4},
    {"stage": "reinforce", "step": 1, "event": "collapse", "message": "rolled back to step 0"},
]
CONFIG = """\
name: toy
objective:
  components:
  - {scorer: qed, weight: 2.0, transform: {name: sigmoid, low: 0.3, high: 0.9, k: 0.5}}
  - {scorer: sa, transform: null}
  aggregation: geometric_mean
"""
MANIFEST = {"name": "toy", "finished": "2025-11-20T09:20:43+00:00", "seed": 7, "versions": {"rdkit": "2026.9.1"}}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "library.csv").write_text(LIBRARY)
    (folder / "rejected.csv").write_text(REJECTED)
    (folder / "funnel.json").write_text(json.dumps(FUNNEL))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in METRICS))
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "reference.csv").write_text("qed,sa,logp\n0.7,2.0,1.0\n0.6,2.5,3.0\n")
    return folder
