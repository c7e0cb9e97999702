"""What would stop a campaign later is found before it starts."""

from pathlib import Path

import pytest

from molgan.base.errors import InputError
from molgan.campaign import run
from molgan.campaign.check import check_campaign
from molgan.config import CampaignConfig, load_config
from tests.campaign.progress import Told


@pytest.fixture
def config(tmp_path: Path) -> CampaignConfig:
    (tmp_path / "train.smi").write_text("CCO\nc1ccccc1\n")
    (tmp_path / "start.smi").write_text("c1ccccc1\nCCN.Cl\nC1CC\n")
    (tmp_path / "campaign.yaml").write_text(
        f"out: {tmp_path / 'run'}\n"
        "data: {train: train.smi}\n"
        "objective: {components: [{scorer: qed}]}\n"
        "filters: [valid]\n"
        "optimize: {budget: 20, start: start.smi, transfer: {epochs: 1}}\n"
    )
    return load_config(tmp_path / "campaign.yaml")


@pytest.mark.parametrize("work", [run, check_campaign])
def test_start_molecules_that_cannot_be_used_are_told_before_any_work(work, config: CampaignConfig) -> None:
    with pytest.raises(InputError) as error:
        work(config)
    assert [line.split(":")[2] for line in str(error.value).splitlines()] == ["2", "3"]
    assert not config.folder.exists()


def test_a_check_tells_of_actives_that_are_too_few_or_bad(config: CampaignConfig, tmp_path: Path) -> None:
    (tmp_path / "start.smi").write_text("c1ccccc1\nCCN\n")
    (tmp_path / "actives.smi").write_text("CCO\nC(\nCCN.Cl\n")
    data = config.data.model_copy(update={"actives": tmp_path / "actives.smi"})
    told = Told()
    with pytest.raises(InputError, match="2 of 2 molecules can be encoded; at least 5 distinct ones"):
        check_campaign(config.model_copy(update={"data": data}), told)
    assert [text.partition(".smi:")[2][:4] for text in told.messages] == ["2: '", "3: '"]
