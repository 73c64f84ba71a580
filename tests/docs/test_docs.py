"""The documentation holds: fresh, complete, runnable, without dead ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from docs.pages import broken, configurations, links, scripts
from tocsin.cli import group
from tocsin.config.load import load_text
from tocsin.docs import pages
from tocsin.ops.errors import ConfigError
from tocsin.registry import Installed

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
TOP = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
PAGES = [p for p in TOP if p.exists()] + sorted((ROOT / "docs").rglob("*.md"))


def name(path):
    return str(path.relative_to(ROOT))


def marked(find):
    """(page, block) of every page, as parameters."""
    return [
        pytest.param(page, block, id=f"{name(page)}:{block.line}")
        for page in PAGES
        for block in find(page.read_text())
    ]


@pytest.fixture(scope="module")
def written():
    return pages(group)


def test_the_reference_is_fresh(written):
    old = [n for n, text in written.items() if _text(REFERENCE / n) != text]
    assert not old, f"out of date: {old}; run `make docs`"


def test_the_reference_holds_nothing_else(written):
    there = {str(p.relative_to(REFERENCE)) for p in REFERENCE.rglob("*") if p.is_file()}
    assert not there - set(written), "no longer written by `make docs`: delete"


@pytest.mark.parametrize(("page", "block"), marked(configurations))
def test_every_configuration_is_valid(page, block):
    """Files of secrets need not be there; everything else must."""
    try:
        load_text(block.text.encode(), name(page), Installed(), {"HOME": "/home/me"})
    except ConfigError as e:
        wrong = [p for p in e.problems if not p.message.startswith("no such file")]
        assert not wrong, f"{name(page)}:{block.line}:\n" + "\n".join(map(str, wrong))


@pytest.mark.parametrize(("page", "block"), marked(scripts))
def test_every_marked_script_runs(page, block, tmp_path):
    environ = {
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LANG": "C.UTF-8",
    }
    command = ["bash", "-euo", "pipefail", "-c", block.text]
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{name(page)}:{block.line}:\n{done.stdout}{done.stderr}"


def test_every_link_leads_somewhere():
    wrong = [line for page in PAGES for line in broken(page, page.read_text(), _there)]
    assert not wrong, "\n".join(wrong)


def test_every_page_can_be_reached_from_the_readme():
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        targets = [t.partition("#")[0] for t in links(page.read_text())]
        ahead += [(page.parent / t).resolve() for t in targets if t and "://" not in t]
    orphans = [name(p) for p in PAGES if p not in reached and p not in TOP]
    assert not orphans, f"linked from nowhere: {orphans}"


def _text(path):
    return path.read_text() if path.is_file() else None


def _there(path):
    path = path if path.is_absolute() else ROOT / path
    if path.is_dir():
        return ""
    if not path.is_file():
        return None
    return path.read_text() if path.suffix == ".md" else ""
