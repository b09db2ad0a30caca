"""`gabion net`: rules are put in place in one step, found again, and leave no trace."""

import json
import os
import re
import shutil
import subprocess

import pytest

from pods import PodNetwork, require_namespaces

BACKENDS = pytest.mark.parametrize("backend", ["nft", "legacy"])
OPTIONS = ["--exclude-outbound-ports", "53,9999", "--exclude-outbound-cidrs", "10.9.0.0/16,fd00:9::/64",
           "--include-outbound-cidrs", "10.0.0.0/8,fd00::/8", "--include-outbound-ports", "443",
           "--include-inbound-ports", "80,81", "--exclude-inbound-ports", "9090", "--exclude-uids", "65534"]


@pytest.fixture(scope="module")
def network():
    require_namespaces()
    found = PodNetwork(["pod"])
    yield found
    found.remove()


@pytest.fixture
def net(binary, network):
    pod = network.pods["pod"]

    def run(*words):
        return pod.run(binary, "net", *words)

    yield run
    assert run("remove").returncode == 0


def rules(network, backend):
    """What is ours in both families, and ::6."""
    pod = network.pods["pod"]
    tables = [pod.run(f"{tool}-{backend}-save").stdout for tool in ("iptables", "ip6tables")]
    lines = [line for table in tables for line in table.splitlines() if "GABION" in line]
    return lines + re.findall(r"inet6 ::6/128", pod.run("ip", "address", "show", "lo").stdout)


@BACKENDS
def test_it_is_installed_once_however_often_it_is_asked_for(net, network, backend):
    assert "18 rules installed" in net("install", "--backend", backend, *OPTIONS).stdout
    there = rules(network, backend)
    assert len(there) == 2 * (18 + 2) + 1
    again = net("install", *OPTIONS)  # auto: where our rules are
    assert again.returncode == 0 and again.stdout.count("already as asked") == 2
    assert rules(network, backend) == there
    assert net("show", *OPTIONS).returncode == 0
    assert net("show").returncode == 1, "not as these options ask"
    assert "in place of others" in net("install").stdout
    assert net("show").returncode == 0


@BACKENDS
def test_removing_leaves_what_is_of_others(net, network, backend):
    pod = network.pods["pod"]
    assert pod.run(f"iptables-{backend}", "-t", "nat", "-A", "OUTPUT", "-d", "192.0.2.1", "-j", "ACCEPT").returncode == 0
    assert net("install", "--backend", backend).returncode == 0
    assert net("remove").returncode == 0
    assert rules(network, backend) == []
    assert "-A OUTPUT -d 192.0.2.1/32 -j ACCEPT" in pod.run(f"iptables-{backend}-save", "-t", "nat").stdout
    assert "nothing of ours" in net("remove").stdout
    assert pod.run(f"iptables-{backend}", "-t", "nat", "-F", "OUTPUT").returncode == 0


def test_the_back_end_that_has_rules_is_taken(net, network):
    pod = network.pods["pod"]
    assert pod.run("iptables-legacy", "-t", "nat", "-A", "OUTPUT", "-d", "192.0.2.1", "-j", "ACCEPT").returncode == 0
    assert "ipv4 (legacy): 11 rules installed" in net("install").stdout
    assert pod.run("iptables-legacy", "-t", "nat", "-D", "OUTPUT", "-d", "192.0.2.1", "-j", "ACCEPT").returncode == 0


@BACKENDS
def test_what_somebody_changed_is_shown_and_mended(net, network, backend):
    pod = network.pods["pod"]
    assert net("install", "--backend", backend).returncode == 0
    assert pod.run(f"iptables-{backend}", "-t", "nat", "-I", "GABION_OUT", "-d", "192.0.2.0/24", "-j", "RETURN").returncode == 0
    assert pod.run(f"ip6tables-{backend}", "-t", "nat", "-D", "OUTPUT", "-p", "tcp", "-j", "GABION_OUT").returncode == 0
    shown = net("show", "--json")
    assert shown.returncode == 1
    states = {(table["backend"], table["family"]): table["state"] for table in json.loads(shown.stdout)["tables"]}
    assert states[backend, "ipv4"] == states[backend, "ipv6"] == "differs"
    assert net("install").returncode == 0
    shown = json.loads(net("show", "--json").stdout)
    assert shown["ok"] and len(next(t for t in shown["tables"] if t["backend"] == backend)["rules"]) == 11


@BACKENDS
def test_tproxy_is_installed_once_and_removed_whole(net, network, backend):
    pod = network.pods["pod"]
    options = ["--mode", "tproxy", *OPTIONS]
    installed = net("install", "--backend", backend, *options)
    assert installed.returncode == 0, installed.stderr
    assert installed.stdout.count("rules installed") == 4 and installed.stdout.count("stays here by table 133") == 2
    there = rules(network, backend)
    again = net("install", *options)
    assert again.returncode == 0 and again.stdout.count("already as asked") == 6, again.stdout
    assert rules(network, backend) == there
    assert net("show", *options).returncode == 0
    assert net("show", *OPTIONS).returncode == 1, "not by REDIRECT"
    assert pod.run("ip", "-6", "rule", "del", "pref", "133").returncode == 0
    assert net("show", *options).returncode == 1, "half of it is gone"
    assert net("install", *options).returncode == 0 and net("show", *options).returncode == 0
    # And back: what is of TPROXY alone goes.
    assert net("install", *OPTIONS).returncode == 0
    assert net("show", *OPTIONS).returncode == 0
    assert "lookup 133" not in pod.run("ip", "rule", "show").stdout
    assert "GABION" not in pod.run(f"iptables-{backend}-save", "-t", "mangle").stdout
    assert net("install", *options).returncode == 0
    assert net("remove").returncode == 0
    assert rules(network, backend) == [] and "lookup 133" not in pod.run("ip", "-6", "rule", "show").stdout
    assert pod.run("ip", "-6", "route", "show", "table", "133").stdout == ""


def test_a_routing_table_of_others_is_left_to_them(net, network):
    pod = network.pods["pod"]
    assert pod.run("ip", "route", "add", "unreachable", "192.0.2.0/24", "table", "133").returncode == 0
    try:
        refused = net("install", "--mode", "tproxy")
        assert refused.returncode == 1 and "table 133: is used by others: choose another one with --table" in refused.stderr
        assert net("install", "--mode", "tproxy", "--table", "134").returncode == 0
        assert net("remove", "--table", "134").returncode == 0
        assert "192.0.2.0/24" in pod.run("ip", "route", "show", "table", "133").stdout
    finally:
        assert pod.run("ip", "route", "flush", "table", "133").returncode == 0


def proxy_ends(network, binary, folder, capture):
    """(exit status, what it said) of a proxy that captures so, ended as soon as it serves."""
    (folder / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: pod, namespace: shop}\nspec: {}\n"
                                     "status: {podIP: 192.0.2.1}\n")
    (folder / "gabion.conf").write_text(
        "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: shop, pod: pod}\nworkers: 1\n"
        "inspection: {profiles: {default: {attacks: \"off\", paymentCards: \"off\"}}}\ndrain: {notice: 0ms}\n"
        f"policy: {{directory: {folder}}}\ncapture: {capture}\ninbound: [{{port: 80, protocol: http, tls: DISABLE}}]\n")
    process = network.pods["pod"].inside(subprocess.Popen, [binary, "run", "-c", str(folder / "gabion.conf")],
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = ""
    try:
        for line in process.stdout:  # to its end, or until it serves: it says all that it has to say at its start
            said += line
            if '"serving"' in line:
                process.terminate()
        return process.wait(30), said
    finally:
        process.kill()
        process.wait(30)


@pytest.mark.parametrize("options, capture, status, sentence", [
    ([], "{inbound: {mode: tproxy}}", 0, ""),
    (["--mark", "1400"], "{mark: 1400, inbound: {mode: tproxy}}", 0, ""),
    (["--mark", "1400"], "{inbound: {mode: tproxy}}", 2,
     "capture.mark: calls would have mark 1338, and the rules of this network namespace are for 1400"),
    ([], "{inbound: {}}", 2, "capture.inbound.mode: the rules of this network namespace lead by TPROXY"),
    (None, "{inbound: {mode: tproxy}}", 0, "no rules of gabion net install --mode tproxy are in this network namespace"),
    (None, "{inbound: {}}", 0, ""),
], ids=["the same", "another one, the same", "not the same", "redirect", "no rules", "nothing wanted"])
def test_a_proxy_starts_where_the_rules_are_for_its_mark(net, network, binary, tmp_path, options, capture, status, sentence):
    """None: no rules."""
    if options is not None:
        assert net("install", "--mode", "tproxy", *options).returncode == 0
    ended, said = proxy_ends(network, binary, tmp_path, capture)
    assert ended == status and sentence in said, said
    assert sentence or "interception" not in said


def test_marks_are_noted_of_families_whose_rules_are_there(net, network, binary, tmp_path):
    """A tool that fails, for one family: all of them are one program, by another name."""
    pod = network.pods["pod"]
    one = os.path.realpath(shutil.which("ip6tables-nft-restore", path="/usr/sbin:/sbin"))
    shutil.copy(one, tmp_path / "one")
    (tmp_path / "tool").write_text('#!/bin/sh\ncase "$0" in *ip6tables-nft-restore) echo broken >&2; exit 1 ;; esac\n'
                                   f'exec {tmp_path}/one "$(basename "$0")" "$@"\n')
    (tmp_path / "tool").chmod(0o755)
    install = ["net", "install", "--backend", "nft", "--mode", "tproxy"]
    for _ in range(2):  # the second time notes are there, and rules which have to be other ones
        failed = pod.run("unshare", "-m", "sh", "-c", f'mount --bind {tmp_path}/tool {one} && exec "$@"', "sh", binary, *install,
                         "--exclude-inbound-ports", "9090")
        assert failed.returncode == 1 and "broken" in failed.stderr
        assert "134:" in pod.run("ip", "rule", "show").stdout and "134:" not in pod.run("ip", "-6", "rule", "show").stdout
        ended, said = proxy_ends(network, binary, tmp_path, "{inbound: {mode: tproxy}}")
        assert ended == 0 and "for one of IPv4 and IPv6 only" in said, said
        assert pod.run(binary, *install).returncode == 0
        assert "134:" in pod.run("ip", "-6", "rule", "show").stdout


@pytest.mark.parametrize("manifest, options, sentence", [
    ("Node a {podCIDRs: [10.244.1.0/24]}", [], None),
    ("Node b {podCIDRs: [10.244.1.0/24]}", [], "--node: no Node a among the manifests"),
    ("Node a {}", [], "--node: Node a has no spec.podCIDRs"),
    ("Node a {}", ["--pod-cidrs", "10.244.1.0/24"], None),
    ("Node a {podCIDRs: [10.244.1.0]}", [], "podCIDRs"),
])
def test_the_networks_of_a_node_are_those_of_its_object_and_have_its_pods(binary, tmp_path, manifest, options, sentence):
    kind, name, spec = manifest.split(maxsplit=2)
    (tmp_path / "node.yaml").write_text(f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n")
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
                                       "spec: {nodeName: a, containers: [{name: web}]}\nstatus: {podIP: 10.244.1.7}\n")
    done = subprocess.run([binary, "net", "install", "--dry-run", "--mode", "tproxy", "--layout", "gateway", "--interfaces", "veth+",
                           "--node", "a", "--manifests", str(tmp_path), *options], capture_output=True, text=True)
    assert done.returncode == (2 if sentence else 0) and (sentence or "") in done.stderr, done.stderr
    assert "-A GABION_IN -i veth+ -p tcp -j GABION_OUT" in done.stdout
    if sentence:
        assert "TCP from elsewhere to the pods of this node is dropped" in done.stderr
        assert "-A GABION_FORWARD -o veth+ -j DROP" in done.stdout and "TPROXY --on-port 15006" not in done.stdout
    else:
        assert "-A GABION_IN -d 10.244.1.0/24 -p tcp -j TPROXY" in done.stdout and done.stderr == ""


@pytest.mark.parametrize("networks, options", [("10.244.9.0/24", []), ("10.244.1.0/24", ["--pod-cidrs", "10.244.9.0/24"])])
def test_a_pod_outside_of_the_networks_is_led_too(binary, tmp_path, networks, options):
    (tmp_path / "node.yaml").write_text(f"apiVersion: v1\nkind: Node\nmetadata: {{name: a}}\nspec: {{podCIDRs: [{networks}]}}\n")
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n"
                                       "spec: {nodeName: a, containers: [{name: web}]}\nstatus: {podIP: 10.244.1.7}\n")
    done = subprocess.run([binary, "net", "install", "--dry-run", "--mode", "tproxy", "--layout", "gateway", "--interfaces", "veth+",
                           "--node", "a", "--manifests", str(tmp_path), *options], capture_output=True, text=True)
    assert done.returncode == 0 and "pod shop/web of node a has 10.244.1.7, in none of the networks" in done.stderr, done.stderr
    for network in ("10.244.9.0/24", "10.244.1.7/32"):
        assert f"-A GABION_IN -d {network} -p tcp -j TPROXY --on-port 15006" in done.stdout


@pytest.mark.parametrize("options, sentence", [
    (["--mode", "tproxy", "--layout", "gateway", "--interfaces", "veth+", "--node", "a"], "--node and --manifests belong together"),
    (["--node", "a", "--manifests", "."], "--node and --manifests belong together, and to --layout gateway"),
    (["--layout", "gateway", "--interfaces", "veth+", "--pod-cidrs", "10.0.0.0/24"], "needs --mode tproxy"),
    (["--mode", "tproxy", "--layout", "gateway"], "needs --interfaces and --pod-cidrs"),
    (["--mode", "tproxy", "--layout", "gateway", "--interfaces", "veth0 -j ACCEPT", "--pod-cidrs", "10.0.0.0/24"], "no name of an"),
    (["--interfaces", "veth+"], "are of --mode tproxy --layout gateway"),
    (["--mode", "tproxy", "--table", "254"], "is no number from 1 to 252"),
    (["--mode", "tproxy", "--mark", "1337"], "are both 1337"),
    (["--uid", "0"], "what root sends"),
    (["--uid", "sidecar"], '"sidecar" is no number from 0'),
    (["--exclude-inbound-ports", "80,80"], "80 twice"),
    (["--exclude-outbound-ports", "70000"], "is no number from 1 to 65535"),
    (["--exclude-outbound-cidrs", "10.0.0.1"], "needs a prefix length"),
    (["--inbound-port", "15001"], "are both 15001"),
    (["--agent-port", "15006"], "is a port of the sidecar's traffic"),
    (["--include-inbound-ports", "80", "--exclude-inbound-ports", "80"], "both name 80"),
    (["--backend", "ebpf"], "ebpf not in"),
])
def test_wrong_options_are_refused_with_a_sentence(binary, options, sentence):
    done = subprocess.run([binary, "net", "install", "--dry-run", *options], capture_output=True, text=True)
    assert done.returncode == 2 and sentence in done.stderr + done.stdout
