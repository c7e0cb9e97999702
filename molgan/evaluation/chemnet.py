"""Activations of ChemNet, the network behind the Fréchet ChemNet distance (Preuer et al. 2018).

The weights are those that the package fcd_torch ships; its code is not imported. The definition follows it, so that
distances agree with published ones.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from molgan.base.errors import WeightsError
from molgan.base.progress import Progress, Silent

if TYPE_CHECKING:
    import torch

DIMENSIONS = 512
_LENGTH = 350
_SYMBOLS = (*"CNOHF", "Cl", "P", "B", "Br", "S", "I", "Si", *"#()+-12345678=[]@cnosX.")
_CODES = {symbol: code for code, symbol in enumerate(_SYMBOLS)}
# Any character before r, i or l forms one symbol with it: Cl, Br and Si, and unknown ones such as Li.
_TOKEN = re.compile(r".[ril]|.")
_BATCH = 1024


def encode(smiles: str) -> list[int]:
    """The symbol codes of a SMILES for ChemNet: its first fragment, closed by ".", at most 350 symbols."""
    tokens = _TOKEN.findall(smiles.partition(".")[0])[: _LENGTH - 1]
    return [*(_CODES.get(token, _CODES["X"]) for token in tokens), _CODES["."]]


def activations(smiles: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
    """ChemNet's last hidden state for each canonical SMILES, [n, 512] float32.

    Raises WeightsError when the package fcd_torch, which contains the weights, is not installed.
    """
    import torch

    progress = progress or Silent()
    network = _network()
    result = np.empty((len(smiles), DIMENSIONS), dtype=np.float32)
    progress.start("ChemNet", len(smiles))
    for start in range(0, len(smiles), _BATCH):
        batch = smiles[start : start + _BATCH]
        with torch.inference_mode():
            result[start : start + len(batch)] = network(_one_hot(batch)).numpy()
        progress.advance("ChemNet", len(batch))
    progress.finish("ChemNet")
    return result


def _one_hot(smiles: Sequence[str]) -> "torch.Tensor":
    import torch

    inputs = torch.zeros(len(smiles), _LENGTH, len(_SYMBOLS))
    for row, text in enumerate(smiles):
        codes = encode(text)
        # ChemNet was trained on one-hot vectors divided by the size of the alphabet.
        inputs[row, torch.arange(len(codes)), torch.tensor(codes)] = 1 / len(_SYMBOLS)
    return inputs


@cache
def _network() -> Any:
    """The callable [batch, 350, 35] → [batch, 512]: two strided convolutions, then two LSTMs, each read backwards."""
    import torch
    from torch import nn

    weights = iter(torch.load(_weights_path(), map_location="cpu", weights_only=True))

    def load(layer: nn.Module) -> nn.Module:
        _, (state, _, _) = next(weights)
        layer.load_state_dict(state)
        return layer.eval().requires_grad_(False)

    convolutions = [load(nn.Conv1d(size, 32, 4, stride=2, bias=False)) for size in (len(_SYMBOLS), 32)]
    recurrent = [load(nn.LSTM(32, 128, batch_first=True)), load(nn.LSTM(128, DIMENSIONS, batch_first=True))]

    def run(inputs: torch.Tensor) -> torch.Tensor:
        hidden = inputs.transpose(1, 2)
        for layer in convolutions:
            hidden = nn.functional.selu(layer(nn.functional.pad(hidden, (1, 1 + hidden.shape[2] % 2))))
        hidden = hidden.transpose(1, 2)
        for layer in recurrent:
            hidden = layer(hidden.flip(1))[0]
        return hidden[:, -1]

    return run


def _weights_path() -> Path:
    package = find_spec("fcd_torch")
    if package is None or not package.submodule_search_locations:
        raise WeightsError("FCD needs ChemNet's weights, which are part of fcd_torch: pip install fcd_torch")
    return Path(package.submodule_search_locations[0]) / "ChemNet_v0.13_pretrained.pt"
