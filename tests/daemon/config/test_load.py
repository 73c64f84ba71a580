"""What a right configuration becomes."""

import os
from pathlib import Path

import pytest

from tocsin.config.load import load
from tocsin.config.model import Component, Config, SourceItem
from tocsin.ops.errors import ConfigError, InputMissing, PermissionDenied


def test_nothing_gives_the_defaults(loaded, parts):
    config = load(None, parts, {"HOME": "/home/me"})
    assert loaded("") == loaded("# nothing\n") == loaded("{}") == config
    assert config.budget == Config().budget
    assert [d.name for d in config.detect.detectors] == ["robust", "sprt"]


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({}, "/home/me/.local/state/tocsin"),
        ({"XDG_STATE_HOME": "/s"}, "/s/tocsin"),
        ({"XDG_STATE_HOME": "relative"}, "/home/me/.local/state/tocsin"),
    ],
)
def test_state_lives_where_xdg_says(loaded, environ, folder):
    config = loaded("", environ)
    assert config.state.folder == folder
    assert config.dead_letters.file == f"{folder}/dead.jsonl"


def test_dead_letters_follow_the_state_folder_unless_they_are_placed(loaded):
    assert loaded("state: {folder: /x}").dead_letters.file == "/x/dead.jsonl"
    assert loaded("dead_letters: {file: /y/d}").dead_letters.file == "/y/d"


def test_the_whole_file_of_the_readme_s_kind(loaded):
    config = loaded("""
sources:
  - file: {path: /var/log/app/*.log, follow: true, format: csv}
  - stdin: {format: {csv: {time: at}}}
  - stdin
entity: [service, instance]
budget: {per_entity: 1/week, fleet: 20/day}
sinks:
  - webhook: {url: https://hooks.example.org/tocsin}
  - stdout:
api: off
""")
    assert config.sources == (
        SourceItem("file", {"path": "/var/log/app/*.log", "follow": True}, Component("csv")),
        SourceItem("stdin", {}, Component("csv", {"time": "at"})),
        SourceItem("stdin"),
    )
    assert config.sources[2].format == Component("auto")
    assert config.entity == ("service", "instance")
    assert [s.name for s in config.sinks] == ["webhook", "stdout"]
    assert config.api == "off"


def test_units_are_numbers(loaded):
    config = loaded("detect: {lateness: 1h30m, evict_after: 30d}\nbudget: {per_entity: 1/30d}")
    assert config.detect.lateness == 5400 * 10**9
    assert config.detect.evict_after == 30 * 86_400 * 10**9
    assert config.budget.per_entity == 1 / 30


def test_default_stands_for_its_detectors_and_an_explicit_one_wins(loaded):
    config = loaded("detect: {detectors: [default, {robust: {alpha: 0.2}}]}")
    assert config.detect.detectors == (Component("sprt"), Component("robust", {"alpha": 0.2}))


def test_durations_in_the_parameters_of_a_part(loaded):
    (source,) = loaded("sources: [{file: {path: a, poll: 5s}}]").sources
    assert source.given["poll"] == 5 * 10**9


class TestEnvironment:
    """`${VAR}` and friends."""

    def test_values_are_replaced(self, loaded):
        config = loaded("instance: a-${X}-${Y:-z}", {"X": "1"})
        assert config.instance == "a-1-z"

    def test_an_empty_variable_is_a_value_but_takes_its_default(self, loaded):
        text = 'sinks: [{webhook: {url: "a${X}b${X:-c}"}}]'
        assert loaded(text, {"X": ""}).sinks[0].given["url"] == "abc"

    def test_a_number_from_the_environment_is_a_number(self, loaded):
        assert loaded("seed: ${SEED}", {"SEED": "7"}).seed == 7
        text = "detect: {detectors: [{robust: {warmup: '${N}'}}]}"
        assert loaded(text, {"N": "9"}).detect.detectors[0].given == {"warmup": 9}

    def test_text_from_the_environment_stays_text(self, loaded):
        text = "sinks:\n - webhook:\n    url: x\n    secret: ${S}"
        assert loaded(text, {"S": "12345"}).sinks[0].given["secret"] == "12345"

    def test_the_environment_cannot_change_the_structure(self, loaded, problems):
        evil = "x\nsinks: []\n# {a: b}"
        assert loaded("state: \n  folder: ${X}", {"X": evil}).state.folder == evil
        assert "sinks[0]" in problems("sinks: ['${X}']", {"X": "{webhook: {url: x}}"})[0]

    def test_keys_are_left_alone(self, problems):
        assert "unknown key" in problems("'${X}': 1", {"X": "seed"})[0]

    def test_two_dollars_are_one(self, loaded):
        assert loaded("state:\n  folder: /a$${B}$c").state.folder == "/a${B}$c"

    @pytest.mark.parametrize(
        ("value", "says"),
        [
            ("${GONE}", "no variable GONE"),
            ("${GONE:?set it to the hook}", "${GONE}: set it to the hook"),
            ("${GONE:?}", "${GONE}: is not set"),
            ("${no-name}", "expected ${NAME}"),
        ],
    )
    def test_what_is_missing_is_said(self, problems, value, says):
        (line,) = problems(f"seed: 1\ninstance: {value}")
        assert line.startswith("c.yaml:2: instance: ")
        assert says in line


class TestSecrets:
    """`*_file`."""

    def test_a_secret_comes_from_a_file_without_its_line_end(self, loaded, tmp_path):
        (tmp_path / "s").write_text("hush\n\n")
        config = loaded(f"sinks: [{{webhook: {{url: x, secret_file: {tmp_path}/s}}}}]")
        assert config.sinks[0].given == {"url": "x", "secret": "hush\n"}
        assert "hush" not in repr(config)

    def test_a_missing_file_is_named(self, problems):
        (line,) = problems("sinks:\n  - webhook:\n      url: x\n      secret_file: /no/such")
        assert line == "c.yaml:4: sinks[0].webhook.secret_file: no such file: '/no/such'"

    def test_a_forbidden_file_says_who_may_not(self, problems, tmp_path, monkeypatch):
        secret = tmp_path / "s"
        secret.write_text("hush")
        secret.chmod(0)
        if os.geteuid() == 0:  # root reads everything: ask for a folder instead
            secret = tmp_path
        (line,) = problems(f"sinks: [{{webhook: {{url: x, secret_file: {secret}}}}}]")
        assert "no permission to read" in line or "cannot read" in line

    def test_both_ways_at_once_are_refused(self, problems):
        (line,) = problems("sinks: [{webhook: {url: x, secret: a, secret_file: b}}]")
        assert "expected 'secret' or 'secret_file', got both" in line

    def test_a_wrong_secret_is_not_shown(self, problems):
        lines = problems("sinks: [{webhook: {url: x, secret: [hush]}}]")
        lines += problems("sinks: [{webhook: {url: x, secret: 12345}}]")
        assert not any("hush" in line or "12345" in line for line in lines)

    def test_what_the_environment_held_is_not_shown(self, problems):
        (line,) = problems("seed: ${TOKEN}", {"TOKEN": "hush"})
        assert line.endswith("got what '${TOKEN}' stands for")


def test_a_missing_file_and_a_forbidden_one_have_exit_codes_of_their_own(parts, tmp_path):
    with pytest.raises(InputMissing, match="no such file"):
        load(tmp_path / "none.yaml", parts)
    with pytest.raises(ConfigError, match="directory"):
        load(tmp_path, parts)
    if os.geteuid() != 0:
        (tmp_path / "c.yaml").touch(0)
        with pytest.raises(PermissionDenied):
            load(Path(tmp_path / "c.yaml"), parts)
