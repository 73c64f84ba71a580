"""How a decoder says no to one record without stopping the others."""

from __future__ import annotations

from typing import Literal

from tocsin_connectors.contract import Rejected

SHOWN = 80
Outcome = Literal["dead_lettered", "refused"]


class Reject(Exception):
    """Raised inside a decoder only; becomes the `Rejected` of one record or reading."""

    def __init__(self, reason: str, detail: str, outcome: Outcome = "dead_lettered") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.outcome = outcome

    def of(self, record: int) -> Rejected:
        """The outcome as the contract has it."""
        return Rejected(record, self.outcome, self.reason, self.detail)


def shown(value: object) -> str:
    """A value from outside for a message: quoted, escaped and cut."""
    if isinstance(value, str | bytes):
        value = value[:SHOWN]
    text = ascii(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "~"
