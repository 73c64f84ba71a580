"""Standard input: slow pipes, ends, nothing now."""

import os
import threading
import time

from tocsin_connectors.sources.stdin import WAIT_S, Stdin
from tocsin_connectors.testing import read_all


def piped():
    read, write = os.pipe()
    return Stdin(Stdin.parameters.of(descriptor=read)), write


def test_a_slow_pipe_gives_what_there_is():
    source, write = piped()
    part = source.open("stdin", None, "lines")
    assert not part.finite
    os.write(write, b"a\nb")
    assert list(part.read(1 << 20).payloads) == [b"a"]
    begun = time.monotonic()
    assert part.read(1 << 20) is None
    assert time.monotonic() - begun < 10 * WAIT_S
    assert not part.ended
    os.write(write, b"c\n")
    assert list(part.read(1 << 20).payloads) == [b"bc"]
    os.write(write, b"last")
    os.close(write)
    records = part.read(1 << 20)
    assert (list(records.payloads), records.first) == ([b"last"], 2)
    assert part.ended
    assert part.read(1 << 20) is None


def test_a_peek_loses_nothing():
    source, write = piped()
    threading.Timer(0.05, lambda: (os.write(write, b"a\nb\n"), os.close(write))).start()
    assert source.peek("stdin", 2) == b"a\n"
    part = source.open("stdin", None, "lines")
    assert [p for r in read_all(part) for p in r.payloads] == [b"a", b"b"]


def test_input_without_end_can_be_one_record():
    source, write = piped()
    os.write(write, b"[1,\n2]")
    os.close(write)
    (records,) = read_all(source.open("stdin", None, "whole"))
    assert list(records.payloads) == [b"[1,\n2]"]
