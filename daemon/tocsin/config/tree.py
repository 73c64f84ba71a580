"""YAML text to plain values, with the place of every one of them.

Built from the parser's events, so that what a configuration has no need of is refused by name:
aliases and anchors, tags, duplicate keys, several documents. Scalars follow YAML 1.2's core
schema (`no` and `on` are text). A reference to the environment is replaced inside one scalar
after parsing, so what the environment holds can never change the structure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from tocsin.config.environment import MissingVariable, substitute
from tocsin.ops.errors import quoted
from tocsin.ops.limits import CONFIG_BYTES_MAX, CONFIG_DEPTH_MAX

Path = tuple[str | int, ...]
INT = re.compile(r"[-+]?[0-9]+")
OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", "+.inf"), float("inf")),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}


class Mark(NamedTuple):
    """A place in the file, counted from 1."""

    line: int
    column: int


class Unreadable(Exception):
    """The text is no configuration at all: reading stops here."""

    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.mark, self.message = mark, message


@dataclass(slots=True)
class Tree:
    """Values, where each stands, and which of them came out of the environment (as written)."""

    value: Any = None
    marks: dict[Path, Mark] = field(default_factory=dict)
    substituted: dict[Path, str] = field(default_factory=dict)
    complaints: list[tuple[Path, Mark, str]] = field(default_factory=list)

    def mark(self, path: Path) -> Mark:
        """Of the value, or of the nearest thing around it."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, Mark(1, 1))


def typed(text: str) -> Any:
    """A plain scalar by YAML 1.2's core schema."""
    if text in WORDS:
        return WORDS[text]
    if INT.fullmatch(text) and len(text) <= 40:
        return int(text)
    if OTHER_BASE.fullmatch(text) and len(text) <= 40:
        return int(text, 0)
    return float(text) if FLOAT.fullmatch(text) else text


def parse(content: bytes, environ: Mapping[str, str]) -> Tree:
    """Raises Unreadable where the text is not YAML; smaller problems are in `complaints`."""
    if len(content) > CONFIG_BYTES_MAX:
        raise Unreadable(
            Mark(1, 1), f"expected at most {CONFIG_BYTES_MAX} bytes, got {len(content)}"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = content.count(b"\n", 0, e.start) + 1
        raise Unreadable(Mark(line, 1), f"expected UTF-8, got byte {content[e.start]:#04x}") from e
    try:
        return _Builder(YAML(typ="safe", pure=True).parse(text), environ).build()
    except MarkedYAMLError as e:
        at = e.problem_mark or e.context_mark
        mark = Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
        raise Unreadable(mark, f"expected YAML, got: {' '.join(str(e.problem).split())}") from e
    except YAMLError as e:
        raise Unreadable(Mark(1, 1), f"expected YAML, got: {str(e).splitlines()[0]}") from e


class _Builder:
    """One pass over the events."""

    def __init__(self, events: Any, environ: Mapping[str, str]) -> None:
        self.events = events
        self.environ = environ
        self.tree = Tree()

    def build(self) -> Tree:
        documents = 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise Unreadable(_mark(event), "expected one document, got a second '---'")
            elif isinstance(event, NodeEvent):
                self.tree.value = self._node(event, ())
        return self.tree

    def _node(self, event: Any, path: Path) -> Any:
        self.tree.marks.setdefault(path, _mark(event))
        if isinstance(event, AliasEvent) or event.anchor:
            self._complain(event, path, "aliases and anchors are not supported; write it out")
        if isinstance(event, AliasEvent):
            return None
        if len(path) > CONFIG_DEPTH_MAX:
            raise Unreadable(_mark(event), f"expected at most {CONFIG_DEPTH_MAX} levels, got more")
        if event.tag:
            self._complain(event, path, f"tags are not supported, got {quoted(str(event.tag))}")
        if isinstance(event, MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(path)
        return self._scalar(event, path)

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, MappingEndEvent):
                break
            if not isinstance(event, ScalarEvent):
                raise Unreadable(_mark(event), "expected a key that is text, got a list or mapping")
            key = event.value
            at = (*path, key)
            if key in found:
                first = self.tree.marks[at].line
                self._complain(event, at, f"the key is there twice; the first is on line {first}")
                self._node(next(self.events), (*at, "second"))
                continue
            self.tree.marks[at] = _mark(event)
            found[key] = self._node(next(self.events), at)
        return found

    def _sequence(self, path: Path) -> list[Any]:
        found: list[Any] = []
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            found.append(self._node(event, (*path, len(found))))
        return found

    def _scalar(self, event: ScalarEvent, path: Path) -> Any:
        text = event.value
        if "$" in text:
            try:
                changed = substitute(text, self.environ)
            except MissingVariable as e:
                self._complain(event, path, str(e))
                return None
            if changed != text:
                self.tree.substituted[path] = text
            return changed
        return typed(text) if event.style is None else text

    def _complain(self, event: Any, path: Path, message: str) -> None:
        self.tree.complaints.append((path, _mark(event), message))


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)
