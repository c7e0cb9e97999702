"""What the tests on Ray share: a Ray of this machine, and a small campaign."""

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

    with ray_session(6):
        yield


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a campaign in miniature."""
    from molgan_toy_campaign import make_home

    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
