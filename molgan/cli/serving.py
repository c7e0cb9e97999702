"""The verb serve: scores, filters and samples by HTTP."""

import os
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.base.parallel import cores
from molgan.cli.bars import print_foreign, print_message
from molgan.cli.campaigns import Overrides

if TYPE_CHECKING:
    from molgan.serving.served import Served
    from molgan.serving.settings import ServeSettings


def serve(
    config: Annotated[
        Path,
        typer.Argument(metavar="CONFIG", help="A campaign; or an `objective` alone, which only scores."),
    ],
    overrides: Overrides = None,
    host: Annotated[str, typer.Option(help="Address to listen at; others than loopback need a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes a free one.")] = 8000,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token of clients; MOLGAN_TOKEN of the environment by default.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=100_000, help="Most molecules of a request.")] = 1024,
    size: Annotated[int, typer.Option(min=1_000, max=1_000_000_000, help="Most bytes of a request.")] = 4_000_000,
    seconds: Annotated[float, typer.Option(help="Seconds after which no further batch of a request begins.")] = 300.0,
    requests: Annotated[int, typer.Option(min=1, max=10_000, help="Most requests at the same time.")] = 64,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Molecules scored together.")] = 256,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes that score; one for each core by default.")
    ] = None,
    ray: Annotated[bool, typer.Option("--ray", help="Serve by replicas on Ray, in place of this process.")] = False,
    replicas: Annotated[int, typer.Option(min=1, max=1024, help="Replicas on Ray.")] = 1,
    cpus: Annotated[float, typer.Option(min=0, max=1024, help="Processors that a replica on Ray reserves.")] = 1.0,
    address: Annotated[
        str | None, typer.Option(help="Ray cluster, host:port or auto; RAY_ADDRESS, else this machine, by default.")
    ] = None,
) -> None:
    """Answer requests by HTTP: POST /score, /filter, /sample, GET /health and /openapi.json, until it is stopped.

    Scorers, filters and generator are those of the configuration alone; clients send molecules. Each row that cannot
    be scored has its reason. A client shows the token as `Authorization: Bearer TOKEN`.

    Example: `molgan serve configs/quickstart.yaml --port 8000`
    """
    from molgan.serving.bearer_token import check_open, is_loopback, read_token
    from molgan.serving.run_server import require_extra
    from molgan.serving.served import load_served
    from molgan.serving.settings import ServeSettings

    digest = read_token(token_file)
    check_open(host, digest)
    require_extra()
    limits = ServeSettings(rows=rows, size=size, seconds=seconds, requests=requests, batch=batch)
    served = load_served(config, overrides or [], on_foreign=print_foreign)
    for note in served.notes:
        print_message(note)
    signal.signal(signal.SIGTERM, _stop)
    if not ray:
        return _serve_here(served, limits, digest, host, port, processes or cores())
    from molgan.distributed.replicas import serve_on_ray
    from molgan.serving.run_server import name_address
    from molgan.serving.web_app import build_app

    def announce() -> None:
        signal.signal(signal.SIGTERM, _stop)  # Ray has one of its own
        where = name_address(host, port)
        print_message(f"{replicas} replica{'s' * (replicas > 1)} at {where}, described by {where}/openapi.json")

    serve_on_ray(
        partial(build_app, served, limits, digest),
        host=host,
        port=port,
        everywhere=not is_loopback(host),
        replicas=replicas,
        cpus=cpus,
        requests=requests,
        address=address or os.environ.get("RAY_ADDRESS"),
        on_ready=announce,
    )


def _serve_here(
    served: "Served", limits: "ServeSettings", digest: bytes | None, host: str, port: int, processes: int
) -> None:
    from molgan.scoring.processes.local_crew import LocalCrew
    from molgan.serving.run_server import listen, make_server, name_address
    from molgan.serving.web_app import build_app

    with listen(host, port) as socket:
        where = name_address(host, socket.getsockname()[1])
        app = build_app(
            served,
            limits,
            digest,
            make_crew=lambda: LocalCrew(processes, least=limits.batch // 2),
            on_ready=lambda: print_message(f"serving at {where}, described by {where}/openapi.json"),
        )
        make_server(app, connections=2 * limits.requests).run(sockets=[socket])


def _stop(number: int, frame: object) -> None:
    # SIGTERM is how a server is stopped, and no failure.
    raise typer.Exit
