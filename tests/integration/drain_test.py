"""A stop cuts nobody: what is under way ends, what is new is refused, and it does not take longer than allowed."""

import signal
import threading

import pytest

from addresses import listening
from raw_client import Closed, RawClient, request
from waiting import until

QUICK = {"notice": "300ms", "grace": "50s"}  # longer than anybody here waits for an end


def test_a_drain_says_so_first_and_serves_on(mesh):
    mesh.start_application()
    mesh.start_inbound(drain={"notice": "6s", "grace": "50s"})
    with mesh.peer() as client:
        assert client.ask("GET", "/").status == 200
        mesh.inbound.signal(signal.SIGTERM)
        until(lambda: mesh.inbound.ready_status() == 503, "not ready any more")
        assert client.ask("GET", "/").status == 200
        with mesh.peer() as late:
            assert late.ask("GET", "/").status == 200
    assert mesh.inbound.wait_exit(40) == 0


def test_a_drain_ends_at_once_when_nobody_is_there(mesh):
    mesh.start_application()
    mesh.start_inbound(drain=QUICK)
    mesh.inbound.signal(signal.SIGTERM)
    assert mesh.inbound.wait_exit(40) == 0


def test_who_waits_in_the_backlog_when_a_drain_begins_is_served(mesh):
    """The workers had not said yet that somebody came, and nobody was counted: the drain ended without them."""
    mesh.start_application()
    for _ in range(10):
        sidecar = mesh.start_inbound(drain={"notice": "0s", "grace": "50s"})
        sidecar.signal(signal.SIGSTOP)
        with mesh.plain() as client:
            client.send(request("GET", "/", host="plain.shop"))
            sidecar.signal(signal.SIGTERM)
            sidecar.signal(signal.SIGCONT)
            assert client.read().status == 200
        assert sidecar.wait_exit(40) == 0


@pytest.mark.parametrize("how", ["signal", "post"])
def test_a_drain_finishes_what_is_under_way(mesh, how):
    """Fifty answers of 16 KiB are held back until the listener is closed; all of them arrive whole."""
    mesh.start_inbound(drain=QUICK)
    opened = threading.Event()

    def wait(_):
        opened.wait(30)

    body = b"x" * 8192
    mesh.start_wild(b"HTTP/1.1 200 OK\r\nContent-Length: 16384\r\n\r\n" + body, wait, body)
    clients = [mesh.peer("wild") for _ in range(50)]
    for client in clients:
        client.send(request("GET", "/", host="wild.shop"))
    for client in clients:
        assert client.read_head()[0] == 200
    if how == "signal":
        mesh.inbound.signal(signal.SIGTERM)
    else:
        assert mesh.inbound.get("/drain", "POST")[0] in (200, 202)
    until(lambda: not listening(mesh.listens["http"]), "inbound is refused")
    opened.set()
    assert [len(client._take(16384)) for client in clients] == [16384] * 50
    for client in clients:
        client.wait_closed()
    if how == "signal":
        assert mesh.inbound.wait_exit(40) == 0


def test_the_signal_after_a_drain_by_post_cuts_nobody(mesh):
    """As a preStop hook and the kubelet do it; the signal used to count as the second one."""
    mesh.start_application()
    mesh.start_inbound(drain=QUICK)
    with mesh.peer() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: orders.shop\r\nContent-Length: 5\r\n\r\nhe")
        until(lambda: mesh.inbound.connections_open() >= 1, "open")
        assert mesh.inbound.get("/drain", "POST")[0] == 202
        mesh.inbound.signal(signal.SIGTERM)
        until(lambda: not listening(mesh.listens["http"]), "inbound is refused")
        client.send("llo")
        assert client.read().status == 200
    assert mesh.inbound.wait_exit(40) == 0


def test_quit_tells_by_its_exit_whether_something_was_cut(mesh):
    """It used to be 0 either way, and what was cut had no line in a log."""
    mesh.start_application()
    sidecar = mesh.start_inbound()
    with mesh.peer() as client:
        assert client.ask("GET", "/").status == 200
        assert sidecar.get("/quit", "POST")[0] == 202
        assert sidecar.wait_exit(40) == 0
    sidecar = mesh.start_inbound()
    with mesh.peer() as client:
        client.send(b"POST /cut HTTP/1.1\r\nHost: orders.shop\r\nContent-Length: 5\r\n\r\nhe")
        until(lambda: sidecar.metric("gabion_active_exchanges") == 1, "it is under way")
        assert sidecar.get("/quit", "POST")[0] == 202
        with pytest.raises(Closed):
            client.read()
        assert sidecar.wait_exit(40) == 1
    assert [line["path"] for line in sidecar.access(reason="drained")] == ["/cut"]


def test_answers_during_a_drain_say_close(mesh):
    mesh.start_application()
    mesh.start_inbound(drain=QUICK)
    with mesh.peer() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: orders.shop\r\nContent-Length: 5\r\n\r\nhe")
        until(lambda: mesh.inbound.connections_open() >= 1, "open")
        mesh.inbound.signal(signal.SIGTERM)
        until(lambda: not listening(mesh.listens["http"]), "inbound is refused")
        client.send("llo")
        answer = client.read()
        assert (answer.status, answer.headers.get("connection")) == (200, "close")
        client.wait_closed()
    assert mesh.inbound.wait_exit(40) == 0


def test_outbound_goes_on_while_inbound_drains(mesh):
    """A sidecar with both directions: the application still calls out while its own last request is open."""
    mesh.start_application()
    mesh.start_inbound()
    own = {"name": "own", "listen": mesh.subnet.endpoint(10), "port": 8080, "protocol": "http",
           "target": mesh.wild_endpoint, "tls": "DISABLE", "inspect": "default"}
    mesh.start_outbound(inbound=[own], drain=QUICK)
    opened = threading.Event()
    mesh.start_wild(lambda _: opened.wait(30), b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
    with RawClient(own["listen"], source=mesh.address("orders-0")) as caller:
        caller.send(request("GET", "/last"))
        until(lambda: mesh.outbound.connections_open() >= 1, "open")
        mesh.outbound.signal(signal.SIGTERM)
        until(lambda: not listening(own["listen"]), "inbound is refused")
        with mesh.caller() as client:
            assert client.ask("GET", "/").status == 200
        opened.set()
        assert caller.read().body == b"done"
    assert mesh.outbound.wait_exit(40) == 0


def test_what_does_not_end_is_cut_at_the_end_of_grace_and_told(mesh):
    mesh.start_inbound(drain={"notice": "100ms", "grace": "700ms"})
    mesh.start_wild(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello", "hang")
    with mesh.peer("wild") as client:
        client.send(request("GET", "/", host="wild.shop"))
        assert client.read_head()[0] == 200
        mesh.inbound.signal(signal.SIGTERM)
        with pytest.raises((Closed, OSError)):
            client._take(1000)
    mesh.inbound.wait_exit(40)
    assert mesh.inbound.wait_access(reason="drained") or mesh.inbound.wait_audit(reason="drained")
