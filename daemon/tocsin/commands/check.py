"""`tocsin check`: is this configuration right, and what does it mean?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tocsin.config import show
from tocsin.config.load import load
from tocsin.ops.errors import ConfigError
from tocsin.registry import Installed

EXAMPLES = """\b
Examples:
  tocsin check tocsin.yaml
  tocsin check --print-config tocsin.yaml
"""


@click.command("check", epilog=EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--print-config", is_flag=True, help="Print the whole file with all defaults.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for machines.")
def command(file: Path, print_config: bool, as_json: bool) -> int:
    """Check the configuration FILE (`-`: standard input) without running it.

    All problems are listed at once, each with its line; the exit code is then 78.
    """
    try:
        config = load(file, Installed())
    except ConfigError as e:
        if not as_json:
            raise
        _print({"valid": False, "problems": list(e.problems)})
        return e.exit_code
    if as_json:
        _print({"valid": True, "problems": [], "config": show.effective(config, Installed())})
    elif print_config:
        click.echo(show.as_yaml(show.effective(config, Installed())), nl=False)
    else:
        click.echo(f"{file}: fine\n" + "\n".join(show.summary(config)))
    return 0


def _print(found: dict[str, Any]) -> None:
    import msgspec  # noqa: PLC0415

    click.echo(msgspec.json.encode(found))
