"""Progress on stderr: bars on a terminal or in a notebook, else a plain line now and then."""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichBars
from rich.table import Table
from rich.text import Text

from molgan.base.json_lines import JsonLines
from molgan.base.progress import Progress

if TYPE_CHECKING:
    from molgan.scoring.foreign_code import ForeignCode

_SECONDS_BETWEEN_LINES = 15.0
_form = "auto"


@contextmanager
def show_progress() -> Iterator[Progress]:
    """A `Progress` for as long as the `with` lasts, in the form that `--log` asks for."""
    if _form == "json":
        yield JsonLines(_write_line)
        return
    console = Console(stderr=True, force_terminal=False if _form == "plain" else None)
    if _form == "plain" or not can_draw_bars(console):
        yield PlainLines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        _Count(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[figures]}"),
    )
    with Bars(*columns, console=console, redirect_stdout=False) as bars:
        yield ProgressBars(bars)


def can_draw_bars(console: Console) -> bool:
    """Whether bars can be drawn there: on a terminal, and in a notebook by ipywidgets."""
    return console.is_terminal or (console.is_jupyter and find_spec("ipywidgets") is not None)


def choose_form(form: str) -> None:
    """Set the form of all further progress, as `--log` asks for: auto, plain or json."""
    global _form
    _form = form


def print_error(reason: str) -> None:
    """Print the reason why the command ends, one line on stderr."""
    if _form == "json":
        JsonLines(_write_line).error(reason)
    else:
        print(f"molgan: {reason}", file=sys.stderr)


def print_message(text: str) -> None:
    """Print a message, on an input for example: one line on stderr, whether or not progress is shown."""
    if _form == "json":
        JsonLines(_write_line).message(text)
    else:
        print(text, file=sys.stderr)


def _write_line(line: str) -> None:
    print(line, end="", file=sys.stderr, flush=True)


def print_foreign(found: "Sequence[ForeignCode]") -> None:
    """Say in one line on stderr what a configuration runs and calls."""
    from molgan.scoring.foreign_code import list_foreign

    print_message(list_foreign(found))


class Bars(RichBars):
    """Bars with a panel below them that shows the notes of the running task."""

    panel: Panel | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.panel is not None:
            yield self.panel


class ProgressBars:
    """One bar for each task, with units a second, time left and latest figures; below them the notes of the task."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def start(self, task: str, total: int | None = None) -> None:
        if task in self._tasks:
            self._bars.remove_task(self._tasks[task])
        self._tasks[task] = self._bars.add_task(task, total=total, figures="")

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        bar = self._tasks[task]
        if figures:
            self._bars.update(bar, advance=done, figures=format_figures(figures))
        else:
            self._bars.update(bar, advance=done)

    def note(self, task: str, facts: Mapping[str, str]) -> None:
        table = Table.grid(padding=(0, 2))
        for name, fact in facts.items():
            table.add_row(Text(name, style="dim"), Text(fact, overflow="fold"))
        self._bars.panel = Panel(table, title=task, title_align="left", border_style="dim", expand=False)

    def finish(self, task: str) -> None:
        self._bars.panel = None
        bar = self._tasks[task]
        completed = next(row.completed for row in self._bars.tasks if row.id == bar)
        self._bars.update(bar, total=completed)

    def message(self, text: str) -> None:
        self._bars.console.print(Text(text))


class _Count(ProgressColumn):
    def render(self, task: Task) -> Text:
        total = f"/{int(task.total):,}" if task.total else ""
        return Text(f"{int(task.completed):,}{total}", style="progress.download")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(format_rate(speed) if speed else "", style="progress.data.speed")


@dataclass
class _Task:
    total: int | None
    done: int = 0
    started: float = field(default_factory=time.monotonic)
    shown: float = field(default_factory=time.monotonic)
    figures: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


class PlainLines:
    """A line when a task starts, every 15 seconds while it runs, and when it ends after a second or more."""

    def __init__(self) -> None:
        self._tasks: dict[str, _Task] = {}

    def start(self, task: str, total: int | None = None) -> None:
        self._tasks[task] = _Task(total)
        self.message(f"{task}: {total:,}" if total else task)

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        state = self._tasks[task]
        state.done += done
        state.figures.update(figures)
        if time.monotonic() - state.shown >= _SECONDS_BETWEEN_LINES:
            state.shown = time.monotonic()
            self.message(_format_line(task, state))
            for name, fact in state.notes.items():
                self.message(f"    {name}: {fact}")

    def note(self, task: str, facts: Mapping[str, str]) -> None:
        self._tasks[task].notes = dict(facts)

    def finish(self, task: str) -> None:
        state = self._tasks.pop(task)
        if (seconds := time.monotonic() - state.started) >= 1:
            self.message(f"{_format_line(task, state)}, done in {seconds:.1f} s")

    def message(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


def _format_line(task: str, state: _Task) -> str:
    seconds = time.monotonic() - state.started
    speed = state.done / seconds if seconds > 0 else 0.0
    parts = [f"{task}: {state.done:,}" + (f"/{state.total:,}" if state.total else ""), format_rate(speed)]
    if state.total and speed and state.done < state.total:
        parts.append(f"{_format_seconds((state.total - state.done) / speed)} left")
    if state.figures:
        parts.append(format_figures(state.figures))
    return ", ".join(parts)


def format_figures(figures: dict[str, float]) -> str:
    """`{"loss": 1.23456, "molecules_a_second": 2048}` as "loss 1.235 molecules a second 2,048"."""
    return " ".join(f"{name.replace('_', ' ')} {format_number(value)}" for name, value in figures.items())


def format_rate(speed: float) -> str:
    """Units of work a second; what is slower than one a second as the time that one takes."""
    return f"{format_number(speed)}/s" if speed >= 1 or speed <= 0 else f"{_format_seconds(1 / speed)}/step"


def _format_seconds(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 120 else f"{format_number(seconds / 60)} min"


def format_number(value: float) -> str:
    """A number with about four significant digits: 12,345, 123.4, 1.235, 0.00123."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
