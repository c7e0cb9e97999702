"""What the attack shares. All of it is slow: `pytest tests/attack -m slow`, with more input `--attack-strings 100000`.

Nothing leaves this machine, nothing is written outside temporary folders, and every process has an end in time.
"""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--attack-strings", type=int, default=10_000, help="Malformed strings; a fifth as many records.")


@pytest.fixture(scope="session")
def count(request: pytest.FixtureRequest) -> int:
    """The number of malformed strings."""
    return int(request.config.getoption("--attack-strings", default=10_000))
