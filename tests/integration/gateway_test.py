"""Two nodes whose gateways stand for pods that know of nothing: nginx and curl, judged both ways, on one node and across."""

import json
import pathlib
import re
import socket
import ssl
import struct
import threading

import pytest

from certificates import spiffe
from nodes_bed import CLOSED, GATEWAY_ID, HOP, HTTP2, PORT, SERVICE_PORT, NodesBed, rules
from interception_bed import meets_an_end, url
from namespace_bed import FAMILIES, bed, path_of, running_bed
from postgres_server import OWNER, PostgresServer
from waiting import until

running = running_bed(NodesBed)


def refused(gateway, reason="hop_refused"):
    return gateway.metric("gabion_reason_total", scope="connection", reason=reason)


# ---- traffic --------------------------------------------------------------------------------------------------------

@FAMILIES
@pytest.mark.parametrize("called", ["cart", "orders"])
def test_what_both_ends_allow_passes_and_is_seen_as_what_it_is(bed, family, called, request):
    """cart is on the node of the caller, orders on the other one."""
    path, web, to = path_of(request), getattr(bed.pods["web"], family), getattr(bed.pods[called], family)
    status, code, body = bed.pods["web"].curl(url(to, PORT, path))
    assert (status, code) == (0, 200)
    name, seen_from, certificate = body.split()
    assert (name, seen_from) == (called, web)
    assert certificate == f"By={GATEWAY_ID};URI={spiffe('shop', 'web')}"
    assert bed.seen(called, path) == [(web, PORT)]
    out = bed.gateways["a"].wait_access(path=path, side="egress")
    into = bed.gateways["a" if called == "cart" else "b"].wait_access(path=path, side="ingress")
    assert (out["pod"], into["pod"]) == ("shop/web", f"shop/{called}")
    assert out["peer_spiffe"] == GATEWAY_ID and into["peer_spiffe"] == spiffe("shop", "web")
    assert into["downstream_remote_address"].rpartition(":")[0].strip("[]") == web


@FAMILIES
@pytest.mark.parametrize("called", ["free", "other"])
def test_what_the_callers_rules_deny_ends_where_it_begins(bed, family, called, request):
    path = path_of(request)
    assert bed.pods["web"].curl(url(getattr(bed.pods[called], family), PORT, path))[1] == 403
    line = bed.gateways["a"].wait_access(path=path, side="egress")
    assert (line["pod"], line["reason"]) == ("shop/web", "policy_denied")
    assert bed.seen(called, path) == []


@FAMILIES
@pytest.mark.parametrize("caller,called,node", [("free", "cart", "a"), ("free", "orders", "b"), ("other", "cart", "a"),
                                                ("cart", "orders", "b")])
def test_what_the_rules_of_the_called_deny_ends_before_it(bed, family, caller, called, node, request):
    path = path_of(request)
    assert bed.pods[caller].curl(url(getattr(bed.pods[called], family), PORT, path))[1] == 403
    line = bed.gateways[node].wait_access(path=path, side="ingress")
    assert (line["pod"], line["reason"]) == (f"shop/{called}", "policy_denied")
    assert line["peer_spiffe"].endswith(f"/sa/{caller}")
    assert bed.seen(called, path) == []


@FAMILIES
def test_rules_of_requests_hold_for_who_the_caller_is(bed, family, request):
    path, orders = path_of(request), getattr(bed.pods["orders"], family)
    assert bed.pods["web"].curl(url(orders, PORT, path), "-X", "DELETE")[1] == 403
    assert bed.gateways["b"].wait_access(path=path, side="ingress")["reason"] == "policy_denied"
    assert bed.pods["web"].curl(url(orders, PORT, path))[1] == 200


@FAMILIES
def test_a_port_that_no_rule_opens_is_closed(bed, family, request):
    assert bed.pods["web"].curl(url(getattr(bed.pods["orders"], family), CLOSED, path_of(request)))[1] == 403


@FAMILIES
@pytest.mark.parametrize("caller,called", [("free", "other"), ("other", "free")])
def test_pods_without_rules_are_left_as_they_are(bed, family, caller, called, request):
    path = path_of(request)
    status, code, body = bed.pods[caller].curl(url(getattr(bed.pods[called], family), CLOSED, path))
    assert (status, code, body.split()[:2]) == (0, 200, [called, getattr(bed.pods[caller], family)])


@FAMILIES
def test_who_is_outside_is_called_from_the_pods_address(bed, family, request):
    path = path_of(request)
    status, code, body = bed.pods["free"].curl(url(getattr(bed.outside, family), PORT, path))
    assert (status, code, body.split()) == (0, 200, ["outside", getattr(bed.pods["free"], family)])
    assert bed.pods["web"].curl(url(getattr(bed.outside, family), PORT, path))[1] == 403


@FAMILIES
def test_who_is_outside_calls_as_its_address(bed, family, request):
    path = path_of(request)
    status, code, body = bed.outside.curl(url(getattr(bed.pods["free"], family), PORT, path))
    assert (status, code, body.split()) == (0, 200, ["free", getattr(bed.outside, family)])
    assert bed.outside.curl(url(getattr(bed.pods["orders"], family), PORT, path))[1] == 403
    line = bed.gateways["b"].wait_access(path=path, side="ingress")
    assert line["peer_spiffe"] is None and line["reason"] == "policy_denied"


@pytest.mark.parametrize("version", [4, 6])
def test_a_pod_that_calls_itself_through_its_service_is_called_from_the_node(bed, version, request):
    path, node = path_of(request), bed.nodes["b"]
    assert bed.pods["orders"].curl(url(bed.service_address(version), SERVICE_PORT, path))[1] == 200
    assert bed.gateways["b"].wait_access(path=path, side="egress")["pod"] == "shop/orders"
    assert bed.gateways["b"].wait_access(path=path, side="ingress")["pod"] == "shop/orders"
    (seen, port), = bed.seen("orders", path)
    assert port == PORT and seen != getattr(bed.pods["orders"], f"v{version}")
    assert version == 6 or seen in (node.v4, "169.254.1.1")


@pytest.mark.parametrize("version", [4, 6])
def test_a_service_is_called_at_its_endpoint(bed, version, request):
    path = path_of(request)
    assert bed.pods["web"].curl(url(bed.service_address(version), SERVICE_PORT, path))[1] == 200
    line = bed.gateways["a"].wait_access(path=path, side="egress")
    assert line["route_name"] == "shop/orders:http" and line["upstream_host"].endswith(f":{PORT}")
    assert bed.seen("orders", path) == [(bed.pods["web"].v4 if version == 4 else bed.pods["web"].v6, PORT)]


@FAMILIES
@pytest.mark.parametrize("called", ["free", "other"])
def test_http2_in_plain_text_stays_what_it_is(bed, family, called, request):
    """Where nothing is declared: the server knows no other protocol, and both gateways read it."""
    path, caller = path_of(request), bed.pods["free" if called == "other" else "cart"]
    to = url(getattr(bed.pods[called], family), HTTP2, path)
    status, code, body = caller.curl(to, "--http2-prior-knowledge")
    assert (status, code, body.split()) == (0, 200, [called, getattr(caller, family), "HTTP/2.0"])
    assert bed.gateways["b" if called == "other" else "a"].wait_access(path=path, side="ingress")["protocol"] == "HTTP/2"


def test_who_only_offers_http2_is_answered_in_http1(bed, request):
    assert bed.pods["cart"].curl(url(bed.pods["free"].v4, CLOSED, path_of(request)), "--http2")[1] == 200


def test_one_pods_connection_is_never_anothers(bed, request):
    """The same call of two pods, kept alive: each arrives as who it is of."""
    path, called = path_of(request), url(bed.pods["other"].v4, PORT, path_of(request))
    for _ in range(3):
        for caller in ("free", "cart"):
            assert bed.pods[caller].curl(called)[2].split()[1] == bed.pods[caller].v4
    assert [address for address, _ in bed.seen("other", path)] == [bed.pods[c].v4 for c in ("free", "cart")] * 3
    lines = until(lambda: len(found := bed.gateways["b"].access(path=path)) == 6 and found, "each is logged")
    assert [line["peer_spiffe"].rpartition("/")[2] for line in lines] == ["free", "cart"] * 3


def test_bytes_that_nobody_reads_are_carried(bed):
    def echo(server):
        with server, server.accept()[0] as stream:
            stream.sendall(stream.recv(64)[::-1])

    server = bed.pods["other"].inside(socket.create_server, ("0.0.0.0", 7777))
    thread = threading.Thread(target=echo, args=(server,))
    thread.start()
    with bed.pods["free"].inside(socket.create_connection, (bed.pods["other"].v4, 7777), 20) as stream:
        stream.settimeout(20)
        stream.sendall(b"\x01\x02\x03 not of any protocol")
        assert stream.recv(64) == b"\x01\x02\x03 not of any protocol"[::-1]
    thread.join()
    into = bed.gateways["b"].wait_access(protocol="TCP", side="ingress")
    assert into["pod"] == "ops/other" and into["peer_spiffe"] == spiffe("ops", "free")


@pytest.fixture(scope="module")
def database(running):
    """In the pod other, which is on the other node than those that call it."""
    pod = running.pods["other"]
    server = PostgresServer(f"{pod.v4}:5432", method="trust", rules=("host all all 0.0.0.0/0 trust",))
    pod.inside(server.start)
    yield pod.v4
    server.stop()


def psql(pod, address, statement):
    done = pod.run("psql", "-X", "-A", "-t", "-v", "VERBOSITY=verbose", "-c", statement,
                   f"host={address} port=5432 user={OWNER} dbname=shop connect_timeout=10")
    return done.stdout.strip() or done.stderr


def test_a_database_is_called_by_pods(bed, database):
    caller = bed.pods["free"]
    assert psql(caller, database, "SELECT inet_client_addr()") == caller.v4
    lines = [bed.gateways[node].wait_access(protocol="PostgreSQL", side=side)
             for node, side in (("a", "egress"), ("b", "ingress"))]
    assert [line["pod"] for line in lines] == ["ops/free", "ops/other"]
    assert lines[1]["peer_spiffe"] == spiffe("ops", "free")


def test_statements_are_judged_by_the_rules_of_the_pod_that_has_the_database(bed, database):
    bed.write_manifests(policies=[*rules(), {
        "apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": "reads", "namespace": "ops"},
        "spec": {"podSelector": {"matchLabels": {"app": "other"}},
                 "ingress": [{"from": [{"serviceAccount": {"name": "free"}}], "ports": [{"port": 5432}],
                              "protocol": "PostgreSQL", "sql": [{"statements": ["SELECT"]}]}]}}])
    bed.reload()
    try:
        assert psql(bed.pods["free"], database, "SELECT 1") == "1"
        assert "42501" in psql(bed.pods["free"], database, "CREATE TABLE t (a int)")
        assert "access denied by policy" in psql(bed.pods["cart"], database, "SELECT 1")
    finally:
        bed.write_manifests()
        bed.reload()


# ---- what must not pass ---------------------------------------------------------------------------------------------

def header(source, destination, identity, version=0x21):
    """PROXY v2 with the identity as TLV 0xE0; ports are 40000 and PORT."""
    def packed(address):
        return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)

    rest = packed(source) + packed(destination) + struct.pack(">HH", 40000, PORT)
    rest += b"\xe0" + struct.pack(">H", len(identity)) + identity.encode()
    family = 0x21 if ":" in source else 0x11
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([version, family]) + struct.pack(">H", len(rest)) + rest


def hop(bed, place, node, identity, first, alpn=("gabion-hop/1",), tls12=False):
    """What the gateway of `node` answers to a hop from `place` in the name of `identity` that says `first`."""
    folder = bed.certificates(identity, bed.folder / "forged" / identity.rpartition("/")[2])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(folder / "ca.crt")
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    context.set_alpn_protocols(list(alpn))
    if tls12:
        context.maximum_version = ssl.TLSVersion.TLSv1_2

    def call():
        with socket.create_connection((bed.nodes[node].v4, HOP), 20) as raw, context.wrap_socket(raw) as stream:
            stream.settimeout(30)
            stream.sendall(first)
            answer = b""
            while b"\r\n\r\n" not in answer:
                more = stream.recv(4096)
                if not more:
                    break
                answer += more
            return answer

    try:
        return place.inside(call)
    except OSError as error:
        return str(error).encode()


GET = b"GET /forged HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


def test_a_gateways_word_is_taken(bed):
    """What the next tests change one thing of, each in a way that is refused."""
    first = header(bed.pods["web"].v4, bed.pods["orders"].v4, spiffe("shop", "web")) + GET
    assert b" 200 " in hop(bed, bed.nodes["a"], "b", GATEWAY_ID, first)


@pytest.mark.parametrize("lie", ["no gateway", "a pod of another node", "another identity", "nobody's address", "not here",
                                 "no header", "half a header", "another version", "from a pod"])
def test_a_forged_hop_is_refused_with_its_reason(bed, lie):
    web, orders = bed.pods["web"].v4, bed.pods["orders"].v4
    good = header(web, orders, spiffe("shop", "web"))
    place, identity, first, why = {
        "no gateway": (bed.nodes["a"], spiffe("shop", "web"), good + GET, "the peer is no gateway"),
        "a pod of another node": (bed.nodes["a"], GATEWAY_ID, header(bed.pods["other"].v4, orders, spiffe("ops", "other")) + GET,
                                  "the caller is a pod of another node than the gateway's that calls for it"),
        "another identity": (bed.nodes["a"], GATEWAY_ID, header(bed.pods["free"].v4, orders, spiffe("shop", "web")) + GET,
                             "the identity is not that of the caller's pod"),
        "nobody's address": (bed.nodes["a"], GATEWAY_ID, header("192.0.2.1", orders, spiffe("shop", "web")) + GET,
                             "the caller's address is no pod's that a gateway protects"),
        "not here": (bed.nodes["a"], GATEWAY_ID, header(web, bed.pods["cart"].v4, spiffe("shop", "web")) + GET,
                     "who is called is no pod of this node"),
        "no header": (bed.nodes["a"], GATEWAY_ID, GET, "does not begin with a PROXY header"),
        "half a header": (bed.nodes["a"], GATEWAY_ID, None, "closed in the middle of its PROXY header"),
        "another version": (bed.nodes["a"], GATEWAY_ID, header(web, orders, spiffe("shop", "web"), version=0x31) + GET,
                            "a PROXY header of another version"),
        "from a pod": (bed.outside, GATEWAY_ID, good + GET, "the peer's address is no node's"),
    }[lie]
    before = refused(bed.gateways["b"])
    if first is None:
        cut_header(bed, good)
    else:
        assert b" 200 " not in hop(bed, place, "b", identity, first)
    line = bed.gateways["b"].wait_audit(reason="hop_refused", detail=why)
    shakes_hands = lie != "from a pod"  # from no node's address nobody is asked who they are
    assert line["listener"] == "hop" and line["peer_spiffe"] == (identity if shakes_hands else None)
    assert refused(bed.gateways["b"]) == before + 1
    assert bed.seen("orders", "/forged") in ([], [(web, PORT)])  # of the one that was no lie


def cut_header(bed, good):
    folder = bed.certificates(GATEWAY_ID, bed.folder / "forged" / "cut")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(folder / "ca.crt")
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    context.set_alpn_protocols(["gabion-hop/1"])

    def call():
        with socket.create_connection((bed.nodes["b"].v4, HOP), 20) as raw, context.wrap_socket(raw) as stream:
            stream.sendall(good[:30])

    bed.nodes["a"].inside(call)


def test_a_caller_nobody_has_told_of_yet_is_waited_for(bed):
    """Its gateway heard of it first; this one hears while the hop waits."""
    gateway = bed.gateways["b"]
    first = header(bed.pods["web"].v4, bed.pods["orders"].v4, spiffe("shop", "web")) + GET
    gateway.configuration["timeouts"]["unknownPeer"] = "50s"
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(hop(bed, bed.nodes["a"], "b", GATEWAY_ID, first)))
    try:
        bed.write_manifests(without=["web"])
        gateway.write()
        bed.reload()
        before = gateway.metric("gabion_accepted_total", worker="0")
        waiting.start()
        until(lambda: gateway.metric("gabion_accepted_total", worker="0") > before, "the hop is there")
    finally:
        bed.write_manifests()
        bed.reload()
        waiting.join()
        gateway.configuration["timeouts"]["unknownPeer"] = "0ms"
        gateway.write()
        bed.reload()
    assert b" 200 " in answers[0], "and was not refused before it was told of"


def test_plain_text_and_older_tls_are_no_hop(bed):
    assert bed.nodes["a"].inside(plain_answer, bed.nodes["b"].v4) == b""
    bed.gateways["b"].wait_audit(reason="hop_refused", detail="plain text where gateways speak TLS")
    first = header(bed.pods["web"].v4, bed.pods["orders"].v4, spiffe("shop", "web")) + GET
    assert b" 200 " not in hop(bed, bed.nodes["a"], "b", GATEWAY_ID, first, tls12=True)
    bed.gateways["b"].wait_audit(reason="tls_handshake_failed", listener="hop")
    assert b" 200 " not in hop(bed, bed.nodes["a"], "b", GATEWAY_ID, first, alpn=("h2",))
    bed.gateways["b"].wait_audit(reason="protocol_mismatch", listener="hop")


def plain_answer(address):
    with socket.create_connection((address, HOP), 20) as stream:
        stream.settimeout(20)
        stream.sendall(GET)
        try:
            return stream.recv(4096)
        except ConnectionResetError:
            return b""


@FAMILIES
def test_a_pods_address_without_its_gateway_is_refused(bed, family):
    """From the wire, as from a node whose rules somebody took away."""
    address, prefix = getattr(bed.pods["web"], family), 32 if family == "v4" else 128
    taken = bed.outside.run("ip", "address", "add", f"{address}/{prefix}", "dev", "lo", *(["nodad"] if family == "v6" else []))
    assert taken.returncode == 0, taken.stderr
    back = bed.nodes["b"].run("ip", "route", "replace", f"{address}/{prefix}", "via", getattr(bed.outside, family))
    assert back.returncode == 0, back.stderr
    try:
        assert bed.outside.curl(url(getattr(bed.pods["orders"], family), PORT), "--interface", address)[1] == 0
        line = bed.gateways["b"].wait_audit(reason="hop_refused", listener="capture-inbound")
        assert line["detail"] == "the caller has a gateway, and this came without it"
    finally:
        bed.nodes["b"].run("ip", "route", "del", f"{address}/{prefix}")
        bed.outside.run("ip", "address", "del", f"{address}/{prefix}", "dev", "lo")


@FAMILIES
def test_a_spoofed_source_gets_nowhere(bed, family):
    """free takes the address of web, which may call orders."""
    free, web, prefix = bed.pods["free"], getattr(bed.pods["web"], family), 32 if family == "v4" else 128
    before = bed.gateways["a"].metric("gabion_accepted_total", worker="0")
    free.run("ip", "address", "add", f"{web}/{prefix}", "dev", "eth0", *(["nodad"] if family == "v6" else []))
    try:
        status, code, _ = free.curl(url(getattr(bed.pods["orders"], family), PORT), "--interface", web, "-m", "2")
        assert (status != 0, code) == (True, 0)
    finally:
        free.run("ip", "address", "del", f"{web}/{prefix}", "dev", "eth0")
    assert bed.gateways["a"].metric("gabion_accepted_total", worker="0") == before


def test_our_own_ports_are_no_way_in(bed):
    for port in (15001, 15006, HOP):
        assert bed.pods["free"].inside(meets_an_end, bed.nodes["a"].v4, port)
    until(lambda: len(bed.gateways["a"].audit(reason="loop_refused")) == 3, "each is told")


# ---- life -----------------------------------------------------------------------------------------------------------

def test_it_runs_with_net_admin_and_nothing_else(bed):
    for gateway in bed.gateways.values():
        status = pathlib.Path(f"/proc/{gateway.pid}/status").read_text(encoding="ascii")
        assert re.search(r"Uid:\s+1337\s+1337", status)
        assert re.search(r"CapEff:\s+0+1000\n", status) and re.search(r"CapBnd:\s+0+1000\n", status)


def test_it_warned_when_no_rules_led_anything_to_it(bed):
    """The bed starts it first."""
    for gateway in bed.gateways.values():
        gateway.wait_output("nothing is led here")


def test_it_says_what_it_stands_for(bed):
    assert bed.gateways["a"].metric("gabion_gateway_pods") == 3
    assert bed.gateways["b"].metric("gabion_gateway_pods") == 2
    pods = json.loads(bed.gateways["a"].get("/policy")[1])["pods"]
    assert [pod["pod"] for pod in pods] == ["web", "cart", "free"]
    assert [len(pod["rules"]) for pod in pods] == [1, 1, 0]
    assert bed.gateways["a"].ready_status() == 200
    checked = bed.nodes["a"].run(bed.binary, "check", "-c", bed.gateways["a"].file)
    assert (checked.returncode, checked.stderr) == (0, "") and checked.stdout.endswith("6 listeners, 2 rules of 3 pods\n")


def test_what_a_pod_did_is_counted_by_pod(bed):
    name = "gabion_gateway_exchanges_total"
    before = bed.gateways["a"].metric(name, pod="shop/web", side="egress", outcome="well")
    assert bed.pods["web"].curl(url(bed.pods["orders"].v4, PORT))[1] == 200
    until(lambda: bed.gateways["a"].metric(name, pod="shop/web", side="egress", outcome="well") == before + 1, "it is counted")


@FAMILIES
def test_a_pod_that_nobody_knows_is_not_called_past_its_rules(bed, family, request):
    """It runs, and the manifests do not have it: the gateway's own call would pass no rule that leads it to a judge."""
    path, cart = path_of(request), getattr(bed.pods["cart"], family)
    bed.write_manifests(without=["cart"])
    try:
        bed.reload()
        assert bed.pods["free"].curl(url(cart, PORT, path))[1] != 200
    finally:
        bed.write_manifests()
        bed.reload()
    assert bed.seen("cart", path) == []


@FAMILIES
def test_a_mark_that_others_add_to_is_known(bed, family, request):
    """As kube-proxy adds 0x4000 to what it will masquerade. Two rules drop it: that of the mark, by its bits (which the unit
    test pins), and behind it that of the pods' addresses."""
    path, cart, node = path_of(request), getattr(bed.pods["cart"], family), bed.nodes["a"]
    tool = "iptables" if family == "v4" else "ip6tables"
    rule = ["OUTPUT", "-p", "tcp", "-m", "mark", "--mark", "0x53b", "-j", "MARK", "--or-mark", "0x4000"]
    node.run(tool, "-t", "nat", "-A", *rule).check_returncode()
    bed.write_manifests(without=["cart"])
    try:
        bed.reload()
        assert bed.pods["free"].curl(url(cart, PORT, path))[1] != 200
        counted = node.run(tool, "-t", "nat", "-L", "OUTPUT", "-v", "-x", "-n").stdout
        assert any("MARK or 0x4000" in line and int(line.split()[0]) > 0 for line in counted.splitlines()), counted
    finally:
        node.run(tool, "-t", "nat", "-D", *rule).check_returncode()
        bed.write_manifests()
        bed.reload()
    assert bed.seen("cart", path) == []


def test_a_port_of_the_node_is_no_way_round_the_rules_of_a_pod(bed, request):
    """What kube-proxy does for NodePort when the node itself calls."""
    path, node, cart = path_of(request), bed.nodes["a"], bed.pods["cart"].v4
    rule = ["OUTPUT", "-d", node.v4, "-p", "tcp", "--dport", "30080", "-j", "DNAT", "--to-destination", f"{cart}:{PORT}"]
    node.run("iptables", "-t", "nat", "-A", *rule).check_returncode()
    try:
        assert node.curl(url(node.v4, 30080, f"{path}-node"))[1] == 200
        assert bed.pods["free"].curl(url(node.v4, 30080, path))[1] != 200
    finally:
        node.run("iptables", "-t", "nat", "-D", *rule).check_returncode()
    assert bed.seen("cart", path) == []


def test_an_open_connection_ends_with_its_pod_and_a_change_of_rules_holds_for_the_next_request(bed):
    with bed.pods["web"].inside(socket.create_connection, (bed.pods["orders"].v4, PORT), 20) as stream:
        stream.settimeout(20)
        assert ask(stream) == 200
        bed.write_manifests(policies=[])
        bed.reload()
        assert ask(stream) == 200
        bed.write_manifests()
        bed.reload()
        assert ask(stream) == 200 and ask(stream, "DELETE") == 403
        bed.write_manifests(without=["web"])
        try:
            bed.reload()
            assert stream.recv(1) == b""
        except ConnectionResetError:
            pass
        finally:
            assert bed.pods["web"].inside(meets_an_end, bed.pods["orders"].v4, PORT)
            bed.gateways["a"].wait_audit(reason="unknown_pod")
            bed.write_manifests()
            bed.reload()
    assert bed.pods["web"].curl(url(bed.pods["orders"].v4, PORT))[1] == 200


def ask(stream, method="GET"):
    stream.sendall(f"{method} /kept HTTP/1.1\r\nhost: orders\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = stream.recv(4096)
        assert more, answer
        answer += more
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE).group(1))
    while len(body) < length:
        body += stream.recv(4096)
    return int(head.split()[1])


@pytest.mark.parametrize("node", ["a", "b"])
def test_without_a_gateway_nothing_passes(bed, node):
    """Of its pods, in neither direction; the other node's go on among themselves."""
    gateway = bed.gateways[node]
    gateway.stop()
    try:
        for family in ("v4", "v6"):
            orders = url(getattr(bed.pods["orders"], family), PORT)
            assert bed.pods["web"].curl(orders, "-m", "3")[1] in (0, 503)
            inside = {"a": ("free", "cart"), "b": ("other", "orders")}[node]
            assert bed.pods[inside[0]].curl(url(getattr(bed.pods[inside[1]], family), PORT), "-m", "3")[1] == 0
            assert bed.outside.curl(url(getattr(bed.pods[inside[0]], family), PORT), "-m", "3")[1] == 0
    finally:
        gateway.start()
    assert bed.pods["web"].curl(url(bed.pods["orders"].v4, PORT))[1] == 200
