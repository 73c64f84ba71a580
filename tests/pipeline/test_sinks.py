"""A sink that fails stops the run before its checkpoint; the next run sends what was not taken."""

import json
import os
import subprocess
import sys

from pipeline import made


def run(config, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tocsin", "run", "-c", str(config)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_a_full_disk_costs_no_alert(tmp_path):
    made.ndjson(tmp_path / "in.ndjson", hosts=4)
    config = tmp_path / "c.yaml"
    config.write_text(
        f"sources:\n  - file: {{path: {tmp_path}/in.ndjson}}\n"
        f"sinks:\n  - jsonl: {{path: {tmp_path}/alerts.jsonl}}\n"
        f"state: {{folder: {tmp_path}/state}}\napi: 'off'\n"
    )
    full = run(config, TOCSIN_FAILPOINTS="output.send=full@3")
    assert full.returncode == 74
    assert "out of reach" in full.stderr
    again = run(config)
    assert again.returncode == 0, again.stderr
    told = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    bodies = {(t["id"], t["revision"]): t for t in told}
    assert len(bodies) > 3

    (tmp_path / "alerts.jsonl").unlink()
    for checkpoint in (tmp_path / "state").glob("checkpoint-*"):
        checkpoint.unlink()
    assert run(config).returncode == 0
    told = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    assert {(t["id"], t["revision"]): t for t in told} == bodies
