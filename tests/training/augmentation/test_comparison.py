"""What is held out reaches neither synthetic molecules nor models, and the decision can go both ways."""

import numpy as np
import pytest

from molgan.base.errors import InputError
from molgan.chem.fingerprints import murcko_scaffold
from molgan.models.qsar.measurements import Measured
from molgan.training.augmentation import comparison
from molgan.training.augmentation.comparison import check_splits, compare
from molgan.training.augmentation.remedies import PLAIN, REMEDIES, SYNTHETIC
from molgan.training.augmentation.synthesiser import Synthesiser
from molgan.training.augmentation.synthetic import Synthesis, Synthetic
from molgan.training.augmentation.verdict import describe_verdict, does_help


@pytest.fixture
def only_two(monkeypatch):
    """Only the ways to train that every comparison needs, for tests of what is held out."""
    monkeypatch.setattr(comparison, "REMEDIES", {name: REMEDIES[name] for name in (PLAIN, SYNTHETIC)})


class Recorder:
    """Makes synthetic molecules, and keeps what it was given and what it made."""

    def __init__(self, make):
        self.make, self.calls = make, []

    def __call__(self, part, wanted, seed):
        made = self.make(part, wanted, seed)
        self.calls.append((part, [(each.smiles, each.value, each.neighbour) for each in made.molecules]))
        return made


def make_methyls(toys):
    return Synthesiser(toys.MethylSource(), toys.FAST)


def test_the_maker_sees_no_scaffold_that_is_held_out(toys, only_two):
    recorder, measured = Recorder(make_methyls(toys)), toys.measure_classes(range(0, 60, 6))
    compared = compare(measured, toys.FAST, recorder)
    assert len(recorder.calls) == len(compared.splits) == 6
    held_out = []
    for (part, made), split in zip(recorder.calls, compared.splits, strict=True):
        rest = set(measured.smiles) - set(part.smiles)
        assert (len(part.smiles), len(rest)) == (split.trained, split.held_out) and made
        scaffolds = {murcko_scaffold(mol) for mol in part.mols} - {""}
        assert not scaffolds & {murcko_scaffold(measured.mols[measured.smiles.index(each)]) for each in rest}
        assert all(part.smiles[row] in part.smiles for _, _, row in made)
        held_out += rest
    # Each molecule is held out once in each split, and rare ones in each part.
    assert sorted(held_out) == sorted(measured.smiles * 2)
    assert all(np.isfinite(split.figures["as it is"]["PR-AUC"]) for split in compared.splits)


def test_what_was_measured_of_held_out_molecules_changes_no_synthetic_one(toys, only_two):
    measured, first = toys.measure_atoms(), Recorder(make_methyls(toys))
    compared = compare(measured, toys.FAST, first)
    for number in (0, 4):
        part, made = first.calls[number]
        target = np.where(np.isin(measured.smiles, part.smiles), measured.target, measured.target * -7 + 1000)
        other = Recorder(make_methyls(toys))
        changed = compare(Measured(measured.smiles, measured.mols, target, "regression"), toys.FAST, other)
        assert other.calls[number][1] == made
        assert other.calls[number][0].target.tolist() == part.target.tolist()
        # The model that is tested is the same, too: only what it is compared with has changed.
        assert changed.splits[number].made == compared.splits[number].made
        assert changed.splits[number].figures != compared.splits[number].figures


def test_with_labels_at_random_it_must_not_help(toys):
    rng = np.random.default_rng(1)
    for rare in (sorted(rng.permutation(60)[:12].tolist()), sorted(rng.permutation(60)[:30].tolist())):
        compared = compare(toys.measure_classes(rare), toys.FAST, make_methyls(toys))
        assert compared.made > 0 and not does_help(compared)
        assert describe_verdict(compared).startswith("do not use it: ")
        # No model knows anything here: what leaked would be seen.
        assert abs(compared.mean("synthetic", "ROC-AUC") - 0.5) < 0.2


def test_a_leak_would_be_seen_as_a_gain(toys, only_two):
    """What the maker must not have, analogues of held-out molecules with their values: the comparison can say yes."""
    values = np.random.default_rng(2).normal(size=60)
    measured = Measured(toys.SMILES[:60], toys.MOLS[:60], values, "regression")
    drawn = [toys.MethylSource().draw(measured.mols, [0] * 60, seed, 0) for seed in range(3)]
    leaked = [
        Synthetic(text, toys.Chem.MolFromSmiles(text), float(value), 0.0, "leak", 1.0, 0, 0, "leak")
        for texts in drawn
        for text, value in zip(texts, values, strict=True)
        if text is not None
    ]
    compared = compare(measured, toys.FAST, lambda part, wanted, seed: Synthesis(leaked, wanted))
    assert does_help(compared) and describe_verdict(compared).startswith("helps: RMSE ")
    assert compared.difference("synthetic", "RMSE").high < 0 < compared.difference("synthetic", "R2").low
    honest = compare(measured, toys.FAST, make_methyls(toys))
    assert honest.made > 0 and not does_help(honest) and honest.mean("synthetic", "R2") < 0.1


def test_it_goes_on_where_it_stopped_with_the_same_result(toys, only_two, tmp_path):
    measured, first = toys.measure_classes(range(0, 60, 6)), Recorder(make_methyls(toys))
    whole = compare(measured, toys.FAST, first, folder=tmp_path, key="a")
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(files) == 6
    (tmp_path / "seed0_fold1.json").unlink()
    (tmp_path / "seed1_fold2.json").write_text("{damaged")
    again = Recorder(make_methyls(toys))
    assert compare(measured, toys.FAST, again, folder=tmp_path, key="a") == whole
    assert len(again.calls) == 2 and {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files
    other = Recorder(make_methyls(toys))
    compare(measured, toys.FAST, other, folder=tmp_path, key="b")
    assert len(other.calls) == 6


def test_the_precision_is_that_of_the_rarer_class_whichever_it_is(toys, only_two):
    first = toys.measure_classes(range(0, 60, 6))
    other = Measured(first.smiles, first.mols, 1 - first.target, "classification")
    found = [compare(each, toys.FAST, lambda part, wanted, seed: Synthesis([], wanted)) for each in (first, other)]
    # That of a class of 83% would be far above what such a model has.
    assert abs(found[0].mean("as it is", "PR-AUC") - found[1].mean("as it is", "PR-AUC")) < 0.15
    assert found[1].mean("as it is", "PR-AUC") < 0.5


def test_a_source_that_makes_nothing_is_no_failure(toys, only_two):
    compared = compare(toys.measure_atoms(), toys.FAST, lambda part, wanted, seed: Synthesis([], wanted))
    assert not does_help(compared) and "no synthetic molecule got a label" in describe_verdict(compared)
    assert compared.mean("synthetic", "RMSE") == compared.mean("as it is", "RMSE")


def test_scaffolds_too_few_to_hold_out_are_refused(toys):
    chains = ["C" * n + "c1ccccc1" for n in range(1, 31)]
    mols = [toys.Chem.MolFromSmiles(text) for text in chains]
    with pytest.raises(InputError, match=r"the molecules have one scaffold, and 3 parts .* give molecules of other"):
        check_splits(Measured(chains, mols, np.arange(30.0), "regression"), toys.FAST)
    target = np.zeros(60)
    target[[0, 6]] = 1
    measured = Measured(toys.SMILES[:60], toys.MOLS[:60], target, "classification")
    with pytest.raises(InputError, match=r"the 2 of class 1 have 2 scaffolds, and 3 parts .* give --folds 2, or"):
        check_splits(measured, toys.FAST)
    check_splits(toys.measure_classes(range(0, 60, 6)), toys.FAST)
