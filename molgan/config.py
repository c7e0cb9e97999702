"""What a YAML file may say: one section a layer. Everything is checked before any work starts."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails

from molgan.chem.settings import DataSettings
from molgan.distributed.settings import ComputeSettings
from molgan.errors import ConfigError
from molgan.filters.registry import FILTERS, get_filter
from molgan.filters.score import REALISM
from molgan.filters.settings import FunnelSettings
from molgan.models.oneshot_settings import DenseCriticSettings, OneShotSettings
from molgan.models.settings import GeneratorSettings, MotifNetworkSettings
from molgan.report.settings import ReportSettings
from molgan.scoring.settings import ObjectiveSettings
from molgan.settings import Settings
from molgan.smoke import miniature
from molgan.training.oneshot_settings import LikelihoodSettings, OneShotTrainingSettings
from molgan.training.settings import (
    AdversarialSettings,
    DesignSettings,
    DistilSettings,
    PretrainSettings,
    ReinforceSettings,
    RejectionSettings,
    SampleSettings,
)
from molgan.yamlfile import Location, YamlFile, write_yaml


class _Job(Settings):
    """What campaigns and trainings share. `name` is the file's by default, `out`, a folder or a
    URL of storage (s3://…), is `runs/<name>`."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = Field(default=0, ge=0, lt=2**32)
    out: str | None = None
    data: DataSettings
    compute: ComputeSettings = ComputeSettings()

    @field_validator("out", mode="before")
    @classmethod
    def _place(cls, out: Any) -> Any:
        if isinstance(out, str) and "@" in out.partition("://")[2].partition("/")[0]:
            # It would be written to config.yaml, and shown in errors.
            raise ValueError("out: storage takes its credentials from the environment, not from the URL")
        return str(out) if isinstance(out, Path) else out

    @property
    def storage(self) -> str | None:
        """The URL where the run's files go, None when that is a folder."""
        return self.out if self.out is not None and "://" in self.out else None

    @property
    def folder(self) -> Path:
        """Where the run's files are written, relative to the working folder; with `storage` copied there from here."""
        return Path("runs") / self.name if self.out is None or self.storage else Path(self.out)


class CampaignConfig(_Job):
    """`molgan run`: adversarial → reinforce → optimize → sample → score → filter → report.

    A campaign without the section `adversarial`, `reinforce` or `optimize` skips that stage. With `optimize` the
    library is chosen from the molecules that it scored, and there is no section `sample`.
    """

    generator: GeneratorSettings = GeneratorSettings()
    adversarial: AdversarialSettings | None = None
    reinforce: ReinforceSettings | None = None
    optimize: DesignSettings | None = None
    objective: ObjectiveSettings
    sample: SampleSettings
    filters: FunnelSettings
    report: ReportSettings = ReportSettings()

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

    @field_validator("filters", mode="before")
    @classmethod
    def _complete(cls, value: Any, info: ValidationInfo) -> Any:
        stages = value.get("stages") if isinstance(value, dict) else value
        if not isinstance(stages, list) or "data" not in info.data:
            return value
        return {"stages": [_with_references(stage, info.data["data"]) for stage in stages]}

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
                raise ValueError(f"filter {stage.name!r}: no column {column!r}, {_hint(column, columns)}")
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
            raise ValueError(f"compute.scorers: no component {unknown[0]!r}, {_hint(unknown[0], names)}")
        return self


class TrainingConfig(_Job):
    """`molgan train`: pretrain → distil → rejection, from the start or from the weights that `generator` names.

    `pretrain` is likelihood training on the data; the weights to start from keep their network, and their vocabulary
    takes in the data's frequent motifs. `distil` refines by a critic; `rejection` trains one that sampling asks. Each
    may be left out.
    """

    generator: GeneratorSettings | None = None
    network: MotifNetworkSettings = MotifNetworkSettings()
    pretrain: PretrainSettings | None = None
    distil: DistilSettings | None = None
    rejection: RejectionSettings | None = None

    @model_validator(mode="after")
    def _one_network(self) -> "TrainingConfig":
        if self.pretrain is None and self.generator is None:
            raise ValueError("there is nothing to refine: add `generator` (weights to start from) or `pretrain`")
        if self.generator is not None and "network" in self.model_fields_set:
            raise ValueError("the weights of `generator` have their own network: drop `network`")
        return self


class OneShotConfig(_Job):
    """`molgan train`: a one-shot generator of small molecules, from the start or from the weights of `generator`.

    A `network` with `rows` first learns by `likelihood`; `oneshot` is the adversarial training.
    The first `held_out` of the data's distinct molecules, in an order that is fixed and as good as random, are for
    evaluation.
    """

    generator: GeneratorSettings | None = None
    network: OneShotSettings = OneShotSettings()
    critic: DenseCriticSettings = DenseCriticSettings()
    likelihood: LikelihoodSettings | None = None
    oneshot: OneShotTrainingSettings
    objective: ObjectiveSettings | None = None
    held_out: int = Field(10_000, ge=0)

    @model_validator(mode="after")
    def _parts(self) -> "OneShotConfig":
        if self.generator is not None and "network" in self.model_fields_set:
            raise ValueError("the weights of `generator` have their own network: drop `network`")
        if self.generator is None and (self.network.rows is None) != (self.likelihood is None):
            raise ValueError("a network with `rows` and the section `likelihood` go together")
        if self.oneshot.anchor and self.generator is None and self.network.rows is None:
            raise ValueError("oneshot.anchor: only a network with `rows` knows how likely the data is")
        if self.oneshot.policy and self.generator is None and self.network.rows is None:
            raise ValueError("oneshot.policy: only a network with `rows` knows how likely its molecules are")
        if self.oneshot.gan_weight < 1 and self.objective is None:
            raise ValueError("oneshot.gan_weight below 1 needs an `objective`")
        _check_scorers(self.network.condition)
        if self.network.condition and self.critic.pack > 1:
            raise ValueError("critic.pack: molecules with `network.condition` are judged one by one, pack 1")
        if self.oneshot.batch_size % self.critic.pack:
            raise ValueError(f"oneshot.batch_size: not a multiple of critic.pack, {self.critic.pack}")
        return self


def _check_scorers(names: Sequence[str]) -> None:
    from molgan.scoring.registry import get_scorer

    try:
        for name in names:
            get_scorer(name)
    except ConfigError as error:
        raise ValueError(f"network.condition: {error}") from None
    if len(set(names)) < len(names):
        raise ValueError("network.condition: a scorer is given twice")


Training: TypeAlias = TrainingConfig | OneShotConfig
Job = TypeVar("Job", CampaignConfig, TrainingConfig, OneShotConfig)


def load_config(path: str | Path, overrides: Sequence[str] = (), *, smoke: bool = False) -> CampaignConfig:
    """A campaign from YAML, with each override "section.key=value" put in; `smoke` makes it a miniature.

    Paths are relative to the file when they exist there, else to the working folder. Raises ConfigError, one line with
    file, line and mend: unknown keys and names with the nearest valid one, wrong types and ranges, missing files,
    SMILES and SMARTS that cannot be read.
    """
    config = load(path, overrides, smoke=smoke)
    if not isinstance(config, CampaignConfig):
        raise ConfigError(f"{path}: this file trains a generator; give it to `molgan train`")
    return config


def load_training(path: str | Path, overrides: Sequence[str] = (), *, smoke: bool = False) -> Training:
    """The training of a generator from YAML; as `load_config`."""
    config = load(path, overrides, smoke=smoke)
    if isinstance(config, CampaignConfig):
        raise ConfigError(
            f"{path}: no section `pretrain`, `distil`, `rejection` or `oneshot`, so this is a campaign; "
            "give it to `molgan run`"
        )
    return config


def load(path: str | Path, overrides: Sequence[str] = (), *, smoke: bool = False) -> CampaignConfig | Training:
    """A training when the file has a section that only those have, else a campaign; as `load_config`."""
    source = YamlFile(Path(path), overrides)
    if smoke:
        source = YamlFile(Path(path), [*miniature(source.values, Path(path).stem), *overrides])
    if "oneshot" in source.values:
        return _validated(OneShotConfig, source)
    if {"pretrain", "distil", "rejection"} & source.values.keys():
        return _validated(TrainingConfig, source)
    return _validated(CampaignConfig, source)


def write_config(config: CampaignConfig | Training, path: Path) -> None:
    """Write every value, defaults and resolved paths included, as YAML that loads as the same configuration."""
    write_yaml(config.model_dump(mode="json"), path)


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


def _validated(job: type[Job], source: YamlFile) -> Job:
    try:
        return job.model_validate({"name": source.path.stem, **source.values}, context={"folder": source.path.parent})
    except ValidationError as error:
        # An unknown key comes first: misspelt, it is the cause of a missing one.
        faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
        message = _message(job, faults[0], source)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise ConfigError(f"{source.place(faults[0]['loc'], message)}: {message}{more}") from None


def _message(job: type[BaseModel], fault: ErrorDetails, source: YamlFile) -> str:
    location = fault["loc"]
    where = ".".join(str(part) for part in source.known(location))
    match fault["type"]:
        case "extra_forbidden":
            return f"{str(location[-1])!r} is not a key here, {_hint(str(location[-1]), _keys(job, location[:-1]))}"
        case "missing":
            return f"{str(location[-1])!r} is missing" + (f" in {where}" if where else "")
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{where} must be a section, lines of `key: value` below it"
        case "value_error":
            return fault["msg"].removeprefix("Value error, ")
        case _:
            return f"{where}: {fault['msg'][0].lower()}{fault['msg'][1:]}, not {fault['input']!r:.60}"


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"


def _keys(job: type[BaseModel], location: Location) -> list[str]:
    """The valid keys of the section at `location`."""
    kinds: list[Any] = [job]
    for part in location:
        # A union adds its member's name to the location; no section holds it, so it changes nothing.
        kinds = [inner for kind in kinds for inner in _inside(kind, part)] or kinds
    return sorted({key for kind in kinds if _is_section(kind) for key in kind.model_fields})


def _inside(kind: Any, part: str | int) -> Iterator[Any]:
    if _is_section(kind):
        if part in kind.model_fields:
            yield from _members(kind.model_fields[str(part)].annotation)
    elif get_origin(kind) is list and isinstance(part, int):
        yield from _members(get_args(kind)[0])


def _members(annotation: Any) -> Iterator[Any]:
    """The members of a union, or the one type."""
    if get_origin(annotation) is list or not get_args(annotation):
        yield annotation
    else:
        for member in get_args(annotation):
            yield from _members(member)


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
