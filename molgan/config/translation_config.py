"""The configuration of the training of a translation between two sets of molecules."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, create_model, model_validator

from molgan.base.settings import MoleculesPath
from molgan.chem.settings import DataSettings
from molgan.config.job import JobConfig
from molgan.models.settings import WeightsSettings
from molgan.training.domains.settings import TranslationSettings


class _TwoSets(DataSettings):
    """The two sets of molecules that a translation goes between; nothing pairs them."""

    @model_validator(mode="before")
    @classmethod
    def _learn_from_target(cls, values: Any) -> Any:
        """The molecules that the critic takes for real are those of `to`."""
        return {**values, "train": values["to"]} if isinstance(values, dict) and "to" in values else values

    @property
    def origin(self) -> Path:
        return self._find("from")

    @property
    def target(self) -> Path:
        return self._find("to")

    def _find(self, name: str) -> Path:
        return Path(getattr(self, name))


_FIELDS: dict[str, Any] = {
    "train": (MoleculesPath, Field(description="Filled in: the same as `to`")),
    "from": (
        MoleculesPath,
        Field(description="File of the molecules to translate: .smi, .csv, .tsv (.gz), .sdf, .parquet"),
    ),
    "to": (MoleculesPath, Field(description="File of molecules as they are to become, none of which is in `from`")),
}

if TYPE_CHECKING:
    TranslationData = _TwoSets
else:  # `from` is no name of Python's, so that the fields cannot be written as those of a class
    TranslationData = create_model("TranslationData", __base__=_TwoSets, __doc__=_TwoSets.__doc__, **_FIELDS)


class TranslationConfig(JobConfig):
    """`molgan train`: weights that read a molecule learn to make of those in `data.from` such as `data.to` has."""

    miniature: ClassVar = {}  # the given files, whose sets do not overlap

    data: TranslationData = Field(description="The two sets of molecules")
    generator: WeightsSettings = Field(description="Weights that read a molecule, which the training starts from")
    translate: TranslationSettings = Field(description="Training of the translation")
