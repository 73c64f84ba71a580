"""Outbox: what was decided goes to every sink, in order, until it is theirs or refused for good.

One delivery at a time, so that a refusal costs exactly the delivery it is about. OSError means
later: the same delivery is tried again after a growing pause, and when that has gone on for
long the error is raised, so that the caller stops before its checkpoint and a later run sends
again under the same ids. There is no other place that retries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from tocsin.notify.render import delivery
from tocsin.ops import failpoints
from tocsin.wire.alerts import Alert, Incident
from tocsin_connectors.contract import Delivery, Refusal, Sink


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """Pauses of `first_s`, doubled up to `longest_s`, between so many attempts."""

    attempts: int = 6
    first_s: float = 0.5
    longest_s: float = 30.0

    def pause_s(self, failed: int) -> float:
        """Pause after so many failed attempts."""
        return float(min(self.first_s * 2 ** (failed - 1), self.longest_s))


class Outbox:
    """Sends to sinks in the order in which they are given.

    sleep     waits for so many seconds
    refused   called with the sink's name, the delivery and why it will never be taken
    retried   called with the sink's name, the failed attempts so far and the error
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        *,
        sleep: Callable[[float], None],
        refused: Callable[[str, Delivery, Refusal], None],
        retried: Callable[[str, int, OSError], None],
        backoff: Backoff = Backoff(),  # noqa: B008  frozen
    ) -> None:
        self.sinks = tuple(sinks)
        self._sleep = sleep
        self._refused = refused
        self._retried = retried
        self._backoff = backoff

    def send(self, alerts: Iterable[Alert], incidents: Iterable[Incident] = ()) -> int:
        """Alerts, then incidents. Answers how many deliveries the sinks took, all together.
        OSError when a sink stays out of reach."""
        told: list[Alert | Incident] = [*alerts, *incidents]
        return sum(self._hand_over(sink, one) for one in map(delivery, told) for sink in self.sinks)

    def flush(self) -> None:
        """Make durable what was sent; called before a checkpoint is written."""
        for sink in self.sinks:
            self._retrying(sink, sink.flush)

    def close(self) -> None:
        """Close every sink, also when one of them fails; the first error is raised then."""
        failed: list[OSError] = []
        for sink in self.sinks:
            try:
                sink.close()
            except OSError as e:
                failed.append(e)
        if failed:
            raise failed[0]

    def _hand_over(self, sink: Sink, one: Delivery) -> bool:
        failpoints.reach("output.send")
        try:
            self._retrying(sink, lambda: sink.send([one]))
        except Refusal as e:
            self._refused(sink.name, one, e)
            return False
        failpoints.reach("output.sent")
        return True

    def _retrying(self, sink: Sink, act: Callable[[], None]) -> None:
        for attempt in range(1, self._backoff.attempts + 1):
            try:
                return act()
            except OSError as e:
                self._retried(sink.name, attempt, e)
                if attempt == self._backoff.attempts:
                    raise
                self._sleep(self._backoff.pause_s(attempt))
        return None
