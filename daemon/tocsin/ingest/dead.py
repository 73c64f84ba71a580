"""Dead letters: what was not taken, where it came from, why, and how it began."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tocsin_connectors.contract import Records, Rejected

SHOWN = 256  # bytes of a record that a dead letter keeps


class DeadLetter(msgspec.Struct, frozen=True):
    """One line of the dead-letter file. `record` counts from 1 within the origin."""

    origin: str
    record: int
    outcome: str
    reason: str
    detail: str
    begins: str


def dead_letters(records: Records, rejected: Sequence[Rejected]) -> Iterator[bytes]:
    """One JSON object without a line end for each."""
    for r in rejected:
        there = 0 <= r.record < len(records.payloads)
        payload = records.payloads[r.record][:SHOWN] if there else b""
        begins = payload.decode("utf-8", "backslashreplace")
        letter = DeadLetter(
            records.origin, records.first + r.record + 1, r.outcome, r.reason, r.detail, begins
        )
        yield msgspec.json.encode(letter)


class DeadFile:
    """Appends dead letters to a file of JSON lines, up to `limit` bytes of it; beyond, they are
    only counted. The file is made when the first one comes."""

    def __init__(self, path: Path, limit: int = 256 << 20) -> None:
        self.path, self.limit = path, limit
        self.not_kept = 0

    def __call__(self, records: Records, rejected: Sequence[Rejected]) -> None:
        size = self.path.stat().st_size if self.path.exists() else 0
        letters = [line + b"\n" for line in dead_letters(records, rejected)]
        with self.path.open("ab") as f:
            for n, line in enumerate(letters):
                size += len(line)
                if size > self.limit:
                    self.not_kept += len(letters) - n
                    break
                f.write(line)


def ignored(records: Records, rejected: Sequence[Rejected]) -> None:
    """Where nobody keeps dead letters: they are counted all the same."""
    del records, rejected
