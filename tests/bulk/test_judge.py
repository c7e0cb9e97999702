"""Molecules come through a funnel alike in memory, in a campaign's rounds, and in a file's chunks on disk."""

from collections.abc import Sequence
from pathlib import Path

import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from molgan.bulk.judge import Judge, StoredChunk, join_tables
from molgan.chem.molecule import Molecule, parse
from molgan.chem.reading import Record
from molgan.filters.funnel import Funnel
from molgan.filters.funnel_result import StageCount
from molgan.filters.settings import FunnelSettings
from molgan.filters.settling import count_stages, settle
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings

POOL = [
    "CCO", "OCC", "c1ccccc1", "c1ccccc1C", "c1ccccc1CC", "c1ccccc", "nonsense", "", "[Na+].[Cl-]", "CC(=O)[O-].[Na+]",
    "CC(=O)Oc1ccccc1C(=O)O", "O=C(O)c1ccccc1OC(C)=O", "O=C1NC(=S)SC1=Cc1ccccc1", "CCCCCCCCCCCCCCCCCC", "CC(=O)O",
    "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "Cn1cnc2c1c(=O)n(C)c(=O)n2C", "O=[N+]([O-])c1ccccc1", "C1CCCCC1",
]  # fmt: skip
STAGES = [
    {"filter": "valid"},
    {"filter": "size", "min": 2, "max": 15},
    {"filter": "pains"},
    {"filter": "lipinski"},
    {"filter": "score", "min": 0.4},
    {"filter": "distinct"},
    {"filter": "distinct", "name": "flat", "ignore_stereo": True, "ignore_salts": True},
    {"filter": "scaffolds", "most": 1, "column": "score"},
    {"filter": "dissimilar", "similarity": 0.5, "column": "qed"},
    {"filter": "clusters", "similarity": 0.4},
    {"filter": "diverse", "n": 4},
    {"filter": "best", "n": 5},
]
OBJECTIVE = ObjectiveSettings.model_validate({"components": [{"scorer": "qed"}, {"scorer": "logp"}]})


def scores(molecules: Sequence[Molecule]) -> pandas.DataFrame:
    return Objective(OBJECTIVE)(molecules).to_frame()


def untimed(counts: Sequence[StageCount]) -> list[tuple[object, ...]]:
    return [(count.stage, count.entered, count.kept, list(count.reasons.items())) for count in counts]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.sampled_from(POOL), max_size=12), max_size=4),
    st.lists(st.sampled_from(STAGES), min_size=1, max_size=6, unique_by=lambda s: s.get("name", s["filter"])),
)
def test_every_way_through_a_funnel_ends_alike(
    tmp_path: Path, chunks: list[list[str]], stages: list[dict[str, object]]
) -> None:
    filters = FunnelSettings.model_validate({"stages": stages})
    smiles = [text for chunk in chunks for text in chunk]
    whole = Funnel(filters)(smiles, table=scores)

    passage = Funnel(filters).begin_passage()
    for chunk in chunks:
        passage.add([parse(text) for text in chunk], scores)
        passage.count_passing()  # which changes nothing
    result = passage.collect_result()
    assert (result.kept, result.rejected) == (whole.kept, whole.rejected)
    assert untimed(result.counts) == untimed(whole.counts)
    assert passage.count_passing() == len(whole.kept)
    assert [molecule.source for molecule in passage.parse_passing()] == [smiles[i] for i in whole.kept]

    judge, names = Judge(filters, OBJECTIVE), [count.stage for count in whole.counts]
    paths = [tmp_path / f"{number}.part" for number in range(len(chunks))]
    for path, chunk in zip(paths, chunks, strict=True):
        path.write_bytes(judge([Record(line, smiles) for line, smiles in enumerate(chunk)]))
    outcomes, seconds = settle([StoredChunk(path) for path in paths], judge.funnel.filters)
    assert untimed(count_stages(outcomes, names, seconds)) == untimed(whole.counts)
    rejected = [(names[number], why) for outcome in outcomes for _, number, why in outcome.list_rejected(len(names))]
    assert rejected == [(rejection.stage, rejection.reason) for rejection in whole.rejected]
    kept = [text for outcome in outcomes for text in outcome.read("source", outcome.find_passing(len(names)))]
    assert kept == [smiles[i] for i in whole.kept]


def test_molecules_that_no_worker_survives_are_rejected_by_the_first_filter(tmp_path: Path) -> None:
    filters = FunnelSettings.model_validate({"stages": ["distinct", {"filter": "best", "n": 3}]})
    judge = Judge(filters, OBJECTIVE)
    path = tmp_path / "0.part"
    path.write_bytes(
        join_tables(
            [judge([Record(1, "CCO")]), judge.lost([Record(2, "CCC")], "error: lost"), judge([Record(3, "OCC")])]
        )
    )
    (outcome,), _ = settle([StoredChunk(path)], judge.funnel.filters)
    assert list(outcome.list_rejected(2)) == [(1, 0, "error: lost"), (2, 0, "duplicate")]
    assert outcome.read("line", outcome.find_passing(2)) == [1]


@pytest.mark.parametrize("name", ["distinct", "scaffolds"])
def test_a_molecule_that_a_comparison_fails_on_is_rejected_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    funnel = Funnel([name])
    kind, compare = type(funnel.filters[0]), funnel.filters[0].compute_features

    def fail_on_benzene(_: object, molecules: Sequence[Molecule]) -> list[bytes]:
        if any(molecule.smiles == "c1ccccc1" for molecule in molecules):
            raise RuntimeError("no benzene")
        return list(compare(molecules))

    monkeypatch.setattr(kind, "compute_features", fail_on_benzene)
    result = funnel(["CCO", "c1ccccc1", "C1CC1"])
    assert result.kept == [0, 2]
    assert [rejection.reason for rejection in result.rejected] == ["error: RuntimeError: no benzene"]
