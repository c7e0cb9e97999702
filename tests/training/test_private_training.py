"""Differentially private training: the mechanism, its account, and what it does to a canary."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import norm

from molgan.base.errors import ConfigError, InputError
from molgan.base.secret_key import KEY_VARIABLE
from molgan.campaign.check import check_inputs
from molgan.campaign.train_prior import train_prior
from molgan.chem.molecule import parse
from molgan.config import load_training
from molgan.evaluation.exposure import measure_exposure
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.motif_data import ActionData, prepare
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.nll import NllMeter
from molgan.models.settings import MotifNetworkSettings
from molgan.models.weights import read_facts
from molgan.training.design.settings import TransferSettings
from molgan.training.prior.pretrain import pretrain
from molgan.training.private.noise import KeyedNoise
from molgan.training.private.private_gradients import PrivateGradients
from molgan.training.private.private_training import list_losses, pretrain_privately
from molgan.training.private.settings import PrivateSettings
from molgan.training.settings import PretrainSettings

pytest.importorskip("opacus", reason="the accountant of private training")

from molgan.training.private.accountant import find_noise, measure_epsilon, plan_privacy
from molgan.training.private.private_transfer import transfer_privately

KEY = b"5e" * 32
FAMILY = [f"{ring}{'C' * n}{end}" for ring in ("c1ccccc1", "C1CCNCC1") for n in range(1, 6) for end in ("O", "N", "F")]
SETTINGS = PretrainSettings(
    epochs=12, batch_size=20, learning_rate=0.01, warmup=1, bf16=False, checkpoint_every=5, report_every=5
)


def fresh() -> MotifGenerator:
    torch.manual_seed(0)
    vocabulary = Vocabulary(("C", "O", "N", "F", "c1ccccc1", "C1CCNCC1"))
    return MotifGenerator(vocabulary, MotifNetworkSettings(embedding=12, hidden=24, layers=1), max_atoms=14).eval()


def encode(smiles: list[str], folder: Path) -> ActionData:
    (folder / "in.smi").write_text("\n".join(smiles) + "\n")
    return prepare(folder / "in.smi", folder / "cache", least_count=10**9, vocabulary=fresh().vocabulary)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ActionData:
    return encode(FAMILY, tmp_path_factory.mktemp("data"))


def gradient(
    data: ActionData, rows: list[int], *, clip: float, multiplier: float = 0.0, key: bytes = KEY
) -> np.ndarray:
    generator = fresh()
    losses = list_losses(generator, generator.walk([data[i].tolist() for i in rows]))
    PrivateGradients(KeyedNoise(key, 0), clip=clip, multiplier=multiplier, expected=5)(generator, losses, 1)
    return np.concatenate([each.grad.numpy().ravel() for each in generator.parameters()])  # type: ignore[union-attr]


def test_without_clip_and_noise_it_is_the_gradient_of_the_loss(data: ActionData) -> None:
    generator = fresh()
    (-generator.log_likelihood([data[i].tolist() for i in range(5)]).mean()).backward()
    zero = [torch.zeros_like(each) if each.grad is None else each.grad for each in generator.parameters()]
    expected = np.concatenate([each.numpy().ravel() for each in zero])
    assert gradient(data, [0, 1, 2, 3, 4], clip=1e9) == pytest.approx(expected, abs=1e-6)


def test_no_molecule_moves_the_gradient_by_more_than_the_clip(data: ActionData) -> None:
    whole = gradient(data, [0, 1, 2, 3, 4], clip=0.25)
    for left_out in range(5):
        rest = [i for i in range(5) if i != left_out]
        assert np.linalg.norm(whole - gradient(data, rest, clip=0.25)) <= 0.25 / 5 * (1 + 1e-5)


def test_the_noise_has_its_size_and_is_that_of_key_and_step(data: ActionData) -> None:
    quiet, loud = (gradient(data, [0, 1], clip=0.5, multiplier=m) for m in (0.0, 3.0))
    drawn = (loud - quiet) * 5 / 0.5
    assert drawn.std() == pytest.approx(3, rel=0.03) and abs(drawn.mean()) < 0.1
    assert np.array_equal(loud, gradient(data, [0, 1], clip=0.5, multiplier=3.0))
    assert not np.array_equal(loud, gradient(data, [0, 1], clip=0.5, multiplier=3.0, key=b"x" * 32))


def test_batches_are_drawn_molecule_by_molecule() -> None:
    sizes = [len(KeyedNoise(KEY, 1).choose(400, 0.25, step)) for step in range(300)]
    assert np.mean(sizes) == pytest.approx(100, abs=2)
    assert np.var(sizes) == pytest.approx(75, rel=0.3)  # binomial: n q (1 - q)


def gaussian_delta(epsilon: float, noise: float) -> float:
    """The exact delta of one release with normal noise (Balle & Wang 2018, theorem 8)."""
    a, b = 1 / (2 * noise), epsilon * noise
    return float(norm.cdf(a - b) - math.exp(epsilon) * norm.cdf(-a - b))


@pytest.mark.parametrize(("noise", "steps"), [(2.0, 1), (5.0, 1), (4.0, 16)])
def test_epsilon_is_above_the_exact_one_and_near_it(noise: float, steps: int) -> None:
    # Without subsampling, releases compose to one with the noise of their mean.
    epsilon = measure_epsilon(noise, 1.0, steps, 1e-5)
    assert gaussian_delta(epsilon, noise / math.sqrt(steps)) <= 1e-5
    assert gaussian_delta(0.8 * epsilon, noise / math.sqrt(steps)) > 1e-5


def test_the_least_noise_that_keeps_to_the_budget_is_found() -> None:
    noise = find_noise(3.0, 1e-5, 0.1, 200)
    assert measure_epsilon(noise, 0.1, 200, 1e-5) <= 3.0 < measure_epsilon(0.99 * noise, 0.1, 200, 1e-5)


def plan(steps: int = 200, **private: float) -> object:
    settings = PrivateSettings.model_validate(private)
    return plan_privacy(
        settings, molecules=2000, batch=200, steps=steps, batch_name="pretrain.batch_size", length="pretrain.epochs"
    )


@pytest.mark.parametrize(
    ("private", "mend"),
    [
        ({"epsilon": 3, "noise": 1.0}, r"lower pretrain\.epochs to 0\.\d+ .*raise private\.noise to [\d.]+"),
        ({"epsilon": 0.001}, r"drowns every gradient; .*allow private\.epsilon: [\d.]+$"),
        ({"epsilon": 3, "delta": 0.01}, r"private\.delta: 0\.01 is not below .*; give 5e-05"),
    ],
)
def test_a_budget_that_cannot_be_met_is_refused_in_one_line_with_the_mend(private: dict[str, float], mend: str) -> None:
    with pytest.raises(ConfigError, match=mend) as caught:
        plan(**private)
    assert "\n" not in str(caught.value)


def test_the_mends_of_a_refusal_mend_it() -> None:
    with pytest.raises(ConfigError) as caught:
        plan(epsilon=3, noise=1.0)
    text = str(caught.value)
    share, noise, epsilon = (
        float(text.split(before)[1].split()[0].rstrip(",;"))
        for before in (
            "epochs to ",
            "private.noise to ",
            "private.epsilon: 3 cannot be met: 200 steps at noise 1 spend ",
        )
    )
    plan(epsilon=3, noise=noise)
    plan(steps=int(0.95 * share * 200), epsilon=3, noise=1.0)
    plan(epsilon=1.01 * float(epsilon), noise=1.0)


def expose(train: Callable[[MotifGenerator, ActionData], object], folder: Path) -> float:
    """The mean exposure, of at most 7.7 bits, of four canaries that are planted sixteen times each."""
    start = fresh()
    drawn = [smiles for smiles in dict.fromkeys(one.smiles for one in start.sample(900, seed=3)) if len(smiles) > 8]
    drawn = drawn[:204]
    canaries, references = drawn[:4], drawn[4:]
    trained = fresh()
    train(trained, encode([*FAMILY, *canaries * 16], folder))
    scores = [
        [-each.nll for each in NllMeter(generator.eval())([parse(smiles) for smiles in drawn])]
        for generator in (trained, start)
    ]
    times = [16] * len(canaries) + [0] * len(references)
    (found,), _ = measure_exposure(np.subtract(*scores), times, np.random.default_rng(0))
    return found.mean.value


def test_a_planted_canary_is_exposed_without_privacy_and_not_with_it(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"learning_rate": 0.02})
    private = PrivateSettings(epsilon=1.0)
    open_ = expose(lambda generator, data: pretrain(generator, data, settings, seed=0), tmp_path)
    closed = expose(lambda g, data: pretrain_privately(g, data, settings, private, seed=0, key=KEY), tmp_path)
    assert open_ > 5
    assert closed < 3.5  # 1.4 by chance, .7 being the standard deviation for four


class Killed(Exception):
    pass


def test_it_resumes_exactly_and_tells_what_it_has_spent(data: ActionData, tmp_path: Path) -> None:
    rows: list[dict[str, float]] = []
    private = PrivateSettings(epsilon=4.0)
    settings = SETTINGS.model_copy(update={"epochs": 3, "checkpoint_every": 2, "report_every": 2})
    whole, broken = fresh(), fresh()
    spent = pretrain_privately(
        whole, data, settings, private, seed=1, key=KEY, report=lambda metrics, _: rows.append(metrics)
    )

    def kill(metrics: dict[str, float], saved: object) -> None:
        if saved:
            raise Killed

    with pytest.raises(Killed):
        pretrain_privately(broken, data, settings, private, seed=1, key=KEY, checkpoint=tmp_path / "c", report=kill)
    pretrain_privately(broken, data, settings, private, seed=1, key=KEY, checkpoint=tmp_path / "c")
    for one, other in zip(whole.parameters(), broken.parameters(), strict=True):
        assert torch.equal(one, other)
    epsilons = [row["epsilon"] for row in rows]
    assert epsilons == sorted(epsilons) and epsilons[-1] == pytest.approx(spent.epsilon) and 3.9 < spent.epsilon <= 4


def test_transfer_is_private_too() -> None:
    settings = TransferSettings(epochs=2, batch_size=10, private=PrivateSettings(epsilon=5.0))
    spent = transfer_privately(fresh(), FAMILY, settings, seed=0, key=KEY)
    assert spent.steps == 6 and 4.9 < spent.epsilon <= 5


TRAINING = """\
data: {train: train.smi}
generator: {weights: start}
pretrain: {epochs: 2, batch_size: 10, warmup: 1, bf16: false}
private: {epsilon: 5}
"""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(KEY_VARIABLE, KEY.decode())
    fresh().save(tmp_path / "start" / "weights")
    rare = [f"C1CCCC1{'C' * n}O" for n in range(1, 6)]  # a ring that only the secret data has
    (tmp_path / "train.smi").write_text("\n".join([*FAMILY, *rare * 6]) + "\n")
    (tmp_path / "own.yaml").write_text(TRAINING)
    return tmp_path / "own.yaml"


def test_the_description_of_the_weights_tells_epsilon_and_nothing_else_of_the_data(job: Path) -> None:
    weights = train_prior(load_training(job))
    facts = read_facts(weights)
    assert 4.9 < facts["about"]["private"]["epsilon"] <= 5
    assert "data" not in facts["about"] and "C1CCCC1" not in str(facts)
    assert MotifGenerator.load(weights).vocabulary == fresh().vocabulary
    assert MotifGenerator.load(weights).max_atoms == 14


def test_data_with_stereo_that_the_weights_do_not_know_is_refused(job: Path) -> None:
    (job.parent / "train.smi").write_text("\n".join([*FAMILY, "C[C@H](N)CO"]) + "\n")
    with pytest.raises(InputError, match="--drop-stereo"):
        train_prior(load_training(job))


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("generator=null", "starts from public weights"),
        ("pretrain=null", "likelihood training alone"),
        ("distil={}", "`distil` would see the data"),
        ("compute.workers=2", "one process"),
    ],
)
def test_what_is_not_protected_is_refused(job: Path, override: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        load_training(job, [override])


def test_check_refuses_a_budget_that_cannot_be_met_and_a_missing_key(
    job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_inputs(load_training(job))
    with pytest.raises(ConfigError, match=r"^private.epsilon: 0.01 cannot be met: .*; lower pretrain.epochs"):
        check_inputs(load_training(job, ["private.epsilon=0.01", "private.noise=50"]))
    monkeypatch.delenv(KEY_VARIABLE)
    with pytest.raises(ConfigError, match=KEY_VARIABLE):
        check_inputs(load_training(job))
