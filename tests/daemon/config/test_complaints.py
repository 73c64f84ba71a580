"""What a wrong configuration is told: everything at once, with line, path, expected, got."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.config import model
from tocsin.config.load import load_text
from tocsin.config.model import Config
from tocsin.config.tree import typed
from tocsin.ops.errors import ConfigError

ONE = [
    ("sorces: []", "c.yaml:1: sorces: unknown key; did you mean 'sources'?"),
    ("lateness: 3s", "c.yaml:1: lateness: unknown key; it belongs at 'detect.lateness'"),
    ("budget: {zzz: 1}", "c.yaml:1: budget.zzz: unknown key; known keys: per_entity, fleet"),
    ("seed: x", "seed: expected a whole number >= 0"),
    ("seed: true", "got True"),
    ("seed: -1", "seed: expected a whole number >= 0"),
    ("instance: 'a b'", "instance: expected text like"),
    ("budget: {fleet: many}", "budget.fleet: expected a rate such as 20/day"),
    ("budget: {fleet: 0/day}", "budget.fleet: expected a rate"),
    ("budget: {fleet: 1/week, per_entity: 1/day}", "budget.fleet: expected at least"),
    ("budget:", "budget: expected a mapping, got nothing"),
    ("detect: {lateness: 5}", "detect.lateness: expected a duration such as 30s, 5m or 7d, got 5"),
    ("detect: {lateness: 5 parsecs}", "got '5 parsecs'"),
    ("detect: {on_duplicate: merge}", "expected one of drop, keep, got 'merge'"),
    ("detect: {detectors: [ewna]}", "c.yaml:1: detect.detectors[0]: no detector named 'ewna'"),
    ("detect: {detectors: [rubost]}", "did you mean 'robust'?"),
    ("detect: {detectors: []}", "expected at least one detector"),
    ("detect: {detectors: [sprt, sprt]}", "'sprt' is there more than once"),
    ("detect: {detectors: robust}", "expected a list of items"),
    ("detect: {detectors: [{default: {a: 1}}]}", "'default' has no parameters"),
    ("sources: {stdin: {}}", "sources: expected a list of items"),
    ("sources: [{file: {}}]", "sources[0].file.path: missing; expected text that is not empty"),
    ("sources: [{file: {path: a, folow: 1}}]", "sources[0].file.folow: unknown key; did you mean"),
    ("sources: [{file: a.csv}]", "sources[0].file: expected a mapping of parameters, got 'a.csv'"),
    ("sources: [{file: {path: a}, format: csv}]", "indent the parameters under the name"),
    ("sources: [3]", "sources[0]: expected a name, or one name with its parameters, got 3"),
    ("sources: [{stdin: {format: cvs}}]", "sources[0].stdin.format: no format named 'cvs'"),
    ("sources: [{stdin: {format: {csv: {time: 3}}}}]", "stdin.format.csv.time: expected text"),
    ("sinks: [{webhook: {url: x, headers: {a: 1}}}]", "sinks[0].webhook.headers"),
    ("api: of", "api: expected a mapping or off, got 'of'"),
    ("api: {listen: here}", "api.listen: expected an address"),
    ("api: {listen: '127.0.0.1:99999'}", "api.listen: expected an address"),
    ("entity: [a, 4]", "entity[1]: expected text"),
    ("log: {level: loud}", "expected one of debug, error, info, warning, got 'loud'"),
    ("seed: 1\nseed: 2", "c.yaml:2: seed: the key is there twice; the first is on line 1"),
    ("seed: &a 1", "aliases and anchors are not supported"),
    ("instance: !!python/object:os.system x", "tags are not supported"),
    ("- a", "expected a mapping of keys, got 'list'"),
    ("just text", "expected a mapping of keys"),
]


@pytest.mark.parametrize(("text", "says"), ONE)
def test_one_mistake_is_one_line(problems, text, says):
    (line,) = problems(text)
    assert says in line


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(problems):
    lines = problems("""\
sorces: []
entity: [a, 1, b, 2, 3]
detect:
  lateness: x
  detectors:
    - robust: {alpha: 1.5, alfa: 0.1, warmup: 1}
    - ewna
budget: {fleet: many}
seed: many
""")
    assert [line.split(": ")[:2] for line in lines] == [
        ["c.yaml:1", "sorces"],
        ["c.yaml:2", "entity[1]"],
        ["c.yaml:2", "entity[3]"],
        ["c.yaml:2", "entity[4]"],
        ["c.yaml:4", "detect.lateness"],
        ["c.yaml:6", "detect.detectors[0].robust.alpha"],
        ["c.yaml:6", "detect.detectors[0].robust.alfa"],
        ["c.yaml:6", "detect.detectors[0].robust.warmup"],
        ["c.yaml:7", "detect.detectors[1]"],
        ["c.yaml:8", "budget.fleet"],
        ["c.yaml:9", "seed"],
    ]


def test_a_machine_gets_the_parts(loaded):
    with pytest.raises(ConfigError) as raised:
        loaded("detect:\n  lateness: x")
    (problem,) = raised.value.problems
    assert (problem.line, problem.column, problem.path) == (2, 3, "detect.lateness")


def test_very_many_mistakes_are_counted(problems):
    lines = problems("".join(f"k{i}: 1\n" for i in range(200)))
    assert len(lines) <= 51


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a: [1", "c.yaml:1: expected YAML"),
        (b"a: b: c", "c.yaml:1: expected YAML"),
        (b"seed: 1\n---\nseed: 2\n", "c.yaml:2: expected one document"),
        (b"\xff\xfe\x00", "expected UTF-8"),
        (b"a: \x00", "expected YAML"),
        (b"#" * 1_048_577, "expected at most 1048576 bytes"),
        (b"[" * 500, "expected at most 20 levels"),
        (b"? [a]\n: 1", "expected a key that is text"),
        (b"seed: *b", "aliases and anchors"),
    ],
)
def test_what_is_no_configuration_at_all_is_one_line(problems, content, says):
    (line,) = problems(content)
    assert says in line
    assert len(line) < 300


def test_nested_aliases_never_unfold(problems):
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert len(problems(bomb)) <= 51


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_give_a_configuration_or_a_complaint(content):
    with contextlib.suppress(ConfigError):
        assert isinstance(load_text(content, "c.yaml", Names(), {}), Config)


class Names:
    def names(self, group):
        return []

    def parameters(self, group, name):
        raise AssertionError(name)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("off", "off"), ("true", True), ("~", None), ("", None),
        ("12", 12), ("-3", -3), ("0x1F", 31), ("0o17", 15), ("017", 17), ("1.5", 1.5),
        ("1e3", 1000.0), (".5", 0.5), ("1_000", "1_000"), ("1:30", "1:30"), (".", "."),
        ("2026-01-01", "2026-01-01"),
    ],
)  # fmt: skip
def test_scalars_follow_yaml_1_2(text, value):
    assert typed(text) == value
    assert type(typed(text)) is type(value)


def test_an_obsolete_key_says_what_to_write_now(problems, monkeypatch):
    monkeypatch.setitem(model.OBSOLETE, "lateness_s", "write detect: {lateness: 5s}")
    (line,) = problems("lateness_s: 5")
    assert line == "c.yaml:1: lateness_s: no longer a key; write detect: {lateness: 5s}"
