import pytest

from molgan import api_generators
from molgan.benchmarks.guacamol import DistributionMatching


def test_what_is_no_molecule_is_an_empty_text_which_guacamol_counts_as_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_generators, "sample", lambda n, *, seed, weights: ["CCO", None][:n])
    assert DistributionMatching().generate(2) == ["CCO", ""]
