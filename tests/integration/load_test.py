"""Under load nothing fails: while policies and certificates change, while a sidecar drains, over and over."""

import os
import signal
import threading
import time

import pytest

from certificates import spiffe
from load import Load, failures
from mesh import INSPECTING, ORDERS_ID
from raw_client import Closed, RawClient, request
from waiting import until

pytestmark = pytest.mark.seconds(120)


@pytest.fixture
def load(mesh, tmp_path):
    started = []

    def start(seconds, url=None, **options):
        started.append(Load(tmp_path, url or f"http://{mesh.calls}/index.txt", seconds, **options))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def start(mesh, **sections):
    sections = {"workers": 2, "inspection": {"profiles": {"default": INSPECTING}}, **sections}
    mesh.start_nginx().put_file("index.txt", 1024)
    mesh.start_inbound(**sections)
    mesh.start_outbound(**sections)


def test_plain_load_has_no_failure(mesh, load):
    start(mesh)
    counted = load(2).finish()
    assert counted["requests"] > 200
    assert failures(counted) == {}
    until(lambda: mesh.inbound.metric("istio_requests_total", response_code="200") >= counted["requests"], "counted")


def network_policy(name, selector):
    """Lets everybody in to the pods of `selector`."""
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": "shop"}, "spec": {"podSelector": selector, "ingress": [{}]}}


def test_reloads_and_rotations_under_load_fail_nobody(mesh, load, load_seconds):
    """A policy change every 100 ms, a new certificate on one of the two sidecars every second."""
    start(mesh)
    running = load(load_seconds)
    turns, next_rotation = 0, time.monotonic() + 1
    clock = threading.Event()
    while running.running():
        turns += 1
        mesh.put_policy(network_policy("turn", {"matchLabels": {"turn": str(turns)}}), network_policy("open", {}))
        for sidecar in (mesh.inbound, mesh.outbound):
            sidecar.signal(signal.SIGHUP)
        if time.monotonic() > next_rotation:
            next_rotation += 1
            mesh.write_identity("orders-0", mesh.root.leaf(ORDERS_ID))
            mesh.write_identity("web-0", mesh.root.leaf(spiffe("shop", "web")))
        clock.wait(0.1)
    counted = running.finish()
    assert failures(counted) == {}
    assert counted["requests"] > 200 and turns > load_seconds * 4
    assert mesh.inbound.metric("gabion_config_generation") >= 3, "changes were taken while it ran"
    # A certificate and its key are two files: a look between the two writes is refused, and the last good pair stays.
    assert mesh.inbound.metric("gabion_config_rejected_total") <= load_seconds


def test_memory_and_descriptors_do_not_grow_with_reloads(honest_memory, mesh):
    start(mesh)

    def rounds(count):
        for _ in range(count):
            mesh.inbound.reload()
        return mesh.inbound.rss_bytes(), mesh.inbound.open_files()

    rounds(5)
    before = rounds(5)
    after = rounds(10)
    assert after[1] <= before[1] + 2
    assert after[0] - before[0] < 8 << 20


def test_the_notice_of_a_drain_costs_no_request(mesh, load):
    start(mesh)
    running = load(3)
    until(lambda: mesh.inbound.metric("istio_requests_total") > 100, "the load has begun")
    mesh.inbound.configuration["drain"] = {"notice": "40s", "grace": "20s"}
    mesh.inbound.write().reload()
    mesh.inbound.signal(signal.SIGTERM)
    counted = running.finish()
    assert failures(counted) == {}
    assert mesh.inbound.running()


class Worker(threading.Thread):
    """Asks over one connection until the listener is gone; `failed` are requests that were cut, not refused."""

    def __init__(self, mesh, leaf_paths):
        super().__init__(daemon=True)
        self.mesh, self.leaf_paths, self.served, self.failed = mesh, leaf_paths, 0, []

    def run(self):
        while True:
            try:
                client = self.mesh.peer(leaf_paths=self.leaf_paths)
            except OSError:
                return
            with client:
                self._ask_until_closed(client)

    def _ask_until_closed(self, client):
        while True:
            try:
                client.send(request("GET", "/index.txt"))
                answer = client.read()
            except Closed as closed:
                # An idle connection may close at the moment of a request; an answer that began may not.
                return self.failed.append(str(closed)) if closed.received else None
            except OSError:
                return None
            if answer.status != 200 or len(answer.body) != 1024:
                return self.failed.append(str(answer))
            self.served += 1
            if answer.headers.get("connection") == "close":
                return None


def test_a_drain_under_load_cuts_no_answer(mesh):
    start(mesh, drain={"notice": "500ms", "grace": "50s"})
    paths = mesh.identity_of("web-0")
    workers = [Worker(mesh, paths) for _ in range(12)]
    for worker in workers:
        worker.start()
    until(lambda: min(worker.served for worker in workers) > 20, "all workers are served")
    mesh.inbound.signal(signal.SIGTERM)
    assert mesh.inbound.wait_exit(40) == 0
    for worker in workers:
        worker.join(30)
    assert [failed for worker in workers for failed in worker.failed] == []


def test_a_kill_of_the_server_sidecar_is_an_answer_not_a_hang(mesh):
    start(mesh)
    with mesh.caller() as client:
        assert client.ask("GET", "/index.txt").status == 200
        mesh.inbound.signal(signal.SIGKILL)
        mesh.inbound.wait_exit(40)
        assert client.ask("GET", "/index.txt").status == 503
        mesh.inbound.start()
        assert client.ask("GET", "/index.txt").status == 200


def test_a_stopped_application_does_not_stop_the_sidecar(mesh, load):
    start(mesh)
    mesh.inbound.configuration["timeouts"] = {"responseHeader": "2s"}  # the caller's own must not end first
    mesh.inbound.write().reload()
    running = load(2, connections=8)
    until(lambda: mesh.inbound.metric("istio_requests_total") > 50, "the load has begun")
    os.kill(mesh.application.pid, signal.SIGSTOP)
    with mesh.caller() as client:
        assert client.ask("GET", "/index.txt").status == 504  # also when the load has ended already
    until(lambda: mesh.inbound.metric("istio_requests_total", response_code="504") > 0, "504 while it sleeps")
    assert mesh.inbound.get("/live")[0] == 200
    os.kill(mesh.application.pid, signal.SIGCONT)
    counted = running.finish()
    assert failures(counted).keys() <= {"status"}
    with RawClient(mesh.calls) as client:
        assert client.ask("GET", "/index.txt").status == 200


def test_a_thousand_idle_connections_are_held_and_others_served(mesh):
    start(mesh, limits={"connectionsPerIdentity": 2000}, timeouts={"requestHeader": "2m"})
    paths = mesh.identity_of("web-0")
    clients = [mesh.peer(leaf_paths=paths) for _ in range(1000)]
    until(lambda: mesh.inbound.connections_open() >= 1000, "all are open")
    with mesh.caller() as client:
        assert client.ask("GET", "/index.txt").status == 200
    for client in clients:
        client.close()
    until(lambda: mesh.inbound.connections_open() < 100, "all are gone")
