"""A file becomes a Config, or all that is wrong with it is said at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tocsin.config.complain import Complaints
from tocsin.config.components import Items, Parts, expanded
from tocsin.config.model import Config
from tocsin.config.tree import Tree, Unreadable, parse
from tocsin.ops.errors import ConfigError, InputMissing, PermissionDenied, quoted
from tocsin.ops.limits import CONFIG_BYTES_MAX


def load(path: Path | None, parts: Parts, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check a whole configuration; None: the defaults; `-`: standard input.

    ConfigError holds every problem with its line; InputMissing and PermissionDenied are about
    the file itself.
    """
    if path is None:
        return completed(Config(), environ)
    return load_text(_read(path), str(path) if str(path) != "-" else "<stdin>", parts, environ)


def load_text(
    content: bytes, name: str, parts: Parts, environ: Mapping[str, str] = os.environ
) -> Config:
    """The same for text at hand; `name` stands for the file in messages."""
    try:
        tree = parse(content, environ)
    except Unreadable as e:
        complaints = Complaints(name, Tree())
        complaints.add((), e.message, e.mark)
        complaints.raise_any()
        raise AssertionError("a complaint raises") from e
    complaints = Complaints(name, tree)
    config = _understood(tree.value, Items(parts, complaints), complaints)
    complaints.raise_any()
    assert config is not None, "without a complaint there is a configuration"
    return completed(config, environ)


def completed(config: Config, environ: Mapping[str, str]) -> Config:
    """With the places filled in that follow from the environment and from each other."""
    given = config.state.folder
    folder = Path(given).expanduser() if given else default_state_folder(environ)
    letters = config.dead_letters.file
    dead = Path(letters).expanduser() if letters else folder / "dead.jsonl"
    return msgspec.structs.replace(
        config,
        state=msgspec.structs.replace(config.state, folder=str(folder)),
        dead_letters=msgspec.structs.replace(config.dead_letters, file=str(dead)),
    )


def default_state_folder(environ: Mapping[str, str]) -> Path:
    """By the XDG rules: relative values count as unset."""
    base = Path(environ.get("XDG_STATE_HOME", ""))
    if not base.is_absolute():
        base = Path(environ.get("HOME") or "~").expanduser() / ".local" / "state"
    return base / "tocsin"


def _read(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read(CONFIG_BYTES_MAX + 1)
    try:
        with path.open("rb") as file:
            return file.read(CONFIG_BYTES_MAX + 1)
    except FileNotFoundError as e:
        raise InputMissing(f"{path}: no such file") from e
    except PermissionError as e:
        raise PermissionDenied(f"{path}: no permission to read it") from e
    except OSError as e:
        raise ConfigError(f"{path}: cannot be read: {e.strerror}") from e


def _understood(written: Any, items: Items, complaints: Complaints) -> Config | None:
    """Components first, each with its own rules, then everything around them."""
    if written is None:
        return Config()
    if not isinstance(written, dict):
        complaints.add((), f"expected a mapping of keys, got {quoted(type(written).__name__)}")
        return None
    value = dict(written)
    for key in ("sources", "sinks"):
        if key in value:
            value[key] = items.many("sources" if key == "sources" else "sinks", value[key], (key,))
            if value[key] is None:
                del value[key]
    detect = value.get("detect")
    if isinstance(detect, dict) and "detectors" in detect:
        made = items.many("detectors", detect["detectors"], ("detect", "detectors"))
        rest = {k: v for k, v in detect.items() if k != "detectors"}
        value["detect"] = rest if made is None else {**rest, "detectors": expanded(made)}
    config = complaints.convert(value, Config, ())
    if config is not None and not complaints.problems:
        _check_together(config, complaints)
    return config


def _check_together(config: Config, complaints: Complaints) -> None:
    """Rules that need more than one key."""
    names = [d.name for d in config.detect.detectors]
    for name in sorted({n for n in names if names.count(n) > 1}):
        complaints.add(("detect", "detectors"), f"{name!r} is there more than once")
    if not names:
        complaints.add(("detect", "detectors"), "expected at least one detector, got none")
    if config.budget.fleet < config.budget.per_entity:
        complaints.add(
            ("budget", "fleet"),
            f"expected at least the budget of one entity ({config.budget.per_entity.written}), "
            f"got {config.budget.fleet.written}",
        )
