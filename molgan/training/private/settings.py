"""Settings of differentially private training."""

from pydantic import Field

from molgan.base.settings import Settings


class PrivateSettings(Settings):
    """Differentially private stochastic gradient descent (Abadi et al. 2016): what the weights reveal of any one
    molecule is bounded by epsilon. Needs the key of `MOLGAN_SECRET_KEY`, since noise that others could draw again hides
    nothing, and the extra `privacy`."""

    epsilon: float = Field(
        3.0,
        gt=0,
        description="Most that the weights may reveal of a molecule: nothing is more than exp(epsilon) times as likely "
        "with it as without it; 1 is strong, 8 weak",
    )
    delta: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Chance that epsilon does not hold; below 1 over the number of molecules, and a tenth of that by "
        "default",
    )
    clip: float = Field(1.0, gt=0, description="Largest norm of the gradient of one molecule")
    noise: float | None = Field(
        None,
        gt=0,
        description="Standard deviation of the noise, in units of `clip`; by default the least that keeps epsilon",
    )
