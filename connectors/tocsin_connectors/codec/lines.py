"""Blocks of bytes as records: lines, or everything as one.

Lines of a block are not cut apart until somebody asks for one: a compiled decoder reads the
block, and a `bytes` object a line would cost more than decoding it. What is kept of a line
above the limit is its beginning; the rest is skipped, so that memory is bounded by the block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from tocsin_connectors.contract import I64, Framing, Rejected

KEPT = 1024  # of a record that is too long, for people
WHOLE_MAX = 64 << 20
BOM = b"\xef\xbb\xbf"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
NEWLINE, RETURN = 10, 13


class Lines(Sequence[bytes]):
    """Parts of one block: record i is `block[start[i]:end[i]]`."""

    __slots__ = ("block", "end", "start")

    def __init__(self, block: bytes, start: I64, end: I64) -> None:
        self.block, self.start, self.end = block, start, end

    @classmethod
    def of(cls, payloads: Sequence[bytes]) -> Lines:
        """The same records over one block."""
        if isinstance(payloads, cls):
            return payloads
        size = np.fromiter(map(len, payloads), np.int64, len(payloads))
        end = np.cumsum(size + 1) - 1
        return cls(b"\n".join(payloads), end - size, end)

    def __len__(self) -> int:
        return int(self.start.size)

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> Lines: ...
    def __getitem__(self, at: int | slice) -> bytes | Lines:
        if isinstance(at, slice):
            return Lines(self.block, self.start[at], self.end[at])
        return self.block[self.start[at] : self.end[at]]

    def __iter__(self) -> Iterator[bytes]:
        block = self.block
        for start, end in zip(self.start.tolist(), self.end.tolist(), strict=True):
            yield block[start:end]


@dataclass(frozen=True, slots=True)
class Cut:
    """Records in order, and those of them that are not whole."""

    lines: Lines
    rejected: list[Rejected]


class Framer:
    """Turns the blocks of one origin into records.

    byte    position in the (decompressed) origin where the next record begins
    record  its number
    """

    def __init__(self, framing: Framing, max_line: int, *, byte: int = 0, record: int = 0) -> None:
        self.whole = framing == "whole"
        self.limit = WHOLE_MAX if self.whole else max_line
        self.record = record
        self.fed = byte
        self.rest: list[bytes] = []  # of a record whose end has not come
        self.size = 0  # bytes of it seen; more than are kept once it is too long
        self.foreign = False  # not UTF-8: one record says so, the rest is skipped

    @property
    def byte(self) -> int:
        return self.fed - self.size

    def feed(self, block: bytes) -> Cut | None:
        """The records that end in this block; None: none does."""
        begun = self.fed - self.size
        self.fed += len(block)
        if self.foreign or not block:
            return None
        if self.fed == len(block) and block[:2] in UTF16:
            return self._refuse_utf16(block)
        at = -1 if self.whole else block.find(b"\n")
        if at < 0:
            self._keep(block)
            return None
        head, oversize = self._end(block[:at])
        # The usual case: nothing is pending and the block goes on as it is, uncopied.
        data = b"".join((head, block[at:])) if self.size or oversize else block
        self.rest, self.size = [], 0
        return self._cut(data, oversize, bom=begun == 0)

    def last(self, problem: str | None = None) -> Cut | None:
        """What is pending as the last record; with a problem: that record, even if empty."""
        size = self.size
        data, oversize = self._end(b"")
        self.rest, self.size = [], 0
        if problem is None and not size:
            return None
        if problem is not None:
            oversize = [Rejected(0, "dead_lettered", "compression", problem)]
            data = data[:KEPT]
        bom = self.fed == size
        return self._cut(data + b"\n", oversize, bom=bom)

    def _keep(self, block: bytes) -> None:
        before = self.size
        self.size += len(block)
        if self.size <= self.limit:
            self.rest.append(block)
        elif before <= self.limit:  # from here on only its beginning is kept
            self.rest = [b"".join((*self.rest, block[:KEPT]))[:KEPT]]

    def _end(self, tail: bytes) -> tuple[bytes, list[Rejected]]:
        """The pending record with its tail, or its beginning where it is too long."""
        size = self.size + len(tail)
        if size <= self.limit:
            return b"".join((*self.rest, tail)), []
        return b"".join((*self.rest, tail[:KEPT]))[:KEPT], [self._oversize(0, size)]

    def _oversize(self, record: int, size: int) -> Rejected:
        return Rejected(record, "refused", "oversize", f"{size} bytes, limit {self.limit}")

    def _cut(self, data: bytes, rejected: list[Rejected], *, bom: bool) -> Cut:
        if self.whole:
            start, end = np.zeros(1, np.int64), np.full(1, len(data) - 1, np.int64)
        else:
            end = np.flatnonzero(np.frombuffer(data, np.uint8) == NEWLINE)
            start = np.empty_like(end)
            start[0] = 0
            start[1:] = end[:-1] + 1
            tail = data[int(end[-1]) + 1 :]
            if tail:
                self._keep(tail)
        over = np.flatnonzero(end - start > self.limit)
        rejected += [self._oversize(int(i), int(end[i] - start[i])) for i in over]
        whole = np.full(end.size, not self.whole)
        whole[[r.record for r in rejected]] = False
        if b"\r" in data:  # one byte is found much faster than two
            before = np.frombuffer(data, np.uint8)[np.maximum(end - 1, 0)]
            end = end - ((before == RETURN) & (end > start) & whole)
        end[over] = start[over] + KEPT
        if bom and data.startswith(BOM):
            start[0] = min(len(BOM), end[0])
        self.record += int(end.size)
        return Cut(Lines(data, start, end), rejected)

    def _refuse_utf16(self, block: bytes) -> Cut:
        self.foreign = True
        self.record += 1
        lines = Lines(block[:KEPT], np.zeros(1, np.int64), np.full(1, min(KEPT, len(block))))
        detail = "UTF-16 text, expected UTF-8; convert it first, the whole input is left out"
        return Cut(lines, [Rejected(0, "dead_lettered", "malformed", detail)])
