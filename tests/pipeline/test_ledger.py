"""Every reading has exactly one outcome, whatever comes in: in = scored + filtered + late +
duplicate + dead_lettered + refused, with the reason, in bounded memory."""

import gzip
import json
import resource

import pytest

from tocsin.cli import main

OUTCOMES = ("scored", "filtered", "late", "duplicate", "dead_lettered", "refused")
NOW_S = 1_700_000_000


@pytest.fixture
def summary(capsys, tmp_path):
    """Replay bytes (or several files of them) and answer the summary."""

    def run(*contents, name="in.ndjson", options=(), code=0):
        paths = []
        for i, content in enumerate(contents):
            path = tmp_path / f"{i}-{name}"
            path.write_bytes(content)
            paths.append(str(path))
        assert main(["replay", "-q", "--summary", *options, *paths]) == code
        return json.loads(capsys.readouterr().out)

    return run


def line(time=NOW_S, value=1.0, **more):
    return json.dumps({"name": "m", "labels": {"host": "a"}, "time": time, "value": value} | more)


def ndjson(*lines):
    return "".join(f"{text}\n" for text in lines).encode()


def total(s):
    return sum(s[o] for o in OUTCOMES)


def test_every_outcome_is_counted_once(summary):
    s = summary(
        ndjson(
            line(NOW_S),
            line(NOW_S),
            line(NOW_S - 5),
            line(NOW_S + 60, None),
            '{"broken',
            line(NOW_S + 86_400 * 365 * 200),
            line(NOW_S + 120),
        )
    )
    assert {o: s[o] for o in OUTCOMES} == {
        "scored": 2,
        "filtered": 1,
        "late": 1,
        "duplicate": 1,
        "dead_lettered": 1,
        "refused": 1,
    }
    assert s["reasons"] == {"future": 1, "malformed": 1, "no_value": 1}
    assert s["records"] == 7


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("1.5", "scored"),
        (True, "scored"),
        (float("nan"), "filtered"),
        (float("inf"), "refused"),
        (float("-inf"), "refused"),
        ("high", "dead_lettered"),
        ([1], "dead_lettered"),
        ({"a": 1}, "dead_lettered"),
        (1e400, "refused"),
    ],
)
def test_a_value_of_any_kind_has_its_outcome(summary, value, outcome):
    s = summary(ndjson(line(NOW_S), line(NOW_S + 60, value)))
    assert total(s) == 2
    assert s[outcome] == (2 if outcome == "scored" else 1)


@pytest.mark.parametrize("scale", [1, 10**3, 10**6, 10**9])
def test_times_in_any_unit_are_the_same_time(summary, scale):
    s = summary(ndjson(line(NOW_S), line(NOW_S * scale)))
    assert (s["scored"], s["duplicate"]) == (1, 1)


def test_rubbish_ends_as_dead_letters(summary):
    import random  # noqa: PLC0415

    rubbish = random.Random(1).randbytes(300_000)
    s = summary(rubbish, options=["--format", "json"])
    assert s["scored"] == 0
    assert total(s) == s["dead_lettered"] + s["refused"] > 0


def test_a_truncated_gzip_gives_what_it_has_and_says_so(summary):
    lines = ndjson(*(line(NOW_S + 60 * i, i % 7) for i in range(20_000)))
    s = summary(gzip.compress(lines)[:-40_000], name="in.ndjson.gz")
    assert s["scored"] > 1000
    assert s["reasons"]["compression"] == 1


def test_a_line_of_ten_megabytes_is_refused(summary):
    huge = b'{"name":"' + b"x" * 10_000_000 + b'"}\n'
    s = summary(ndjson(line(NOW_S)) + huge + ndjson(line(NOW_S + 60)))
    assert (s["scored"], s["refused"]) == (2, 1)
    assert s["reasons"] == {"oversize": 1}


def test_deep_nesting_is_refused(summary):
    deep = '{"name":"m","time":1,"value":1,"x":' + "[" * 5000 + "]" * 5000 + "}"
    s = summary(ndjson(line(NOW_S), deep))
    assert (s["scored"], total(s)) == (1, 2)


def test_more_series_than_there_is_room_for_are_refused(summary, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("detect: {max_series: 100}\n")
    lines = ndjson(*(line(NOW_S + i // 1000, 1.0, labels={"host": str(i)}) for i in range(3000)))
    s = summary(lines, options=["-c", str(config)])
    assert (s["scored"], s["refused"]) == (100, 2900)
    assert s["reasons"] == {"series_limit": 2900}
    assert s["series"] == 100


@pytest.mark.slow
def test_a_million_new_series_take_bounded_memory(summary):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = ndjson(
        *(line(NOW_S + i // 1000, 1.0, labels={"host": f"web-{i}"}) for i in range(1_000_000))
    )
    s = summary(lines)
    assert (s["scored"], s["refused"]) == (100_000, 900_000)
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mib < 1500


def test_files_are_merged_by_event_time(summary):
    one = ndjson(*(line(NOW_S + 120 * i) for i in range(50)))
    two = ndjson(*(line(NOW_S + 120 * i + 60) for i in range(50)))
    s = summary(one, two)
    assert (s["scored"], s["late"]) == (100, 0)


def test_strict_ends_with_65(summary):
    s = summary(ndjson(line(NOW_S), "{"), options=["--strict"], code=65)
    assert s["dead_lettered"] == 1


def test_dead_letters_say_where_and_why(summary, tmp_path):
    out = tmp_path / "dead.jsonl"
    summary(ndjson(line(NOW_S), '{"x', line(NOW_S + 60)), options=["--dead-letters", str(out)])
    letter = json.loads(out.read_text())
    assert letter["origin"].endswith("0-in.ndjson")
    assert (letter["record"], letter["reason"], letter["begins"]) == (2, "malformed", '{"x')


def test_an_empty_input_is_fine(summary):
    s = summary(b"")
    assert total(s) == s["records"] == 0
