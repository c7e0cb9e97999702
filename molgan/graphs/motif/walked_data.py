"""All sequences of a data set, walked through the grammar once, on the device where a network learns from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from molgan.graphs.motif.actions import FIRST_MOTIF
from molgan.graphs.motif.forcing import Forced, force, pad
from molgan.graphs.motif.grammar import Grammar
from molgan.graphs.motif.motif_data import ActionData

_TOGETHER = 16_384  # sequences of like length that walk together
_KEPT_AS = {
    "target": torch.int32,
    "top": torch.int32,
    "site": torch.uint8,
    "atoms": torch.int16,
    "weight": torch.float32,
    "motif_due": torch.bool,
    "first": torch.bool,
    "budget": torch.int16,
}
_BITS = 8


@dataclass(frozen=True)
class WalkedData:
    """The walks of M sequences, one behind the other: about 30 bytes an action.

    A step of a walk costs an accelerator the same time for one sequence as for thousands, and cutting batches out of
    all walks takes a few operations, where walking each batch takes thousands. `offsets` [M + 1] are the first steps of
    the sequences; `fields` those of `Forced`, step by step; `structural` uint8 [steps, bytes] the structural actions
    allowed, a bit each. Sequences that break the grammar, or are not complete, have no steps.
    """

    grammar: Grammar
    offsets: Tensor
    fields: dict[str, Tensor]
    structural: Tensor

    @classmethod
    def of(cls, grammar: Grammar, data: ActionData, max_atoms: int) -> WalkedData:
        """Walk all sequences of the data through the grammar, on its device."""
        order = np.argsort(data.lengths, kind="stable")
        lengths = torch.zeros(len(data), dtype=torch.long, device=grammar.device)
        walked: list[tuple[np.ndarray, Forced, Tensor]] = []
        for start in range(0, len(order), _TOGETHER):
            rows = order[start : start + _TOGETHER]
            forced = force(grammar, pad([data[i] for i in rows], grammar.device), max_atoms)
            live = forced.live & forced.legal[:, None]
            lengths[torch.from_numpy(rows).to(grammar.device)] = live.sum(1)
            walked.append((rows, _shrink(forced), live))
        offsets = functional.pad(lengths.cumsum(0), (1, 0))
        fields = {
            name: torch.empty(int(offsets[-1]), dtype=dtype, device=grammar.device) for name, dtype in _KEPT_AS.items()
        }
        width = -(-FIRST_MOTIF // _BITS)
        structural = torch.empty(int(offsets[-1]), width, dtype=torch.uint8, device=grammar.device)
        for rows, forced, live in walked:
            starts = offsets[torch.from_numpy(rows).to(grammar.device)]
            places = (starts[:, None] + torch.arange(live.shape[1], device=grammar.device))[live]
            for name, kept in fields.items():
                kept[places] = getattr(forced, name)[live]
            structural[places] = forced.structural[live]
        return cls(grammar, offsets, fields, structural)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of_rows(self, rows: np.ndarray) -> WalkedRows:
        return WalkedRows(self, torch.from_numpy(rows).to(self.offsets.device))

    def join(self, rows: Tensor) -> Forced:
        """The result of `force` for some sequences, by their rows [B]."""
        starts, lengths = self.offsets[rows], self.offsets[rows + 1] - self.offsets[rows]
        steps = torch.arange(int(lengths.max()), device=rows.device)
        live = steps < lengths[:, None]
        places = torch.where(live, starts[:, None] + steps, 0)
        seen = {name: kept[places] for name, kept in self.fields.items()}
        long = {
            name: value if value.dtype in (torch.bool, torch.float32) else value.long() for name, value in seen.items()
        }
        target = torch.where(live, long.pop("target"), 0)
        start = torch.full((len(rows), 1), self.grammar.start, device=rows.device)
        return Forced(
            grammar=self.grammar,
            last=torch.cat([start, target[:, :-1]], dim=1),
            target=target,
            live=live,
            structural=_unpack(self.structural[places]),
            legal=lengths > 0,
            **long,
        )


@dataclass(frozen=True)
class WalkedRows:
    """Some sequences of walked data, by their rows [B]."""

    data: WalkedData
    rows: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> np.ndarray:
        found: np.ndarray = (self.data.offsets[self.rows + 1] - self.data.offsets[self.rows]).cpu().numpy()
        return found

    def join(self, places: Sequence[int] | np.ndarray) -> Forced:
        """The walks of those at some places among the rows."""
        return self.data.join(self.rows[torch.as_tensor(np.asarray(places), device=self.rows.device)])


def _shrink(forced: Forced) -> Forced:
    """The same walks, in the types that they are kept in."""
    kept = {name: getattr(forced, name).to(dtype) for name, dtype in _KEPT_AS.items()}
    return Forced(**{**vars(forced), **kept, "structural": _pack(forced.structural)})


def _pack(mask: Tensor) -> Tensor:
    """Booleans [..., n] as bits, uint8 [..., n / 8]."""
    padded = functional.pad(mask, (0, -mask.shape[-1] % _BITS)).unflatten(-1, (-1, _BITS))
    values = torch.tensor([1 << i for i in range(_BITS)], dtype=torch.uint8, device=mask.device)
    bits: Tensor = (padded * values).sum(-1, dtype=torch.uint8)
    return bits


def _unpack(bits: Tensor) -> Tensor:
    """The inverse of `_pack`, bool [..., FIRST_MOTIF]."""
    shifts = torch.arange(_BITS, device=bits.device, dtype=torch.uint8)
    mask: Tensor = ((bits[..., None] >> shifts) & 1).bool()
    return mask.flatten(-2)[..., :FIRST_MOTIF]
