from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molgan.base.errors import ConfigError
from molgan.base.yaml import YamlFile
from molgan.config import load, load_config, load_training, write_config
from molgan.config.sweep import load_sweep

CAMPAIGN = """\
seed: 1
data:
  train: train.smi
objective:
  components:
    - scorer: qed
      weight: 2
    - scorer: sa
      transform: {name: reverse_sigmoid, low: 1, high: 6}
    - scorer: substructure
      parameters:
        smarts: [c1ccccc1]
filters:
  - valid
  - novel
  - filter: score
    min: 0.5
sample:
  n: 100
"""


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    (tmp_path / "train.smi").write_text("CCO\nc1ccccc1\n")
    path = tmp_path / "campaign.yaml"
    path.write_text(CAMPAIGN)
    return path


def test_a_campaign_is_named_after_its_file_and_runs_in_a_folder_of_its_own(campaign: Path) -> None:
    config = load_config(campaign)
    assert config.name == "campaign"
    assert config.folder == Path("runs/campaign")
    assert [component.weight for component in config.objective.components] == [2, 1, 1]
    assert config.adversarial is None


def test_paths_are_relative_to_the_file_or_else_to_the_working_folder(
    campaign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "test.smi").write_text("CCC\n")
    monkeypatch.chdir(elsewhere)
    assert load_config(campaign).data.train == tmp_path / "train.smi"
    config = load_config(campaign, ["data.train=test.smi"])
    assert config.data.train == elsewhere / "test.smi"


def test_novelty_is_against_the_training_data_unless_files_are_named(campaign: Path, tmp_path: Path) -> None:
    assert list(load_config(campaign).filters.stages[2].parameters["references"]) == [str(tmp_path / "train.smi")]
    (tmp_path / "known.smi").write_text("CCN\n")
    named = load_config(campaign, ["filters.1={filter: novel, references: [known.smi, approved_drugs]}"])
    assert list(named.filters.stages[2].parameters["references"]) == [str(tmp_path / "known.smi"), "approved_drugs"]


def test_overrides_reach_sections_that_the_file_does_not_have_and_items_of_lists(campaign: Path) -> None:
    config = load_config(campaign, ["seed=7", "compute.workers=2", "objective.components.0.weight=1e-1"])
    assert (config.seed, config.compute.workers, config.objective.components[0].weight) == (7, 2, 0.1)


def test_a_miniature_is_small_in_lists_of_stages_and_in_the_report_too(campaign: Path) -> None:
    lesson = "\n    - {objective: {components: [{scorer: qed}]}, steps: 400, carry: 3}"
    campaign.write_text(f"{CAMPAIGN}reinforce:\n  curriculum:{2 * lesson}\n")
    config = load_config(campaign, smoke=True)
    assert config.reinforce is not None
    assert [(stage.steps, stage.carry) for stage in config.reinforce.curriculum] == [(2, 3), (2, 3)]
    assert (config.report.reference, config.report.samples) == (100, 30)


def test_a_mapping_says_what_its_file_says(campaign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(campaign.parent)
    values = YamlFile(campaign).values
    assert load_config(values) == load_config(campaign)
    assert load_config(values, ["seed=7"], smoke=True) == load_config(campaign, ["seed=7"], smoke=True)
    assert values["seed"] == 1, "what was given stays as it was"
    wrong = (
        "objectives=1",
        "sample.m=3",
        "objective.components.0.scorer=qedd",
        "filters.1={filter: novel, references: a.b}",
    )
    for override in wrong:
        faults = []
        for source in (values, campaign):
            with pytest.raises(ConfigError) as fault:
                load_config(source, [override])
            faults.append(str(fault.value))
        assert faults[0] == faults[1]
    with pytest.raises(ConfigError, match=r"^campaign: 'sampel' is not a key here, did you mean 'sample'"):
        load_config({**values, "sampel": {"n": 3}})
    with pytest.raises(ConfigError, match=r"^campaign: this file trains a generator"):
        load_config({"pretrain": {}, "data": {"train": "train.smi"}})


def test_what_is_written_loads_as_the_same_configuration(campaign: Path, tmp_path: Path) -> None:
    config = load_config(campaign, ["out=somewhere", "data.actives=[CCO, c1ccccc1]"])
    write_config(config, tmp_path / "resolved.yaml")
    assert load_config(tmp_path / "resolved.yaml") == config


@pytest.mark.parametrize(
    ("right", "wrong", "line", "told"),
    [
        ("seed: 1", "sead: 1", 1, "did you mean 'seed'?"),
        ("seed: 1", "seed: many", 1, "seed: input should be a valid integer"),
        ("seed: 1", "seed: -1", 1, "greater than or equal to 0, not -1"),
        ("seed: 1", "name: a/b", 1, "name: string should match"),
        ("train: train.smi", "train: nothing.smi", 3, "no such file: nothing.smi"),
        ("train: train.smi", "train: train.smi\n  lead: c1cc", 4, "'c1cc' is not a molecule"),
        ("scorer: qed", "scorer: qedd", 6, "did you mean 'qed'?"),
        ("weight: 2", "wieght: 2", 7, "did you mean 'weight'?"),
        ("weight: 2", "weight: -2", 7, "objective.components.0.weight"),
        ("reverse_sigmoid", "revers_sigmoid", 9, "did you mean 'reverse_sigmoid'?"),
        ("high: 6", "hihg: 6", 9, "did you mean 'high'?"),
        ("[c1ccccc1]", "['c1cc(']", 12, "is not SMARTS"),
        ("- novel", "- novle", 15, "did you mean 'novel'?"),
        ("- novel", "- valid", 14, "two stages are called 'valid'"),
        ("high: 6", "high: .nan", 9, "high: Input should be a finite number"),
        ("low: 1", "low: -.inf", 9, "low: Input should be a finite number"),
        (
            "train: train.smi",
            "train: train.smi\n  actives: [CC, C(, N=]",
            4,
            "'C(' is not a molecule: not a SMILES: ends with '('; 'N='",
        ),
        ("train: train.smi", "train: train.smi\n  actives: CCO", 4, "a SMILES stands in a list: ['CCO']"),
        ("min: 0.5", "min: -.inf", 16, "min: Input should be a finite number"),
        ("train: train.smi", "train: train.smi\n  lead: [O-]", 4, "such as a SMILES, is quoted: '[O-]'"),
        ("min: 0.5", "mni: 0.5", 17, "did you mean 'min'?"),
        ("min: 0.5", "min: 0.5\n    column: sa_scor", 18, "did you mean 'sa_score'?"),
    ],
)
def test_an_error_is_one_line_with_its_place_and_the_mend(
    campaign: Path, right: str, wrong: str, line: int, told: str
) -> None:
    campaign.write_text(CAMPAIGN.replace(right, wrong, 1))
    with pytest.raises(ConfigError) as error:
        load_config(campaign)
    assert str(error.value).startswith(f"{campaign}:{line}: ")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_all_faults_are_told_a_line_each(campaign: Path) -> None:
    text = CAMPAIGN.replace("seed: 1", "sed: 1\nname: a/b").replace("train: train.smi", "train: nothing.smi")
    for right, wrong in (
        ("weight: 2", "weight: -2"),
        ("low: 1", "low: .nan"),
        ("- novel", "- novle"),
        ("n: 100", "n: 0"),
    ):
        text = text.replace(right, wrong)
    campaign.write_text(text)
    with pytest.raises(ConfigError) as error:
        load_config(campaign)
    lines = str(error.value).splitlines()
    assert all(line.startswith(f"{campaign}:") for line in lines)
    assert sorted(int(line.split(":")[1]) for line in lines) == [1, 2, 4, 8, 10, 16, 20]
    assert "did you mean 'seed'?" in lines[0]


def test_a_value_that_fits_no_member_of_a_union_is_one_fault(campaign: Path) -> None:
    campaign.write_text(CAMPAIGN.partition("sample:")[0] + "optimize:\n  start: 3\n")
    with pytest.raises(ConfigError) as error:
        load_config(campaign)
    assert len(str(error.value).splitlines()) == 1


def test_a_list_whose_items_are_all_wrong_is_not_also_too_short(campaign: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(campaign, ["filters=[vaild]"])
    assert str(error.value).splitlines() == ["argument 'filters=[vaild]': no filter 'vaild', did you mean 'valid'?"]


def test_text_stands_for_a_list_of_one(campaign: Path) -> None:
    campaign.write_text(
        CAMPAIGN.replace("[c1ccccc1]", "c1ccccc1").replace("- valid", "- {filter: substructures, forbidden: N}")
    )
    config = load_config(campaign)
    assert config.objective.components[2].parameters["smarts"] == ["c1ccccc1"]
    assert config.filters.stages[0].parameters["forbidden"] == {"N": "N"}


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("sead=1", "did you mean 'seed'?"),
        ("objective.components.1.scorer=saa", "did you mean 'sa'?"),
        ("filters.9.min=1", "no place for 9"),
        ("seed", "key=value"),
        ("seed=[", "not YAML"),
        ("x=&x [*x]", "holds itself"),
        ("data.lead=*CC", "quote it: '*CC'"),
    ],
)
def test_an_error_in_an_override_names_the_override(campaign: Path, override: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(campaign, [override])
    assert str(error.value).startswith(f"argument {override!r}: ")
    assert told in str(error.value)


def test_a_training_and_a_campaign_are_told_apart(campaign: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="molgan run"):
        load_training(campaign)
    training = tmp_path / "prior.yaml"
    training.write_text("data: {train: train.smi}\npretrain: {}\n")
    assert load_training(training).data.train == tmp_path / "train.smi"
    with pytest.raises(ConfigError, match="molgan train"):
        load_config(training)


_LAUGHS = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b", ".join([b"*%c" % (name - 1)] * 9)) for name in b"bcdefghi"
)
# Of a merge of merges one key is left, and pairs are no lists once they are made: only the text tells their number.
_MERGES = b"a: &a {k: 1}\n" + b"".join(
    b"%c: &%c {<<: [%s]}\n" % (name, name, b", ".join([b"*%c" % (name - 1)] * 9)) for name in b"bcdefghi"
)
_PAIRS = b"a: &a [x, x]\n" + b"".join(
    b"%c: &%c !!pairs [%s]\n" % (name, name, b", ".join([b"{k: *%c}" % (name - 1)] * 9)) for name in b"bcdefghi"
)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "none at its top level"),
        (b"- 1\n", "none at its top level"),
        (b"\x89PNG\r\n\x1a\n\xff", "not a text file"),
        (b"seed: 1\nseed: 2\n", "campaign.yaml:2: not YAML: found duplicate key"),
        (b"data: {\n", "not YAML"),
        (b"data: &x [*x]\n", "a value that holds itself"),
        (b"data: " + b"[" * 2000 + b"]" * 2000, "nested too deep"),
        (_LAUGHS, "more than 200,000 values"),
        (_MERGES, "more than 200,000 values"),
        (_PAIRS, "more than 200,000 values"),
        (b"#" * 16_000_001, "more than 16,000,000 characters"),
        (b"data:\n  lead: [O-]C(=O)C\n", r"yaml:2: not YAML: .*quote it: '\[O-\]C\(=O\)C'"),
        (b"smarts: [#6]C\nseed: 1\n", r"quote it: '\[#6\]C'"),
        (b"optimize:\n  core: *c1ccc(*)cc1\n", r"quote it: '\*c1ccc\(\*\)cc1'"),
    ],
)
def test_what_is_no_configuration_is_refused(campaign: Path, content: bytes, told: str) -> None:
    campaign.write_bytes(content)
    with pytest.raises(ConfigError, match=told):
        load_config(campaign)


@given(text=st.text(alphabet=st.sampled_from("ab:-[]{}#&*!|>'\"\n\t 01.?,%@`"), max_size=40))
def test_no_text_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text)
    try:
        assert isinstance(YamlFile(path).values, dict)
    except ConfigError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[2].glob("configs/*.yaml")), ids=lambda path: path.name)
def test_the_shipped_configurations_load(path: Path) -> None:
    load_sweep(path) if path.stem == "sweep" else load(path)


def test_realism_needs_the_critic_of_an_adversarial_stage(campaign: Path) -> None:
    filters = "filters=[valid, {filter: realism, min: 0.3}, {filter: best, n: 5, column: realism}]"
    with pytest.raises(ConfigError, match="only a campaign with the section `adversarial` has a critic"):
        load_config(campaign, [filters])
    config = load_config(campaign, [filters, "adversarial={rounds: 1}"])
    left, skipped = config.filters.without("realism")
    assert [stage.name for stage in left.stages] == ["valid", "misuse"]
    assert skipped == ["realism", "best"]
    with pytest.raises(ConfigError, match="every stage reads 'realism'"):
        load_config(campaign, ["filters=[realism]", "misuse=false", "adversarial={rounds: 1}"]).filters.without(
            "realism"
        )


def test_realism_may_be_the_scorer_of_the_objective(campaign: Path) -> None:
    component = "objective.components=[{scorer: qed}, {scorer: realism, weight: 0}]"
    filters = "filters=[valid, {filter: realism, min: 0.01}, {filter: score, column: realism, min: 0.02}]"
    left, skipped = load_config(campaign, [component, filters]).drop_critic()
    assert [stage.name for stage in left.stages] == ["valid", "misuse", "realism", "score"] and skipped == []
    with pytest.raises(ConfigError, match="the column 'realism' is the critic's"):
        load_config(campaign, [component, filters, "adversarial={rounds: 1}"])
    named = component.replace("realism,", "realism, name: percentile,")
    config = load_config(campaign, [named, filters, "adversarial={rounds: 1}"])
    assert config.drop_critic()[1] == ["realism", "score"]


def test_train_is_a_reference_set_beside_others(campaign: Path) -> None:
    train = str(campaign.parent / "train.smi")
    filters = "filters=[{filter: novel, references: [approved_drugs, train]}, {filter: rings, references: train}]"
    novel, _, rings = load_config(campaign, [filters]).filters.stages
    assert novel.parameters == {"references": ("approved_drugs", train)}
    assert rings.parameters == {"references": (train,)}


def test_a_miniature_is_smaller_where_a_filter_takes_seconds_for_a_molecule(campaign: Path) -> None:
    pytest.importorskip("syntheseus")
    fast, slow = (load_config(campaign, [f"filters={names}"], smoke=True) for names in ("[valid]", "[synthesis]"))
    assert slow.sample.n == 8 < (fast.sample.n or 0)
