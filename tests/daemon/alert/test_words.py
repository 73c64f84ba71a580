from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.alert import words


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (812.0, "812"),
        (0.0, "0"),
        (-0.0, "0"),
        (-12.34567, "-12.35"),
        (0.1 + 0.2, "0.3"),
        (12345.0, "12345"),
        (99_999.6, "100k"),
        (1e6, "1M"),
        (999_950.0, "1M"),
        (123_456.0, "123.5k"),
        (-2.5e9, "-2.5G"),
        (1e15, "1e15"),
        (1.5e-7, "1.5e-7"),
        (0.001, "0.001"),
        (9.9999e-4, "0.001"),
        (5e-324, "4.941e-324"),
        (math.nan, "unknown"),
        (math.inf, "infinity"),
        (-math.inf, "-infinity"),
    ],
)
def test_a_number_reads_as_people_write_it(x, text):
    assert words.number(x) == text


@given(st.floats(-1e308, 1e308))
def test_a_number_keeps_its_size_to_four_digits(x):
    text = words.number(x)
    power = {"k": 3, "M": 6, "G": 9, "T": 12}.get(text[-1], 0)
    shown = float(text.rstrip("kMGT")) * 10.0**power
    assert shown == pytest.approx(x, rel=6e-4, abs=1e-320)
    assert "e+" not in text
    assert len(text) <= 11


def test_numbers_side_by_side_differ_in_text_where_they_differ():
    assert words.numbers(1.00001, 1.0) == ["1.00001", "1"]


def test_equal_numbers_side_by_side_stay_short():
    assert words.numbers(1 / 3, 1 / 3) == ["0.3333", "0.3333"]


@pytest.mark.parametrize(
    ("days", "step"),
    [(0.0, 0.0), (0.01, 0.0), (0.3, 0.25), (6.9999999, 7.0), (6.9, 5.0), (29.0, 21.0), (9e9, 365)],
)
def test_a_return_period_is_rounded_down_to_a_step(days, step):
    assert words.step_down(days) == step


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_767_323_040_000_000_000, "2026-01-02T03:04:00Z"),
        (1_500_000_000, "1970-01-01T00:00:01.5Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (60_000_000_000, "1970-01-01T00:01:00Z"),
    ],
)
def test_a_time_is_written_as_rfc_3339_in_utc(ns, text):
    assert words.when(ns) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_written_time_reads_back(ns):
    assert words.moment(words.when(ns)) == ns


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (45, "45 s"),
        (2100, "35 min"),
        (7800, "2 h 10 min"),
        (7200, "2 h"),
        (273_600, "3 d 4 h"),
        (-1, "0 s"),
    ],
)
def test_a_length_of_time_is_told_in_two_units(seconds, text):
    assert words.span(seconds) == text


@pytest.mark.parametrize(
    ("days", "text"), [(30.0, "30 days"), (1.0, "1 day"), (0.25, "6 hours"), (1 / 24, "1 hour")]
)
def test_a_period_has_its_unit(days, text):
    assert words.period(days) == text


@given(st.text())
def test_plain_text_holds_no_control_character(text):
    assert words.plain(text).isprintable()


def test_a_long_name_keeps_both_ends():
    assert words.name("a" * 100 + "b" * 100, 11) == "aaaaa…bbbbb"


@given(st.text(), st.integers(2, 40))
def test_wrapped_lines_are_never_too_wide(text, columns):
    assert all(words.width(line) <= columns for line in words.wrap(words.plain(text), columns))


@given(st.text(), st.integers(2, 40))
def test_wrapping_loses_nothing_but_blanks(text, columns):
    plain = words.plain(text)
    assert "".join(words.wrap(plain, columns)).replace(" ", "") == plain.replace(" ", "")


@given(st.text(), st.integers(2, 40))
def test_cut_text_fits(text, columns):
    assert words.width(words.cut(words.plain(text), columns)) <= columns
