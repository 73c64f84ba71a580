"""Finite origins given together are one stream, in event-time order.

The order is total and does not depend on how the origins were read: by the watermark of the
reading within its origin, then by origin, then by its place in it. A reading that is late in its
own file stays late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tocsin.engine.lane import Lane
from tocsin.wire.points import PointBatch, join


def merged(lanes: Sequence[Lane]) -> Iterator[PointBatch]:
    """Batches until every origin has ended. Between two of them all cursors are consistent."""
    if len(lanes) == 1:
        while _filled(lanes[0]):
            yield lanes[0].take_all()
        return
    while there := [(i, lane) for i, lane in enumerate(lanes) if _filled(lane)]:
        horizon, first = min((lane.last, i) for i, lane in there)
        taken = [
            lane.take(end)
            for i, lane in there
            if (end := lane.up_to(horizon, inclusive=i <= first)) > lane.next
        ]
        keys = max((b.keys for b, _ in taken), key=lambda k: k.token)  # the newest
        batch = join([b.over(keys) for b, _ in taken])
        if len(taken) > 1:
            batch = batch.part(np.argsort(np.concatenate([m for _, m in taken]), kind="stable"))
        yield batch


def _filled(lane: Lane) -> bool:
    """Whether readings are at hand; waits for a slow origin, since its next may be the first."""
    while not lane.fill():
        if lane.ended:
            return False
    return True
