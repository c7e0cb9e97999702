import gzip
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pandas
import pytest
import torch
from rich.console import Console
from rich.progress import TextColumn
from typer.testing import CliRunner, Result

from molgan.chem.molecule import parse
from molgan.cli import app
from molgan.cli.bars import Bars, PlainLines, ProgressBars, format_figures, format_rate, show_progress
from molgan.graphs.motif.actions import Vocabulary
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings

VERBS = (
    *(
        "check",
        "run",
        "sweep",
        "train",
        "sample",
        "score",
        "standardize",
        "filter",
        "evaluate",
        "report",
        "list",
        "schema",
    ),
    *("audit", "canaries", "secret-list"),
)

CAMPAIGN = """\
data: {train: train.smi}
objective: {components: [{scorer: qed}]}
sample: {n: 10}
filters: [valid, distinct, {filter: size, min: 5}, novel, {filter: score, min: 0.3}]
"""


def molgan(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "train.smi").write_text("c1ccccc1\n")
    path = tmp_path / "campaign.yaml"
    path.write_text(CAMPAIGN)
    return path


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example_and_exit_codes(verb: str) -> None:
    result = molgan(verb, "--help")
    assert result.exit_code == 0
    assert f"molgan {verb} " in result.output
    assert "Example:" in result.output
    assert "Exit codes:" in result.output


def test_help_is_quick() -> None:
    probe = "import resource; u = resource.getrusage(resource.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"
    code = f"import sys, molgan.cli\ntry:\n    molgan.cli.main()\nexcept SystemExit:\n    {probe}"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    assert all(verb in done.stdout for verb in VERBS)
    assert float(done.stdout.splitlines()[-1]) < 1


def test_score_keeps_order_other_columns_and_bad_molecules(tmp_path: Path) -> None:
    table = "smiles,id\nCCO,a\nc1ccccc,b\nC,c,d\nCCO,e\n"
    result = molgan("score", "-", "--scorers", "heavy_atoms, pains", "-o", tmp_path / "scores.csv", stdin=table)
    assert result.exit_code == 0
    scores = pandas.read_csv(tmp_path / "scores.csv")
    assert list(scores.columns) == ["smiles", "id", "heavy_atoms", "pains", "error", "line"]
    assert list(scores["id"]) == ["a", "b", "c", "e"]
    assert list(scores["heavy_atoms"].isna()) == [False, True, True, False]
    assert "unclosed ring" in scores["error"][1]
    assert scores["error"][2] == "3 cells, the header has 2"
    assert "-:4: 3 cells" in result.stderr


def test_score_writes_to_stdout(tmp_path: Path) -> None:
    (tmp_path / "molecules.smi").write_text("CCO\n")
    assert molgan("score", tmp_path / "molecules.smi", "--scorers", "heavy_atoms").stdout == (
        "smiles,heavy_atoms,error,line\nCCO,3.0,,1\n"
    )


def test_filter_writes_the_library_and_a_reason_for_all_else(campaign: Path, tmp_path: Path) -> None:
    molecules = "CCO\nc1ccccc1\nCc1ccccc1\nC1CC\nCc1ccccc1\nCCCCCCCCCCCCCCCCCCCCCC\nCCc1ccccc1 ethylbenzene\n"
    result = molgan("filter", "-", "--config", campaign, "-o", tmp_path / "out", stdin=molecules)
    assert result.exit_code == 0, result.output
    library = pandas.read_csv(tmp_path / "out" / "library.csv")
    assert list(library["smiles"]) == ["CCc1ccccc1", "Cc1ccccc1"]
    assert list(library["rank"]) == [1, 2]
    assert library["nearest_similarity"].between(0.1, 1).all()
    assert library["score"].is_monotonic_decreasing
    rejected = pandas.read_csv(tmp_path / "out" / "rejected.csv").sort_values("line")
    assert list(rejected["stage"]) == ["size", "novel", "valid", "distinct", "score"]
    assert list(rejected["line"]) == [1, 2, 4, 5, 6]
    stages = json.loads((tmp_path / "out" / "funnel.json").read_text())
    assert [(stage["entered"], stage["kept"]) for stage in stages] == [(7, 6), (6, 6), (6, 5), (5, 4), (4, 3), (3, 2)]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=8, layers=1)
    MotifGenerator(Vocabulary(("C", "O", "c1ccccc1")), network, max_atoms=12).save(tmp_path / "weights")
    return tmp_path / "weights"


def test_sample_is_the_same_for_the_same_seed_and_valid(weights: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert molgan("sample", "-n", 20, "--seed", seed, "--weights", weights, "-o", tmp_path / name).exit_code == 0
    a, b, c = ((tmp_path / name).read_text() for name in "abc")
    assert a == b != c
    assert len(a.splitlines()) == 20
    assert all(parse(smiles).smiles == smiles for smiles in a.splitlines())


def test_check_tells_what_passes_what_known_molecules_score_and_the_cost(campaign: Path, weights: Path) -> None:
    overrides = (f"generator.weights={weights}", "data.lead=CCO", "data.actives=[CCc1ccccc1]", "reinforce.steps=10")
    campaign.write_text(CAMPAIGN.replace("0.3}]", "0.3}, realism]") + "adversarial: {rounds: 1}\n")
    result = molgan("check", campaign, *overrides)
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "valid 1,000 in 1,000 kept" in lines
    assert "rejected by size: fewer than 5 heavy atoms: 3" in lines
    assert "passes every filter" in lines
    assert "filter 'realism' is skipped" in result.stderr
    assert any(line.startswith("reinforce") and line.endswith("1,280 drawn 1,280 scored") for line in lines)
    assert any(line.startswith("sample") and line.endswith("10 drawn 10 scored") for line in lines)


@pytest.mark.parametrize("kind", ["scorers", "filters", "transforms", "settings"])
def test_list_tells_names_and_parameters(kind: str) -> None:
    result = molgan("list", kind)
    expected = {
        "scorers": "aggregate=nearest",
        "filters": "violations=0",
        "transforms": "low, high, k=0.5",
        "settings": "reinforce.batch_size",
    }
    assert result.exit_code == 0
    assert expected[kind] in result.output


def test_list_settings_tells_the_keys_of_a_section() -> None:
    assert molgan("list", "settings", "sample.round").output.splitlines() == [
        "key           type         default  description",
        "sample.round  integer ≥ 1  2048     Molecules drawn between two looks at how many pass",
    ]


def test_the_shipped_schema_is_what_the_command_writes() -> None:
    shipped = Path(__file__).parents[1] / "configs" / "schema.json"
    # In a process of its own: other tests register scorers, filters and transforms in this one.
    printed = subprocess.run([sys.executable, "-m", "molgan", "schema"], capture_output=True, text=True, check=True)
    assert printed.stdout == shipped.read_text(), "run `molgan schema -o configs/schema.json`"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["score", "nothing.csv", "--scorers", "qed"], "nothing.csv: No such file"),
        (["score", "-", "--scorers", "qedd"], "did you mean 'qed'?"),
        (["check", "nothing.yaml"], "nothing.yaml: cannot be read"),
        (["check", "{campaign}", "sead=1"], "did you mean 'seed'?"),
        (["train", "{campaign}"], "molgan run"),
        (["sweep", "nothing.yaml"], "nothing.yaml: cannot be read"),
        (["sweep", "{campaign}"], "give it to `molgan run`"),
        (["sample", "-n", "1", "--weights", "nothing"], "no weights at nothing"),
        (["report", "nothing"], "nothing: no such run folder"),
        (["list", "settings", "reinfroce"], "did you mean 'reinforce'?"),
        (["list", "settings", "reinforce.batchsize"], "did you mean 'reinforce.batch_size'?"),
        (["list", "settings", "xyzzy"], "known: adapt, adversarial, "),
        (["list", "filters", "size"], "`molgan list settings size`"),
        (["filter", "-", "--config", "{campaign}", "-o", "{campaign}/out"], "cannot be written"),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_exit_code_2(
    campaign: Path, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(campaign.parent)
    result = molgan(*(argument.format(campaign=campaign) for argument in arguments), stdin="CCO\n")
    last = result.stderr.splitlines()[-1]
    assert result.exit_code == 2
    assert last.startswith("molgan: ")
    assert told in last
    assert "Traceback" not in result.output


def test_every_fault_of_a_configuration_is_a_line(campaign: Path) -> None:
    result = molgan("check", campaign, "sead=1", "name=a/b", "sample.n=0")
    assert result.exit_code == 2
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["molgan"] * 3


def test_a_check_advises_what_cannot_come_to_much(campaign: Path, weights: Path, tmp_path: Path) -> None:
    (tmp_path / "actives.smi").write_text("CCO\n" * 25 + "C(\n")
    never = "{filter: size, name: never, min: 90, max: 99}"
    overrides = (
        f"generator.weights={weights}",
        f"data.actives={tmp_path / 'actives.smi'}",
        f"filters=[valid, {never}]",
    )
    result = molgan("check", campaign, *overrides)
    assert result.exit_code == 0, result.output
    assert "filter 'never' keeps none of the 1,000 molecules that reach it" in result.stdout
    assert f"data.actives: {tmp_path / 'actives.smi'}:26: 'C(' is not a molecule" in result.stderr
    assert result.stdout.count("active CCO") == 20
    assert "25 molecules with the role 'active', 20 of them shown" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "{campaign}"), "molgan: interrupted; the same command goes on from the last checkpoint\n"),
        (("score", "-", "--scorers", "qed"), "molgan: interrupted\n"),
    ],
)
def test_an_interrupted_command_says_where_it_goes_on(
    campaign: Path, arguments: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("molgan.campaign.run", interrupt)
    monkeypatch.setattr("molgan.bulk.score_file.score_records", interrupt)
    result = molgan(*(argument.format(campaign=campaign) for argument in arguments), stdin="CCO\n")
    assert result.exit_code == 130
    assert result.stderr == told


@pytest.mark.parametrize(
    ("speed", "told"),
    [(1234.5, "1,234/s"), (2.5, "2.5/s"), (0.07133, "14 s/step"), (0.005, "3.333 min/step"), (0, "0/s")],
)
def test_slow_work_is_told_in_time_a_step(speed: float, told: str) -> None:
    assert format_rate(speed) == told


def test_an_output_that_cannot_be_finished_leaves_nothing(tmp_path: Path) -> None:
    result = molgan("score", "-", "--scorers", "qed", "-o", tmp_path / "none" / "out.csv", stdin="CCO\n")
    assert result.exit_code == 2
    assert f"{tmp_path / 'none' / 'out.csv'}: cannot be written" in result.stderr
    assert molgan("score", tmp_path / "no.csv", "--scorers", "qed", "-o", tmp_path / "out.csv").exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_gzipped_output_has_the_same_bytes_for_the_same_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = [tmp_path / "one.csv.gz", tmp_path / "two.csv.gz"]
    for clock, output in enumerate(outputs):
        monkeypatch.setattr("gzip.time.time", lambda clock=clock: float(clock))
        assert molgan("score", "-", "--scorers", "mw", "-o", output, stdin="CCO\n").exit_code == 0
    one, two = (output.read_bytes() for output in outputs)
    assert one == two
    assert gzip.decompress(one).startswith(b"smiles,mw")


def test_evaluate_prints_json_with_null_for_what_cannot_be_computed(campaign: Path) -> None:
    known = campaign.parent / "train.smi"
    result = molgan("evaluate", "-", "--json", "--train", known, "--test", known, stdin="CCO\nC1CC\nCCO\nc1ccccc1\n")
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    assert values["valid"] == 0.75
    assert values["unique@1000"] == pytest.approx(2 / 3)
    assert values["Novelty"] == 0.5
    assert values["FCD/TestSF"] is None


def test_progress_on_a_terminal_shows_count_and_figures() -> None:
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=160)
    with Bars(TextColumn("{task.description} {task.completed} {task.fields[figures]}"), console=console) as bars:
        progress = ProgressBars(bars)
        progress.start("train", 10)
        progress.advance("train", 4, loss=1.23456)
        progress.message("[not markup]")
        progress.finish("train")
    assert "train 4 loss 1.235" in screen.getvalue()
    assert "[not markup]" in screen.getvalue()


def test_what_a_task_notes_is_in_a_panel_until_it_ends() -> None:
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, color_system=None, width=160)
    with Bars(TextColumn("{task.description}"), console=console) as bars:
        progress = ProgressBars(bars)
        progress.start("reinforce", 10)
        progress.note("reinforce", {"best so far": "0.912  c1ccccc1[N+](=O)[O-]"})
        bars.refresh()
        assert "best so far  0.912  c1ccccc1[N+](=O)[O-]" in screen.getvalue()
        progress.finish("reinforce")
        assert bars.panel is None


def test_progress_without_a_terminal_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress() as progress:
        assert isinstance(progress, PlainLines)
        progress.start("train", 10)
        progress.advance("train", 4, loss=1.23456, molecules_per_second=12_345.6)
        progress.finish("train")
        progress.message("done")
    assert capsys.readouterr().err == "train: 10\ndone\n"
    assert format_figures({"loss": 1.23456, "molecules_per_second": 12_345.6}) == (
        "loss 1.235 molecules per second 12,346"
    )


def test_standardize_writes_a_table_by_either_spelling(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,smiles\n1,CCN.Cl\n2,C(\n3,C[C@H](N)C(=O)[O-]\n")
    for verb in ("standardize", "standardise"):
        result = molgan(verb, tmp_path / "in.csv", "-o", tmp_path / f"{verb}.csv", "--drop-stereo", "--processes", 1)
        assert result.exit_code == 0
    lines = (tmp_path / "standardize.csv").read_text().splitlines()
    assert (tmp_path / "standardise.csv").read_text().splitlines() == lines
    assert lines[:2] == ["smiles,id,original,changes,error,line", "CCN,1,CCN.Cl,salt removed: HCl,,2"]
    assert lines[2] == ",2,C(,,not a SMILES: ends with '(',3"
    assert lines[3] == "CC(N)C(=O)O,3,C[C@H](N)C(=O)[O-],charges neutralised; stereo removed,,4"
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "standardize.csv", "standardise.csv"}


def test_score_and_filter_take_the_standard_form_when_asked(campaign: Path, tmp_path: Path) -> None:
    (tmp_path / "salts.smi").write_text("CCCCCCN.Cl\nCCCCCC[NH3+]\n")
    scored = molgan("score", tmp_path / "salts.smi", "--scorers", "mw", "--standardize")
    assert scored.exit_code == 0
    assert scored.stdout.splitlines()[2].startswith("CCCCCCN,CCCCCC[NH3+],charges neutralised,101.19")
    options = ("--config", campaign, "-o", tmp_path / "out", "--processes", 1)
    assert molgan("filter", tmp_path / "salts.smi", *options, "--standardize").exit_code == 0
    rejected = (tmp_path / "out" / "rejected.csv").read_text().splitlines()
    assert [line.split(",")[1:4] for line in rejected[1:]] == [["CCCCCC[NH3+]", "distinct", "duplicate"]]
