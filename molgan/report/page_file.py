"""A page of one file: the environment of its template, its style sheet, and writing it whole."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from molgan.base.errors import RunError
from molgan.base.files import write_whole


def open_templates() -> Environment:
    """The templates of this folder; what a template does not get is an error."""
    return Environment(
        loader=PackageLoader("molgan.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def read_inline(environment: Environment, name: str) -> Markup:
    """A style sheet or a script among the templates, as it stands in a page."""
    assert environment.loader is not None
    return Markup(environment.loader.get_source(environment, name)[0].strip())


def write_html(target: Path, page: str) -> Path:
    """Write a page, whole or not at all, and return its path. Raises RunError where it cannot be written."""
    try:
        with write_whole(target) as file:
            file.write(page.encode())
    except OSError as error:
        raise RunError(f"{target}: cannot be written ({error.strerror}); free space or fix the permissions") from error
    return target
