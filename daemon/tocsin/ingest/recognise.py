"""`format: auto`: the format that is surest of the first bytes."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin_connectors.contract import Format

FALLBACK = "json"  # says of every record why it is not one


def recognise(head: bytes, formats: Mapping[str, Format]) -> tuple[str, float]:
    """Name of the format and how sure it is; ties go to the first in name order."""
    sure = {name: f.recognise(head) for name, f in sorted(formats.items())}
    best = max(sure, key=lambda name: sure[name])
    return (best, sure[best]) if sure[best] > 0 else (FALLBACK, 0.0)
