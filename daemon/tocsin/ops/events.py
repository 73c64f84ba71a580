"""Every log event in one table, and the journal that writes and counts them.

A room is handed a `tell` and calls `tell("checkpoint_written", bytes=812, seconds=0.01)`. Names
and fields are checked against the table, which is also the reference page. An event of level
warning or error counts in `tocsin_<room>_problems_total{code}`: log and metric cannot disagree.
Nothing is told per point; a warning that repeats is held back, and the next line says how often.

structlog is imported when a journal is opened, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TextIO

from tocsin.ops.clock import Clock
from tocsin.ops.errors import VALUE_CHARS_MAX, quoted
from tocsin.ops.limits import LOG_REPEATS_PER_MINUTE

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")
THROTTLE_S = 60.0


class Event(NamedTuple):
    """One row: the fields it carries, what it means, what its reader should do."""

    room: str
    level: Level
    fields: tuple[str, ...]
    meaning: str
    todo: str = "nothing"


EVENTS: dict[str, Event] = {
    "api_listening": Event("api", "info", ("address",), "Probes and metrics can be asked for."),
    "api_failed": Event(
        "api",
        "warning",
        ("address", "error"),
        "Probes and metrics are not available; everything else works.",
        "free the address or set another one at `api.listen`",
    ),
    "request_failed": Event(
        "api",
        "error",
        ("path", "error"),
        "A request ended in a fault of the program.",
        "report it with the line",
    ),
    "daemon_started": Event(
        "engine",
        "info",
        ("version", "instance", "sources", "detectors", "state"),
        "The daemon has read its configuration and begins to read.",
    ),
    "daemon_stopped": Event(
        "engine", "info", ("reason", "seconds"), "The daemon has finished in order."
    ),
    "source_opened": Event(
        "engine", "info", ("source", "origin", "format"), "An origin is being read."
    ),
    "source_failed": Event(
        "engine",
        "warning",
        ("source", "origin", "error"),
        "An origin cannot be opened now; it is tried again.",
        "see the error: a missing file, a permission, a folder in the place of a file",
    ),
    "records_dead_lettered": Event(
        "ingest",
        "warning",
        ("source", "reason", "count", "first"),
        "Records could not be decoded; each is kept in the dead letters.",
        "look at the dead letters; check the format of the source",
    ),
    "readings_refused": Event(
        "ingest",
        "warning",
        ("source", "reason", "count", "first"),
        "Readings are against a limit or rule; each is kept in the dead letters.",
        "the reason names the rule; limits are in the reference",
    ),
    "dead_letters_failed": Event(
        "ingest",
        "error",
        ("file", "error", "count"),
        "Dead letters could not be written: they are counted, their content is lost.",
        "make room, or give the folder to the user of the daemon",
    ),
    "series_evicted": Event(
        "detect", "info", ("count", "series"), "Series without readings were forgotten."
    ),
    "series_limit_reached": Event(
        "detect",
        "warning",
        ("refused",),
        "The table of series is full; readings of new series are refused.",
        "raise `detect.max_series`, or have a label with endless values removed",
    ),
    "detector_failed": Event(
        "detect",
        "error",
        ("detector", "error"),
        "A detector failed on a batch and is out of use until the next start.",
        "report it with the line; the other detectors go on",
    ),
    "checkpoint_written": Event(
        "state", "debug", ("bytes", "seconds"), "State is safe up to here."
    ),
    "checkpoint_restored": Event("state", "info", ("series",), "Work goes on from a checkpoint."),
    "checkpoint_unreadable": Event(
        "state",
        "warning",
        ("error",),
        "A checkpoint is damaged; the one before it is used.",
        "check the disk; readings since then are read again",
    ),
    "detector_cold": Event(
        "state",
        "warning",
        ("detector", "reason"),
        "What a detector had learned does not fit its parameters or version any more.",
        "nothing: it learns anew, and claims less until it has",
    ),
    "sink_failed": Event(
        "notify",
        "warning",
        ("sink", "error", "attempt"),
        "A sink did not take alerts; they are kept and sent again.",
        "see the error; nothing is lost while the daemon keeps its state",
    ),
    "sink_refused": Event(
        "notify",
        "error",
        ("sink", "alert", "error"),
        "A sink will never take this alert.",
        "see the error: a wrong address, a wrong secret, a body it does not like",
    ),
}


Write = Callable[[Level, str, Mapping[str, Any]], None]
Tell = Callable[..., None]


class Journal:
    """Tells events: checks, counts, throttles, writes.

    `write` takes lines; `count` is called with (room, code) for each warning and error, held
    back or not.
    """

    def __init__(
        self, write: Write, count: Callable[[str, str], None], clock: Clock | None = None
    ) -> None:
        self._write = write
        self._count = count
        self._clock = clock or Clock()
        self._window: dict[str, tuple[float, int]] = {}

    def tell(self, event: str, /, **fields: Any) -> None:
        """One event. Unknown names and fields are a programmer's error."""
        row = EVENTS[event]
        assert set(fields) == set(row.fields), f"{event}: expected {row.fields}, got {[*fields]}"
        said = {name: clean(fields[name]) for name in row.fields}
        if row.level in ("warning", "error"):
            self._count(row.room, event)
            held = self._held(event)
            if held is None:
                return
            if held:
                said["held_back"] = held
        self._write(row.level, event, said)

    def _held(self, event: str) -> int | None:
        """How many lines of this event were held back before this one; None: hold this too."""
        now = self._clock.monotonic()
        since, lines = self._window.get(event, (now, 0))
        if now - since >= THROTTLE_S:
            held = max(0, lines - LOG_REPEATS_PER_MINUTE)
            self._window[event] = (now, 1)
            return held
        self._window[event] = (since, lines + 1)
        return 0 if lines < LOG_REPEATS_PER_MINUTE else None


def clean(value: Any) -> Any:
    """A value as it may stand in a log line: no control characters, at most 200 long."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [clean(v) for v in value[:20]]
    text = value if isinstance(value, str) else str(value)
    if text.isprintable() and len(text) <= VALUE_CHARS_MAX:
        return text
    return quoted(text)[1:-1] if len(text) <= VALUE_CHARS_MAX else quoted(text)[1:]


def open_journal(
    stream: TextIO,
    count: Callable[[str, str], None],
    *,
    level: Level = "info",
    form: Literal["auto", "json", "text"] = "auto",
    clock: Clock | None = None,
) -> Journal:
    """A journal that writes to a stream: text on a terminal, JSON lines elsewhere (`auto`)."""
    import structlog  # noqa: PLC0415  (a fifth of a second: only a daemon needs it)

    ours = clock or Clock()
    least = LEVELS.index(level)

    def dated(_: Any, method: str, fields: Any) -> Any:
        moment = datetime.fromtimestamp(ours.now() / 1e9, UTC)
        time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"time": time, "level": method, "event": fields["event"], **fields}

    as_text = form == "text" or (form == "auto" and stream.isatty())
    render: Any = (
        structlog.dev.ConsoleRenderer(colors=False, timestamp_key="time")
        if as_text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    logger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[dated, render],
        wrapper_class=structlog.BoundLogger,
    )

    def write(of: Level, event: str, fields: Mapping[str, Any]) -> None:
        if LEVELS.index(of) >= least:
            getattr(logger, of)(event, **fields)

    return Journal(write, count, ours)
