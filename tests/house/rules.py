"""The house rules a linter cannot say, as functions from what is there to what is wrong.

Each complaint reads: file: rule: what to do. `test_house.py` runs them on the sources,
`test_the_rules.py` shows on broken samples that each of them bites.
"""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOTS = ("daemon", "detectors", "connectors")
MODULE_LINES, FUNCTION_LINES, CLASS_METHODS, NESTING, INIT_LINES = 400, 60, 15, 4, 12
FILE_BYTES = 1_000_000
BANNED_STEMS = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "base", "core"}
BANNED_ENDINGS = ("Manager", "Helper", "Util", "Utils", "Wrapper")
ROOM_LINES = {
    "ops": 800, "wire": 1000, "config": 1500, "state": 1000, "ingest": 1500, "detect": 3000,
    "alert": 3500, "notify": 1500, "engine": 2500, "infer": 800, "api": 1500, "view": 1500,
    "study": 3000,
}  # fmt: skip
MODULE_LINES_OF = {"registry": 200, "roles": 500, "docs": 400}
COMMAND_LINES = 150
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
UNDECIDED = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\s*\(\d{4}\))")


def sources(root=ROOT):
    """Every module of the three roots."""
    return sorted(p for r in ROOTS for p in (root / r).rglob("*.py"))


def exceptions(root=ROOT):
    """Lifted limits: rule → file → reason."""
    return tomllib.loads((root / "tests/house/exceptions.toml").read_text())


def module_name(path):
    """`daemon/tocsin/ops/clock.py` as `tocsin.ops.clock`."""
    parts = path.with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def size(path, text):
    """Lines of a module; of an `__init__`, which holds a docstring and one name at most."""
    lines = text.count("\n")
    if path.name == "__init__.py" and lines > INIT_LINES:
        yield f"{path}: init_lines: {lines} > {INIT_LINES}: move the code into a module"
    limit = MODULE_LINES_OF.get(path.stem, MODULE_LINES) if len(path.parts) == 3 else MODULE_LINES
    if path.parts[:3] == ("daemon", "tocsin", "commands"):
        limit = COMMAND_LINES
    if lines > limit:
        yield f"{path}: module_lines: {lines} > {limit}: split by what changes together"


def name(path, text):
    """Modules and classes are named after what they hold."""
    if path.stem in BANNED_STEMS:
        yield f"{path}: banned_name: name the module after what it holds"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and node.name.endswith(BANNED_ENDINGS):
            yield f"{path}: banned_name: {node.name}: name what it is"


def docstring(path, text):
    """The first line says what the module is for."""
    if not ast.get_docstring(ast.parse(text)):
        yield f"{path}: docstring: say in the first line what the module is for"


def functions(path, text):
    """Length of functions; the signature of a kernel, an argument a line, does not count."""
    kernel = "kernels" in path.parts
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, FUNCTIONS):
            lines = node.end_lineno - (node.body[0].lineno if kernel else node.lineno) + 1
            if lines > FUNCTION_LINES:
                yield (
                    f"{path}: function_lines: {node.name}: {lines} > {FUNCTION_LINES}: "
                    "take a pure part out"
                )
            depth = nesting(node.body)
            if depth > NESTING:
                yield f"{path}: nesting: {node.name}: {depth} > {NESTING}: return early"


def nesting(body):
    """How deep blocks stand in blocks; `elif` is no deeper than its `if`."""
    deepest = 0
    for node in body:
        if not isinstance(node, BLOCKS):
            continue
        inner = [node.body, getattr(node, "finalbody", [])]
        inner += [h.body for h in getattr(node, "handlers", [])]
        inner += [c.body for c in getattr(node, "cases", [])]
        orelse = getattr(node, "orelse", [])
        if isinstance(node, ast.If) and len(orelse) == 1 and isinstance(orelse[0], ast.If):
            deepest = max(deepest, nesting(orelse))
        else:
            inner.append(orelse)
        deepest = max(deepest, 1 + max(nesting(b) for b in inner if b is not None))
    return deepest


def methods(path, text):
    """Methods of a class."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            held = sum(isinstance(m, FUNCTIONS) for m in node.body)
            if held > CLASS_METHODS:
                yield f"{path}: class_methods: {node.name}: {held} > {CLASS_METHODS}: split it"


def undecided(path, text):
    """Open questions name the decision that holds them."""
    for number, line in enumerate(text.splitlines(), 1):
        if UNDECIDED.search(line):
            yield f"{path}:{number}: undecided: do it, or write TODO (NNNN) with the decision"


MODULE_RULES = (size, name, docstring, functions, methods, undecided)


def module(path, text):
    """All rules of one module."""
    return [complaint for rule in MODULE_RULES for complaint in rule(path, text)]


def unreached(modules, named):
    """Modules that no other imports and nothing names. `modules`: dotted name → text."""
    reached = set(named)
    for text in modules.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module:
                reached |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
            elif isinstance(node, ast.Import):
                reached |= {a.name for a in node.names}
    return [
        f"{m}: unreached: import it, name it, or delete it" for m in modules if m not in reached
    ]


def rooms(modules):
    """Rooms over their bound; `modules`: dotted name → text."""
    total = dict.fromkeys(ROOM_LINES, 0)
    for dotted, text in modules.items():
        parts = dotted.split(".")
        if parts[0] == "tocsin" and len(parts) > 2 and parts[1] in total:
            total[parts[1]] += text.count("\n")
    return [
        f"tocsin.{room}: room_lines: {lines} > {ROOM_LINES[room]}: something does not belong here"
        for room, lines in total.items()
        if lines > ROOM_LINES[room]
    ]


def calls(text, function):
    """First literal arguments and keywords of every call of a function or method so named."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called.lstrip("_") == function and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value, {k.arg for k in node.keywords}


def versions(changelog, version):
    """The first numbered section of the changelog is the version, under an Unreleased one."""
    headings = re.findall(r"^## \[?([^\]\s]+)", changelog, re.MULTILINE)
    if not headings:
        yield "CHANGELOG.md: versions: begin with a section '## [Unreleased]'"
    numbered = [h for h in headings if h[0].isdigit()]
    if numbered and numbered[0] != version:
        yield f"CHANGELOG.md: versions: its newest is {numbered[0]}, the code says {version}"


def pins(text):
    """The constraints name packages and versions, and no place to get them from."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"://|^\s*-|\bindex\b|\bextra-index", line):
            yield f"constraints.txt:{number}: pins: no address may stand here: {line.strip()}"


def large(files, size_of):
    """Files too large for a repository, but for models and test data."""
    for path in files:
        if "models" not in path.parts and path.parts[:2] != ("tests", "data"):
            n = size_of(path)
            if n > FILE_BYTES:
                yield f"{path}: large: {n} bytes > {FILE_BYTES}: make it when it is needed"


def lifted(complaints, allowed):
    """What is left after the exceptions, and the exceptions nobody needs any more."""
    left, used = [], set()
    for complaint in complaints:
        path, rule = complaint.split(": ")[:2]
        if path in allowed.get(rule, {}):
            used.add((rule, path))
        else:
            left.append(complaint)
    listed = {(rule, path) for rule, paths in allowed.items() for path in paths}
    left += [f"{p}: {r}: lifted in exceptions.toml, but kept: delete it" for r, p in listed - used]
    return sorted(left)
