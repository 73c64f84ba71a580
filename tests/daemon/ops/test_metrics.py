"""Metrics: the table holds the naming rules, the page is Prometheus text."""

import re

import pytest

from tocsin.ops.metrics import METRICS, Metrics


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_named_by_the_rules(name):
    row = METRICS[name]
    assert re.fullmatch(r"tocsin(_[a-z]+)+", name)
    assert name.endswith("_total") == (row.kind == "counter")
    assert not {"series", "template", "entity"} & set(row.labels), "labels have few values"
    assert row.kind != "histogram" or name.endswith("_seconds")


def test_the_page_tells_what_was_counted():
    metrics = Metrics("1.2.3")
    metrics.add("tocsin_records_total", 3, source="stdin", outcome="scored", reason="")
    page = metrics.page().decode()
    assert 'tocsin_records_total{outcome="scored",reason="",source="stdin"} 3.0' in page
    assert 'version="1.2.3"' in page
    assert "_created" not in page


def test_values_can_be_read_back():
    metrics = Metrics("1")
    metrics.set("tocsin_detect_series", 7)
    metrics.problem("notify", "sink_failed")
    metrics.observe("tocsin_state_checkpoint_seconds", 0.2)
    assert metrics.value("tocsin_detect_series") == 7
    assert metrics.value("tocsin_notify_problems_total", code="sink_failed") == 1
    assert metrics.value("tocsin_state_checkpoint_seconds_count") == 1


def test_two_of_them_share_nothing():
    one, two = Metrics("1"), Metrics("1")
    one.set("tocsin_detect_series", 7)
    assert two.value("tocsin_detect_series") == 0
