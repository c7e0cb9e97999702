"""Files are filtered on Ray with the bytes that one process gives."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from molgan_toy_work import Shout, Waiting, joined

from molgan.bulk.filter_file import filter_records
from molgan.chem.reading import Record
from molgan.chem.shipped_sets import load_reference
from molgan.config import load_config
from molgan.distributed.chunk_actors import RayCrew
from molgan.distributed.settings import ComputeSettings

CAMPAIGN = """\
data: {train: known.smi}
objective: {components: [{scorer: qed}]}
sample: {n: 10}
filters: [valid, distinct, novel, lipinski, {filter: score, min: 0.4}, {filter: scaffolds, most: 1, column: score}]
"""


def chunks() -> Iterator[list[Record]]:
    smiles = [*(record.smiles for record in load_reference("approved_drugs")[:60]), "c1cc"] * 2
    records = [Record(line, text) for line, text in enumerate(smiles, start=1)]
    return (records[start : start + 16] for start in range(0, len(records), 16))


@pytest.mark.slow
def test_a_stream_comes_back_in_order_without_the_row_that_kills_workers(ray: None) -> None:
    texts = [["one", "two"], ["three"], ["four", "die", "five"], ["six"], *([str(n)] for n in range(20))]
    with RayCrew(Shout(), ComputeSettings(workers=2), joined) as crew:
        found = list(crew.map(texts))
    assert found[:4] == [b"ONE TWO", b"THREE", b"FOUR (error: the worker process died) FIVE", b"SIX"]
    assert found[4:] == [str(n).encode() for n in range(20)]


@pytest.mark.slow
def test_a_slow_chunk_keeps_nobody_waiting(ray: None, tmp_path: Path) -> None:
    """Chunks were worked on in windows of four for each worker, the next one once all of the last were done."""
    texts = [[str(n)] for n in range(40)]
    texts[6], texts[25] = ["wait"], ["go"]
    compute = ComputeSettings.model_validate({"workers": 2, "scoring": {"timeout": 60}})
    with RayCrew(Waiting(tmp_path), compute, joined) as crew:
        assert list(crew.map(texts)) == [rows[0].encode() for rows in texts]


@pytest.mark.slow
def test_ray_workers_filter_a_file_to_the_same_bytes(ray: None, tmp_path: Path) -> None:
    (tmp_path / "known.smi").write_text("CCO\n")
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    filter_records(chunks(), load_config(tmp_path / "campaign.yaml"), tmp_path / "here")
    there = load_config(tmp_path / "campaign.yaml", ["compute.workers=2"])
    filter_records(chunks(), there, tmp_path / "there")
    assert {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()
    }


@pytest.mark.slow
def test_a_molecule_in_several_chunks_is_paid_once(ray: None, tmp_path: Path) -> None:
    """An actor forgets cheap values after each chunk, and no actor knows what another one has scored."""
    calls = tmp_path / "calls"
    body = f"s = sys.stdin.read().split(); open({str(calls)!r}, 'a').write(''.join(x + '\\n' for x in s)); "
    body += "print(json.dumps([{'a': len(x) / 100} for x in s]))"
    command = [sys.executable, "-S", "-c", f"import json, sys; {body}"]
    component = {"scorer": "process", "name": "a", "parameters": {"command": command, "field": "a"}}
    campaign = {
        "data": {"train": "known.smi"},
        "objective": {"components": [{**component, "transform": {"name": "identity"}}]},
        "sample": {"n": 10},
        "filters": ["valid", {"filter": "score", "min": 0.01}],
    }
    (tmp_path / "known.smi").write_text("CCO\n")
    (tmp_path / "campaign.yaml").write_text(json.dumps(campaign))
    config = load_config(tmp_path / "campaign.yaml", ["compute.workers=1"])
    filter_records(chunks(), config, tmp_path / "out")
    asked = calls.read_text().splitlines()
    asked.remove("CCO")  # on which a scorer is tried before the work
    assert len(asked) == len(set(asked)) == 60
