"""Reads standard input, as fast or slowly as it comes."""

from __future__ import annotations

import os
import select
from typing import Annotated, ClassVar

from msgspec import Meta

from tocsin_connectors import contract
from tocsin_connectors.codec.lines import Framer
from tocsin_connectors.contract import Framing, Position, Records

BLOCK = 1 << 20
PIPE = 1 << 16
WAIT_S = 0.2


class Params(contract.Params, frozen=True):
    """Limits of what comes in."""

    max_line: Annotated[
        int, Meta(ge=1024, description="Bytes of a line above which it is refused as oversize.")
    ] = 1 << 20
    descriptor: Annotated[
        int, Meta(ge=0, description="File descriptor to read: 0 is standard input.")
    ] = 0


class Pipe:
    """An open descriptor: what is there now, and whether the other side has hung up."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ahead = b""  # read to recognise the format, not yet handed out
        self.hung_up = False

    def read(self, limit: int, wait_s: float | None) -> bytes:
        """What comes within the wait, gathered as long as more is there; b"": nothing."""
        pieces, size = [self.ahead], len(self.ahead)
        self.ahead = b""
        while size < limit and not self.hung_up:
            ready, _, _ = select.select([self.descriptor], [], [], 0 if size else wait_s)
            if not ready:
                break
            piece = os.read(self.descriptor, min(PIPE, limit - size))
            self.hung_up = not piece
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)


class StdinPart:
    """Standard input being read."""

    finite = False

    def __init__(self, origin: str, pipe: Pipe, framer: Framer) -> None:
        self.origin, self.pipe, self.framer = origin, pipe, framer
        self.ended = False

    def read(self, limit_bytes: int) -> Records | None:
        while not self.ended:
            block = self.pipe.read(max(1, min(limit_bytes, BLOCK)), WAIT_S)
            if block:
                cut = self.framer.feed(block)
            elif self.pipe.hung_up:
                self.ended = True
                cut = self.framer.last()
            else:
                return None
            if cut is not None:
                first = self.framer.record - len(cut.lines)
                position = {"byte": self.framer.byte, "record": self.framer.record}
                return Records(self.origin, cut.lines, first, position, cut.rejected)
        return None

    def close(self) -> None:
        self.ended = True


@contract.connector
class Stdin:
    """Reads lines from standard input, or all of it as one record.

    What has come is handed on after at most 0.2 s, so a slow pipe is watched live; the end of
    the input is the end of the source. Lines, their limits and encodings are as of the source
    `file`; compressed input is not unpacked.

    Delivery: at most once. Standard input cannot be read again: after a restart it goes on with
    what comes then.
    """

    name: ClassVar = "stdin"
    parameters: ClassVar[type[contract.Params]] = Params

    def __init__(self, params: Params) -> None:
        self.params = params
        self.pipe = Pipe(params.descriptor)

    def origins(self) -> list[str]:
        return ["stdin"]

    def open(self, origin: str, position: Position | None, framing: Framing) -> StdinPart:
        os.fstat(self.params.descriptor)  # OSError where it is closed
        record = 0 if position is None else int(position["record"])
        byte = 0 if position is None else int(position["byte"])
        framer = Framer(framing, self.params.max_line, byte=byte, record=record)
        return StdinPart(origin, self.pipe, framer)

    def peek(self, origin: str, limit_bytes: int) -> bytes:
        """The first bytes; nothing can begin without, so a silent pipe is not open yet."""
        pipe = self.pipe
        if not pipe.ahead and not pipe.hung_up:
            try:
                pipe.ahead = pipe.read(limit_bytes, WAIT_S)
            except OSError:
                return b""
            if not pipe.ahead and not pipe.hung_up:
                raise BlockingIOError("nothing has come yet")
        return pipe.ahead[:limit_bytes]
