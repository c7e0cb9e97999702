"""Losses that a program registers can be chosen by settings; other names are refused as before."""

import subprocess
import sys
from unittest.mock import patch

import pytest
from pydantic import ValidationError

from molgan.base.settings import Settings
from molgan.training.design.agent_losses import AGENT_LOSSES, agent_loss
from molgan.training.design.settings import DesignSettings
from molgan.training.one_shot.gan_losses import GAN_LOSSES, gan_loss
from molgan.training.one_shot.settings import OneShotTrainingSettings


@pytest.mark.parametrize("section", [DesignSettings, OneShotTrainingSettings])
def test_a_registered_loss_can_be_chosen_and_written(section: type[Settings]) -> None:
    with patch.dict(AGENT_LOSSES), patch.dict(GAN_LOSSES):
        with pytest.raises(ValidationError, match="Input should be '"):
            section(loss="squares")

        @agent_loss
        @gan_loss("squares", critic=lambda real, fake: fake)
        def squares(*values: object) -> None: ...

        settings = section(loss="squares")
        assert section(**settings.model_dump(mode="json")) == settings
    schema = section.model_json_schema()["properties"]["loss"]
    assert "squares" not in schema["enum"] and schema["default"] in schema["enum"]


def test_settings_are_read_without_pytorch() -> None:
    script = "import sys, molgan.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
