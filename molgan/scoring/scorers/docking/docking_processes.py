"""Docking in processes that keep the receptor's maps; a process that hangs or dies is replaced."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from molgan.scoring.processes.molecule_processes import Failure, MoleculeProcesses, share_processes
from molgan.scoring.scorers.docking.box import Point

__all__ = ["DockingProcesses", "Failure", "Pose", "Task", "shared_processes"]

_MODULE = "molgan.scoring.scorers.docking.docking_worker"


@dataclass(frozen=True, slots=True)
class Task:
    """A docking task: the receptor, the box and the settings, which decide a score together with the ligand."""

    receptor: str
    center: Point
    size: Point
    function: str
    exhaustiveness: int
    seed: int


@dataclass(frozen=True, slots=True)
class Pose:
    """`score` in kcal/mol, low is good; `block` is the pose as a mol block with hydrogens. `form` is the SMILES of the
    protomer or isomer that was docked, "" where that is the molecule as given."""

    score: float
    block: str
    form: str = ""


class DockingProcesses(MoleculeProcesses[Pose]):
    """`count` processes of one core each. They start when the first ligand comes and stay until `close`."""

    def __init__(self, task: Task, count: int, *, timeout: float, module: str = _MODULE) -> None:
        """`timeout`: most seconds per ligand. `module`: the module that the processes run."""
        super().__init__(
            module,
            asdict(task),
            count,
            what="docking",
            timeout=timeout,
            read=lambda answer: Pose(float(answer["score"]), str(answer["pose"])),
        )

    def dock(
        self, smiles: Sequence[str], *, on_pose: Callable[[str, Pose], None] | None = None
    ) -> list[Pose | Failure]:
        """One result per ligand, in order; `on_pose` gets each pose as soon as it is found, in any thread. Raises
        RunError when a process cannot start."""
        return self.ask(smiles, on_result=on_pose)


def shared_processes(task: Task, count: int, timeout: float) -> DockingProcesses:
    """The docking processes for a task: scorers that dock alike share them."""
    return share_processes((task, count, timeout), lambda: DockingProcesses(task, count, timeout=timeout))
