"""The line sinks: torn lines, moved files, broken pipes."""

import os

import pytest

from tocsin_connectors.contract import Delivery
from tocsin_connectors.sinks.jsonl import Jsonl
from tocsin_connectors.sinks.stdout import Stdout

ONE, TWO = Delivery("1", b'{"n":1}'), Delivery("2", b'{"n":2}')


def jsonl(path):
    return Jsonl(Jsonl.parameters.of(path=str(path)))


@pytest.mark.parametrize("torn", [b'{"n":', b'{"n":0}\n{"n"', b"x" * 200_000, b""])
def test_a_torn_last_line_is_cut_off(tmp_path, torn):
    path = tmp_path / "out"
    path.write_bytes(torn)
    sink = jsonl(path)
    sink.send([ONE])
    sink.close()
    kept = [b'{"n":0}'] if b"\n" in torn else []
    assert path.read_bytes().splitlines() == [*kept, ONE.body]


def test_a_file_moved_away_is_opened_anew(tmp_path):
    path = tmp_path / "out"
    sink = jsonl(path)
    sink.send([ONE])
    path.rename(tmp_path / "old")
    sink.send([TWO])
    sink.close()
    assert path.read_bytes() == TWO.body + b"\n"
    assert (tmp_path / "old").read_bytes() == ONE.body + b"\n"


def test_a_folder_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="no/such"):
        jsonl(tmp_path / "no/such/file").send([ONE])


def test_a_reader_that_went_away_is_a_quiet_end():
    read, write = os.pipe()
    sink = Stdout(Stdout.parameters.of(descriptor=write))
    sink.send([ONE])
    assert os.read(read, 100) == ONE.body + b"\n"
    os.close(read)
    sink.send([TWO])
    sink.send([TWO])
    assert sink.hung_up
    os.close(write)
