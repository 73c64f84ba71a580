"""Names to classes, by entry points: nothing is imported until it is asked for.

Third parties register the same way as the parts that come with the program: an entry point in
the group `tocsin.detectors`, `tocsin.sources`, `tocsin.formats` or `tocsin.sinks`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, get_args

import msgspec

from tocsin.config.model import Component, Group
from tocsin.config.units import from_written
from tocsin.ops.errors import ConfigError, suggest

GROUPS: tuple[Group, ...] = get_args(Group)


@cache
def known(group: Group) -> dict[str, EntryPoint]:
    """Every installed part of a group, by name, sorted."""
    found = {e.name: e for e in entry_points(group=f"tocsin.{group}")}
    return dict(sorted(found.items()))


def load(group: Group, name: str) -> Any:
    """The class of one part. ConfigError where there is none, or it cannot be imported."""
    entry = known(group).get(name)
    if entry is None:
        hint = suggest(name, known(group)) or f"; there are {', '.join(known(group))}"
        raise ConfigError(f"no {group[:-1]} named {name!r}{hint}")
    try:
        return entry.load()
    except (ImportError, AttributeError, TypeError) as e:
        raise ConfigError(f"{group[:-1]} {name!r}: cannot be loaded from {entry.value}: {e}") from e


def build(group: Group, component: Component, **extra: Any) -> Any:
    """Make one part of its checked parameters; `extra` goes to its constructor."""
    cls = load(group, component.name)
    try:
        params = msgspec.convert(component.given, cls.parameters, dec_hook=from_written)
    except msgspec.ValidationError as e:
        raise ConfigError(f"{group[:-1]} {component.name!r}: {e}") from e
    return cls(params, **extra)


class Installed:
    """What the configuration is checked against: the parts that are installed."""

    def names(self, group: Group) -> list[str]:
        return list(known(group))

    def parameters(self, group: Group, name: str) -> type[msgspec.Struct]:
        found: type[msgspec.Struct] = load(group, name).parameters
        return found
