"""Files of any length: the same bytes whoever does the work, memory that does not grow, and going on after a kill."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path

import pandas
import pytest
from rdkit import Chem

from molgan.base.errors import ConfigError
from molgan.bulk.filter_file import filter_records
from molgan.bulk.score_file import score_records
from molgan.chem.molecule import parse
from molgan.chem.reading import Record, read_rows
from molgan.chem.shipped_sets import load_reference
from molgan.config import CampaignConfig, load_config
from molgan.filters.funnel import Funnel
from molgan.scoring.objective import Objective

CAMPAIGN = """\
data: {train: known.smi}
objective: {components: [{scorer: qed}, {scorer: logp}]}
sample: {n: 10}
filters:
  - {filter: size, min: 5}
  - distinct
  - {filter: distinct, name: flat, ignore_stereo: true}
  - novel
  - {filter: score, min: 0.2}
  - {filter: scaffolds, most: 2, column: score}
  - pains
  - {filter: dissimilar, similarity: 0.8, column: score}
  - {filter: best, n: 60}
"""


class Messages:
    """A progress that keeps what it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def start(self, task: str, total: int | None = None) -> None: ...
    def advance(self, task: str, done: int = 1, **figures: float) -> None: ...
    def note(self, task: str, facts: Mapping[str, str]) -> None: ...
    def finish(self, task: str) -> None: ...
    def message(self, text: str) -> None:
        self.texts.append(text)


def smiles() -> list[str]:
    """Some molecules in one spelling, some in two, and invalid input."""
    known = [record.smiles for record in load_reference("approved_drugs")[:150]]
    again = [Chem.MolToRandomSmilesVect(Chem.MolFromSmiles(one), 1, randomSeed=1)[0] for one in known[::3]]
    mixed = [*known, *again, "c1ccccc", "CCO", 'C(C)"', "C[C@H](N)c1ccccc1", "C[C@@H](N)c1ccccc1"]
    random.Random(1).shuffle(mixed)
    return mixed


def chunks(size: int) -> Iterator[list[Record]]:
    records = [Record(line, text) for line, text in enumerate(smiles(), start=1)]
    return (records[start : start + size] for start in range(0, len(records), size))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CampaignConfig:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "known.smi").write_text("\n".join(smiles()[:10]))
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    return load_config(tmp_path / "campaign.yaml")


def test_the_result_is_that_of_the_funnel_on_all_at_once(campaign: CampaignConfig, tmp_path: Path) -> None:
    told = filter_records(chunks(32), campaign, tmp_path / "out")
    result = Funnel(campaign.filters)(smiles(), table=lambda some: Objective(campaign.objective)(some).to_frame())
    rejected = pandas.read_csv(tmp_path / "out" / "rejected.csv", keep_default_na=False)
    assert list(rejected["line"] - 1) == [one.index for one in result.rejected]
    assert list(rejected["stage"]) == [one.stage for one in result.rejected]
    assert list(rejected["reason"]) == [one.reason for one in result.rejected]
    assert list(rejected["smiles"]) == [one.smiles for one in result.rejected]
    expected = [(one.stage, one.entered, one.kept, one.reasons) for one in result.counts]
    assert [(one.stage, one.entered, one.kept, one.reasons) for one in told] == expected
    assert len({one.stage for one in result.rejected}) == 8, "each stage but one has something to do"
    library = pandas.read_csv(tmp_path / "out" / "library.csv")
    totals = Objective(campaign.objective)(list(library["smiles"])).total
    assert list(library["score"]) == pytest.approx(list(totals)) and library["score"].is_monotonic_decreasing
    assert list(library["rank"]) == list(range(1, len(result.kept) + 1))
    pandas.testing.assert_frame_equal(
        pandas.read_parquet(tmp_path / "out" / "library.parquet"),
        library.fillna({"scaffold": "", "controlled": ""}),
        check_dtype=False,
    )
    stages = json.loads((tmp_path / "out" / "funnel.json").read_text())
    assert [stage["kept"] for stage in stages] == [one.kept for one in result.counts]


def test_the_bytes_are_the_same_however_many_processes(campaign: CampaignConfig, tmp_path: Path) -> None:
    filter_records(chunks(40), campaign, tmp_path / "one")
    filter_records(chunks(40), campaign, tmp_path / "two", processes=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert not (tmp_path / "two" / ".parts").exists()


def test_nothing_kept_is_an_empty_library(campaign: CampaignConfig, tmp_path: Path) -> None:
    filter_records([[Record(1, "C"), Record(2, "nonsense")]], campaign, tmp_path / "out")
    assert len(pandas.read_csv(tmp_path / "out" / "library.csv")) == 0
    assert len(pandas.read_parquet(tmp_path / "out" / "library.parquet")) == 0


def test_every_cell_of_the_file_stays_with_its_molecule(campaign: CampaignConfig, tmp_path: Path) -> None:
    progress = Messages()
    records = []
    for line, text in enumerate(smiles(), start=1):
        fields = {"id": f"V{line}", "qed": "", "stage": 'a,b\n"c"'}
        records.append(Record(line, text, fields | ({"late": "x"} if line % 50 == 7 else {})))
    names = ("id", "qed", "stage", "late")
    given = {record.line: (record.smiles, *map(record.fields.get, names)) for record in records}
    filter_records([records[:40], records[40:]], campaign, tmp_path / "out", progress)
    others = ["id_input", "qed_input", "stage_input", "late"]
    assert progress.texts[1:] == [
        f"column {name!r} of the file is kept as {name + '_input'!r}: the result has a column {name!r}"
        for name in ("id", "qed", "stage")
    ]
    rejected = pandas.read_csv(tmp_path / "out" / "rejected.csv", keep_default_na=False)
    assert list(rejected) == ["id", "smiles", "stage", "reason", "line", "duplicate_of", *others]
    library = pandas.read_csv(tmp_path / "out" / "library.csv", keep_default_na=False)
    assert list(library)[-5:] == ["line", *others] and list(library)[:3] == ["id", "rank", "smiles"]
    parquet = pandas.read_parquet(tmp_path / "out" / "library.parquet")
    assert parquet["line"].tolist() == library["line"].tolist() and parquet.dtypes["line"] == "int64"
    sdf = pandas.DataFrame([row.fields for row in read_rows(tmp_path / "out" / "library.sdf")]).fillna("")
    assert sorted([*rejected["line"], *library["line"]]) == sorted(given)
    for table in (rejected, library, parquet.fillna("")):
        for row in table.to_dict("records"):
            text, *cells = given[row["line"]]
            assert [row[name] for name in others] == [cell or "" for cell in cells]
            assert table is rejected or parse(text).smiles == row["smiles"]
    assert sdf["line"].astype(int).tolist() == library["line"].tolist()
    assert sdf["id_input"].tolist() == library["id_input"].tolist() and sdf["late"].tolist() == library["late"].tolist()
    twice = rejected[rejected["reason"] == "duplicate"]
    assert len(twice) >= 40
    for row in twice.to_dict("records"):
        assert int(row["duplicate_of"]) < row["line"]
        one, other = (parse(text).smiles or "" for text in (row["smiles"], given[int(row["duplicate_of"])][0]))
        assert one == other or row["stage"] == "flat"
    assert set(rejected[rejected["reason"] != "duplicate"]["duplicate_of"]) == {""}


@pytest.mark.parametrize("first", ["{filter: dissimilar, similarity: 0.9}", "{filter: scaffolds, most: 1}"])
def test_invalid_input_may_come_to_a_filter_of_the_whole_set_first(
    first: str, campaign: CampaignConfig, tmp_path: Path
) -> None:
    records = [Record(line, text) for line, text in enumerate(["nonsense", "CCO", "c1ccccc", "", "c1ccccc1C"], start=1)]
    filter_records([records], load_config(tmp_path / "campaign.yaml", [f"filters=[{first}]"]), tmp_path / "out")
    rejected = pandas.read_csv(tmp_path / "out" / "rejected.csv", keep_default_na=False)
    assert list(rejected["reason"]) == [parse(records[row].smiles).reason for row in (0, 2, 3)]
    assert len(pandas.read_csv(tmp_path / "out" / "library.csv")) == 2


@pytest.mark.slow
def test_filtering_goes_on_after_a_kill(campaign: CampaignConfig, tmp_path: Path) -> None:
    filter_records(chunks(8), campaign, tmp_path / "whole")
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import test_filter_file as t\n"
        "from molgan.config import load_config; from molgan.bulk.filter_file import filter_records; import time\n"
        "slowly = ([time.sleep(.2), chunk][1] for chunk in t.chunks(8))\n"
        "filter_records(slowly, load_config(sys.argv[2]), Path(sys.argv[3]))\n"
    )
    folder = tmp_path / "out"
    arguments = [str(Path(__file__).parent), str(tmp_path / "campaign.yaml"), str(folder)]
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], env={**os.environ, "PYTHONPATH": os.getcwd()})
    deadline = time.monotonic() + 300
    while len(list((folder / ".parts").glob("[0-9]*.part"))) < 4:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = {path: path.stat().st_mtime_ns for path in (folder / ".parts").glob("[0-9]*.part")}
    assert 4 <= len(done) < len(list(chunks(8)))
    assert not (folder / "library.csv").exists()

    seen: list[Path] = []

    class Watch:
        def start(self, task: str, total: int | None = None) -> None: ...
        def finish(self, task: str) -> None: ...
        def message(self, text: str) -> None: ...
        def advance(self, task: str, done: int = 1, **figures: float) -> None:
            seen.extend(path for path in stamps() if path not in seen)

    def stamps() -> list[Path]:
        return [path for path in (folder / ".parts").glob("[0-9]*.part") if path.stat().st_mtime_ns == done.get(path)]

    filter_records(chunks(8), campaign, folder, Watch())
    assert set(seen) == set(done), "what was done was not done again"
    assert contents(folder) == contents(tmp_path / "whole")


def test_another_config_does_not_take_what_was_judged_by_this_one(campaign: CampaignConfig, tmp_path: Path) -> None:
    def broken() -> Iterator[list[Record]]:
        yield from list(chunks(40))[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        filter_records(broken(), campaign, tmp_path / "out")
    assert len(list((tmp_path / "out" / ".parts").glob("[0-9]*.part"))) >= 1
    other = load_config(tmp_path / "campaign.yaml", ["filters=[{filter: size, min: 40}]"])
    filter_records(chunks(40), other, tmp_path / "out")
    filter_records(chunks(40), other, tmp_path / "fresh")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_what_only_a_run_knows_is_skipped_or_refused(campaign: CampaignConfig, tmp_path: Path) -> None:
    (tmp_path / "realism.yaml").write_text(CAMPAIGN + "  - realism\nadversarial: {rounds: 1}\n")
    progress = Messages()
    filter_records(chunks(1000), load_config(tmp_path / "realism.yaml"), tmp_path / "with", progress)
    filter_records(chunks(1000), campaign, tmp_path / "without")
    assert contents(tmp_path / "with") == contents(tmp_path / "without")
    assert any("realism" in text and "skipped" in text for text in progress.texts)
    pareto = load_config(tmp_path / "campaign.yaml", ["objective.aggregation=pareto"])
    with pytest.raises(ConfigError, match="Pareto"):
        filter_records(chunks(1000), pareto, tmp_path / "pareto")


def test_scores_are_the_same_in_several_processes_and_after_an_interruption(tmp_path: Path) -> None:
    def records(stop: int | None = None) -> Iterator[Sequence[Record]]:
        for number, chunk in enumerate(chunks(40)):
            if number == stop:
                raise KeyboardInterrupt
            yield [Record(one.line, one.smiles, {"name": f"m{one.line}"}) for one in chunk]

    names = ["qed", "pains"]
    whole = "".join(score_records(records(), names))
    assert whole.splitlines()[0] == "smiles,name,qed,pains,error,line"
    assert len(pandas.read_csv(StringIO(whole))) == len(smiles())
    assert "".join(score_records(records(), names, processes=2)) == whole
    with pytest.raises(KeyboardInterrupt):
        list(score_records(records(stop=3), names, tmp_path / "parts"))
    assert len(list((tmp_path / "parts").glob("[0-9]*.part"))) == 3
    assert "".join(score_records(records(), names, tmp_path / "parts")) == whole
    assert not (tmp_path / "parts").exists()


def test_molecules_are_judged_in_their_standard_form_where_the_campaign_says_so(tmp_path: Path) -> None:
    (tmp_path / "known.smi").write_text("CCCCN.Cl\n")
    (tmp_path / "campaign.yaml").write_text(STANDARDIZED)
    config = load_config(tmp_path / "campaign.yaml")
    assert config.filters.stages[3].parameters["ignore_salts"] is True
    records = [Record(line, text) for line, text in enumerate(["CCCCCCN.Cl", "NCCCCCC", "[NH3+]CCCC", "[13CH4]"], 1)]
    filter_records([records], config, tmp_path / "out")
    library = pandas.read_csv(tmp_path / "out" / "library.csv")
    assert library[["smiles", "original", "changes"]].to_numpy().tolist() == [
        ["CCCCCCN", "CCCCCCN.Cl", "salt removed: HCl"]
    ]
    rejected = pandas.read_csv(tmp_path / "out" / "rejected.csv")
    assert rejected["reason"].tolist() == ["duplicate", "in known: CCCCN.Cl", "isotope"]
    assert rejected["smiles"].tolist() == ["NCCCCCC", "[NH3+]CCCC", "[13CH4]"]
    filter_records([records[:2], records[2:]], config, tmp_path / "again", processes=2)
    assert contents(tmp_path / "again") == contents(tmp_path / "out")


STANDARDIZED = """\
data: {train: known.smi}
standardize: true
objective: {components: [{scorer: qed}]}
sample: {n: 10}
filters: [valid, distinct, novel]
"""
