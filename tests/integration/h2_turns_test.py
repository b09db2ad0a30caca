"""Clients of HTTP/2 that ask for much at once: others have their turn between, none who keeps the rules is refused, and
nothing stays behind when they vanish. The order of answers is looked at, not their time.
"""

import signal
import socket
import struct
import subprocess

import pytest

from h2_floods import get, hold
from h2_wire import END_STREAM, INITIAL_WINDOW, PREFACE, Wire, settings
from raw_client import request
from waiting import until

BURST = 100
UNKNOWN_UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "something")]
DENY_ALL = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "none", "namespace": "shop"},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}


def wire(mesh, **options):
    return Wire(mesh.listens["plain"], source=mesh.address("web-0"), **options)


def order_behind(mesh, send):
    """Where in the access log /other stands that was asked for while `send()`'s burst was in the socket already. It is
    refused by us, so that the service's time is not in it."""
    with mesh.plain(pod="batch-0") as other:
        other.ask("GET", "/warm")
        mesh.inbound.wait_access(path="/warm")
        mesh.inbound.forget()
        mesh.inbound.signal(signal.SIGSTOP)
        send()
        other.send(request("GET", "/other", UNKNOWN_UPGRADE))
        mesh.inbound.signal(signal.SIGCONT)
        assert other.read().status in (403, 501)
    until(lambda: len(mesh.inbound.access()) >= BURST + 1, lambda: f"all are logged: {len(mesh.inbound.access())}")
    return [line["path"] for line in mesh.inbound.access()].index("/other")


def comes_between(place_of_another):
    """Once of three times: on a busy machine the kernel may hand the other's bytes over late."""
    return any(place_of_another() < BURST * 3 // 4 for _ in range(3))


def test_a_burst_of_streams_leaves_others_their_turn(mesh):
    """All hundred were judged before anybody else was looked at."""
    mesh.put_policy(DENY_ALL)
    mesh.start_inbound()

    def place():
        with wire(mesh) as burst:
            burst.start()
            found = order_behind(mesh, lambda: burst.send(*(get(number, "/burst") for number in range(BURST))))
            burst.read_until(lambda: all(burst.done(2 * number + 1) for number in range(BURST)), 20)
            assert {burst.status(2 * number + 1) for number in range(BURST)} == {403}
        return found

    assert comes_between(place)


def test_the_end_of_many_streams_leaves_others_their_turn(mesh):
    """A client that vanishes has its streams cut in turns."""
    mesh.start_wild("hang")
    entries = mesh.inbound_entries()
    mesh.start_nginx()
    mesh.start_inbound(inbound=[{**entry, "target": mesh.wild_endpoint} if entry["name"] == "permissive" else entry
                                for entry in entries])

    def place():
        burst = Wire(mesh.listens["permissive"], source=mesh.address("web-0")).start()
        burst.send(*(hold(number, "/burst") for number in range(BURST)))
        until(lambda: mesh.inbound.metric("gabion_active_exchanges") == BURST, "all are under way")
        return order_behind(mesh, burst.socket.close)

    assert comes_between(place)


@pytest.mark.parametrize("connections", [1, 5])
def test_as_many_streams_as_are_allowed_are_never_refused(mesh, connections):
    """A client counts a stream as over once it has its end, whatever we still have to do for it."""
    mesh.start_nginx()
    mesh.application.put_file("index.html", 100)
    mesh.start_inbound(limits={"concurrentStreams": BURST})
    done = subprocess.run(["h2load", "-n", "5000", "-c", str(connections), "-m", str(BURST),
                           f"http://{mesh.listens['plain']}/"], capture_output=True, timeout=60, check=True)
    assert b"5000 succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout
    assert b"status codes: 5000 2xx" in done.stdout, done.stdout


def vanish(client):
    """RST instead of FIN."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


LEAVING = {
    "requests": lambda client: client.send(*(get(number, "/large") for number in range(BURST))),
    "bodies to come": lambda client: client.send(*(hold(number, "/large") for number in range(BURST))),
    "one stream too many": lambda client: client.send(*(hold(number, "/large") for number in range(BURST + 20))),
    "a broken frame behind": lambda client: client.send(*(hold(number, "/large") for number in range(BURST)),
                                                        b"\0\0\1\4" + bytes((END_STREAM,)) + b"\0\0\0\0\0"),
}


@pytest.mark.parametrize("how", LEAVING)
def test_clients_that_vanish_in_the_midst_of_a_burst_leave_nothing_open(mesh, how):
    mesh.start_nginx()
    mesh.application.put_file("large", 1 << 20)
    mesh.start_inbound(limits={"idleUpstreamConnections": 2})
    with mesh.plain(pod="batch-0") as client:
        assert client.ask("GET", "/large").status == 200
    until(lambda: mesh.inbound.connections_open() == 0, "nobody is there")
    before = mesh.inbound.open_files()
    for number in range(12):
        clients = [wire(mesh) for _ in range(4)]
        for client in clients:
            client.send(PREFACE, settings((INITIAL_WINDOW, 0)), settings(flags=1))
            LEAVING[how](client)
        for client in clients:
            if number % 2:
                vanish(client)
            else:
                client.poll()
                client.socket.close()
    until(lambda: mesh.inbound.connections_open() == 0, "all are closed", 30)
    until(lambda: mesh.inbound.open_files() <= before + 2, lambda: f"{mesh.inbound.open_files()} open, {before} before")
    assert mesh.inbound.metric("gabion_active_exchanges") == 0
    assert mesh.inbound.metric("gabion_connections_open", side="upstream") <= 2
