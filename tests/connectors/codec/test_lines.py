"""Blocks into lines: any cut of the bytes gives the same records."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_connectors.codec.lines import Framer, Lines

TEXT = st.lists(
    st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b"bc" * 700, b"\xef\xbb\xbf", b""]), max_size=30
).map(b"".join)


def framed(blocks, limit=1024):
    framer = Framer("lines", limit)
    cuts = [c for c in [*map(framer.feed, blocks), framer.last()] if c is not None]
    payloads = [p for c in cuts for p in c.lines]
    rejected, first = [], 0
    for c in cuts:
        rejected += [(first + r.record, r.reason, r.detail) for r in c.rejected]
        first += len(c.lines)
    assert framer.record == len(payloads)
    assert framer.byte == framer.fed
    return payloads, rejected


@given(TEXT, st.lists(st.integers(1, 2000), max_size=8))
def test_lines_do_not_depend_on_the_blocks(text, sizes):
    whole = framed([text])
    blocks, at = [], 0
    for size in [*sizes, len(text) + 1]:
        blocks.append(text[at : at + size])
        at += size
    assert framed([b for b in blocks if b]) == whole
    expected = text.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not text.endswith(b"\n") and text:
        expected = [*expected, b""]
    kept = [p.removesuffix(b"\r") for p in expected[:-1]]
    got = whole[0]
    assert len(got) == len(kept)
    long = {i for i, _, _ in whole[1]}
    assert [p for i, p in enumerate(got) if i not in long] == [
        p for i, p in enumerate(kept) if i not in long
    ]
    assert long >= {i for i, p in enumerate(kept) if len(p) > 1024}


def test_a_line_of_ten_megabytes_is_refused_in_bounded_memory():
    framer = Framer("lines", 1 << 20)
    tracemalloc.start()
    cuts = [framer.feed(b"a\n")]
    cuts += [framer.feed(b"x" * (1 << 16)) for _ in range(160)]
    cuts.append(framer.feed(b"\nb\n"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 << 20
    last = cuts[-1]
    assert [p[:3] for p in last.lines] == [b"xxx", b"b"]
    assert [(r.record, r.outcome, r.reason) for r in last.rejected] == [(0, "refused", "oversize")]
    assert "10485760 bytes, limit 1048576" in last.rejected[0].detail


def test_utf_16_is_one_record_that_says_so():
    payloads, rejected = framed(["a\nb\n".encode("utf-16"), b"c\n"])
    assert len(payloads) == 1
    assert rejected[0][1] == "malformed"
    assert "UTF-16" in rejected[0][2]


def test_whole_input_is_one_record():
    framer = Framer("whole", 10)
    assert framer.feed(b"[1,\n") is None
    assert framer.feed(b"2]\n") is None
    assert list(framer.last().lines) == [b"[1,\n2]\n"]
    assert Framer("whole", 10).last() is None


def test_lines_are_a_sequence_of_bytes():
    lines = Lines.of([b"a", b"", b"ccc"])
    assert list(lines) == [lines[0], lines[1], lines[2]] == [b"a", b"", b"ccc"]
    assert list(lines[1:]) == [b"", b"ccc"]
    assert lines[-1] == b"ccc"
    with pytest.raises(IndexError):
        lines[3]
