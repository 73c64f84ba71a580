"""Appends deliveries to a file, a line each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, BinaryIO, ClassVar

from msgspec import Meta

from tocsin_connectors import contract
from tocsin_connectors.contract import Delivery

CHUNK = 1 << 16


class Params(contract.Params, frozen=True):
    """Which file."""

    path: Annotated[str, Meta(min_length=1, description="File to append to; made if missing.")]


def _repair(file: BinaryIO) -> None:
    """Cut off a last line that a crash left without its end."""
    size = end = file.seek(0, os.SEEK_END)
    while end > 0:
        begin = max(0, end - CHUNK)
        file.seek(begin)
        at = file.read(end - begin).rfind(b"\n")
        if at >= 0:
            end = begin + at + 1
            break
        end = begin
    if end < size:
        file.truncate(end)
    file.seek(end)


@contract.connector
class Jsonl:
    """Appends each delivery to a file as one line of JSON.

    The file is opened at the first delivery and again where it was moved away or removed, so
    that it may be rotated by renaming. A last line without its end, left by a crash, is cut off
    on opening. The file is flushed to the disk before a checkpoint is written.

    Delivery: at least once. After a crash the deliveries since the last checkpoint are written
    again; lines with the same id and revision are repeats.
    """

    name: ClassVar = "jsonl"
    parameters: ClassVar[type[contract.Params]] = Params

    def __init__(self, params: Params) -> None:
        self.path = Path(params.path)
        self.file: BinaryIO | None = None

    def send(self, deliveries: Sequence[Delivery]) -> None:
        if not deliveries:
            return
        file = self._file()
        lines = b"".join(line(d) for d in deliveries)
        at = file.tell()
        try:
            file.write(lines)
            file.flush()
        except OSError:
            self._drop(at)
            raise

    def flush(self) -> None:
        if self.file is not None:
            self.file.flush()
            os.fsync(self.file.fileno())

    def close(self) -> None:
        if self.file is not None:
            self.flush()
            self.file.close()
            self.file = None

    def _file(self) -> BinaryIO:
        if self.file is not None and not self._is_there(self.file):
            self.close()
        if self.file is None:
            file = self.path.open("r+b" if self.path.exists() else "x+b", buffering=0)
            _repair(file)
            self.file = file
        return self.file

    def _is_there(self, file: BinaryIO) -> bool:
        try:
            there, here = self.path.stat(), os.fstat(file.fileno())
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)

    def _drop(self, at: int) -> None:
        """Take back what a full disk let through, so that the next try begins a line."""
        if self.file is not None:
            self.file.truncate(at)
            self.file.seek(at)


def line(delivery: Delivery) -> bytes:
    """The body on one line. JSON has no raw line breaks in strings, so they are space."""
    body = delivery.body.strip()
    if b"\n" in body or b"\r" in body:
        body = body.replace(b"\n", b" ").replace(b"\r", b" ")
    return body + b"\n"
