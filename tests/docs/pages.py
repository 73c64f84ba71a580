"""Markdown as the tests need it: fenced blocks, links, anchors."""

import re
from typing import NamedTuple

FENCE = re.compile(r"^( *)(```+|~~~+)([^\n`]*)\n(.*?)^ *\2 *$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: the words after the fence, the text, the line it begins on."""

    info: str
    text: str
    line: int


def blocks(text):
    """Every fenced block, without the indentation of its fence."""
    for hit in FENCE.finditer(text):
        lines = [line.removeprefix(hit[1]) for line in hit[4].splitlines(keepends=True)]
        yield Block(hit[3].strip(), "".join(lines), text.count("\n", 0, hit.start()) + 2)


def prose(text):
    """A page without its fenced blocks and inline code."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def links(text):
    """Targets of links and pictures."""
    return [hit[1] or hit[2] for hit in LINK.finditer(prose(text))]


def anchors(text):
    """The anchors of the headings, as they are made on the common forges."""
    found = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        n = 1
        while (again := slug if n == 1 else f"{slug}-{n - 1}") in found:
            n += 1
        found.add(again)
    return found


def configurations(text):
    """Blocks that are a tocsin configuration: fenced as `yaml` and nothing else."""
    return [b for b in blocks(text) if b.info == "yaml"]


def scripts(text):
    """Shell blocks with a line `# tested`."""
    shells = [b for b in blocks(text) if b.info.partition(" ")[0] in ("sh", "bash", "shell")]
    return [b for b in shells if re.search(r"^\s*# tested\b", b.text, re.MULTILINE)]


def broken(page, text, read):
    """Links of a page that lead nowhere. `read` gives the text at a path, None for nothing."""
    for target in links(text):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        where = page if not path else (page.parent / path)
        there = read(where)
        if there is None:
            yield f"{page}: {target}: no such file"
        elif anchor and where.suffix == ".md" and anchor not in anchors(there):
            yield f"{page}: {target}: no such heading"
