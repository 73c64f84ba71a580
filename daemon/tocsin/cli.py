"""The command line: one module of `tocsin.commands` per command, imported when it is called.

Standard output carries data, standard error carries people's text. An error is one line and an
exit code (`tocsin.ops.errors`); a traceback is shown only with `--debug`.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

import click

from tocsin import __version__
from tocsin.ops import failpoints
from tocsin.ops.errors import ConfigError, TocsinError, suggest

COMMANDS = {
    "demo": "Watch real series being watched, and see what is caught.",
    "run": "Run the daemon.",
    "replay": "Run files through the same pipeline, as fast as it goes.",
    "check": "Check a configuration and say what is wrong, and where.",
    "detectors": "List what scores series, or describe one.",
    "formats": "List what can be decoded, or describe one.",
    "sinks": "List where alerts can go, or describe one.",
    "sources": "List where records can come from, or describe one.",
    "docs": "Write the reference pages.",
}
MODULES = dict.fromkeys(("detectors", "formats", "sinks", "sources"), "catalog")
HIDDEN = {"docs"}
EXAMPLES = """\b
Examples:
  tocsin demo
  tocsin replay metrics.csv
"""
SOFTWARE_FAULT = 70
NOT_WRITABLE = 73
NO_CACHE = (
    "compiled code cannot be kept: the program's folder and the user's cache cannot be written; "
    "name a folder that can be in NUMBA_CACHE_DIR"
)
INTERRUPTED = 130


class Commands(click.Group):
    """Knows the names; imports the module of the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tocsin.commands.{MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, cmd_name if cmd_name in MODULES else "command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            ctx.fail(f"no command {args[0]!r}{suggest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table: help has no need to import anything."""
        with formatter.section("Commands"):
            formatter.write_dl([row for row in COMMANDS.items() if row[0] not in HIDDEN])


def print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Version, Python and the libraries whose version decides about figures."""
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import version  # noqa: PLC0415
    from platform import python_version  # noqa: PLC0415

    libraries = " ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "pyarrow"))
    click.echo(f"tocsin {__version__} (python {python_version()}, {libraries})")
    ctx.exit()


@click.group(
    cls=Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_version,
    help="Show the version and leave.",
)
@click.pass_context
def group(ctx: click.Context, debug: bool) -> None:
    """Streams in, few alerts out: as many false ones as you said you would take.

    Data goes to standard output, everything else to standard error.
    """
    failpoints.arm(os.environ)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 fine, 1 the check failed, 2 usage, 64-78 as in sysexits, 130 interrupted."""
    given = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in given[:1]
    if "_TOCSIN_COMPLETE" in os.environ:
        group.main(given, prog_name="tocsin")
    try:
        with group.make_context("tocsin", given) as ctx:
            code = group.invoke(ctx)
        sys.stdout.flush()
        return int(code or 0)
    except BaseException as e:  # noqa: BLE001  (the border of a command)
        if debug and isinstance(e, Exception):
            traceback.print_exc()
        return _ended(e)


def _ended(error: BaseException) -> int:
    """Say what happened in one line, where anything is to be said; the exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show(sys.stderr)
        return error.exit_code
    if isinstance(error, TocsinError):
        told = isinstance(error, ConfigError) and error.problems
        click.echo(str(error) if told else f"tocsin: {error}", err=True)
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123  (no flush at exit may complain)
        return 0
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return INTERRUPTED
    if not isinstance(error, Exception):
        raise error
    what = " ".join(f"{type(error).__name__}: {error}".split())[:400]
    uncached = "cannot cache function" in what
    fault = NO_CACHE if uncached else f"a fault of the program: {what}; --debug shows where"
    click.echo(f"tocsin: {fault}", err=True)
    return NOT_WRITABLE if uncached else SOFTWARE_FAULT
