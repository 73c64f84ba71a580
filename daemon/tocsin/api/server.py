"""Probes and metrics over HTTP, on a thread and a loop of their own.

The server only reads: it is given callables and calls them. It runs beside the pipeline, so a
long batch never makes a probe late, and a fault here never stops the pipeline.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from tocsin.api.probes import Check, answer

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
START_S_MAX = 10.0
STOP_S_MAX = 5.0


class Server:
    """Answers at one address until it is stopped.

    `live` and `ready` are named checks (`tocsin.api.probes`), `metrics` gives the page,
    `fault` is told (path, error) when an answer could not be made.
    """

    def __init__(
        self,
        *,
        live: Mapping[str, Check],
        ready: Mapping[str, Check],
        metrics: Callable[[], bytes],
        fault: Callable[[str, Exception], None],
    ) -> None:
        self._probes = {"/livez": live, "/readyz": ready}
        self._metrics = metrics
        self._fault = fault
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="api", daemon=True)
        self._runner: web.AppRunner | None = None

    def start(self, host: str | None, port: int) -> int:
        """Listen; the port (a free one for port 0). OSError where the address is taken."""
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(host, port), self._loop)
        return listening.result(START_S_MAX)

    def stop(self) -> None:
        """Answer no more; safe to call twice, and when it never started."""
        if not self._thread.is_alive():
            self._loop.close()
            return
        if self._runner is not None:
            closing = asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop)
            closing.result(STOP_S_MAX)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_S_MAX)
        self._loop.close()

    async def _listen(self, host: str | None, port: int) -> int:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/livez", self._probe)
        app.router.add_get("/readyz", self._probe)
        app.router.add_get("/metrics", self._page)
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=1.0
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound: int = self._runner.addresses[0][1]
        return bound

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The border: a fault is told and answered, never passed on."""
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception as e:  # noqa: BLE001  (the border of a handler: tell and go on)
            self._fault(request.path, e)
            return web.Response(status=500, text="a fault of the program; see its log\n")

    async def _probe(self, request: web.Request) -> web.Response:
        exclude = request.query.getall("exclude", [])
        found = answer(
            self._probes[request.path], verbose="verbose" in request.query, exclude=exclude
        )
        return web.Response(status=found.status, text=found.text)

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics(), headers={"Content-Type": METRICS_TYPE})
