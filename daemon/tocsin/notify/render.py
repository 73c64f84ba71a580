"""Alerts and incidents as the bytes that receivers get: JSON, one line, with its schema's name."""

from __future__ import annotations

import re

import msgspec

from tocsin.wire.alerts import Alert, Incident
from tocsin_connectors.contract import Delivery

# JSON may hold these as they are, but a terminal would obey some and a reader break lines at
# others: DEL, C1 controls, line and paragraph separators, marks that turn the writing around.
UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def body(told: Alert | Incident) -> bytes:
    """One JSON object without a line break; NaN does not occur, unknown numbers are null."""
    encoded = msgspec.json.encode(told)
    if encoded.isascii() and b"\x7f" not in encoded:
        return encoded
    return UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}", encoded.decode()).encode()


def delivery(told: Alert | Incident) -> Delivery:
    """With the id that lets a receiver drop repeats."""
    return Delivery(id=f"{told.id}:{told.revision}", body=body(told))
