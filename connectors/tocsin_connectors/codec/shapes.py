"""The fast road: records of shapes seen before, decoded by compiled scanners.

Holds the scanners' table and grows it. What it learns is a cache: dropping it changes no
column, so it is in no snapshot, and it starts anew when it is full.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timezone, tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt

from tocsin_connectors.codec.lines import Lines
from tocsin_connectors.codec.time import Unit

SHAPES_MAX = 1 << 18
ARENA_MAX = 32 << 20
COLUMNS_MAX = 1024  # cuts of one record
POWER: dict[Unit | None, int] = {None: 0, "ns": 1, "us": 4, "ms": 7, "s": 10}
NAN = float("nan")

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the cuts of a shape are: which one the time, which the readings' values.

    readings  (cut, series code, constant); a cut of -1: the value is the constant
    """

    clock: int
    readings: Sequence[tuple[int, int, float]]


@dataclass(slots=True)
class Scanned:
    """Cuts of the records of one block; those of record i are slot_at[i] to slot_at[i + 1]."""

    lines: Lines
    octets: Array
    slots: dict[str, Array]
    slot_at: Array
    members: Array
    shape: Array

    def cuts(self, record: int) -> range:
        """Numbers of the cuts of a record."""
        return range(int(self.slot_at[record]), int(self.slot_at[record + 1]))


class Shapes:
    """Table of shapes and what they mean. `scan` and `emit` are kept apart by `learn`."""

    def __init__(self, unit: Unit | None, naive: tzinfo) -> None:
        self.unit = POWER[unit]
        fixed = isinstance(naive, timezone)  # UTC is one
        offset = naive.utcoffset(None) if fixed else None
        self.slots = _slots(1 << 13)
        self.naive = (int(offset.total_seconds()) if offset is not None else 0, fixed)
        self.clear()

    def clear(self) -> None:
        """Forget all shapes."""
        self.seed = np.uint64(secrets.randbits(64))  # so that nobody can make keys collide
        self.known = 0
        self.is_full = False  # found out by a shape that found no room: then all begin anew
        self.index = np.full(1 << 12, -1, np.int32)
        self.digest = np.zeros(1 << 11, np.uint64)
        self.born = np.zeros(1 << 11, np.int64)
        self.arena = np.zeros(1 << 18, np.uint8)
        self.arena_at = np.zeros((1 << 11) + 1, np.int64)
        self.mark = np.zeros(1 << 13, np.int64)
        self.mark_at = np.zeros((1 << 11) + 1, np.int64)
        self.used = np.zeros(3, np.int64)
        self.clock = np.full(1 << 11, -1, np.int32)
        self.follower = np.full(1 << 11, -1, np.int32)
        self.first = np.zeros(1 << 11, np.int32)
        self.count = np.full(1 << 11, -1, np.int32)
        self.n_readings = 0
        self.slot = np.zeros(1 << 11, np.int32)
        self.code = np.zeros(1 << 11, np.int32)
        self.constant = np.zeros(1 << 11, np.float64)

    def scan(
        self, scanner: Callable[..., int], lines: Lines, given: Sequence[Any], *, objects: bool
    ) -> Scanned:
        """Cuts and shapes of all records; `given`: the scanner's own arguments."""
        if self.is_full:
            self.clear()
        n = len(lines)
        octets = np.frombuffer(lines.block, np.uint8)
        words = _words(lines.block)
        if self.slots["kind"].size < 4 * n + 128:
            self.slots = _slots(4 * n + 128)
        slot_at = np.zeros(n + 1, np.int64)
        members = np.zeros(n, np.int32)
        shape = np.full(n, -1, np.int32)
        at = 0
        while True:
            table: list[Any] = [self.seed, self.index, self.digest, self.arena]
            table += [_words(self.arena), self.arena_at]
            table += [self.born, self.mark, self.mark_at, self.used]
            if objects:
                table += [self.clock, self.follower]
            own = (members, shape) if objects else (shape,)
            at = scanner(
                octets, words, lines.start, lines.end, at, *given, *self.naive, *table,
                *self.slots.values(), slot_at, *own,
            )  # fmt: skip
            self.is_full = at < n and not self._grow()
            if at >= n or self.is_full:
                slot_at[at:] = slot_at[at]
                return Scanned(lines, octets, self.slots, slot_at, members, shape)
            if slot_at[at] + COLUMNS_MAX > self.slots["kind"].size:
                self.slots = {k: _grown(a) for k, a in self.slots.items()}

    def _grow(self) -> bool:
        """Make room for shapes; False: there is as much as there may be."""
        if 2 * self.used[0] + 2 >= self.index.size:
            if self.index.size >= 2 * SHAPES_MAX:
                return False
            self.index = _reindexed(self.digest[: self.used[0]], 2 * self.index.size)
            for name in ("digest", "born", "first", "arena_at", "mark_at"):
                setattr(self, name, _grown(getattr(self, name)))
            for name in ("clock", "count", "follower"):
                setattr(self, name, _grown(getattr(self, name), fill=-1))
        if self.used[1] + 4096 + 64 > self.arena.size:
            if self.arena.size >= ARENA_MAX:
                return False
            self.arena = _grown(self.arena)
        if self.used[2] + COLUMNS_MAX > self.mark.size:
            self.mark = _grown(self.mark)
        return True

    def learn(self, scanned: Scanned, meaning: Callable[[int], Meaning | None]) -> None:
        """Ask for the meaning of each new shape, by the first record of it, in their order."""
        new = range(self.known, int(self.used[0]))
        if not new:
            return
        meant = list(map(meaning, self.born[new.start : new.stop].tolist()))
        readings = [r for m in meant if m is not None for r in m.readings]
        n = len(readings)
        while self.n_readings + n > self.slot.size:
            self.slot, self.code = _grown(self.slot), _grown(self.code)
            self.constant = _grown(self.constant)
        if n:
            to = slice(self.n_readings, self.n_readings + n)
            self.slot[to], self.code[to], self.constant[to] = zip(*readings, strict=True)
        of = slice(new.start, new.stop)
        count = np.array([-1 if m is None else len(m.readings) for m in meant], np.int32)
        upto = np.maximum(count, 0).cumsum()
        self.count[of] = count
        self.first[of] = self.n_readings + upto - np.maximum(count, 0)
        self.clock[of] = [-1 if m is None else m.clock for m in meant]
        self.n_readings += n
        self.known = new.stop

    def emit(self, scanned: Scanned) -> tuple[dict[str, Array], Array]:
        """Columns of the records whose shape has a meaning, and the numbers of the others."""
        from tocsin_connectors.codec.kernels.emit import emit  # noqa: PLC0415

        self._round(scanned)
        shape = scanned.shape
        counts = np.where(shape < 0, 0, self.count[np.maximum(shape, 0)])
        n = int(np.maximum(counts, 0).sum())
        out: dict[str, Array] = {
            "record": np.empty(n, np.int32),
            "series": np.empty(n, np.int32),
            "time": np.empty(n, np.int64),
            "value": np.empty(n, np.float64),
        }
        slow = np.zeros(shape.size, np.bool_)
        slots = scanned.slots
        n = emit(  # type: ignore[call-arg]
            shape, scanned.slot_at, slots["kind"], slots["whole"], slots["real"], self.unit,
            self.clock, self.first, self.count, self.slot, self.code, self.constant,
            *out.values(), slow,
        )  # fmt: skip
        return {name: column[:n] for name, column in out.items()}, np.flatnonzero(slow)

    def _round(self, scanned: Scanned) -> None:
        """Numbers with more digits than the scanner rounds exactly."""
        used = int(scanned.slot_at[-1])
        slots = scanned.slots
        block = scanned.lines.block
        hard = np.flatnonzero(slots["kind"][:used] == 2)
        begin, stop = slots["begin"][hard].tolist(), slots["stop"][hard].tolist()
        slots["real"][hard] = [float(block[i:j]) for i, j in zip(begin, stop, strict=True)]


def _slots(n: int) -> dict[str, Array]:
    return {
        "begin": np.zeros(n, np.int64),
        "stop": np.zeros(n, np.int64),
        "kind": np.zeros(n, np.int8),
        "whole": np.zeros(n, np.int64),
        "real": np.zeros(n, np.float64),
    }


def _words(buffer: bytes | Array) -> Array:
    """The eight bytes at every byte, as one number each."""
    n = len(buffer) - 7
    return np.ndarray(max(n, 0), np.uint64, buffer if n > 0 else bytes(8), strides=(1,))


def _grown(a: Array, fill: int = 0) -> Array:
    return np.concatenate((a, np.full(a.size, fill, a.dtype)))


def _reindexed(digest: Array, size: int) -> Array:
    """The index rebuilt at another size."""
    index = np.full(size, -1, np.int32)
    mask = size - 1
    for shape, h in enumerate(digest.tolist()):
        at = h & mask
        while index[at] >= 0:
            at = (at + 1) & mask
        index[at] = shape
    return index
