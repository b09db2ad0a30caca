"""gabion inject: pods of many shapes come out valid, twice gives the same, uninject gives the original byte for byte."""

import json
import pathlib
import subprocess

import pytest
import yaml

import kube_fields

SHAPES = sorted((pathlib.Path(__file__).resolve().parents[1] / "inject/shapes").iterdir())
NAMES = [shape.stem for shape in SHAPES]
REFUSED = {
    "refused_host_network": ["hostNetwork is true"],
    "refused_uid": ["runAsUser of container web is 1337"],
    "refused_uid_in_base_16": ["runAsUser of container web is 1337", "runAsGroup of container web is 1337"],
    "refused_group": ["the pod has group 1337"],
    "refused_gid": ["runAsGroup of the pod is 1337"],
    "refused_powers": ["has NET_ADMIN", "has NET_RAW"],
    "refused_privileged": ["hostPID is true", "shareProcessNamespace is true", "is privileged"],
    "refused_windows": ["runs on Windows"],
    "refused_annotation": ["gabion.dev/exclude-inbound-ports", "gabion.dev/no-such: there is no such annotation"],
    "refused_port_name": ["livenessProbe has no port that is known"],
    "refused_old_api": ["apiVersion is extensions/v1beta1, not apps/v1"],
    "refused_own_port": ["declares port 15006"],
}
FORMS = {"native": [], "classic": ["--classic"], "tproxy": ["--interception", "tproxy"]}


def run(binary, command, *arguments, stdin=b""):
    return subprocess.run([str(binary), command, *arguments], input=stdin, capture_output=True, timeout=60, check=False)


def injected(binary, text, *arguments, status=0):
    done = run(binary, "inject", "-f", "-", *arguments, stdin=text)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout


def pods_of(value):
    """(metadata, spec) of every pod of an object."""
    if value is None:
        return
    kind = value["kind"]
    if kind == "List":
        for item in value["items"]:
            yield from pods_of(item)
    elif kind == "Pod":
        yield value["metadata"], value["spec"]
    elif kind == "CronJob":
        template = value["spec"]["jobTemplate"]["spec"]["template"]
        yield template.get("metadata") or {}, template["spec"]
    elif kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"):
        template = value["spec"]["template"]
        yield template.get("metadata") or {}, template["spec"]


def all_pods(text):
    return [pod for document in yaml.safe_load_all(text) for pod in pods_of(document)]


def without_ours(metadata, spec):
    """What a pod is apart from what injection may change."""
    keep = json.loads(json.dumps([metadata, spec]))
    (keep[0].get("annotations") or {}).pop("gabion.dev/status", None)
    for fields in (keep[0], keep[1]):
        for name in ("annotations", "initContainers", "volumes"):
            fields[name] = [item for item in fields[name] if not item["name"].startswith("gabion")] \
                if isinstance(fields.get(name), list) else fields.get(name)
            if not fields[name]:
                fields.pop(name)
    keep[1]["containers"] = [item for item in keep[1]["containers"] if item["name"] != "gabion"]
    for container in keep[1]["containers"] + keep[1].get("initContainers", []):
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            for form in ("httpGet", "tcpSocket", "grpc"):
                (container.get(probe) or {}).pop(form, None)
    return keep


def ends(spec):
    return spec.get("restartPolicy", "Always") != "Always"


def test_there_are_thirty_shapes_that_are_injected():
    assert len([name for name in NAMES if name not in REFUSED]) >= 30


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
@pytest.mark.parametrize("form", FORMS)
def test_twice_gives_the_same_and_back_gives_the_original(binary, shape, form):
    original = shape.read_bytes()
    once = run(binary, "inject", "-f", str(shape), *FORMS[form])
    assert once.returncode in (0, 1), once.stderr.decode()
    twice = run(binary, "inject", "-f", "-", *FORMS[form], stdin=once.stdout)
    assert twice.returncode == once.returncode
    assert twice.stdout == once.stdout
    back = run(binary, "uninject", "-f", "-", stdin=once.stdout)
    assert back.returncode == 0, back.stderr.decode()
    assert back.stdout == original


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.stem not in REFUSED], ids=lambda path: path.stem)
@pytest.mark.parametrize("form", FORMS)
def test_what_comes_out_is_valid_and_holds_the_pod_as_it_was(binary, shape, form):
    original = shape.read_bytes()
    classic_job = form == "classic" and any(ends(spec) for _, spec in all_pods(original))
    out = injected(binary, original, *FORMS[form], status=1 if classic_job else 0)
    assert kube_fields.check_text(out) == []
    for (metadata, spec), (old_metadata, old_spec) in zip(all_pods(out), all_pods(original), strict=True):
        assert without_ours(metadata, spec) == without_ours(old_metadata, old_spec)
        init = [container["name"] for container in spec.get("initContainers", [])]
        if shape.stem == "opt_out" or classic_job:
            assert "gabion-init" not in init
        elif form != "classic":
            assert init[:2] == ["gabion-init", "gabion"]
            assert spec["initContainers"][1]["restartPolicy"] == "Always"
        else:
            assert init[-1] == "gabion-init"
            assert spec["containers"][0]["name"] == "gabion"


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_why_above_the_document_and_changes_nothing_else(binary, name):
    shape = next(path for path in SHAPES if path.stem == name)
    done = run(binary, "inject", "-f", str(shape))
    assert done.returncode == 1
    text = done.stdout.decode()
    for reason in REFUSED[name]:
        assert any(line.startswith("# gabion:not-injected ") and reason in line for line in text.splitlines()), text
        assert reason in done.stderr.decode()
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("# gabion:")]
    assert "".join(lines).encode() == shape.read_bytes()


def test_probes_go_to_the_agent_and_are_declared_to_it(binary):
    text = next(path for path in SHAPES if path.stem == "three_probes").read_bytes()
    (_, spec), = all_pods(injected(binary, text))
    api = spec["containers"][0]
    for probe, path in (("livenessProbe", "livez"), ("readinessProbe", "readyz"), ("startupProbe", "startupz")):
        assert api[probe]["httpGet"] == {"path": f"/app-health/api/{path}", "port": 15020, "scheme": "HTTP"}
        assert "tcpSocket" not in api[probe] and "grpc" not in api[probe]
    assert api["livenessProbe"]["timeoutSeconds"] == 4
    assert spec["containers"][1]["livenessProbe"] == {"exec": {"command": ["/bin/true"]}}
    environment = {each["name"]: each.get("value") for each in spec["initContainers"][1]["env"]}
    assert "$" not in environment["GABION_APP_PROBES"]
    declared = json.loads(environment["GABION_APP_PROBES"])
    assert declared["/app-health/api/livez"]["httpGet"]["httpHeaders"] == [{"name": "X-Probe", "value": "a $(HOME) b"}]
    assert declared["/app-health/api/readyz"] == {"grpc": {"port": 9090, "service": "shop.Orders"}}
    assert json.loads(environment["GABION_APP_PORTS"]) == [8443, 9090]


def test_annotations_change_what_is_injected(binary):
    text = next(path for path in SHAPES if path.stem == "annotations_of_ours").read_bytes()
    out = injected(binary, text)
    (_, spec), = all_pods(out)
    init, proxy = spec["initContainers"]
    assert init["args"] == ["net", "install", "--uid", "1337", "--gid", "1337", "--exclude-inbound-ports", "9090,9091",
                            "--exclude-outbound-ports", "5432", "--exclude-outbound-cidrs", "10.0.0.0/8,fd00::/8"]
    assert init["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["NET_ADMIN", "NET_RAW"]}
    assert proxy["image"] == "registry.example:5000/gabion@sha256:abc"
    assert proxy["resources"] == {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "1Gi", "cpu": "2"}}
    assert {"name": "gabion-certs", "secret": {"secretName": "web-tls", "defaultMode": 0o444}} in spec["volumes"]
    assert b"# gabion:note Deployment shop/web: excluded inbound ports 9090,9091: not protected" in out


def test_by_tproxy_the_proxy_has_the_capability_it_needs_and_the_group_it_is_told_by(binary):
    text = next(path for path in SHAPES if path.stem == "tproxy").read_bytes()
    out = injected(binary, text)
    (_, spec), = all_pods(out)
    init, proxy = spec["initContainers"]
    assert init["args"] == ["net", "install", "--uid", "1337", "--gid", "1337", "--mode", "tproxy"]
    security = proxy["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"], security["runAsNonRoot"]) == (0, 1337, False)
    assert security["capabilities"] == {"drop": ["ALL"], "add": ["NET_ADMIN"]}
    assert not security["privileged"] and not security["allowPrivilegeEscalation"] and security["readOnlyRootFilesystem"]
    assert {"name": "GABION_INBOUND_MODE", "value": "tproxy"} in proxy["env"]
    assert b"# gabion:note StatefulSet shop/orders: interception tproxy: the proxy runs as root with NET_ADMIN" in out
    other = injected(binary, text.replace(b"interception: tproxy", b"interception: redirect"), "--interception", "tproxy")
    (_, spec), = all_pods(other)
    assert spec["initContainers"][1]["securityContext"]["runAsUser"] == 1337, "the annotation is nearer"
    assert {"name": "GABION_INBOUND_MODE", "value": "redirect"} in spec["initContainers"][1]["env"]
    done = run(binary, "inject", "-f", "-", stdin=text.replace(b"interception: tproxy", b"interception: TPROXY"))
    assert done.returncode == 1 and b'"TPROXY" is not "tproxy" or "redirect"' in done.stderr


def test_of_a_line_in_flow_style_only_that_member_is_written_anew(binary):
    text = (b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}   # mine\nspec:\n  # one\n  containers:\n"
            b"  - {name: a, image: a}\n")
    out = injected(binary, text)
    assert [line for line in out.splitlines() if b"gabion:was" in line] == [
        b"# gabion:was|metadata: {name: a, namespace: b}   # mine"]
    assert all(line in out for line in text.splitlines())


def test_who_could_become_the_proxys_user_is_told(binary):
    text = next(path for path in SHAPES if path.stem == "unset_user_with_root").read_bytes()
    assert b"note Deployment shop/web: container root: runs as root with the default capabilities" in injected(binary, text)
    text = next(path for path in SHAPES if path.stem == "bare_pod").read_bytes()
    assert b"note Pod one: container app: runAsUser is not set" in injected(binary, text)


def test_what_the_api_server_gave_back_is_known_as_injected(binary):
    text = next(path for path in SHAPES if path.stem == "plain_deployment").read_bytes()
    stored = yaml.safe_dump(yaml.safe_load(injected(binary, text))).encode()
    again = run(binary, "inject", "-f", "-", stdin=stored)
    assert again.returncode == 0
    assert b"it is injected already" in again.stderr
    assert yaml.safe_load(again.stdout) == yaml.safe_load(stored)
    back = run(binary, "uninject", "-f", "-", stdin=stored)
    assert back.returncode == 2
    assert b"the marks are gone" in back.stderr


def test_several_files_make_one_text_and_other_kinds_pass_untouched(binary, tmp_path):
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}   # mine\ndata: {x: 'y'}")
    (tmp_path / "b.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec:\n  containers:\n"
                                     "  - {name: b, image: b}\n")
    done = run(binary, "inject", "-f", str(tmp_path / "a.yaml"), "-f", str(tmp_path / "b.yaml"))
    assert done.returncode == 0
    assert done.stdout.startswith((tmp_path / "a.yaml").read_bytes() + b"\n---\n")
    assert [document["kind"] for document in yaml.safe_load_all(done.stdout)] == ["ConfigMap", "Pod"]


BAD = {
    "no YAML": ("kind: [", "-:1"),
    "a mark that is part of a value": (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    x: |\n      # gabion:end\nspec:\n"
        "  containers:\n  - {name: a, image: a}\n", "marks of an injection as part of a value"),
    "a mark without its end": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  # gabion:begin\n  containers:\n  - {name: a, image: a}\n",
        "without its other end"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("command", ["inject", "uninject"])
def test_what_cannot_be_read_is_told_and_nothing_is_written(binary, name, command):
    text, expected = BAD[name]
    done = run(binary, command, "-f", "-", stdin=text.encode())
    assert (done.returncode, done.stdout) == (2, b"")
    assert expected in done.stderr.decode()


def test_a_pod_of_another_name_than_ours_is_not_taken_for_injected(binary):
    text = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: gabion, image: mine}\n"
    assert b"it has a container gabion that is not ours" in injected(binary, text, status=1)


def test_the_schema_check_notices_an_unknown_field():
    text = next(path for path in SHAPES if path.stem == "bare_pod").read_text()
    assert kube_fields.check_text(text) == []
    assert kube_fields.check_text(text.replace("image: app", "imagee: app")) == [
        "Pod.spec.containers[0].imagee: there is no such field", "Pod.spec.containers[0].image: is missing"]


def manifests():
    """Objects of deploy/, and the policies of docs/examples; inventories there are excerpts."""
    root = pathlib.Path(__file__).resolve().parents[2]
    found = [file for folder in ("deploy/kustomize", "docs/examples") for file in sorted((root / folder).rglob("*.yaml"))]
    for file in found:
        kinds = {(document or {}).get("kind") for document in yaml.safe_load_all(file.read_text())}
        if None not in kinds and "Proxy" not in kinds and ("kustomize" in file.parts or kinds <= {"NetworkPolicy", "L7Policy"}):
            yield file


@pytest.mark.parametrize("file", list(manifests()), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_manifest_of_ours_has_known_fields_only(file):
    assert kube_fields.check_text(file.read_text()) == []


def test_bases_name_files_that_are_there_and_volumes_they_make():
    root = pathlib.Path(__file__).resolve().parents[2] / "deploy/kustomize"
    for base in ("sidecar", "gateway"):
        told = yaml.safe_load((root / base / "kustomization.yaml").read_text())
        made = {each["name"]: each["files"] for each in told["configMapGenerator"]}
        files = told.get("resources", []) + [file for each in made.values() for file in each]
        assert [file for file in files if not (root / base / file).is_file()] == []
    daemon = yaml.safe_load((root / "gateway/daemonset.yaml").read_text())["spec"]["template"]["spec"]
    assert {volume["configMap"]["name"] for volume in daemon["volumes"] if "configMap" in volume} <= set(made)


def test_the_init_container_of_a_gateway_learns_the_networks_of_its_node(binary, tmp_path):
    root = pathlib.Path(__file__).resolve().parents[2] / "deploy/kustomize/gateway"
    init, = yaml.safe_load((root / "daemonset.yaml").read_text())["spec"]["template"]["spec"]["initContainers"]
    mounted = {mount["name"]: mount["mountPath"] for mount in init["volumeMounts"]}
    assert f"--manifests={mounted['policy']}" in init["args"]
    assert [entry["valueFrom"]["fieldRef"]["fieldPath"] for entry in init["env"] if entry["name"] == "GABION_NODE_NAME"] == [
        "spec.nodeName"]

    def dry_run(node):
        words = [word.replace("$(GABION_NODE_NAME)", node).replace(mounted["policy"], str(tmp_path)) for word in init["args"]]
        return subprocess.run([binary, *words, "--dry-run"], capture_output=True, text=True, timeout=30, check=False)

    (tmp_path / "policy.yaml").write_text((root / "policy.yaml").read_text())
    assert dry_run("node-a").returncode == 2 and "no Node node-a among the manifests" in dry_run("node-a").stderr
    for number, name in enumerate(("node-a", "node-b")):
        (tmp_path / f"{name}.yaml").write_text(f"apiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\n"
                                               f"spec: {{podCIDRs: [10.244.{number}.0/24, 'fd00:{number}::/64']}}\n")
    done = dry_run("node-b")
    assert done.returncode == 0 and "-d 10.244.1.0/24 " in done.stdout and "-d fd00:1::/64 " in done.stdout, done.stderr
    assert "10.244.0.0/24" not in done.stdout


def test_numbers_stay_what_the_next_reader_takes_them_for(binary):
    shape = next(shape for shape in SHAPES if shape.stem == "octal_modes").read_bytes()
    (_, spec), = all_pods(injected(binary, shape))
    assert next(volume for volume in spec["volumes"] if volume["name"] == "keys")["secret"]["defaultMode"] == 0o400


def test_comments_of_the_user_stay_whatever_they_begin_with(binary):
    shape = next(shape for shape in SHAPES if shape.stem == "octal_modes").read_bytes()
    assert b"# gabion: a word of the user's own" in injected(binary, shape)


@pytest.mark.parametrize("separator", ["\u0085", "\u2028", "\u2029"])
def test_a_line_that_ends_for_some_readers_only_is_refused(binary, separator):
    text = f"# x{separator}  hostNetwork: true\n" + next(shape for shape in SHAPES if shape.stem == "bare_pod").read_text()
    done = run(binary, "inject", "-f", "-", stdin=text.encode())
    assert done.returncode != 0 and b"line separator" in done.stderr and done.stdout == b""


def test_a_port_twice_is_refused_as_the_init_container_would(binary):
    text = (b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations: {gabion.dev/exclude-inbound-ports: '9090,9090'}\n"
            b"spec:\n  containers: [{name: a, image: a}]\n")
    done = run(binary, "inject", "-f", "-", stdin=text)
    assert done.returncode == 1 and b"each once" in done.stderr + done.stdout
