"""Inputs: the origins of all sources, each opened once and read through its own lane."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tocsin.engine.lane import Cursor, Intake, Lane
from tocsin.engine.ledger import Ledger
from tocsin.ops import failpoints
from tocsin.ops.errors import InputMissing, PermissionDenied, TocsinError
from tocsin_connectors.contract import Format, Position, Records, Rejected, Source, SourcePart

HEAD_BYTES = 65_536
AT_ONCE_BYTES = 1 << 20
TOGETHER_BYTES = 64 << 20  # what all lanes together may hold as read, about


@dataclass(frozen=True, slots=True)
class Input:
    """A source and how its format is found: by name, or from the first bytes."""

    source: Source
    format_of: Callable[[bytes], tuple[str, Format]]


Open = Callable[[str, int, Format, bytes], Intake]  # origin, index, format, first bytes


class Inputs:
    """Finds origins and makes lanes.

    intake      makes the intake of one origin
    dead        takes dead letters: the records, and what of them was not taken
    recognised  told of each origin once: its format by name
    failed      told of an origin that cannot be opened; it is tried again. None: that is an error
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        intake: Open,
        ledger: Ledger,
        *,
        dead: Callable[[Records, Sequence[Rejected]], None],
        recognised: Callable[[str, str], None] = lambda _origin, _name: None,
        failed: Callable[[str, OSError], None] | None = None,
    ) -> None:
        self.inputs, self.intake, self.ledger = inputs, intake, ledger
        self.dead, self.recognised, self.failed = dead, recognised, failed
        self.names: list[str] = []
        self.cursors: dict[str, Cursor] = {}
        self.opened: set[str] = set()

    def resume(self, names: Sequence[str], cursors: Sequence[Mapping[str, object]]) -> None:
        """Go on where a checkpoint says."""
        self.names[:] = names
        self.cursors = {str(c["origin"]): Cursor(**c) for c in cursors}  # type: ignore[arg-type]

    def lanes(self) -> Iterator[Lane]:
        """Lanes of all origins that have none yet."""
        fresh = [
            (given, origin)
            for given in self.inputs
            for origin in given.source.origins()
            if origin not in self.opened
        ]
        share = max(AT_ONCE_BYTES // 16, min(AT_ONCE_BYTES, TOGETHER_BYTES // max(len(fresh), 1)))
        for given, origin in fresh:
            lane = self._opened(given, origin, share)
            while lane is None and self.failed is None:
                lane = self._opened(given, origin, share)  # a source waits a little itself
            if lane is not None:
                self.opened.add(origin)
                yield lane

    def pending(self) -> bool:
        """Whether there are origins that could not be opened yet."""
        return any(o not in self.opened for given in self.inputs for o in given.source.origins())

    def _opened(self, given: Input, origin: str, limit_bytes: int) -> Lane | None:
        """None: not yet, come again."""
        try:
            return self._lane(given, origin, limit_bytes)
        except BlockingIOError:
            return None
        except OSError as e:
            if self.failed is None:
                raise unreadable(origin, e) from e
            self.failed(origin, e)
            return None

    def _lane(self, given: Input, origin: str, limit_bytes: int) -> Lane:
        if origin not in self.names:
            self.names.append(origin)
        head = given.source.peek(origin, HEAD_BYTES)
        name, form = given.format_of(head)
        framing = form.framing(head)

        def opener(position: Position | None) -> SourcePart:
            return given.source.open(origin, position, framing)

        intake = self.intake(origin, self.names.index(origin), form, head)
        cursor = self.cursors.get(origin)
        lane = Lane(intake, opener, self._settled, cursor=cursor, limit_bytes=limit_bytes)
        self.recognised(origin, name)
        return lane

    def _settled(self, records: Records, rejected: Sequence[Rejected], blank: int) -> None:
        """All readings of these records are given out: the rest of them is told now."""
        self.ledger.records[records.origin] += len(records.payloads) - blank
        for r in rejected:
            self.ledger.add(records.origin, r.outcome, r.reason)
        if rejected:
            failpoints.reach("dead.send")
            self.dead(records, rejected)


def unreadable(origin: str, error: OSError) -> TocsinError:
    """What is wrong with an input, and what to do."""
    why = error.strerror or str(error)
    if isinstance(error, PermissionError):
        return PermissionDenied(f"{origin}: no permission to read it")
    return InputMissing(f"{origin}: cannot be read: {why[:1].lower()}{why[1:]}")
