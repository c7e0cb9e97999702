"""Half-width arithmetic where the processor has it: bfloat16 multiplies matrices up to four times faster."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext

import torch

# oneDNN keeps a compiled kernel for each shape. Batches of molecules come in ever new shapes, and the default of 1,024
# kernels took 5 GB in training; this many are enough for speed and stay below 1 GB.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")


def has_bfloat16(device: torch.device | str = "cpu") -> bool:
    """True where the device multiplies bfloat16 matrices in hardware (AVX512-BF16, AMX, Ampere and later)."""
    kind = torch.device(device).type
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    probes = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return kind == "cpu" and any(probe is not None and probe() for probe in probes)


def autocast(device: torch.device | str = "cpu", *, enabled: bool = True) -> AbstractContextManager[object]:
    """A context in which torch computes in bfloat16, where the device has it; else, or if not `enabled`, in float32.

    Enter it inside `torch.no_grad`, if at all: only there copies of the weights are kept between uses. torch has one
    store of them for all threads, which each thread empties; with gradients, the rounding would depend on who is first.
    """
    if not (enabled and has_bfloat16(device)):
        return nullcontext()
    return torch.autocast(torch.device(device).type, torch.bfloat16, cache_enabled=not torch.is_grad_enabled())
