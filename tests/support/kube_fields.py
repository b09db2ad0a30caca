"""Checks manifests against the field tables of tests/inject/kubernetes_fields.yaml: a field nobody knows is an error."""

import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = yaml.safe_load((ROOT / "tests/inject/kubernetes_fields.yaml").read_text())
QUANTITY = re.compile(r"\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SCALARS = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "quantity": lambda value: not isinstance(value, bool) and QUANTITY.fullmatch(str(value)) is not None,
    "port": lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536,
    "intstr": lambda value: isinstance(value, (int, str)) and not isinstance(value, bool),
    "any": lambda value: True,
}


def check_text(text):
    """Everything wrong with the documents of a text, as sentences with their place."""
    wrong = []
    for document in yaml.safe_load_all(text):
        if document is not None:
            wrong += check_object(document, document.get("kind", "?"))
    return wrong


def check_object(value, place):
    kind = f"{value.get('apiVersion')}/{value.get('kind')}" if isinstance(value, dict) else "no object"
    fields = TABLES["kinds"].get(kind)
    if fields is None:
        return _check_custom(value, kind, place)
    fields = {"apiVersion!": "str", "kind!": "str", **fields}
    return _check_table(value, fields, place) + [wrong for spec, where in _pods(value, place)
                                                 for wrong in _check_pod(spec, where)]


def _check_table(value, fields, place):
    if not isinstance(value, dict):
        return [f"{place}: is no map"]
    known = {name.rstrip("!"): kind for name, kind in fields.items()}
    wrong = [f"{place}.{name}: there is no such field" for name in value if name not in known]
    wrong += [f"{place}.{name[:-1]}: is missing" for name in fields if name.endswith("!") and name[:-1] not in value]
    for name, inner in value.items():
        if name in known and inner is not None:
            wrong += _check(inner, known[name], f"{place}.{name}")
    return wrong


def _check(value, kind, place):
    if kind in SCALARS:
        return [] if SCALARS[kind](value) else [f"{place}: {value!r} is no {kind}"]
    if kind == "object":
        return check_object(value, place)
    if kind.startswith("("):
        return [] if value in kind[1:-1].split("|") else [f"{place}: {value!r} is none of {kind}"]
    if kind.startswith("["):
        if not isinstance(value, list):
            return [f"{place}: is no list"]
        return [wrong for i, item in enumerate(value) for wrong in _check(item, kind[1:-1], f"{place}[{i}]")]
    if kind.startswith("{"):
        if not isinstance(value, dict):
            return [f"{place}: is no map"]
        return [wrong for name, item in value.items() for wrong in _check(item, kind[1:-1], f"{place}.{name}")]
    return _check_table(value, TABLES["tables"][kind], place)


# ---- what the API server checks beyond single fields -----------------------------------------------------------------

def _pods(value, place):
    if value["kind"] == "Pod":
        yield value.get("spec"), f"{place}.spec"
    elif value["kind"] == "CronJob":
        yield value["spec"]["jobTemplate"]["spec"]["template"]["spec"], f"{place}.spec.jobTemplate.spec.template.spec"
    elif isinstance(value.get("spec"), dict) and "template" in value["spec"]:
        yield value["spec"]["template"]["spec"], f"{place}.spec.template.spec"


def _check_pod(spec, place):
    wrong = []
    init, containers = spec.get("initContainers") or [], spec.get("containers") or []
    volumes = [volume.get("name", "?") for volume in spec.get("volumes") or []]
    names = [container.get("name", "?") for container in init + containers]
    if "?" in names + volumes:
        return []  # told already
    wrong += [f"{place}: two of {name}" for name in set(names) if names.count(name) > 1]
    wrong += [f"{place}: two volumes {name}" for name in set(volumes) if volumes.count(name) > 1]
    wrong += [f"{place}: {name} is no DNS label" for name in names + volumes if not NAME.fullmatch(name) or len(name) > 63]
    for container in init + containers:
        at = f"{place}: {container['name']}"
        mounts = container.get("volumeMounts") or []
        paths = [mount["mountPath"] for mount in mounts]
        wrong += [f"{at}: mounts {path} twice" for path in set(paths) if paths.count(path) > 1]
        wrong += [f"{at}: no volume {mount['name']}" for mount in mounts if mount["name"] not in volumes
                  and not mount["name"].startswith("data")]
        ports = [port.get("name") for port in container.get("ports") or [] if port.get("name")]
        wrong += [f"{at}: port name {name} is longer than 15" for name in ports if len(name) > 15]
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            forms = [form for form in ("httpGet", "tcpSocket", "grpc", "exec") if form in (container.get(probe) or {})]
            if probe in container and len(forms) != 1:
                wrong.append(f"{at}: {probe} needs one form, has {forms}")
        if container in init and container.get("restartPolicy") != "Always":
            wrong += [f"{at}: {field} is not for an init container" for field in
                      ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle") if field in container]
    return wrong


# ---- kinds of ours: the schema is the CRD's --------------------------------------------------------------------------

def _check_custom(value, kind, place):
    for file in sorted((ROOT / "deploy/crds").glob("*.yaml")):
        crd = yaml.safe_load(file.read_text())
        for version in crd["spec"]["versions"]:
            if kind == f"{crd['spec']['group']}/{version['name']}/{crd['spec']['names']['kind']}":
                return _check_schema(value, version["schema"]["openAPIV3Schema"], place, top=True)
    return [f"{place}: nothing is known of {kind}"]


def _check_schema(value, schema, place, top=False):
    wrong = []
    if isinstance(value, dict) and "properties" in schema:
        known = dict(schema["properties"], **({"apiVersion": {}, "kind": {}, "metadata": {}} if top else {}))
        for name, inner in value.items():
            if name in known:
                wrong += _check_schema(inner, known[name], f"{place}.{name}")
            elif not schema.get("x-kubernetes-preserve-unknown-fields"):
                wrong.append(f"{place}.{name}: there is no such field")
        wrong += [f"{place}.{name}: is missing" for name in schema.get("required", []) if name not in value]
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            wrong += _check_schema(item, schema["items"], f"{place}[{index}]")
    if "enum" in schema and value not in schema["enum"]:
        wrong.append(f"{place}: {value!r} is none of {schema['enum']}")
    return wrong
