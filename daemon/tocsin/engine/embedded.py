"""The loop without a broker: read, step, deliver, checkpoint; in one process, in one thread.

A checkpoint holds the cursors of all origins, the state of everything that decides, and the
ledger, all of the same moment; the outputs of everything before it are durable first. After a
crash the loop goes on at the newest one: what comes out again has the same ids.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

from tocsin.engine.lane import Cursor, Lane
from tocsin.engine.ledger import Ledger
from tocsin.engine.merge import merged
from tocsin.ops import failpoints
from tocsin.ops.clock import Clock
from tocsin.wire.points import PointBatch

Arrays = dict[str, npt.NDArray[Any]]
IDLE_S = 0.1
LOOK_S = 1.0  # between two looks for new origins
SHARE = 9.0  # checkpoints take at most a tenth of the time, however large they are
TICK_NS = 10_000_000_000
LIVE_NS = 600_000_000_000  # a stream this close to the clock is live


class Stages(Protocol):
    """What is between readings and receivers; composed elsewhere."""

    def step(self, batch: PointBatch) -> None:
        """Decide about readings and deliver what follows."""

    def advance(self, watermark: int) -> None:
        """Event time passes without a reading."""

    def end(self) -> None:
        """The input has ended for good."""

    def outcomes(self) -> npt.NDArray[Any]:
        """Outcomes by source since the last call."""

    def snapshot(self) -> tuple[Arrays, dict[str, Any]]:
        """All that must survive."""

    def flush(self) -> None:
        """Make what was delivered durable."""


class Origins(Protocol):
    """What there is to read."""

    def lanes(self) -> Iterable[Lane]:
        """Lanes of origins that are new."""

    def pending(self) -> bool:
        """Whether there are origins that could not be opened yet."""


class Places(Protocol):
    """Where checkpoints live."""

    def write(self, arrays: Arrays, meta: dict[str, Any]) -> int: ...


@dataclass(slots=True)
class Rhythm:
    """Checkpoints every so often, and what there is to tell about them."""

    places: Places | None
    every_s: float
    clock: Clock
    written: Callable[[int, float], None] = lambda _size, _seconds: None
    due: float = 0.0

    def is_due(self) -> bool:
        return self.places is not None and self.clock.monotonic() >= self.due

    def wrote(self, size: int, began: float) -> None:
        now = self.clock.monotonic()
        self.due = now + max(self.every_s, SHARE * (now - began))
        self.written(size, now - began)


class Embedded:
    """Runs lanes through the stages.

    names  origin names by the index their readings carry
    after  called after each batch; for progress, views, and pacing
    """

    def __init__(
        self,
        stages: Stages,
        ledger: Ledger,
        rhythm: Rhythm,
        *,
        names: list[str],
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self.stages, self.ledger, self.rhythm, self.after = stages, ledger, rhythm, after
        self.names = names
        self.lanes: list[Lane] = []
        self.stopping = threading.Event()
        self.tick = 0

    def stop(self) -> None:
        """End after the batch at hand; may be called from any thread."""
        self.stopping.set()

    def run_finite(self, lanes: Sequence[Lane]) -> bool:
        """Read finite origins to their end, merged by event time. False: stopped before it."""
        self.lanes = list(lanes)
        for batch in merged(self.lanes):
            self._step(batch)
            if self.stopping.is_set():
                break
        else:
            self.stages.end()
        self._finish()
        return not self.stopping.is_set()

    def run_live(self, origins: Origins, event_time: Callable[[], int]) -> None:
        """Read origins as they grow, in order of arrival, until stopped or all have ended."""
        look = 0.0
        while not self.stopping.is_set():
            if self.rhythm.clock.monotonic() >= look:
                self.lanes += origins.lanes()
                look = self.rhythm.clock.monotonic() + LOOK_S
            busy = False
            for lane in self.lanes:
                if not self.stopping.is_set() and lane.fill():
                    busy = True
                    self._step(lane.take_all())
            if self.lanes and all(la.ended for la in self.lanes) and not origins.pending():
                self.stages.end()
                break
            if not busy:
                self._tick(event_time())
                self._checkpoint_if_due()
                self.after()
                self.stopping.wait(IDLE_S)
        self._finish()

    def _tick(self, event_time: int) -> None:
        """While nothing comes the clock stands in for it, if the stream follows the clock."""
        now = self.rhythm.clock.now()
        if now >= self.tick and abs(now - event_time) < LIVE_NS:
            self.tick = now + TICK_NS
            self.stages.advance(now - TICK_NS)

    def _step(self, batch: PointBatch) -> None:
        failpoints.reach("score.before")
        self.stages.step(batch)
        failpoints.reach("score.after")
        self._account()
        self._checkpoint_if_due()
        self.after()

    def _account(self) -> None:
        self.ledger.add_outcomes(self.names, self.stages.outcomes())

    def _checkpoint_if_due(self) -> None:
        if self.rhythm.is_due():
            self.checkpoint()

    def checkpoint(self) -> None:
        """Everything up to here is done, and stays done."""
        self._account()
        if self.rhythm.places is None:
            return
        began = self.rhythm.clock.monotonic()
        self.stages.flush()
        failpoints.reach("ckpt.cut")
        arrays, meta = self.stages.snapshot()
        meta["cursors"] = [to_json(lane.cursor) for lane in self.lanes]
        meta["names"] = self.names
        meta["ledger"] = self.ledger.snapshot()
        self.rhythm.wrote(self.rhythm.places.write(arrays, meta), began)

    def _finish(self) -> None:
        self._account()
        self.stages.flush()
        self.checkpoint()
        for lane in self.lanes:
            lane.close()


def to_json(cursor: Cursor) -> dict[str, Any]:
    """A cursor as plain values."""
    return {f: getattr(cursor, f) for f in cursor.__struct_fields__}
