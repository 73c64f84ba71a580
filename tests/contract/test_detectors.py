"""Every registered detector keeps the contract: found by entry point, no list to maintain."""

import tomllib
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from tocsin_detectors.testing import checks

GROUP = "tocsin.detectors"
PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"

# Parameters under which a few hundred points reach every branch; they are the twin's, too.
SMALL = {
    "robust": {"warmup": 10, "relearn": 40},
    "sprt": {"baseline": 32, "absorb": 16},
}


def known():
    """The installed entry points; without an installation, what pyproject.toml would give."""
    installed = entry_points(group=GROUP)
    if installed:
        return {e.name: e for e in installed}
    written = tomllib.loads(PROJECT.read_text())["project"]["entry-points"][GROUP]
    return {name: EntryPoint(name, target, GROUP) for name, target in written.items()}


def make_of(cls, name):
    return lambda rows: cls(cls.parameters.of(**SMALL[name]), rows=rows, seed=0)


def twin_of(name):
    twin = import_module(f"twins.{name}").twin
    return lambda time, value, key: twin(time, value, key, **SMALL[name])


def cases():
    for name, entry in known().items():
        if name not in SMALL:
            yield pytest.param(name, None, id=f"{name}-has-no-small-parameters-here")
            continue
        for check, run in checks(make_of(entry.load(), name), twin_of(name)):
            yield pytest.param(name, run, id=f"{name}-{check}")


@pytest.mark.parametrize(("name", "run"), list(cases()))
def test_contract(name, run):
    assert run, f"{name}: give it parameters in SMALL and a twin in tests/twins"
    run()


@pytest.mark.parametrize("name", sorted(known()))
def test_name_is_the_entry_point(name):
    assert known()[name].load().name == name
