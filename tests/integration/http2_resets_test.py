"""Callers share a connection between two sidecars: what a service answers early, or one of them gives up, ends nobody else's."""

import contextlib
import threading

import pytest

from mesh import FORWARDING, Mesh
from upstreams import Upstream, reset
from waiting import until

MANY, TOGETHER = 250, 50  # more than twice a burst; ten a second come back


class Service(Upstream):
    """Answers as soon as it has read a head: /held once go_on is set, /never not at all. `begun` are the paths asked for."""

    def __init__(self, endpoint):
        self.begun, self.go_on = [], threading.Event()
        super().__init__(endpoint, self._serve)

    def _serve(self, connection):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (byte := connection.recv(1)):
                return
            head += byte
        path = head.split()[1].decode()
        self.begun.append(path)
        if path == "/held":
            self.go_on.wait(60)
        if path != "/never":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        while connection.recv(65536):
            pass


@pytest.fixture
def bed(binary, tmp_path):
    """Both sidecars, neither of which waits for a body; `held` is a request that the service has and has not answered."""
    mesh = Mesh(binary, tmp_path, FORWARDING)
    mesh.application = Service(mesh.application_endpoint)
    try:
        mesh.start_inbound(workers=1)
        mesh.start_outbound(workers=1, routes=[mesh.route("*", "http")])
        with mesh.caller(seconds=60) as held:
            held.send("GET /held HTTP/1.1\r\nHost: orders.shop\r\n\r\n")
            until(lambda: "/held" in mesh.application.begun, "the service has the request that is held", 20)
            mesh.held = held
            yield mesh
        assert mesh.crashes() == []
    finally:
        mesh.application.stop()
        mesh.stop()


def assert_held_is_answered(bed):
    bed.application.go_on.set()
    assert bed.held.read().body == b"ok"
    line = bed.inbound.wait_access(path="/held")
    assert (line["reason"], line["protocol"]) == ("none", "HTTP/2")


def test_answers_before_the_end_of_their_requests(bed):
    for _ in range(MANY):
        with bed.caller() as client:
            client.send("POST /early HTTP/1.1\r\nHost: orders.shop\r\nContent-Length: 5\r\n\r\n12")
            assert client.read().status == 200
    assert_held_is_answered(bed)


def test_calls_without_a_host(bed):
    for _ in range(MANY):
        with bed.caller() as client:
            client.send("GET /nowhere HTTP/1.0\r\n\r\n")
            assert client.read().status == 400
    line = bed.outbound.wait_access(path="/nowhere")
    assert line["reason"] == "malformed_request" and not bed.application.begun.count("/nowhere")
    assert_held_is_answered(bed)


def test_callers_that_leave_while_others_are_served(bed):
    for number in range(1, MANY // TOGETHER + 1):
        for _ in range(TOGETHER):
            with bed.caller() as client:
                assert client.ask("GET", "/now", host="orders.shop").status == 200
        with contextlib.ExitStack() as stack:
            leaving = [stack.enter_context(bed.caller()) for _ in range(TOGETHER)]
            for client in leaving:
                client.send("GET /never HTTP/1.1\r\nHost: orders.shop\r\n\r\n")
            until(lambda number=number: bed.application.begun.count("/never") == number * TOGETHER, "the service has them", 20)
            for client in leaving:
                reset(client.socket)
    assert_held_is_answered(bed)
