from __future__ import annotations

from typing import ClassVar

import pytest

from tocsin.notify.outbox import Backoff, Outbox
from tocsin.wire.alerts import Incident
from tocsin_connectors.contract import Params, Refusal


def told(i: int) -> Incident:
    return Incident(f"in_{i}", 1, "open", 1, "s", "e", "2026-01-02T03:04:00Z", None, ())


class Memory:
    """A sink that keeps what it takes, fails as often as told, and refuses ids."""

    name: ClassVar[str] = "memory"
    parameters: ClassVar[type[Params]] = Params

    def __init__(self, *, fails=0, refuses=(), log=None):
        self.fails, self.refuses, self.log = fails, refuses, [] if log is None else log
        self.closed = False

    def _maybe_fail(self):
        if self.fails:
            self.fails -= 1
            raise OSError("out of reach")

    def send(self, deliveries):
        self._maybe_fail()
        for d in deliveries:
            if d.id in self.refuses:
                raise Refusal("never")
        self.log += [d.id for d in deliveries]

    def flush(self):
        self._maybe_fail()
        self.log.append("flush")

    def close(self):
        self.closed = True
        self._maybe_fail()


class Witness:
    """What the outbox says of its sinks."""

    def __init__(self):
        self.slept, self.refused, self.retried = [], [], []

    def outbox(self, *sinks, **given) -> Outbox:
        return Outbox(
            sinks,
            sleep=self.slept.append,
            refused=lambda sink, one, why: self.refused.append((sink, one.id, str(why))),
            retried=lambda sink, failed, why: self.retried.append((sink, failed, str(why))),
            **given,
        )


def test_every_sink_gets_everything_in_order():
    log = []
    first, second = Memory(), Memory()
    first.log = second.log = log
    assert Witness().outbox(first, second).send([], [told(1), told(2)]) == 4
    assert log == ["in_1:1", "in_1:1", "in_2:1", "in_2:1"]


def test_a_refusal_costs_only_the_delivery_it_is_about():
    witness, sink = Witness(), Memory(refuses={"in_2:1"})
    assert witness.outbox(sink).send([], [told(1), told(2), told(3)]) == 2
    assert sink.log == ["in_1:1", "in_3:1"]
    assert witness.refused == [("memory", "in_2:1", "never")]


def test_a_refusal_is_not_tried_again():
    witness = Witness()
    witness.outbox(Memory(refuses={"in_1:1"})).send([], [told(1)])
    assert (witness.slept, witness.retried) == ([], [])


def test_a_sink_out_of_reach_is_tried_again_after_growing_pauses():
    witness, sink = Witness(), Memory(fails=4)
    witness.outbox(sink, backoff=Backoff(first_s=1, longest_s=5)).send([], [told(1)])
    assert sink.log == ["in_1:1"]
    assert witness.slept == [1, 2, 4, 5]


def test_a_sink_that_stays_out_of_reach_raises_in_the_end():
    witness, sink = Witness(), Memory(fails=99)
    with pytest.raises(OSError, match="out of reach"):
        witness.outbox(sink, backoff=Backoff(attempts=3)).send([], [told(1)])
    assert [failed for _, failed, _ in witness.retried] == [1, 2, 3]
    assert len(witness.slept) == 2


def test_nothing_overtakes_a_delivery_that_waits():
    witness, sink = Witness(), Memory(fails=1)
    witness.outbox(sink).send([], [told(1), told(2)])
    assert sink.log == ["in_1:1", "in_2:1"]


def test_flush_reaches_every_sink_and_is_tried_again():
    witness, first, second = Witness(), Memory(fails=1), Memory()
    witness.outbox(first, second).flush()
    assert first.log == second.log == ["flush"]


def test_a_sink_that_fails_to_close_does_not_keep_the_others_open():
    first, second = Memory(fails=1), Memory()
    with pytest.raises(OSError, match="out of reach"):
        Witness().outbox(first, second).close()
    assert second.closed
