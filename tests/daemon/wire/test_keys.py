"""Canonical keys: labels in any order, any text in them, one spelling, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.wire.keys import canonical, entity_of, parse

TEXT = st.text(max_size=12)
LABELS = st.dictionaries(TEXT, TEXT, max_size=4)


@given(TEXT, LABELS)
def test_a_key_says_what_it_was_made_of(name, labels):
    assert parse(canonical(name, labels.items())) == (name, labels)


@given(
    st.text(st.sampled_from('ab"\\{}=,\n'), max_size=8),
    st.dictionaries(
        st.text(st.sampled_from('ab"\\{}=,'), max_size=4),
        st.text(st.sampled_from('ab"\\{}=,\n'), max_size=8),
        max_size=3,
    ),
)
def test_even_of_the_signs_it_is_written_with(name, labels):
    assert parse(canonical(name, labels.items())) == (name, labels)


@given(TEXT, LABELS)
def test_the_order_of_labels_does_not_matter(name, labels):
    assert canonical(name, labels.items()) == canonical(name, reversed(labels.items()))


@given(TEXT, LABELS)
def test_a_key_holds_no_control_character(name, labels):
    text = canonical(name, labels.items()).decode()
    assert all(c >= " " and not "\x7f" <= c <= "\x9f" for c in text)


def test_it_reads_like_prometheus():
    assert canonical("cpu", [("host", "a"), ("core", "0")]) == b'cpu{core="0",host="a"}'


def test_an_entity_is_the_wanted_labels_or_the_series_itself():
    labels = (("core", "0"), ("host", "a"))
    assert entity_of(b"k", labels, ["host", "pod"]) == b'{host="a"}'
    assert entity_of(b"k", labels, ["pod"]) == b"k"


@pytest.mark.parametrize("bad", [b"a{", b'a{b="c"', b"a}", b"a{b=c}", b'a{b="c",,d="e"}'])
def test_what_is_no_key_is_refused(bad):
    with pytest.raises(ValueError, match="not a canonical key"):
        parse(bad)
