"""The application dials a Service's address, a stranger or a port that nobody declared; its sidecar was told of none of them."""

import socket
import threading

import pytest

from captured_services_bed import BANNER, BOTH_IP, CLOSED, CLUSTER_IP, CapturedServicesBed
from interception_bed import MUTUAL, UNDECLARED, url
from namespace_bed import bed, path_of, running_bed
from waiting import until

FAMILIES = pytest.mark.parametrize("version", [4, 6])
running = running_bed(lambda binary: CapturedServicesBed(binary, "nft"))


@FAMILIES
def test_a_service_is_called_at_an_endpoint_that_the_sidecar_picked(bed, version, request):
    path = path_of(request)
    assert bed.web.curl(url(bed.network.address(CLUSTER_IP, version), 80, path))[:2] == (0, 200)
    out = bed.sidecars["web"].wait_access(path=path)
    assert out["listener"] == "capture-outbound" and out["route_name"] == "shop/orders:http"
    orders = bed.orders.v4 if version == 4 else f"[{bed.orders.v6}]"
    assert out["upstream_host"] == f"{orders}:{MUTUAL}"
    assert bed.sidecars["orders"].wait_access(path=path)["peer_spiffe"].endswith("/ns/shop/sa/web")


@FAMILIES
def test_an_endpoint_where_nobody_listens_costs_no_call(bed, version, request):
    path = path_of(request)
    for number in range(24):  # by chance about half of them are sent to batch first
        answer = bed.web.curl(url(bed.network.address(BOTH_IP, version), 80, f"{path}-{number}"))
        assert answer[:2] == (0, 200)
    assert bed.sidecars["web"].metric("gabion_upstream_retries_total") > 0


class Greeter:
    """A server of the node's that repeats what it is told, once."""

    def __init__(self, address, port):
        self._listener = socket.create_server((address, port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            while True:
                stream, _ = self._listener.accept()
                with stream:
                    stream.sendall(b"heard " + stream.recv(100))
        except OSError:
            pass

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture(params=[BANNER, CLOSED])
def greeter(bed, request):
    found = bed.network.node.inside(Greeter, bed.network.node.v4, request.param)
    yield request.param
    found.stop()


def ask(address, port, words):
    with socket.create_connection((address, port), 20) as stream:
        stream.sendall(words)
        try:
            return stream.recv(100)
        except ConnectionResetError:
            return b""


def test_a_stranger_is_called_where_egress_rules_allow_its_address(bed, greeter):
    answer = bed.web.inside(ask, bed.network.node.v4, greeter, b"\x00hello")
    line = bed.sidecars["web"].wait_access(protocol="TCP", upstream_host=f"{bed.network.node.v4}:{greeter}")
    if greeter == BANNER:
        assert answer == b"heard \x00hello" and line["reason"] == "none"
    else:
        assert answer == b"" and line["reason"] == "policy_denied"


@FAMILIES
def test_a_port_that_nobody_declared_is_served_as_what_its_first_bytes_are(bed, version, request):
    path, orders = path_of(request), bed.orders.v4 if version == 4 else bed.orders.v6
    assert bed.batch.curl(url(orders, UNDECLARED, path))[:2] == (0, 200)
    assert bed.sidecars["orders"].wait_access(path=path)["listener"] == "capture-inbound"
    answer = bed.batch.inside(ask, orders, UNDECLARED, b"\x00\x01\r\n\r\n")
    assert b"400 Bad Request" in answer
    assert bed.sidecars["orders"].wait_access(protocol="TCP")["listener"] == "capture-inbound"


def test_a_captured_tcp_connection_ends_when_rules_forbid_it(bed):
    stream = bed.batch.inside(socket.create_connection, (bed.orders.v4, UNDECLARED), 30)
    with stream:  # it says nothing: after a second it is carried as it is
        until(lambda: bed.sidecars["orders"].metric("istio_tcp_connections_opened_total") >
              bed.sidecars["orders"].metric("istio_tcp_connections_closed_total"), "the session")
        bed.deny_batch()
        try:
            with pytest.raises(ConnectionResetError):
                assert stream.recv(100) == b"", "an answer"
                raise AssertionError("closed, not reset")
        finally:
            bed.allow_batch()
    bed.sidecars["orders"].wait_access(protocol="TCP", reason="policy_changed")


def test_between_two_sidecars_a_port_that_nobody_declared_has_identity(bed, request):
    path = path_of(request)
    assert bed.web.curl(url(bed.orders.v4, UNDECLARED, path))[:2] == (0, 200)
    line = bed.sidecars["orders"].wait_access(path=path)
    assert line["listener"] == "capture-inbound" and line["peer_spiffe"].endswith("/ns/shop/sa/web")
