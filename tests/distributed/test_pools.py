"""What is reserved for training and scoring, without Ray."""

from collections import Counter

import pytest

from molgan.base.errors import ConfigError
from molgan.base.progress import Silent
from molgan.distributed.pools import Shape, choose_gpus, count_kept, count_processors, make_bundles, plan_pools
from molgan.distributed.resources import require_room
from molgan.distributed.settings import ComputeSettings
from molgan.scoring.settings import ObjectiveSettings


def pools_of(components: list[dict[str, object]], compute: ComputeSettings) -> list:
    return plan_pools(ObjectiveSettings.model_validate({"components": components}).components, compute)


THREE = [{"scorer": name, "concurrency": 2} for name in ("qed", "sa", "tpsa")]


def test_processors_are_those_of_all_crews() -> None:
    """Three components with a concurrency have six actors beside the two training workers, not two."""
    compute = ComputeSettings(workers=2)
    pools = pools_of(THREE, compute)
    assert [pool.bounds for pool in pools] == [(2, 2)] * 3
    assert count_processors(compute, [pools]) == 8
    assert count_processors(compute, [pools], training=False) == 6
    assert count_kept([pools]) == Counter({Shape(1.0): 3})  # one of each goes on
    assert len(make_bundles(compute, count_kept([pools]), 0.0)) == 5


def test_an_idle_pool_keeps_room_for_one_actor() -> None:
    compute = ComputeSettings.model_validate({"workers": 2, "scoring": {"min": 0, "max": 4, "cpus": 0.5}})
    (pool,) = pools_of([{"scorer": "qed"}], compute)
    assert pool.bounds == (0, 4)
    assert make_bundles(compute, count_kept([[pool]]), 0.0) == [{"CPU": 1.0}, {"CPU": 1.0}, {"CPU": 0.5}]
    assert count_processors(compute, [[pool]]) == 4


def test_lessons_take_the_room_of_the_objective() -> None:
    compute = ComputeSettings.model_validate({"workers": 1, "scorers": {"sa": {"cpus": 2, "max": 3}}})
    one, other = pools_of([{"scorer": "qed"}], compute), pools_of([{"scorer": "qed"}, {"scorer": "sa"}], compute)
    assert count_kept([one, other]) == Counter({Shape(1.0): 1, Shape(2.0): 1})
    assert count_processors(compute, [one, other]) == 1 + 1 + 6


@pytest.mark.parametrize(("device", "there", "gpus"), [("auto", 3, 1), ("auto", 2, 0), ("auto", 0, 0), ("cuda", 0, 1)])
def test_networks_take_the_gpus_that_scoring_leaves(device: str, there: int, gpus: int) -> None:
    compute = ComputeSettings.model_validate({"workers": 2, "device": device})
    assert choose_gpus(compute, Counter({Shape(1.0, 0.5): 2}), there) == gpus


@pytest.mark.parametrize(
    ("workers", "part", "there", "gpus"),
    [(2, 0.5, 1, 0.5), (2, 0.5, 0, 0), (3, 0.5, 1, 0), (5, 0.4, 2, 0), (5, 0.4, 3, 0.4), (3, 1 / 3, 1, 1 / 3)],
)
def test_workers_share_gpus(workers: int, part: float, there: int, gpus: float) -> None:
    """Of 0.4 two fit on a GPU, though 5 of them are 2."""
    compute = ComputeSettings(workers=workers, gpus=part)
    assert choose_gpus(compute, Counter(), there) == gpus
    if gpus:
        bundles = make_bundles(compute, Counter(), gpus)
        assert bundles == [{"CPU": 1.0, "GPU": part}] * workers


def test_gpus_that_parts_of_workers_do_not_fit_on_are_told() -> None:
    compute = ComputeSettings(workers=5, device="cuda", gpus=0.4)
    told = (
        r"training and scoring reserve 5 processors and 3 GPUs at the same time, and there are 2 GPUs: .*compute.gpus"
    )
    with pytest.raises(ConfigError, match=told):
        require_room(compute, [], [{"CPU": 8.0, "GPU": 2.0}], never, Silent())
    require_room(compute, [], [{"CPU": 8.0, "GPU": 3.0}], never, Silent())


def test_memory_is_reserved_with_the_rest() -> None:
    compute = ComputeSettings.model_validate({"workers": 2, "scoring": {"memory": 1.5, "cpus": 0.5}})
    pools = pools_of(THREE, compute)
    gib = 2**30
    assert make_bundles(compute, count_kept([pools]), 0.0)[2:] == [{"CPU": 0.5, "memory": 1.5 * gib}] * 3
    told = "training and scoring reserve 3.5 processors and 4.5 GiB of memory at the same time, and there are 4 GiB of"
    with pytest.raises(ConfigError, match=told):
        require_room(compute, [pools], [{"CPU": 8.0, "memory": 4.0 * gib}], never, Silent())
    alone = (
        r"compute.scoring: a worker reserves 0.5 processors and 1.5 GiB of memory, and no machine has more than 1 GiB"
    )
    with pytest.raises(ConfigError, match=alone):
        require_room(compute, [pools], [{"CPU": 8.0, "memory": 1.0 * gib}] * 9, never, Silent())
    require_room(compute, [pools], [{"CPU": 8.0, "memory": 4.5 * gib}], never, Silent())


def never() -> bool:
    return False


def test_what_a_cluster_never_has_is_told_before_any_work() -> None:
    """One GPU, which training and scoring both want for themselves."""
    compute = ComputeSettings.model_validate({"workers": 1, "device": "cuda", "scoring": {"gpus": 1}})
    pools = pools_of([{"scorer": "qed"}], compute)
    machine = {"CPU": 8.0, "GPU": 1.0, "memory": 1e9}
    told = r"compute: training and scoring reserve 2 processors and 2 GPUs at the same time, and there are 1 GPU: give"
    with pytest.raises(ConfigError, match=told):
        require_room(compute, [pools], [machine], never, Silent())
    require_room(compute, [pools], [machine, machine], never, Silent())
    with pytest.raises(ConfigError, match="scoring reserves 3 processors at the same time, and there are 2 processors"):
        require_room(ComputeSettings(workers=2), [pools_of(THREE, ComputeSettings(workers=2))], [{"CPU": 2.0}], never,
                     Silent(), training=False)  # fmt: skip
