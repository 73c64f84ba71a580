"""`tocsin docs`: write the reference pages (for those who work on the program)."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

EXAMPLES = """\b
Examples:
  tocsin docs docs/reference
  tocsin docs --check docs/reference
"""


@click.command("docs", hidden=True, epilog=EXAMPLES)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a page is out of date.")
@click.pass_context
def command(ctx: click.Context, folder: Path, check: bool) -> int:
    """Write the reference pages and schemas into FOLDER."""
    from tocsin.docs import pages, stale  # noqa: PLC0415  (loads every part)

    def read(name: str) -> str | None:
        path = folder / name
        return path.read_text() if path.exists() else None

    found = pages(cast("click.Group", ctx.find_root().command))
    old = stale(found, read)
    for name in old:
        path = folder / name
        click.echo(f"{path}: {'out of date; run make docs' if check else 'written'}", err=True)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found[name])
    return 1 if check and old else 0
