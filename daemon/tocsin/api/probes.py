"""What is asked of a running process, in the manner of Kubernetes' own API server.

`/livez` says whether the process should be restarted, `/readyz` whether it should be given
work. A check is a name and a callable that returns "" when fine, else the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

Check = Callable[[], str]


class Answer(NamedTuple):
    """Status code and text of one probe."""

    status: int
    text: str


def answer(checks: Mapping[str, Check], *, verbose: bool, exclude: Collection[str]) -> Answer:
    """All checks that are not excluded; 503 with the reasons if one fails.

    Verbose, or when one fails, every check has a line: `[+]name ok`, `[-]name failed: reason`.
    """
    lines = []
    failed = False
    for name, check in checks.items():
        if name in exclude:
            lines.append(f"[+]{name} excluded: ok")
            continue
        reason = check()
        failed = failed or bool(reason)
        lines.append(f"[-]{name} failed: {reason}" if reason else f"[+]{name} ok")
    unknown = sorted(set(exclude) - set(checks))
    lines += [f"[?]no check named {name!r} to exclude" for name in unknown]
    if failed:
        return Answer(503, "\n".join([*lines, "check failed"]) + "\n")
    return Answer(200, "\n".join([*lines, "check passed"]) + "\n" if verbose else "ok\n")
