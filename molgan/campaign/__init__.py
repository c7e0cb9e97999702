"""From a configuration to a library: train, draw, score, filter, report; every stage resumes."""

from molgan.campaign.result import CampaignResult
from molgan.campaign.run import run

__all__ = ["CampaignResult", "run"]
