"""A campaign whose generator aims at properties: every stage does, agent and anchor alike, and an edit starts anew."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas
import pytest
import torch
from typer.testing import CliRunner

import molgan
from molgan.base.errors import ConfigError, InputError
from molgan.campaign import run
from molgan.campaign.check import check_campaign
from molgan.chem.molecule import parse
from molgan.cli import app
from molgan.config import CampaignConfig, load_config, load_training
from molgan.graphs.motif.actions import SPELL, Vocabulary
from molgan.graphs.motif.parts import measure_parts
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.scoring.measure import Measure
from molgan.training.design import search
from molgan.training.design.agent_update import AgentUpdate

Configure = Callable[..., CampaignConfig]

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "n1ccccc1", "C1CCNCC1", "F", "C#N")
TARGETS = {"logp": 3.0, "mw": 150.0}
AIM = {"targets": TARGETS, "guidance": 1.5}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("aimed")
    torch.manual_seed(0)
    vocabulary = Vocabulary(MOTIFS)
    network = MotifNetworkSettings(embedding=8, hidden=8, layers=1, condition=("logp", "mw"))
    generator = MotifGenerator(vocabulary, network, max_atoms=14)
    generator.head.bias.data[SPELL] -= 5
    assert generator.conditions is not None
    names = generator.conditions.names
    parts = np.pad(measure_parts(vocabulary, Measure(names)), ((0, 1), (0, 0)))
    generator.conditions.learn_parts(parts, np.ones(len(names)))
    generator.conditions.learn_scales(np.array([[0, 100], [4, 300]], dtype=np.float32))
    torch.nn.init.normal_(generator.conditions.value)
    generator.save(folder / "weights")
    return folder


@pytest.fixture
def aimed(configure: Configure, weights: Path) -> Configure:
    return lambda *overrides: configure(
        f"generator.weights={weights}",
        f"generator.targets={json.dumps(TARGETS)}",
        "generator.guidance=1.5",
        "filters=[valid]",
        *overrides,
    )


def aim_of(folder: Path, stage: str) -> object:
    return json.loads((folder / "checkpoints" / stage / "generator.json").read_text()).get("aim")


def test_every_stage_aims_and_an_edited_aim_starts_anew(aimed: Configure) -> None:
    folder = run(aimed()).folder
    assert [aim_of(folder, stage) for stage in ("adversarial", "reinforce")] == [AIM, AIM]
    metrics = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for stage in ("adversarial", "reinforce"):
        first = next(row for row in metrics if row.get("stage") == stage and "kl" in row)
        assert first["kl"] == pytest.approx(0, abs=1e-4), "the anchor aims as the agent does"
    before = (folder / "library.csv").read_bytes()
    stamps = {path: path.stat().st_mtime_ns for path in folder.glob("checkpoints/*/generator.safetensors")}
    run(aimed())
    assert len(stamps) == 2 and all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    run(aimed("generator.targets.logp=1"))
    assert all(path.stat().st_mtime_ns != stamp for path, stamp in stamps.items())
    assert (folder / "library.csv").read_bytes() != before
    assert aim_of(folder, "reinforce") == {**AIM, "targets": {"logp": 1.0, "mw": 150.0}}
    loaded = MotifGenerator.load(folder / "checkpoints" / "reinforce" / "generator")
    assert loaded.sample(20, seed=0) == loaded.sample(20, seed=0, targets={"logp": 1.0, "mw": 150.0}, guidance=1.5)


def test_what_is_drawn_aims(aimed: Configure, weights: Path) -> None:
    config = aimed("adversarial=null", "reinforce=null", "sample={n: 12}", "misuse=false")
    library = pandas.read_csv(run(config).folder / "library.csv")
    seed = int(np.random.SeedSequence(config.seed, spawn_key=(0,)).generate_state(1, np.uint32)[0])
    drawn = MotifGenerator.load(weights / "weights").sample(12, seed=seed, targets=TARGETS, guidance=1.5)
    assert sorted(library["smiles"]) == sorted(str(parse(sample.smiles).smiles) for sample in drawn)
    plain = MotifGenerator.load(weights / "weights").sample(12, seed=seed)
    assert [sample.smiles for sample in plain] != [sample.smiles for sample in drawn]


def test_design_aims_with_its_anchor(aimed: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[AgentUpdate] = []

    class Seen(AgentUpdate):
        def __init__(self, *arguments) -> None:  # type: ignore[no-untyped-def]
            super().__init__(*arguments)
            seen.append(self)

    monkeypatch.setattr(search, "AgentUpdate", Seen)
    small = "{budget: 20, first: 8, batch: 8, policy: 4, regrowth: 4, crossover: 8, edit: 4, updates: 1, max_atoms: 14}"
    folder = run(aimed("adversarial=null", "reinforce=null", "sample=null", f"optimize={small}")).folder
    assert aim_of(folder, "optimize") == AIM
    plain = MotifGenerator.load(folder / "checkpoints" / "optimize" / "generator")
    for network in (seen[0].agent, seen[0].prior):
        assert isinstance(network, MotifGenerator) and network.aim.guidance == 1.5
        assert network.aim.values is not None and torch.equal(network.aim.values, plain.aim.values)


def test_design_from_python_aims(weights: Path) -> None:
    def oracle(smiles: list[str]) -> list[float]:
        return [len(text) / 40 for text in smiles]

    small = {"first": 8, "policy": 8, "regrowth": 4, "crossover": 4, "edit": 4, "updates": 1, "bf16": False}
    found = [
        molgan.optimize(oracle, 16, 1, weights=weights, max_atoms=14, settings=small, targets=targets)
        for targets in (None, {"logp": 3.0}, {"logp": 3.0})
    ]
    assert found[1].equals(found[2]) and not found[0].equals(found[1])
    with pytest.raises(InputError, match="no target 'logq', did you mean 'logp'"):
        molgan.optimize(oracle, 16, 1, weights=weights, targets={"logq": 3.0})
    with pytest.raises(InputError, match="guidance: there is nothing to aim at"):
        molgan.optimize(oracle, 16, 1, weights=weights, guidance=2.0)


@pytest.mark.parametrize(
    ("section", "line", "told"),
    [
        ("  weights: WEIGHTS\n  targets:\n    mw: 300\n    logq: 2.5", 6, "no target 'logq', did you mean 'logp'?"),
        ("  weights: WEIGHTS\n  targets: {tpsa: 75}", 4, "no target 'tpsa': the weights have the targets logp, mw"),
        ("  weights: WEIGHTS\n  targets: {mw: .inf}", 4, "generator.targets.mw"),
        ("  weights: PLAIN\n  targets: {mw: 300}", 4, "no target 'mw': the weights were trained without"),
        ("  weights: nowhere\n  targets: {mw: 300}", 4, "no weights at nowhere"),
        ("  weights: WEIGHTS\n  guidance: 2", 4, "generator.guidance: there is nothing to aim at; give `targets`"),
        ("  weights: WEIGHTS\n  targets: {mw: 300}\n  guidance: -1", 5, "greater than or equal to 0"),
        ("  weights: WEIGHTS\n  target: {mw: 300}", 4, "'target' is not a key here, did you mean 'targets'?"),
    ],
)
@pytest.mark.parametrize("verb", ["check", "run"])
def test_a_wrong_aim_is_refused_before_any_work(
    home: Path, weights: Path, tmp_path: Path, section: str, line: int, told: str, verb: str
) -> None:
    section = section.replace("WEIGHTS", str(weights)).replace("PLAIN", str(home))
    text = f"data: {{train: {home / 'train.smi'}}}\ngenerator:\n{section}\n"
    text += "objective: {components: [{scorer: qed}]}\nsample: {n: 5}\nfilters: [valid]\n"
    (tmp_path / "aimed.yaml").write_text(text)
    result = CliRunner().invoke(app, [verb, str(tmp_path / "aimed.yaml"), f"out={tmp_path / 'run'}"])
    # The first line of the section is the third of the file.
    assert result.exit_code == 2 and not (tmp_path / "run").exists()
    assert f"aimed.yaml:{line}: " in result.output and told in " ".join(result.output.split())


def test_an_aim_passes_the_check_and_a_training_takes_none(
    aimed: Configure, home: Path, weights: Path, tmp_path: Path
) -> None:
    findings = check_campaign(aimed("adversarial=null", "reinforce=null"))
    assert findings.costs
    written = load_config({**aimed().model_dump(mode="json"), "name": "again"})
    assert written.generator == aimed().generator
    training = {
        "data": {"train": str(home / "train.smi")},
        "generator": {"weights": str(weights), "targets": TARGETS},
        "pretrain": {},
    }
    with pytest.raises(ConfigError, match="'targets' is not a key here"):
        load_training(training)
    del training["generator"]
    with pytest.raises(ConfigError, match=r"network\.condition: no scorer 'qedd', did you mean 'qed'"):
        load_training({**training, "network": {"condition": ["qedd"]}})
