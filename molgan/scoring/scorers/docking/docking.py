"""Docking scores."""

import math
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Literal

from pydantic import Field, model_validator
from rdkit import Chem

from molgan.base.errors import ConfigError
from molgan.base.parallel import cores
from molgan.base.settings import InputPath, Settings
from molgan.scoring.base import Score, Scorer
from molgan.scoring.cost_class import Cost
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.scorers.docking.box import Box, Point, read_ligand, receptor_atoms
from molgan.scoring.scorers.docking.docking_processes import DockingProcesses, Failure, Pose, Task, shared_processes
from molgan.scoring.scorers.docking.ligand_forms import find_forms
from molgan.scoring.scorers.docking.pose_store import PoseStore
from molgan.scoring.transforms import ReverseSigmoid

_SAVED_AT_ONCE = 64


class Docking(Scorer):
    """J. Eberhardt et al., JCIM 61, 3891 (2021); the scoring function: O. Trott and A. J. Olson, J. Comput. Chem. 31,
    455 (2010), or Vinardo: R. Quiroga and M. A. Villarreal, PLoS ONE 11, e0155183 (2016).

    Each ligand is docked in a process of its own, one core each, from one conformer; the same ligand and settings give
    the same pose. What has been docked is kept in molgan's cache folder and not docked again. Of the protomers and
    isomers of a molecule the one with the best score counts; the note of the value names it.
    """

    name = "docking"
    summary = "Best score by AutoDock Vina in a receptor's pocket"
    unit = "kcal/mol"
    direction = "low"
    costly = True
    cost = Cost.SIMULATION
    waits = True
    default_transform = ReverseSigmoid(low=-12, high=-6)

    class Parameters(Settings):
        """The box is given by `center` and `size`, or by `ligand` and either `size` or `padding`."""

        receptor: InputPath = Field(
            description="Rigid receptor, a PDBQT file; Meeko's mk_prepare_receptor.py makes one of a PDB file"
        )
        ligand: InputPath | None = Field(
            None, description="SDF file with a ligand in place; the mean of its heavy atoms is the center"
        )
        center: Point | None = Field(None, description="Center of the box: x, y, z in Å")
        size: Point | None = Field(None, description="Lengths of the box along x, y and z, 1 to 80 Å")
        padding: float = Field(
            default=5.0,
            ge=0,
            le=30,
            description="Å of the box beyond the outermost atoms of the ligand, without `size`",
        )
        function: Literal["vina", "vinardo"] = Field("vina", description="Scoring function")
        exhaustiveness: int = Field(
            default=8,
            ge=1,
            le=128,
            description="Independent searches per ligand: 1 is enough to steer a campaign, more to believe a pose",
        )
        ph: float | None = Field(
            default=None,
            ge=0,
            le=14,
            description="pH at which ligands are docked, 7.4 for most proteins; charges as written by default",
        )
        protomers: int = Field(
            default=4, ge=1, le=16, description="Most protomers docked of a molecule at `ph`; the best counts"
        )
        isomers: int = Field(
            default=1,
            ge=1,
            le=16,
            description="Most isomers docked of a molecule with open stereo, the best counts; 1 leaves it to the seed",
        )
        seed: int = Field(default=0, ge=0, lt=2**31 - 1, description="Seed of the conformer and of the search")
        timeout: float = Field(
            default=120.0,
            gt=0,
            description="Seconds that a ligand may take before it is given up, with no value",
        )
        processes: int | None = Field(
            default=None,
            ge=1,
            description="Processes that dock, all cores by default; give 1 where Ray's workers score",
        )

        @model_validator(mode="after")
        def _check_box(self) -> "Docking.Parameters":
            if (self.ligand is None) == (self.center is None):
                raise ValueError("give either ligand (a file) or center (x, y, z) for the box")
            if self.center is not None and self.size is None:
                raise ValueError("a box around `center` needs `size`, three lengths in Å")
            if self.size is not None and not all(1 <= length <= 80 for length in self.size):
                raise ValueError("size: give three lengths of 1 to 80 Å")
            return self

    parameters: Parameters

    def __init__(self, **parameters: object) -> None:
        """Raises ConfigError also for a file that is not a receptor or ligand, and for a box that misses the
        receptor."""
        super().__init__(**parameters)
        needed = ("vina", "meeko") if self.parameters.ph is None else ("vina", "meeko", "dimorphite_dl")
        if missing := [name for name in needed if find_spec(name) is None]:
            raise ConfigError(f"scorer 'docking' needs {' and '.join(missing)}: pip install 'molgan[docking]'")
        if not self.box.holds_any(receptor_atoms(self.parameters.receptor)):
            raise ConfigError(f"the box around {self.box.center} contains no atom of {self.parameters.receptor}")

    @cached_property
    def box(self) -> Box:
        """The docking box."""
        chosen = self.parameters
        if chosen.ligand is not None:
            return Box.around(read_ligand(chosen.ligand), size=chosen.size, padding=chosen.padding)
        assert chosen.center is not None and chosen.size is not None
        return Box(chosen.center, chosen.size)

    def dock(self, smiles: Sequence[str]) -> list[Pose | Failure]:
        """The best pose over its forms, or the reason of the failure, for each molecule (canonical SMILES), in order;
        each pose is stored on disk once docked. Raises RunError when docking does not start."""
        forms = {text: self._find_forms(text) for text in dict.fromkeys(smiles)}
        wanted = list(dict.fromkeys(form for found in forms.values() if isinstance(found, list) for form in found))
        known = {form: pose for form in wanted if (pose := self._store.get(form)) is not None}
        new = [form for form in wanted if form not in known]
        docked = dict(zip(new, self._processes.dock(new, on_pose=self._store.put), strict=True)) if new else {}
        best = {text: _choose(text, found, known | docked) for text, found in forms.items()}
        return [best[text] for text in smiles]

    def _find_forms(self, smiles: str) -> "list[str] | Failure":
        chosen = self.parameters
        if chosen.ph is None and chosen.isomers == 1:
            return [smiles]
        try:
            return find_forms(smiles, ph=chosen.ph, protomers=chosen.protomers, isomers=chosen.isomers)
        except ValueError as error:
            return Failure(error)

    def write_poses(self, library: Mapping[str, str], column: str) -> Iterator[bytes]:
        """SDF records of the molecules (id → canonical SMILES) that dock, with the score as property `column`."""
        identifiers = list(library)
        for start in range(0, len(identifiers), _SAVED_AT_ONCE):
            part = identifiers[start : start + _SAVED_AT_ONCE]
            for identifier, pose in zip(part, self.dock([library[identifier] for identifier in part]), strict=True):
                if isinstance(pose, Pose):
                    form = {"form": pose.form} if pose.form else {}
                    yield _record(pose, identifier, {"smiles": library[identifier], **form, column: f"{pose.score:g}"})

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        return [score.value for score in self._scores([Chem.MolToSmiles(mol) for mol in mols])]

    def _score_isolated(self, molecules: list[Descriptors]) -> list[Score]:
        return self._scores([molecule.smiles for molecule in molecules])

    def _scores(self, smiles: list[str]) -> list[Score]:
        return [
            Score(math.nan, str(result))
            if isinstance(result, Failure)
            else Score(result.score, None, f"docked as {result.form}" if result.form else None)
            for result in self.dock(smiles)
        ]

    def _key(self) -> dict[str, Any]:
        # The content of the receptor's file counts, not its path or the number of processes.
        chosen = self.parameters
        forms: list[Any] = [] if chosen.isomers == 1 else [chosen.isomers]
        if chosen.ph is not None:
            forms += [chosen.ph, chosen.protomers, version("dimorphite_dl")]
        return {
            "scorer": self.name,
            "version": self.version,
            "poses": self._store.key,
            **({"forms": forms} if forms else {}),
        }

    @cached_property
    def _task(self) -> Task:
        chosen = self.parameters
        return Task(
            receptor=str(chosen.receptor),
            center=self.box.center,
            size=self.box.size,
            function=chosen.function,
            exhaustiveness=chosen.exhaustiveness,
            seed=chosen.seed,
        )

    @cached_property
    def _store(self) -> PoseStore:
        return PoseStore(self._task)

    @property
    def _processes(self) -> DockingProcesses:
        most = 1 if multiprocessing.parent_process() else cores()
        return shared_processes(self._task, self.parameters.processes or most, self.parameters.timeout)


def _choose(smiles: str, forms: list[str] | Failure, results: Mapping[str, Pose | Failure]) -> Pose | Failure:
    """The best pose of the forms, or the reason why the first of them has none."""
    if isinstance(forms, Failure):
        return forms
    found = [(form, results[form]) for form in forms]
    poses = [replace(pose, form="" if form == smiles else form) for form, pose in found if isinstance(pose, Pose)]
    return min(poses, key=lambda pose: pose.score) if poses else found[0][1]


def _record(pose: Pose, identifier: str, properties: Mapping[str, str]) -> bytes:
    _, _, block = pose.block.partition("\n")
    fields = "".join(f">  <{name}>\n{value}\n\n" for name, value in properties.items())
    return f"{identifier}\n{block.rstrip()}\n{fields}$$$$\n".encode()
