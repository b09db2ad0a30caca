"""Nothing waits for ever: heads larger than a buffer, answers nobody reads, bodies the service never asked for."""

import signal
import time

import pytest

from raw_client import request
from waiting import until

DENY_ALL = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "none", "namespace": "shop"},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}
BLOCKING = {"profiles": {"default": {"attacks": "block", "paymentCards": "off"}}}


def send_without_reading(client, wire, seconds=2.0):
    """Sends `wire` until the other side takes no more of it for `seconds`."""
    client.socket.settimeout(seconds)
    try:
        client.socket.sendall(wire)
    except (TimeoutError, OSError):
        pass


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_head_larger_than_the_buffer_waits_for_its_inspected_body(mesh, framing):
    mesh.start_application()
    mesh.start_inbound(inspection=BLOCKING, timeouts={"requestBody": "3s"})
    fields = [(f"X-Filler-{number}", "a" * 4000) for number in range(10)]
    with mesh.plain() as client:
        if framing == "length":
            client.send(request("POST", "/", fields, b"x" * 2000))
        else:
            client.send(request("POST", "/", [*fields, ("Transfer-Encoding", "chunked")]), b"3\r\nabc\r\n0\r\n\r\n")
        assert client.read().status == 200


def test_an_answer_of_our_own_that_nobody_reads_ends_with_its_connection(mesh):
    mesh.put_policy(DENY_ALL)
    mesh.start_application()
    mesh.start_inbound(timeouts={"responseBody": "500ms"})
    with mesh.plain(receive_buffer=4096) as client:
        send_without_reading(client, request("GET", "/") * 60_000)
        until(lambda: mesh.inbound.connections_open() == 0, "the connection ended", 60)


def test_a_pipeline_of_refused_requests_leaves_others_their_turn(mesh):
    """A refusal waits for nobody, so one client's pipeline used to keep the worker as long as it went on."""
    mesh.put_policy(DENY_ALL)
    mesh.start_application()
    mesh.start_inbound()
    with mesh.plain() as many, mesh.plain() as other:
        assert [client.ask("GET", "/").status for client in (many, other)] == [403, 403]
        mesh.inbound.signal(signal.SIGSTOP)
        many.send(request("GET", "/many") * 500)
        other.send(request("GET", "/other"))
        mesh.inbound.signal(signal.SIGCONT)
        assert other.read().status == 403
        assert [many.read().status for _ in range(500)] == [403] * 500
    until(lambda: len(mesh.inbound.access(reason="policy_denied")) == 503, "all are logged")
    order = [line["path"] for line in mesh.inbound.access()][2:]
    assert order.index("/other") < 100


@pytest.mark.parametrize("expect", [(), [("Expect", "100-continue")]])
def test_an_answer_before_the_end_of_the_body_says_that_the_connection_ends(mesh, expect):
    mesh.start_wild(b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno", "hang")
    mesh.start_inbound()
    with mesh.peer("wild") as client:
        client.send(request("POST", "/", [*expect, ("Content-Length", "100000")], host="wild.shop"))
        answer = client.read()
        assert (answer.status, answer.body, answer.headers.get("connection")) == (401, b"no", "close")
        client.wait_closed()


def test_a_connection_that_never_asked_anything_does_not_hold_a_drain_up(mesh):
    mesh.start_application()
    mesh.start_inbound(drain={"notice": "0s", "grace": "50s"})
    with mesh.plain():
        until(lambda: mesh.inbound.connections_open() == 1, "it is connected")
        began = time.monotonic()
        mesh.inbound.signal(signal.SIGTERM)
        assert mesh.inbound.wait_exit(40) == 0
        assert time.monotonic() - began < 25
