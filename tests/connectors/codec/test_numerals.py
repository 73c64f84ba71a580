"""The compiled readers of numbers and times against the plain ones, their twins."""

import math
from datetime import UTC

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin_connectors.codec import time as clock
from tocsin_connectors.codec.kernels import numerals
from tocsin_connectors.codec.kernels.emit import _time
from tocsin_connectors.codec.number import from_text

NUMBERS = st.one_of(
    st.integers(-(10**21), 10**21).map(str),
    st.floats().map(repr),
    st.from_regex(r"[+-]?[0-9]{0,25}\.?[0-9]{0,25}([eE][+-]?[0-9]{1,4})?", fullmatch=True),
    st.text("0123456789+-.eE nafi_", max_size=12),
)
TIMES = st.one_of(
    st.datetimes().map(str),
    st.from_regex(
        r"(1[0-9]|2)[0-9]{2,3}[-/][01][0-9][-/][0-3][0-9]"
        r"([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9]([.,][0-9]{1,11})?)?)?"
        r"(Z|[+-][0-2][0-9]:?[0-6][0-9])?",
        fullmatch=True,
    ),
    NUMBERS,
)


def read(text, *, is_time):
    b = np.frombuffer(text.encode() + b"\n", np.uint8)
    return numerals.text(b, 0, b.size - 1, is_time, 0, True)


@given(NUMBERS)
@example("-0")
@example("-0.0")
@example("9007199254740993")
@example("9223372036854775807")
@example("9223372036854775808")
@example("1e22")
@example("123456789012345678e-22")
@example("0.30000000000000004")
@example(".")
@example("1.")
def test_a_number_is_read_to_the_bit_or_left_to_the_plain_road(text):
    kind, _, real = read(text, is_time=False)
    if kind in {numerals.INT, numerals.REAL}:
        assert float(real).hex() == from_text(text).hex()
    elif kind == numerals.NAN:
        assert math.isnan(from_text(text))
    elif kind == numerals.HARD:
        assert math.isfinite(float(text)) or "e" in text.lower()


@given(TIMES)
@example("2100-02-29")
@example("2000-02-29 23:59:59.999999999+23:59")
@example("99999999999")
@example("100000000000")
@example("9223372036854775807")
@example("1700000000.0000005")
def test_a_time_is_read_to_the_nanosecond_or_left_to_the_plain_road(text):
    kind, whole, real = read(text, is_time=True)
    for unit, code in ((None, 0), ("s", 10), ("ms", 7), ("us", 4), ("ns", 1)):
        known, ns = _time(kind, whole, real, code)
        if kind == numerals.BAD or not known:
            continue
        assert ns == clock.from_text(text, unit, UTC)


def test_what_is_usual_is_read_here():
    for text in ("1700000000", "2023-11-14T22:13:20Z", "2023-11-14 22:13:20", "1.7e9"):
        assert read(text, is_time=True)[0] != numerals.BAD
