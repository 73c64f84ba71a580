"""Plain, gzip and zstd files as one stream of bytes, known by their first bytes, not their name.

Memory is bounded by the chunk; several gzip members or zstd frames one after another are one
stream. What a cut or corrupt file still holds is given out first, then `Corrupt` is raised.
"""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO, Protocol

CHUNK = 16 << 10
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
SKIPPABLE = (b"\x2a\x4d\x18",)  # zstd's skippable frames: 0x184D2A50 to 0x184D2A5F


class Corrupt(Exception):
    """The compressed stream ends early or is damaged; everything before it was given out."""


class Stream(Protocol):
    """Decompressed bytes in order."""

    packed: bool

    def read(self, limit: int) -> bytes:
        """About `limit` bytes; b"": at the end, for now. Raises Corrupt."""

    def skip(self, count: int) -> None:
        """Leave out the next bytes."""


class Plain:
    """Bytes as they are."""

    packed = False

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def read(self, limit: int) -> bytes:
        return self.file.read(limit)

    def skip(self, count: int) -> None:
        self.file.seek(count, io.SEEK_CUR)


class _Packed:
    """Gathers small pieces; a defect is told only when all before it was given out."""

    packed = True

    def __init__(self) -> None:
        self.defect: Corrupt | None = None

    def piece(self, limit: int) -> bytes:
        raise NotImplementedError

    def read(self, limit: int) -> bytes:
        pieces, size = [], 0
        while size < limit and self.defect is None:
            try:
                piece = self.piece(limit - size)
            except Corrupt as defect:
                self.defect = defect
                break
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
        if not pieces and self.defect is not None:
            raise self.defect
        return b"".join(pieces)

    def skip(self, count: int) -> None:
        while count > 0:
            block = self.read(min(count, 1 << 20))
            if not block:
                return
            count -= len(block)


class Gzip(_Packed):
    """RFC 1952, members one after another, zeros after the last."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self.file = file
        self.inflate = zlib.decompressobj(31)
        self.input = b""

    def piece(self, limit: int) -> bytes:
        while True:
            if self.inflate.eof:
                self.input = (self.inflate.unused_data or self.file.read(CHUNK)).lstrip(b"\0")
                if not self.input and not self.file.peek(1):  # type: ignore[attr-defined]
                    return b""
                self.inflate = zlib.decompressobj(31)
            chunk = self.input or self.file.read(CHUNK)
            if not chunk:
                raise Corrupt("the gzip file ends in the middle")
            try:
                out = self.inflate.decompress(chunk, min(limit, 1 << 20))
            except zlib.error as error:
                raise Corrupt(f"corrupt gzip data: {error}") from None
            self.input = self.inflate.unconsumed_tail
            if out:
                return out


class Zstd(_Packed):
    """RFC 8878, frames one after another. Arrow's reader: its state does not grow."""

    def __init__(self, file: BinaryIO) -> None:
        import pyarrow as pa  # noqa: PLC0415 - a tenth of a second that plain files do not pay

        super().__init__()
        self.stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")

    def piece(self, limit: int) -> bytes:
        try:
            return bytes(self.stream.read(min(limit, CHUNK)))
        except OSError as error:
            raise Corrupt(f"the zstd file is cut or corrupt: {error}") from None


def unpack(file: BinaryIO) -> Stream:
    """The stream in a buffered file that stands at its beginning."""
    head = file.peek(4)[:4]  # type: ignore[attr-defined]
    if head.startswith(GZIP):
        return Gzip(file)
    if head == ZSTD or (head[1:4] in SKIPPABLE and head[0] >> 4 == 5):
        return Zstd(file)
    return Plain(file)
