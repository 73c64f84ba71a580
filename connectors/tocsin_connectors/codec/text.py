"""The first bytes of an input as UTF-8, for recognising what it is."""

from __future__ import annotations

from tocsin_connectors.codec.lines import BOM, UTF16


def readable(head: bytes) -> bytes:
    """Without a byte order mark; UTF-16 as UTF-8, so that a format knows its own even where
    the source refuses the encoding."""
    if head[:2] in UTF16:
        return head.decode("utf-16", errors="replace").encode(errors="replace")
    return head.removeprefix(BOM)
