"""`molgan.sample` with targets, cores and the like: what each kind of weights takes, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from rdkit import Chem
from typer.testing import CliRunner

import molgan
from molgan.base.errors import InputError, MolganError
from molgan.chem.familiarity import Familiarity
from molgan.cli import app
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.parts import measure_parts
from molgan.models import aiming, drawing
from molgan.models.aiming import read_conditions
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import OneShotSettings
from molgan.models.settings import MotifNetworkSettings
from molgan.scoring.measure import Measure

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "n1ccccc1", "C1CCNCC1", "F")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Untrained weights: with conditions and a critic, without conditions, and of a one-shot generator."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    vocabulary = Vocabulary(MOTIFS)
    tiny = MotifNetworkSettings(embedding=8, hidden=16, layers=1, condition=("logp", "mw"))
    generator = MotifGenerator(vocabulary, tiny, max_atoms=18).eval()
    assert generator.conditions is not None
    names = generator.conditions.names
    parts = np.pad(measure_parts(vocabulary, Measure(names)), ((0, 1), (0, 0)))
    generator.conditions.learn_parts(parts, np.ones(len(names)))
    generator.conditions.learn_scales(np.array([[0, 100], [4, 300]], dtype=np.float32))
    torch.nn.init.normal_(generator.conditions.value, std=3.0)
    generator.save(folder / "aimed" / "weights")
    critic = DescriptorCritic(Familiarity.of([]))
    RefinedGenerator(generator, critic, cap=0.5).save(folder / "aimed" / "weights")
    MotifGenerator(vocabulary, tiny.model_copy(update={"condition": ()}), max_atoms=18).save(
        folder / "plain" / "weights"
    )
    OneShotGenerator(OneShotSettings(max_atoms=3, hidden=(8,))).save(folder / "oneshot" / "weights")
    return {name: str(folder / name) for name in ("aimed", "plain", "oneshot")}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "BATCH", 64)  # that the critic judges together


def test_targets_work_with_and_without_the_critic(weights: dict[str, str]) -> None:
    def draw(**how: object) -> tuple[str | None, ...]:
        return tuple(molgan.sample(20, seed=1, weights=weights["aimed"], **how))  # type: ignore[arg-type]

    targets = ({}, {"logp": 3.0}, {"logp": 3.0, "mw": 180.0})
    drawn = [draw(raw=True, targets=each) for each in targets]
    refined = [draw(targets=each) for each in targets[:2]]
    assert len({*drawn, *refined, draw(raw=True, targets=targets[1], guidance=2.0)}) == 6
    assert draw(targets=targets[1]) == refined[1]


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("core", ["*c1ccc(N*)cc1", "c1ccccc1*.*N1CCCCC1"])
def test_a_core_is_in_every_molecule(weights: dict[str, str], core: str, raw: bool) -> None:
    told: list[int] = []
    options = {"targets": {"mw": 250.0}, "temperature": 1.2, "max_atoms": 20, "on_batch": told.append}
    drawn = molgan.sample(12, seed=1, weights=weights["aimed"], raw=raw, core=core, **options)
    assert sum(told) == len(drawn) == 12
    patterns = [Chem.MolFromSmarts(part.replace("*", "[!#1]")) for part in core.split(".")]
    for smiles in drawn:
        assert smiles is not None and not {".", "*"} & set(smiles)
        mol = Chem.MolFromSmiles(smiles)
        assert mol.GetNumAtoms() <= 20 and all(mol.HasSubstructMatch(pattern) for pattern in patterns)


REFUSED = [
    ("plain", {"targets": {"logp": 1.0}}, "no target 'logp': the weights were trained without `network.condition`; "),
    ("aimed", {"targets": {"logq": 1.0}}, "no target 'logq', did you mean 'logp'?"),
    ("aimed", {"targets": {"logp": float("nan")}}, "target logp: nan is not a finite number"),
    ("aimed", {"guidance": 2.0}, "guidance: there is nothing to aim at"),
    ("aimed", {"targets": {"logp": 1.0}, "guidance": -1.0}, "guidance: -1 is not a finite number of at least 0"),
    ("aimed", {"temperature": 0.0}, "temperature: 0 is not above 0 and at most 10"),
    ("aimed", {"max_atoms": 0}, "max_atoms: 0 is not from 1 to 200"),
    ("aimed", {"core": "c1ccccc1"}, "core 'c1ccccc1': mark each site that may grow by a *"),
    ("aimed", {"core": "*CCCCCC(=O)c1ccccc1CCCC*"}, "core: its 17 heavy atoms and 2 marks need room for 19 or more"),
    ("oneshot", {"core": "*C"}, "core: the weights belong to a one-shot generator, which has no such option"),
    ("oneshot", {"temperature": 1.1}, "temperature: the weights belong to a one-shot generator"),
    ("oneshot", {"max_atoms": 9}, "max_atoms: the weights belong to a one-shot generator"),
    ("oneshot", {"targets": {"logp": 1.0}, "guidance": 2.0}, "guidance: the weights belong to a one-shot generator"),
]


@pytest.mark.parametrize(("name", "options", "told"), REFUSED)
def test_what_cannot_be_done_is_refused_in_one_line(
    weights: dict[str, str], name: str, options: dict[str, object], told: str
) -> None:
    with pytest.raises(InputError) as caught:
        molgan.sample(2, weights=weights[name], **options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(told) and "\n" not in str(caught.value)


def test_shipped_weights_that_aim_are_named(weights: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_conditions(weights["aimed"]) == ("logp", "mw") and read_conditions(weights["plain"]) == ()
    shipped = {"able": weights["aimed"], "unable": weights["plain"]}
    monkeypatch.setattr(aiming, "list_shipped", lambda: list(shipped))
    monkeypatch.setattr(aiming, "read_conditions", lambda name: read_conditions(shipped[name]))
    with pytest.raises(MolganError, match=r"`network\.condition`; shipped weights that aim: able$"):
        molgan.sample(2, weights=weights["plain"], targets={"logp": 1.0})


def test_the_command_line_has_the_same_options(weights: dict[str, str], tmp_path: Path) -> None:
    options = ["--core", "*c1ccc(N*)cc1", "--target", "logp=2.5", "--target", "mw=250", "--guidance", "1.5"]
    options += ["--temperature", "1.1", "--max-atoms", "17", "--weights", weights["aimed"], "-n", "9"]
    result = CliRunner().invoke(app, ["sample", *options, "-o", str(tmp_path / "out.smi")])
    assert result.exit_code == 0, result.output
    expected = molgan.sample(
        9,
        weights=weights["aimed"],
        core="*c1ccc(N*)cc1",
        targets={"logp": 2.5, "mw": 250.0},
        guidance=1.5,
        temperature=1.1,
        max_atoms=17,
    )
    assert (tmp_path / "out.smi").read_text().split() == expected
    for wrong, told in (
        (["--target", "logp"], "write --target logp=2.5"),
        (["--target", "mw=1", "--target", "mw=2"], "mw is given twice"),
        (["--core", "*c1ccc(*)cc1", "--max-atoms", "6"], "core: its 6 heavy atoms and 2 marks need room for 8"),
    ):
        result = CliRunner().invoke(app, ["sample", "-n", "2", "--weights", weights["aimed"], *wrong])
        assert result.exit_code == 2 and told in result.output


def test_of_several_candidates_the_nearest_to_the_targets_is_kept(weights: dict[str, str]) -> None:
    def miss(**how: object) -> float:
        drawn = molgan.sample(60, seed=1, weights=weights["aimed"], raw=True, targets={"mw": 150.0}, **how)  # type: ignore[arg-type]
        mols = [Chem.MolFromSmiles(str(smiles)) for smiles in drawn]
        return float(np.abs(Measure(("mw",))(mols) - 150).mean())

    told: list[int] = []
    assert miss(on_batch=told.append) == miss(candidates=8) < 0.5 * miss(candidates=1)
    assert sum(told) == 60


def test_candidates_are_drawn_for_each_molecule(weights: dict[str, str]) -> None:
    def draw(n: int) -> list[str | None]:
        targets = {"logp": 2.0, "mw": 150.0}
        return molgan.sample(n, seed=1, weights=weights["aimed"], targets=targets, candidates=3, core="*c1ccccc1")

    drawn = draw(25)
    assert drawn == draw(25) and drawn[:10] == draw(10)
    assert len(drawn) == 25
