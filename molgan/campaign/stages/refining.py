"""The stages that train: the generator against the discriminator, then towards the objective."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from molgan.base.content import with_contents
from molgan.base.errors import RunError
from molgan.campaign.reporter import Reporter
from molgan.campaign.stages.stage import Counts, Stage
from molgan.campaign.watched_objective import Watched
from molgan.campaign.work import Work
from molgan.chem.settings import DataSettings
from molgan.training.settings import AdversarialSettings, ReinforceSettings

# From here on it pays to make graphs in several processes.
_MANY_GRAPHS = 10_000


def adversarial(work: Work, settings: AdversarialSettings, weights: str | Path, inputs: Mapping[str, object]) -> Stage:
    """Refine the generator; leaves generator.safetensors, critic.safetensors and their descriptions."""
    config = work.config
    rewarded = settings.gan_weight < 1
    stage = Stage(
        work.folder,
        "adversarial",
        {
            "adversarial": settings.model_dump(mode="json"),
            **inputs,
            **(with_contents({"objective": config.objective.model_dump(mode="json")}) if rewarded else {}),
        },
        outputs=_weights(work.folder, "adversarial", "generator", "critic"),
    )

    def perform(resumes: bool) -> Counts:
        from molgan.models.critics.discriminator import Discriminator
        from molgan.models.loading import load_generator
        from molgan.training.rl.adversarial import refine

        agent, critic = load_generator(weights), Discriminator(seed=config.seed)
        loop = partial(
            refine,
            real=training_molecules(config.data, settings.rounds * settings.real, config.seed),
            settings=settings,
            seed=config.seed,
            processes=work.cores if settings.real >= _MANY_GRAPHS and not config.compute.workers else 1,
        )
        work.progress.message(f"adversarial: {settings.real:,} real molecules against {settings.fake:,} generated ones")
        with Reporter(work, stage.name, resumes) as report:
            figures = work.train(
                loop,
                {"agent": agent, "critic": critic},
                checkpoint=stage.folder / "checkpoint",
                report=report,
                **({"reward": work.objective.reward} if rewarded else {}),
            )
        _save(stage, generator=agent, critic=critic)
        told = f"{figures['accuracy']:.1%} of unseen molecules, area under the curve {figures['auc']:.3f}"
        work.progress.message(f"critic: tells real from generated in {told}")
        return {"critic": figures}

    stage.perform(perform, work.progress)
    return stage


def reinforce(
    work: Work,
    settings: ReinforceSettings,
    weights: str | Path,
    critic: Path | None,
    after: Stage | None,
    inputs: Mapping[str, object],
) -> Stage:
    """Train the generator towards the objective; leaves generator.safetensors and its description."""
    config = work.config
    stage = Stage(
        work.folder,
        "reinforce",
        {
            "reinforce": settings.model_dump(mode="json"),
            **with_contents({"objective": config.objective.model_dump(mode="json")}),
            **inputs,
        },
        after=[after],
        outputs=_weights(work.folder, "reinforce", "generator"),
    )

    def perform(resumes: bool) -> Counts:
        from molgan.models.critics.discriminator import Discriminator
        from molgan.models.loading import load_generator
        from molgan.training.memory import OracleCache
        from molgan.training.rl.reinforce import reinforce as train

        agent, watched = load_generator(weights), Watched(work.objective)
        with Reporter(work, stage.name, resumes, watched) as report:
            outcome = work.train(
                partial(train, settings=settings, seed=config.seed),
                {"agent": agent, **({"critic": Discriminator.load(critic)} if critic else {})},
                checkpoint=stage.folder / "checkpoint",
                report=report,
                reward=OracleCache(watched.reward),  # a loop that starts again asks again
                message=work.progress.message,
            )
        _save(stage, generator=agent)
        return asdict(outcome)

    stage.perform(perform, work.progress)
    return stage


def training_molecules(data: DataSettings, count: int, seed: int) -> list[str]:
    """`count` SMILES of the training data (all if it has fewer), drawn without replacement by the seed."""
    from molgan.filters.reference_set import ReferenceSet

    known = ReferenceSet.load(str(data.train), data.column)
    rows = np.random.default_rng(seed).choice(len(known), min(count, len(known)), replace=False)
    return [known.smiles(row) for row in rows.tolist()]


def _weights(run: Path, stage: str, *networks: str) -> dict[str, Path]:
    return {name: run / "checkpoints" / stage / f"{name}.safetensors" for name in networks}


def _save(stage: Stage, **networks: Any) -> None:
    from safetensors import SafetensorError

    for name, network in networks.items():
        try:
            network.cpu().save(stage.folder / name)
        except SafetensorError as error:
            raise RunError(f"{stage.folder / name}: cannot be written ({error}); mend that and run again") from error
