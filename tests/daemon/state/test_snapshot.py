"""Snapshots: what goes in comes out, and damage is noticed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tocsin.ops.errors import StateError
from tocsin.state.snapshot import decode, encode

ARRAYS = hnp.arrays(
    st.sampled_from([np.int8, np.int32, np.int64, np.float32, np.float64, np.uint64]),
    hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5),
)


@given(
    st.dictionaries(st.text(max_size=5), ARRAYS, max_size=4),
    st.dictionaries(st.text(), st.integers()),
)
def test_arrays_and_meaning_come_back(arrays, meta):
    got, said = decode(encode(arrays, meta))
    assert said == meta
    assert got.keys() == arrays.keys()
    for name, a in arrays.items():
        assert got[name].dtype == a.dtype
        assert got[name].tobytes() == a.tobytes()
        assert got[name].shape == a.shape


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_is_noticed(at, flip):
    data = bytearray(encode({"a": np.arange(9)}, {"x": 1}))
    data[at % len(data)] ^= flip
    with pytest.raises(StateError):
        decode(bytes(data))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data):
    with pytest.raises(StateError):
        decode(data)


def test_objects_are_refused():
    with pytest.raises(TypeError):
        encode({"a": np.array([object()])}, {})
