"""Intake: names of decoders become keys of one dictionary; the far future is refused; what is
remembered is bounded."""

import numpy as np

from tocsin.ingest import intake
from tocsin.ingest.intake import Dictionary, Intake
from tocsin.ops.clock import ManualClock
from tocsin_connectors.contract import Records
from tocsin_connectors.formats.json import Json, Params

NOW = 1_700_000_000
DAY_NS = 86_400 * 10**9


def opened(dictionary=None, origin="file:/tmp/cpu.ndjson"):
    return Intake(
        origin,
        source=0,
        format=Json(Params()),
        head=b"",
        dictionary=dictionary or Dictionary(100),
        clock=ManualClock(NOW * 10**9),
        future_ns=DAY_NS,
    )


def records(*lines):
    return Records("file:/tmp/cpu.ndjson", [line.encode() for line in lines], 0, {})


def line(host, time=NOW):
    return f'{{"name":"m","labels":{{"host":"{host}"}},"time":{time},"value":1}}'


def keys(decoded):
    return [decoded.batch.keys.key[c] for c in decoded.batch.series]


def test_labels_in_any_order_are_one_series():
    lines = (
        '{"name":"m","labels":{"a":"1","b":"2"},"time":1700000000,"value":1}',
        '{"name":"m","labels":{"b":"2","a":"1"},"time":1700000060,"value":1}',
    )
    assert keys(opened().step(records(*lines))) == [b'm{a="1",b="2"}'] * 2


def test_origins_share_one_dictionary():
    both = Dictionary(100)
    one, two = opened(both), opened(both, "file:/tmp/b.ndjson")
    a, b = one.step(records(line("x"))), two.step(records(line("x")))
    assert a.batch.series.tolist() == b.batch.series.tolist()


def test_a_series_without_labels_is_told_apart_by_its_file():
    decoded = opened().step(records('{"name":"m","time":1700000000,"value":1}'))
    assert keys(decoded) == [b'm{file="cpu"}']


def test_a_reading_from_the_far_future_is_refused_beside_the_good_ones():
    decoded = opened().step(records(line("a"), line("b", NOW + 2 * 86_400), line("c")))
    assert decoded.batch.value.size == 2
    assert decoded.place.tolist() == [0, 2]
    assert [(r.record, r.outcome, r.reason) for r in decoded.rejected] == [(1, "refused", "future")]


def test_the_dictionary_starts_anew_when_it_has_grown_too_long():
    small = Dictionary(5)
    of = opened(small)
    first = of.step(records(*(line(f"h{i}") for i in range(8))))
    second = of.step(records(line("h3")))
    assert second.batch.keys.token == first.batch.keys.token + 1
    assert keys(second) == [b'm{host="h3"}']
    assert keys(first)[3] == b'm{host="h3"}'


def test_what_a_decoder_remembers_is_bounded(monkeypatch):
    monkeypatch.setattr(intake, "NAMES_MAX", 10)
    of = opened()
    for n in range(5):
        of.step(records(*(line(f"h{n}-{i}") for i in range(8))))
        assert len(of.decoder.names) <= 18


def test_readings_keep_their_place_in_the_batch():
    decoded = opened().step(records(line("a"), line("b"), line("a", NOW + 60)))
    assert np.array_equal(decoded.batch.time, np.array([NOW, NOW, NOW + 60]) * 10**9)
