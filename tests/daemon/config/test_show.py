"""The effective configuration loads again, and shows no secret."""

from tocsin.config import describe, show
from tocsin.config.model import Config

FILE = """
sources: [{file: {path: a.csv, format: {csv: {columns: [a, b]}}}}, stdin]
detect: {detectors: [{robust: {alpha: 0.2}}], lateness: 90s}
sinks: [{webhook: {url: x, secret: hush}}, stdout]
budget: {per_entity: 1/45d, fleet: 3/hour}
"""


def test_what_is_printed_loads_again_to_the_same(loaded, parts):
    config = loaded(FILE.replace(", secret: hush", ""))
    text = show.as_yaml(show.effective(config, parts))
    assert show.effective(loaded(text), parts) == show.effective(config, parts)


def test_every_default_is_there(loaded, parts):
    found = show.effective(loaded(FILE), parts)
    assert found["sources"][0] == {
        "file": {
            "path": "a.csv",
            "follow": False,
            "poll": "1s",
            "format": {"csv": {"time": "time", "columns": ["a", "b"]}},
        }
    }
    assert found["detect"]["evict_after"] == "7d"
    assert found["api"] == {"listen": "127.0.0.1:9464"}


def test_no_secret_is_printed(loaded, parts):
    config = loaded(FILE)
    text = show.as_yaml(show.effective(config, parts)) + "\n".join(show.summary(config))
    assert "hush" not in text
    assert show.MASK in text


def test_the_summary_is_in_words(loaded):
    lines = "\n".join(show.summary(loaded(FILE)))
    assert "file a.csv as csv, stdin as auto" in lines
    assert "at most 1 in 45 days for an entity, 3 an hour in all" in lines


def test_every_key_is_described():
    for key in describe.walk(Config):
        assert key.meaning or key.struct, f"{key.path}: expected a description"
        assert key.default != "required", f"{key.path}: every key may be left out"
