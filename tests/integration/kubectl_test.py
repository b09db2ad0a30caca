"""Manifests read a second time by Kubernetes' own types, where kubectl is at hand: what it does not know it leaves out.

kubectl is no package of Debian 12 (kubernetes-client there is 1.20: it knows no native sidecars), so elsewhere this skips.
"""

import decimal
import json
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

import kube_fields

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPES = [shape for shape in sorted((ROOT / "tests/inject/shapes").iterdir()) if not shape.stem.startswith("refused_")]
PODS = {"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"}
NATIVE = (1, 29)
SUFFIXES = {"m": "0.001", "k": "1e3", "Ki": 2 ** 10, "Mi": 2 ** 20, "Gi": 2 ** 30, "Ti": 2 ** 40, "M": "1e6", "G": "1e9"}


@pytest.fixture(scope="module")
def kubectl():
    found = shutil.which("kubectl")
    if found is None:
        pytest.skip("kubectl is not installed, and no package of Debian 12 is new enough")
    told = json.loads(subprocess.run([found, "version", "--client", "-o", "json"], capture_output=True, text=True,
                                     check=True, timeout=30).stdout)["clientVersion"]["gitVersion"]
    version = tuple(map(int, re.match(r"v(\d+)\.(\d+)", told).groups()))
    if version < NATIVE:
        pytest.skip(f"kubectl {told} knows no native sidecars")
    return found


def as_kubernetes_reads(kubectl, document):
    """The object with nothing but the fields of Kubernetes' types, and a variable FOR_SHOW in each container."""
    done = subprocess.run([kubectl, "set", "env", "--local", "-f", "-", "-o", "json", "FOR_SHOW=1"], input=yaml.safe_dump(document),
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def lost(ours, theirs, place=""):
    """What of our object is not in theirs, or is something else."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [wrong for name, value in ours.items()
                for wrong in (lost(value, theirs[name], f"{place}.{name}") if name in theirs or not value
                              and theirs.setdefault(name, value) == value else [f"{place}.{name}: unknown to Kubernetes"])]
    if isinstance(ours, list) and isinstance(theirs, list):
        wrong = [] if len(ours) == len(theirs) or place.endswith(".env") else [f"{place}: {len(theirs)} of {len(ours)}"]
        return wrong + [each for i, (a, b) in enumerate(zip(ours, theirs)) for each in lost(a, b, f"{place}[{i}]")]
    same = ours == theirs or str(ours) == str(theirs) or quantity(ours) == quantity(theirs) is not None
    return [] if same else [f"{place}: {theirs!r} for {ours!r}"]


def quantity(value):
    """50m, 0.05 and 5e-2 are one number."""
    match = re.fullmatch(r"([0-9.e+-]+)([kKMGTm]i?)?", str(value))
    if not match:
        return None
    return decimal.Decimal(match.group(1)) * decimal.Decimal(SUFFIXES.get(match.group(2), 1))


def documents(text):
    for document in yaml.safe_load_all(text):
        if document is not None:
            yield from document["items"] if document["kind"] == "List" else [document]


def test_it_notices_a_field_that_is_not_there(kubectl):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
           "spec": {"containers": [{"name": "a", "image": "a", "imagePolicy": "Always"}]}}
    assert lost(pod, as_kubernetes_reads(kubectl, pod)) == [".spec.containers[0].imagePolicy: unknown to Kubernetes"]


@pytest.mark.parametrize("form", ["native", "classic"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda path: path.stem)
def test_kubernetes_knows_every_field_that_we_write(binary, kubectl, shape, form):
    done = subprocess.run([binary, "inject", "-f", shape, *(["--classic"] if form == "classic" else [])], capture_output=True,
                          timeout=30, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    wrong = {document["metadata"].get("name", "?"): lost(document, as_kubernetes_reads(kubectl, document))
             for document in documents(done.stdout) if document["kind"] in PODS}
    assert not any(wrong.values()), wrong


@pytest.mark.parametrize("base", ["sidecar", "gateway"])
def test_a_base_is_rendered_and_every_field_is_known(kubectl, base):
    rendered = subprocess.run([kubectl, "kustomize", ROOT / "deploy/kustomize" / base], capture_output=True, text=True,
                              timeout=30, check=False)
    assert rendered.returncode == 0, rendered.stderr
    assert kube_fields.check_text(rendered.stdout) == []
    found = list(documents(rendered.stdout))
    for document in found:
        if document["kind"] in PODS:
            assert lost(document, as_kubernetes_reads(kubectl, document)) == []
    maps = {document["metadata"]["name"]: document["data"] for document in found if document["kind"] == "ConfigMap"}
    assert {"gabion.yaml"} <= set(next(data for name, data in maps.items() if name.endswith("config")))
