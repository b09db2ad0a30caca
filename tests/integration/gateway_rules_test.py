"""The rules of a gateway on a node: what its pods send and what is sent to them is led to the proxy, and nothing past it."""

import json
import socket

import pytest

from certificates import write_file
from gateway_bed import EXCLUDED, PORT, UNDECLARED, GatewayBed
from interception_bed import meets_an_end, url
from namespace_bed import FAMILIES, bed, path_of, running_bed
from waiting import until

running = running_bed(GatewayBed, params=["nft", "legacy"])


SOON = 1.5  # seconds, within which who is dropped is not waited for


def kind_of(family):
    return socket.AF_INET if family == "v4" else socket.AF_INET6


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def opens(address, port, source=None, seconds=20):
    """Whether a connection can be made at all in so many seconds, from `source` if one is given."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as stream:
        stream.settimeout(seconds)
        if source:
            stream.bind((source, 0))
        try:
            stream.connect((address, port))
        except OSError:
            return False
        return True


@FAMILIES
def test_what_is_sent_to_a_pod_is_led_to_the_inbound_port(bed, family, request):
    """And the pod sees its caller."""
    pod, caller, path = getattr(bed.a, family), getattr(bed.outside, family), path_of(request)
    assert bed.outside.curl(url(pod, PORT, path)) == (0, 200, caller + "\n")
    line = bed.proxy.wait_access(path=path)
    assert line["side"] == "ingress" and line["downstream_local_address"] == endpoint(pod, PORT)
    assert bed.seen("a", path) == [(caller, PORT)]


@FAMILIES
def test_what_a_pod_sends_is_led_to_the_outbound_port(bed, family, request):
    called, pod, path = getattr(bed.outside, family), getattr(bed.b, family), path_of(request)
    assert bed.b.curl(url(called, PORT, path))[:2] == (0, 200)
    line = bed.proxy.wait_access(path=path)
    assert line["side"] == "egress" and line["downstream_local_address"] == endpoint(called, PORT)
    assert pod in line["downstream_remote_address"]
    assert len(bed.seen("outside", path)) == 1


@FAMILIES
def test_a_pod_that_calls_a_pod_of_the_same_node_is_led_too(bed, family, request):
    path = path_of(request)
    assert bed.b.curl(url(getattr(bed.a, family), PORT, path))[:2] == (0, 200)
    assert bed.proxy.wait_access(path=path)["side"] == "egress"
    assert len(bed.proxy.access(path=path)) == 1, "once: what the proxy sends is led nowhere"


@FAMILIES
def test_what_the_node_sends_is_left_alone(bed, family, request):
    path = path_of(request)
    with bed.proxy.passed_by():
        assert bed.node.curl(url(getattr(bed.a, family), UNDECLARED, path))[1] == 200
        assert bed.node.curl(url(getattr(bed.outside, family), PORT, path))[1] == 200


@FAMILIES
def test_excluded_ports_are_left_alone_both_ways(bed, family, request):
    path = path_of(request)
    with bed.proxy.passed_by():
        assert bed.outside.curl(url(getattr(bed.a, family), EXCLUDED, path)) == (0, 200, getattr(bed.outside, family) + "\n")
        assert bed.a.curl(url(getattr(bed.outside, family), EXCLUDED, path)) == (0, 200, getattr(bed.a, family) + "\n")


@FAMILIES
def test_a_port_that_nobody_declared_is_refused(bed, family):
    assert bed.outside.inside(meets_an_end, getattr(bed.a, family), UNDECLARED)
    line = bed.proxy.wait_audit(reason="undeclared_port")
    assert line["downstream_local_address"] == endpoint(getattr(bed.a, family), UNDECLARED)


@FAMILIES
@pytest.mark.parametrize("port", [15001, 15006])
def test_our_own_ports_are_no_way_in(bed, family, port):
    """By the node's address, by a pod's, and from a pod."""
    def refused():
        return bed.proxy.metric("gabion_reason_total", scope="connection", reason="loop_refused")

    before = refused()
    for caller, address in ((bed.outside, bed.network.uplink), (bed.outside, bed.a), (bed.b, bed.node), (bed.b, bed.outside)):
        assert caller.inside(meets_an_end, getattr(address, family), port)
    until(lambda: refused() == before + 4, "each is counted once: nobody went round")


@FAMILIES
def test_a_source_that_is_not_the_pods_gets_nowhere(bed, family):
    """The address of another pod, of the node, and of somebody outside."""
    accepted = bed.proxy.metric("gabion_connections_opened_total", side="downstream")
    flag, bits = ("-4", 32) if family == "v4" else ("-6", 128)
    for victim in (bed.b, bed.node, bed.outside):
        source = getattr(victim, family)
        words = (f"{source}/{bits}", "dev", "lo")
        before = bed.dropped_spoofs(family)
        # An IPv6 address is tentative, and not to be bound to, until its detection of duplicates has run: even on lo.
        assert bed.a.run("ip", flag, "address", "add", *words, *(["nodad"] if family == "v6" else [])).returncode == 0
        try:
            # Not to the victim, which the pod takes for itself now.
            assert not bed.a.inside(opens, getattr(bed.outside if victim is not bed.outside else bed.b, family), PORT, source, SOON)
        finally:
            assert bed.a.run("ip", flag, "address", "del", *words).returncode == 0
        assert bed.dropped_spoofs(family) > before, source
    assert bed.proxy.metric("gabion_connections_opened_total", side="downstream") == accepted
    assert bed.a.inside(opens, getattr(bed.outside, family), PORT), "its own goes on"


@FAMILIES
def test_the_port_of_gateways_is_reached_from_outside_and_not_from_pods(bed, family):
    node = getattr(bed.node, family)  # in the pods' networks, as bridges of CNIs are
    with bed.node.inside(socket.create_server, (node, 15008), family=kind_of(family)) as server:
        with bed.outside.inside(socket.create_connection, (node, 15008), 20):
            stream, (peer, *_) = server.accept()
            stream.close()
            assert peer == getattr(bed.outside, family)
        before = bed.proxy.metric("gabion_connections_opened_total", side="downstream")
        assert bed.b.inside(opens, node, 15008)
        until(lambda: bed.proxy.metric("gabion_connections_opened_total", side="downstream") == before + 1,
              "what a pod sends there is led to the outbound port, and judged as any call")


@FAMILIES
def test_what_a_service_is_called_by_is_not_translated_before_the_proxy_sees_it(bed, family, request):
    """kube-proxy's rules stand in nat: they would pick an endpoint that nobody judged."""
    service, path = bed.network.service(7, 4 if family == "v4" else 6), path_of(request)
    rule = ["PREROUTING", "-d", service, "-p", "tcp", "--dport", "80", "-j", "DNAT", "--to-destination",
            endpoint(getattr(bed.outside, family), PORT)]
    bed.table("nat", family, "-A", *rule)
    try:
        bed.b.curl(url(service, 80, path), "-m", "2")
        line = until(lambda: bed.proxy.access(path=path) or bed.proxy.audit(), "it came to the proxy")[0]
        assert line["downstream_local_address"] == endpoint(service, 80)
        assert bed.seen("outside", path) == []
    finally:
        bed.table("nat", family, "-D", *rule)


@FAMILIES
def test_what_is_translated_to_a_pod_goes_no_further(bed, family, request):
    """A NodePort: it was on its way to the node where TPROXY looks, and to the pod only after."""
    node, path = getattr(bed.network.uplink, family), path_of(request)
    for port, to, passes in ((30080, PORT, False), (30081, EXCLUDED, True)):
        rule = ["PREROUTING", "-d", node, "-p", "tcp", "--dport", str(port), "-j", "DNAT", "--to-destination",
                endpoint(getattr(bed.a, family), to)]
        bed.table("nat", family, "-A", *rule)
        try:
            assert bed.outside.inside(opens, node, port, None, 20 if passes else SOON) is passes
        finally:
            bed.table("nat", family, "-D", *rule)


def test_pods_may_have_interfaces_of_several_names(bed):
    """Installed once, found again, removed whole."""
    options = [word.replace("veth+", "cali+,veth+,lxc+") for word in bed.options()]
    try:
        done = bed.net("install", "--backend", bed.backend, *options)
        assert done.returncode == 0 and done.stdout.count("in place of others") == 2, done.stdout + done.stderr
        assert bed.net("show", *options).returncode == 0
        assert bed.net("install", *options).stdout.count("already as asked") == 6
        for pod in (bed.a.v4, bed.a.v6):
            assert bed.outside.inside(meets_an_end, pod, UNDECLARED)
        assert bed.net("remove").returncode == 0
        for tool in ("iptables-save", "ip6tables-save", "iptables-legacy-save", "ip6tables-legacy-save"):
            assert "GABION" not in bed.node.run(tool).stdout
    finally:
        bed.install()


def test_a_family_that_fails_leaves_the_other_one_led(bed):
    """Whose routing table has others' routes in one family: nothing is done there, and all is in the other one."""
    assert bed.net("remove").returncode == 0
    try:
        bed.node.run("ip", "route", "add", "unreachable", "192.0.2.0/24", "table", "133").check_returncode()
        done = bed.net("install", "--backend", bed.backend, *bed.options())
        assert done.returncode == 1 and "table 133: is used by others" in done.stderr
        assert "GABION" not in bed.table("mangle", "v4", "-S") and "GABION_IN" in bed.table("mangle", "v6", "-S")
        assert bed.outside.inside(meets_an_end, bed.a.v6, UNDECLARED)
    finally:
        bed.node.run("ip", "route", "flush", "table", "133")
        bed.install()


def test_a_node_whose_networks_nobody_knows_is_not_open(bed, request):
    """Its Node object is missing: what pods send is led, what would come to them is dropped, and the exit says so."""
    folder, path = bed.folder / "no-nodes", path_of(request)
    write_file(folder / "all.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    options = [word for word in bed.options() if word not in ("--pod-cidrs", ",".join(bed.network.pod_cidrs))]
    options += ["--node", "node-1", "--manifests", str(folder)]
    assert bed.outside.inside(opens, bed.a.v4, PORT) and bed.outside.inside(opens, bed.a.v6, PORT)
    try:
        done = bed.net("install", "--backend", bed.backend, *options)
        assert done.returncode == 2 and "no Node node-1 among the manifests" in done.stderr, done.stdout + done.stderr
        assert bed.net("install", *options).stdout.count("already as asked") == 6
        for family in ("v4", "v6"):
            pod, called = getattr(bed.a, family), getattr(bed.outside, family)
            assert not bed.outside.inside(opens, pod, PORT, None, SOON)
            assert bed.outside.inside(opens, pod, EXCLUDED)
            assert bed.node.inside(opens, pod, PORT), "the kubelet's probes"
            assert bed.b.curl(url(called, PORT, path + family))[:2] == (0, 200)
            assert bed.proxy.wait_access(path=path + family)["side"] == "egress"
    finally:
        bed.install()


def test_without_the_proxy_nothing_passes(bed, request):
    """Last but one: nobody takes what is led to the ports."""
    bed.proxy.stop()
    try:
        for family in ("v4", "v6"):
            assert not bed.outside.inside(opens, getattr(bed.a, family), PORT, None, SOON)
            assert not bed.b.inside(opens, getattr(bed.outside, family), PORT, None, SOON)
    finally:
        bed.proxy.start()


def test_rules_are_installed_once_and_removed_whole(bed):
    """Last."""
    again = bed.net("install", *bed.options())
    assert again.returncode == 0 and again.stdout.count("already as asked") == 6, again.stdout + again.stderr
    assert bed.net("show", *bed.options()).returncode == 0
    shown = json.loads(bed.net("show", "--json", *bed.options()).stdout)
    assert shown["ok"] and {table["table"] for table in shown["tables"]} == {"nat", "mangle", ""}
    assert bed.net("show").returncode == 1, "not as a sidecar's"
    assert bed.node.run("ip", "rule", "del", "pref", "133").returncode == 0
    assert bed.net("show", *bed.options()).returncode == 1
    assert "mark 1337 stays here by table 133" in bed.net("install", *bed.options()).stdout
    assert bed.net("remove").returncode == 0
    for tool in ("iptables-save", "ip6tables-save", "iptables-legacy-save", "ip6tables-legacy-save"):
        assert "GABION" not in bed.node.run(tool).stdout
    for flag in ("-4", "-6"):
        assert "133" not in bed.node.run("ip", flag, "rule", "show").stdout
        assert bed.node.run("ip", flag, "route", "show", "table", "133").stdout == ""
    bed.install()
