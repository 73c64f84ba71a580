"""Types as words: what an error says it expected, and what the reference page says of a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect as types

from tocsin.config.units import UNITS

PLAIN: dict[type, str] = {
    types.BoolType: "true or false",
    types.IntType: "a whole number",
    types.FloatType: "a number",
    types.StrType: "text",
    types.NoneType: "nothing",
    types.AnyType: "anything",
    types.StructType: "a mapping",
    types.DictType: "a mapping",
}
SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def bare(kind: types.Type) -> types.Type:
    """Without the annotations around it."""
    while isinstance(kind, types.Metadata):
        kind = kind.type
    return kind


def words(kind: types.Type) -> str:
    """One type with its bounds: "a whole number >= 1", "one of drop, keep"."""
    kind = bare(kind)
    if isinstance(kind, types.LiteralType):
        values = ", ".join(str(v) for v in kind.values)
        return values if len(kind.values) == 1 else f"one of {values}"
    if isinstance(kind, types.UnionType):
        return " or ".join(words(t) for t in kind.types)
    if isinstance(kind, types.CustomType):
        return str(getattr(kind.cls, "expected", kind.cls.__name__.lower()))
    if isinstance(kind, types.ListType | types.VarTupleType | types.SetType):
        inner = bare(kind.item_type)
        return "a list" if isinstance(inner, types.CustomType) else f"a list of {_many(inner)}"
    if isinstance(kind, types.TupleType):
        return f"a list of {len(kind.item_types)}"
    return PLAIN.get(type(kind), "a value") + _bounds(kind)


def _many(kind: types.Type) -> str:
    return words(kind).removeprefix("a ").replace("number", "numbers", 1).replace("ping", "pings")


def _bounds(kind: types.Type) -> str:
    said = [
        f"{sign} {b}" for at, sign in SIGNS.items() if (b := getattr(kind, at, None)) is not None
    ]
    shortest = getattr(kind, "min_length", None)
    if shortest:
        said.append("that is not empty" if shortest == 1 else f"of at least {shortest} characters")
    longest = getattr(kind, "max_length", None)
    if longest is not None:
        said.append(f"of at most {longest} characters")
    if pattern := getattr(kind, "pattern", None):
        said.append(f"like {pattern}")
    return " " + ", ".join(said) if said else ""


def at(root: type, path: tuple[str | int, ...]) -> types.Type | None:
    """The declared type at a path below a struct; None where there is none."""
    kind: types.Type | None = types.type_info(root)
    for step in path:
        kind = _below(kind, step) if kind is not None else None
    return kind


def _below(kind: types.Type, step: str | int) -> types.Type | None:
    kind = bare(kind)
    if isinstance(kind, types.UnionType):
        below = (_below(t, step) for t in kind.types)
        return next((t for t in below if t is not None), None)
    if isinstance(kind, types.StructType):
        return next((f.type for f in kind.fields if f.encode_name == step), None)
    if isinstance(kind, types.DictType):
        return kind.value_type
    if isinstance(kind, types.ListType | types.VarTupleType) and isinstance(step, int):
        return kind.item_type
    return None


def keys(root: type, path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand in the mapping at a path."""
    kind = at(root, path)
    if kind is None:
        return []
    members = kind.types if isinstance(kind := bare(kind), types.UnionType) else [kind]
    return [
        f.encode_name
        for m in map(bare, members)
        if isinstance(m, types.StructType)
        for f in m.fields
    ]


def required(root: type, path: tuple[str | int, ...]) -> list[tuple[str, types.Type]]:
    """The keys without a default in the struct at a path, with their types."""
    kind = at(root, path)
    struct = bare(kind) if kind is not None else None
    fields = struct.fields if isinstance(struct, types.StructType) else ()
    return [(f.encode_name, f.type) for f in fields if f.required]


class Key:
    """One documented key: its dotted path, its field, and where it belongs."""

    __slots__ = ("default", "extra", "field", "meaning", "path", "struct")

    def __init__(self, path: tuple[str, ...], field: types.Field) -> None:
        self.path = path
        self.field = field
        extra = getattr(field.type, "extra_json_schema", None) or {}
        self.extra: dict[str, Any] = extra
        self.struct = _struct(field.type)
        about = (self.struct.__doc__ or "").partition("\n")[0] if self.struct else ""
        self.meaning = str(extra.get("description", about))
        self.default = str(extra["default_text"]) if "default_text" in extra else _default(field)

    @property
    def is_secret(self) -> bool:
        return bool(self.extra.get("secret"))


def walk(root: type, above: tuple[str, ...] = ()) -> Iterator[Key]:
    """Every key of a struct, depth first, in the order they are declared."""
    kind = types.type_info(root)
    assert isinstance(kind, types.StructType)
    for field in kind.fields:
        key = Key((*above, field.encode_name), field)
        yield key
        if key.struct is not None:
            yield from walk(key.struct, key.path)


def _struct(kind: types.Type) -> type | None:
    kind = bare(kind)
    members = kind.types if isinstance(kind, types.UnionType) else [kind]
    return next((m.cls for m in map(bare, members) if isinstance(m, types.StructType)), None)


def _default(field: types.Field) -> str:
    """As it would be written in the file."""
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    elif field.default is msgspec.NODEFAULT:
        return "required"
    else:
        value = field.default
    if isinstance(value, msgspec.Struct):
        return "see below"
    if isinstance(value, UNITS):
        return value.written
    if isinstance(value, tuple | list):
        return "[" + ", ".join(str(v) for v in value) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    return str(value) if value != "" else '""'
