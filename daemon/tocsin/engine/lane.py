"""Lane: one origin being read, and how far everything of it is done.

A lane reads some records, decodes them, and gives their readings out in parts. Its cursor says
where to go on: the position before the records at hand, and how many of their readings have been
given out. Records that were not taken are counted once all readings beside them are given out,
so the cursor, the counts and the state of a shard always speak of the same readings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from tocsin.ops.errors import InputMissing
from tocsin.wire.points import PointBatch
from tocsin_connectors.contract import Position, Records, Rejected, SourcePart

NEVER = np.iinfo(np.int64).min


class Cursor(msgspec.Struct, frozen=True):
    """Where an origin goes on."""

    origin: str
    position: Position | None
    decoder: dict[str, Any]
    given: int
    watermark: int


class Decoded(Protocol):
    """Readings of some records; `place[i]` is the number of reading i among `readings`."""

    @property
    def batch(self) -> PointBatch: ...
    @property
    def place(self) -> npt.NDArray[np.intp]: ...
    @property
    def readings(self) -> int: ...
    @property
    def rejected(self) -> Sequence[Rejected]: ...
    @property
    def blank(self) -> int: ...


class Intake(Protocol):
    """Decodes the records of one origin."""

    origin: str

    def step(self, records: Records) -> Decoded: ...
    def snapshot(self) -> dict[str, Any]: ...
    def restore(self, state: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Buffer:
    """Records at hand and their readings; `watermark[i]` is the largest time up to reading i."""

    records: Records
    decoded: Decoded
    watermark: npt.NDArray[np.int64]


class Lane:
    """Reads one origin.

    opener   opens the origin at a position
    settled  told of records all of whose readings have been given out: what of them was not
             taken, and how many were blank
    """

    def __init__(
        self,
        intake: Intake,
        opener: Callable[[Position | None], SourcePart],
        settled: Callable[[Records, Sequence[Rejected], int], None],
        *,
        cursor: Cursor | None = None,
        limit_bytes: int = 1 << 20,
    ) -> None:
        self.intake, self.settled, self.limit_bytes = intake, settled, limit_bytes
        if cursor is None:
            cursor = Cursor(intake.origin, None, intake.snapshot(), 0, NEVER)
        else:
            intake.restore(cursor.decoder)
        self.cursor = cursor
        self.part = opener(cursor.position)
        self.skip = cursor.given
        self.buffer: Buffer | None = None
        self.next = 0
        self.ended = False

    def fill(self) -> bool:
        """Whether readings are at hand; reads on where there are none. False: at the end, or
        nothing now."""
        while self.buffer is None and not self.ended:
            try:
                records = self.part.read(self.limit_bytes)
            except OSError as e:
                raise InputMissing(f"{self.intake.origin}: cannot be read on: {e}") from e
            if records is None:
                self.ended = self.part.ended
                return False
            decoded = self.intake.step(records)
            mark = np.maximum.accumulate(decoded.batch.time)
            if mark.size:
                mark = np.maximum(mark, self.cursor.watermark)
            self.buffer = Buffer(records, decoded, mark)
            self.next = int(np.searchsorted(decoded.place, self.skip))
            self.skip = max(0, self.skip - decoded.readings)
            if self.next == len(decoded.batch):
                self._settle()
        return self.buffer is not None

    @property
    def last(self) -> int:
        """The watermark after everything at hand."""
        assert self.buffer is not None
        return int(self.buffer.watermark[-1])

    def up_to(self, watermark: int, *, inclusive: bool) -> int:
        """Position after the readings at hand whose watermark is at most (or below) this."""
        assert self.buffer is not None
        side = "right" if inclusive else "left"
        return int(np.searchsorted(self.buffer.watermark, watermark, side))  # type: ignore[call-overload]

    def take(self, end: int) -> tuple[PointBatch, npt.NDArray[np.int64]]:
        """Readings at hand up to a position, and their watermarks."""
        assert self.buffer is not None
        decoded, mark = self.buffer.decoded, self.buffer.watermark
        part = slice(self.next, end)
        taken = decoded.batch.part(part), mark[part]
        self.next = end
        if end == len(decoded.batch):
            self._settle()
        else:
            given = int(decoded.place[end])
            self.cursor = msgspec.structs.replace(self.cursor, given=given)
        return taken

    def take_all(self) -> PointBatch:
        """All readings at hand."""
        assert self.buffer is not None
        return self.take(len(self.buffer.decoded.batch))[0]

    def close(self) -> None:
        """Release the origin."""
        self.part.close()

    def _settle(self) -> None:
        """Everything of the records at hand is done."""
        assert self.buffer is not None
        b, self.buffer = self.buffer, None
        self.settled(b.records, b.decoded.rejected, b.decoded.blank)
        mark = int(b.watermark[-1]) if b.watermark.size else self.cursor.watermark
        self.cursor = Cursor(
            self.intake.origin, b.records.position, self.intake.snapshot(), self.skip, mark
        )
