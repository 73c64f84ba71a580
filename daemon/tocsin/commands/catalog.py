"""`tocsin detectors | formats | sinks | sources`: what there is, and what each takes."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import click

from tocsin import registry
from tocsin.config import describe
from tocsin.config.model import Group
from tocsin.ops.errors import ConfigError, UsageError, suggest


def _command(group: Group, one: str, example: str) -> click.Command:
    """The command of one group."""

    @click.command(
        group, epilog=f"\b\nExamples:\n  tocsin {group}\n  tocsin {group} {example} --json\n"
    )
    @click.argument("name", required=False)
    @click.option("--json", "as_json", is_flag=True, help="Print one object for machines.")
    def command(name: str | None, as_json: bool) -> int:
        if name and name not in registry.known(group):
            hint = suggest(name, registry.known(group))
            raise UsageError(f"no {one} named {name!r}{hint or f'; see: tocsin {group}'}")
        parts = [part(group, name)] if name else list(loadable(group))
        if as_json:
            import msgspec  # noqa: PLC0415

            click.echo(msgspec.json.encode(parts[0] if name else parts))
        elif name:
            click.echo("\n".join(_page(group, parts[0])))
        else:
            width = max((len(p["name"]) for p in parts), default=0)
            for p in parts:
                click.echo(f"{p['name']:<{width}}  {p['summary']}")
        return 0

    command.help = f"List every {one}, or describe NAME with its parameters and an example."
    return command


def loadable(group: Group) -> Iterator[dict[str, Any]]:
    """All that can be loaded; what cannot is named on standard error, and is not fatal."""
    for name in registry.known(group):
        try:
            yield part(group, name)
        except ConfigError as e:
            click.echo(f"tocsin: {e}", err=True)


def part(group: Group, name: str) -> dict[str, Any]:
    """One installed part: what it is and what it takes."""
    cls = registry.load(group, name)
    text = inspect.getdoc(cls) or ""
    found = {
        "name": name,
        "summary": text.partition("\n")[0],
        "description": text,
        "parameters": [
            {
                "key": ".".join(key.path),
                "type": describe.words(key.field.type),
                "default": key.default,
                "meaning": key.meaning,
            }
            for key in describe.walk(cls.parameters)
        ],
        "example": example(group, name, cls.parameters),
    }
    for fact in ("kind", "scope", "calibration", "schema"):
        if group == "detectors" and hasattr(cls, fact):
            found[fact] = getattr(cls, fact)
    return found


def example(group: Group, name: str, parameters: type) -> str:
    """A configuration that names this part, with the parameters it cannot do without."""
    needed = {
        key.path[0]: key.extra.get("example", "...")
        for key in describe.walk(parameters)
        if len(key.path) == 1 and key.default == "required"
    }
    inner = ", ".join(f"{k}: {_scalar(v)}" for k, v in needed.items())
    item = f"{name}: {{{inner}}}"
    if group == "detectors":
        return f"detect:\n  detectors:\n    - {item}"
    if group == "formats":
        return f"sources:\n  - stdin: {{format: {{{item}}}}}"
    return f"{group}:\n  - {item}"


def _scalar(value: Any) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _page(group: Group, p: dict[str, Any]) -> list[str]:
    """For people, at a terminal."""
    lines = [p["name"], "", *p["description"].splitlines(), ""]
    rows = [(k["key"], k["type"], k["default"], k["meaning"]) for k in p["parameters"]]
    for key, kind, default, meaning in rows:
        needed = "required" if default == "required" else f"default {default}"
        lines.append(f"  {key}: {kind}; {needed}")
        lines += textwrap.wrap(meaning, 92, initial_indent="      ", subsequent_indent="      ")
    if not rows:
        lines.append("  no parameters")
    return [*lines, "", "Example:", *(f"  {line}" for line in p["example"].splitlines())]


detectors = _command("detectors", "detector", "robust")
formats = _command("formats", "format", "csv")
sinks = _command("sinks", "sink", "stdout")
sources = _command("sources", "source", "file")
