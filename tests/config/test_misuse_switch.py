"""The filter `misuse` is in every campaign, unless the configuration says otherwise."""

from pathlib import Path

import pytest

from molgan.base.errors import ConfigError
from molgan.chem.misuse.rule import LISTS
from molgan.config import CampaignConfig, load, load_config
from molgan.config.load import write_config

CONFIGS = [path for path in sorted((Path(__file__).parents[2] / "configs").glob("*.yaml")) if path.stem != "sweep"]


def names(config: CampaignConfig) -> list[str]:
    return [stage.name for stage in config.filters.stages]


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    (tmp_path / "train.smi").write_text("CCO\n")
    path = tmp_path / "mini.yaml"
    path.write_text(
        "data: {train: train.smi}\nobjective: {components: [{scorer: qed}]}\nsample: {n: 10}\nfilters: [valid]\n"
    )
    return path


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_it_is_in_every_shipped_campaign(path: Path) -> None:
    config = load(path)
    if isinstance(config, CampaignConfig):
        assert "misuse" in names(config) and config.misuse_lists == LISTS
        off = load_config(path, ["misuse=false"])
        assert "misuse" not in names(off) and off.misuse_lists == ()


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("[size, valid, distinct]", ["size", "valid", "misuse", "distinct"]),
        ("[size, distinct]", ["size", "misuse", "distinct"]),
        ("[{filter: best, n: 5}, valid]", ["misuse", "best", "valid"]),
        ("[valid, size, misuse]", ["valid", "size", "misuse"]),
        ("[{filter: misuse, name: screen}]", ["screen"]),
    ],
)
def test_its_place(mini: Path, filters: str, expected: list[str]) -> None:
    config = load_config(mini, [f"filters={filters}"])
    assert names(config) == expected
    write_config(config, mini.with_name("config.yaml"))
    assert load_config(mini.with_name("config.yaml")) == config


def test_only_the_configuration_switches_it_off(mini: Path) -> None:
    assert names(load_config(mini, ["misuse=false", "filters=[valid, misuse]"])) == ["valid"]
    some = load_config(mini, ["filters=[{filter: misuse, lists: [explosives]}]"])
    assert some.misuse_lists == ("explosives",)
    with pytest.raises(ConfigError, match="takes the only one away"):
        load_config(mini, ["misuse=false", "filters=[misuse]"])
    with pytest.raises(ConfigError, match="the name 'misuse' is taken"):
        load_config(mini, ["filters=[{filter: valid, name: misuse}]"])
