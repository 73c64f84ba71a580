"""Reference pages from the code: `tocsin docs` writes them, a test compares.

Whatever can be looked up has one place in the code: keys in `config.model`, parameters in the
parts themselves, metrics, log events, limits and errors in `ops`, commands in their help. These
pages are those places as Markdown; nobody edits them.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import click
import msgspec

from tocsin import registry
from tocsin.config import describe
from tocsin.config.model import Config, Group
from tocsin.ops import errors, failpoints
from tocsin.ops.events import EVENTS
from tocsin.ops.limits import ELSEWHERE, LIMITS
from tocsin.ops.metrics import METRICS
from tocsin.wire.alerts import Alert, Incident
from tocsin.wire.findings import Finding

NOTE = "<!-- written by `make docs`; do not edit -->"
SCHEMAS: dict[str, type] = {"alert": Alert, "incident": Incident, "finding": Finding}
WIDTH = 88
ABOUT: dict[Group, str] = {
    "detectors": "A detector scores every point of every series it watches. "
    "`detect: {detectors: [NAME, {NAME: {parameters}}]}` chooses them.",
    "formats": "A format decodes what a source reads. `format: NAME` stands beside the "
    "parameters of a source; without it the format is recognised.",
    "sources": "A source gives records. `sources: [{NAME: {parameters}}]` chooses them.",
    "sinks": "A sink takes alerts. `sinks: [{NAME: {parameters}}]` chooses them.",
}
HOW_TO_WRITE = """\
One YAML file (1.2: `no` and `on` are text). Every key may be left out; an unknown one is an
error. Aliases, anchors, tags and several documents in one file are refused.

- Durations: `30s`, `5m`, `1h30m`, `7d`; sizes: `64MiB`, `1GB`; rates: `20/day`, `1/week`, `1/30d`.
- `${NAME}` takes a value from the environment, `${NAME:-default}` falls back,
  `${NAME:?message}` insists, `$$` is a dollar sign. Values only; in braces or brackets quote it.
- A secret may stand in a file of its own: `name_file: /run/secrets/x` instead of `name: …`.
- `tocsin check FILE` lists everything that is wrong; `--print-config` shows the whole file."""


def pages(root: click.Group) -> dict[str, str]:
    """Every page and schema by its path under `docs/reference`; `root` is the command line."""
    found = {
        "config.md": config_page(),
        "metrics.md": metrics_page(),
        "log-events.md": events_page(),
        "errors.md": errors_page(),
        "limits.md": limits_page(),
        "cli.md": cli_page(root),
        **{f"{group}.md": parts_page(group) for group in registry.GROUPS},
    }
    for name, kind in SCHEMAS.items():
        found[f"schemas/{name}.json"] = schema(name, kind)
    found["index.md"] = index_page(found)
    return found


def index_page(found: Mapping[str, str]) -> str:
    """`index.md`: every page by its title, then the schemas."""
    titles = {n: text.partition("\n")[0].removeprefix("# ") for n, text in found.items()}
    links = [f"- [{titles[n]}]({n})" for n in sorted(found) if n.endswith(".md")]
    schemas = [f"[{name}](schemas/{name}.json)" for name in SCHEMAS]
    return page(
        "Reference",
        "Written from the code; a test keeps them equal.",
        "\n".join([*links, f"- JSON Schemas of what is sent: {', '.join(schemas)}"]),
    )


def page(title: str, *parts: str) -> str:
    """A page of paragraphs."""
    return "\n\n".join([f"# {title}", NOTE, *parts]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    lines = [list(head), ["---"] * len(head), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(
        "| " + " | ".join(" ".join(c.split()).replace("|", "\\|") for c in line) + " |"
        for line in lines
    )


def keys_table(keys: Iterable[describe.Key]) -> str:
    """Keys with type, default and meaning."""
    return table(
        ("key", "type", "default", "meaning"),
        (
            (f"`{k.path[-1]}`", describe.words(k.field.type), f"`{k.default}`", k.meaning)
            for k in keys
        ),
    )


def config_page() -> str:
    """`config.md`."""
    every = list(describe.walk(Config))
    parts = [HOW_TO_WRITE, "## The file", keys_table(k for k in every if len(k.path) == 1)]
    for key in every:
        if key.struct is not None:
            name = ".".join(key.path)
            below = [k for k in every if k.path[:-1] == key.path]
            parts += [f"## `{name}`", inspect.getdoc(key.struct) or "", keys_table(below)]
    return page("Configuration", *parts)


def parts_page(group: Group) -> str:
    """One page for a group of parts, in the order of their names."""
    parts = [ABOUT[group]]
    for name in registry.known(group):
        cls = registry.load(group, name)
        parts += [f"## `{name}`", inspect.getdoc(cls) or ""]
        if group == "detectors":
            size = cls.bytes_per_row(cls.parameters())
            parts.append(
                f"Kind: {cls.kind}. State: at most {size} bytes a series with the defaults."
            )
        keys = list(describe.walk(cls.parameters))
        parts.append(keys_table(keys) if keys else "No parameters.")
    return page(group.capitalize(), *parts)


def metrics_page() -> str:
    """`metrics.md`."""
    rows = (
        (f"`{name}`", row.kind, ", ".join(f"`{label}`" for label in row.labels), row.meaning)
        for name, row in METRICS.items()
    )
    return page(
        "Metrics",
        "`GET /metrics` gives them in the Prometheus text format.",
        table(("metric", "kind", "labels", "meaning"), rows),
    )


def events_page() -> str:
    """`log-events.md`."""
    rows = (
        (f"`{name}`", e.level, ", ".join(f"`{f}`" for f in e.fields), e.meaning, e.todo)
        for name, e in sorted(EVENTS.items())
    )
    return page(
        "Log events",
        "Lines on standard error: `time`, `level`, `event` and the fields below; JSON unless "
        "standard error is a terminal. Every warning and error also counts in "
        "`tocsin_<room>_problems_total{code}`, where the code is the event.",
        table(("event", "level", "fields", "meaning", "what to do"), rows),
    )


def errors_page() -> str:
    """`errors.md`."""
    rows = ((f"`{c.__name__}`", c.exit_code, inspect.getdoc(c) or "") for c in tree())
    return page(
        "Errors and exit codes",
        "0: fine. 70: a fault of the program. 130: interrupted. Else:",
        table(("error", "exit code", "meaning"), rows),
        "A message reads `where: what: expected, got; what to do`.",
    )


def tree() -> Iterator[type[errors.TocsinError]]:
    """Every error, the base first."""
    yield errors.TocsinError
    found = errors.TocsinError.__subclasses__()
    yield from sorted(found, key=lambda c: (c.exit_code, c.__name__))


def limits_page() -> str:
    """`limits.md`."""
    rows = [
        (name, limit.value, limit.unit, limit.reached, f"`{limit.key}`" if limit.key else "")
        for name, limit in LIMITS.items()
    ]
    for name, row in ELSEWHERE.items():
        module, _, constant = row.place.partition(":")
        value: int = getattr(importlib.import_module(module), constant)
        rows.append((name, value, row.unit, row.reached, ""))
    rows.sort()
    points = ((f"`{name}`", where) for name, where in failpoints.POINTS.items())
    return page(
        "Limits",
        "Nothing grows without an end. Where a limit names a key, the configuration moves it.",
        table(("limit", "value", "of", "when it is reached", "key"), rows),
        "## Failpoints",
        "Places where a test can make the program fail: "
        "`TOCSIN_FAILPOINTS=name=action[@n],…`; refused when `TOCSIN_ENV=production`. Actions: "
        + ", ".join(f"`{a}`" for a in failpoints.ACTIONS)
        + ".",
        table(("point", "where"), points),
    )


def cli_page(root: click.Group) -> str:
    """`cli.md`: the help of every command."""
    how: dict[str, Any] = {
        "resilient_parsing": True,
        "terminal_width": WIDTH,
        "max_content_width": WIDTH,
    }
    outer = root.make_context("tocsin", [], **how)
    parts = [_fenced(root.get_help(outer))]
    for name in root.list_commands(outer):
        command = root.get_command(outer, name)
        if command is not None and not command.hidden:
            inner = command.make_context(name, [], parent=outer, **how)
            parts += [f"## `tocsin {name}`", _fenced(command.get_help(inner))]
    return page("Command line", *parts)


def _fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


def schema(name: str, kind: type) -> str:
    """JSON Schema of one message."""
    found: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name.capitalize(),
        **_cleaned(msgspec.json.schema(kind)),
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def _cleaned(value: Any) -> Any:
    """Descriptions that come from docstrings, without the indentation of the code."""
    if isinstance(value, dict):
        return {
            k: inspect.cleandoc(v) if k == "description" and isinstance(v, str) else _cleaned(v)
            for k, v in value.items()
        }
    return [_cleaned(v) for v in value] if isinstance(value, list) else value


def stale(found: Mapping[str, str], read: Callable[[str], str | None]) -> list[str]:
    """The pages whose text on disk differs; `read` gives it, None where there is no page."""
    return [name for name, text in found.items() if read(name) != text]
