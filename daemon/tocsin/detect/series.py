"""SeriesTable: series keys to rows, order, lateness, duplicates, eviction.

A row is an index into every array of a shard. The table alone decides which reading becomes a
point; whatever it decides is counted by source and outcome. What it decides depends on the
order of arrival within a series and, for eviction, on the order of arrival in the shard: never
on how the readings were cut into batches.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin.wire.keys import entity_of, parse
from tocsin.wire.points import Keys, PointBatch
from tocsin_detectors.contract import F64, I32, I64, Points
from tocsin_detectors.kernels import admit as kernel
from tocsin_detectors.kernels import order

GROUP_FROM = 256  # below this many points a batch is left in arrival order
REFUSED, UNKNOWN = -1, -2  # codes without a row: the table was full; never seen


@dataclass(frozen=True, slots=True)
class Admitted:
    """Points and what stands beside them: position in the batch, days each stands for, usual
    distance of points of the row up to there, ns."""

    points: Points
    at: I32
    days: F64
    usual: F64


class Scratch:
    """Arrays reused from batch to batch, grown to the largest: fresh ones would cost a page
    fault for every hundred points."""

    def __init__(self) -> None:
        self.size = 0
        self.count = np.empty(order.BUCKETS, np.int32)
        self.need(GROUP_FROM)

    def need(self, n: int) -> None:
        if n <= self.size:
            return
        self.size = n
        self.row, self.order, self.spare, self.out_at, self.out_row = np.empty((5, n), np.int32)
        self.out_time = np.empty(n, np.int64)
        self.out_value, self.out_days, self.out_usual = np.empty((3, n))


class SeriesTable:
    """Interns series keys into rows.

    max_series      rows there may be
    evict_after_ns  when the table is full and a new series comes, every series silent for longer
                    than this in event time gives up its row; without one the new series is refused
    taken           told of rows newly given out, with the hashes of their keys
    evicted         told of rows taken back, before they are given out again
    """

    def __init__(
        self,
        *,
        entity: Sequence[str],
        max_series: int,
        evict_after_ns: int,
        keep_duplicates: bool,
        taken: Callable[[I32, npt.NDArray[np.uint64]], None],
        evicted: Callable[[I32], None],
    ) -> None:
        self.entity_labels = tuple(entity)
        self.max_series, self.evict_after_ns = max_series, evict_after_ns
        self.keep_duplicates = keep_duplicates
        self.taken, self.evicted = taken, evicted
        self.row_of: dict[bytes, int] = {}
        self.keys: list[bytes] = []
        self.entities: list[bytes] = []
        self.members: dict[bytes, int] = {}
        self.free: list[int] = []
        self.newcomers: list[tuple[int, bytes, bool]] = []  # of the last batch: see `counted`
        self.newest = np.full(0, kernel.NEVER, np.int64)
        self.cadence = np.zeros(0)
        self.counts = np.zeros((1, kernel.OUTCOMES), np.int64)
        self.watermark = kernel.NEVER
        self.idle_from = kernel.NEVER  # no series can be idle before the watermark reaches this
        self.n_evicted = 0
        self.token: int | None = None
        self.row_of_code = np.empty(0, np.int32)
        self.scratch = Scratch()

    def __len__(self) -> int:
        return len(self.row_of)

    def admit(self, batch: PointBatch) -> Admitted:
        """Points of a batch, grouped by row where that pays, in event-time order within a row.
        Valid until the next call."""
        n = len(batch)
        self.scratch.need(n)
        if int(batch.source.max(initial=0)) >= len(self.counts):
            grown = np.zeros((int(batch.source.max()) + 1, kernel.OUTCOMES), np.int64)
            grown[: len(self.counts)] = self.counts
            self.counts = grown
        row = self.scratch.row[:n]
        self._rows(batch, row)
        ordered = n < GROUP_FROM or order.is_grouped(row)
        if not ordered:
            order.group(row, self.scratch.order[:n], self.scratch.spare[:n], self.scratch.count)
        of = self.scratch
        k = kernel.admit(
            self.keep_duplicates, ordered, of.order[:n], row, batch.time, batch.value,
            batch.source, self.newest, self.cadence, self.counts, of.out_at, of.out_row,
            of.out_time, of.out_value, of.out_days, of.out_usual,
        )  # fmt: skip
        self.watermark = max(self.watermark, int(batch.time.max(initial=kernel.NEVER)))
        points = Points(of.out_row[:k], of.out_time[:k], of.out_value[:k])
        return Admitted(points, of.out_at[:k], of.out_days[:k], of.out_usual[:k])

    def counted(self, entity: bytes, position: int) -> tuple[int, int]:
        """Series of an entity, and entities, as of a position of the last batch."""
        later = [n for n in self.newcomers if n[0] > position]
        mine = sum(e == entity for _, e, _ in later)
        return self.members.get(entity, 0) - mine, len(self.members) - sum(n for *_, n in later)

    def drain(self) -> I64:
        """Outcomes since the last call: int64[sources, OUTCOMES]."""
        counts, self.counts = self.counts, np.zeros_like(self.counts)
        return counts

    def cut(self, batch: PointBatch) -> int:
        """How much of a batch may be admitted at once: where a new series could cost a silent one
        its row, everything before it must have been admitted."""
        n = len(batch)
        self.scratch.need(n)
        self._codes(batch.keys)
        if kernel.rows_of(batch.series, self.row_of_code, self.scratch.row[:n]) >= 0:
            return n
        rowless = self._rowless(batch)
        latest = max(self.watermark, int(batch.time.max()))
        if len(self.row_of) + rowless.size <= self.max_series or latest < self.idle_from:
            return n
        return max(1, int(rowless[0]))  # the first alone: it may take the row of one after it

    def _rowless(self, batch: PointBatch) -> npt.NDArray[np.intp]:
        """Positions of the first reading of each code that has no row."""
        self._codes(batch.keys)
        codes, first = np.unique(batch.series, return_index=True)
        return np.sort(first[self.row_of_code[codes] < 0])

    def _rows(self, batch: PointBatch, row: I32) -> None:
        self._codes(batch.keys)
        self.newcomers = []
        least = kernel.rows_of(batch.series, self.row_of_code, row)
        if least >= 0 or (least == REFUSED and not self._may_evict(int(batch.time[0]))):
            return
        fresh: list[int] = []
        for i in self._rowless(batch):
            code = int(batch.series[i])
            known = batch.keys.key[code] in self.row_of
            if i == 0 and not known and self._may_evict(int(batch.time[0])):
                self._evict(max(self.watermark, int(batch.time[0])))
            self.row_of_code[code] = self._intern(batch.keys.key[code], int(i), fresh)
        if fresh:
            rows = np.array(fresh, np.int32)
            self.taken(rows, hashes([self.keys[r] for r in fresh]))
        kernel.rows_of(batch.series, self.row_of_code, row)

    def _may_evict(self, time: int) -> bool:
        full = len(self.row_of) >= self.max_series
        return full and max(self.watermark, time) >= self.idle_from

    def _codes(self, keys: Keys) -> None:
        """Follow the dictionary: forget it when it starts anew, grow with it."""
        if self.token != keys.token:
            self.token, self.row_of_code = keys.token, np.empty(0, np.int32)
        if len(self.row_of_code) < len(keys.key):
            grown = np.full(max(len(keys.key), 2 * len(self.row_of_code), 64), UNKNOWN, np.int32)
            grown[: len(self.row_of_code)] = self.row_of_code
            self.row_of_code = grown

    def _intern(self, key: bytes, position: int, fresh: list[int]) -> int:
        row = self.row_of.get(key)
        if row is not None:
            return row
        if len(self.row_of) >= self.max_series:
            return REFUSED
        row = self.free.pop() if self.free else len(self.keys)
        entity = entity_of(key, tuple(parse(key)[1].items()), self.entity_labels)
        self.newcomers.append((position, entity, entity not in self.members))
        if row == len(self.keys):
            self.keys.append(key)
            self.entities.append(entity)
        else:
            self.keys[row], self.entities[row] = key, entity
        self.row_of[key] = row
        self.members[entity] = self.members.get(entity, 0) + 1
        if row >= len(self.newest):
            self._grow(row + 1)
        self.newest[row], self.cadence[row] = kernel.NEVER, 0.0
        fresh.append(row)
        return row

    def _grow(self, rows: int) -> None:
        size = min(max(rows, 2 * len(self.newest), 64), max(rows, self.max_series))
        newest, cadence = np.full(size, kernel.NEVER, np.int64), np.zeros(size)
        newest[: len(self.newest)], cadence[: len(self.cadence)] = self.newest, self.cadence
        self.newest, self.cadence = newest, cadence

    def _evict(self, watermark: int) -> None:
        """Take back the rows of every series that has been silent for too long."""
        rows = np.array(sorted(self.row_of.values()), np.int32)
        silent = rows[self.newest[rows] < watermark - self.evict_after_ns]
        left = rows[self.newest[rows] >= watermark - self.evict_after_ns]
        self.idle_from = int(self.newest[left].min(initial=watermark)) + self.evict_after_ns + 1
        if not silent.size:
            return
        self.evicted(silent)
        for r in silent.tolist():
            entity = self.entities[r]
            del self.row_of[self.keys[r]]
            self.members[entity] -= 1
            if not self.members[entity]:
                del self.members[entity]
        self.free.extend(silent[::-1].tolist())
        self.n_evicted += int(silent.size)
        self.row_of_code[:] = UNKNOWN

    def snapshot(self) -> dict[str, npt.NDArray[Any]]:
        """Named arrays; rows given out are those of `keys` whose `live` is 1."""
        live = np.zeros(len(self.keys), np.int8)
        live[list(self.row_of.values())] = 1
        n = len(self.keys)
        return {
            "keys": np.frombuffer(b"".join(self.keys), np.uint8).copy(),
            "length": np.array([len(k) for k in self.keys], np.int64),
            "live": live,
            "free": np.array(self.free, np.int32),
            "newest": self.newest[:n].copy(),
            "cadence": self.cadence[:n].copy(),
            "clock": np.array([self.watermark, self.idle_from, self.n_evicted], np.int64),
        }

    def restore(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        """Adopt a snapshot: the same rows for the same series."""
        ends = np.cumsum(columns["length"]).tolist()
        text = columns["keys"].tobytes()
        self.keys = [text[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=False)]
        live = columns["live"].tolist()
        self.row_of = {k: r for r, k in enumerate(self.keys) if live[r]}
        self.entities = [
            entity_of(k, tuple(parse(k)[1].items()), self.entity_labels) for k in self.keys
        ]
        self.members = dict(Counter(self.entities[r] for r in self.row_of.values()))
        self.free = columns["free"].tolist()
        self.newest = np.array(columns["newest"], np.int64)
        self.cadence = np.array(columns["cadence"], np.float64)
        self.watermark, self.idle_from, self.n_evicted = columns["clock"].tolist()
        self.token, self.row_of_code = None, np.empty(0, np.int32)


def hashes(keys: Sequence[bytes]) -> npt.NDArray[np.uint64]:
    """64-bit hashes of series keys: the same on every worker."""
    digests = (hashlib.blake2b(key, digest_size=8).digest() for key in keys)
    return np.array([int.from_bytes(d, "little") for d in digests], np.uint64)
