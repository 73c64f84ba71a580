"""The sources keep the house rules. Each failure names the file, the rule and what to do."""

import subprocess
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from house import rules
from house.rules import ROOT, module_name
from tocsin import __version__
from tocsin.cli import COMMANDS, MODULES
from tocsin.ops import limits
from tocsin.ops.events import EVENTS
from tocsin.ops.failpoints import POINTS
from tocsin.ops.metrics import METRICS
from tocsin.registry import GROUPS, known

FILES = {p.relative_to(ROOT): p.read_text() for p in rules.sources()}
MODULES_TEXT = {module_name(p): t for p, t in FILES.items()}
OPS = {m: t for m, t in MODULES_TEXT.items() if m.startswith("tocsin.") and ".ops." not in m}
BY_NAME = {
    "tocsin.__main__",
    "tocsin.cli",
    "tocsin_detectors.testing",
    "tocsin_connectors.testing",
    *(f"tocsin.commands.{MODULES.get(name, name)}" for name in COMMANDS),
}


def test_every_module_keeps_the_limits():
    complaints = [c for path, text in FILES.items() for c in rules.module(path, text)]
    left = rules.lifted(complaints, rules.exceptions())
    assert not left, "\n" + "\n".join(left)


def test_every_exception_has_a_reason():
    assert all(reason for paths in rules.exceptions().values() for reason in paths.values())


def test_every_module_is_reached():
    named = BY_NAME | {e.module for g in GROUPS for e in entry_points(group=f"tocsin.{g}")}
    modules = {m: t for m, t in MODULES_TEXT.items() if "." in m and not _is_room(m)}
    left = rules.unreached(modules | {"": ""}, named | {""})
    assert not left, "\n" + "\n".join(left)


def _is_room(dotted):
    return any(other.startswith(f"{dotted}.") for other in MODULES_TEXT)


def test_every_room_is_within_its_bound():
    assert not rules.rooms(MODULES_TEXT)


@pytest.mark.parametrize("group", GROUPS)
def test_the_name_of_a_part_is_its_entry_point(group):
    wrong = [n for n, e in known(group).items() if e.load().name != n]
    assert not wrong, f"entry point and `name` differ: {wrong}"


def test_told_events_are_in_the_table_with_their_fields():
    for module, text in OPS.items():
        for event, fields in rules.calls(text, "tell"):
            assert event in EVENTS, f"{module}: tell({event!r}): add it to ops/events.py"
            assert fields == set(EVENTS[event].fields) or None in fields, (
                f"{module}: {event}: expected {EVENTS[event].fields}, got {sorted(fields)}"
            )


def test_every_event_is_told():
    text = "".join(OPS.values())
    left = [e for e in EVENTS if f'"{e}"' not in text]
    assert not left, f"told by nobody: {left}: delete from ops/events.py, or tell"


def test_every_failpoint_is_reached():
    reached = {n for text in OPS.values() for n, _ in rules.calls(text, "reach")}
    assert sorted(reached) == sorted(POINTS), "the table and the places differ"


def test_every_metric_is_used():
    text = "".join(OPS.values())
    fixed = {m for m in METRICS if m.endswith("_problems_total")} | {"tocsin_build_info"}
    assert not [m for m in METRICS if m not in text and m not in fixed], "used by nobody: delete"


def test_every_limit_is_used():
    text = "".join(t for m, t in MODULES_TEXT.items() if m != "tocsin.ops.limits")
    held = {n for n in dir(limits) if n.isupper() and n not in ("LIMITS", "ELSEWHERE")}
    assert not [n for n in held if n not in text], "used by nobody: delete from ops/limits.py"


@pytest.mark.parametrize("row", limits.ELSEWHERE.values(), ids=limits.ELSEWHERE)
def test_a_limit_elsewhere_is_there_and_used(row):
    module, _, name = row.place.partition(":")
    assert MODULES_TEXT[module].count(name) > 1, f"{row.place}: not used in its own module"


def test_the_newest_version_of_the_changelog_is_the_code_s():
    assert not list(rules.versions((ROOT / "CHANGELOG.md").read_text(), __version__))


def test_the_constraints_name_no_address():
    assert not list(rules.pins((ROOT / "constraints.txt").read_text()))


def test_no_file_is_large():
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(command, check=False, cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [Path(f) for f in listed.stdout.decode().split("\0") if f]
    there = [f for f in files if (ROOT / f).is_file()]
    assert not list(rules.large(there, lambda p: (ROOT / p).stat().st_size))
