"""Checkpoints in a folder: written beside, made durable, renamed; two generations kept.

A checkpoint is one file, so positions, state and counters can never disagree. A folder belongs
to one process at a time.
"""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path
from typing import IO, Any

from tocsin.ops import failpoints
from tocsin.ops.errors import PermissionDenied, StateError
from tocsin.state.snapshot import Arrays, decode, encode

NAME = re.compile(r"checkpoint-(\d{12})\.tocsin")
KEPT = 2


class Folder:
    """The checkpoints of one process.

    damaged   what `newest` found unreadable, as text for the log
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged: list[str] = []
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.lock: IO[str] = (path / "lock").open("w")
        except PermissionError as e:
            raise PermissionDenied(
                f"{path}: state folder: no right to write; set `state: {{folder: ...}}`"
            ) from e
        except OSError as e:
            raise StateError(f"{path}: state folder: {e.strerror}; set `state.folder`") from e
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            self.lock.close()
            raise StateError(
                f"{path}: state folder: in use by another process; give each its own `state.folder`"
            ) from e

    def generations(self) -> list[Path]:
        """Checkpoints there are, the newest first."""
        found = [p for p in self.path.iterdir() if NAME.fullmatch(p.name)]
        return sorted(found, reverse=True)

    def newest(self) -> tuple[Arrays, dict[str, Any]] | None:
        """The newest readable checkpoint; None where there is none at all. StateError where
        there are some and none can be read: starting over is for a person to decide."""
        self.damaged = []
        there = self.generations()
        for path in there:
            try:
                data = bytearray(path.read_bytes())
                failpoints.reach("restore.read", data)
                return decode(bytes(data))
            except (OSError, StateError) as e:
                self.damaged.append(f"{path.name}: {e}")
        if there:
            raise StateError(
                f"{self.path}: state folder: no checkpoint can be read ({self.damaged[0]}); "
                "move the folder away to start over"
            )
        return None

    def write(self, arrays: Arrays, meta: dict[str, Any]) -> int:
        """Write a checkpoint; answers its size in bytes. On return it is durable."""
        there = self.generations()
        number = int(NAME.fullmatch(there[0].name)[1]) + 1 if there else 1  # type: ignore[index]
        data = bytearray(encode(arrays, meta))
        failpoints.reach("ckpt.write", data)
        beside = self.path / "checkpoint.new"
        try:
            with beside.open("wb") as f:
                f.write(data)
                f.flush()
                os.fsync(f.fileno())
            failpoints.reach("ckpt.rename")
            beside.rename(self.path / f"checkpoint-{number:012d}.tocsin")
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as e:
            raise StateError(f"{self.path}: checkpoint: {e.strerror}") from e
        failpoints.reach("ckpt.renamed")
        for old in self.generations()[KEPT:]:
            old.unlink(missing_ok=True)
        return len(data)

    def close(self) -> None:
        """Give the folder free."""
        self.lock.close()
