"""Values of a wrong kind or size in every place of a configuration: refused in lines, or taken; never a traceback."""

from collections import Counter
from pathlib import Path

import pytest

from molgan.base.errors import MolganError
from molgan.config import load

from .malformed import configurations

pytestmark = pytest.mark.slow

CAMPAIGN = """\
data: {train: train.smi}
objective: {components: [{scorer: qed}, {scorer: mw, weight: 0, transform: {name: sigmoid, low: 1, high: 2}}]}
sample: {n: 10}
filters: [valid, {filter: size, min: 5}]
"""


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.smi").write_text("CCO\n")
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    return tmp_path / "campaign.yaml"


def test_each_is_refused_in_lines_or_taken(campaign: Path) -> None:
    fates: Counter[str] = Counter()
    for place, value in configurations():
        try:
            load(campaign, [f"{place}={value}"])
            fates["taken"] += 1
        except MolganError as error:
            fates["refused"] += 1
            for line in str(error).splitlines():
                assert 5 < len(line) < 12_000, (place, value, line[:300])
        except Exception as error:
            raise AssertionError(f"{place}={value[:60]}: {type(error).__name__}: {error}") from error
    assert fates["refused"] > 800 and fates["taken"] > 50
    assert sorted(path.name for path in campaign.parent.iterdir()) == ["campaign.yaml", "train.smi"]


def test_true_is_no_number_anywhere(campaign: Path) -> None:
    for place in ("seed", "sample.n", "objective.components.0.weight", "filters.1.min", "reinforce.steps"):
        with pytest.raises(MolganError, match=r"(?i)input should be a number"):
            load(campaign, [f"{place}=true"])
