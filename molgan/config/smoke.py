"""What makes any configuration a miniature of itself, so that every stage can be tried within seconds."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

_DATA = files("molgan") / "data"
_TRAIN, _SMALL = _DATA / "moses_reference_1000.csv.gz", _DATA / "qm9_reference_1000.csv.gz"

_SECTIONS = {
    "data": [f"data.train={_TRAIN}", "data.column=null"],
    "pretrain": ["pretrain.epochs=0.5", "pretrain.batch_size=32"],
    "rejection": [
        "rejection.real=100",
        "rejection.reference=500",
        "rejection.fake=100",
        "rejection.candidates=100",
        "rejection.critic.epochs=1",
        "rejection.critic.batch_size=32",
    ],
    "distil": [
        "distil.real=100",
        "distil.fake=100",
        "distil.candidates=200",
        "distil.critic.epochs=1",
        "distil.critic.batch_size=32",
        "distil.fit.epochs=1",
        "distil.fit.batch_size=32",
    ],
    "adversarial": [
        "adversarial.rounds=1",
        "adversarial.real=200",
        "adversarial.fake=200",
        "adversarial.critic.epochs=1",
        "adversarial.critic.batch_size=64",
        "adversarial.steps=2",
        "adversarial.batch_size=16",
    ],
    "likelihood": ["likelihood.steps=4", "likelihood.batch_size=16"],
    "oneshot": ["oneshot.steps=4", "oneshot.batch_size=16", "oneshot.molecules=null", "held_out=0"],
    "reinforce": ["reinforce.steps=2", "reinforce.batch_size=16", "reinforce.replay=4"],
    "optimize": [
        "optimize.budget=60",
        "optimize.first=16",
        "optimize.policy=16",
        "optimize.regrowth=8",
        "optimize.crossover=32",
        "optimize.edit=16",
        "optimize.updates=1",
        "optimize.update_size=8",
    ],
    "sample": ["sample={n: 200}"],
    "report": ["report.reference=100"],
}


def miniature(values: dict[str, Any], stem: str) -> Iterator[str]:
    """The overrides for a configuration, by the sections that it has; its run folder becomes another one.

    `stem` is the name of a configuration that gives none.
    """
    yield f"name={values.get('name', stem)}-smoke"
    if values.get("out") is not None:
        yield f"out={values['out']}-smoke"
    if "pretrain" in values and "generator" not in values:
        yield "network={embedding: 16, hidden: 16, layers: 1}"
    for section, overrides in _SECTIONS.items():
        if values.get(section) is not None:
            yield from overrides
    if "oneshot" in values or "likelihood" in values:  # of molecules of a few atoms
        yield f"data.train={_SMALL}"
