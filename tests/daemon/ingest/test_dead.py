"""The file of dead letters is bounded, and says how many it did not keep."""

from tocsin.ingest.dead import DeadFile
from tocsin_connectors.contract import Records, Rejected


def test_beyond_its_limit_letters_are_counted_and_not_kept(tmp_path):
    of = DeadFile(tmp_path / "dead.jsonl", limit=300)
    records = Records("file:x", [b"{"] * 5, 0, {})
    of(records, [Rejected(i, "dead_lettered", "malformed") for i in range(5)])
    kept = (tmp_path / "dead.jsonl").read_text().count("\n")
    assert 0 < kept < 5
    assert of.not_kept == 5 - kept
    assert (tmp_path / "dead.jsonl").stat().st_size <= 300
