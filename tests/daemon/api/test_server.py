"""Probes and metrics, asked over real HTTP."""

import urllib.error
import urllib.request

import pytest

from tocsin.api.probes import answer
from tocsin.api.server import Server


@pytest.fixture
def served():
    state = {"reason": "", "faults": []}

    def metrics():
        if state["reason"] == "fault":
            raise RuntimeError("no page")
        return b"tocsin_x 1\n"

    server = Server(
        live={"progress": lambda: ""},
        ready={"state": lambda: state["reason"], "sources": lambda: ""},
        metrics=metrics,
        fault=lambda path, error: state["faults"].append((path, str(error))),
    )
    state["base"] = f"http://127.0.0.1:{server.start('127.0.0.1', 0)}"
    yield state
    server.stop()


def ask(state, path):
    try:
        with urllib.request.urlopen(state["base"] + path, timeout=10) as reply:
            return reply.status, reply.read().decode(), reply.headers["Content-Type"]
    except urllib.error.HTTPError as e:
        with e:
            return e.code, e.read().decode(), e.headers["Content-Type"]


def test_live_and_ready_are_ok(served):
    assert ask(served, "/livez")[:2] == (200, "ok\n")
    assert ask(served, "/readyz")[:2] == (200, "ok\n")


def test_not_ready_says_why(served):
    served["reason"] = "being restored"
    status, text, _ = ask(served, "/readyz")
    assert status == 503
    assert "[-]state failed: being restored\n[+]sources ok\n" in text


def test_verbose_lists_every_check(served):
    assert ask(served, "/readyz?verbose")[1] == "[+]state ok\n[+]sources ok\ncheck passed\n"


def test_an_excluded_check_cannot_fail(served):
    served["reason"] = "being restored"
    assert ask(served, "/readyz?exclude=state")[0] == 200


def test_metrics_are_prometheus_text(served):
    status, text, kind = ask(served, "/metrics")
    assert (status, text) == (200, "tocsin_x 1\n")
    assert kind == "text/plain; version=0.0.4; charset=utf-8"


def test_a_fault_is_told_and_answered_without_its_text(served):
    served["reason"] = "fault"
    status, text, _ = ask(served, "/metrics")
    assert status == 500
    assert "no page" not in text
    assert served["faults"] == [("/metrics", "no page")]


def test_other_paths_and_methods_are_refused(served):
    assert ask(served, "/")[0] == 404
    request = urllib.request.Request(served["base"] + "/metrics", method="POST", data=b"")
    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(request):
        pass
    refused.value.close()
    assert refused.value.code == 405


def test_a_taken_address_is_an_os_error_and_stop_is_safe(served):
    port = int(served["base"].rpartition(":")[2])
    second = Server(live={}, ready={}, metrics=bytes, fault=lambda *_: None)
    with pytest.raises(OSError, match="in use"):
        second.start("127.0.0.1", port)
    second.stop()


def test_a_server_that_never_started_can_be_stopped():
    Server(live={}, ready={}, metrics=bytes, fault=lambda *_: None).stop()


def test_an_unknown_check_to_exclude_is_named():
    found = answer({"a": lambda: ""}, verbose=True, exclude=["b"])
    assert found == (200, "[+]a ok\n[?]no check named 'b' to exclude\ncheck passed\n")
