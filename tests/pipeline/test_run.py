"""The daemon as its user runs it: a pipe in, alerts out, probes, metrics, SIGTERM."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from pipeline import made

DEADLINE_S = 60


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {DEADLINE_S} s")


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except OSError:
        return 0, ""


@pytest.fixture
def daemon(tmp_path):
    """Start `tocsin run` over a file that is followed; stopped at the end."""
    port = free_port()
    followed = tmp_path / "in.ndjson"
    followed.touch()
    config = tmp_path / "tocsin.yaml"
    config.write_text(
        f"sources:\n  - file: {{path: {followed}, follow: true, poll: 0.05, format: json}}\n"
        f"sinks:\n  - jsonl: {{path: {tmp_path}/alerts.jsonl}}\n"
        f"state: {{folder: {tmp_path}/state, every: 100ms}}\n"
        f"api: {{listen: '127.0.0.1:{port}'}}\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "run", "-c", str(config)],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: get(port, "/readyz")[0] == 200, "readiness")
    yield process, port, followed, tmp_path
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stderr.close()


def counted(port, outcome):
    found = re.findall(
        rf'tocsin_records_total{{outcome="{outcome}",[^}}]*}} ([\d.e+]+)', get(port, "/metrics")[1]
    )
    return sum(map(float, found))


def test_what_is_appended_is_scored_and_counted_and_rings(daemon):
    process, port, followed, folder = daemon
    n = made.ndjson(folder / "made.ndjson", hosts=3, points=3000, bad=5)
    with followed.open("ab") as f:
        f.write((folder / "made.ndjson").read_bytes())
    wait_for(lambda: counted(port, "scored") + counted(port, "dead_lettered") == n, "all counted")
    assert counted(port, "dead_lettered") == 5
    wait_for((folder / "alerts.jsonl").read_text, "alert")
    assert get(port, "/livez")[0] == 200
    assert "[+]" in get(port, "/readyz?verbose")[1]
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    events = [json.loads(text)["event"] for text in process.stderr]
    assert events[-1] == "daemon_stopped"
    assert (folder / "state" / "dead.jsonl").read_text().count("\n") == 5


def test_killed_and_started_again_it_goes_on(daemon):
    process, port, followed, folder = daemon
    made.ndjson(folder / "made.ndjson", hosts=2, points=1000)
    with followed.open("ab") as f:
        f.write((folder / "made.ndjson").read_bytes())
    wait_for(lambda: counted(port, "scored") == 2000, "all scored")
    wait_for(lambda: list((folder / "state").glob("checkpoint-*")), "checkpoint")
    time.sleep(0.5)
    process.kill()
    process.wait()
    again = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "run", "-c", str(folder / "tocsin.yaml")],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: get(port, "/readyz")[0] == 200, "readiness")
        with followed.open("ab") as f:
            f.write(b'{"name":"load","labels":{"host":"new"},"time":1700090000,"value":1}\n')
        wait_for(lambda: counted(port, "scored") == 2001, "the ledger to go on")
        assert counted(port, "duplicate") + counted(port, "late") == 0
    finally:
        again.terminate()
        again.wait(15)
        again.stderr.close()


def test_a_pipe_without_a_configuration(tmp_path):
    made.ndjson(tmp_path / "made.ndjson", hosts=2, points=3000)
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "run"],
        input=(tmp_path / "made.ndjson").read_bytes(),
        capture_output=True,
        check=False,
        env={"XDG_STATE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr.decode()
    assert [json.loads(x)["id"] for x in done.stdout.splitlines()]


def test_two_daemons_do_not_share_a_state_folder(daemon):
    _, _, _, folder = daemon
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "run", "-c", str(folder / "tocsin.yaml")],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 74
    assert "another process" in done.stderr


def test_a_silent_pipe_keeps_no_other_source_waiting(tmp_path):
    made.ndjson(tmp_path / "in.ndjson", hosts=2, points=200)
    port = free_port()
    config = tmp_path / "c.yaml"
    config.write_text(
        f"sources:\n  - stdin: {{}}\n  - file: {{path: {tmp_path}/in.ndjson}}\n"
        f"state: {{folder: {tmp_path}/state}}\napi: {{listen: '127.0.0.1:{port}'}}\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "run", "-c", str(config)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: counted(port, "scored") == 400, "the file to be read")
        process.stdin.write(b'{"name":"p","time":1700000000,"value":1}\n')
        process.stdin.flush()
        wait_for(lambda: counted(port, "scored") == 401, "the pipe to be read")
        process.stdin.close()
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()
