"""What the tests of faults share: a small campaign, its undisturbed library, and what was measured."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TOYS = Path(__file__).parents[1] / "distributed" / "toys"
sys.path.append(str(TOYS))

Driver = Callable[..., "object"]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a campaign in miniature."""
    from molgan_toy_campaign import make_home

    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def undisturbed(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the campaign by two workers, undisturbed."""
    from molgan_toy_driver import Driver

    folder = tmp_path_factory.mktemp("undisturbed")
    with Driver(home, folder) as driver:
        assert driver.end() == 0, driver.told
    return folder


@pytest.fixture
def measured(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[dict[str, object]]:
    """Figures of a test, shown whatever pytest captures."""
    figures: dict[str, object] = {}
    yield figures
    with capsys.disabled():
        print(f"\n{request.node.name}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))
