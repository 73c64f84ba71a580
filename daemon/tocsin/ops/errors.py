"""The error tree: what can go wrong, and the exit code it ends in.

TocsinError                 1
├── UsageError              2
├── InputRefused           65   replay only; the daemon makes dead letters
├── InputMissing           66
├── BrokerUnreachable      69
├── StateError             74   no generation of a snapshot can be read or written
├── LimitReached           75   what, limit, where to raise it
├── PermissionDenied       77
└── ConfigError            78   file, line, path

Messages read: where: what: expected, got; what to do. One line, no full stop, values quoted
by `repr` and cut at 200 characters, never a secret.
"""

from __future__ import annotations

from typing import ClassVar


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


class LimitReached(TocsinError):
    """A bound that stops the program."""

    exit_code = 75


class PermissionDenied(TocsinError):
    """A right that is missing."""

    exit_code = 77


class ConfigError(TocsinError):
    """A configuration that cannot be used; one line a problem."""

    exit_code = 78
