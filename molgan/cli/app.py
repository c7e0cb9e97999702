"""Collects the verbs, and turns each kind of failure into an exit code."""

import errno
import os
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from molgan.base.errors import MolganError, StorageError
from molgan.base.stopping import Stopped
from molgan.base.version import __version__
from molgan.cli import analogues as near
from molgan.cli import anomalies as odd
from molgan.cli import augment as synthetic
from molgan.cli import benchmark, campaigns, control, domains, evaluation, lists, molecules, privacy, qsar, serving
from molgan.cli import routes as synthesis
from molgan.cli import submission as jobs
from molgan.cli import submitted_files as submitted
from molgan.cli import sweeps as many
from molgan.cli.bars import choose_form, print_error

_EXIT_CODES = (
    "Exit codes: 0 done, 1 unexpected, 2 bad configuration or input, 3 target not reached or limit broken, "
    "4 storage failed, 130 interrupted, 143 stopped."
)
# Failures that the user can fix: no permission, no space, no such place, a name that is too long, a link to itself.
_MENDABLE = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR}
    | {errno.ENAMETOOLONG, errno.ELOOP, errno.EFBIG, errno.ENXIO, errno.EEXIST}
)
_STORAGE_FAILED = 4
_INTERRUPTED, _TERMINATED = 130, 143
_GOES_ON = dict.fromkeys(
    ("run", "sweep", "train", "adapt", "audit"), "; the same command goes on from the last checkpoint"
)
_GOES_ON["augment"] = "; the same command goes on after the last held-out part"


class _Verbs(TyperGroup):
    """Ends with one line on stderr for each fault, and exit code 2, after an error that the user can fix; with 4 after
    one of storage."""

    def invoke(self, ctx: Any) -> Any:
        code = 2
        try:
            return super().invoke(ctx)
        except MolganError as error:
            reason = str(error)
            code = _STORAGE_FAILED if isinstance(error, StorageError) else code
        except OSError as error:
            if error.errno not in _MENDABLE:
                raise
            reason = f"{error.filename or 'output'}: {error.strerror}"
        except Stopped:
            print_error("stopped" + _GOES_ON.get(str(ctx.invoked_subcommand), ""))
            raise typer.Exit(_TERMINATED) from None
        except KeyboardInterrupt:
            print_error("interrupted" + _GOES_ON.get(str(ctx.invoked_subcommand), ""))
            raise typer.Exit(_INTERRUPTED) from None
        for line in reason.splitlines():
            print_error(" ".join(line.split()))
        raise typer.Exit(code)


app = typer.Typer(
    name="molgan",
    cls=_Verbs,
    help="Drug-like molecule libraries from one YAML file.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
"""The typer application with all verbs."""


def _print_version(asked: bool) -> None:
    if asked:
        print(f"molgan {__version__}")
        raise typer.Exit


class LogForm(StrEnum):
    AUTO, PLAIN, JSON = "auto", "plain", "json"


@app.callback()
def _global_options(
    log: Annotated[
        LogForm,
        typer.Option(
            envvar="MOLGAN_LOG", help="Form of the progress on stderr: auto (bars on a terminal), plain or json lines."
        ),
    ] = LogForm.AUTO,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    choose_form(log.value)


for name, verb in (
    ("check", campaigns.check),
    ("run", campaigns.run),
    ("train", campaigns.train),
    ("sweep", many.sweep),
    ("sample", molecules.sample),
    ("analogues", near.analogues),
    ("augment", synthetic.augment),
    ("adapt", domains.adapt),
    ("translate", domains.translate),
    ("score", molecules.score),
    ("standardize", molecules.standardize),
    ("likelihood", molecules.likelihood),
    ("anomalies", odd.anomalies),
    ("filter", molecules.filter_),
    ("routes", synthesis.routes),
    ("evaluate", evaluation.evaluate),
    ("audit", privacy.audit),
    ("canaries", privacy.canaries),
    ("secret-list", privacy.secret_list),
    ("report", campaigns.report),
    ("serve", serving.serve),
    ("status", jobs.status),
    ("logs", control.logs),
    ("stop", control.stop),
    ("list", lists.list_),
    ("schema", lists.schema),
):
    app.command(name, epilog=_EXIT_CODES)(verb)
app.command("standardise", hidden=True, epilog=_EXIT_CODES)(molecules.standardize)
app.add_typer(submitted.app, name="submit", epilog=_EXIT_CODES)
app.add_typer(qsar.app, name="qsar")
app.add_typer(benchmark.app, name="benchmark")


def main() -> None:
    """The console script `molgan`."""
    os.environ.setdefault("MOLGAN_QUIET_RDKIT", "1")
    app()
