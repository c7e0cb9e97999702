"""Docked poses on disk: the same ligand, receptor, box and settings are docked once."""

import json
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from molgan.base import cache_folder as cache
from molgan.scoring.scorers.docking.docking_processes import Pose, Task

# Raise it when ligands are prepared or docked in another way.
_KIND = "poses-v1"


class PoseStore:
    """The poses of one task in molgan's cache folder, one file per ligand. Failures are not stored.

    `key` is a hash of all that decides a pose apart from the ligand.
    """

    def __init__(self, task: Task) -> None:
        receptor = sha256(Path(task.receptor).read_bytes()).hexdigest()
        versions = [f"{package} {version(package)}" for package in ("vina", "meeko", "rdkit")]
        box = [f"{length:.3f}" for length in (*task.center, *task.size)]
        self.key = cache.content_hash(
            [receptor, *box, task.function, str(task.exhaustiveness), str(task.seed), *versions]
        )

    def get(self, smiles: str) -> Pose | None:
        """The pose of a ligand, by its canonical SMILES."""
        try:
            found = json.loads(self._path(smiles).read_text())
            return Pose(found["score"], found["block"]) if found["smiles"] == smiles else None
        except (OSError, ValueError, KeyError):
            return None

    def put(self, smiles: str, pose: Pose) -> None:
        """Store a pose; on a full or read-only disk it is not stored, which costs time later."""
        content = json.dumps({"smiles": smiles, "score": pose.score, "block": pose.block})
        with suppress(OSError), cache.store(self._path(smiles)) as file:
            file.write(content.encode())

    def _path(self, smiles: str) -> Path:
        return cache.entry(_KIND, f"{self.key}/{cache.content_hash([smiles])}", ".json")
