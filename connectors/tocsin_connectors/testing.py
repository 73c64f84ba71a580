"""Checks of the connector contract, for anybody's connector and without a test framework.

`format_checks`, `source_checks` and `sink_checks` yield (name, callable) pairs, as
`pytest.mark.parametrize` likes them; each callable raises AssertionError.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from tocsin_connectors.contract import (
    REASONS,
    Decoder,
    Delivery,
    Format,
    Labels,
    Readings,
    Records,
    Sink,
    Source,
    SourcePart,
)

Check = tuple[str, Callable[[], None]]
Row = tuple[int, str, Labels, int, float]
SECONDS_PER_MIB = 60.0  # a bound, not a goal: nothing grows faster than its input


@dataclass(frozen=True)
class Known:
    """What a format makes of an input: one record a line of `text`.

    readings  (record, name, labels, time in ns, value)
    rejected  (record, outcome, reason)
    """

    text: bytes
    readings: Sequence[Row]
    rejected: Sequence[tuple[int, str, str]] = ()
    blank: int = 0
    hostile: Sequence[bytes] = field(default_factory=tuple)


def records_of(payloads: Sequence[bytes], first: int = 0) -> Records:
    """Records as a source would give them."""
    return Records("test:x", payloads, first, {"record": first + len(payloads)})


def rows_of(decoder: Decoder, readings: Readings, first: int = 0) -> list[Row]:
    """Readings without codes, so that decoders with other codes compare; NaN as None's cousin:
    equal to itself by being the text "nan"."""
    names = [decoder.names[i] for i in readings.series.tolist()]
    columns = zip(
        readings.record.tolist(), names, readings.time.tolist(), readings.value.tolist(),
        strict=True,
    )  # fmt: skip
    return [(first + r, n, labels, t, v) for r, (n, labels), t, v in columns]


def same_rows(a: Sequence[Row], b: Sequence[Row]) -> bool:
    """Equal to the bit; NaN equals NaN."""
    return [(*r[:4], float(r[4]).hex()) for r in a] == [(*r[:4], float(r[4]).hex()) for r in b]


def check_accounting(decoder: Decoder, records: Records) -> Readings:
    """Every record ends exactly as readings, rejected, or blank, in the columns' types."""
    out = decoder.decode(records)
    types = [out.record.dtype, out.series.dtype, out.time.dtype, out.value.dtype]
    assert types == [np.int32, np.int32, np.int64, np.float64], types
    assert len({a.size for a in (out.record, out.series, out.time, out.value)}) == 1
    assert (np.diff(out.record) >= 0).all(), "records of readings decrease"
    numbers = [r.record for r in out.rejected]
    assert numbers == sorted(numbers), "rejected records are out of order"
    ended = set(out.record.tolist()) | set(numbers)
    assert len(ended) + out.blank == len(records.payloads), (len(ended), out.blank)
    assert ended <= set(range(len(records.payloads)))
    assert not np.isinf(out.value).any(), "an infinite value"
    for r in out.rejected:
        assert r.reason in REASONS, r
        assert len(r.detail) < 1000, "a detail without bound"
    if out.series.size:
        assert 0 <= out.series.min() <= out.series.max() < len(decoder.names)
    return out


def _all(decoder: Decoder, payloads: Sequence[bytes], sizes: Sequence[int]) -> list[object]:
    """Outcomes of the payloads in batches of these sizes, the last size repeated."""
    rows: list[Row] = []
    rejected: list[tuple[int, str, str]] = []
    blank = at = turn = 0
    while at < len(payloads):
        size = sizes[min(turn, len(sizes) - 1)]
        out = decoder.decode(records_of(payloads[at : at + size], at))
        rows += rows_of(decoder, out, at)
        rejected += [(at + r.record, r.outcome, r.reason) for r in out.rejected]
        blank += out.blank
        at += size
        turn += 1
    return [[(*r[:4], float(r[4]).hex()) for r in rows], rejected, blank]


def check_split(make: Callable[[], Decoder], payloads: Sequence[bytes]) -> None:
    """Any split of the records gives the same columns."""
    n = max(len(payloads), 1)
    whole = _all(make(), payloads, [n])
    for sizes in ([1], [3], [1, n], [n // 2 + 1], [64, 1, 100]):
        assert _all(make(), payloads, sizes) == whole, f"batches of {sizes}"


def check_restore(make: Callable[[], Decoder], payloads: Sequence[bytes]) -> None:
    """A restored decoder goes on as if never interrupted; its snapshot is JSON."""
    whole = _all(make(), payloads, [len(payloads)])
    for cut in (0, 1, 2, len(payloads) // 2, len(payloads)):
        a, b = make(), make()
        before = _all(a, payloads[:cut], [max(cut, 1)])
        b.restore(msgspec.json.decode(msgspec.json.encode(a.snapshot())))
        out = b.decode(records_of(payloads[cut:], cut))
        rows = [(*r[:4], float(r[4]).hex()) for r in rows_of(b, out, cut)]
        assert [*before[0], *rows] == whole[0], f"restored after {cut}"  # type: ignore[misc]


def check_rubbish(make: Callable[[], Decoder], seeds: Sequence[bytes], seed: int = 0) -> None:
    """Bytes at random, and the seeds with bytes changed, never raise."""
    rng = np.random.default_rng(seed)
    payloads = [rng.bytes(int(n)).replace(b"\n", b" ") for n in rng.integers(0, 200, 200)]
    for s in seeds:
        for _ in range(40):
            changed = bytearray(s)
            for at in rng.integers(0, max(len(s), 1), 2).tolist():
                if changed:
                    changed[at % len(changed)] = int(rng.integers(0, 256))
            payloads.append(bytes(changed[: int(rng.integers(0, len(s) + 2))]))
            payloads.append(bytes(changed))
    payloads = [p.replace(b"\n", b" ") for p in payloads]
    check_accounting(make(), records_of(payloads))
    for p in payloads:
        check_accounting(make(), records_of([p]))


def check_time(make: Callable[[], Decoder], seeds: Sequence[bytes]) -> None:
    """Long records take time in proportion to their length."""
    for s in (*seeds, b"[", b'{"a":', b'"', b",", b"1", b"\\", b"\xff", b" "):
        payload = (s * ((1 << 18) // max(len(s), 1) + 1))[: 1 << 18]
        begun = time.process_time()
        check_accounting(make(), records_of([payload]))
        spent = time.process_time() - begun
        assert spent < SECONDS_PER_MIB / 4, f"{spent:.1f} s for 256 KiB of {s[:20]!r}"


def check_known(make: Callable[[], Decoder], known: Known) -> None:
    """The readings written down beside the input."""
    decoder = make()
    out = check_accounting(decoder, records_of(known.text.splitlines()))
    rows = rows_of(decoder, out)
    assert same_rows(rows, known.readings), rows
    assert [(r.record, r.outcome, r.reason) for r in out.rejected] == list(known.rejected)
    assert out.blank == known.blank


def format_checks(make: Callable[[], Format], known: Known) -> Iterator[Check]:
    """All checks of a format."""
    lines = known.text.splitlines()
    long = [*lines, *lines[1:] * 20, *known.hostile, *lines[1:] * 20]

    def headless() -> Decoder:
        return make().decoder("test:x", b"")

    def decoder() -> Decoder:
        return make().decoder("test:x", known.text)

    def recognised() -> None:
        assert make().recognise(known.text) > 0.5
        assert make().recognise(b"") == 0.0
        assert 0.0 <= make().recognise(b"\x00\xff\xfe" * 100) < 0.5
        assert make().framing(known.text) == "lines"

    yield "recognised", recognised
    yield "known", lambda: check_known(decoder, known)
    yield "known-without-head", lambda: check_known(headless, known)
    yield "accounting", lambda: (check_accounting(decoder(), records_of(long)), None)[1]
    yield "split", lambda: check_split(decoder, long)
    yield "split-without-head", lambda: check_split(headless, long)
    yield "restore", lambda: check_restore(decoder, long)
    yield "restore-without-head", lambda: check_restore(headless, long)
    yield "rubbish", lambda: check_rubbish(decoder, lines)
    yield "time", lambda: check_time(decoder, lines)


def read_all(
    part: SourcePart, limit_bytes: int = 1 << 20, stop: int | None = None
) -> list[Records]:
    """Read a part to its end, or `stop` batches of it."""
    batches: list[Records] = []
    while not part.ended and (stop is None or len(batches) < stop):
        records = part.read(limit_bytes)
        if records is not None:
            batches.append(records)
    return batches


def source_checks(
    make: Callable[[], Source], payloads: Sequence[bytes], *, resumable: bool
) -> Iterator[Check]:
    """All checks of a source whose first origin holds exactly these payloads as lines.

    `make` is called once a reading: a source that cannot be read twice is filled anew by it.
    """

    def read(limit: int) -> None:
        source = make()
        origin = source.origins()[0]
        assert source.peek(origin, 16) == b"\n".join(payloads)[:16]
        part = source.open(origin, None, "lines")
        batches = read_all(part, limit)
        assert [p for b in batches for p in b.payloads] == list(payloads)
        at = 0
        for b in batches:
            assert b.first == at, "numbers of records have gaps"
            at += len(b.payloads)
        assert part.read(limit) is None
        part.close()
        part.close()

    def resume() -> None:
        for stop in range(1, 6):
            source = make()
            part = source.open(source.origins()[0], None, "lines")
            before = read_all(part, 64, stop)
            part.close()
            position = msgspec.json.decode(msgspec.json.encode(before[-1].position))
            source = make()
            part = source.open(source.origins()[0], position, "lines")
            after = read_all(part)
            part.close()
            assert [p for b in (*before, *after) for p in b.payloads] == list(payloads)
            if after:
                assert after[0].first == before[-1].first + len(before[-1].payloads)

    def origins() -> None:
        source = make()
        assert source.origins() == source.origins()

    yield "read", lambda: read(1 << 20)
    yield "read-in-small-steps", lambda: read(7)
    yield "origins", origins
    if resumable:
        yield "resume", resume


def sink_checks(
    make: Callable[[], Sink], delivered: Callable[[], Sequence[bytes]]
) -> Iterator[Check]:
    """All checks of a sink; `delivered`: what has arrived since `make` was called."""

    def order() -> None:
        sink = make()
        bodies = [b'{"n":%d}' % i for i in range(100)]
        sink.send([Delivery(str(i), b) for i, b in enumerate(bodies[:60])])
        sink.send([])
        sink.send([Delivery(str(60 + i), b) for i, b in enumerate(bodies[60:])])
        sink.flush()
        assert list(delivered()) == bodies
        sink.close()

    def repeats() -> None:
        sink = make()
        for _ in range(2):
            sink.send([Delivery("a", b"{}")])
        sink.close()
        assert set(delivered()) == {b"{}"}

    def lines() -> None:
        sink = make()
        sink.send([Delivery("a", b'{\n"a": 1\n}\n')])
        sink.close()
        assert len(delivered()) == 1, "a delivery is one line"

    yield "order", order
    yield "repeats", repeats
    yield "lines", lines
