"""A configuration for people: the whole file with its defaults, and a summary in words."""

from __future__ import annotations

import io
from typing import Any

import msgspec
from ruamel.yaml import YAML

from tocsin.config import describe
from tocsin.config.complain import SECRET
from tocsin.config.components import Parts
from tocsin.config.model import Api, Component, Config, Group, SourceItem
from tocsin.config.units import UNITS

MASK = "***"


def effective(config: Config, parts: Parts) -> dict[str, Any]:
    """Plain values as they would be written, every default filled in, secrets masked."""
    found: dict[str, Any] = {
        name: _written(getattr(config, name)) for name in config.__struct_fields__
    }
    found["sources"] = [_item(c, "sources", parts) for c in config.sources]
    found["sinks"] = [_item(c, "sinks", parts) for c in config.sinks]
    detectors = [_item(c, "detectors", parts) for c in config.detect.detectors]
    found["detect"] = {"detectors": detectors, **found["detect"]}
    return found


def _item(component: Component, group: Group, parts: Parts) -> dict[str, Any]:
    """One part with all its parameters."""
    if (group, component.name) == ("formats", "auto"):
        return {"auto": {}}
    kind = parts.parameters(group, component.name)
    secret = {k.path[0] for k in describe.walk(kind) if k.is_secret}
    shown: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        key = field.encode_name
        value = component.given.get(key, field.default)
        if value is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
            value = field.default_factory()
        hidden = value and (key in secret or SECRET.search(key))
        shown[key] = MASK if hidden else _written(value)
    if isinstance(component, SourceItem):
        shown["format"] = _item(component.format, "formats", parts)
    return {component.name: shown}


def _written(value: Any) -> Any:
    if isinstance(value, UNITS):
        return value.written
    if isinstance(value, msgspec.Struct):
        fields = {k: getattr(value, k) for k in value.__struct_fields__}
        return {k: _written(v) for k, v in fields.items() if k != "detectors"}
    if isinstance(value, dict):
        return {k: _written(v) for k, v in value.items()}
    return [_written(v) for v in value] if isinstance(value, tuple | list) else value


def as_yaml(found: dict[str, Any]) -> str:
    """The same as a file that loads again."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 100
    text = io.StringIO()
    yaml.dump(found, text)
    return text.getvalue()


def summary(config: Config) -> list[str]:
    """A few lines: what is read, watched, sent and kept."""
    reads = [f"{s.name}{_first(s)} as {s.format.name}" for s in config.sources]
    listens = config.api.listen if isinstance(config.api, Api) else "nowhere"
    budget, each = config.budget, config.budget.per_entity.words
    return [
        f"  reads      {', '.join(reads) or 'nothing yet: no sources'}",
        f"  detects    {', '.join(d.name for d in config.detect.detectors)}",
        f"  rings      falsely at most {each} for an entity, {budget.fleet.words} in all",
        f"  sends to   {', '.join(s.name + _first(s) for s in config.sinks) or 'nowhere'}",
        f"  keeps      {config.state.folder}, every {config.state.every.written}",
        f"  dead       {config.dead_letters.file}",
        f"  listens    {listens}",
    ]


def _first(component: Component) -> str:
    """The parameter that tells two parts of one name apart."""
    for key in ("path", "file", "url", "topics", "listen"):
        if key in component.given and not SECRET.search(key):
            return f" {component.given[key]}"
    return ""
