"""Delimited rows: layouts, dialects, outcomes."""

import math

import pytest

from tocsin_connectors.formats.csv import Csv
from tocsin_connectors.testing import records_of, rows_of

S = 10**9
T = 1_700_000_000 * S


def decoded(text, *, head=True, **params):
    lines = text.encode().split(b"\n")
    form = Csv(Csv.parameters.of(**params))
    decoder = form.decoder("x", text.encode() if head else b"")
    out = decoder.decode(records_of(lines))
    return rows_of(decoder, out), [(r.record, r.reason) for r in out.rejected], out.blank


@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("timestamp,value\n2023-11-14 22:13:20,1.5", (1, "value", (), T, 1.5)),
        ("2023-11-14 22:13:20,1.5\n2023-11-14 22:13:21,2", (0, "value", (), T, 1.5)),
        ("1700000000,1.5", (0, "value", (), T, 1.5)),
        ("1.5;1700000000", (0, "value", (), T, 1.5)),
        ("Date\tClose\n2023-11-14T22:13:20Z\t1.5", (1, "Close", (), T, 1.5)),
        (
            '"time";"name";"host";"value"\n1700000000;cpu;a;1.5',
            (1, "cpu", (("host", "a"),), T, 1.5),
        ),
        ("time|value|anomaly\n1700000000000|1.5|0", (1, "value", (), T, 1.5)),
        ('time,value,note\n1700000000,1.5,"a, ""b"""', (1, "value", (("note", 'a, "b"'),), T, 1.5)),
        ("1700000000,1.5,web", (0, "value", (("column_3", "web"),), T, 1.5)),
    ],
)
def test_layouts(text, first, head):
    rows, rejected, _ = decoded(text, head=head)
    assert rows[0] == first
    assert not rejected


def test_a_wide_file_is_a_series_a_column_of_numbers():
    rows, _, _ = decoded("time,host,load,disk\n1700000000,a,1,2\n1700000060,b,,4")
    assert [(r[0], r[1], r[2][0][1]) for r in rows] == [
        (1, "load", "a"), (1, "disk", "a"), (2, "load", "b"), (2, "disk", "b"),
    ]  # fmt: skip
    assert math.isnan(rows[2][4])


def test_parameters_say_it_where_names_do_not():
    rows, _, _ = decoded(
        "a;b;c;d\n5;x;1;2", time="a", name="b", value="d", labels=[], time_unit="ms", delimiter=";"
    )
    assert rows == [(1, "x", (), 5_000_000, 2.0)]


def test_bad_rows_are_outcomes_and_the_stream_goes_on():
    text = (
        "time,value\n1700000000,1\n1700000001\n1700000002,1,2\n1700000003,inf\n"
        '1700000004,"1\n1700000005,x\nsoon,1\n\ntime,value\n1700000006,7'
    )
    rows, rejected, blank = decoded(text)
    assert [r[4] for r in rows] == [1.0, 7.0]
    reasons = [(2, "shape"), (3, "shape"), (4, "infinite"), (5, "malformed"), (6, "number"),
               (7, "time")]  # fmt: skip
    assert rejected == reasons
    assert blank == 3


def test_a_rotated_file_may_have_another_header():
    form = Csv(Csv.parameters.of())
    decoder = form.decoder("x", b"time,value\n1700000000,1\n")
    decoder.decode(records_of([b"time,value", b"1700000000,1"]))
    again = form.decoder("x", b"")
    again.restore(decoder.snapshot())
    out = again.decode(records_of([b"host,time,load", b"a,1700000001,2"]))
    assert rows_of(again, out) == [(1, "load", (("host", "a"),), T + S, 2.0)]


def test_rubbish_is_not_recognised():
    form = Csv(Csv.parameters.of())
    for head in (
        b"",
        b"hello world\n",
        b"\x00\x01\n",
        b'{"a":1,"b":2}\n',
        b"a,b\nc,d\n",
        b"1\n2\n",
    ):
        assert form.recognise(head) < 0.5
    assert form.recognise("time,value\n1700000000,1\n".encode("utf-16")) > 0.5


def test_the_known_benchmark_layout(shared):
    path = next((shared / "nab/data/realKnownCause").glob("*.csv"))
    lines = path.read_bytes().splitlines()
    decoder = Csv(Csv.parameters.of()).decoder("x", path.read_bytes()[:65536])
    out = decoder.decode(records_of(lines))
    assert (out.time.size, len(out.rejected), out.blank) == (len(lines) - 1, 0, 1)
    assert decoder.names == [("value", ())]
    assert decoder.shapes.known == 1
