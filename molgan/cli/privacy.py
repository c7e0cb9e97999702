"""The verbs on secret data: secret-list, canaries, audit."""

from pathlib import Path
from typing import Annotated

import typer

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import InputError
from molgan.base.parallel import cores
from molgan.base.secret_key import KEY_VARIABLE, read_key
from molgan.base.stopping import stop_on_sigterm
from molgan.cli.bars import show_progress
from molgan.cli.molecules import Column, Molecules, ProcessCount, read_chunks
from molgan.cli.output import find_regular_file, name_folder, report_bad_rows

LIMIT_BROKEN = 3
KeyVariable = Annotated[str, typer.Option("--key-variable", help="Environment variable that has the key.")]


def secret_list(
    file: Molecules,
    output: Annotated[str, typer.Option("-o", "--output", help="The list to write.")],
    key_variable: KeyVariable = KEY_VARIABLE,
    ignore_stereo: Annotated[bool, typer.Option("--ignore-stereo", help="List stereoisomers, too.")] = False,
    ignore_tautomers: Annotated[bool, typer.Option("--ignore-tautomers", help="List tautomers, too.")] = False,
    keep_salts: Annotated[
        bool, typer.Option("--keep-salts", help="Tell a salt from its parent; by default the parent is listed.")
    ] = False,
    column: Column = None,
    processes: ProcessCount = None,
) -> None:
    """Make a list of molecules that must not be drawn, and that reveals none of them: for the filter `novel`.

    Each molecule becomes a keyed digest (HMAC-SHA256) of its parent's canonical form. The key, of at least 32
    characters, is read from the environment: `export MOLGAN_SECRET_KEY=$(openssl rand -hex 32)`. Who filters needs the
    same key; without it the list tells nothing but the number of molecules, up to a factor of two.

    Example: `molgan secret-list company.smi -o company.list`
    """
    from molgan.bulk.secret_list_file import make_secret_list
    from molgan.filters.known.identity import Sameness

    key = read_key(key_variable)
    if (target := find_regular_file(output)) is None:
        raise InputError("-o: name a file for the list; it cannot go to standard output")
    same = Sameness(stereo=ignore_stereo, salts=not keep_salts, tautomers=ignore_tautomers)
    chunks = read_chunks(file, column, "not listed")
    with show_progress() as progress, report_bad_rows(file, "not listed") as on_bad:
        made, count = make_secret_list(
            chunks, same, key, on_bad=on_bad, processes=processes or cores(), progress=progress
        )
    made.save(target)
    print(f"{count:,} molecules in {Path(output)}")


def canaries(
    file: Molecules,
    output: Annotated[str, typer.Option("-o", "--output", help="Folder for train.smi and canaries.csv.")],
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="Canaries.")] = 20,
    times: Annotated[str, typer.Option(help="How often they are planted, in turn.")] = "1,4,16",
    references: Annotated[
        int, typer.Option(min=50, help="Molecules of the same kind that are not planted, to compare with.")
    ] = 1000,
    weights: Annotated[str, typer.Option(help="Public weights that make them up.")] = DEFAULT_WEIGHTS,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw.")] = 0,
    column: Column = None,
) -> None:
    """Plant made-up molecules in training data, so that `molgan audit --canaries` can tell what weights keep of it.

    Train on train.smi, the molecules of FILE with the canaries, as you would train on FILE; the weights are for the
    audit alone. canaries.csv has each canary, how often it was planted, and molecules of 0 times, which were not.

    Example: `molgan canaries company.smi -o planted/`
    """
    from molgan.bulk.planted_file import plant

    folder = name_folder(output)
    try:
        counts = [int(each) for each in times.split(",")]
    except ValueError:
        raise InputError(f"--times {times}: not numbers separated by commas, such as 1,4,16") from None
    rows = plant(
        Path(file),
        folder,
        column=column,
        number=number,
        times=counts,
        references=references,
        weights=weights,
        seed=seed,
    )
    print(f"{rows:,} rows in {folder / 'train.smi'}; {number} canaries in {folder / 'canaries.csv'}")


def audit(
    weights: Annotated[str, typer.Option(help="Shipped weights by name, or a folder that `molgan train` wrote.")],
    train: Annotated[Path, typer.Option(help="The molecules that they were trained on.")],
    output: Annotated[str, typer.Option("-o", "--output", help="Folder for audit.html and audit.json.")],
    holdout: Annotated[
        Path | None,
        typer.Option(help="Molecules of the same kind that they were not trained on, best a random part of one set."),
    ] = None,
    canaries: Annotated[Path | None, typer.Option(help="The canaries.csv of `molgan canaries`, if planted.")] = None,
    base: Annotated[
        str | None, typer.Option(help="Weights that have seen neither, for the likelihood ratio; the default weights.")
    ] = None,
    critic: Annotated[
        Path | None, typer.Option(help="A critic of the training, without suffix; by default the one of the weights.")
    ] = None,
    number: Annotated[int, typer.Option("-n", "--number", min=20, help="Molecules to draw.")] = 5_000,
    molecules: Annotated[int, typer.Option(min=20, help="Members, and as many others, to tell apart.")] = 2_000,
    references: Annotated[
        int, typer.Option(min=20, help="Molecules of each file, at most, that samples are compared with.")
    ] = 20_000,
    most_auc: Annotated[float | None, typer.Option(help="Limit: AUC of the best attack, .5 by chance.")] = None,
    most_true_positives: Annotated[
        float | None,
        typer.Option(help="Limit: true positives of the best attack at 1% false positives, .01 by chance."),
    ] = None,
    most_copies: Annotated[
        float | None, typer.Option(help="Limit: share of samples that are near copies, beyond that of the holdout.")
    ] = None,
    most_exposure: Annotated[
        float | None, typer.Option(help="Limit: mean exposure, in bits, of the canaries planted most often.")
    ] = None,
    drop_overlap: Annotated[
        bool, typer.Option("--drop-overlap", help="Leave out molecules of the holdout that are in the training file.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all draws; the same seed gives the same figures.")] = 0,
    column: Column = None,
) -> None:
    """Tell what weights reveal of their training data: copies, membership, canaries; exit 3 where a limit is broken.

    Samples are compared with training data and holdout: exact copies, near ones (Tanimoto ≥ .9), distances to the
    nearest. Membership is inferred by likelihood, by likelihood ratio to the base, and by the critic: AUC and true
    positives at 1% false positives, with intervals. Canaries, planted by `molgan canaries`, give their exposure. After
    an interruption the same command continues where it stopped.

    Example: `molgan audit --weights runs/own --train train.smi --holdout rest.smi --most-auc .6 -o audit/`
    """
    import json

    from molgan.base.files import write_files
    from molgan.bulk.privacy_audit import AuditRequest
    from molgan.bulk.privacy_audit import audit as run_audit
    from molgan.evaluation.privacy_figures import AuditLimits
    from molgan.report.audit_page import describe_audit, write_audit

    folder = name_folder(output)
    request = AuditRequest(
        weights=weights,
        training=train,
        holdout=holdout,
        base=base,
        critic=critic,
        canaries=canaries,
        samples=number,
        molecules=molecules,
        references=references,
        column=column,
        drop_overlap=drop_overlap,
        seed=seed,
    )
    limits = AuditLimits(most_auc, most_true_positives, most_copies, most_exposure)
    with stop_on_sigterm(), show_progress() as progress:
        found = run_audit(request, limits, folder / ".parts", progress=progress)
    write_files(folder, {"audit.json": [(json.dumps(found.to_json(), indent=1) + "\n").encode()]})
    write_audit(folder / "audit.html", found)
    for sentence in describe_audit(found):
        print(sentence)
    print(f"page: {folder / 'audit.html'}")
    if found.broken:
        raise typer.Exit(LIMIT_BROKEN)
