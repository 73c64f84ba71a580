"""The journal: checked against its table, counted, throttled, safe to print."""

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ops.events import EVENTS, LEVELS, Journal, clean, open_journal
from tocsin.ops.metrics import METRICS, ROOMS


def journal(clock):
    lines, counted = [], []
    made = Journal(
        lambda level, event, fields: lines.append((level, event, fields)),
        lambda room, code: counted.append((room, code)),
        clock,
    )
    return made, lines, counted


def fail(made):
    made.tell("sink_failed", sink="webhook", error="refused", attempt=1)


def test_an_event_is_written_with_its_fields(clock):
    made, lines, counted = journal(clock)
    made.tell("daemon_stopped", reason="SIGTERM", seconds=3)
    assert lines == [("info", "daemon_stopped", {"reason": "SIGTERM", "seconds": 3})]
    assert counted == []


@pytest.mark.parametrize("fields", [{}, {"reason": "x"}, {"reason": "x", "seconds": 1, "more": 2}])
def test_other_fields_are_a_mistake(clock, fields):
    with pytest.raises(AssertionError, match="daemon_stopped"):
        journal(clock)[0].tell("daemon_stopped", **fields)


def test_a_warning_counts_even_when_it_is_held_back(clock):
    made, lines, counted = journal(clock)
    for _ in range(20):
        fail(made)
    assert (len(lines), len(counted)) == (6, 20)


def test_the_next_line_says_how_many_were_held_back(clock):
    made, lines, _ = journal(clock)
    for _ in range(20):
        fail(made)
    clock.advance(61 * 10**9)
    fail(made)
    assert lines[-1][2]["held_back"] == 14
    fail(made)
    assert "held_back" not in lines[-1][2]


@given(st.text() | st.binary() | st.lists(st.text()))
def test_what_is_printed_moves_no_cursor_and_is_short(value):
    text = json.dumps(clean(value), ensure_ascii=False)
    assert text.isprintable()
    assert isinstance(value, list) or len(clean(value)) <= 202


def test_json_lines_where_no_terminal_is(clock):
    stream = io.StringIO()
    made = open_journal(stream, lambda *_: None, clock=clock)
    made.tell("daemon_stopped", reason="a\nb", seconds=3)
    assert json.loads(stream.getvalue()) == {
        "time": "2026-01-01T00:00:00.000Z",
        "level": "info",
        "event": "daemon_stopped",
        "reason": "a\\nb",
        "seconds": 3,
    }


def test_text_when_asked_for(clock):
    stream = io.StringIO()
    open_journal(stream, lambda *_: None, form="text", clock=clock).tell(
        "daemon_stopped", reason="end", seconds=3
    )
    assert "daemon_stopped" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_less_than_the_level_is_not_written(clock):
    stream = io.StringIO()
    made = open_journal(stream, lambda *_: None, level="error", clock=clock)
    made.tell("daemon_stopped", reason="end", seconds=3)
    fail(made)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_declared_well(name):
    event = EVENTS[name]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", name)
    assert event.level in LEVELS
    assert event.room in ROOMS
    assert event.meaning.endswith(".")
    if event.level in ("warning", "error"):
        assert event.todo != "nothing", "say what a person should do"
        assert f"tocsin_{event.room}_problems_total" in METRICS
