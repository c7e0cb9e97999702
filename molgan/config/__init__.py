"""The configurations that YAML files may hold. Everything is checked before any work starts."""

from molgan.config.campaign_config import CampaignConfig
from molgan.config.load import Training, job_of, load, load_config, load_training, write_config
from molgan.config.one_shot_config import OneShotConfig
from molgan.config.training_config import TrainingConfig
from molgan.config.translation_config import TranslationConfig

__all__ = [
    "CampaignConfig",
    "OneShotConfig",
    "Training",
    "TrainingConfig",
    "TranslationConfig",
    "job_of",
    "load",
    "load_config",
    "load_training",
    "write_config",
]
