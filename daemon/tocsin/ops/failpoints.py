"""Named places where tests make the program fail.

`TOCSIN_FAILPOINTS="ckpt.rename=kill@2,output.send=sleep:0.5"`: at the second pass of
`ckpt.rename` the process kills itself; every pass of `output.send` sleeps half a second. With
the variable unset a point costs one attribute test. In production (`TOCSIN_ENV=production`) the
variable is refused.

A point that fails once is written `name=action@n`; one that fails at every pass has no `@n`.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from tocsin.ops.errors import UsageError, quoted, suggest

POINTS = {
    "decode.batch": "records were read, before they are decoded",
    "score.before": "points were admitted, before the detectors see them",
    "score.after": "the detectors have learned, before findings go on",
    "output.send": "before alerts are handed to a sink",
    "output.sent": "after a sink took alerts",
    "dead.send": "before dead letters are written",
    "ckpt.cut": "a checkpoint was decided, before state is copied",
    "ckpt.write": "before the bytes of a checkpoint are written",
    "ckpt.rename": "a checkpoint is complete under its temporary name",
    "ckpt.renamed": "a checkpoint has its name, before older ones go",
    "restore.read": "a checkpoint was read, before it is checked",
}
ACTIONS = ("kill", "stop", "exit", "raise", "full", "corrupt", "sleep:SECONDS")
EXIT_CODE = 86
SETTING = re.compile(
    r"(?P<name>[a-z.]+)=(?P<action>kill|stop|exit|raise|full|corrupt|sleep:(?P<seconds>[0-9.]+))"
    r"(?:@(?P<nth>[1-9][0-9]*))?"
)


class FailpointReached(Exception):
    """What the action `raise` raises: no part of the program catches it by name."""


class Setting(NamedTuple):
    """What happens at a point; `nth` 0: at every pass."""

    action: str
    seconds: float
    nth: int


class Failpoints:
    """The points that are set, and how often each was passed."""

    def __init__(self, settings: Mapping[str, Setting]) -> None:
        self.settings = dict(settings)
        self._passes: dict[str, int] = {}
        self._lock = threading.Lock()

    def reach(self, name: str, buffer: bytearray | None = None) -> None:
        """Fail here if that was asked for. `buffer` is what `corrupt` damages."""
        setting = self.settings.get(name)
        if setting is None:
            return
        with self._lock:
            self._passes[name] = self._passes.get(name, 0) + 1
            due = setting.nth in (0, self._passes[name])
        if due:
            _act(name, setting, buffer)


def parse(text: str, environment: str = "") -> Failpoints:
    """UsageError for what is no failpoint, and for any in production."""
    if text and environment == "production":
        raise UsageError(
            "TOCSIN_FAILPOINTS: refused while TOCSIN_ENV is 'production'; unset one of the two"
        )
    settings: dict[str, Setting] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        hit = SETTING.fullmatch(part)
        if hit is None:
            raise UsageError(
                f"TOCSIN_FAILPOINTS: expected name=action[@n], got {quoted(part)}; actions: "
                + ", ".join(ACTIONS)
            )
        if hit["name"] not in POINTS:
            raise UsageError(
                f"TOCSIN_FAILPOINTS: no failpoint {hit['name']!r}{suggest(hit['name'], POINTS)}"
            )
        seconds = float(hit["seconds"] or 0)
        settings[hit["name"]] = Setting(
            hit["action"].partition(":")[0], seconds, int(hit["nth"] or 0)
        )
    return Failpoints(settings)


def _act(name: str, setting: Setting, buffer: bytearray | None) -> None:
    if setting.action in ("kill", "stop"):
        os.kill(os.getpid(), signal.SIGKILL if setting.action == "kill" else signal.SIGSTOP)
    elif setting.action == "exit":
        os._exit(EXIT_CODE)
    elif setting.action == "raise":
        raise FailpointReached(name)
    elif setting.action == "full":
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)} (failpoint {name})")
    elif setting.action == "sleep":
        time.sleep(setting.seconds)
    elif setting.action == "corrupt" and buffer:
        buffer[len(buffer) // 2] ^= 0x01


_set: Failpoints | None = None


def arm(environ: Mapping[str, str]) -> None:
    """Read the settings once, when the program starts."""
    global _set  # noqa: PLW0603  (the points are compiled in everywhere: one switch for all)
    found = parse(environ.get("TOCSIN_FAILPOINTS", ""), environ.get("TOCSIN_ENV", ""))
    _set = found if found.settings else None


def reach(name: str, buffer: bytearray | None = None) -> None:
    """Pass a point; nothing happens unless it was set."""
    if _set is not None:
        _set.reach(name, buffer)
