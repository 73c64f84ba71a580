"""Holdback: readings wait until the watermark of their origin has passed them by `lateness`.

What is given out, and in which order, is a function of the order of arrival alone: a reading
leaves with the first arrival of its origin whose watermark reaches its time plus the lateness;
those that leave together leave in event-time order. Bounded: beyond `limit` held readings the
oldest in event time leave early.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.wire.points import Keys, PointBatch, join

NEVER = np.iinfo(np.int64).min


class Holdback:
    """Holds readings of a shard; with `lateness_ns` 0 it is not needed."""

    def __init__(self, lateness_ns: int, limit: int) -> None:
        self.lateness_ns, self.limit = lateness_ns, limit
        self.held: PointBatch | None = None
        self.watermark: dict[int, int] = {}

    def step(self, batch: PointBatch) -> PointBatch:
        """The readings whose wait has ended, in the order in which they leave."""
        held = self.held
        n_held = len(held) if held is not None else 0
        if held is not None and n_held:
            batch = join([held.over(batch.keys), batch])  # the dictionary may have started anew
        leave = self._leaving(batch, n_held)
        stay = np.flatnonzero(leave < 0)
        if stay.size > self.limit:
            oldest = stay[np.argsort(batch.time[stay], kind="stable")][: stay.size - self.limit]
            leave[oldest] = len(batch)
            stay = np.flatnonzero(leave < 0)
        go = np.flatnonzero(leave >= 0)
        go = go[np.lexsort((go, batch.time[go], leave[go]))]
        self.held = batch.part(stay)
        return batch.part(go)

    def flush(self) -> PointBatch | None:
        """Everything still held, in event-time order: the input has ended."""
        held, self.held = self.held, None
        if held is None or not len(held):
            return None
        return held.part(np.argsort(held.time, kind="stable"))

    def _leaving(self, batch: PointBatch, n_held: int) -> npt.NDArray[np.int64]:
        """int64[n]: with which arrival each reading leaves; -1: it stays."""
        leave = np.full(len(batch), -1, np.int64)
        for source in np.unique(batch.source).tolist():
            mine = np.flatnonzero(batch.source == source)
            arrivals = mine[mine >= n_held]
            if not arrivals.size:
                continue
            before = self.watermark.get(source, NEVER)
            mark = np.maximum.accumulate(np.maximum(batch.time[arrivals], before))
            self.watermark[source] = int(mark[-1])
            due = np.searchsorted(mark, batch.time[mine] + self.lateness_ns)
            own = np.searchsorted(arrivals, mine)  # 0 for readings held from before
            due = np.maximum(due, own)
            there = due < arrivals.size
            leave[mine[there]] = arrivals[due[there]]
        return leave

    def snapshot(self) -> dict[str, npt.NDArray[Any]]:
        """Held readings by the keys of their series, so that a fresh dictionary will do."""
        held = self.held
        if held is None:
            held = PointBatch(Keys(), *(np.empty(0, t) for t in ("i4", "i8", "f8", "i4")))
        codes, series = np.unique(held.series, return_inverse=True)
        keys = [held.keys.key[c] for c in codes.tolist()]
        return {
            "keys": np.frombuffer(b"".join(keys), np.uint8).copy(),
            "length": np.array([len(k) for k in keys], np.int64),
            "series": series.astype(np.int32),
            "time": held.time.copy(),
            "value": held.value.copy(),
            "source": held.source.copy(),
            "watermark": np.array(sorted(self.watermark.items()), np.int64).reshape(-1, 2),
        }

    def restore(self, columns: Mapping[str, npt.NDArray[Any]], keys: Keys) -> None:
        """Adopt a snapshot; the keys of the held series go to the end of `keys`."""
        ends = np.cumsum(columns["length"]).tolist()
        text, first = columns["keys"].tobytes(), len(keys.key)
        keys.key += [text[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=False)]
        self.held = PointBatch(
            keys,
            columns["series"].astype(np.int32) + np.int32(first),
            *(np.array(columns[c]) for c in ("time", "value", "source")),
        )
        self.watermark = {int(s): int(w) for s, w in columns["watermark"].tolist()}
