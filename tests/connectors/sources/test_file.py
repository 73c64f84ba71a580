"""Files: compressed, cut, followed, rotated, truncated."""

import gzip
import os

import cramjam
import pytest

from tocsin_connectors.sources.file import File
from tocsin_connectors.testing import read_all

LINES = [b"line %d" % i for i in range(5000)]
TEXT = b"\n".join(LINES) + b"\n"


def source(path, **further):
    return File(File.parameters.of(path=str(path), **further))


@pytest.fixture
def opened():
    """Opens an origin of a source, and closes what was opened."""
    parts = []

    def at(source, position=None):
        parts.append(source.open(source.origins()[0], position, "lines"))
        return parts[-1]

    yield at
    for part in parts:
        part.close()


def lines(path, **further):
    s = source(path, **further)
    part = s.open(s.origins()[0], None, "lines")
    return [p for r in read_all(part, 4096) for p in r.payloads]


def zstd(text):
    return bytes(cramjam.zstd.compress(text))


def now(part, tries=10):
    """What a followed part gives until it has nothing."""
    got = []
    for _ in range(tries):
        records = part.read(1 << 20)
        if records is not None:
            got += list(records.payloads)
    return got


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd], ids=["plain", "gzip", "zstd"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_compression_is_known_by_the_first_bytes_and_not_by_the_name(tmp_path, pack, end):
    path = tmp_path / "x.txt"
    path.write_bytes(pack(b"\xef\xbb\xbf" + end.join(LINES)))
    assert lines(path) == LINES


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_several_members_or_frames_are_one_stream(tmp_path, pack):
    path = tmp_path / "x"
    path.write_bytes(pack(b"a\nb") + pack(b"c\n") + pack(b"") + pack(b"d"))
    assert lines(path) == [b"a", b"bc", b"d"]


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
@pytest.mark.parametrize("damage", ["cut", "corrupt", "tail"])
def test_a_damaged_file_gives_what_it_holds_and_one_problem(tmp_path, pack, damage, opened):
    packed = bytearray(pack(os.urandom(300_000).hex(" ").replace(" ", "\n").encode()))
    if damage == "cut":
        del packed[len(packed) // 2 :]
    elif damage == "corrupt":
        packed[len(packed) // 2] ^= 0xFF
        packed[len(packed) // 2 + 7] ^= 0xFF
    else:
        packed += b"rubbish behind the end"
    path = tmp_path / "x"
    path.write_bytes(packed)
    s = source(path)
    part = opened(s)
    batches = read_all(part)
    assert sum(len(b.payloads) for b in batches) > 1000
    rejected = [r for b in batches for r in b.rejected]
    assert [(r.outcome, r.reason) for r in rejected] == [("dead_lettered", "compression")]
    assert rejected[0].record == len(batches[-1].payloads) - 1
    assert part.ended
    assert part.read(1) is None


def test_patterns_go_down_and_come_in_order(tmp_path):
    for name in ("b.csv", "a.csv", "sub/c.csv", "sub/deep/d.csv", "x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1\n")
    s = source(tmp_path / "**" / "*.csv")
    names = [o.removeprefix(f"file:{tmp_path}/") for o in s.origins()]
    assert names == ["a.csv", "b.csv", "sub/c.csv", "sub/deep/d.csv"]
    (tmp_path / "c.csv").write_text("1\n")
    assert len(s.origins()) == 5


def test_what_cannot_be_read_says_so(tmp_path, opened):
    for path, error in [(tmp_path / "no", FileNotFoundError), (tmp_path, IsADirectoryError)]:
        s = source(path)
        assert s.peek(s.origins()[0], 10) == b""
        with pytest.raises(error, match=str(path)):
            opened(s)


def test_an_empty_file_has_no_records(tmp_path):
    (tmp_path / "x").touch()
    assert lines(tmp_path / "x") == []


def test_utf_16_is_one_malformed_record(tmp_path, opened):
    (tmp_path / "x").write_bytes("a\nb\nc\n".encode("utf-16"))
    s = source(tmp_path / "x")
    (records,) = read_all(opened(s), 4)
    assert len(records.payloads) == 1
    assert records.rejected[0].reason == "malformed"


def test_a_followed_file_waits_for_the_end_of_a_line(tmp_path, opened):
    path = tmp_path / "x"
    path.write_bytes(b"a\nb")
    s = source(path, follow=True, poll=1e-9)
    part = opened(s)
    assert not part.finite
    assert now(part) == [b"a"]
    with path.open("ab") as f:
        f.write(b"c\nd\n")
    assert now(part) == [b"bc", b"d"]
    assert not part.ended


def test_a_rotated_file_is_read_to_its_end_and_then_the_new_one(tmp_path, opened):
    path = tmp_path / "x"
    path.write_bytes(b"a\n")
    s = source(path, follow=True, poll=1e-9)
    part = opened(s)
    assert now(part) == [b"a"]
    path.rename(tmp_path / "x.1")
    with (tmp_path / "x.1").open("ab") as f:
        f.write(b"b\nlast")
    path.write_bytes(b"c\n")
    with (tmp_path / "x.1").open("ab") as f:
        f.write(b" words")
    first = part.read(100)
    assert list(first.payloads) == [b"b"]
    assert now(part) == [b"last words", b"c"]


def test_a_truncated_file_is_read_anew_and_counted(tmp_path, opened):
    path = tmp_path / "x"
    path.write_bytes(b"a\nb\n")
    s = source(path, follow=True, poll=1e-9)
    part = opened(s)
    assert now(part) == [b"a", b"b"]
    path.write_bytes(b"c\n")
    records = part.read(100)
    assert (list(records.payloads), records.first, part.restarts) == ([b"c"], 0, 1)
    path.write_bytes(b"other and longer\n")
    assert now(part) == [b"other and longer"]
    assert part.restarts == 2


def test_a_position_of_another_file_is_noticed(tmp_path, opened):
    path = tmp_path / "x"
    path.write_bytes(b"a\nb\nc\n")
    s = source(path, follow=True, poll=1e-9)
    part = opened(s)
    position = part.read(2).position
    assert position["byte"] == 2
    part.close()

    path.rename(tmp_path / "x.1")  # renamed while nobody was reading: the rest is not lost
    path.write_bytes(b"new\n")
    part = opened(s, position)
    assert now(part) == [b"b", b"c", b"new"]

    (tmp_path / "x.1").unlink()
    part = opened(s, position)
    assert now(part) == [b"new"]
    assert part.restarts == 1


def test_reading_goes_on_in_the_middle_of_a_compressed_file(tmp_path, opened):
    path = tmp_path / "x"
    path.write_bytes(zstd(TEXT))
    s = source(path)
    part = opened(s)
    first = part.read(1000)
    part.close()
    part = opened(s, first.position)
    rest = [p for r in read_all(part) for p in r.payloads]
    assert [*first.payloads, *rest] == LINES


def test_a_name_that_is_not_utf_8_has_an_origin(tmp_path):
    (tmp_path / os.fsdecode(b"x\xff.csv")).write_bytes(b"a\n")
    s = source(tmp_path / "*.csv")
    (origin,) = s.origins()
    origin.encode()
    assert [list(r.payloads) for r in read_all(s.open(origin, None, "lines"))] == [[b"a"]]
