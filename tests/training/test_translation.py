"""Translation between two sets: what may be chosen, in which proportion, and a training that resumes exactly."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from molgan.base.errors import ConfigError, InputError
from molgan.chem.molecule import parse
from molgan.graphs.motif.actions import Vocabulary, encode
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.settings import MotifNetworkSettings, SourceSettings
from molgan.training.domains.candidates import Candidate, SourceMolecule, choose, draw_translations, weigh
from molgan.training.domains.settings import DomainCriticSettings, TranslationSettings
from molgan.training.domains.translation import read_sources, translate
from molgan.training.domains.translation_sets import read_sets
from molgan.training.prior.settings import LessonSettings

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "c1ccncc1", "F", "Cl")
ENDS = ("C", "F", "Cl", "N", "OC", "CC", "CN", "CO", "CF", "NC")
ORIGIN = [f"{left}c1ccc({end})cc1" for left in ("CC", "CCC", "CCCC", "CCCCC", "FCC") for end in ENDS]
TARGET = [f"{left}c1ccc({end})nc1" for left in ("NC", "NCC", "NCCC", "NCCCC", "OCC") for end in ENDS]
SETTINGS = TranslationSettings(
    rounds=2,
    real=40,
    fake=40,
    sources=6,
    draws=8,
    kept=2,
    similarity=0.0,
    critic=DomainCriticSettings(epochs=1, batch_size=16, bf16=False),
    fit=LessonSettings(steps=3, batch_size=4, warmup=0, checkpoint_every=1, report_every=1, bf16=False),
    bf16=False,
)


def make(*, source: bool = True) -> MotifGenerator:
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=12, layers=1)
    reader = SourceSettings(width=8, layers=1, heads=1, query=4) if source else None
    return MotifGenerator(Vocabulary(MOTIFS), network, max_atoms=14, source=reader).eval()


def candidate(smiles: str, *, log_prob: float = -5.0, log_weight: float = 0.0) -> Candidate:
    molecule = parse(smiles)
    actions = tuple(encode(read_tree(smiles), Vocabulary(MOTIFS)))
    return Candidate(str(molecule.smiles), molecule.mol, actions, log_prob, log_weight=log_weight)


def source(smiles: str) -> SourceMolecule:
    each = candidate(smiles)
    return SourceMolecule(each.smiles, each.mol, each.actions)


class Nitrogens:
    """A critic whose logit is the number of nitrogen atoms; it cannot judge a molecule with chlorine."""

    def score(self, smiles: Sequence[str], *, bf16: bool = False) -> np.ndarray:
        return np.array([np.nan if "Cl" in text else float(text.upper().count("N")) for text in smiles])


CRITIC: Any = Nitrogens()


def test_what_may_be_chosen_is_distinct_alike_and_nearer_to_the_target() -> None:
    lead = source("CCc1ccccc1N")
    drawn = [
        candidate(smiles)
        for smiles in (
            "CCc1ccccc1N",
            "NCc1ccccc1N",
            "Nc1ccccc1CN",
            "CCc1ccccc1O",
            "NCNCCN",
            "NCc1ccccc1Cl",
            "Nc1ccncc1CN",
        )
    ]
    settings = SETTINGS.model_copy(update={"similarity": 0.15, "anchor": 0.0, "similarity_weight": 2.0})
    (found,) = weigh([lead], [drawn], CRITIC, make(), settings)
    assert [each.smiles for each in found] == ["NCc1cnccc1N", "NCc1ccccc1N"] or {each.smiles for each in found} == {
        "NCc1ccccc1N",
        "NCc1cnccc1N",
    }
    for each in found:
        assert each.gain == each.logit - 1 > 0 and each.similarity >= 0.15
        assert each.log_weight == pytest.approx(min(each.logit, 4.0) + 2.0 * each.similarity)
    kept = settings.model_copy(update={"scaffold": True})
    assert [each.smiles for each in weigh([lead], [drawn], CRITIC, make(), kept)[0]] == ["NCc1ccccc1N"]


def test_the_anchor_is_the_prior_at_the_start() -> None:
    """What the generator has come to like more than the prior did weighs less by just that."""
    start, lead = make(), source("CCc1ccccc1")
    drawn = [candidate("NCc1ccccc1", log_prob=-3.0), candidate("NCCc1ccccc1", log_prob=-30.0)]
    loose = SETTINGS.model_copy(update={"anchor": 0.0})
    firm = SETTINGS.model_copy(update={"anchor": 0.5})
    (free,), (held,) = (weigh([lead], [drawn], CRITIC, start, settings) for settings in (loose, firm))
    with torch.no_grad():
        aim = Aim(source=start.read_sources([lead.actions]))
        expected = start.log_likelihood([each.actions for each in free], aim=aim).tolist()
    for before, after, log_start in zip(free, held, expected, strict=True):
        assert after.log_weight - before.log_weight == pytest.approx(0.5 * (log_start - before.log_prob), abs=1e-3)


def test_choices_follow_the_weights() -> None:
    some = [
        candidate("C", log_weight=np.log(6)),
        candidate("CC", log_weight=np.log(3)),
        candidate("CO", log_weight=0.0),
    ]
    rng = np.random.default_rng(0)
    first = [choose(some, 1, rng)[0].smiles for _ in range(4000)]
    assert [first.count(text) / 4000 for text in ("C", "CC", "CO")] == pytest.approx([0.6, 0.3, 0.1], abs=0.03)
    assert {each.smiles for each in choose(some, 9, rng)} == {"C", "CC", "CO"}
    assert choose([], 2, rng) == []


def test_each_molecule_gets_translations_of_its_own() -> None:
    generator, leads = make(), [source("CCc1ccccc1"), source("NCCO"), source("Fc1ccncc1")]
    drawn = draw_translations(generator, leads, 5, seed=3, bf16=False)
    assert [len(few) for few in drawn] == [5, 5, 5]
    with torch.no_grad():
        for lead, few in zip(leads, drawn, strict=True):
            aim = Aim(source=generator.read_sources([lead.actions]))
            found = generator.log_likelihood([each.actions for each in few], aim=aim).tolist()
            assert found == pytest.approx([each.log_prob for each in few], abs=1e-3)


def test_sets_that_are_too_small_or_overlap_are_refused() -> None:
    assert [len(some) for some in read_sets([*ORIGIN, "nothing", "CC.O", ORIGIN[0]], TARGET)] == [50, 50]
    with pytest.raises(InputError, match=r"data\.to: 3 molecules; a critic needs at least 40"):
        read_sets(ORIGIN, TARGET[:3])
    with pytest.raises(InputError, match="1 molecules are in both, such as CCc1ccc"):
        read_sets(ORIGIN, [*TARGET, "Cc1ccc(CC)cc1"])


def test_what_cannot_be_read_is_counted() -> None:
    sources, unsaid = read_sources(make(), ["CCO", "C[Pt]C", "C" * 15, "CC"])
    assert [each.smiles for each in sources] == ["CCO", "CC"]
    assert sum(unsaid.values()) == 2 and "15 heavy atoms, at most 14 with these weights" in unsaid
    with pytest.raises(InputError, match="none of 1 molecules can be read"):
        read_sources(make(), ["C[Pt]C"])


def test_weights_that_read_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="they cannot read a molecule"):
        translate(make(source=False), ORIGIN, TARGET, SETTINGS, seed=0, checkpoint=tmp_path)


def test_a_killed_training_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole, phases = make(), list[str]()

    def note(metrics: dict[str, Any], _: object) -> None:
        phases.append(metrics["phase"])

    outcome = translate(whole, ORIGIN, TARGET, SETTINGS, seed=1, checkpoint=tmp_path / "whole", report=note)
    assert len(outcome.rounds) == 2 and outcome.unsaid == {}
    for figures in outcome.rounds:
        assert figures["drawn"] == 48 and 0 < figures["translated"] <= 1
        assert 0 < figures["taught"] <= 12 and figures["gain"] > 0
    assert [phase for phase in phases if phase != "critic"] == ["chosen", *["generator"] * 3] * 2

    def kill(metrics: dict[str, Any], _: object) -> None:
        if metrics["phase"] == "generator" and metrics["round"] == 2 and metrics["step"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        translate(make(), ORIGIN, TARGET, SETTINGS, seed=1, checkpoint=tmp_path / "killed", report=kill)
    resumed = make()
    again = translate(resumed, ORIGIN, TARGET, SETTINGS, seed=1, checkpoint=tmp_path / "killed")
    assert again.rounds == outcome.rounds
    for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)
    assert any(not torch.equal(a, b) for a, b in zip(whole.parameters(), make().parameters(), strict=True))
