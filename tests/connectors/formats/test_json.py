"""Mapped JSON: what is recognised, what is refused and why."""

import gzip
import math

import pytest

from tocsin_connectors.codec.labels import LABELS_MAX
from tocsin_connectors.formats.json import DEPTH_MAX, Json
from tocsin_connectors.testing import records_of, rows_of

S = 10**9
T = 1_700_000_000 * S


def decoded(*lines, **params):
    decoder = Json(Json.parameters.of(**params)).decoder("x", b"")
    out = decoder.decode(records_of([x if isinstance(x, bytes) else x.encode() for x in lines]))
    return rows_of(decoder, out), [(r.record, r.outcome, r.reason) for r in out.rejected], out.blank


@pytest.mark.parametrize(
    ("line", "name", "labels"),
    [
        ('{"time":1700000000,"value":1}', "value", ()),
        ('{"TS":1700000000,"V":1}', "V", ()),
        ('{"@timestamp":1700000000000,"metric":"m","val":1}', "m", ()),
        ('{"t":1700000000,"v":1,"series":"s","host":"a"}', "s", (("host", "a"),)),
        ('{"time":1700000000,"value":1,"tags":{"b":"2","a":1,"c":true,"d":null,"e":""}}', "value",
         (("a", "1"), ("b", "2"), ("c", "true"))),
        ('{"time":1700000000,"value":1,"labels":{"__name__":"up","job":"j"}}', "up",
         (("job", "j"),)),
        ('{"time":1700000000,"name":"up","value":1,"labels":{"__name__":"up"},"host":"h"}', "up",
         (("host", "h"),)),
        ('{"time":1700000000,"name":"cpu","user":1}', "cpu.user", ()),
        ('{"time":1700000000,"temp":1,"on":"yes"}', "temp", (("on", "yes"),)),
        ('{"time":1700000000,"value":1,"value":1,"name":"a","name":"b"}', "b", ()),
    ],
)  # fmt: skip
def test_fields_are_recognised(line, name, labels):
    assert decoded(line)[0] == [(0, name, labels, T, 1.0)]


def test_a_wide_record_is_a_series_a_number():
    rows, _, _ = decoded('{"time":1700000000,"name":"m","a":1,"b":2.5,"c":true,"d":null,"e":{}}')
    assert [(r[1], r[4]) for r in rows] == [("m.a", 1.0), ("m.b", 2.5), ("m.c", 1.0)]


def test_parameters_say_it_where_names_do_not():
    rows, rejected, _ = decoded(
        '{"when":5,"x":"1","y":2,"who":"n","core":7,"zone":"z"}', '{"when":5,"who":"n"}',
        time="when", value=["x", "y"], name="who", labels=["core"], time_unit="ms",
    )  # fmt: skip
    core = (("core", "7"),)
    assert rows == [(0, "n.x", core, 5_000_000, 1.0), (0, "n.y", core, 5_000_000, 2.0)]
    assert rejected == [(1, "dead_lettered", "shape")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3.0), ('"3.5"', 3.5), ('" 1e3 "', 1000.0), ("true", 1.0), ("false", 0.0), ("-0.0", 0.0)],
)
def test_values_of_any_spelling(value, expected):
    ((_, _, _, _, got),), _, _ = decoded(f'{{"time":1700000000,"value":{value}}}')
    assert got == expected


@pytest.mark.parametrize("value", ["null", "NaN", '"NaN"', '""', '"null"'])
def test_no_value_is_a_reading_without_a_value(value):
    ((_, _, _, _, got),), rejected, _ = decoded(f'{{"time":1700000000,"value":{value}}}')
    assert math.isnan(got)
    assert not rejected


@pytest.mark.parametrize(
    ("line", "outcome", "reason"),
    [
        ('{"time":1700000000,"value":Infinity}', "refused", "infinite"),
        ('{"time":1700000000,"value":"-inf"}', "refused", "infinite"),
        ('{"time":1700000000,"value":1e400}', "refused", "infinite"),
        ('{"time":1700000000,"value":1' + "0" * 400 + "}", "refused", "infinite"),
        ('{"time":1700000000,"value":"warm"}', "dead_lettered", "number"),
        ('{"time":1700000000,"value":"1_0"}', "dead_lettered", "number"),
        ('{"time":1700000000,"value":[1]}', "dead_lettered", "number"),
        ('{"time":"soon","value":1}', "dead_lettered", "time"),
        ('{"time":null,"value":1}', "dead_lettered", "time"),
        ('{"time":true,"value":1}', "dead_lettered", "time"),
        ('{"time":95000000000,"value":1}', "refused", "future"),
        ('{"time":1e40,"value":1}', "refused", "future"),
        ('{"value":1}', "dead_lettered", "shape"),
        ('{"time":1}', "dead_lettered", "shape"),
        ("{}", "dead_lettered", "shape"),
        ("[[1]]", "dead_lettered", "shape"),
        ("3", "dead_lettered", "shape"),
        ('"text"', "dead_lettered", "shape"),
        ("null", "dead_lettered", "shape"),
        ('{"time":1700000000,"value":1,"labels":"x"}', "dead_lettered", "shape"),
        ('{"time":1700000000,"value":1,"labels":{"a":{}}}', "dead_lettered", "shape"),
        ('{"time":1700000000,"value":1', "dead_lettered", "malformed"),
        ("{'time':1}", "dead_lettered", "malformed"),
        (b'{"time":1700000000,"value":1,"name":"\xff"}', "dead_lettered", "malformed"),
        ('{"time":1700000000,"value":1,"name":"\\ud800"}', "dead_lettered", "malformed"),
        ('{"time":1700000000,"value":NaN,"name":"\\ud800"}', "dead_lettered", "malformed"),
        ("[" * 100_000, "refused", "deep"),
        ('{"a":' * 70 + "1" + "}" * 70, "refused", "deep"),
        ('{"time":1700000000,"value":1,"name":"' + "x" * 1025 + '"}', "refused", "labels"),
        ('{"time":1700000000,"value":1,"host":"' + "é" * 513 + '"}', "refused", "labels"),
    ],
)
def test_what_is_not_taken_has_a_reason(line, outcome, reason):
    rows, rejected, blank = decoded(line)
    assert (rows, blank) == ([], 0)
    assert rejected == [(0, outcome, reason)]


def test_the_limits_themselves_are_allowed():
    many = ",".join(f'"l{i}":"x"' for i in range(LABELS_MAX))
    deep = '{"time":1700000000,"value":1,"x":' + "[" * (DEPTH_MAX - 1) + "]" * (DEPTH_MAX - 1) + "}"
    line = '{"time":1700000000,"value":1,"labels":{%s}}'
    assert len(decoded(line % many)[0]) == 1
    assert decoded(line % (many + ',"more":"x"'))[1] == [(0, "refused", "labels")]
    assert len(decoded(deep)[0]) == 1
    assert len(decoded(deep.replace('"x":', '"x":"[[[[[[\\"[[[[","y":'))[0]) == 1


def test_blank_lines_and_empty_arrays_are_nothing():
    assert decoded("", " \t", "[]", "[ ]", "\ufeff") == ([], [], 5)


def test_an_array_of_a_whole_file_is_decoded_element_by_element():
    elements = [f'{{"time":{1700000000 + i},"value":{i},\n"host":"h{i % 9}"}}' for i in range(999)]
    elements[500] = '{"value":1}'
    text = ("[" + ",".join(elements) + "]").encode()
    form = Json(Json.parameters.of())
    assert form.framing(text[:1000]) == "whole"
    rows, rejected, _ = decoded(text)
    assert len(rows) == 998
    assert rejected == [(0, "dead_lettered", "shape")]
    assert {r[0] for r in rows} == {0}
    assert rows[7] == (0, "value", (("host", "h7"),), T + 7 * S, 7.0)


@pytest.mark.parametrize(
    ("head", "sure", "framing"),
    [
        (b'{"time":1,"value":2}\n{"ti', True, "lines"),
        (b'{"time":1,"value":2}', True, "lines"),
        (b'[{"time":1}]\n[{"time":1}]\n', True, "lines"),
        (b'{\n "time": 1,\n "value": 2\n}', True, "whole"),
        (b'[\n{"time":1},', True, "whole"),
        (b'[{"time":1},{"ti', False, "whole"),
        (b'\xef\xbb\xbf{"time":1,"value":2}\n', True, "lines"),
        (b"time,value\n", False, "lines"),
        (b"", False, "lines"),
        (gzip.compress(b"x"), False, "lines"),
    ],
)
def test_it_recognises_its_own(head, sure, framing):
    form = Json(Json.parameters.of())
    assert (form.recognise(head) >= 0.5) is sure or form.recognise(head) == 0.5
    assert form.framing(head) == framing


def test_text_times_and_values_take_the_compiled_road_too():
    line = '{"name":"up","labels":{"job":"j"},"timestamp":"2023-11-14T22:13:%02dZ","value":"%d.5"}'
    lines = [line % (20 + i % 30, i) for i in range(200)]
    decoder = Json(Json.parameters.of()).decoder("x", b"")
    out = decoder.decode(records_of([x.encode() for x in lines]))
    assert len(rows_of(decoder, out)) == 200
    assert decoder.snapshot() == {"time": "timestamp", "value": "value"}
    assert decoder.shapes.known == 1
    assert out.time[1] - out.time[0] == S


@pytest.mark.slow
def test_a_million_series_are_bounded_by_starting_anew():
    form = Json(Json.parameters.of())
    decoder = form.decoder("x", b"")
    taken = 0
    for at in range(0, 1_000_000, 10_000):
        lines = [b'{"name":"n%d","time":1700000000,"value":1}' % i for i in range(at, at + 10_000)]
        taken += decoder.decode(records_of(lines)).time.size
        assert decoder.shapes.arena.size <= 64 << 20
        assert len(decoder.names) <= 210_000
        if len(decoder.names) > 200_000:
            learned = decoder.snapshot()
            decoder = form.decoder("x", b"")
            decoder.restore(learned)
    assert taken == 1_000_000
