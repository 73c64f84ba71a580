"""Problems as sentences: file:line: path: expected, got; what to do.

msgspec stops at its first error, so a value is converted again and again, each time without
the part that was complained about, until it fits: the rules stay msgspec's own, and all
problems are told together, in the order of the file.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from tocsin.config import describe
from tocsin.config.model import OBSOLETE, Config
from tocsin.config.tree import Mark, Path, Tree, typed
from tocsin.config.units import from_written
from tocsin.ops.errors import ConfigError, quoted, suggest
from tocsin.ops.limits import CONFIG_PROBLEMS_MAX

T = TypeVar("T")
STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[(\.\.\.)\]")
SECRET = re.compile(r"(?i)(secret|password|passwd|token|credential|key)s?$")
UNKNOWN = re.compile(r"Object contains unknown field `(.*)`$", re.DOTALL)
REQUIRED = re.compile(r"Object missing required field `(.*)`$", re.DOTALL)


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong, and where."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        at = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}: {at}{self.message}"


def dotted(path: Path) -> str:
    """`('detect', 'detectors', 0)` as `detect.detectors[0]`."""
    text = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in path).lstrip(".")
    return text if text.isprintable() else quoted(text)


class Complaints:
    """Collects what is wrong with one file."""

    def __init__(self, file: str, tree: Tree) -> None:
        self.file = file
        self.tree = tree
        self.problems: list[Problem] = []
        self._told: set[Path] = set()
        for path, mark, message in tree.complaints:
            self.add(path, message, mark)
            self._told.add(path)

    def add(self, path: Path, message: str, mark: Mark | None = None) -> None:
        """Note a problem at a path of the file, unless the text itself was wrong there."""
        if path in self._told:
            return
        line, column = mark or self.tree.mark(path)
        self.problems.append(Problem(self.file, line, column, dotted(path), message))

    def raise_any(self) -> None:
        """ConfigError with all of them, if there are any."""
        if not self.problems:
            return
        found = sorted(self.problems, key=lambda p: (p.line, p.column))
        lines = [str(p) for p in found[:CONFIG_PROBLEMS_MAX]]
        if len(found) > CONFIG_PROBLEMS_MAX:
            lines.append(f"{self.file}: and {len(found) - CONFIG_PROBLEMS_MAX} more problems")
        raise ConfigError("\n".join(lines), found)

    def convert(self, value: Any, into: type[T], at: Path) -> T | None:
        """The value as `into`, with every problem in it noted; None where there is no way.

        `at` is where the value stands in the file.
        """
        value = _copy(value)
        gone: list[Path] = []
        retyped: set[Path] = set()
        while len(gone) <= CONFIG_PROBLEMS_MAX:
            try:
                return msgspec.convert(_pruned(value, gone), into, dec_hook=from_written)
            except msgspec.ValidationError as e:
                what, path = _split(e)
            path = _original(path, gone)
            if path and (*at, *path) in self.tree.substituted and path not in retyped:
                retyped.add(path)
                _at(value, path[:-1])[path[-1]] = typed(_at(value, path))
                continue
            path = self._complain(what, value, into, (at, path), gone)
            if not path:
                return None
            gone.append(path)
        return None

    def _complain(
        self, what: str, value: Any, into: type, where: tuple[Path, Path], gone: list[Path]
    ) -> Path:
        """Note one problem; the path of what has to go before the next can be seen."""
        at, path = where
        if hit := UNKNOWN.match(what):
            self.unknown_key((*at, *path, hit[1]), describe.keys(into, path))
            return (*path, hit[1])
        if REQUIRED.match(what):
            for name, kind in describe.required(into, path):
                if name not in _at(value, path):
                    self.add((*at, *path, name), f"missing; expected {describe.words(kind)}")
        elif not any(path == other[: len(path)] for other in gone):
            found = describe.at(into, path)
            ours = what.startswith(("Expected", "Invalid"))
            expected = f"expected {describe.words(found)}" if ours and found else what
            self.add((*at, *path), f"{expected}{self.got(at, path, value)}")
        return path

    def got(self, at: Path, below: Path, value: Any) -> str:
        """`, got …` without ever showing a secret or what the environment holds."""
        path = (*at, *below)
        if path in self.tree.substituted:
            return f", got what {quoted(self.tree.substituted[path])} stands for"
        if any(isinstance(step, str) and SECRET.search(step) for step in path):
            return ""
        found = _at(value, below)
        if found is None:
            return ", got nothing"
        if isinstance(found, dict | list):
            return ", got a mapping" if isinstance(found, dict) else ", got a list"
        return f", got {quoted(found)}"

    def unknown_key(self, path: Path, known: list[str]) -> None:
        """Say what it may have been: an old key, one spelt nearly so, one of another section."""
        name = str(path[-1])
        if old := OBSOLETE.get(dotted(path)):
            self.add(path, f"no longer a key; {old}")
            return
        hint = suggest(name, known)
        if not hint:
            elsewhere = [k for k in describe.walk(Config) if k.path[-1] == name]
            if elsewhere:
                hint = f"; it belongs at {'.'.join(elsewhere[0].path)!r}"
            elif known:
                hint = f"; known keys: {', '.join(known)}"
        self.add(path, f"unknown key{hint}")


def _split(error: msgspec.ValidationError) -> tuple[str, Path]:
    """What msgspec says, and the path it says it of (up to a mapping with free keys)."""
    what, _, where = str(error).partition(" - at `")
    path: list[str | int] = []
    for name, index, free in STEP.findall(where.partition("$")[2].rstrip("`")):
        if free:
            break
        path.append(int(index) if index else name)
    return what, tuple(path)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    return [_copy(v) for v in value] if isinstance(value, list) else value


def _pruned(value: Any, gone: list[Path]) -> Any:
    """A copy without these paths; later and deeper ones go first, so none of them moves."""
    value = _copy(value)
    for path in sorted(gone, reverse=True):
        del _at(value, path[:-1])[path[-1]]
    return value


def _original(path: Path, gone: list[Path]) -> Path:
    """A path in the pruned value as it was before: list items that went count again."""
    found: Path = ()
    for step in path:
        if isinstance(step, int):
            for other in sorted(p[-1] for p in gone if p[:-1] == found):
                step += isinstance(other, int) and other <= step  # noqa: PLW2901
        found = (*found, step)
    return found
