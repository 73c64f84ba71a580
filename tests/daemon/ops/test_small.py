"""Clock, errors and limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.config.model import Config
from tocsin.docs import tree
from tocsin.ops.clock import Clock, ManualClock
from tocsin.ops.errors import quoted, suggest
from tocsin.ops.limits import LIMITS


def test_a_manual_clock_stands_until_it_is_moved():
    clock = ManualClock(5)
    clock.advance(2_000_000_000)
    assert (clock.now(), clock.monotonic()) == (2_000_000_005, 2.0)


def test_a_clock_never_goes_back():
    with pytest.raises(ValueError, match="forward"):
        ManualClock().advance(-1)


def test_the_clock_of_the_machine_is_in_ns():
    assert Clock().now() > 1_700_000_000 * 10**9


@given(st.text() | st.binary() | st.integers())
def test_a_quoted_value_is_one_short_line(value):
    assert quoted(value).isprintable()
    assert len(quoted(value)) <= 201


def test_a_near_word_is_suggested_and_a_far_one_is_not():
    assert suggest("rubost", ["robust", "sprt"]) == "; did you mean 'robust'?"
    assert suggest("xyz", ["robust"]) == ""


def test_exit_codes_are_those_of_sysexits():
    assert {e.exit_code for e in tree()} <= {1, 2, *range(64, 79)}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_s_key_is_in_the_configuration_with_the_same_default(name):
    value = Config()
    for step in filter(None, LIMITS[name].key.split(".")):
        value = getattr(value, step)
    assert value in (Config(), LIMITS[name].value)
