"""Goal-directed design on a toy generator: scores rise, the bill is right, a kill changes nothing."""

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rdkit import Chem

import molgan
from molgan.base.errors import InputError, RunError
from molgan.chem.motifs import cut
from molgan.chem.plausibility.chemistry_index import ChemistryIndex
from molgan.chem.plausibility.plausible import PlausibilityCheck, PlausibilitySettings
from molgan.graphs.motif.actions import SPELL, NotEncodable, Vocabulary
from molgan.graphs.motif.core import Core
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.scoring.fast.descriptors import Descriptors
from molgan.training.design.ledger import Ledger
from molgan.training.design.optimize import optimize
from molgan.training.design.plausibility_gate import make_plausibility_check
from molgan.training.design.proposals import ORIGINS
from molgan.training.design.space import Everything
from molgan.training.design.surrogate import Features, Surrogate, draw_functions
from molgan.training.refusals import tell_refusals
from molgan.training.settings import OptimizeSettings

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "n1ccccc1", "C1CCNCC1", "F", "C#N")
SMALL = OptimizeSettings(
    first=16, batch=16, least_batch=8, policy=16, regrowth=16, crossover=16, edit=16, mutation=16, exchange=4,
    promising=8, brood=24, surrogate=100, memory=24, updates=2, update_size=16, learning_rate=0.01, max_atoms=14,
    bf16=False, checkpoint_every=2, plausible=None,
)  # fmt: skip


def fresh() -> MotifGenerator:
    torch.manual_seed(0)
    generator = MotifGenerator(
        Vocabulary(MOTIFS), MotifNetworkSettings(embedding=16, hidden=16, layers=1), max_atoms=12
    )
    generator.head.bias.data[SPELL] -= 5
    return generator


def nitrogens(smiles: Sequence[str]) -> list[float]:
    mols = [Chem.MolFromSmiles(s) for s in smiles]
    return [sum(a.GetSymbol() == "N" for a in mol.GetAtoms()) / 10 for mol in mols]


def run(oracle: Callable[[list[str]], Sequence[float]] = nitrogens, **options: Any) -> Ledger:
    settings = options.pop("settings", SMALL)
    return optimize(fresh(), oracle, settings, **{"budget": 150, "seed": 0, **options}).ledger


def test_scores_rise_within_the_budget_and_no_molecule_is_paid_twice() -> None:
    asked: list[str] = []

    def oracle(smiles: list[str]) -> list[float]:
        asked.extend(smiles)
        return nitrogens(smiles)

    ledger = run(oracle)
    assert len(asked) == len(set(asked)) == len(ledger.calls) == 150
    assert [call.smiles for call in ledger.calls] == asked
    for smiles in asked:
        mol = Chem.MolFromSmiles(smiles)
        assert Chem.MolToSmiles(mol) == smiles and "." not in smiles and mol.GetNumAtoms() <= 14
    scores = [call.score for call in ledger.calls]
    assert np.mean(scores[-50:]) > 2 * np.mean(scores[:16])
    table = ledger.table()
    assert set(ORIGINS) - {"start"} == set(table["origin"])
    assert table["best"].iloc[-1] == pytest.approx(np.mean(sorted(scores)[-10:]))
    parents = [int(n) for text in table["parents"] for n in text.split()]
    assert parents and max(parents) <= 150


@pytest.mark.parametrize("loss", ["log_variance", "trajectory_balance"])
def test_every_loss_trains(loss: str) -> None:
    ledger = run(
        settings=SMALL.model_copy(
            update={"loss": loss, "crossover": 0, "edit": 0, "mutation": 0, "generations": 0, "surrogate": 0}
        )
    )
    scores = [call.score for call in ledger.calls]
    assert np.mean(scores[-50:]) > np.mean(scores[:16])


def test_what_cannot_be_scored_is_paid_for_and_left_alone() -> None:
    def oracle(smiles: list[str]) -> list[float]:
        return [math.nan if "F" in one else score for one, score in zip(smiles, nitrogens(smiles), strict=True)]

    table = run(oracle).table()
    missing = table[table["score"].isna()]
    assert len(table) == 150 and len(missing) and missing["smiles"].str.contains("F").all()
    assert table["best"].iloc[-1] == pytest.approx(table["score"].nlargest(10).mean())


def test_an_answer_of_another_length_is_refused() -> None:
    with pytest.raises(InputError, match="one each, in order"):
        run(lambda smiles: nitrogens(smiles)[1:])
    for value in (10**400, "high"):
        with pytest.raises(InputError, match="is not a list of numbers"):
            run(lambda smiles, value=value: [value] * len(smiles))


def test_start_molecules_come_first_and_are_parents() -> None:
    table = run(start=["NCCN", "OCCO", "C(N)CN"]).table()
    assert table["smiles"].head(2).tolist() == ["NCCN", "OCCO"]
    assert table["origin"].head(3).tolist()[:2] == ["start", "start"] and table["origin"][2] != "start"
    with pytest.raises(InputError, match="start molecule"):
        run(start=["C1CC"])


def test_a_core_is_kept_in_every_molecule(tmp_path: Path) -> None:
    core = Core.read("*c1ccc(C(=O)N*)cc1")
    query = Chem.MolFromSmarts("[!#1]-c1[cH][cH]c(C(=O)[NH]-[!#1])[cH][cH]1")
    settings = SMALL.model_copy(update={"max_atoms": 20})
    table = run(core=core, settings=settings, folder=tmp_path).table()
    assert len(table) == 150 and set(ORIGINS) - {"start"} == set(table["origin"])
    assert all(Chem.MolFromSmiles(smiles).HasSubstructMatch(query) for smiles in table["smiles"])
    assert table["score"].tail(50).mean() > 1.5 * table["score"].head(16).mean()
    assert run(core=core, settings=settings, folder=tmp_path).table().equals(table)


def test_two_fragments_are_linked_in_every_molecule() -> None:
    settings = SMALL.model_copy(update={"max_atoms": 24})
    table = run(core=Core.read("c1ccccc1C(=O)*.*N1CCCCC1"), settings=settings, budget=80).table()
    for text in ("[cH]1[cH][cH][cH][cH]c1C(=O)-[!#1]", "[!#1]-N1[CH2][CH2][CH2][CH2][CH2]1"):
        query = Chem.MolFromSmarts(text)
        assert all(Chem.MolFromSmiles(smiles).HasSubstructMatch(query) for smiles in table["smiles"])
    assert set(table["origin"]) >= {"policy", "crossover", "edit"}


def test_a_run_that_ended_with_its_start_molecules_pays_once(tmp_path: Path) -> None:
    for _ in range(2):
        assert len(run(budget=2, start=["NCCN", "OCCO"], folder=tmp_path).calls) == 2


def test_an_answer_behind_a_torn_line_is_kept(tmp_path: Path) -> None:
    (tmp_path / "answers.jsonl").write_text('["CC", 0.5]\n["CCO", 0.')
    for asked in (["CCO", "CCN"], []):
        got: list[str] = []
        ledger = Ledger(
            lambda smiles, got=got: got.extend(smiles) or [0.1] * len(smiles), 9, tmp_path / "answers.jsonl"
        )
        ledger.ask(["CC", "CCO", "CCN"], [("policy", ())] * 3, 1)
        assert got == asked


def test_start_molecules_may_be_larger_than_what_is_made_or_have_stereo_that_the_agent_does_not_know() -> None:
    settings = SMALL.model_copy(update={"stereo": True, "surrogate": 1})
    ledger = run(settings=settings, budget=60, start=["C[C@H](N)C(=O)O", "C/C=C/CN", "CCCCCCCCCCCCc1ccccc1"])
    assert all(Chem.MolFromSmiles(call.smiles).GetNumAtoms() <= 14 for call in ledger.calls[3:])


def test_promising_candidates_have_children_before_a_call_is_made() -> None:
    def most(generations: int) -> int:
        """Candidates of a round."""
        rounds: list[int] = []
        run(
            settings=SMALL.model_copy(update={"generations": generations}),
            report=lambda metrics, _: rounds.append(metrics["candidates"]),
        )
        return max(rounds)

    own = SMALL.policy + SMALL.regrowth + SMALL.crossover + SMALL.edit + SMALL.mutation + SMALL.exchange
    assert most(0) <= own < most(2) <= own + 2 * SMALL.brood


def test_nothing_is_asked_that_is_not_accepted() -> None:
    table = run(accept=lambda mol: mol.GetNumAtoms() >= 6, budget=60).table()
    assert all(Chem.MolFromSmiles(smiles).GetNumAtoms() >= 6 for smiles in table["smiles"])


def test_it_stops_at_the_target_and_on_a_plateau() -> None:
    def stop(**update: Any) -> tuple[str, int]:
        outcome = optimize(fresh(), nitrogens, SMALL.model_copy(update=update), budget=400, seed=0)
        return outcome.stopped, len(outcome.ledger.calls)

    assert stop(target=0.2)[0] == "target"
    reason, calls = optimize_flat()
    assert reason == "plateau" and calls < 120


def optimize_flat() -> tuple[str, int]:
    settings = SMALL.model_copy(update={"patience": 60})
    outcome = optimize(fresh(), lambda smiles: [0.5] * len(smiles), settings, budget=400, seed=0)
    return outcome.stopped, len(outcome.ledger.calls)


def test_on_a_plateau_the_parents_move_on() -> None:
    table = run(lambda smiles: [0.0] * len(smiles), settings=SMALL.model_copy(update={"restart": None})).table()
    parents = [int(n) for text in table["parents"].tail(20) for n in text.split()]
    assert min(parents) > 40 and max(parents) > 120


def test_a_search_that_is_stuck_gets_another_one_and_then_they_join() -> None:
    table = run(
        lambda smiles: [0.5] * len(smiles),
        settings=SMALL.model_copy(update={"restart": 40}),
        start=["NCCN"],
        budget=200,
    ).table()
    search = table["search"]
    assert search.iloc[0] == 1 and search.iloc[-1] == 3 and set(search) == {1, 2, 3}
    made = {number: set(table["call"][search == number]) for number in (1, 2, 3)}

    def parents(number: int) -> set[int]:
        return {int(n) for text in table["parents"][search == number] for n in text.split()}

    assert parents(1) <= made[1] and parents(2) <= made[2] | {1}
    assert len(made[2]) > 40 and max(made[1]) > min(made[2])  # both have turns
    assert parents(3) & made[1] and parents(3) & made[2]
    assert min(made[3]) <= 180  # in time
    assert table["smiles"].is_unique


def test_the_documentation_of_optimize_names_all_origins() -> None:
    for documented in (molgan.optimize, optimize):
        assert [origin for origin in ORIGINS if origin not in str(documented.__doc__)] == []


@pytest.mark.parametrize(("restart", "ceiling"), [(None, 9.0), (30, 0.3)])
def test_a_killed_run_ends_with_the_same_calls_and_pays_once(
    tmp_path: Path, restart: int | None, ceiling: float
) -> None:
    settings = SMALL.model_copy(update={"restart": restart})

    def score(smiles: list[str]) -> list[float]:
        return [min(each, ceiling) for each in nitrogens(smiles)]

    undisturbed = run(score, settings=settings).table()
    asked: list[str] = []

    def oracle(smiles: list[str]) -> list[float]:
        asked.extend(smiles)
        if len(asked) == len(set(asked)) and 90 < len(asked) < 110:
            asked.append("killed")
            raise KeyboardInterrupt
        return score(smiles)

    with pytest.raises(KeyboardInterrupt):
        run(oracle, folder=tmp_path, settings=settings)
    active = json.loads((tmp_path / "checkpoint" / "state.json").read_text())["searches"]
    assert len(active) == (1 if restart is None else 2)
    before = asked.index("killed")
    ledger = run(oracle, folder=tmp_path, settings=settings)
    assert ledger.table().equals(undisturbed)
    again = set(asked[:before]) & set(asked[before + 1 :])
    assert again <= set(asked[before - 16 : before])  # the batch that was under way
    again = run(lambda smiles: pytest.fail("asked again"), folder=tmp_path, settings=settings)
    assert again.table().equals(undisturbed)


def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    run(folder=tmp_path, budget=20)
    state = tmp_path / "checkpoint" / "state.json"
    values = json.loads(state.read_text())
    del values["searches"]
    state.write_text(json.dumps(values))
    with pytest.raises(RunError, match="another version of molgan; delete the folder"):
        run(folder=tmp_path, budget=20)


def test_the_surrogate_learns_what_fingerprints_tell() -> None:
    rng = np.random.default_rng(0)
    smiles = [sample.smiles for sample in fresh().sample(240, seed=1, bf16=False)]
    canonical = list(dict.fromkeys(map(Chem.CanonSmiles, smiles)))
    mols = [Descriptors(one, Chem.MolFromSmiles(one)) for one in canonical]
    scores = np.array(nitrogens(canonical))
    known, new = slice(0, len(mols) // 2), slice(len(mols) // 2, None)
    surrogate = Surrogate()
    surrogate.fit(Features.of(mols[known]), scores[known])
    mean, covariance = surrogate.predict(Features.of(mols[new]))
    assert np.corrcoef(mean, scores[new])[0, 1] > 0.9
    possible = draw_functions(mean, covariance, 2000, 1.0, rng)
    assert np.allclose(possible.mean(0), mean, atol=0.02)
    assert np.allclose(possible.std(0), np.sqrt(np.diag(covariance)), atol=0.02)


def test_what_is_not_plausible_is_refused_before_it_is_scored() -> None:
    settings = SMALL.model_copy(update={"plausible": PlausibilitySettings()})
    check = PlausibilityCheck.of(PlausibilitySettings(), [Chem.MolFromSmiles("FOC1=CC=C1")])
    outcome = optimize(fresh(), nitrogens, settings, budget=60, seed=0, start=["FOC1=CC=C1"])
    made = [Chem.MolFromSmiles(call.smiles) for call in outcome.ledger.calls]
    assert len(made) == 60 and {check(mol) for mol in made} == {None}
    kinds = {"unknown ring system", "unknown bond", "unknown atom environment", "strained", "suspicious"}
    assert outcome.refused.total() > 20 and set(outcome.refused) <= kinds
    assert set(optimize(fresh(), nitrogens, SMALL, budget=20, seed=0).refused) <= {"strained", "suspicious"}


def test_refusals_are_told_by_reason_whatever_their_order() -> None:
    assert tell_refusals(Counter({"suspicious": 52, "a": 1, "unknown ring system": 1_060, "b": 1})) == (
        "unknown ring system 1,060, suspicious 52, a 1, b 1"
    )


def test_isosteres_of_known_ring_systems_come_where_asked(tmp_path: Path) -> None:
    ChemistryIndex.of(["c1ccc2ccccc2c1", "c1ccncc1", "CCc1ccncc1"]).save(tmp_path / "index.npz")
    azanaphthalene = Chem.MolFromSmiles("c1ccc2ncccc2c1")
    reasons = []
    for section in (True, {"index": tmp_path / "index.npz"}, {"index": tmp_path / "index.npz", "novel_rings": 1}):
        rest = {} if section is True else {"environment_count": 0, "ring_count": 1}
        settings = OptimizeSettings(plausible=section if section is True else {**section, **rest})
        reasons.append(make_plausibility_check(settings, [], None)(azanaphthalene))
    assert reasons == [None, "unknown ring system: c1ccc2ncccc2c1", None]
    off = make_plausibility_check(OptimizeSettings(plausible=False), [], None)
    assert OptimizeSettings(plausible=False) == OptimizeSettings(plausible=None) and off(azanaphthalene) is None


def test_a_core_that_the_index_lacks_is_not_refused() -> None:
    core = Core.read("C1(=C(C=C1)[*:1])[*:2]")
    refuse = make_plausibility_check(SMALL.model_copy(update={"plausible": PlausibilitySettings()}), [], core)
    assert refuse(Chem.MolFromSmiles("CC1=CC=C1C")) is None
    assert refuse(Chem.MolFromSmiles("CC1=CC=C1OF")) == "suspicious: hypofluorite"


def test_a_ring_system_that_no_action_can_say_is_no_parent() -> None:
    space, rng = Everything(60), np.random.default_rng(0)
    for atoms, known in ((48, True), (49, False)):
        mol = Chem.MolFromSmiles("C1" + "C" * (atoms - 1) + "1")
        if known:
            assert space.genome(mol, cut(mol), rng)
        else:
            with pytest.raises(NotEncodable, match="more than 48 atoms"):
                space.genome(mol, cut(mol), rng)
    outcome = optimize(fresh(), nitrogens, SMALL, budget=20, seed=0, start=["C1" + "C" * 60 + "1"])
    assert len(outcome.ledger.calls) == 20 and {call.origin for call in outcome.ledger.calls} >= {"start"}
