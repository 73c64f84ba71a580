"""Probes: what /livez, /readyz and /metrics of a running daemon answer from."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.api.server import Server
from tocsin.config.model import Api, Config
from tocsin.ops.clock import Clock
from tocsin.ops.events import Tell
from tocsin.ops.metrics import Metrics

STUCK_S = 60.0
FIRST_S = 300.0  # until the first batch: where no kernel is compiled yet, that takes its time


def serve(
    config: Config, tell: Tell, metrics: Metrics, clock: Clock, *, unready: Callable[[], str]
) -> Server | None:
    """Listen where the configuration says; a taken address is a warning, not the end.

    unready  why no work should be sent here now; "" where there is no reason
    """
    if not isinstance(config.api, Api):
        return None
    began = clock.now() / 1e9

    def progress() -> str:
        last = metrics.value("tocsin_engine_progress_timestamp_seconds")
        silent = clock.now() / 1e9 - (last or began)
        return "" if silent < (STUCK_S if last else FIRST_S) else f"no progress for {silent:.0f} s"

    server = Server(
        live={"progress": progress},
        ready={"running": unready},
        metrics=metrics.page,
        fault=lambda path, error: tell("request_failed", path=path, error=str(error)),
    )
    listen = config.api.listen
    try:
        port = server.start(listen.host, listen.port)
    except OSError as e:
        tell("api_failed", address=str(listen), error=str(e))
        server.stop()
        return None
    tell("api_listening", address=f"{listen.host or '*'}:{port}")
    return server
