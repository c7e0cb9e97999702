"""Adversarial and reinforcement learning on a toy generator: rewards rise, collapse is caught, kills lose nothing."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from rdkit import Chem

from molgan.chem.plausibility.plausible import PlausibilityCheck, PlausibilitySettings
from molgan.evaluation.settings import CollapseSettings
from molgan.graphs.features.descriptions import count_fragments
from molgan.graphs.motif.actions import SPELL, Vocabulary
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.critics.discriminator import Discriminator
from molgan.models.critics.joint_critic import JointCritic
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.protocols import Critic
from molgan.models.settings import CriticKind, DescriptorCriticSettings, DiscriminatorSettings, MotifNetworkSettings
from molgan.training.losses import log_variance
from molgan.training.memory import OracleCache
from molgan.training.refusals import refuse_implausible
from molgan.training.rl.adversarial import refine
from molgan.training.rl.reinforce import reinforce
from molgan.training.rl.replay_memory import Replayed, ReplayMemory
from molgan.training.rl.replay_start import encode_start
from molgan.training.rl.settings import ReinforceSettings
from molgan.training.settings import AdversarialCriticSettings, AdversarialSettings, DiversityMemorySettings

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "n1ccccc1", "C1CCNCC1", "F", "C#N")
RL = ReinforceSettings(
    steps=30, batch_size=48, learning_rate=0.02, reward_scale=10, replay=8, diversity=None, bf16=False,
    checkpoint_every=5, collapse=CollapseSettings(window=10_000, interval=10_000), plausible=None,
)  # fmt: skip


def nitrogens(smiles: Sequence[str | None]) -> np.ndarray:
    """A toy reward: the share of nitrogen among the heavy atoms."""
    mols = [Chem.MolFromSmiles(s or "") for s in smiles]
    return np.array([sum(a.GetSymbol() == "N" for a in mol.GetAtoms()) / mol.GetNumAtoms() for mol in mols])


def fresh() -> MotifGenerator:
    torch.manual_seed(0)
    generator = MotifGenerator(
        Vocabulary(MOTIFS), MotifNetworkSettings(embedding=16, hidden=16, layers=1), max_atoms=12
    )
    generator.head.bias.data[SPELL] -= 5
    return generator


def small_critic(kind: CriticKind) -> Critic:
    graph = Discriminator(DiscriminatorSettings(width=16, layers=2, readout=16))
    descriptors = DescriptorCritic(count_fragments(["CN1CCNCC1", "CCO"]), DescriptorCriticSettings(width=16, layers=1))
    return {"graph": graph, "descriptors": descriptors, "both": JointCritic(graph, descriptors)}[kind]


def mean_reward(generator: MotifGenerator) -> float:
    return float(nitrogens([s.smiles for s in generator.sample(300, seed=99, bf16=False)]).mean())


def piperidines(generator: MotifGenerator) -> float:
    ring = Chem.MolFromSmarts("C1CCNCC1")
    drawn = generator.sample(300, seed=99, bf16=False)
    return sum(Chem.MolFromSmiles(s.smiles).HasSubstructMatch(ring) for s in drawn) / 300


def test_log_variance_vanishes_at_the_tilted_anchor_and_pulls_towards_it() -> None:
    anchor, energy = torch.tensor([-1.0, -2.0, -3.0]), torch.tensor([0.0, 1.0, 4.0])
    agent = torch.log_softmax(anchor + energy, 0).requires_grad_()
    assert log_variance(agent, anchor, energy).item() == pytest.approx(0, abs=1e-12)
    agent = anchor.clone().requires_grad_()
    log_variance(agent, anchor, energy).backward()
    assert agent.grad is not None
    assert agent.grad[2] < 0 < agent.grad[0]  # descent raises the rewarded one and lowers the other


def test_reinforcement_raises_the_reward() -> None:
    agent = fresh()
    before = mean_reward(agent)
    outcome = reinforce(agent, nitrogens, RL, seed=0)
    assert mean_reward(agent) > 1.5 * before
    assert 0 < outcome.oracle_calls <= 30 * 48
    assert outcome.stopped is None


def test_a_killed_run_ends_with_the_same_agent(tmp_path: Path) -> None:
    settings = RL.model_copy(update={"steps": 14, "diversity": DiversityMemorySettings(bucket=5, minimum_score=0.1)})
    undisturbed = fresh()
    calls = reinforce(undisturbed, nitrogens, settings, seed=0).oracle_calls

    def kill(metrics: dict[str, float], _: object) -> None:
        if metrics["step"] == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reinforce(fresh(), nitrogens, settings, seed=0, checkpoint=tmp_path / "c", report=kill)
    resumed = fresh()
    steps: list[float] = []
    outcome = reinforce(
        resumed, nitrogens, settings, seed=0, checkpoint=tmp_path / "c", report=lambda m, _: steps.append(m["step"])
    )
    assert steps[:2] == [5, 6]  # that of the checkpoint again
    assert outcome.oracle_calls == calls
    for a, b in zip(undisturbed.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_training_ends_at_its_target_or_on_a_plateau_and_stays_ended(tmp_path: Path) -> None:
    target = RL.model_copy(update={"target": 0.0})
    outcome = reinforce(fresh(), nitrogens, target, seed=0, checkpoint=tmp_path / "target")
    assert (outcome.stopped, outcome.oracle_calls <= 48) == ("target", True)
    again = fresh()
    rows: list[object] = []
    resumed = reinforce(
        again, nitrogens, target, seed=0, checkpoint=tmp_path / "target", report=lambda m, _: rows.append(m)
    )
    assert len(rows) == 1 and resumed == outcome  # the row of the checkpoint is told again
    assert any(not torch.equal(a, b) for a, b in zip(again.parameters(), fresh().parameters(), strict=True))

    steps: list[float] = []
    flat = RL.model_copy(update={"patience": 2})
    outcome = reinforce(
        fresh(), lambda smiles: np.full(len(smiles), 0.5), flat, seed=0, report=lambda m, _: steps.append(m["step"])
    )
    assert (outcome.stopped, steps) == ("plateau", [1, 2, 3])


def test_own_molecules_are_scored_first_and_replayed() -> None:
    agent = fresh()
    own, faults = encode_start(
        agent, ["C1CCNCC1", "N1CCCCC1", "NCCN", "C[C@H](N)C#N", "OO.O", "CCCCCCCCCCCCCCCC", "CC", "c1cc"]
    )
    assert [each.smiles for each in own] == ["C1CCNCC1", "NCCN", "CC(N)C#N", "CC"]
    assert [fault.partition(":")[0] for fault in faults] == ["OO.O", "CCCCCCCCCCCCCCCC", "c1cc"]
    asked: list[list[str | None]] = []

    def reward(smiles: Sequence[str | None]) -> np.ndarray:
        asked.append(list(smiles))
        return nitrogens(smiles)

    told: list[str] = []
    outcome = reinforce(agent, reward, RL.model_copy(update={"steps": 1}), start=own, seed=0, message=told.append)
    assert asked[0] == [each.smiles for each in own]
    assert "NCCN" in [each.smiles for each in outcome.best] and "CC" not in [each.smiles for each in outcome.best]
    assert told == ["replay: starts with 3 of 4 molecules, which have a score above 0"]


def test_the_anchor_is_the_prior_that_is_given() -> None:
    rows: list[dict[str, float]] = []
    agent = fresh()
    reinforce(agent, nitrogens, RL.model_copy(update={"steps": 3}), seed=0)
    settings = RL.model_copy(update={"steps": 1, "learning_rate": 1e-9})
    for prior in (None, fresh()):
        moved = fresh()
        moved.load_state_dict(agent.state_dict())
        reinforce(moved, nitrogens, settings, prior=prior, seed=0, report=lambda m, _: rows.append(dict(m)))
    assert rows[0]["kl"] == pytest.approx(0, abs=1e-5)
    assert rows[1]["kl"] > 0.01


def test_a_collapse_is_rolled_back_and_told() -> None:
    greedy = RL.model_copy(
        update={
            "steps": 60, "learning_rate": 0.1, "reward_scale": 200.0, "most_rollbacks": 1,
            "collapse": CollapseSettings(window=192, interval=48, patience=1, uniqueness=0.3, diversity_sample=50),
        }
    )  # fmt: skip
    told: list[str] = []
    rows: list[dict[str, object]] = []
    outcome = reinforce(
        fresh(), nitrogens, greedy, seed=0, message=told.append, report=lambda m, _: rows.append(dict(m))
    )
    assert "back to step" in told[0] and "times 0.5" in told[0]
    assert told == outcome.events
    assert [row["message"] for row in rows if row.get("event") == "collapse"] == told
    assert outcome.stopped is not None and outcome.stopped.endswith("stopped")


@pytest.mark.parametrize("kind", ["graph", "descriptors"])
def test_the_critic_pulls_the_generator_towards_real_molecules(kind: CriticKind) -> None:
    real = ["NC1CCNCC1", "CN1CCNCC1", "NCC1CCNCC1", "N#CC1CCNCC1"] * 50
    settings = AdversarialSettings(
        rounds=2, real=100, fake=100, steps=25, batch_size=48, learning_rate=0.02, bf16=False,
        critic=AdversarialCriticSettings(epochs=20, batch_size=32, evaluate_every=10),
    )  # fmt: skip
    agent, critic = fresh(), small_critic(kind)
    before = piperidines(agent)
    rows: list[dict[str, object]] = []
    figures = refine(agent, critic, real, settings, seed=0, report=lambda m, _: rows.append(dict(m)))
    assert piperidines(agent) > before + 0.2
    assert figures["accuracy"] > 0.5
    assert {row["phase"] for row in rows} == {"critic", "generator"}
    assert {row["round"] for row in rows} == {1, 2}


@pytest.mark.parametrize("kind", get_args(CriticKind))
def test_a_killed_refinement_ends_with_the_same_agent(kind: CriticKind, tmp_path: Path) -> None:
    settings = AdversarialSettings(
        real=60, fake=60, steps=8, batch_size=16, learning_rate=0.02, bf16=False, checkpoint_every=3,
        critic=AdversarialCriticSettings(epochs=2, batch_size=16, evaluate_every=2),
    )  # fmt: skip
    real = ["NC1CCNCC1", "CCO", "c1ccccc1C"] * 20

    def kill(metrics: dict[str, object], _: object) -> None:
        if metrics["phase"] == "generator" and metrics["step"] == 5:
            raise KeyboardInterrupt

    undisturbed = fresh()
    refine(undisturbed, small_critic(kind), real, settings, seed=0)
    with pytest.raises(KeyboardInterrupt):
        refine(fresh(), small_critic(kind), real, settings, seed=0, checkpoint=tmp_path / "c", report=kill)
    resumed = fresh()
    refine(resumed, small_critic(kind), real, settings, seed=0, checkpoint=tmp_path / "c")
    for a, b in zip(undisturbed.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_oracle_is_asked_once_a_molecule() -> None:
    asked: list[str] = []

    def reward(smiles: Sequence[str | None]) -> np.ndarray:
        asked.extend(str(s) for s in smiles)
        return np.arange(len(smiles), dtype=float)

    oracle = OracleCache(reward)
    assert oracle(["C", "O", "C"]).tolist() == [0, 1, 0]
    assert oracle(["O", "N"]).tolist() == [1, 0]
    assert asked == ["C", "O", "N"]
    assert oracle.calls == 3


def test_what_is_refused_costs_no_call_and_gets_nothing() -> None:
    asked: list[str] = []

    def reward(smiles: Sequence[str | None]) -> np.ndarray:
        asked.extend(str(s) for s in smiles)
        return np.ones(len(smiles))

    oracle = OracleCache(reward, refuse=lambda text: "unlikely: N" if "N" in text else None)
    with ThreadPoolExecutor(1) as pool:
        assert oracle.ask(["C", "NC", "C"], pool)().tolist() == [1, 0, 1]
        assert oracle.ask(["NN"], pool)().tolist() == [0]
    assert asked == ["C"] and oracle.calls == 1 and oracle.refused == {"unlikely": 2}
    again = OracleCache(reward)
    again.load_state_dict(json.loads(json.dumps(oracle.state_dict())))
    assert again(["C", "NC"]).tolist() == [1, 0] and again.calls == 1 and again.refused == {"unlikely": 2}


def test_molecules_that_are_not_plausible_are_not_scored() -> None:
    scored: list[str] = []

    def reward(smiles: Sequence[str | None]) -> np.ndarray:
        scored.extend(str(s) for s in smiles)
        return nitrogens(smiles)

    rows: list[dict[str, object]] = []
    settings = RL.model_copy(update={"steps": 4, "plausible": PlausibilitySettings()})
    outcome = reinforce(fresh(), reward, settings, seed=0, report=lambda metrics, _: rows.append(dict(metrics)))
    check = PlausibilityCheck.of(PlausibilitySettings())
    assert scored and all(check(Chem.MolFromSmiles(text)) is None for text in scored)
    assert outcome.oracle_calls == len(scored) and outcome.refused.total() == rows[-1]["refused"] > 0
    refuse = refuse_implausible(PlausibilitySettings())
    assert refuse("NN") == "unknown bond: NH2-NH2" and refuse("CCO") is None and refuse("c1cc") is None
    assert refuse_implausible(PlausibilitySettings(), ["NN"])("NN") is None, "what is given is never refused"
    assert refuse_implausible(None)("NN") is None


def test_the_replay_memory_keeps_the_best_and_prefers_them() -> None:
    memory = ReplayMemory(10)
    memory.add([Replayed(f"m{i}", i / 20, 0.0, 0.0, (i,)) for i in range(20)])
    memory.add([Replayed("m19", 0.0, 0.0, 0.0, ())])
    assert [entry.smiles for entry in memory.best] == [f"m{i}" for i in range(19, 9, -1)]
    rng = np.random.default_rng(0)
    drawn = [memory.draw(1, rng)[0].smiles for _ in range(300)]
    assert drawn.count("m19") > 2 * drawn.count("m10")
    assert len({entry.smiles for entry in memory.draw(10, rng)}) == 10
