"""A character LSTM trained on the same molecules for a given processor time, beside a prior."""

import argparse

import numpy as np
from lstm_training import Corpus, find_mean_nats, load_state, restore, train
from medchem_distribution import Comparison, print_figures
from medchem_likelihood import find_nats
from medchem_sets import TEST, TEST_SCAFFOLDS, TRAIN, draw_real, draw_samples, name_weights, print_table, read_set
from smiles_lstm import Alphabet, SmilesLSTM

from molgan.base.progress import Progress
from molgan.models.loading import load_generator
from molgan.models.protocols import MotifTreeGenerator


def run(arguments: argparse.Namespace, progress: Progress) -> None:
    """The subcommand."""
    n = arguments.molecules
    model = get_model(arguments, progress)
    comparison = Comparison(n, arguments.processes, progress)
    figures = {"training": comparison.judge(draw_real(TRAIN, n, 0))}
    for seed in arguments.seeds:
        progress.start(f"LSTM, seed {seed}", n)
        drawn = model.sample(
            n, seed=seed, on_batch=lambda done, seed=seed: progress.advance(f"LSTM, seed {seed}", done)
        )
        progress.finish(f"LSTM, seed {seed}")
        figures[f"LSTM, seed {seed}"] = comparison.judge(drawn)
        ours = draw_samples(arguments.weights, n, seed, raw=arguments.raw, progress=progress)
        figures[f"{name_weights(arguments.weights)}, seed {seed}"] = comparison.judge(ours)
    print_figures(figures, real="training")
    print_nats(model, arguments, progress)


def get_model(arguments: argparse.Namespace, progress: Progress) -> SmilesLSTM:
    """The LSTM of the state file, trained for `arguments.seconds`; as it is where that is 0."""
    state = load_state(arguments.state)
    if state is not None and not arguments.seconds:
        return restore(state)
    progress.message("reading the tokens of the training set")
    known = read_set(TRAIN) if arguments.known is None else draw_real(TRAIN, arguments.known, 0)
    alphabet = Alphabet.of(known) if state is None else Alphabet(tuple(state["tokens"]))
    return train(
        arguments.state,
        alphabet,
        Corpus.of(known, alphabet),
        arguments.seconds or 60.0,
        embedding=arguments.embedding,
        checkpoint_every=arguments.checkpoint_every,
        progress=progress,
    )


def print_nats(model: SmilesLSTM, arguments: argparse.Namespace, progress: Progress) -> None:
    """Print the nats a molecule of held-out ones, by the text of the file and by the canonical actions."""
    generator = load_generator(arguments.weights, MotifTreeGenerator)
    rows: dict[str, list[object]] = {}
    for name in (TEST, TEST_SCAFFOLDS, TRAIN):
        smiles = draw_real(name, min(arguments.molecules, 10_000), 1)
        nats = find_nats(generator, smiles, f"{name}, likelihood", progress)
        said = [text for text, each in zip(smiles, np.isfinite(nats).tolist(), strict=True) if each]
        mean, known = find_mean_nats(model, said)
        rows[name.replace("_", " ")] = [len(smiles), known, mean, float(np.nanmean(nats)) if said else np.nan]
    columns = [
        "molecules",
        "said by both",
        "LSTM, nats a molecule",
        f"{name_weights(arguments.weights)}, nats a molecule",
    ]
    print_table("Likelihood", columns, rows)
