"""Limits and one order for the labels of a series."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin_connectors.codec.reject import Reject, shown
from tocsin_connectors.contract import Labels

LABELS_MAX = 64
LABEL_BYTES_MAX = 1024
SHORT = LABEL_BYTES_MAX // 4  # characters that are within the limit in any script


def _checked(text: str, what: str) -> str:
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise Reject("malformed", f"{what} {shown(text)}: half a surrogate pair") from None
    if size > LABEL_BYTES_MAX:
        raise Reject("labels", f"{what}: {size} bytes, limit {LABEL_BYTES_MAX}", "refused")
    return text


def label_text(value: object) -> str | None:
    """A label's value as text; None where there is none. `Reject` for lists and objects."""
    if isinstance(value, str):
        return value
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    raise Reject("shape", "a label that is a list or an object")


def series(name: str, labels: Mapping[str, str]) -> tuple[str, Labels]:
    """Name and labels of a series, sorted by label, within limits; empty labels left out."""
    if len(labels) > LABELS_MAX:
        raise Reject("labels", f"{len(labels)} labels, limit {LABELS_MAX}", "refused")
    for key, value in labels.items():
        if len(key) > SHORT or not key.isascii():
            _checked(key, "label")
        if len(value) > SHORT or not value.isascii():
            _checked(value, "label value")
    kept = sorted((k, v) for k, v in labels.items() if v)
    return _checked(name, "name"), tuple(kept)
