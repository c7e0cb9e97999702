"""What the YAML of a campaign may say."""

from typing import Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from molgan.chem.settings import DataSettings, EnumerateSettings, StandardizeSettings
from molgan.config.faults import nearest
from molgan.config.job import JobConfig
from molgan.filters.registry import FILTERS, get_filter
from molgan.filters.settings import FunnelSettings, StageSettings
from molgan.filters.stages.score_filters import REALISM
from molgan.models.settings import GeneratorSettings
from molgan.report.settings import ReportSettings
from molgan.scoring.settings import ObjectiveSettings
from molgan.training.settings import (
    AdversarialSettings,
    DesignSettings,
    ReinforceSettings,
    SampleSettings,
)


class CampaignConfig(JobConfig):
    """`molgan run`: adversarial → reinforce → optimize → sample → score → filter → report.

    A campaign without the section `adversarial`, `reinforce` or `optimize` skips that stage. With `optimize` the
    library is chosen from the molecules that it scored, and there is no section `sample`.
    """

    generator: GeneratorSettings = Field(GeneratorSettings(), description="Generator that the campaign starts from")
    adversarial: AdversarialSettings | None = Field(
        None, description="Refinement of the generator against a critic; left out, the stage is skipped"
    )
    reinforce: ReinforceSettings | None = Field(
        None, description="Reinforcement learning for the objective; left out, the stage is skipped"
    )
    optimize: DesignSettings | None = Field(
        None, description="Goal-directed design, which takes the place of `sample`; left out, the stage is skipped"
    )
    standardize: StandardizeSettings | None = Field(
        None,
        description="Form in which the campaign takes the user's molecules: `optimize.start`, `data.lead` and "
        "`data.actives`, the file of `molgan filter`; the filter `novel` ignores what it removes. "
        "`true` for the defaults; left out, molecules are taken as they are",
    )
    stereo: EnumerateSettings | None = Field(
        None,
        description="Enumeration of the stereo that molecules leave open, before they are scored and filtered for the "
        "library; left out, they stay as they are",
    )
    objective: ObjectiveSettings = Field(description="What a good molecule is")
    sample: SampleSettings = Field(description="How many molecules are drawn; required without `optimize`")
    filters: FunnelSettings = Field(
        description="Filters that molecules pass in this order, as a list or below the key `stages`"
    )
    report: ReportSettings = Field(ReportSettings(), description="What the report shows")

    @model_validator(mode="before")
    @classmethod
    def _scored_molecules(cls, values: Any) -> Any:
        if not isinstance(values, dict) or values.get("optimize") is None:
            return values
        section = values["optimize"] if isinstance(values["optimize"], dict) else {}
        drawn = {"n": section.get("budget", DesignSettings.model_fields["budget"].default)}
        if values.get("sample") not in (None, drawn, SampleSettings(**drawn).model_dump(mode="json")):
            raise ValueError("sample: drop it, the library is chosen from the molecules that `optimize` scores")
        return {**values, "sample": drawn}

    @field_validator("standardize", mode="before", json_schema_input_type=StandardizeSettings | bool | None)
    @classmethod
    def _allow_switch(cls, value: Any) -> Any:
        return ({} if value else None) if isinstance(value, bool) else value

    @field_validator("filters", mode="before", json_schema_input_type=FunnelSettings | tuple[StageSettings, ...])
    @classmethod
    def _complete(cls, value: Any, info: ValidationInfo) -> Any:
        stages = value.get("stages") if isinstance(value, dict) else value
        if not isinstance(stages, list) or "data" not in info.data:
            return value
        standardize = info.data.get("standardize")
        return {"stages": [_ignoring(_with_references(stage, info.data["data"]), standardize) for stage in stages]}

    @model_validator(mode="after")
    def _columns(self) -> "CampaignConfig":
        names = [component.name for component in self.objective.components]
        columns = ["score", *names, *(f"{name}_score" for name in names)]
        columns += [REALISM] if self.adversarial is not None else []
        for stage in self.filters.stages:
            column = get_filter(stage.filter, **stage.parameters).column
            if column == REALISM and column not in columns:
                raise ValueError(f"filter {stage.name!r}: only a campaign with the section `adversarial` has a critic")
            if column is not None and column not in columns:
                raise ValueError(f"filter {stage.name!r}: no column {column!r}, {nearest(column, columns)}")
        return self

    @model_validator(mode="after")
    def _shares(self) -> "CampaignConfig":
        batches = {}
        if self.adversarial is not None:
            batches["adversarial.batch_size"] = self.adversarial.batch_size
            batches["half of adversarial.critic.batch_size"] = self.adversarial.critic.batch_size // 2
        if self.reinforce is not None:
            batches["reinforce.batch_size"] = self.reinforce.batch_size
        for name, size in batches.items():
            if size < self.compute.workers:
                raise ValueError(f"compute.workers: {self.compute.workers} cannot share {name}, {size} molecules")
        unknown = sorted(self.compute.scorers.keys() - {component.name for component in self.objective.components})
        if unknown:
            names = [component.name for component in self.objective.components]
            raise ValueError(f"compute.scorers: no component {unknown[0]!r}, {nearest(unknown[0], names)}")
        return self


def _with_references(stage: Any, data: DataSettings) -> Any:
    """A stage that compares with known molecules: with the training data, which `train` stands for, unless it names
    others."""
    stage = {"filter": stage} if isinstance(stage, str) else stage
    kind = FILTERS.get(str(stage.get("filter"))) if isinstance(stage, dict) else None
    if kind is None or "references" not in kind.Parameters.model_fields:
        return stage
    if (given := stage.get("references")) is not None:
        listed = given if isinstance(given, list | tuple) else [given]
        return {**stage, "references": [str(data.train) if one == "train" else one for one in listed]}
    return {**stage, "references": [str(data.train)], "column": data.column}


def _ignoring(stage: Any, standardize: StandardizeSettings | None) -> Any:
    """A stage that compares with known molecules: without regard to what standardising removes, unless it says
    otherwise, so that it does not matter in which form they are known."""
    kind = FILTERS.get(str(stage.get("filter"))) if isinstance(stage, dict) else None
    if standardize is None or kind is None or "references" not in kind.Parameters.model_fields:
        return stage
    ignored = {
        "ignore_salts": True,
        "ignore_tautomers": standardize.tautomers,
        "ignore_stereo": not standardize.keep_stereo,
    }
    known = kind.Parameters.model_fields.keys()
    return {**{name: True for name, removed in ignored.items() if removed and name in known}, **stage}
