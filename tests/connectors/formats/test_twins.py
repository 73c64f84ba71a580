"""The compiled road and the plain one give the same columns and the same rejections."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_connectors.codec import shapes
from tocsin_connectors.formats.csv import Csv
from tocsin_connectors.formats.json import Json
from tocsin_connectors.testing import records_of, rows_of

NUMBER = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["1e999", "-0", "-0.0", "1e5", "01", "1.", "+1", "null", "true", "NaN",
                     "-Infinity", '"1.5"', '"x"', '"NaN"', '""', "[1]", "{}",
                     "0.1234567890123456789"]),
)  # fmt: skip
TIME = st.one_of(
    st.sampled_from(["1700000000", "1700000000000", "1700000000.25", "1e9", "null", "-5",
                     "99999999999", '"2023-11-14T22:13:20.5Z"', '"2023-11-14 22:13:20"',
                     '"1700000000"', '"2023-13-01"', '"x"', "1e300", "9999999999"]),
    NUMBER,
)  # fmt: skip
TEXT = st.sampled_from(
    ['"a"', '"b\\u0061"', '"\\ud800"', '"é"', '"\\""', '"' + "x" * 1100 + '"', '""']
)
LABELS = st.sampled_from(
    ['{"host":"a"}', '{ "host" : "a" }', '{"host":"b","core":1}', "{}", "null", '{"x":[1]}', "3",
     '{"__name__":"z"}', '{"a":"1","a":"2"}']
)  # fmt: skip
MEMBER = st.one_of(
    st.tuples(st.sampled_from(['"time"', '"ts"', '"t\\u0069me"']), TIME),
    st.tuples(st.sampled_from(['"value"', '"v"', '"load"', '"VALUE"']), NUMBER),
    st.tuples(st.sampled_from(['"name"', '"host"']), TEXT),
    st.tuples(st.just('"labels"'), LABELS),
)
RECORD = st.builds(
    lambda members, space: "{" + ("," + space).join(f"{k}:{space}{v}" for k, v in members) + "}",
    st.lists(MEMBER, max_size=6),
    st.sampled_from(["", " ", "\t"]),
)
USUAL = st.builds(
    lambda t, v, h: f'{{"name":"cpu","labels":{{"host":"{h}"}},"time":{t},"value":{v}}}',
    TIME, NUMBER, st.sampled_from("abc"),
)  # fmt: skip
LINES = st.lists(
    st.one_of(RECORD, USUAL, st.sampled_from(["", " ", "[]", "x", "{", "[{}]", '{"time":1}'])),
    max_size=40,
)
CELL = st.one_of(
    st.sampled_from(["1", "", "NaN", "nan", "inf", "x", "1e5", " 2 ", "+3", ".5", "5.", "1_0", "é",
                     '"a,b"', '"', "2023-11-14 22:13:20", "1700000000", "\x00",
                     "0.1234567890123456789"]),
    st.floats().map(repr),
)  # fmt: skip
ROW = st.lists(CELL, min_size=2, max_size=5).map(",".join)


def both(make, payloads):
    a, b = make(), make()
    records = records_of(payloads)
    fast, plain = a.decode(records), b.decode_plain(records)
    assert [(*r[:4], float(r[4]).hex()) for r in rows_of(a, fast)] == [
        (*r[:4], float(r[4]).hex()) for r in rows_of(b, plain)
    ]
    assert list(fast.rejected) == list(plain.rejected)
    assert fast.blank == plain.blank
    return fast


def shuffled(lines, seed):
    """Enough of them for the compiled road, each several times."""
    rng = random.Random(seed)
    return [rng.choice(lines).encode(errors="replace") for _ in range(200)] if lines else []


@given(LINES, st.integers(0, 9))
def test_json(lines, seed):
    both(lambda: Json(Json.parameters.of()).decoder("x", b""), shuffled(lines, seed))


@given(LINES, st.sampled_from(["name", "host"]), st.sampled_from(["s", "ms"]))
def test_json_with_parameters(lines, name, unit):
    params = Json.parameters.of(name=name, labels=["host", "load"], time_unit=unit, tz="+02:00")
    both(lambda: Json(params).decoder("x", b""), shuffled(lines, 1))


@given(st.lists(ROW, max_size=30), st.sampled_from(["time,host,value", "time,load,host,disk", ""]))
def test_csv(rows, header):
    lines = [x.encode(errors="replace") for x in [header, *rows * 10] if x or not header]
    both(lambda: Csv(Csv.parameters.of()).decoder("x", b"\n".join(lines)), lines)
    both(lambda: Csv(Csv.parameters.of()).decoder("x", b""), lines)


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_at_all(payloads):
    lines = [p.replace(b"\n", b"") for p in payloads] * 8
    for cls in (Json, Csv):
        both(lambda cls=cls: cls(cls.parameters.of()).decoder("x", b""), lines)


def test_a_table_of_shapes_that_is_full_changes_nothing(monkeypatch):
    monkeypatch.setattr(shapes, "SHAPES_MAX", 1 << 11)
    line = '{{"name":"n{}","time":17000{:05d},"value":{}}}'
    lines = [line.format(i % 3000, i, i / 7).encode() for i in range(9000)]
    make = Json(Json.parameters.of()).decoder
    decoder = make("x", b"")
    for at in range(0, 9000, 1500):
        out = decoder.decode(records_of(lines[at : at + 1500]))
        twin = make("x", b"")
        plain = twin.decode_plain(records_of(lines[at : at + 1500]))
        assert rows_of(decoder, out) == rows_of(twin, plain)


@pytest.mark.parametrize("order", ["in turn", "at random"])
def test_many_series_in_any_order(order):
    rng = random.Random(5)
    lines = []
    for i in range(5000):
        k = i % 700 if order == "in turn" else rng.randrange(700)
        v = rng.choice([rng.random(), round(rng.random(), 3), rng.randrange(10**18), 1e-30])
        lines.append(f'{{"name":"c","host":"{k}","time":{1700000000 + i},"value":{v!r}}}'.encode())
    out = both(lambda: Json(Json.parameters.of()).decoder("x", b""), lines)
    assert out.time.size == 5000
