"""Settings of the one-shot generator and of the critic that it is trained against."""

from typing import Literal

from pydantic import Field, model_validator

from molgan.base.settings import Settings
from molgan.graphs.dense.dense_graph import QM9_ATOMS


class RowSettings(Settings):
    """A generator that goes atom by atom, each chosen together with its bonds to the atoms before it."""

    width: int = Field(384, ge=8, le=8192, description="Units of a layer of the recurrent network")
    layers: int = Field(2, ge=1, le=8, description="Layers of the recurrent network")
    embedding: int = Field(192, ge=8, le=4096, description="Features of a row, an atom with its bonds")
    valence: bool = Field(False, description="Leave out rows for which an earlier atom has no free valence")


class OneShotSettings(Settings):
    """A generator of small molecules: noise to all atoms and bonds at once, or with `rows` atom by atom."""

    max_atoms: int = Field(9, ge=2, le=64, description="Heavy atoms of the largest molecule")
    atoms: tuple[str, ...] = Field(
        QM9_ATOMS, min_length=1, description="Elements, with their charges, that atoms may be"
    )
    condition: tuple[str, ...] = Field((), description="Scorers whose value the generator is given to aim at")
    noise: int = Field(32, ge=1, le=4096, description="Random numbers per molecule; unused with `rows`")
    hidden: tuple[int, ...] = Field((128, 256, 512), description="Widths of MolGAN's layers; unused with `rows`")
    rows: RowSettings | None = Field(
        None, description="Generate atom by atom; left out, all atoms and bonds come at once"
    )
    draw: Literal["soft", "gumbel", "straight_through", "argmax"] = Field(
        "straight_through", description="How graphs are made of logits in training"
    )
    sample: Literal["straight_through", "argmax"] = Field(
        "argmax", description="How graphs are made of logits in sampling; `rows` are always drawn"
    )
    temperature: float = Field(1.0, gt=0, description="Temperature of the softmax")

    @model_validator(mode="after")
    def _check_size(self) -> "OneShotSettings":
        if self.rows is not None and self.max_atoms > 16:
            raise ValueError("max_atoms: at most 16 with `rows`, whose number grows with its fourth power")
        return self


class DenseCriticSettings(Settings):
    """The network that tells real from generated dense graphs; the reward network has the same body."""

    kind: Literal["relational", "flat", "both"] = Field(
        "relational", description="Architecture: MolGAN's R-GCN, residual layers on the ordered graph, or both added"
    )
    convolutions: tuple[int, ...] = Field((64, 32), min_length=1, description="Widths of the graph convolutions")
    readout: int = Field(128, ge=1, description="Features of a molecule after the gated sum")
    head: tuple[int, ...] = Field((128,), description="Widths of the layers behind the readout")
    width: int = Field(512, ge=8, description="Units of a residual layer")
    blocks: int = Field(2, ge=1, description="Residual blocks")
    pack: int = Field(1, ge=1, le=16, description="Molecules that are judged together (PacGAN)")
    minibatch_kernels: int = Field(0, ge=0, description="Kernels of minibatch discrimination; 0 goes without")
