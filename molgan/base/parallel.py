"""Processes that work for another one."""

import multiprocessing
import os
from multiprocessing.connection import wait
from threading import Thread


def end_with_parent() -> None:
    """End this process, started by `multiprocessing`, when the one that started it has ended, however that happened.

    For the initializer of a pool: after a kill -9 its workers would wait for work for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
