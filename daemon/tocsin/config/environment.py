"""`${VAR}` in values, and secrets from files: what a configuration takes from outside itself."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from tocsin.ops.errors import quoted
from tocsin.ops.limits import SECRET_BYTES_MAX

REFERENCE = re.compile(r"\$(?:\$|\{([^}:]*)(?::([-?])([^}]*))?\}|)")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class MissingVariable(Exception):
    """A reference that cannot be followed; the message says which and why."""


def substitute(text: str, environ: Mapping[str, str]) -> str:
    """Replace `${VAR}`, `${VAR:-default}`, `${VAR:?message}`; `$$` is one dollar sign.

    An empty variable counts as unset where a default or a message is given, as in a shell.
    """

    def value(hit: re.Match[str]) -> str:
        name, sign, rest = hit[1], hit[2], hit[3]
        if hit[0] in ("$$", "$"):
            return "$"
        if not NAME.fullmatch(name):
            raise MissingVariable(
                f"expected ${{NAME}}, got {quoted(hit[0])}; write $$ for a dollar sign"
            )
        found = environ.get(name)
        if found or (found is not None and not sign):
            return found
        if sign == "-":
            return rest
        if sign == "?":
            raise MissingVariable(f"${{{name}}}: {rest or 'is not set'}")
        raise MissingVariable(
            f"the environment has no variable {name}; set it or write ${{{name}:-default}}"
        )

    return REFERENCE.sub(value, text)


def read_secret(file: str) -> str:
    """The content of a file without one line end. ValueError says what is wrong, never what
    the file holds."""
    path = Path(file).expanduser()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"no such file: {quoted(file)}") from None
    except PermissionError:
        raise ValueError(f"no permission to read {quoted(file)} as user {os.geteuid()}") from None
    except OSError as e:
        raise ValueError(f"cannot read {quoted(file)}: {e.strerror}") from None
    if len(content) > SECRET_BYTES_MAX:
        raise ValueError(f"expected a secret of at most {SECRET_BYTES_MAX} bytes in {quoted(file)}")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ValueError(f"expected UTF-8 text in {quoted(file)}") from None
    return text.removesuffix("\n").removesuffix("\r")
