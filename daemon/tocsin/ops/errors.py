"""The error tree: what can go wrong, and the exit code it ends in.

TocsinError                 1
├── UsageError              2
├── InputRefused           65   replay only; the daemon makes dead letters
├── InputMissing           66
├── BrokerUnreachable      69
├── StateError             74   no generation of a snapshot can be read or written
├── SinkFailed             74   a sink that stays out of reach; nothing is lost
├── LimitReached           75   what, limit, where to raise it
├── PermissionDenied       77
└── ConfigError            78   file, line, path

Messages read: where: what: expected, got; what to do. One line, no full stop, values quoted
by `repr` and cut at 200 characters, never a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import ClassVar

VALUE_CHARS_MAX = 200


def quoted(value: object) -> str:
    """A value from outside as it may stand in a message: escaped by `repr` and cut."""
    text = repr(value[: VALUE_CHARS_MAX + 1] if isinstance(value, str | bytes) else value)
    return text if len(text) <= VALUE_CHARS_MAX else text[:VALUE_CHARS_MAX] + "…"


def suggest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'near'?` where one of the known words is near, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


class TocsinError(Exception):
    """Base: carries the exit code."""

    exit_code: ClassVar[int] = 1


class UsageError(TocsinError):
    """A command line that makes no sense."""

    exit_code = 2


class InputRefused(TocsinError):
    """Input that holds undecodable records, where that was asked to be fatal."""

    exit_code = 65


class InputMissing(TocsinError):
    """No such input."""

    exit_code = 66


class BrokerUnreachable(TocsinError):
    """No answer from a broker."""

    exit_code = 69


class StateError(TocsinError):
    """State that can be neither read nor written."""

    exit_code = 74


class SinkFailed(TocsinError):
    """A sink that stays out of reach: ended before a checkpoint, so that a restart sends again."""

    exit_code = 74


class LimitReached(TocsinError):
    """A bound that stops the program."""

    exit_code = 75


class PermissionDenied(TocsinError):
    """A right that is missing."""

    exit_code = 77


class ConfigError(TocsinError):
    """A configuration that cannot be used; one line a problem, in the order of the file.

    `problems` holds the same in parts (see `tocsin.config.complain.Problem`).
    """

    exit_code = 78

    def __init__(self, message: str, problems: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
