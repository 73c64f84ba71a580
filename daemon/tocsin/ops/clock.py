"""The only reader of wall time. Hand a Clock in, so that a test can move it.

Nothing that decides about readings uses it: those follow event time. It dates log lines and
files, paces checkpoints and tells what lies too far in the future.
"""

from __future__ import annotations

import time


class Clock:
    """The machine's clock."""

    def now(self) -> int:
        """Wall time, ns since the Unix epoch."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds that only grow, for durations."""
        return time.monotonic()


class ManualClock(Clock):
    """A clock that stands still until it is moved."""

    def __init__(self, now: int = 0) -> None:
        self._now = now
        self._start = now

    def now(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start) / 1e9

    def advance(self, ns: int) -> None:
        """Move on by so many ns, never back."""
        if ns < 0:
            raise ValueError(f"expected a step forward, got {ns}")
        self._now += ns
