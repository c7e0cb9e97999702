"""A campaign that designs: its library is what was scored, it keeps its core, and a kill changes nothing."""

import json
from pathlib import Path

import pandas
import pytest
from rdkit import Chem

from molgan.base.errors import ConfigError, InputError
from molgan.base.progress import Silent
from molgan.campaign import run
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import parse
from molgan.config import CampaignConfig, load_config
from tests.campaign.progress import Told

CAMPAIGN = """\
name: design
seed: 3
data: {train: train.smi}
generator: {weights: WEIGHTS}
optimize:
  budget: 60
  first: 16
  batch: 8
  policy: 8
  regrowth: 8
  crossover: 16
  edit: 8
  memory: 16
  updates: 1
  update_size: 8
  max_atoms: 18
  checkpoint_every: 2
  bf16: false
  core: "*c1ccc(*)cc1"
objective:
  components: [{scorer: qed}, {scorer: mw, weight: 0}]
filters: [valid, distinct, {filter: best, n: 20}]
report: {reference: 10}
compute: {threads: 1}
"""


@pytest.fixture
def design(home: Path, tmp_path: Path) -> Path:
    path = home / "design.yaml"
    path.write_text(CAMPAIGN.replace("WEIGHTS", str(home)))
    return path


def configured(path: Path, out: Path, *overrides: str) -> CampaignConfig:
    return load_config(path, [f"out={out}", *overrides])


class Interrupting(Silent):
    """Interrupts the run once so many molecules are scored."""

    def __init__(self, after: int) -> None:
        self.left = after

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        if task == "optimize":
            self.left -= done
            if self.left < 0:
                raise KeyboardInterrupt


def test_the_library_is_chosen_from_what_was_scored(design: Path, tmp_path: Path) -> None:
    result = run(configured(design, tmp_path / "whole"))
    calls = pandas.read_csv(tmp_path / "whole" / "checkpoints" / "optimize" / "calls.csv")
    library = pandas.read_csv(tmp_path / "whole" / "library.csv")
    assert len(calls) == 60 and result.drawn == 60 and result.kept == len(library) == 20
    assert result.library["id"].tolist() == library["id"].tolist()
    best = calls.nlargest(20, "score")["score"]
    assert library["score"].min() == pytest.approx(best.min())
    core = Chem.MolFromSmarts("[!#1]-c1[cH][cH]c(-[!#1])[cH][cH]1")
    assert all(Chem.MolFromSmiles(smiles).HasSubstructMatch(core) for smiles in calls["smiles"])

    with pytest.raises(KeyboardInterrupt):
        run(configured(design, tmp_path / "killed"), progress=Interrupting(after=35))
    run(configured(design, tmp_path / "killed"))
    for name in ("library.csv", "rejected.csv", "metrics.jsonl", "checkpoints/optimize/calls.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_a_curriculum_hands_over_its_best(design: Path, tmp_path: Path) -> None:
    heavy = "{components: [{scorer: mw, transform: {name: sigmoid, low: 50, high: 250}}]}"
    lesson = f"optimize.curriculum=[{{objective: {heavy}, budget: 30, carry: 5}}]"
    overrides = ("optimize.core=null", "optimize.budget=30", lesson)
    run(configured(design, tmp_path / "whole", *overrides))
    folder = tmp_path / "whole" / "checkpoints" / "optimize"
    assert len((folder / "lesson_1" / "answers.jsonl").read_text().splitlines()) == 30
    assert (pandas.read_csv(folder / "calls.csv")["origin"] == "start").sum() == 5
    with pytest.raises(KeyboardInterrupt):
        run(configured(design, tmp_path / "killed", *overrides), progress=Interrupting(after=10))
    run(configured(design, tmp_path / "killed", *overrides))
    assert (tmp_path / "killed" / "library.csv").read_bytes() == (tmp_path / "whole" / "library.csv").read_bytes()


def test_the_prior_takes_after_actives_first(design: Path, tmp_path: Path) -> None:
    actives = [f"CC(C)NCC(O)COc1ccc({end})cc1" for end in ("C", "CC", "OC", "F", "CCC")]
    overrides = ("optimize.core=null", f"optimize.start={actives}", "optimize.transfer={epochs: 2, batch_size: 2}")
    run(configured(design, tmp_path / "whole", *overrides))
    folder = tmp_path / "whole" / "checkpoints" / "optimize"
    about = json.loads((folder / "transferred.json").read_text())["about"]["transfer"]
    assert (about["learned"], about["folds"]) == (5, 4)
    with pytest.raises(KeyboardInterrupt):
        run(configured(design, tmp_path / "killed", *overrides), progress=Interrupting(after=35))
    run(configured(design, tmp_path / "killed", *overrides))
    assert (tmp_path / "killed" / "library.csv").read_bytes() == (tmp_path / "whole" / "library.csv").read_bytes()
    with pytest.raises(ConfigError, match="transfer: learns from the molecules of `start`"):
        configured(design, tmp_path / "run", "optimize.transfer={}")


def test_a_section_that_has_no_say_is_refused(design: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sample: drop it"):
        configured(design, tmp_path / "run", "sample={n: 10}")
    with pytest.raises(ConfigError, match="core"):
        configured(design, tmp_path / "run", "optimize.core=c1ccccc1")


def test_the_molecules_to_start_from_are_standardised_where_the_campaign_says_so(design: Path, tmp_path: Path) -> None:
    from molgan.campaign.stages.optimize_stage import read_start

    start = "optimize.start=['NCCc1ccccc1.Cl', NCCc1ccccc1, 'CC(=O)[O-].[Na+]']"
    with pytest.raises(InputError, match=r"'NCCc1ccccc1\.Cl' is a salt"):
        read_start(configured(design, tmp_path / "a", start))
    assert read_start(configured(design, tmp_path / "a", start, "standardize=true")) == ["NCCc1ccccc1", "CC(=O)O"]
    isotope = configured(design, tmp_path / "a", "optimize.start=['[13CH3]C']", "standardize={}")
    with pytest.raises(InputError, match=r"optimize.start: .*'\[13CH3\]C' has no standard form: isotope"):
        read_start(isotope)


def test_what_is_not_handed_out_is_not_scored_unless_the_filter_is_off(design: Path, tmp_path: Path) -> None:
    rejected = {}
    for name, more in (("on", []), ("off", ["misuse=false"])):
        told = Told()
        run(configured(design, tmp_path / name, "optimize.core=", "optimize.plausible=false", *more), progress=told)
        calls = pandas.read_csv(tmp_path / name / "checkpoints" / "optimize" / "calls.csv")
        rejected[name] = sum(find_misuse(parse(smiles)) is not None for smiles in calls["smiles"])
        refused = [text for text in told.messages if text.startswith("refused before scoring")]
        assert ("explosive" in "".join(refused)) is (name == "on")
    assert rejected["on"] == 0
