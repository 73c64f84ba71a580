"""Does the reading of Markdown bite? Shown on samples."""

from pathlib import Path

from docs.pages import anchors, broken, configurations, links, scripts

SAMPLE = """\
# One `thing`, two

See [there](other.md#a-heading "title"), [gone](gone.md), [here](#nowhere), `[not](a.md)`,
[web](https://example.org/x), ![picture](p.png).

```yaml
seed: 1
```

```yaml prometheus
scrape: 1
```

- in a list
  ```sh
  # tested
  true
  ```

```text
[no](link.md)
# no heading
```
"""
PAGES = {Path("d/other.md"): "# A heading\n", Path("d/p.png"): ""}


def test_links_in_code_are_none():
    assert links(SAMPLE) == [
        "other.md#a-heading", "gone.md", "#nowhere", "https://example.org/x", "p.png",
    ]  # fmt: skip


def test_links_that_lead_nowhere_are_found():
    page = Path("d/page.md")
    assert list(broken(page, SAMPLE, {**PAGES, page: SAMPLE}.get)) == [
        "d/page.md: gone.md: no such file",
        "d/page.md: #nowhere: no such heading",
    ]


def test_anchors_are_those_of_headings():
    assert anchors(SAMPLE) == {"one-thing-two"}
    assert anchors("# A\n# A\n") == {"a", "a-1"}


def test_configurations_are_the_plain_yaml_blocks():
    assert [(b.text, b.line) for b in configurations(SAMPLE)] == [("seed: 1\n", 7)]


def test_marked_scripts_are_found_inside_lists():
    assert [b.text for b in scripts(SAMPLE)] == ["# tested\ntrue\n"]
