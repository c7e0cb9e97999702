"""One memo of costly scores for all actors of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from molgan.scoring.score_cache import Cache, Known

_CAPACITY = 2_000_000  # values of a scorer, of about 200 bytes each


class Memo:
    """The actor that holds the values, by the scorers' keys; beyond the capacity the oldest go."""

    def __init__(self) -> None:
        self._caches: dict[str, Cache] = {}

    def get(self, key: str, smiles: list[str]) -> dict[str, Known]:
        """The values of those of `smiles` that have one."""
        cache = self._caches.get(key)
        known = {} if cache is None else {text: cache.get(text) for text in smiles}
        return {text: value for text, value in known.items() if value is not None}

    def put(self, key: str, found: Mapping[str, Known]) -> None:
        self._caches.setdefault(key, Cache(_CAPACITY)).update(found)


class SharedMemo:
    """The memo, for a process that scores; a `molgan.scoring.score_store.Store`. A memo that is gone knows nothing."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def get(self, key: str, smiles: list[str]) -> dict[str, Known]:
        import ray

        try:
            found: dict[str, Known] = ray.get(self._actor.get.remote(key, smiles)) if smiles else {}
        except ray.exceptions.RayActorError:
            return {}
        return found

    def put(self, key: str, found: Mapping[str, Known]) -> None:
        self._actor.put.remote(key, dict(found))

    def close(self) -> None:
        pass


@contextmanager
def hold_memo() -> Iterator[Any]:
    """An actor with a memo, on the machine of this process, which takes no processor of its own."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    kind: Any = ray.remote(num_cpus=0)(Memo)
    actor = kind.options(scheduling_strategy=here).remote()
    try:
        yield actor
    finally:
        ray.kill(actor)
