"""Docking in processes that keep the receptor's maps; a process that hangs or dies is replaced."""

import atexit
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from queue import SimpleQueue

from molgan.base.errors import RunError
from molgan.base.worker_process import Died, Garbled, Late, NotStarted, WorkerProcess
from molgan.scoring.scorers.docking.box import Point

_MODULE = "molgan.scoring.scorers.docking.docking_worker"
_SECONDS_TO_START = 600.0


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
    """`score` in kcal/mol, low is good; `block` is the pose as a mol block with hydrogens."""

    score: float
    block: str


class Failure(str):
    """The reason why a ligand has no pose."""


class DockingProcesses:
    """`count` processes of one core each. They start when the first ligand comes and stay until `close`."""

    def __init__(self, task: Task, count: int, *, timeout: float, module: str = _MODULE) -> None:
        """`timeout`: most seconds per ligand. `module`: the module that the processes run."""
        self._timeout = timeout
        self._workers = [
            WorkerProcess(
                module, asdict(task), seconds_to_start=_SECONDS_TO_START, environment={"OMP_NUM_THREADS": "1"}
            )
            for _ in range(count)
        ]
        self._idle: SimpleQueue[WorkerProcess] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def dock(
        self, smiles: Sequence[str], *, on_pose: Callable[[str, Pose], None] | None = None
    ) -> list[Pose | Failure]:
        """One result per ligand, in order; `on_pose` gets each pose as soon as it is found, in any thread. Raises
        RunError when a process cannot start."""
        threads = ThreadPoolExecutor(len(self._workers))
        try:
            return list(threads.map(self._dock, smiles, repeat(on_pose)))
        except BaseException:
            # Perhaps an interrupt, which does not wait for the running ligands.
            threads.shutdown(wait=False, cancel_futures=True)
            self.close()
            raise
        finally:
            threads.shutdown()

    def close(self) -> None:
        """End the processes; new ones start when they are needed."""
        for worker in self._workers:
            worker.close()

    def _dock(self, smiles: str, on_pose: Callable[[str, Pose], None] | None) -> Pose | Failure:
        worker = self._idle.get()
        try:
            result = self._ask(worker, smiles)
        finally:
            self._idle.put(worker)
        if on_pose is not None and isinstance(result, Pose):
            on_pose(smiles, result)
        return result

    def _ask(self, worker: WorkerProcess, smiles: str) -> Pose | Failure:
        try:
            answer = worker.ask(smiles, self._timeout)
        except NotStarted as error:
            raise RunError(f"docking does not start: {error}") from None
        except Late as error:
            return Failure(f"docking {error}")
        except Died as error:
            return Failure(f"the docking process ended by itself ({error.how})")
        except Garbled as error:
            return Failure(f"the docking process {error}")
        return Failure(answer["error"]) if "error" in answer else Pose(float(answer["score"]), str(answer["pose"]))


_shared: dict[tuple[Task, int, float], DockingProcesses] = {}


def shared_processes(task: Task, count: int, timeout: float) -> DockingProcesses:
    """The docking processes for a task: scorers that dock alike share them."""
    key = (task, count, timeout)
    if key not in _shared:
        _shared[key] = DockingProcesses(task, count, timeout=timeout)
    return _shared[key]


@atexit.register
def close_all() -> None:
    """End the shared processes; the next ligand starts new ones."""
    for processes in _shared.values():
        processes.close()
