"""The command line: version, check, run with bad files, demo."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from waiting import until


def gabion(mesh, *arguments, **options):
    command = [str(mesh.binary), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def test_version_says_one(mesh):
    done = gabion(mesh, "version")
    assert done.returncode == 0
    assert re.search(r"\d+\.\d+\.\d+", done.stdout)


def test_check_accepts_a_good_file(mesh):
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries()).write()
    done = gabion(mesh, "check", "-c", sidecar.file)
    assert (done.returncode, done.stderr) == (0, "")


def test_check_warns_of_an_admin_port_that_others_reach(mesh):
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries()).write()
    sidecar.configuration["admin"]["listen"] = "0.0.0.0:15000"
    sidecar.write()
    done = gabion(mesh, "check", "-c", sidecar.file)
    assert done.returncode == 0
    assert re.match(r"^warning: \S*gabion\.yaml: admin\.listen: 0\.0\.0\.0:15000 is not on loopback", done.stderr)
    told = json.loads(gabion(mesh, "check", "-c", sidecar.file, "--json").stdout)
    assert [warning["where"].endswith("admin.listen") for warning in told["warnings"]] == [True]


ENTRY = {"listen": "127.0.0.1:1", "port": 8080, "target": "127.0.0.1:2"}
BAD = {
    "unknown key": (("limitz", {"headerBytes": 1}), "limitz"),
    "unknown limit": (("limits", {"headerBites": 1}), "headerBites"),
    "bad unit": (("limits", {"headerBytes": "64 kilos"}), "headerBytes"),
    "bad duration": (("timeouts", {"idle": "soon"}), "idle"),
    "bad mode": (("inbound", [{**ENTRY, "tls": "MAYBE"}]), "tls"),
    "bad port": (("inbound", [{**ENTRY, "listen": "127.0.0.1:99999"}]), "listen"),
    "unknown profile": (("inbound", [{**ENTRY, "inspect": "none"}]), "inspect"),
    "wrong kind": (("kind", "Sidecar"), "kind"),
    "unknown action": (("inspection", {"profiles": {"default": {"attacks": "shout"}}}), "attacks"),
}


@pytest.mark.parametrize("what", BAD)
def test_check_names_file_line_and_key(mesh, what):
    (key, value), named = BAD[what]
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries())
    sidecar.configuration[key] = value
    sidecar.write()
    done = gabion(mesh, "check", "-c", sidecar.file)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert all(re.match(r"^\S*gabion\.yaml:\d+: \S+: .+", line) for line in lines), done.stderr
    assert any(named in line for line in lines)


def test_check_reports_every_error_at_once(mesh):
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries())
    sidecar.configuration.update({"limits": {"headerBytes": "x", "headerCount": -1}, "timeouts": {"idle": "x"}})
    sidecar.write()
    assert len(gabion(mesh, "check", "-c", sidecar.file).stderr.splitlines()) == 3


def test_check_speaks_json(mesh):
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries(), limits={"headerBytes": "x"}).write()
    done = gabion(mesh, "check", "-c", sidecar.file, "--json")
    assert done.returncode == 2
    assert "headerBytes" in json.dumps(json.loads(done.stdout))


@pytest.mark.parametrize("file", ["missing.yaml", "broken.yaml", "empty.yaml"])
def test_check_refuses_what_is_no_configuration(mesh, file):
    (mesh.folder / "broken.yaml").write_text("a: [b\n- c: {")
    (mesh.folder / "empty.yaml").write_text("")
    done = gabion(mesh, "check", "-c", mesh.folder / file)
    assert done.returncode == 2
    assert file in done.stderr


def test_check_reads_the_policies_too(mesh):
    (mesh.policy / "bad.yaml").write_text("kind: [\n")
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries()).write()
    done = gabion(mesh, "check", "-c", sidecar.file)
    assert done.returncode == 2
    assert "bad.yaml" in done.stderr


@pytest.mark.parametrize("condition,told", [({"metods": ["GET"]}, "metods"), ({"paths": [{"regex": "("}]}, "regex")])
def test_check_refuses_a_policy_that_cannot_be_read(mesh, condition, told):
    """`run` would start with its ports closed; who checks first wants to hear of it."""
    mesh.put_policy({"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy",
                     "metadata": {"name": "typo", "namespace": "shop"},
                     "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 8080}], "protocol": "HTTP",
                                                              "http": [condition]}]}})
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries()).write()
    done = gabion(mesh, "check", "-c", sidecar.file)
    assert done.returncode == 2
    assert told in done.stderr


def test_run_does_not_start_with_a_bad_file(mesh):
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries(), limits={"headerBytes": "x"}).write()
    done = gabion(mesh, "run", "-c", sidecar.file)
    assert done.returncode == 2
    assert "headerBytes" in done.stderr


def test_an_unknown_command_fails(mesh):
    assert gabion(mesh, "conquer").returncode != 0


@pytest.mark.seconds(90)
def test_the_demo_shows_what_it_says_and_cleans_up(mesh):
    done = gabion(mesh, "demo", cwd=mesh.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "403" in done.stdout


@pytest.mark.seconds(90)
def test_the_demo_speaks_json(mesh):
    done = gabion(mesh, "demo", "--json", cwd=mesh.folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


@pytest.mark.seconds(90)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_ended_early_leaves_nothing_behind(mesh, number):
    """It died of the signal, and its sidecars and its folder stayed."""
    (mesh.folder / "tmp").mkdir()
    demo = subprocess.Popen([str(mesh.binary), "demo", "--keep"], stdout=subprocess.DEVNULL,
                            env={**os.environ, "TMPDIR": str(mesh.folder / "tmp")})
    until(lambda: list((mesh.folder / "tmp").glob("gabion-demo-*/orders/output.log")), "a sidecar is started")
    demo.send_signal(number)
    demo.wait(60)
    assert list((mesh.folder / "tmp").iterdir()) == []
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [command for command in commands if str(mesh.folder / "tmp").encode() in command]
