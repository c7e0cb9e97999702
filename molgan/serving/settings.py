"""Limits of a server."""

from pydantic import Field

from molgan.base.settings import Settings


class ServeSettings(Settings):
    """What a client may ask for."""

    rows: int = Field(default=1024, ge=1, le=100_000, description="Most molecules of a request, also to sample")
    size: int = Field(default=4_000_000, ge=1_000, le=1_000_000_000, description="Most bytes of a request")
    seconds: float = Field(
        default=300.0,
        gt=0,
        le=86_400,
        description="Seconds after which no further batch of a request is begun; its other rows then have that reason",
    )
    requests: int = Field(default=64, ge=1, le=10_000, description="Most requests at the same time; others get a 503")
    batch: int = Field(
        default=256, ge=1, le=10_000, description="Molecules scored together, of one request or of several that wait"
    )
    patience: float = Field(default=30.0, gt=0, le=3_600, description="Seconds that the body of a request may take")
