"""Every command: help with examples, one line for an error, its exit code, quiet ends."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tocsin import __version__
from tocsin.cli import COMMANDS, HIDDEN, main


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(capsys, monkeypatch):
    """Runs a command line in this process."""

    def command(*args, given=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        code = main(args)
        return Done(code, *capsys.readouterr())

    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_ends_with_two_examples(run, name):
    done = run(name, "--help")
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line]
    at = max(i for i, line in enumerate(lines) if line.strip() == "Examples:")
    assert len(lines[at + 1 :]) == 2
    assert all(re.search(r"\btocsin\b", line) for line in lines[at + 1 :])


def test_the_help_lists_every_command(run):
    text = run("--help").stdout
    assert all((f"  {name} " in text) == (name not in HIDDEN) for name in COMMANDS)


def test_the_version_is_the_package_s(run):
    assert run("--version").stdout.startswith(f"tocsin {__version__} (python 3.")


def test_a_near_command_is_suggested(run):
    done = run("chek")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'check'?" in done.stderr


def test_a_wrong_option_is_a_usage_error(run):
    assert run("check", "--nothing").returncode == 2


def test_a_missing_file_is_one_line(run):
    done = run("check", "/no/such/file.yaml")
    assert done.returncode == 66
    assert done.stderr == "tocsin: /no/such/file.yaml: no such file\n"


def test_debug_shows_where_an_error_came_from(run):
    done = run("--debug", "check", "/no/such/file.yaml")
    assert done.returncode == 66
    assert "Traceback" in done.stderr


def test_a_reader_that_leaves_is_no_error():
    """`tocsin --help | true`: no traceback, no message, exit 0."""
    read, write = os.pipe()
    os.close(read)
    try:
        command = [sys.executable, "-m", "tocsin", "--help"]
        done = subprocess.run(command, check=False, stdout=write, stderr=subprocess.PIPE)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_failpoints_are_refused_in_production(run, monkeypatch):
    monkeypatch.setenv("TOCSIN_ENV", "production")
    monkeypatch.setenv("TOCSIN_FAILPOINTS", "ckpt.cut=kill")
    done = run("check", "-")
    assert done.returncode == 2
    assert "production" in done.stderr


class TestCheck:
    """`tocsin check`."""

    def test_a_misspelt_key_is_78_with_its_line(self, run, tmp_path):
        (tmp_path / "c.yaml").write_text("sorces:\n  - stdin: {}\n")
        done = run("check", str(tmp_path / "c.yaml"))
        assert done.returncode == 78
        assert f"{tmp_path}/c.yaml:1: sorces: unknown key; did you mean 'sources'?" in done.stderr

    def test_all_problems_come_at_once(self, run):
        done = run("check", "-", given="sorces: []\nbudget: {fleet: many}\n")
        assert done.returncode == 78
        assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [
            "<stdin>:1",
            "<stdin>:2",
        ]

    def test_a_right_one_is_told_in_words(self, run):
        done = run("check", "-", given="sources: [stdin]\n")
        assert done.returncode == 0
        assert "stdin as auto" in done.stdout
        assert "1 a week" in done.stdout

    def test_machines_get_one_object(self, run):
        wrong = run("check", "--json", "-", given="seed: x")
        assert wrong.returncode == 78
        assert json.loads(wrong.stdout)["problems"][0]["path"] == "seed"
        right = json.loads(run("check", "--json", "-", given="seed: 3").stdout)
        assert right["valid"]
        assert right["config"]["seed"] == 3

    def test_the_printed_configuration_is_valid(self, run):
        printed = run("check", "--print-config", "-", given="sources: [stdin]").stdout
        again = run("check", "--print-config", "-", given=printed)
        assert (again.returncode, again.stdout) == (0, printed)


class TestCatalog:
    """`tocsin detectors | formats | sinks | sources`."""

    @pytest.mark.parametrize("group", ["detectors", "formats", "sinks", "sources"])
    def test_the_list_names_and_the_page_describes(self, run, group):
        listed = json.loads(run(group, "--json").stdout)
        assert listed
        for part in listed:
            assert part["summary"]
            assert all(p["meaning"] for p in part["parameters"]), part["name"]
        page = run(group, listed[0]["name"]).stdout
        assert "Example:" in page

    @pytest.mark.parametrize("group", ["detectors", "formats", "sinks", "sources"])
    def test_every_example_is_a_valid_configuration(self, run, group, tmp_path):
        for part in json.loads(run(group, "--json").stdout):
            (tmp_path / "c.yaml").write_text(part["example"])
            done = run("check", str(tmp_path / "c.yaml"))
            assert done.returncode == 0, f"{part['example']}\n{done.stderr}"

    def test_an_unknown_name_is_suggested(self, run):
        done = run("detectors", "rubost")
        assert done.returncode == 2
        assert "did you mean 'robust'?" in done.stderr


def test_the_tocsin_script_is_installed_beside_python():
    assert (Path(sys.executable).parent / "tocsin").exists()
