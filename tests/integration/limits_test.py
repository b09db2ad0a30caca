"""Every limit: its answer, its reason in the log, its counter."""

import hashlib
import json
import ssl
import threading
import time

import pytest

from certificates import Authority, spiffe
from mesh import PODS
from raw_client import Closed, request
from upstreams import Upstream, read_request
from waiting import until

HEAD = b"POST / HTTP/1.1\r\nHost: orders.shop\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

# name: (limits, request, status, reason, limit whose counter moves)
REQUESTS = {
    "requestLineBytes": ({"requestLineBytes": "1KiB"}, request("GET", "/" + "a" * 2000), 414, "uri_too_long"),
    "headerBytes": ({"requestLineBytes": "1KiB", "headerBytes": "4KiB"}, request("GET", "/", [("X-Long", "a" * 6000)]), 431, "header_too_large"),
    "headerCount": ({"headerCount": 20}, request("GET", "/", [(f"X-{n}", "a") for n in range(30)]), 431,
                    "too_many_headers"),
    "requestBodyBytes": ({"requestBodyBytes": "10KiB"}, request("POST", "/", (), b"x" * 20000), 413, "body_too_large"),
}


@pytest.mark.parametrize("limit", REQUESTS)
def test_a_request_over_a_limit_has_its_status_reason_and_counter(mesh, limit):
    limits, wire, status, reason = REQUESTS[limit]
    mesh.start_application()
    mesh.start_inbound(limits=limits)
    with mesh.peer() as client:
        client.send(wire)
        assert client.read().status == status
    assert mesh.inbound.wait_access(response_code=status)["reason"] == reason
    assert mesh.inbound.metric("gabion_limit_total", limit=limit) == 1
    assert mesh.application.requests == []
    with mesh.peer() as client:
        assert client.ask("GET", "/").status == 200


@pytest.mark.parametrize("target,headers,body", [
    ("/" + "a" * 900, (), b""), ("/", [("X-Long", "a" * 3000)], b""), ("/", [(f"X-{n}", "a") for n in range(15)], b""),
    ("/", (), b"x" * 10240)])
def test_a_request_below_every_limit_passes(mesh, target, headers, body):
    mesh.start_application()
    mesh.start_inbound(limits={"requestLineBytes": "1KiB", "headerBytes": "4KiB", "headerCount": 20,
                               "requestBodyBytes": "10KiB"})
    with mesh.peer() as client:
        assert client.ask("POST", target, headers, body).status == 200


def test_a_chunked_body_over_the_limit_is_413(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"requestBodyBytes": "10KiB"})
    with mesh.peer() as client:
        client.send(CHUNKED)
        try:
            for _ in range(30):
                client.send(b"400\r\n" + b"x" * 1024 + b"\r\n")
        except OSError:
            pass
        try:
            assert client.read().status == 413
        except (Closed, OSError):
            pass  # the close overtook the answer
    assert mesh.inbound.wait_access(reason="body_too_large")
    assert mesh.inbound.metric("gabion_limit_total", limit="requestBodyBytes") == 1
    assert mesh.application.requests == []


def test_trailers_over_the_limit_are_431_or_a_close(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"trailerBytes": "1KiB"})
    with mesh.peer() as client:
        client.send(CHUNKED + b"5\r\nhello\r\n0\r\nX-Sum: " + b"a" * 3000 + b"\r\n\r\n")
        try:
            assert client.read().status == 431
        except (Closed, OSError):
            pass
    assert mesh.inbound.wait_access(reason="trailer_too_large")
    assert mesh.inbound.metric("gabion_limit_total", limit="trailerBytes") == 1


def test_a_body_that_must_be_held_longer_than_allowed_is_refused(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"holdBytes": "4KiB"},
                       inspection={"profiles": {"default": {"attacks": "block", "onLimit": "deny"}}})
    body = b'{"a":"' + b"x" * 100_000 + b"' UNION SELECT username,password FROM users-- -\"}"
    with mesh.peer() as client:
        try:
            client.send(request("POST", "/", [("Content-Type", "application/json")], body))
            assert client.read().status in (403, 413)
        except (Closed, OSError):
            pass
    assert mesh.inbound.wait_told("hold_limit", "attack_detected")
    assert mesh.application.requests == []


def test_connections_beyond_the_limit_are_refused_and_places_come_back(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"connections": 5})
    clients = [mesh.plain() for _ in range(5)]
    for client in clients:
        assert client.ask("GET", "/").status == 200
    with mesh.plain() as late:
        assert not answered(late)
    assert mesh.inbound.wait_audit(reason="connection_limit")
    assert mesh.inbound.metric("gabion_limit_total", limit="connections") >= 1
    for client in clients:
        assert client.ask("GET", "/").status == 200
        client.close()
    until(lambda: opens(mesh), "there is a place again")


def answered(client):
    """Whether a GET on this connection is served."""
    try:
        return client.ask("GET", "/").status == 200
    except (Closed, OSError):
        return False


def opens(mesh):
    with mesh.plain() as client:
        return answered(client)


def test_connections_of_one_identity_beyond_its_limit_are_refused_others_not(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"connectionsPerIdentity": 3})
    clients = [mesh.peer() for _ in range(3)]
    assert all(client.ask("GET", "/").status == 200 for client in clients)
    try:
        with mesh.peer() as late:
            assert not answered(late)
    except OSError:
        pass
    with mesh.peer(pod="batch-0") as other:
        assert other.ask("GET", "/").status == 200
    assert mesh.inbound.wait_audit(reason="identity_connection_limit")
    assert mesh.inbound.metric("gabion_limit_total", limit="connectionsPerIdentity") >= 1
    for client in clients:
        client.close()


class Gate:
    """An upstream that answers only once it is opened, and knows how many requests wait."""

    def __init__(self, endpoint):
        self.waiting, self.opened = 0, threading.Event()
        self.upstream = Upstream(endpoint, self._serve)

    def _serve(self, connection):
        stream = connection.makefile("rb")
        while read_request(stream, connection):
            self.waiting += 1
            self.opened.wait(30)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def stop(self):
        self.opened.set()
        self.upstream.stop()


@pytest.fixture
def gate(mesh):
    found = Gate(mesh.wild_endpoint)
    yield found
    found.stop()


def test_upstream_connections_beyond_the_limit_wait_and_then_503(mesh, gate):
    mesh.start_inbound(limits={"upstreamConnections": 2}, timeouts={"connectionWait": "300ms"})
    clients = [mesh.peer("wild") for _ in range(3)]
    for number, client in enumerate(clients[:2], 1):
        client.send(request("GET", "/", host="wild.shop"))
        until(lambda: gate.waiting == number, "the upstream has it")
    assert clients[2].ask("GET", "/", host="wild.shop").status == 503
    line = mesh.inbound.wait_access(response_code=503)
    assert (line["reason"], line["response_flags"]) == ("upstream_overflow", "UO")
    assert mesh.inbound.metric("gabion_limit_total", limit="upstreamConnections") >= 1
    gate.opened.set()
    assert [client.read().status for client in clients[:2]] == [200, 200]
    assert clients[2].ask("GET", "/", host="wild.shop").status == 200
    assert gate.upstream.connections == 2


def test_a_request_that_waited_for_a_place_is_served_when_one_is_free(mesh, gate):
    mesh.start_inbound(limits={"upstreamConnections": 1}, timeouts={"connectionWait": "20s"})
    clients = [mesh.peer("wild") for _ in range(3)]
    for client in clients:
        client.send(request("GET", "/", host="wild.shop"))
    until(lambda: gate.waiting == 1, "one is with the upstream")
    gate.opened.set()
    assert [client.read().status for client in clients] == [200, 200, 200]
    assert gate.upstream.connections == 1


def test_idle_upstream_connections_beyond_the_limit_close(mesh, gate):
    mesh.start_inbound(limits={"idleUpstreamConnections": 2})
    clients = [mesh.peer("wild") for _ in range(6)]
    for client in clients:
        client.send(request("GET", "/", host="wild.shop"))
    until(lambda: gate.waiting == 6, "all are with the upstream")
    gate.opened.set()
    assert [client.read().status for client in clients] == [200] * 6
    until(lambda: len(gate.upstream.open_now) == 2, lambda: f"two stay open, not {len(gate.upstream.open_now)}")


def test_an_idle_upstream_connection_closes_after_its_time(mesh, gate):
    gate.opened.set()
    mesh.start_inbound(timeouts={"upstreamIdle": "300ms"})
    with mesh.peer("wild") as client:
        assert client.ask("GET", "/", host="wild.shop").status == 200
        until(lambda: not gate.upstream.open_now, "the idle connection closes")
        assert client.ask("GET", "/", host="wild.shop").status == 200


def test_requests_per_connection_end_with_connection_close(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"requestsPerConnection": 3})
    with mesh.peer() as client:
        answers = [client.ask("GET", "/") for _ in range(3)]
        assert [answer.headers.get("connection", "keep-alive") for answer in answers] == ["keep-alive"] * 2 + ["close"]
        client.wait_closed()


def test_pipelining_waits_its_turn_and_loses_nothing(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"bufferBytes": "4KiB"})
    with mesh.peer() as client:
        client.send(b"".join(request("GET", f"/{number}") for number in range(300)))
        assert [client.read().status for _ in range(300)] == [200] * 300
    assert [seen["target"] for seen in mesh.application.requests] == [f"/{number}" for number in range(300)]


def test_a_small_buffer_changes_nothing_but_memory(mesh):
    mesh.start(limits={"bufferBytes": "4KiB"})
    body = bytes(range(256)) * 8000
    with mesh.caller() as client:
        told = json.loads(client.ask("POST", "/", [("Content-Type", "application/octet-stream")], body).body)
        assert told["body_sha256"] == hashlib.sha256(body).hexdigest()
        assert client.ask("GET", "/?size=3000000").body == b"x" * 3_000_000


def test_bytes_in_flight_beyond_the_limit_are_503_not_memory(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"inFlightBytes": "1MiB"})
    before = mesh.inbound.rss_bytes()
    clients = []
    for _ in range(80):
        client = mesh.plain(receive_buffer=4096, seconds=20)
        client.send(request("GET", "/?size=3000000"))
        clients.append(client)
    until(lambda: mesh.inbound.metric("gabion_limit_total", limit="inFlightBytes") > 0, "the limit was met")
    assert mesh.inbound.rss_bytes() - before < 24 << 20
    statuses = set()
    for client in clients:
        try:
            statuses.add(client.read_head()[0])
        except (Closed, OSError):
            pass
        client.close()
    assert statuses <= {200, 503}
    with mesh.peer() as client:
        until(lambda: client.ask("GET", "/").status == 200, "served again")


def test_audit_events_beyond_the_queue_are_counted_and_block_nobody(mesh):
    mesh.put_policy({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                     "metadata": {"name": "none", "namespace": "shop"},
                     "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}})
    mesh.start_application()
    mesh.start_inbound(limits={"auditQueue": 1})
    with mesh.peer() as client:
        client.send(b"".join(request("GET", f"/{number}") for number in range(500)))
        assert [client.read().status for _ in range(500)] == [403] * 500
    dropped = sum(number for name, _, number in mesh.inbound.metrics() if "audit" in name and "drop" in name)
    limited = mesh.inbound.metric("gabion_limit_total", limit="auditQueue")
    until(lambda: len(mesh.inbound.audit()) + max(dropped, limited) >= 500 or dropped or limited, "kept or counted")


def test_an_identity_is_counted_once_it_is_verified_only(mesh):
    """Handshakes that fail take no place of the identity they claim."""
    mesh.start_application()
    mesh.start_inbound(limits={"connectionsPerIdentity": 2})
    forged = mesh.write_leaf(Authority("stranger").leaf(spiffe(*PODS["web-0"][:2])))
    for _ in range(10):
        try:
            with mesh.peer(leaf_paths=forged) as client:
                client.ask("GET", "/")
        except (Closed, ssl.SSLError, OSError):
            pass
    with mesh.peer() as client:
        assert client.ask("GET", "/").status == 200


@pytest.mark.seconds(90)
def test_a_body_below_the_least_rate_is_408_and_a_reader_below_it_is_cut(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"bodyBytesPerSecond": "1MiB"})
    slow = mesh.plain(seconds=30)
    reader = mesh.plain(receive_buffer=4096, seconds=30)
    reader.send(request("GET", "/?size=30000000"))
    slow.send(CHUNKED)
    stop = threading.Event()

    def drip():
        while not stop.wait(0.2):
            try:
                slow.send(b"1\r\nx\r\n")
            except OSError:
                return

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        answer = slow.read()
        assert (answer.status, b"request_too_slow" in answer.body) == (408, True)
        until(lambda: mesh.inbound.access(reason="reader_too_slow"), "the reader is cut", 30)
    finally:
        stop.set()
        dripping.join()
        slow.close()
    with pytest.raises((Closed, OSError)):
        reader.read()
    reader.close()
    assert mesh.inbound.wait_access(response_code=408)["reason"] == "request_too_slow"
    assert mesh.inbound.metric("gabion_limit_total", limit="bodyBytesPerSecond") == 2


@pytest.mark.seconds(120)
def test_a_reader_above_the_least_rate_is_not_cut_whatever_the_kernel_takes_at_once(mesh, pytestconfig):
    """8 KiB/s are 32 times the least rate; the socket took 2.5 MB, and then nothing for longer than any credit."""
    if not pytestconfig.getoption("--long"):
        pytest.skip("reads for 75 s: --long")
    mesh.start_application()
    mesh.start_inbound()
    with mesh.plain(receive_buffer=4096) as reader:
        reader.send(request("GET", "/?size=30000000"))
        until_then = time.monotonic() + 75
        while time.monotonic() < until_then:
            assert reader.socket.recv(2048)
            time.sleep(0.25)
        assert mesh.inbound.metric("gabion_limit_total", limit="bodyBytesPerSecond") == 0


def test_a_slow_service_is_not_held_against_its_client(mesh):
    """The client has sent all there is room for, or reads whatever comes: it is not the one who is waited for."""
    mesh.start_inbound(limits={"bodyBytesPerSecond": "1MiB"})

    def dawdle(connection):
        read_request(connection.makefile("rb"), connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n")
        for _ in range(24):
            threading.Event().wait(0.5)
            connection.sendall(b"x")

    mesh._keep(Upstream(mesh.wild_endpoint, dawdle))
    with mesh.peer("wild", seconds=30) as client:
        assert client.ask("POST", "/", (), b"x" * 100, host="wild.shop").body == b"x" * 24
