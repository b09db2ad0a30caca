"""What comes in to a pod is led to its sidecar by TPROXY: nginx sees who calls, as if nobody stood between."""

import re
import socket
import subprocess

import pytest

from interception_bed import EXCLUDED, MUTUAL, PLAIN, UNDECLARED, InterceptionBed, meets_an_end, url
from namespace_bed import FAMILIES, bed, path_of, running_bed
from pods import PROXY_UID, as_user
from waiting import until

running = running_bed(lambda binary, way: InterceptionBed(binary, way[0], inbound="tproxy", transparent_uid=way[1]),
                      params=[("nft", PROXY_UID), ("legacy", 0)], ids=["nft", "legacy, as root in its group"])


def kind_of(family):
    return socket.AF_INET if family == "v4" else socket.AF_INET6


@FAMILIES
def test_the_application_sees_its_callers_address(bed, family, request):
    orders, web, path = getattr(bed.orders, family), getattr(bed.web, family), path_of(request)
    for port in (MUTUAL, PLAIN):
        assert bed.web.curl(url(orders, port, path))[::2] == (0, web + "\n")
    assert bed.seen(path) == [(web, MUTUAL), (web, PLAIN)]
    lines = until(lambda: len(found := bed.sidecars["orders"].access(path=path, side="ingress")) == 2 and found, "both are logged")
    for line, port in zip(lines, (MUTUAL, PLAIN)):
        assert line["downstream_local_address"] == (f"{orders}:{port}" if family == "v4" else f"[{orders}]:{port}")
        assert web in line["downstream_remote_address"]


def link_local(pod):
    """Its address of eth0 alone, when it may be used."""
    def address():
        shown = pod.run("ip", "-6", "address", "show", "dev", "eth0", "scope", "link").stdout
        return "tentative" not in shown and re.search(r"inet6 (fe80\S+)/", shown)

    return until(address, "it is known to be nobody else's").group(1)


def test_a_caller_from_a_link_local_address_is_served_and_seen_as_by_redirect(bed, request):
    """Nobody can be called from there without its interface. And judged: no rule lets batch in."""
    path = path_of(request)

    def ask(pod):
        with socket.socket(socket.AF_INET6) as stream:
            stream.settimeout(20)
            stream.bind((link_local(pod), 0, 0, socket.if_nametoindex("eth0")))
            stream.connect((bed.orders.v6, PLAIN))
            stream.sendall(f"GET {path} HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n".encode())
            return int(stream.recv(4096).split()[1])

    assert bed.batch.inside(ask, bed.batch) == 403
    bed.allow_everybody()
    try:
        assert bed.batch.inside(ask, bed.batch) == 200
        assert bed.seen(path) == [("::6", PLAIN)]
        line = bed.sidecars["orders"].wait_access(path=path, response_code=200)
        assert line["downstream_remote_address"].startswith(f"[{link_local(bed.batch)}]")
        # Called by such an address it is judged as ever, and not reached.
        assert bed.batch.curl(url(f"{link_local(bed.orders)}%25eth0", PLAIN, path))[1] == 503
        assert bed.seen(path) == [("::6", PLAIN)]
    finally:
        bed.allow_no_more()


@FAMILIES
def test_no_two_callers_share_a_connection(bed, family, request):
    """Or one would be taken for the other."""
    orders, path = getattr(bed.orders, family), path_of(request)
    callers = [getattr(bed.web, family), getattr(bed.network.node, family)]
    for _ in range(3):
        for pod, own in ((bed.web, callers[0]), (bed.network.node, callers[1])):
            # The node's calls are always let in (policy.md), so both reach nginx.
            assert pod.curl(url(orders, PLAIN, path))[::2] == (0, own + "\n")
    assert bed.seen(path) == [(address, PLAIN) for address in callers] * 3


@FAMILIES
def test_a_caller_that_no_ingress_rule_allows_is_denied(bed, family, request):
    path = path_of(request)
    assert bed.batch.curl(url(getattr(bed.orders, family), PLAIN, path))[1] == 403
    assert bed.sidecars["orders"].wait_access(path=path)["reason"] == "policy_denied"
    assert bed.seen(path) == []


@FAMILIES
def test_a_port_that_is_not_declared_is_refused(bed, family):
    assert bed.batch.inside(meets_an_end, getattr(bed.orders, family), UNDECLARED)
    line = bed.sidecars["orders"].wait_audit(reason="undeclared_port")
    assert line["downstream_local_address"].endswith(f":{UNDECLARED}")


@FAMILIES
@pytest.mark.parametrize("port", [15006, 15001])
def test_our_own_ports_are_no_way_in(bed, family, port):
    def refused():
        return bed.sidecars["orders"].metric("gabion_reason_total", scope="connection", reason="loop_refused")

    before = refused()
    assert bed.batch.inside(meets_an_end, getattr(bed.orders, family), port)
    assert bed.orders.inside(meets_an_end, "127.0.0.1" if family == "v4" else "::1", port)
    until(lambda: refused() == before + 2, "both are counted, and no more: nobody went round")


@FAMILIES
def test_an_excluded_port_goes_past_the_sidecar(bed, family, request):
    path = path_of(request)
    with bed.sidecars["orders"].passed_by():
        assert bed.batch.curl(url(getattr(bed.orders, family), EXCLUDED, path))[::2] == (0, getattr(bed.batch, family) + "\n")


@FAMILIES
def test_what_the_pod_calls_still_answers_it(bed, family):
    """Answers to its own calls come in too, and are nobody's to take."""
    node = getattr(bed.network.node, family)
    with bed.network.node.inside(socket.create_server, (node, 0), family=kind_of(family)) as server:
        port = server.getsockname()[1]
        # As the sidecar's user: past the sidecar, straight to the node.
        client = subprocess.Popen(["ip", "netns", "exec", bed.orders.namespace, *as_user(PROXY_UID), "curl", "-sg", "--noproxy", "*",
                                   "-m", "30", url(node, port)], stdout=subprocess.PIPE, text=True)
        stream, _ = server.accept()
        with stream:
            stream.recv(4096)
            stream.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nyes")
        assert client.communicate(timeout=30)[0] == "yes"


@FAMILIES
def test_a_pod_that_calls_itself_is_judged_both_ways(bed, family, request):
    """Led in by REDIRECT, since it never comes in from outside; nginx sees the pod's own address."""
    orders, path = getattr(bed.orders, family), path_of(request)
    if family == "v4":  # the route of the bed
        called = bed.network.address(240)
        assert bed.orders.curl(url(called, MUTUAL, path))[1] == 200
        assert bed.sidecars["orders"].wait_access(path=path, side="egress")["listener"] == "own-service"
        assert bed.sidecars["orders"].wait_access(path=path, side="ingress")["listener"] == f"inbound-{MUTUAL}"
        assert bed.seen(path) == [(orders, MUTUAL)]
    assert bed.orders.curl(url(orders, UNDECLARED, path))[1] == 200, "its own address without a service: left alone"


@FAMILIES
def test_a_user_that_is_not_the_sidecars_gets_past_nothing_with_its_mark(bed, family, request):
    """A container may have NET_RAW, and with it set marks: what the pod sends is led out all the same."""
    stranger = bed.network.address(200, 4 if family == "v4" else 6)

    def call():
        with socket.socket(kind_of(family)) as stream:
            stream.settimeout(20)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 1338)
            stream.connect((stranger, 80))
            try:
                return stream.recv(1) == b""
            except ConnectionResetError:
                return True

    assert bed.orders.inside(call)
    bed.sidecars["orders"].wait_audit(reason="unknown_destination")


def test_the_proxy_has_one_capability(bed):
    with open(f"/proc/{bed.sidecars['orders'].pid}/status", encoding="ascii") as file:
        status = file.read()
    assert re.search(r"CapEff:\s+0*1000\n", status), "CAP_NET_ADMIN (12) and no other"


def test_without_the_capability_nothing_starts(bed):
    sidecar = bed.sidecars["orders"]
    done = bed.orders.run(*as_user(sidecar.uid, (), PROXY_UID), bed.binary, "run", "-c", sidecar.file)
    assert done.returncode != 0 and "CAP_NET_ADMIN" in done.stderr + done.stdout and ":15006" in done.stderr + done.stdout


def test_the_mode_does_not_change_under_open_sockets(bed):
    sidecar = bed.sidecars["orders"]
    sidecar.configuration["capture"]["inbound"]["mode"] = "redirect"
    try:
        sidecar.write()
        until(lambda: "changes at a restart only" in sidecar.output(), "it is refused, with the reason")
    finally:
        sidecar.configuration["capture"]["inbound"]["mode"] = "tproxy"
        sidecar.write()


def test_nor_does_the_mark(bed):
    """Whether the rules are for it is asked at the start: another one would be led back here, or go by the rules."""
    sidecar = bed.sidecars["orders"]
    _, rejected = sidecar.loads()
    sidecar.configuration["capture"]["mark"] = 1400
    try:
        sidecar.write()
        line = next(number for number, text in enumerate(sidecar.file.read_text().splitlines(), 1) if "mark: 1400" in text)
        until(lambda: f"{sidecar.file}:{line}: capture.mark: changes at a restart only" in sidecar.output(), "it is refused")
        assert sidecar.loads()[1] == rejected + 1
    finally:
        del sidecar.configuration["capture"]["mark"]
        sidecar.write()
