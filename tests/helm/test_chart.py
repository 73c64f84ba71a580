"""The chart renders to what a strict cluster takes, and to a configuration the daemon takes."""

import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from docs.pages import blocks
from tocsin import __version__
from tocsin.config.load import load
from tocsin.registry import Installed

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "tocsin"
PAGE = ROOT / "docs" / "howto" / "run-on-kubernetes.md"
MONITORING = ("--api-versions", "monitoring.coreos.com/v1/ServiceMonitor")
VALUES = {
    "defaults": {},
    "everything": {
        "image": {"repository": "registry.test/tocsin", "digest": "sha256:" + "0" * 64},
        "imagePullSecrets": [{"name": "pull"}],
        "fullnameOverride": "watch",
        "config": {
            "instance": "shop",
            "sources": [{"file": {"path": "/input/${ZONE}/*.csv", "follow": True}}],
            "budget": {"per_entity": "1/month", "fleet": "5/day"},
            "detect": {"max_series": 2_000_000},
            "sinks": [{"stdout": {}}, {"jsonl": {"path": "/var/lib/tocsin/alerts.jsonl"}}],
        },
        "persistence": {"storageClass": "fast", "annotations": {"a/b": "c"}},
        "extraVolumes": [{"name": "input", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "input", "mountPath": "/input", "readOnly": True}],
        "extraEnv": [{"name": "ZONE", "value": "west"}],
        "supplementalGroups": [4],
        "serviceAccount": {"annotations": {"a/b": "c"}},
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "podLabels": {"team": "ops"},
        "podAnnotations": {"a/b": "c"},
        "priorityClassName": "high",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
    },
    "no persistence": {"persistence": {"enabled": False}, "serviceAccount": {"create": False}},
    "own claim": {"persistence": {"existingClaim": "mine"}},
    **{
        f"{PAGE.name}:{b.line}": YAML(typ="safe", pure=True).load(b.text)
        for b in blocks(PAGE.read_text())
        if b.info == "yaml values"
    },
}
HELM = shutil.which("helm")
HELM_DOCS = shutil.which("helm-docs")

needs_helm = pytest.mark.skipif(HELM is None, reason="helm is not on PATH: chart not rendered")


def helm(command, values, *options):
    """Run helm on the chart; the values go in as a file, as from users."""
    return subprocess.run(
        [HELM, *command, str(CHART), "--values", "-", *options],
        input=json.dumps(values),
        check=False,
        capture_output=True,
        text=True,
    )


def rendered(values, *options):
    """The objects, by kind."""
    options = ("--kube-version", "1.36.0", "--namespace", "watch", *options)
    done = helm(("template", "r"), values, *options)
    assert done.returncode == 0, done.stderr
    found = list(YAML(typ="safe", pure=True).load_all(io.StringIO(done.stdout)))
    kinds = {each["kind"]: each for each in found if each}
    assert len(kinds) == len(found), "one object a kind, and no empty one"
    return kinds


def containers(pod):
    return pod["containers"][:1] + pod.get("initContainers", [])


@pytest.fixture(params=VALUES)
def objects(request):
    return rendered(VALUES[request.param], *MONITORING)


@needs_helm
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_the_linter_is_content(values):
    done = helm(("lint", "--strict"), values)
    assert done.returncode == 0, done.stdout


@needs_helm
def test_the_configuration_is_one(objects, tmp_path):
    file = tmp_path / "tocsin.yaml"
    file.write_text(objects["ConfigMap"]["data"]["tocsin.yaml"])
    config = load(file, Installed(), {"ZONE": "west"})
    assert config.sources
    assert config.state.folder == "/var/lib/tocsin"
    assert config.api.listen == "0.0.0.0:9464"


@needs_helm
def test_numbers_and_templates_arrive_whole(tmp_path):
    file = tmp_path / "tocsin.yaml"
    config = {"instance": "{{ .Release.Namespace }}-1", "detect": {"max_series": 2_000_000}}
    file.write_text(rendered({"config": config})["ConfigMap"]["data"]["tocsin.yaml"])
    read = load(file, Installed(), {})
    assert (read.instance, read.detect.max_series) == ("watch-1", 2_000_000)


@needs_helm
def test_pods_pass_the_restricted_standard(objects):
    for pod in (objects["StatefulSet"]["spec"]["template"]["spec"], objects["Pod"]["spec"]):
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False
            assert own["readOnlyRootFilesystem"] is True
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert own.keys() == {
                "allowPrivilegeEscalation",
                "readOnlyRootFilesystem",
                "capabilities",
            }


@needs_helm
def test_every_mount_has_a_volume(objects):
    claims = objects["StatefulSet"]["spec"].get("volumeClaimTemplates", [])
    for pod in (objects["StatefulSet"]["spec"]["template"]["spec"], objects["Pod"]["spec"]):
        there = [v["name"] for v in pod["volumes"]]
        if pod is not objects["Pod"]["spec"]:
            there += [c["metadata"]["name"] for c in claims]
        used = {m["name"] for c in containers(pod) for m in c["volumeMounts"]}
        assert len(there) == len(set(there))
        assert used <= set(there)


@needs_helm
def test_objects_find_each_other(objects):
    whole, service = objects["StatefulSet"]["spec"], objects["Service"]
    labels = whole["template"]["metadata"]["labels"]
    assert whole["serviceName"] == service["metadata"]["name"]
    assert whole["selector"]["matchLabels"].items() <= labels.items()
    assert service["spec"]["selector"].items() <= labels.items()
    test = objects["Pod"]["metadata"]["labels"]
    assert not service["spec"]["selector"].items() <= test.items(), "a test is no daemon"


@needs_helm
def test_a_changed_configuration_restarts_the_pod():
    def checksum(values):
        pod = rendered(values)["StatefulSet"]["spec"]["template"]
        return pod["metadata"]["annotations"]["checksum/config"]

    assert checksum({"config": {"seed": 1}}) != checksum({}) == checksum({"podLabels": {"a": "b"}})


@needs_helm
def test_a_service_monitor_only_where_the_cluster_knows_it():
    wanted = {"serviceMonitor": {"enabled": True}}
    assert "ServiceMonitor" not in rendered(wanted)
    assert "ServiceMonitor" in rendered(wanted, *MONITORING)
    assert "ServiceMonitor" not in rendered({}, *MONITORING)


WRONG = {
    "replicas": {"replicas": 2},
    "repo": {"image": {"repo": "x"}},
    "sizee": {"persistence": {"sizee": "1Gi"}},
    "sources": {"config": {"sources": []}},
    "listen": {"config": {"api": {"listen": "127.0.0.1:9464"}}},
    "api": {"config": {"api": "off"}},
}


@needs_helm
@pytest.mark.parametrize(("named", "values"), WRONG.items(), ids=WRONG)
def test_the_schema_refuses(named, values):
    done = helm(("template", "r"), values, "--kube-version", "1.36.0")
    assert done.returncode
    assert named in done.stderr
    assert "schema" in done.stderr


def test_every_value_is_in_the_schema_and_back():
    """Without helm, too: a value that no rule knows would be refused at every installation."""
    values = YAML(typ="safe", pure=True).load((CHART / "values.yaml").read_text())
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]
    assert values.keys() == schema.keys() - {"global"}
    for name, inner in schema.items():
        if inner.get("additionalProperties") is False and name not in ("resources", "global"):
            assert values[name].keys() == inner["properties"].keys(), name


def test_every_value_is_used():
    text = "".join(p.read_text() for p in CHART.rglob("templates/**/*") if p.is_file())
    values = YAML(typ="safe", pure=True).load((CHART / "values.yaml").read_text())
    used = set(re.findall(r"\.Values\.(\w+)", text))
    assert used == values.keys()


def test_chart_and_program_have_one_version():
    chart = YAML(typ="safe", pure=True).load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == __version__


@pytest.mark.skipif(HELM_DOCS is None, reason="helm-docs is not on PATH: the page is not compared")
def test_the_page_of_values_is_fresh():
    command = [HELM_DOCS, "--chart-search-root", str(CHART), "--sort-values-order", "file"]
    done = subprocess.run([*command, "--dry-run"], check=True, capture_output=True, text=True)
    page = (CHART / "README.md").read_text()
    assert done.stdout.strip() == page.strip(), f"run {' '.join(command)}"
