"""The configuration of a campaign."""

from typing import Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from molgan.base.nearest import suggest
from molgan.chem.misuse.rule import MisuseList
from molgan.chem.settings import DataSettings, EnumerateSettings, StandardizeSettings
from molgan.config.job import JobConfig
from molgan.filters.filter import WholeFilter
from molgan.filters.registry import FILTERS, get_filter
from molgan.filters.settings import FunnelSettings, StageSettings
from molgan.filters.stages.misuse_filter import Misuse
from molgan.filters.stages.score_filters import REALISM
from molgan.filters.stages.structure import Valid
from molgan.models.settings import GeneratorSettings
from molgan.report.settings import ReportSettings
from molgan.scoring.settings import ObjectiveSettings
from molgan.training.design.settings import DesignSettings
from molgan.training.rl.settings import ReinforceSettings
from molgan.training.settings import AdversarialSettings, SampleSettings

_SHIPPED_SET = "approved_drugs"


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
    misuse: bool = Field(
        True,
        description="Whether the filter `misuse` is among the filters, where they do not name it; and designs and "
        "objectives that it refuses are refused. `false` switches it off, which manifest and report tell",
    )
    sample: SampleSettings = Field(description="How many molecules are drawn; required without `optimize`")
    filters: FunnelSettings = Field(
        description="Filters that molecules pass in this order, as a list or below the key `stages`"
    )
    report: ReportSettings = Field(ReportSettings(), description="What the report shows")

    @model_validator(mode="before")
    @classmethod
    def _add_sample(cls, values: Any) -> Any:
        if not isinstance(values, dict) or values.get("optimize") is None or values.get("sample") is not None:
            return values
        section = values["optimize"] if isinstance(values["optimize"], dict) else {}
        return {**values, "sample": {"n": section.get("budget", DesignSettings.model_fields["budget"].default)}}

    @field_validator("sample")
    @classmethod
    def _check_sample(cls, sample: SampleSettings, info: ValidationInfo) -> SampleSettings:
        design = info.data.get("optimize")
        if design is not None and sample != SampleSettings(n=design.budget):
            raise ValueError("sample: drop it, since the library is chosen from the molecules that `optimize` scores")
        return sample

    @field_validator("standardize", mode="before", json_schema_input_type=StandardizeSettings | bool | None)
    @classmethod
    def _allow_switch(cls, value: Any) -> Any:
        return ({} if value else None) if isinstance(value, bool) else value

    @field_validator("filters", mode="before", json_schema_input_type=FunnelSettings | tuple[StageSettings, ...])
    @classmethod
    def _complete_references(cls, value: Any, info: ValidationInfo) -> Any:
        stages = value.get("stages") if isinstance(value, dict) else value
        if not isinstance(stages, list):
            return value
        data, standardize = info.data.get("data"), info.data.get("standardize")
        return {"stages": [_set_ignored(_with_references(stage, data), standardize) for stage in stages]}

    @field_validator("filters")
    @classmethod
    def _switch_misuse(cls, filters: FunnelSettings, info: ValidationInfo) -> FunnelSettings:
        stages = _switch_misuse(filters.stages, info.data.get("misuse", True))
        if not stages:
            raise ValueError("filters: `misuse: false` takes the only one away; add another, such as valid")
        return filters.model_copy(update={"stages": stages})

    @property
    def misuse_lists(self) -> tuple[MisuseList, ...]:
        """The lists by which the filter `misuse` rejects molecules; empty where it is off."""
        stages = [stage for stage in self.filters.stages if stage.filter == Misuse.name]
        return Misuse(**stages[0].parameters).parameters.lists if stages else ()

    def drop_critic(self) -> tuple[FunnelSettings, list[str]]:
        """The filters that need no critic, which only a run has, and the names of those that do. Raises ConfigError
        where none is left."""
        return (self.filters, []) if self.adversarial is None else self.filters.without(REALISM)

    @model_validator(mode="after")
    def _check_columns(self) -> "CampaignConfig":
        names = [component.name for component in self.objective.components]
        columns = ["score", *names, *(f"{name}_score" for name in names)]
        if self.adversarial is not None and REALISM in names:
            raise ValueError(
                f"objective.components: the column {REALISM!r} is the critic's of `adversarial`; give the component "
                "another `name`, such as percentile"
            )
        columns += [REALISM] if self.adversarial is not None else []
        for stage in self.filters.stages:
            column = get_filter(stage.filter, **stage.parameters).column
            if column == REALISM and column not in columns:
                raise ValueError(
                    f"filter {stage.name!r}: only a campaign with the section `adversarial` has a critic; add it, or "
                    "the scorer `realism` to the objective"
                )
            if column is not None and column not in columns:
                raise ValueError(f"filter {stage.name!r}: no column {column!r}, {suggest(column, columns)}")
        return self

    @model_validator(mode="after")
    def _check_shares(self) -> "CampaignConfig":
        batches = {}
        if self.adversarial is not None:
            batches["adversarial.batch_size"] = self.adversarial.batch_size
            batches["half of adversarial.critic.batch_size"] = self.adversarial.critic.batch_size // 2
        if self.reinforce is not None:
            batches["reinforce.batch_size"] = self.reinforce.batch_size
        for name, size in batches.items():
            if size < self.compute.workers:
                raise ValueError(
                    f"compute.workers: {self.compute.workers} workers cannot share {name} of {size} molecules"
                )
        unknown = sorted(self.compute.scorers.keys() - {component.name for component in self.objective.components})
        if unknown:
            names = [component.name for component in self.objective.components]
            raise ValueError(f"compute.scorers: no component {unknown[0]!r}, {suggest(unknown[0], names)}")
        return self


def _switch_misuse(stages: tuple[StageSettings, ...], on: bool) -> tuple[StageSettings, ...]:
    """The stages with the filter `misuse`, or without it. It comes behind `valid`, which counts what is no molecule,
    or else behind the first filter that judges each molecule by itself."""
    if not on:
        return tuple(stage for stage in stages if stage.filter != Misuse.name)
    if others := [stage.filter for stage in stages if stage.name == Misuse.name != stage.filter]:
        raise ValueError(f"filters: the name 'misuse' is taken; give the stage {others[0]!r} another one")
    kinds = [FILTERS[stage.filter] for stage in stages]
    if Misuse in kinds:
        return stages
    alone = next((i for i, kind in enumerate(kinds) if issubclass(kind, WholeFilter)), len(kinds))
    place = kinds.index(Valid) + 1 if Valid in kinds[:alone] else min(alone, 1)
    return (*stages[:place], StageSettings(filter=Misuse.name), *stages[place:])


def _with_references(stage: Any, data: DataSettings | None) -> Any:
    """A filter stage; one that compares with known molecules gets the training data, which `train` stands for, as the
    default of its `references`. Without data, which is another fault, a shipped set takes its place."""
    stage = {"filter": stage} if isinstance(stage, str) else stage
    kind = FILTERS.get(str(stage.get("filter"))) if isinstance(stage, dict) else None
    if kind is None or "references" not in kind.Parameters.model_fields:
        return stage
    train, column = (_SHIPPED_SET, None) if data is None else (str(data.train), data.column)
    if (given := stage.get("references")) is not None:
        listed = given if isinstance(given, list | tuple) else [given]
        return {**stage, "references": [train if name == "train" else name for name in listed]}
    return {**stage, "references": [train], "column": column}


def _set_ignored(stage: Any, standardize: StandardizeSettings | None) -> Any:
    """A filter stage; one that compares with known molecules ignores by default what standardising removes, so that
    the form in which they are known does not matter."""
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
