"""Reserves room on a cluster in a process of its own, until its standard input ends."""

import sys
import time

from molgan.base.errors import MolganError
from molgan.base.progress import Silent
from molgan.distributed.pools import plan_pools
from molgan.distributed.reservation import reserve
from molgan.distributed.settings import ComputeSettings
from molgan.scoring.settings import ObjectiveSettings


class Printed(Silent):
    def message(self, text: str) -> None:
        print(text, flush=True)


if __name__ == "__main__":
    compute = ComputeSettings.model_validate_json(sys.argv[1])
    pools = plan_pools(ObjectiveSettings.model_validate({"components": [{"scorer": "qed"}]}).components, compute)
    began = time.monotonic()
    try:
        with reserve(compute, [pools], Printed()):
            print(f"granted after {time.monotonic() - began:.0f} s", flush=True)
            sys.stdin.read()
    except MolganError as error:
        sys.exit(f"molgan: {error}")
