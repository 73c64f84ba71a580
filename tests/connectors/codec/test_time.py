"""Times from numbers and text."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_connectors.codec.reject import Reject
from tocsin_connectors.codec.time import from_float, from_int, from_text, time_of, zone

T = 1_700_000_000


@pytest.mark.parametrize("power", [0, 3, 6, 9])
def test_the_unit_of_a_number_is_told_by_its_size(power):
    assert from_int(T * 10**power, None) == T * 10**9
    assert from_float(float(T * 10**power), None) == T * 10**9
    assert from_text(str(T * 10**power), None, UTC) == T * 10**9


def test_a_given_unit_counts_more_than_the_size():
    assert from_int(5, "ms") == 5_000_000


def test_a_fraction_of_seconds_is_rounded_to_the_microsecond():
    assert from_float(1700000000.123456, None) == T * 10**9 + 123_456_000


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("2023-11-14T22:13:20Z", 0),
        ("2023-11-14 22:13:20", 0),
        ("2023-11-14T22:13:20.123456789Z", 123_456_789),
        ("2023-11-14T22:13:20,5", 500_000_000),
        ("2023-11-14T23:13:20+01:00", 0),
        ("2023-11-14T23:13:20+0100", 0),
        ("2023/11/14 22:13:20 UTC", 0),
        ("2023-11-14T22:13", -20 * 10**9),
        ("2023-11-14T22:12:80Z", None),
        ("2023-02-29", None),
        ("2023-11-14T25:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_iso_8601_keeps_nanoseconds(text, ns):
    if ns is None:
        with pytest.raises(Reject) as no:
            from_text(text, None, UTC)
        assert no.value.reason == "time"
    else:
        assert from_text(text, None, UTC) == T * 10**9 + ns


def test_a_time_without_a_zone_is_in_the_given_zone():
    summer, winter = "2023-07-01 12:00:00", "2023-12-01 12:00:00"
    berlin = zone("Europe/Berlin")
    assert from_text(summer, None, UTC) - from_text(summer, None, berlin) == 7200 * 10**9
    assert from_text(winter, None, UTC) - from_text(winter, None, berlin) == 3600 * 10**9
    with pytest.raises(ValueError, match="expected a time zone"):
        zone("Nowhere/Land")


def test_times_beyond_the_range_are_outcomes():
    for value, reason in [(10**10, "future"), (10**40, "future"), (-(10**10), "time")]:
        with pytest.raises(Reject) as no:
            time_of(value, None, UTC)
        assert no.value.reason == reason
    for value in (True, None, [], float("nan")):
        with pytest.raises(Reject):
            time_of(value, None, UTC)


@given(st.integers(-(8 * 10**15), 7 * 10**15))
def test_text_of_the_standard_library_comes_back(micros):
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    assert from_text(when.isoformat(), None, UTC) == micros * 1000
    assert from_text(str(when.replace(tzinfo=None)), None, UTC) == micros * 1000
