"""Snapshot: named arrays and their meaning as bytes, with a digest over all of it.

Layout: magic, length of the header (uint64), header (JSON: what they mean, and name, dtype and
shape of each array), the arrays little-endian one after the other, BLAKE2b-256 of everything
before. No pickle: reading a snapshot runs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tocsin.ops.errors import StateError

MAGIC = b"tocsin state 1\n\0"
DIGEST = 32
SCHEMA = 1
Arrays = dict[str, npt.NDArray[Any]]


class Column(msgspec.Struct, frozen=True):
    """One array of a snapshot."""

    name: str
    dtype: str
    shape: tuple[int, ...]


class Header(msgspec.Struct, frozen=True):
    """What a snapshot holds."""

    schema: int
    meta: dict[str, Any]
    columns: tuple[Column, ...]


def encode(arrays: Mapping[str, npt.NDArray[Any]], meta: Mapping[str, Any]) -> bytes:
    """Named arrays (numbers only) and JSON-able meaning as bytes."""
    parts: list[bytes] = []
    columns: list[Column] = []
    for name, array in arrays.items():
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        if little.dtype.hasobject:
            raise TypeError(f"snapshot of {name!r}: expected numbers, got {array.dtype}")
        columns.append(Column(name, little.dtype.str, array.shape))
        parts.append(little.tobytes())
    header = msgspec.json.encode(Header(SCHEMA, dict(meta), tuple(columns)))
    body = b"".join([MAGIC, len(header).to_bytes(8, "little"), header, *parts])
    return body + hashlib.blake2b(body, digest_size=DIGEST).digest()


def decode(data: bytes) -> tuple[Arrays, dict[str, Any]]:
    """The opposite of `encode`. StateError for anything that is not whole."""
    body, digest = data[:-DIGEST], data[-DIGEST:]
    if not body.startswith(MAGIC):
        raise StateError("snapshot: not one of this program, or of another version")
    if hashlib.blake2b(body, digest_size=DIGEST).digest() != digest:
        raise StateError("snapshot: damaged, its digest does not match")
    at = len(MAGIC) + 8
    end = at + int.from_bytes(body[at - 8 : at], "little")
    header = msgspec.json.decode(body[at:end], type=Header)
    if header.schema != SCHEMA:
        raise StateError(f"snapshot: expected schema {SCHEMA}, got {header.schema}")
    arrays: Arrays = {}
    for c in header.columns:
        dtype = np.dtype(c.dtype)
        n = int(np.prod(c.shape, dtype=np.int64))
        array = np.frombuffer(body, dtype, n, end).reshape(c.shape)
        arrays[c.name] = array.astype(dtype.newbyteorder("="))
        end += n * dtype.itemsize
    return arrays, header.meta
