"""Items that choose a part by name: checked against the part's own parameters.

The classes are not imported here: `Parts` is handed in (`tocsin.registry.Installed` in the
program) and answers with names and parameter types.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from tocsin.config import describe
from tocsin.config.complain import Complaints
from tocsin.config.environment import read_secret
from tocsin.config.model import DEFAULT_DETECTORS, Component, Group, SourceItem
from tocsin.config.tree import Path
from tocsin.ops.errors import ConfigError, quoted, suggest

SHAPE = "a name, or one name with its parameters"


class Parts(Protocol):
    """What there is to choose from."""

    def names(self, group: Group) -> list[str]:
        """Every name of a group, sorted."""

    def parameters(self, group: Group, name: str) -> type[msgspec.Struct]:
        """The parameter type of one part. ConfigError where it cannot be loaded."""


class Items:
    """Turns written items into components, noting what is wrong."""

    def __init__(self, parts: Parts, complaints: Complaints) -> None:
        self.parts = parts
        self.complaints = complaints

    def many(self, group: Group, written: Any, at: Path) -> list[Component] | None:
        """A list of components; None where it is no list."""
        if not isinstance(written, list):
            self.complaints.add(at, f"expected a list of items, each {SHAPE}, got {_kind(written)}")
            return None
        made = [self.one(group, item, (*at, i)) for i, item in enumerate(written)]
        return [component for component in made if component is not None]

    def one(self, group: Group, item: Any, at: Path) -> Component | None:
        """One component; None (and a complaint) where it cannot be."""
        name, given = self._split(item, at)
        if name is None:
            return None
        below = at if isinstance(item, str) else (*at, name)
        if (group, name) in (("detectors", "default"), ("formats", "auto")):
            if given:
                self.complaints.add(below, f"{name!r} has no parameters")
            return Component(name)
        form = self._format(given, below) if group == "sources" else None
        if name not in self.parts.names(group):
            known = self.parts.names(group)
            hint = suggest(name, known) or f"; there are {', '.join(known)}"
            self.complaints.add(below, f"no {group[:-1]} named {quoted(name)}{hint}")
            return None
        try:
            kind = self.parts.parameters(group, name)
        except ConfigError as e:
            self.complaints.add(below, str(e))
            return None
        given = self._secrets(given, kind, below)
        params = self.complaints.convert(given, kind, below)
        if params is None:
            return None
        fields = {f.encode_name: f.name for f in msgspec.structs.fields(kind)}
        given = {key: getattr(params, fields[key]) for key in given if key in fields}
        return SourceItem(name, given, form) if group == "sources" else Component(name, given)

    def _split(self, item: Any, at: Path) -> tuple[str | None, dict[str, Any]]:
        """Name and parameters of an item."""
        if isinstance(item, str) and item:
            return item, {}
        if isinstance(item, dict) and len(item) == 1:
            ((name, given),) = item.items()
            if given is None:
                return name, {}
            if isinstance(given, dict):
                return name, dict(given)
            self.complaints.add(
                (*at, name), f"expected a mapping of parameters, got {_kind(given)}"
            )
            return None, {}
        many = isinstance(item, dict) and len(item) > 1
        got = f"{len(item)} names: {', '.join(map(quoted, item))}" if many else _kind(item)
        hint = "; indent the parameters under the name" if many else ""
        self.complaints.add(at, f"expected {SHAPE}, got {got}{hint}")
        return None, {}

    def _format(self, given: dict[str, Any], at: Path) -> Component | None:
        """Takes `format` out of a source's parameters."""
        if "format" not in given:
            return None
        return self.one("formats", given.pop("format"), (*at, "format"))

    def _secrets(self, given: dict[str, Any], kind: type, at: Path) -> dict[str, Any]:
        """`x_file` becomes `x` with what the file holds, where only `x` is a parameter."""
        known = describe.keys(kind, ())
        found: dict[str, Any] = {}
        for key, value in given.items():
            name = key.removesuffix("_file")
            if key in known or name == key or name not in known:
                found[key] = value
                continue
            if name in given:
                self.complaints.add((*at, key), f"expected {name!r} or {key!r}, got both")
            elif not isinstance(value, str):
                self.complaints.add((*at, key), f"expected the name of a file, got {_kind(value)}")
            else:
                try:
                    found[name] = read_secret(value)
                except ValueError as e:
                    self.complaints.add((*at, key), str(e))
                    found[name] = "-"
        return found


def expanded(detectors: list[Component]) -> list[Component]:
    """`default` replaced by what it stands for; one named explicitly counts for itself."""
    named = {d.name for d in detectors}
    found: list[Component] = []
    for d in detectors:
        if d.name == "default":
            found += [Component(name) for name in DEFAULT_DETECTORS if name not in named]
        else:
            found.append(d)
    return found


def _kind(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else quoted(value)
