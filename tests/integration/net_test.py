"""`gabion net`: rules are put in place in one step, found again, and leave no trace."""

import json
import re
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


@pytest.mark.parametrize("options, sentence", [
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
