"""Pods come and go: a new one need not wait for a reload of everything, and nobody inherits an old one's connection."""

import threading
import time

import pytest

from mesh import STRANGER
from policy_test import network_policy, start
from raw_client import Closed
from waiting import until

WEB = {"podSelector": {"matchLabels": {"app": "web"}}}
NEWCOMER = 77


def pod(name, address, uid, app="web"):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": app}, "uid": uid},
            "spec": {"serviceAccountName": "web", "nodeName": "node-1", "containers": []},
            "status": {"phase": "Running", "podIPs": [{"ip": address}]}}


def node(mesh):
    """Whose pod range holds every address of the test."""
    cidr = mesh.subnet.address(0) + "/24"
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"},
            "spec": {"podCIDR": cidr, "podCIDRs": [cidr]}}


def put_pod(mesh, *pods):
    """Writes a file of nothing but pods and waits until the sidecar has it."""
    before = mesh.inbound.loads()
    mesh.put_policy(*pods, name="pods.yaml")
    mesh.inbound.wait_load(before)


def stranger(mesh):
    """From an address of the pod range that is no known pod's, without a certificate."""
    return mesh.plain(source=mesh.subnet.address(NEWCOMER))


def prepare(mesh, **sections):
    start(mesh, network_policy(ingress=[{"from": [WEB]}]), node(mesh), **sections)


@pytest.mark.seconds(60)
def test_a_connection_faster_than_the_news_of_its_pod_is_held_until_it_is_known(mesh):
    prepare(mesh, timeouts={"unknownPeer": "30s"})
    began = time.monotonic()
    with stranger(mesh) as client:
        client.send("GET / HTTP/1.1\r\nHost: orders.shop\r\n\r\n")
        time.sleep(0.3)
        put_pod(mesh, pod("web-9", mesh.subnet.address(NEWCOMER), "u9"))
        assert client.read().status == 200
    assert time.monotonic() - began < 30, "the news, not the end of the wait, let it go on"


@pytest.mark.seconds(60)
def test_who_stays_unknown_is_denied_after_the_wait(mesh):
    prepare(mesh, timeouts={"unknownPeer": "300ms"})
    began = time.monotonic()
    with stranger(mesh) as client:
        assert client.ask("GET", "/").status == 403
    assert time.monotonic() - began >= 0.3
    assert mesh.inbound.wait_told("policy_denied")


@pytest.mark.seconds(60)
def test_only_so_many_connections_are_held(mesh):
    prepare(mesh, timeouts={"unknownPeer": "20s"}, limits={"heldConnections": 2}, workers=1)
    held = [stranger(mesh) for _ in range(2)]
    until(lambda: mesh.inbound.connections_open() == 2, "both are there")
    with stranger(mesh) as client:
        assert client.ask("GET", "/").status == 403, "the third is judged at once"
    assert mesh.inbound.metric("gabion_limit_total", limit="heldConnections") == 1
    for client in held:
        client.close()
    until(lambda: mesh.inbound.connections_open() == 0, "who leaves while held is forgotten", 30)


@pytest.mark.seconds(60)
def test_an_address_outside_every_pod_range_is_not_held(mesh):
    start(mesh, network_policy(ingress=[{"from": [WEB]}]), timeouts={"unknownPeer": "20s"})
    began = time.monotonic()
    with mesh.plain(source=mesh.subnet.address(STRANGER)) as client:
        assert client.ask("GET", "/").status == 403
    assert time.monotonic() - began < 10


@pytest.mark.seconds(60)
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_a_pod_that_takes_an_address_over_does_not_take_its_connections(mesh, busy):
    """Same address, same labels, another pod: the rules would allow it, but it is not who was let in."""
    prepare(mesh)
    address = mesh.subnet.address(NEWCOMER)
    put_pod(mesh, pod("web-9", address, "u9"))
    with stranger(mesh) as client:
        assert client.ask("GET", "/").status == 200
        if busy:
            client.send("POST /up HTTP/1.1\r\nHost: orders.shop\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            until(lambda: mesh.inbound.metric("gabion_active_exchanges") == 1, "it is under way")
        put_pod(mesh, pod("web-10", address, "u10"))
        gone = time.monotonic()
        try:
            client.read_to_end()
        except (OSError, Closed):
            pass
        assert time.monotonic() - gone < 8
    assert mesh.inbound.wait_told("peer_gone")
    with stranger(mesh) as client:
        assert client.ask("GET", "/").status == 200, "the new pod may open its own"


@pytest.mark.seconds(60)
def test_a_change_of_other_pods_ends_nothing(mesh):
    prepare(mesh)
    address = mesh.subnet.address(NEWCOMER)
    put_pod(mesh, pod("web-9", address, "u9"), pod("web-8", mesh.subnet.address(76), "u8"))
    with stranger(mesh) as client:
        assert client.ask("GET", "/").status == 200
        put_pod(mesh, pod("web-9", address, "u9"))
        assert client.ask("GET", "/").status == 200


@pytest.mark.seconds(90)
def test_pods_under_load_cost_no_request(mesh):
    """Every 50 ms another pod comes or goes while requests run: none fails, and each new pod is let in."""
    prepare(mesh)
    stop, failed, served = threading.Event(), [], [0]
    leaf = mesh.identity_of("web-0")

    def call():
        with mesh.peer(leaf_paths=leaf) as client:
            while not stop.is_set():
                answer = client.ask("GET", "/")
                served[0] += 1
                if answer.status != 200:
                    failed.append(answer.status)

    threads = [threading.Thread(target=call, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(20):
            put_pod(mesh, pod(f"fresh-{number}", mesh.subnet.address(NEWCOMER), f"u{number}"))
            with stranger(mesh) as client:
                assert client.ask("GET", "/").status == 200
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert failed == [] and served[0] > 50
