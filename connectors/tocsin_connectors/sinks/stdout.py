"""Writes deliveries to standard output, a line each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from tocsin_connectors import contract
from tocsin_connectors.contract import Delivery
from tocsin_connectors.sinks.jsonl import line


class Params(contract.Params, frozen=True):
    """Where it goes."""

    descriptor: Annotated[
        int, Meta(ge=0, description="File descriptor to write: 1 is standard output.")
    ] = 1


@contract.connector
class Stdout:
    """Writes each delivery to standard output as one line of JSON, at once.

    When the reader of a pipe goes away, further deliveries are left out quietly: whoever ends
    `| head` has seen enough.

    Delivery: at least once. After a restart the deliveries since the last checkpoint are
    written again.
    """

    name: ClassVar = "stdout"
    parameters: ClassVar[type[contract.Params]] = Params

    def __init__(self, params: Params) -> None:
        self.descriptor = params.descriptor
        self.hung_up = False

    def send(self, deliveries: Sequence[Delivery]) -> None:
        left = memoryview(b"".join(line(d) for d in deliveries))
        while left and not self.hung_up:
            try:
                left = left[os.write(self.descriptor, left) :]
            except BrokenPipeError:
                self.hung_up = True

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to release: the descriptor is the process's own."""
