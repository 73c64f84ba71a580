"""Whether a file is still the one a position was made of: device, inode and first bytes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

HEAD = 1024


def _fingerprint(head: bytes) -> str:
    return hashlib.blake2b(head, digest_size=16).hexdigest()


def identity(descriptor: int) -> dict[str, Any]:
    """What is remembered of an open file; JSON-able."""
    status = os.fstat(descriptor)
    head = os.pread(descriptor, HEAD, 0)
    return {
        "device": status.st_dev,
        "inode": status.st_ino,
        "head": _fingerprint(head),
        "size": len(head),
    }


def is_same(descriptor: int, known: dict[str, Any]) -> bool:
    """Whether an open file begins as the known one did and has its inode, or, as after a move
    to another disk, only begins so for a whole kilobyte."""
    status = os.fstat(descriptor)
    head = os.pread(descriptor, known["size"], 0)
    if len(head) != known["size"] or _fingerprint(head) != known["head"]:
        return False
    place = (status.st_dev, status.st_ino) == (known["device"], known["inode"])
    return place or known["size"] == HEAD


def renamed(path: str, known: dict[str, Any]) -> str | None:
    """Where a rotated file went: the sibling with its inode and first bytes."""
    folder = Path(path).parent
    try:
        there = [e.path for e in os.scandir(folder) if e.inode() == known["inode"]]
        for candidate in there:
            with Path(candidate).open("rb") as file:
                if is_same(file.fileno(), known):
                    return candidate
    except OSError:
        return None
    return None
