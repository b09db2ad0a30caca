"""Every way past a sidecar that docs/protection.md names, tried: it is closed, or open as the page says."""

import signal
import socket

import pytest

from certificates import spiffe
from interception_bed import EXCLUDED, MUTUAL, PLAIN, UNDECLARED, InterceptionBed, meets_an_end, url
from namespace_bed import FAMILIES, bed, path_of, running_bed
from pods import PROXY_UID, PodNetwork, require_namespaces
from spoofing import Spoofing
from waiting import until

running = running_bed(lambda binary: InterceptionBed(binary, "nft"))
REFUSED = 7  # curl: could not connect


@pytest.fixture(scope="module")
def leaf_of_batch(running):
    """curl's words for the certificate that batch has of its own: of the mesh, but nobody whom rules name."""
    folder = running.folder / "batch-leaf"
    certificate, key = running.root.leaf(spiffe("ops", "batch")).write(folder)
    for path in (folder, certificate, key):
        path.chmod(0o755)
    return ["-k", "--http1.1", "--cert", str(certificate), "--key", str(key)]


def secure(address, port, path):
    return url(address, port, path).replace("http:", "https:")


# ---- a caller's address -----------------------------------------------------------------------------------------------

@FAMILIES
def test_a_spoofed_source_is_taken_for_the_pod_that_has_it(bed, family, request):
    """In plain text the address is all there is. The open end that the page names."""
    path, orders, web = path_of(request), getattr(bed.orders, family), getattr(bed.web, family)
    assert bed.batch.curl(url(orders, PLAIN, path))[1] == 403, "from its own address it is denied"
    with Spoofing(bed.batch, bed.web, bed.orders):
        assert bed.batch.curl(url(orders, PLAIN, path), "--interface", web)[1] == 200
    line = bed.sidecars["orders"].wait_access(path=path, response_code=200)
    assert line["downstream_remote_address"].startswith(web if family == "v4" else f"[{web}]")
    assert line["peer_spiffe"] is None


@FAMILIES
def test_a_spoofed_source_is_worth_nothing_where_mtls_is_strict(bed, leaf_of_batch, family, request):
    path, orders, web = path_of(request), getattr(bed.orders, family), getattr(bed.web, family)
    with Spoofing(bed.batch, bed.web, bed.orders):
        assert bed.batch.curl(url(orders, MUTUAL, path), "--interface", web)[1] == 0
        bed.sidecars["orders"].wait_audit(reason="mtls_required")
        assert bed.batch.curl(secure(orders, MUTUAL, path), "--interface", web, *leaf_of_batch)[1] == 403
    line = bed.sidecars["orders"].wait_access(path=path)
    assert line["reason"] == "identity_mismatch" and line["peer_spiffe"] == spiffe("ops", "batch")
    assert bed.seen(path) == []


@FAMILIES
def test_a_certificate_of_the_mesh_is_no_permission(bed, leaf_of_batch, family, request):
    path = path_of(request)
    assert bed.batch.curl(secure(getattr(bed.orders, family), MUTUAL, path), *leaf_of_batch)[1] == 403
    assert bed.sidecars["orders"].wait_access(path=path)["reason"] == "policy_denied"


@FAMILIES
def test_from_the_node_a_pod_is_reached_as_from_anywhere(bed, family, request):
    """But that NetworkPolicy lets a pod's own node in (the kubelet), as Kubernetes does: by its status.hostIP and hostIPs.
    Where a certificate is asked for it has none."""
    path, orders, node = path_of(request), getattr(bed.orders, family), bed.network.node
    assert node.curl(url(orders, PLAIN, path), uid=0)[1] == 200
    line = bed.sidecars["orders"].wait_access(path=path)
    assert (line["reason"], line["basis"]) == ("none", "own_node")
    path += "-secure"
    assert node.curl(url(orders, MUTUAL, path), uid=0)[1] == 0
    bed.sidecars["orders"].wait_audit(reason="mtls_required")
    assert node.inside(meets_an_end, orders, UNDECLARED)
    bed.sidecars["orders"].wait_audit(reason="undeclared_port")
    assert bed.seen(path) == []


@FAMILIES
@pytest.mark.parametrize("port", [MUTUAL, PLAIN, UNDECLARED])
def test_a_direct_dial_of_the_applications_port_is_the_sidecars(bed, family, port, request):
    path = path_of(request)
    bed.batch.curl(url(getattr(bed.orders, family), port, path), uid=0)
    bed.sidecars["orders"].wait_told("mtls_required", "policy_denied", "undeclared_port")
    assert bed.seen(path) == []


@FAMILIES
def test_the_proxys_uid_goes_past_its_own_sidecar_and_meets_the_other_one(bed, family, request):
    path, orders = path_of(request), getattr(bed.orders, family)
    with bed.sidecars["web"].passed_by():
        assert bed.web.curl(url(orders, MUTUAL, path), uid=PROXY_UID)[1] == 0, "without its certificate it is a stranger"
        assert bed.web.curl(url(getattr(bed.batch, family), MUTUAL, path), uid=PROXY_UID)[0] == REFUSED, "no rule was asked"
    bed.sidecars["orders"].wait_audit(reason="mtls_required")
    assert bed.seen(path) == []


# ---- inside the pod ---------------------------------------------------------------------------------------------------

@FAMILIES
def test_over_loopback_nothing_is_captured(bed, family, request):
    path, local = path_of(request), "127.0.0.1" if family == "v4" else "::1"
    source = "127.0.0.6" if family == "v4" else "::6"
    with bed.sidecars["orders"].passed_by():
        assert bed.orders.curl(url(local, UNDECLARED, path))[1] == 200
        assert bed.orders.curl(url(getattr(bed.orders, family), UNDECLARED, path), "--interface", source)[1] == 200
    assert {seen for seen, _ in bed.seen(path)} == {local, source}, "an application cannot tell it from its sidecar"


@FAMILIES
def test_from_outside_nobody_calls_as_the_sidecar_does(bed, family, request):
    """The address by which the application knows its sidecar leads nowhere from another pod."""
    path, source = path_of(request), "127.0.0.6" if family == "v4" else "::6"
    if family == "v6":
        assert bed.batch.run("ip", "address", "add", "::6/128", "dev", "eth0", "nodad").returncode == 0
    try:
        assert bed.batch.curl(url(getattr(bed.orders, family), UNDECLARED, path), "--interface", source, "-m", "1")[1] == 0
    finally:
        if family == "v6":
            bed.batch.run("ip", "address", "del", "::6/128", "dev", "eth0")
    assert bed.seen(path) == []


def test_who_has_net_admin_may_let_itself_out_and_show_tells_if_it_was_our_rules_it_changed(bed, request):
    path = path_of(request)
    try:
        assert bed.web.run("iptables-nft", "-t", "nat", "-I", "GABION_OUT", "-p", "tcp", "-j", "RETURN").returncode == 0
        with bed.sidecars["web"].passed_by():
            assert bed.web.curl(url(bed.orders.v4, PLAIN, path))[1] == 200
        assert bed.web.run(bed.binary, "net", "show").returncode == 1
    finally:
        bed.install(bed.web)
    assert bed.web.run(bed.binary, "net", "show").returncode == 0


def test_a_rule_of_others_before_ours_lets_out_and_show_does_not_tell(bed, request):
    path, rule = path_of(request), ["OUTPUT", "-p", "tcp", "--dport", str(PLAIN), "-j", "ACCEPT"]
    assert bed.web.run("iptables-nft", "-t", "nat", "-I", *rule).returncode == 0
    try:
        with bed.sidecars["web"].passed_by():
            assert bed.web.curl(url(bed.orders.v4, PLAIN, path))[1] == 200
        assert bed.web.run(bed.binary, "net", "show").returncode == 0
    finally:
        bed.web.run("iptables-nft", "-t", "nat", "-D", *rule)
    assert bed.web.curl(url(bed.orders.v4, PLAIN, path))[1] == 200
    bed.sidecars["web"].wait_access(path=path)


# ---- what is not captured ---------------------------------------------------------------------------------------------

@FAMILIES
def test_datagrams_are_not_captured(bed, family):
    kind = socket.AF_INET if family == "v4" else socket.AF_INET6
    with bed.orders.inside(socket.socket, kind, socket.SOCK_DGRAM) as server, \
            bed.batch.inside(socket.socket, kind, socket.SOCK_DGRAM) as client:
        server.bind((getattr(bed.orders, family), 5353))
        server.settimeout(20)
        client.sendto(b"past it", (getattr(bed.orders, family), 5353))
        said, who = server.recvfrom(100)
        assert said == b"past it" and who[0] == getattr(bed.batch, family)


@FAMILIES
def test_excluded_ports_are_a_hole_for_everybody(bed, family, request):
    path = path_of(request)
    with bed.sidecars["orders"].passed_by():
        for caller in (bed.batch, bed.network.node):
            assert caller.curl(url(getattr(bed.orders, family), EXCLUDED, path), uid=0)[1] == 200
    assert len(bed.seen(path)) == 2


# ---- while a sidecar is not there -------------------------------------------------------------------------------------

@FAMILIES
def test_while_a_sidecar_is_not_running_nothing_passes(bed, family, request):
    path, orders = path_of(request), getattr(bed.orders, family)
    for name, caller in (("orders", bed.batch), ("web", bed.web)):
        bed.sidecars[name].signal(signal.SIGKILL)
        bed.sidecars[name].wait_exit()
        try:
            assert caller.curl(url(orders, PLAIN, path))[0] == REFUSED
        finally:
            bed.sidecars[name].start()
    assert bed.seen(path) == []
    assert bed.web.curl(url(orders, PLAIN, path))[1] == 200


@FAMILIES
def test_a_connection_that_is_open_when_rules_come_goes_on_where_the_kernel_tracked_it(bed, family, request):
    path, orders = path_of(request), getattr(bed.orders, family)
    assert bed.web.run(bed.binary, "net", "remove").returncode == 0
    tools = ["iptables-nft", "ip6tables-nft"]
    tracking = ["OUTPUT", "-m", "conntrack", "--ctstate", "ESTABLISHED", "-j", "ACCEPT"]  # somebody's firewall
    assert [bed.web.run(tool, "-I", *tracking).returncode for tool in tools] == [0, 0]
    try:
        with bed.sidecars["web"].passed_by(), bed.web.inside(socket.create_connection, (orders, PLAIN), 20) as stream:
            bed.install(bed.web)
            stream.sendall(f"GET {path} HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n".encode())
            assert stream.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        bed.install(bed.web)
        for tool in tools:
            bed.web.run(tool, "-D", *tracking)


@pytest.mark.parametrize("backend", ["nft", "legacy"])
@FAMILIES
def test_elsewhere_it_gets_no_further(binary, backend, family):
    """In a namespace whose first rules these are, the kernel meets the connection in its middle and leads it away."""
    require_namespaces()
    network = PodNetwork(["client", "server"])
    client, server = network.pods["client"], network.pods["server"]
    try:
        kind = socket.AF_INET if family == "v4" else socket.AF_INET6
        listener = server.inside(socket.create_server, (getattr(server, family), 7000), family=kind)
        with listener, client.inside(socket.create_connection, (getattr(server, family), 7000), 20) as stream:
            accepted, _ = listener.accept()
            with accepted:
                accepted.settimeout(20)
                stream.sendall(b"before")
                assert accepted.recv(10) == b"before"
                accepted.settimeout(1)
                assert client.run(binary, "net", "install", "--backend", backend).returncode == 0
                stream.sendall(b"after")
                with pytest.raises((TimeoutError, ConnectionResetError)):
                    accepted.recv(10)
    finally:
        network.remove()


def test_what_is_led_here_by_nobody_is_refused(bed):
    """Rules are gone, the sidecar runs: its ports are no open proxy."""
    assert bed.web.run(bed.binary, "net", "remove").returncode == 0
    try:
        refused = bed.sidecars["web"].metric("gabion_reason_total", scope="connection", reason="loop_refused")
        for address in (bed.web.v4, bed.web.v6):
            assert bed.batch.inside(meets_an_end, address, 15001)
        until(lambda: bed.sidecars["web"].metric("gabion_reason_total", scope="connection",
                                                 reason="loop_refused") == refused + 2, "both are refused")
    finally:
        bed.install(bed.web)
