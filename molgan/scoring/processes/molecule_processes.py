"""Processes that are asked about one molecule at a time, each with its own time limit; one that hangs or dies is
replaced."""

import atexit
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from molgan.base.errors import RunError
from molgan.base.worker_process import Died, Garbled, Late, NotStarted, WorkerProcess

R = TypeVar("R")

_SECONDS_TO_START = 600.0


class Failure(str):
    """The reason why there is no result for a molecule."""


class MoleculeProcesses(Generic[R]):
    """`count` processes of one core each. They start when the first molecule comes and stay until `close`."""

    def __init__(
        self, module: str, setup: Any, count: int, *, what: str, timeout: float, read: Callable[[Mapping[str, Any]], R]
    ) -> None:
        """`module`: the module that the processes run, which answers a SMILES by an object, `{"error": reason}` for a
        failure. `what` names the work in reasons, `timeout` is the most seconds for a molecule, `read` makes the result
        of an answer."""
        self._what = what
        self._timeout = timeout
        self._read = read
        self._workers = [
            WorkerProcess(module, setup, seconds_to_start=_SECONDS_TO_START, environment={"OMP_NUM_THREADS": "1"})
            for _ in range(count)
        ]
        self._idle: SimpleQueue[WorkerProcess] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def ask(self, smiles: Sequence[str], *, on_result: Callable[[str, R], None] | None = None) -> list[R | Failure]:
        """One result per molecule, in order; `on_result` gets each result that is no failure as soon as it is found, in
        any thread. Raises RunError when a process cannot start."""
        threads = ThreadPoolExecutor(len(self._workers))
        try:
            return list(threads.map(self._ask_idle, smiles, repeat(on_result)))
        except BaseException:
            # Perhaps an interrupt, which does not wait for the running molecules.
            threads.shutdown(wait=False, cancel_futures=True)
            self.close()
            raise
        finally:
            threads.shutdown()

    def close(self) -> None:
        """End the processes; new ones start when they are needed."""
        for worker in self._workers:
            worker.close()

    def _ask_idle(self, smiles: str, on_result: Callable[[str, R], None] | None) -> R | Failure:
        worker = self._idle.get()
        try:
            result = self._ask(worker, smiles)
        finally:
            self._idle.put(worker)
        if on_result is not None and not isinstance(result, Failure):
            on_result(smiles, result)
        return result

    def _ask(self, worker: WorkerProcess, smiles: str) -> R | Failure:
        try:
            answer = worker.ask(smiles, self._timeout)
        except NotStarted as error:
            raise RunError(f"{self._what} does not start: {error}") from None
        except Late as error:
            return Failure(f"{self._what} {error}")
        except Died as error:
            return Failure(f"the {self._what} process ended by itself ({error.how})")
        except Garbled as error:
            return Failure(f"the {self._what} process {error}")
        return Failure(answer["error"]) if "error" in answer else self._read(answer)


P = TypeVar("P", bound=MoleculeProcesses[Any])

_shared: dict[Hashable, MoleculeProcesses[Any]] = {}


def share_processes(key: Hashable, make: Callable[[], P]) -> P:
    """The processes of a key, made when they are first asked for: scorers that do the same share them."""
    if key not in _shared:
        _shared[key] = make()
    return _shared[key]  # type: ignore[return-value]  # each key belongs to one kind


@atexit.register
def close_all() -> None:
    """End the shared processes; the next molecule starts new ones."""
    for processes in _shared.values():
        processes.close()
