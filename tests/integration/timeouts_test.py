"""Every timeout: its answer, its reason in the log, and that nobody else waits."""

import socket
import threading

import pytest

from addresses import split
from raw_client import Closed
from upstreams import Upstream, read_request

HEAD = b"POST / HTTP/1.1\r\nHost: orders.shop\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("sent", [b"GET / HT", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: orders.shop\r\n"])
def test_a_head_that_does_not_end_is_408(mesh, sent):
    mesh.start_application()
    mesh.start_inbound(timeouts={"requestHeader": "2s"})
    with mesh.plain() as client:
        client.send(sent)
        assert client.read().status == 408
        client.wait_closed()
    assert mesh.inbound.wait_access(response_code=408)["reason"] == "request_header_timeout"


def test_a_head_that_drips_is_408_all_the_same(mesh):
    mesh.start_application()
    mesh.start_inbound(timeouts={"requestHeader": "2s"})
    with mesh.plain() as client:
        client.socket.settimeout(0.05)
        client.send(b"GET / HTTP/1.1\r\n")
        for _ in range(800):
            try:
                client.send(b"X-A: b\r\n")
                if client.socket.recv(1, socket.MSG_PEEK):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("a dripping head was accepted for 40 s")
    assert mesh.inbound.wait_access(response_code=408)["reason"] == "request_header_timeout"


@pytest.mark.parametrize("sent", [HEAD + b"Content-Length: 100\r\n\r\nhello", CHUNKED + b"5\r\nhel"])
def test_a_body_that_stops_is_408(mesh, sent):
    mesh.start_application()
    mesh.start_inbound(timeouts={"requestBody": "2s"})
    with mesh.plain() as client:
        client.send(sent)
        assert client.read().status == 408
        client.wait_closed()
    assert mesh.inbound.wait_access(response_code=408)["reason"] == "request_body_timeout"


def test_a_body_that_is_slow_but_alive_passes(mesh):
    mesh.start_application()
    mesh.start_inbound(timeouts={"requestBody": "3s"})
    with mesh.plain() as client:
        client.send(HEAD + b"Content-Length: 10\r\n\r\n")
        client.send(*[b"x"] * 10, pause=0.4)
        assert client.read().status == 200


def test_an_idle_connection_closes_without_a_word(mesh):
    mesh.start_application()
    mesh.start_inbound(timeouts={"idle": "2s"})
    with mesh.peer() as client:
        assert client.ask("GET", "/").status == 200
        client.wait_closed()


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01\x00"])
def test_a_handshake_that_does_not_come_is_closed(mesh, sent):
    mesh.start_application()
    mesh.start_inbound(timeouts={"tlsHandshake": "400ms"})
    with mesh.plain("http") as client:
        client.send(sent)
        client.wait_closed()
    assert mesh.inbound.wait_audit(reason="tls_handshake_timeout")


def test_an_upstream_that_does_not_accept_in_time_is_503(mesh):
    """A listener whose queue is full answers no SYN: the connect deadline ends the wait."""
    full = socket.socket()
    full.bind(split(mesh.wild_endpoint))
    full.listen(0)
    fillers = []
    for _ in range(8):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(split(mesh.wild_endpoint))
        fillers.append(filler)
    try:
        mesh.start_inbound(timeouts={"connect": "300ms"})
        with mesh.peer("wild") as client:
            assert client.ask("GET", "/", host="wild.shop").status == 503
        line = mesh.inbound.wait_access(response_code=503)
        assert (line["reason"], line["response_flags"]) == ("upstream_connect_timeout", "UF")
    finally:
        for each in [*fillers, full]:
            each.close()


def test_the_total_time_is_met_however_alive_the_body_is(mesh):
    mesh.start_application()
    mesh.start_inbound(timeouts={"total": "500ms"})

    def drip(connection):
        read_request(connection.makefile("rb"), connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        gone = threading.Event()
        while not gone.wait(0.05):
            connection.sendall(b"1\r\nx\r\n")

    mesh._keep(Upstream(mesh.wild_endpoint, drip))
    with mesh.peer("wild") as client:
        with pytest.raises((Closed, OSError)):
            client.ask("GET", "/", host="wild.shop")
    assert mesh.inbound.wait_access(reason="total_timeout")["response_flags"] == "UT"


def test_slow_clients_do_not_slow_the_others(mesh):
    mesh.start_application()
    mesh.start_inbound(timeouts={"requestHeader": "20s"})
    slow = [mesh.plain() for _ in range(300)]
    for client in slow:
        client.send(b"GET / HTTP/1.1\r\nHost: orders.shop\r\nX-")
    with mesh.peer() as client:
        for _ in range(50):
            assert client.ask("GET", "/").status == 200
    for client in slow:
        client.close()
