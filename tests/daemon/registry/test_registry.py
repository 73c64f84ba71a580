"""Names to classes: nothing imported before it is asked for, suggestions, plain errors."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from tocsin import registry
from tocsin.config.model import Component
from tocsin.ops.errors import ConfigError


def test_listing_imports_no_part():
    code = (
        "import sys; from tocsin.registry import GROUPS, known; [known(g) for g in GROUPS];"
        "print([m for m in sys.modules if m.startswith(('tocsin_', 'numpy', 'numba'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_parts_that_come_with_the_program_are_there():
    assert {"robust", "sprt"} <= set(registry.known("detectors"))
    assert {"file", "stdin"} <= set(registry.known("sources"))
    assert {"csv", "json"} <= set(registry.known("formats"))
    assert {"jsonl", "stdout"} <= set(registry.known("sinks"))


def test_an_unknown_name_is_suggested():
    with pytest.raises(ConfigError, match="no detector named 'rubost'; did you mean 'robust'"):
        registry.load("detectors", "rubost")


def test_a_part_that_cannot_be_imported_says_from_where(monkeypatch):
    broken = EntryPoint("odd", "no_such_module:Odd", "tocsin.sinks")
    monkeypatch.setattr(registry, "known", lambda group: {"odd": broken})
    with pytest.raises(ConfigError, match="sink 'odd': cannot be loaded from no_such_module:Odd"):
        registry.load("sinks", "odd")


def test_a_part_is_built_from_its_parameters():
    built = registry.build("detectors", Component("robust"), rows=4, seed=0)
    assert built.name == "robust"


def test_wrong_parameters_are_a_configuration_error():
    with pytest.raises(ConfigError, match="robust"):
        registry.build("detectors", Component("robust", {"nothing": 1}), rows=4, seed=0)
