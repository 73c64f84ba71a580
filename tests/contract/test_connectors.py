"""Every registered source, format and sink against its contract."""

import gzip
import os
import tempfile
import tomllib
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from tocsin_connectors.contract import Labels
from tocsin_connectors.testing import Known, format_checks, sink_checks, source_checks

ROOT = Path(__file__).resolve().parents[2]
NAN = float("nan")
S = 1_000_000_000
T = 1_700_000_000 * S


def registered(kind):
    """Entry points of the installed package, or of pyproject.toml where it is not installed."""
    found = {e.name: e for e in entry_points(group=f"tocsin.{kind}")}
    if not found:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        given = project["entry-points"][f"tocsin.{kind}"]
        found = {n: EntryPoint(n, v, f"tocsin.{kind}") for n, v in given.items()}
    return dict(sorted(found.items()))


HOST: Labels = (("host", "a"),)
KNOWN = {
    "json": Known(
        text="\n".join(
            [
                '{"name":"cpu","labels":{"host":"a"},"time":1700000000,"value":1.5}',
                '{"name":"cpu","labels":{"host":"a"},"time":1700000001000,"value":null}',
                "",
                '{"name":"cpu","host":"a","time":"2023-11-14T22:13:22.000000001Z","value":"3"}',
                '{"ts":1700000003,"load":1,"disk":2.5,"host":"a"}',
                '{"name":"cpu","time":1700000004,"value":1e999}',
                '{"name":"cpu","time":1700000004,"value":"soon"}',
                '[{"t":1700000005,"v":7},{"t":1700000006,"v":true}]',
                "[]",
                "17",
                '{"time":17',
            ]
        ).encode(),
        readings=[
            (0, "cpu", HOST, T, 1.5),
            (1, "cpu", HOST, T + S, NAN),
            (3, "cpu", HOST, T + 2 * S + 1, 3.0),
            (4, "load", HOST, T + 3 * S, 1.0),
            (4, "disk", HOST, T + 3 * S, 2.5),
            (7, "v", (), T + 5 * S, 7.0),
            (7, "v", (), T + 6 * S, 1.0),
        ],
        rejected=[
            (5, "refused", "infinite"),
            (6, "dead_lettered", "number"),
            (9, "dead_lettered", "shape"),
            (10, "dead_lettered", "malformed"),
        ],
        blank=2,
        hostile=[
            b'{"time":1700000000,"time":1700000001,"value":1}',
            b'{"time":1700000000,"v\\u0061lue":1}',
            b"[" * 100,
            b'{"value":1,"time":-1e30}',
            b'{"value":NaN,"time":1700000000}',
            b"\xff\xfe",
        ],
    ),
    "csv": Known(
        text="\n".join(
            [
                "timestamp,host,load,disk",
                "2023-11-14 22:13:20,a,1.5,2",
                "1700000001,a,,NaN",
                "",
                "1700000002,a,1",
                "1700000003,a,inf,x",
                '1700000004,"b,c",1,2',
                '1700000005,"b,1,2',
                "soon,a,1,2",
                "timestamp,host,load,disk",
            ]
        ).encode(),
        readings=[
            (1, "load", HOST, T, 1.5),
            (1, "disk", HOST, T, 2.0),
            (2, "load", HOST, T + S, NAN),
            (2, "disk", HOST, T + S, NAN),
            (6, "load", (("host", "b,c"),), T + 4 * S, 1.0),
            (6, "disk", (("host", "b,c"),), T + 4 * S, 2.0),
        ],
        rejected=[
            (4, "dead_lettered", "shape"),
            (5, "refused", "infinite"),
            (5, "dead_lettered", "number"),
            (7, "dead_lettered", "malformed"),
            (8, "dead_lettered", "time"),
        ],
        blank=3,
        hostile=[b"1,2,3,4,5", b"\xff,a,1,2", b"1700000000,a\x00,1,2", b",,,", b"1e9,a,1_0,2"],
    ),
}


def format_of(entry):
    return lambda: entry.load()(entry.load().parameters.of())


FORMATS = [
    pytest.param(run, id=f"{name}-{check}")
    for name, entry in registered("formats").items()
    for check, run in format_checks(format_of(entry), KNOWN[name])
]


@pytest.mark.parametrize("run", FORMATS)
def test_a_format_keeps_its_contract(run):
    run()


PAYLOADS = [b"line %d" % i + b"x" * (i % 50) for i in range(300)]


def file_of(cls, pack=lambda b: b):
    path = Path(tempfile.mkdtemp()) / "x.txt"
    path.write_bytes(pack(b"\n".join(PAYLOADS) + b"\n"))
    return lambda: cls(cls.parameters.of(path=str(path)))


def stdin_of(cls):
    def make():
        read, write = os.pipe()
        os.write(write, b"\n".join(PAYLOADS))
        os.close(write)
        return cls(cls.parameters.of(descriptor=read))

    return make


SOURCES = {
    "file": [(file_of, True), (lambda cls: file_of(cls, gzip.compress), True)],
    "stdin": [(stdin_of, False)],
}
SOURCE_CASES = [
    pytest.param(run, id=f"{name}-{k}-{check}")
    for name, entry in registered("sources").items()
    for k, (made, resumable) in enumerate(SOURCES[name])
    for check, run in source_checks(made(entry.load()), PAYLOADS, resumable=resumable)
]


@pytest.mark.parametrize("run", SOURCE_CASES)
def test_a_source_keeps_its_contract(run):
    run()


class Receiver:
    """Makes a sink of the kind, and reads what it delivered."""

    def __init__(self, cls):
        self.cls = cls

    def make(self):
        self.path = Path(tempfile.mkdtemp()) / "out.jsonl"
        if self.cls.name == "stdout":
            self.descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT)
            return self.cls(self.cls.parameters.of(descriptor=self.descriptor))
        return self.cls(self.cls.parameters.of(path=str(self.path)))

    def delivered(self):
        return self.path.read_bytes().splitlines()


SINK_CASES = [
    pytest.param(run, id=f"{name}-{check}")
    for name, entry in registered("sinks").items()
    for receiver in [Receiver(entry.load())]
    for check, run in sink_checks(receiver.make, receiver.delivered)
]


@pytest.mark.parametrize("run", SINK_CASES)
def test_a_sink_keeps_its_contract(run):
    run()


@pytest.mark.parametrize("kind", ["sources", "formats", "sinks"])
def test_names_agree_with_entry_points_and_docstrings_say_what_is_promised(kind):
    for name, entry in registered(kind).items():
        cls = entry.load()
        assert cls.name == name
        assert "Delivery:" in cls.__doc__
