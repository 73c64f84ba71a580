"""Flat JSON lines to columns with interned series: the format `json` over blocks of a file.

The ceiling is msgspec alone: each line, already cut out, into a typed record with its labels.
Peers intern the series as well: msgspec with raw labels and a dictionary, in slices of 500 whose
objects die in cache, and Arrow's JSON reader with dictionary encoding.
"""

import statistics
import time
from operator import attrgetter

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.json

from bench.report import report
from tocsin_connectors.codec.lines import Framer
from tocsin_connectors.contract import Records
from tocsin_connectors.formats.json import Json

SERIES, RECORDS, ROUNDS, BLOCK = 1_000, 200_000, 5, 1 << 20


class Typed(msgspec.Struct, gc=False):
    """What a line holds."""

    name: str
    labels: dict[str, str]
    time: int
    value: float


class Raw(msgspec.Struct, gc=False):
    """The same, with the labels as they stand."""

    name: str
    labels: msgspec.Raw
    time: int
    value: float


class Codes(dict):
    """Series codes, given out at first sight."""

    def __missing__(self, key):
        self[key] = code = len(self)
        return code


def made(order):
    """Lines of many series, each series in turn or at random."""
    rng = np.random.default_rng(7)
    value = rng.normal(50, 10, RECORDS).round(3)
    turn = np.arange(RECORDS) % SERIES if order == "in turn" else rng.integers(0, SERIES, RECORDS)
    lines = [
        f'{{"name":"cpu","labels":{{"host":"web-{k // 8}","core":"{k % 8}"}},'
        f'"time":{1_700_000_000 + i // SERIES},"value":{v}}}'
        for i, (k, v) in enumerate(zip(turn.tolist(), value.tolist(), strict=True))
    ]
    return "\n".join(lines).encode() + b"\n"


def decoded(data):
    """Ours: blocks as a file gives them, cut into lines, decoded."""
    framer = Framer("lines", BLOCK)
    decoder = Json(Json.parameters.of()).decoder("x", b"")
    for at in range(0, len(data), BLOCK):
        cut = framer.feed(data[at : at + BLOCK])
        out = decoder.decode(Records("x", cut.lines, 0, {}))
        assert not out.rejected
    return framer.record


def typed(lines):
    decode = msgspec.json.Decoder(Typed).decode
    for line in lines:
        decode(line)
    return len(lines)


def raw(lines):
    decode, codes = msgspec.json.Decoder(Raw).decode, Codes()
    name, labels = attrgetter("name"), attrgetter("labels")
    when, value = attrgetter("time"), attrgetter("value")
    for at in range(0, len(lines), 500):
        part = list(map(decode, lines[at : at + 500]))
        keys = zip(map(name, part), map(bytes, map(labels, part)), strict=True)
        np.fromiter(map(codes.__getitem__, keys), np.int32, len(part))
        np.fromiter(map(when, part), np.int64, len(part))
        np.fromiter(map(value, part), np.float64, len(part))
    return len(lines)


def arrow(data):
    labels = pa.struct([("host", pa.string()), ("core", pa.string())])
    schema = pa.schema(
        [("name", pa.string()), ("labels", labels), ("time", pa.int64()), ("value", pa.float64())]
    )
    table = pyarrow.json.read_json(
        pa.BufferReader(data),
        read_options=pyarrow.json.ReadOptions(use_threads=False),
        parse_options=pyarrow.json.ParseOptions(explicit_schema=schema),
    )
    for column in (table["name"], *table["labels"].combine_chunks().flatten()):
        column.dictionary_encode()
    return table.num_rows


def per_second(work, given):
    """Records per CPU second."""
    begun = time.process_time()
    n = work(given)
    return n / (time.process_time() - begun)


def main():
    data, mixed = made("in turn"), made("at random")
    lines = data.split(b"\n")[:-1]
    runs = {
        "ours": (decoded, data),
        "ours, at random": (decoded, mixed),
        "ceiling": (typed, lines),
        "msgspec, raw labels, dict": (raw, lines),
        "pyarrow.json, dictionary": (arrow, data),
    }
    decoded(data)  # compiles
    rates = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, (work, given) in runs.items():
            rates[name].append(per_second(work, given))
    median = {name: statistics.median(r) for name, r in rates.items()}
    report(
        "ndjson_decode",
        median.pop("ours"),
        "records/s",
        "higher",
        median.pop("ceiling"),
        ROUNDS,
        at_random=median.pop("ours, at random"),
        peers=median,
    )


if __name__ == "__main__":
    main()
