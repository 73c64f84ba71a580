"""The configuration as frozen types: the one place where a key exists.

Every key has a description and a default; `docs/reference/config.md` is this file. Values with
a unit are plain numbers in the unit of their type (`tocsin.config.units`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from tocsin.config.units import Address, Duration, Rate
from tocsin.ops.limits import SERIES_MAX

DEFAULT_DETECTORS = ("robust", "sprt")
Group = Literal["detectors", "sources", "formats", "sinks"]


class Component:
    """A part chosen by name, with the parameters given for it (checked, not yet built)."""

    __slots__ = ("given", "name")

    def __init__(self, name: str, given: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.given: dict[str, Any] = dict(given or {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Component) and (self.name, self.given) == (other.name, other.given)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        """Names the keys only: a value may be a secret."""
        return f"{type(self).__name__}({self.name!r}, keys={sorted(self.given)})"


class SourceItem(Component):
    """A source, and the format of what it reads."""

    __slots__ = ("format",)

    def __init__(
        self,
        name: str,
        given: Mapping[str, Any] | None = None,
        form: Component | None = None,
    ) -> None:
        super().__init__(name, given)
        self.format = form or Component("auto")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SourceItem) and super().__eq__(other) and self.format == other.format
        )

    __hash__ = Component.__hash__


class Section(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=False
):
    """Base of every section: frozen, no unknown keys."""


def shown(description: str, default: str | None = None) -> Meta:
    """A description, and the default in words where the value itself would mislead."""
    extra = {"default_text": default} if default else None
    return Meta(description=description, extra_json_schema=extra)


Text: TypeAlias = Annotated[str, Meta(min_length=1)]


class Budget(Section, frozen=True):
    """How many false alerts you are willing to get: an upper bound, quiet days are silent."""

    per_entity: Annotated[Rate, shown("False alerts for one entity.")] = Rate.of("1/week")
    fleet: Annotated[Rate, shown("False alerts for all entities together.")] = Rate.of("20/day")


class Detect(Section, frozen=True):
    """What watches every series, and which readings it gets to see."""

    detectors: Annotated[
        tuple[Component, ...],
        shown(
            "Names, or `name: {parameters}`; `default` stands for "
            + ", ".join(DEFAULT_DETECTORS)
            + ".",
            "[default]",
        ),
    ] = tuple(Component(name) for name in DEFAULT_DETECTORS)
    lateness: Annotated[
        Duration,
        shown(
            "Hold readings back so long, and give them out in the order of their time. "
            "Delays every alert by as much."
        ),
    ] = Duration(0)
    on_duplicate: Annotated[
        Literal["drop", "keep"],
        shown("What becomes of a second reading of one series at one time."),
    ] = "drop"
    max_series: Annotated[
        int, Meta(ge=1, le=100_000_000, description="Series held at once; new ones are refused.")
    ] = SERIES_MAX
    evict_after: Annotated[Duration, shown("Forget a series that had no reading for so long.")] = (
        Duration.of("7d")
    )
    future: Annotated[Duration, shown("Refuse readings further ahead of the clock than this.")] = (
        Duration.of("1d")
    )


class State(Section, frozen=True):
    """Where what was learned is kept, and how often it is written."""

    folder: Annotated[
        str,
        shown(
            "Folder of the checkpoints; `~` is your home.",
            "$XDG_STATE_HOME/tocsin, else ~/.local/state/tocsin",
        ),
    ] = ""
    every: Annotated[Duration, shown("Time between checkpoints.")] = Duration.of("10s")


class DeadLetters(Section, frozen=True):
    """Where records go that could not be used."""

    file: Annotated[str, shown("File of JSON lines.", "dead.jsonl in the state folder")] = ""


class Api(Section, frozen=True):
    """Probes and metrics over HTTP."""

    listen: Annotated[Address, shown("Address of /livez, /readyz and /metrics.")] = Address(
        "127.0.0.1:9464"
    )


class Log(Section, frozen=True):
    """The program's own log, on standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], shown("Least level that is written.")
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "text"],
        shown("`auto`: text on a terminal, JSON lines elsewhere."),
    ] = "auto"


class Config(Section, frozen=True):
    """The whole file. Every key may be left out."""

    instance: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
            description="Name of this installation; part of every alert id.",
        ),
    ] = "tocsin"
    sources: Annotated[
        tuple[SourceItem, ...],
        shown(
            "What to read: `name: {parameters}`, with `format: NAME` or "
            "`format: {NAME: {parameters}}` beside the parameters (default `auto`)."
        ),
    ] = ()
    entity: Annotated[
        tuple[Text, ...],
        shown("Labels that name the thing monitored; those a series has are used."),
    ] = (
        *("service", "service.name", "job", "host", "host.name", "hostname", "instance"),
        *("namespace", "k8s.namespace.name", "pod", "k8s.pod.name"),
    )
    budget: Budget = Budget()
    detect: Detect = Detect()
    sinks: Annotated[
        tuple[Component, ...], shown("Where alerts go: `name: {parameters}`.", "[stdout]")
    ] = (Component("stdout"),)
    state: State = State()
    dead_letters: DeadLetters = DeadLetters()
    api: Annotated[Api | Literal["off"], shown("`off`: no HTTP at all.", "see below")] = Api()
    log: Log = Log()
    seed: Annotated[
        int, Meta(ge=0, le=2**63 - 1, description="Every random number follows from it.")
    ] = 0


# Keys of earlier versions: dotted path → what to write now. Named in the error instead of
# "unknown key", so that an upgrade tells its reader what to do.
OBSOLETE: dict[str, str] = {}
