"""The base of every configuration section, and the types that sections share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo


class Settings(BaseModel):
    """A configuration section: unknown keys are refused, numbers are finite unless a field allows others
    (`allow_inf_nan`), values do not change after loading.

    `miniature` holds the values that `--smoke` uses, so that the section's work takes a second or two.

    Each layer declares its sections in `<layer>/settings.py`; the layer `config` composes them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)
    miniature: ClassVar[Mapping[str, Any]] = {}


def put_in_list(value: Any) -> Any:
    """A single text as a list of one; anything else as it is."""
    return [value] if isinstance(value, str) else value


OneOrMore = BeforeValidator(put_in_list, json_schema_input_type=Annotated[list[str], Field(min_length=1)] | str)
"""For a list of texts, which a single one may stand for."""


def find_existing(path: Path, info: ValidationInfo) -> Path:
    """The absolute path of a file or folder, looked for in the folder of the configuration (`folder` of the validation
    context), then in the working folder. Raises ValueError when it is in neither."""
    folder: Path | None = (info.context or {}).get("folder")
    for candidate in (folder / path if folder else path, path):
        if candidate.exists():
            return candidate.resolve()
    raise ValueError(f"no such file: {path}" + (f" (neither in {folder} nor in the working folder)" if folder else ""))


InputPath = Annotated[Path, AfterValidator(find_existing)]
"""A file or folder that exists; see `find_existing`."""
