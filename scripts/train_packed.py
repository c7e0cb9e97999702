"""Train a prior on a machine that has PyTorch and little else, such as a rented GPU.

    python scripts/train_packed.py pack configs/medchem_prior.yaml packed.npz.xz
    python scripts/train_packed.py train packed.npz.xz weights --seconds 420 --set network.hidden=768
    python scripts/train_packed.py join weights runs/medchem_prior/weights

`pack` encodes the data as `molgan train` does and writes all that training needs in one compressed file. `train` needs
neither RDKit nor the data: it takes as many steps as fit into the seconds given, with the learning rate of the
configuration, and writes half-precision weights in parts of less than 16 MiB. `join` makes weights for molgan of them.
"""

import argparse
import io
import json
import lzma
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

try:
    import rdkit  # noqa: F401
except ImportError:
    # Modules that the network is defined in mention RDKit; what training does never calls it.
    class _Absent(MagicMock):
        __path__: list[str] = []  # noqa: RUF012

    for name in ("rdkit", "rdkit.Chem", "rdkit.rdBase", "rdkit.DataStructs"):
        sys.modules[name] = _Absent()
    for name in ("rdMolDescriptors", "rdMolHash", "rdFingerprintGenerator"):
        sys.modules[f"rdkit.Chem.{name}"] = _Absent()

import numpy as np
import torch

from molgan.base.files import write_whole
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.grammar import Grammar, Tables
from molgan.graphs.motif.motif_data import ActionData
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.prior.pretrain import pretrain
from molgan.training.settings import PretrainSettings

PART = 15 << 20
TRIAL = 40  # steps by which the speed is measured


def pack(config_path: Path, output: Path) -> None:
    from molgan.base import cache_folder
    from molgan.base.parallel import cores
    from molgan.config import load_training
    from molgan.graphs.motif.motif_data import prepare
    from molgan.graphs.motif.parts import fit_parts
    from molgan.scoring.measure import Measure

    config: Any = load_training(config_path)
    condition = config.network.condition
    measure = Measure(condition) if condition else None
    where: dict[str, Any] = {"column": config.data.column, "least_count": config.pretrain.least_count}
    data = prepare(config.data.train, cache_folder.folder(), **where, measure=measure, processes=cores())
    tables = Tables.of(data.vocabulary)
    parts, errors = fit_parts(data, Measure(condition)) if condition else (np.zeros((1, 0)), np.zeros(0))
    about = {
        "network": config.network.model_dump(),
        "pretrain": config.pretrain.model_dump(),
        "seed": config.seed,
        "vocabulary": data.vocabulary.description(),
        "summary": data.summary,
    }
    content = io.BytesIO()
    np.savez(
        content,
        about=np.array(json.dumps(about)),
        actions=data.actions,
        lengths=data.lengths.astype(np.uint16),
        # By columns, each as fine as half precision, which compresses better than rows.
        properties=(np.zeros((len(data), 0)) if data.properties is None else data.properties).T.astype(np.float16),
        parts=parts,
        errors=errors,
        capacity=tables.capacity.numpy(),
        sizes=tables.sizes.numpy(),
        weight=tables.weight.numpy(),
    )
    with write_whole(output) as file:
        file.write(lzma.compress(content.getvalue(), preset=6))
    print(f"{len(data):,} molecules, {output.stat().st_size:,} bytes")


def train(packed: Path, output: Path, seconds: float, changes: list[str], device: str) -> None:
    started = time.monotonic()
    with lzma.open(packed) as file:
        stored = np.load(io.BytesIO(file.read()), allow_pickle=False)
    about = json.loads(str(stored["about"]))
    for change in changes:
        (section, key), value = change.partition("=")[0].split("."), json.loads(change.partition("=")[2])
        about[section][key] = value
    offsets = np.concatenate([[0], np.cumsum(stored["lengths"], dtype=np.int64)])
    properties = np.ascontiguousarray(stored["properties"].T.astype(np.float32))
    vocabulary = Vocabulary.from_description(about["vocabulary"])
    data = ActionData(vocabulary, stored["actions"], offsets, about["summary"], properties if properties.size else None)
    tables = Tables(*(torch.from_numpy(stored[name]) for name in ("capacity", "sizes", "weight")))
    settings = PretrainSettings(**about["pretrain"])

    def make_generator() -> MotifGenerator:
        torch.manual_seed(about["seed"])
        network = MotifNetworkSettings(**about["network"])
        generator = MotifGenerator(vocabulary, network, max_atoms=int(about["summary"]["atoms"]))
        generator._grammar = Grammar(vocabulary, "cpu", tables)
        if generator.conditions is not None:
            generator.conditions.learn_scales(properties)
            generator.conditions.learn_parts(stored["parts"], stored["errors"])
        return generator.to(device)

    def report(metrics: dict[str, Any], kept: object) -> None:
        text = f"{metrics['step']:,}/{metrics['steps']:,} loss {metrics['loss']:.3f}"
        print(f"{time.monotonic() - started:6.0f} s  {text}  {metrics['molecules_per_second']:,.0f}/s", flush=True)

    trial = settings.model_copy(update={"epochs": TRIAL * settings.batch_size / len(data), "report_every": TRIAL})
    clock = time.monotonic()
    pretrain(make_generator(), data, trial, seed=about["seed"], report=report)
    speed = TRIAL * settings.batch_size / (time.monotonic() - clock)
    left = seconds - (time.monotonic() - started)
    epochs = max(TRIAL * settings.batch_size, 0.95 * speed * left) / len(data)
    print(f"{speed:,.0f} molecules a second: {epochs:.2f} epochs", flush=True)
    generator = make_generator()
    settings = settings.model_copy(update={"epochs": epochs, "report_every": 200})
    pretrain(generator, data, settings, seed=about["seed"], report=report)
    generator.cpu().save(output / "weights", dtype=torch.float16, seed=about["seed"], pretrain=settings.model_dump())
    content = (output / "weights.safetensors").read_bytes()
    (output / "weights.safetensors").unlink()
    for i, start in enumerate(range(0, len(content), PART)):
        (output / f"weights.part{i:02d}").write_bytes(content[start : start + PART])


def join(folder: Path, output: Path) -> None:
    parts = sorted(folder.glob("weights.part*"))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.with_name(output.name + ".safetensors").write_bytes(b"".join(part.read_bytes() for part in parts))
    output.with_name(output.name + ".json").write_text((folder / "weights.json").read_text())
    generator = MotifGenerator.load(output)
    print(f"{len(parts)} parts, {sum(p.numel() for p in generator.parameters()):,} parameters: {output}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("pack")
    verb.add_argument("config", type=Path)
    verb.add_argument("output", type=Path)
    verb = verbs.add_parser("train")
    verb.add_argument("packed", type=Path)
    verb.add_argument("output", type=Path)
    verb.add_argument("--seconds", type=float, default=420, help="time to take, loading included")
    verb.add_argument(
        "--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="another setting, as JSON"
    )
    verb.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    verb = verbs.add_parser("join")
    verb.add_argument("folder", type=Path)
    verb.add_argument("output", type=Path)
    arguments = parser.parse_args()
    if arguments.verb == "pack":
        pack(arguments.config, arguments.output)
    elif arguments.verb == "train":
        train(arguments.packed, arguments.output, arguments.seconds, arguments.set, arguments.device)
    else:
        join(arguments.folder, arguments.output)


if __name__ == "__main__":
    main()
