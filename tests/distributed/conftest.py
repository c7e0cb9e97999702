import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Ray's workers import what the toys are made of, by the path that they get from this process.
sys.path.append(str(Path(__file__).parent / "toys"))


@pytest.fixture(scope="module")
def ray() -> Iterator[None]:
    """A Ray that the tests of a module share."""
    from molgan.distributed.session import ray_session

    with ray_session(2):
        yield
