"""Durations, rates, sizes and addresses: read, written back, refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.config.units import NS_PER_DAY, Address, Duration, Rate, Size


@pytest.mark.parametrize(
    ("text", "ns"),
    [("0s", 0), ("0", 0), (0, 0), ("10ms", 10**7), ("1.5s", 1_500_000_000), ("7d", 7 * NS_PER_DAY),
     ("1h30m", 5400 * 10**9), ("3ns", 3)],
)  # fmt: skip
def test_durations(text, ns):
    assert Duration.of(text) == ns


@pytest.mark.parametrize(
    "text", ["", "s", "5", 5, "-1s", "1 h", "1w", "1e3s", None, False, "9999999999d"]
)
def test_no_durations(text):
    with pytest.raises(ValueError, match="duration"):
        Duration.of(text)


@given(st.integers(0, 2**62))
def test_a_duration_survives_being_written(ns):
    assert Duration.of(Duration(ns).written) == ns or ns > 2**53


@pytest.mark.parametrize(
    ("text", "per_day"),
    [("20/day", 20), ("1/week", 1 / 7), ("1/30d", 1 / 30), ("2/hour", 48), ("1/quarter", 1 / 91),
     ("0.5/day", 0.5), ("1/month", 1 / 30), (" 3 / day ", 3), ("1/12h", 2)],
)  # fmt: skip
def test_rates(text, per_day):
    assert Rate.of(text) == pytest.approx(per_day)


@pytest.mark.parametrize(
    "text", ["many", "20", 20, "0/day", "-1/day", "1/0s", "1/fortnight", "/day", None]
)
def test_no_rates(text):
    with pytest.raises(ValueError, match="rate"):
        Rate.of(text)


@given(st.integers(1, 10_000), st.sampled_from(["hour", "day", "week", "month", "30d", "90d"]))
def test_a_rate_survives_being_written(n, period):
    rate = Rate.of(f"{n}/{period}")
    assert Rate.of(rate.written) == pytest.approx(rate, rel=1e-5)


def test_rates_in_words():
    assert [Rate.of(r).words for r in ("20/day", "1/week", "1/45d")] == [
        "20 a day", "1 a week", "1 in 45 days",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "n"),
    [("64MiB", 64 << 20), ("1GB", 10**9), ("10k".upper(), 10_000), (4096, 4096), ("5", 5)],
)
def test_sizes(text, n):
    assert Size.of(text) == n
    assert Size.of(Size(n).written) == n


@pytest.mark.parametrize("text", ["", "MiB", "-1", -1, True, "1 parsec"])
def test_no_sizes(text):
    with pytest.raises(ValueError, match="size"):
        Size.of(text)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9464", "127.0.0.1", 9464),
        ("[::1]:80", "::1", 80),
        (":80", None, 80),
        ("*:0", None, 0),
    ],
)
def test_addresses(text, host, port):
    address = Address.of(text)
    assert (address.host, address.port) == (host, port)


@pytest.mark.parametrize("text", ["", "a", 9464, "a:b", "a:99999", "a b:1", "::1:80"])
def test_no_addresses(text):
    with pytest.raises(ValueError, match="address"):
        Address.of(text)
