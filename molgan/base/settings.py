"""The base of every configuration section, and the types that sections share."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from molgan.base.errors import ConfigError, InputError
from molgan.base.remote_files import fetch, is_url

_SHOWN = 60
_NO_VARIABLES = "variables such as $HOME are not put in; write the path out, or ~ for your home"
_SHELL_VARIABLE = re.compile(r"\$(\w|\{)")


class Settings(BaseModel):
    """A configuration section: unknown keys are refused, numbers are finite unless a field allows others
    (`allow_inf_nan`), `true` is no number, values do not change after loading.

    `miniature` holds the values that `--smoke` uses, so that the section's work takes a second or two.

    Each layer declares its sections in `<layer>/settings.py`; the layer `config` composes them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)
    miniature: ClassVar[Mapping[str, Any]] = {}

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_switches(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool | list | tuple | dict) and info.field_name is not None:
            _refuse_switch(value, cls.model_fields[info.field_name].annotation)
        return value


def _refuse_switch(value: Any, annotation: Any) -> None:
    """Raises an error of pydantic's where true or false stands for a number, which pydantic takes for 1 or 0."""
    kinds = list(_list_members(annotation))
    if isinstance(value, bool):
        if {int, float} & set(kinds) and bool not in kinds:
            raise PydanticCustomError("number_type", "Input should be a number")
        return
    inside = [part for kind in kinds if get_origin(kind) in (list, tuple, dict) for part in get_args(kind)[-1:]]
    for inner in value.values() if isinstance(value, dict) else value:
        for kind in inside:
            if isinstance(inner, bool):
                _refuse_switch(inner, kind)


def _list_members(annotation: Any) -> Iterator[Any]:
    """The types that a value may have."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _list_members(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for member in get_args(annotation):
            yield from _list_members(member)
    else:
        yield annotation


def put_in_list(value: Any) -> Any:
    """A single text as a list of one; anything else as it is."""
    return [value] if isinstance(value, str) else value


OneOrMore = BeforeValidator(put_in_list, json_schema_input_type=Annotated[list[str], Field(min_length=1)] | str)
"""For a list of texts, which a single one may stand for."""


def find_existing(path: Path, info: ValidationInfo) -> Path:
    """The absolute path of a file or folder, looked for in the folder of the configuration (`folder` of the validation
    context), then in the working folder. Raises ValueError when it is in neither."""
    folder: Path | None = (info.context or {}).get("folder")
    path = _expand_user(path)
    for candidate in (folder / path if folder else path, path):
        try:
            if candidate.exists():
                return candidate.resolve()
        except OSError as error:  # a name that is too long
            raise ValueError(f"{str(path)[:_SHOWN]}: {error.strerror}") from None
    where = f" (neither in {folder} nor in the working folder)" if folder else ""
    hint = f"; {_NO_VARIABLES}" if _SHELL_VARIABLE.search(str(path)) else ""
    if is_url(path):
        hint = "; only files of molecules are taken from URLs: copy this one to a disk that this machine sees"
    raise ValueError(f"no such file: {path}{where}{hint}")


def find_molecules(path: Path, info: ValidationInfo) -> Path:
    """As `find_existing`, for a file of molecules, which may also be a URL of storage: its copy in the cache. Raises
    StorageError, too."""
    if not is_url(path):
        return find_existing(path, info)
    try:
        return fetch(path)
    except (ConfigError, InputError) as error:
        raise ValueError(str(error)) from None


def expand_home(path: Path) -> Path:
    """A path to write, with the home folder in place of `~`. Raises ValueError for one with a variable of the shell,
    which would make a folder that is called `$HOME`."""
    if _SHELL_VARIABLE.search(str(path)):
        raise ValueError(f"{path}: {_NO_VARIABLES}")
    return _expand_user(path)


def _expand_user(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:  # no such user
        raise ValueError(f"{path}: {error}") from None


OutputPath = Annotated[Path, AfterValidator(expand_home)]
"""A file or folder to write; see `expand_home`."""

MoleculesPath = Annotated[Path, AfterValidator(find_molecules)]
"""A file of molecules that exists, here or on storage; see `find_molecules`."""

InputPath = Annotated[Path, AfterValidator(find_existing)]
"""A file or folder that exists; see `find_existing`."""
