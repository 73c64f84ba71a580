"""Reads files: by name or pattern, plain or compressed, once or as they grow."""

from __future__ import annotations

import glob
import os
import time
from pathlib import Path
from typing import Annotated, Any, BinaryIO, ClassVar

from msgspec import Meta

from tocsin_connectors import contract
from tocsin_connectors.codec.lines import Cut, Framer
from tocsin_connectors.codec.unpack import Corrupt, Stream, unpack
from tocsin_connectors.contract import Framing, Position, Records
from tocsin_connectors.sources.identity import identity, is_same, renamed

BLOCK = 1 << 20
SCHEME = "file:"


class Params(contract.Params, frozen=True):
    """Which files, and whether to wait for more."""

    path: Annotated[
        str | list[str],
        Meta(description="A file or pattern, or several; `**` goes down into folders."),
    ]
    follow: Annotated[bool, Meta(description="Go on as files grow and are rotated.")] = False
    poll: Annotated[
        float, Meta(gt=0, description="Seconds between two looks at a followed file's end.")
    ] = 1.0
    max_line: Annotated[
        int, Meta(ge=1024, description="Bytes of a line above which it is refused as oversize.")
    ] = 1 << 20


class FilePart:
    """One file being read. `restarts` counts how often it was found cut short and begun anew."""

    def __init__(self, origin: str, path: str, params: Params, framing: Framing) -> None:
        self.origin, self.path, self.params, self.framing = origin, path, params, framing
        self.ended = False
        self.restarts = 0
        self.replaced = False  # another file stands at the path; this one is read to its end
        self.next_look = 0.0
        self._begin(path)
        # Compressed files do not grow, and a whole input ends where it ends now.
        self.finite = not params.follow or self.stream.packed or framing == "whole"

    def _begin(self, path: str) -> None:
        file: BinaryIO = Path(path).open("rb")  # noqa: SIM115 - closed in close()
        try:
            self.stream: Stream = unpack(file)
            self.known = identity(file.fileno())
        except OSError:
            file.close()
            raise
        self.file = file
        self.framer = Framer(self.framing, self.params.max_line)

    def resume(self, position: Position) -> None:
        """Go on after a position of this file, of one renamed since, or start anew."""
        known, byte = position["file"], int(position["byte"])
        self.restarts = int(position["restarts"])
        if not self._goes_on(known, byte):
            old = renamed(self.path, known) if self.params.follow else None
            if old is None:
                self.restarts += 1
                return
            self.file.close()
            self._begin(old)
            self.replaced = True
        self.framer = Framer(
            self.framing, self.params.max_line, byte=byte, record=int(position["record"])
        )
        try:
            self.stream.skip(byte)
        except Corrupt:
            return  # the stream says so again at the next read

    def _goes_on(self, known: dict[str, Any], byte: int) -> bool:
        descriptor = self.file.fileno()
        long_enough = self.stream.packed or os.fstat(descriptor).st_size >= byte
        return long_enough and is_same(descriptor, known)

    def read(self, limit_bytes: int) -> Records | None:
        limit = max(1, min(limit_bytes, BLOCK))
        while not self.ended:
            if not self.finite and self._was_cut() and not self._anew():
                return None
            try:
                block = self.stream.read(limit)
            except Corrupt as defect:
                return self._end(self.framer.last(str(defect)))
            if block:
                records = self._records(self.framer.feed(block))
            elif self.finite:
                return self._end(self.framer.last())
            else:
                records, goes_on = self._follow()
                if not goes_on:
                    return records
            if records is not None:
                return records
        return None

    def _end(self, cut: Cut | None) -> Records | None:
        records = self._records(cut)
        self.close()
        return records

    def _records(self, cut: Cut | None) -> Records | None:
        if cut is None:
            return None
        if self.known["size"] < 1024:
            self.known = identity(self.file.fileno())
        position = {
            "file": self.known,
            "byte": self.framer.byte,
            "record": self.framer.record,
            "restarts": self.restarts,
        }
        first = self.framer.record - len(cut.lines)
        return Records(self.origin, cut.lines, first, position, cut.rejected)

    def _was_cut(self) -> bool:
        """Whether a followed file became shorter, or was written anew from its start."""
        descriptor = self.file.fileno()
        size = os.fstat(descriptor).st_size
        cut = size < self.framer.fed or not is_same(descriptor, self.known)
        self.restarts += cut
        return cut

    def _follow(self) -> tuple[Records | None, bool]:
        """At the end, for now: the last record of a file that was replaced, and whether another
        one was begun."""
        if not self._moved_on():
            return None, False
        return self._records(self.framer.last()), self._anew()

    def _moved_on(self) -> bool:
        """At the end of a followed file: whether to go on with another one at the path."""
        now = time.monotonic()
        if now < self.next_look:
            return False
        self.next_look = now + self.params.poll
        try:
            there, here = Path(self.path).stat(), os.fstat(self.file.fileno())
        except OSError:
            return False  # moved away, and no new one yet
        if self.replaced:
            return True
        # One look more, so that what a writer still had to say to the old file is read.
        self.replaced = (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)
        return False

    def _anew(self) -> bool:
        """Begin at the path's start; False: gone again, so look later."""
        old = self.file
        try:
            self._begin(self.path)
        except OSError:
            self.file = old
            self.replaced = True
            return False
        old.close()
        self.replaced = False
        return True

    def close(self) -> None:
        self.ended = True
        self.file.close()


@contract.connector
class File:
    """Reads lines of files, or each file as one record.

    Plain, gzip and zstd files are told apart by their first bytes. A cut or corrupt compressed
    file gives what can be read of it and then one record with the outcome `compression`. Text
    is UTF-8, with or without a byte order mark; UTF-16 is one `malformed` record. Lines end
    with LF or CRLF; the last needs no end. A line above `max_line` is `oversize`, and its rest
    is skipped without being kept. A pattern is looked up again at each call, files in order of
    their names; folders are left out of it.

    With `follow` a plain file is waited on. When another file takes its name (rotation by
    renaming) the old one is read to its end first, the new one from its start; a pattern should
    therefore not match the names that rotated files get. A file that became shorter, or whose
    first bytes changed (rotation by copying), is read anew from its start, and the position
    counts these restarts. A line without an end is waited for.

    Delivery: at least once. A position is the file's identity (device, inode, first bytes) with
    a byte and a record number; after a restart reading goes on exactly there, so long as the
    file, or the renamed one beside it, is still there.
    """

    name: ClassVar = "file"
    parameters: ClassVar[type[contract.Params]] = Params

    def __init__(self, params: Params) -> None:
        self.params = params
        self.path_of: dict[str, str] = {}

    def origins(self) -> list[str]:
        given = self.params.path
        found: set[str] = set()
        for pattern in [given] if isinstance(given, str) else given:
            if glob.has_magic(pattern) and not os.path.lexists(pattern):
                matches = glob.iglob(pattern, recursive=True)  # noqa: PTH207 - also absolute ones
                found.update(p for p in matches if not Path(p).is_dir())
            else:
                found.add(pattern)
        named = {SCHEME + p.encode(errors="replace").decode(): p for p in sorted(found)}
        self.path_of |= named
        return list(named)

    def open(self, origin: str, position: Position | None, framing: Framing) -> FilePart:
        part = FilePart(origin, self._path(origin), self.params, framing)
        if position is not None:
            try:
                part.resume(position)
            except BaseException:
                part.close()
                raise
        return part

    def peek(self, origin: str, limit_bytes: int) -> bytes:
        try:
            with Path(self._path(origin)).open("rb") as file:
                return unpack(file).read(limit_bytes)
        except (OSError, Corrupt):
            return b""

    def _path(self, origin: str) -> str:
        path = self.path_of.get(origin, origin.removeprefix(SCHEME))
        if Path(path).is_dir():
            raise IsADirectoryError(f"{path!r}: expected a file, got a folder; try {path}/*.csv")
        return path
