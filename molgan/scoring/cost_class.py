"""What a scorer's values cost, as far as it is known without a clock."""

from enum import IntEnum


class Cost(IntEnum):
    """The class of a scorer's cost, the lowest first. It decides the order in which components are asked, so that the
    order, and with it the result, never depends on how fast a machine is."""

    COMPUTED = 0
    """Computed in this process in milliseconds at most."""
    MODEL = 1
    """The prediction of a trained model."""
    OWN = 2
    """Code of a user's own, of which nothing is known, or a scorer in processes of its own."""
    CALL = 3
    """The answer of another program or a server."""
    SIMULATION = 4
    """Seconds or more of a core, as docking takes."""
