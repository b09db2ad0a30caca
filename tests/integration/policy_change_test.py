"""A policy changes under load: a second later nothing is answered by the old rules, on no connection that was open."""

import threading
import time

import pytest

from mesh import PODS
from policy_test import network_policy, start
from raw_client import Closed
from upstreams import EchoApplication, Upstream, read_request
from waiting import until

CALLERS, IDLE, STREAMS, UPLOADS = 8, 12, 6, 3
GRACE = 1.0
LATE = 4.0  # seconds that a client's thread may be late to see what was sent in time
DENYING = {"inbound": network_policy(policyTypes=["Ingress"]),
           "outbound": network_policy(pods={"matchLabels": {"app": "web"}}, policyTypes=["Egress"])}


class Streaming:
    """An application that answers at once, streams a chunk every 20 ms for /stream, and takes uploads."""

    def __init__(self, endpoint):
        self.stopping = threading.Event()
        self._upstream = Upstream(endpoint, self._serve)

    def _serve(self, connection):
        stream = connection.makefile("rb")
        while (asked := read_request(stream, connection)):
            if asked["target"] != "/stream":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                continue
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            while not self.stopping.wait(0.02):
                connection.sendall(b"5\r\ntick\n\r\n")

    def stop(self):
        self.stopping.set()
        self._upstream.stop()


class Clients:
    """Everything that is open when the policy changes; each remembers when it last got something it asked for."""

    def __init__(self, connect):
        self._connect = connect
        self._quiet = threading.Event()
        self._threads = []
        self.opened = threading.Semaphore(0)
        self.answers = []  # (sent at, status) of every request
        self.streamed = [0.0] * STREAMS  # when the last piece came
        self.uploaded = [0.0] * UPLOADS  # when the last piece could be sent
        self.ended = []  # streams and uploads that ended

    def begin(self):
        for number in range(CALLERS):
            self._run(self._call)
        for number in range(STREAMS):
            self._run(self._stream, number)
        for number in range(UPLOADS):
            self._run(self._upload, number)
        for _ in range(STREAMS + UPLOADS + CALLERS):
            assert self.opened.acquire(timeout=40), "everything is open"

    def _run(self, work, *arguments):
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def ask(self, client):
        """Sends one request; notes it when it was answered. False when the connection is of no use any more."""
        sent = time.monotonic()
        try:
            answer = client.ask("GET", "/")
        except (OSError, Closed):
            return False
        self.answers.append((sent, answer.status))
        return answer.headers.get("connection") != "close"

    def _call(self):
        first = True
        while not self._quiet.is_set():
            try:
                with self._connect() as client:
                    for _ in range(50):
                        if not self.ask(client) or self._quiet.wait(0.002):
                            break
                        if first:
                            self.opened.release()
                            first = False
            except OSError:
                pass

    def _stream(self, number):
        with self._connect() as client:
            client.send("GET /stream HTTP/1.1\r\nHost: orders.shop\r\n\r\n")
            assert client.read_head()[0] == 200
            self.opened.release()
            client.socket.settimeout(0.2)
            while not self._quiet.is_set():
                try:
                    piece = client.socket.recv(4096)
                except TimeoutError:
                    continue
                except OSError:
                    break
                if not piece:
                    break
                if b"tick" in piece:
                    self.streamed[number] = time.monotonic()
            else:
                return
            self.ended.append("stream")

    def _upload(self, number):
        with self._connect() as client:
            client.send("POST /up HTTP/1.1\r\nHost: orders.shop\r\nTransfer-Encoding: chunked\r\n\r\n")
            self.opened.release()
            client.socket.settimeout(0.02)
            while not self._quiet.is_set():
                try:
                    client.send(b"5\r\ntick\n\r\n")
                    client.socket.recv(4096)
                except TimeoutError:
                    self.uploaded[number] = time.monotonic()
                    continue
                except OSError:
                    pass
                break  # closed, or an answer before the end of the upload: refused
            else:
                return
            self.ended.append("upload")

    def stop(self):
        self._quiet.set()
        for thread in self._threads:
            thread.join(30)


def prepare(mesh, side):
    """A mesh with the streaming application; returns (sidecar that judges, how a client connects)."""
    mesh.put_policy()
    application = mesh._keep(Streaming(mesh.application_endpoint))
    mesh.start_inbound()
    if side == "inbound":
        leaf = mesh.identity_of("web-0")
        return application, mesh.inbound, lambda: mesh.peer("http", leaf_paths=leaf)
    mesh.start_outbound()
    return application, mesh.outbound, mesh.caller


def apply(mesh, sidecar, policy):
    """Writes the policy; returns (when it was written, when the sidecar says it holds)."""
    before = sidecar.loads()
    mesh.put_policy(policy)
    written = time.monotonic()
    sidecar.wait_load(before)  # noticed without a signal
    return written, time.monotonic()


@pytest.mark.seconds(90)
@pytest.mark.parametrize("side", DENYING)
def test_a_second_after_a_denying_policy_nothing_is_answered_by_the_old_rules(mesh, side):
    application, sidecar, connect = prepare(mesh, side)
    idle = [connect() for _ in range(IDLE)]
    for client in idle:
        assert client.ask("GET", "/").status == 200
    clients = Clients(connect)
    clients.begin()
    until(lambda: sum(status == 200 for _, status in list(clients.answers)) > 50, "there is load before")
    written, applied = apply(mesh, sidecar, DENYING[side])
    time.sleep(GRACE)
    for client in idle:
        clients.ask(client)
        client.close()
    until(lambda: len(clients.ended) == STREAMS + UPLOADS, lambda: f"streams and uploads end, ended {clients.ended}")
    until(lambda: sum(status == 403 and sent > applied for sent, status in list(clients.answers)) > 20, "there is load after")
    clients.stop()
    late = [sent - applied for sent, status in clients.answers if status == 200 and sent > applied + GRACE]
    refused = sum(status == 403 for sent, status in clients.answers if sent > applied)
    served = sum(status == 200 for sent, status in clients.answers)
    last = max([sent for sent, status in clients.answers if status == 200] + clients.streamed + clients.uploaded)
    print(f"{side}: {served} served before, {refused} refused after; noticed after {applied - written:.3f} s, "
          f"the last of the old rules {last - applied:+.3f} s from then")
    assert late == []
    end = applied + GRACE + LATE
    assert all(at <= end for at in clients.streamed + clients.uploaded), "streams and uploads end within a second"
    assert sorted(set(clients.ended)) == ["stream", "upload"] and len(clients.ended) == STREAMS + UPLOADS
    assert sidecar.wait_told("policy_changed")


@pytest.mark.seconds(60)
def test_a_policy_that_only_widens_ends_nothing(mesh):
    _, sidecar, connect = prepare(mesh, "inbound")
    clients = Clients(connect)
    clients.begin()
    _, applied = apply(mesh, sidecar, network_policy(ingress=[{}]))
    until(lambda: min(clients.streamed + clients.uploaded) > applied + GRACE, "both go on")
    assert clients.ended == []
    clients.stop()
    assert all(status == 200 for _, status in clients.answers)


@pytest.mark.seconds(60)
def test_a_pod_that_is_gone_is_a_stranger_within_a_second(mesh):
    """The identity stays valid, the address is nobody's: what asks for the pod no longer matches."""
    start(mesh, network_policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]))
    with mesh.peer() as client:
        assert client.ask("GET", "/").status == 200
        PODS_BEFORE = dict(PODS)
        try:
            del PODS["web-0"]
            before = mesh.inbound.loads()
            mesh.write_inventory()
            mesh.inbound.wait_load(before)
        finally:
            PODS.clear()
            PODS.update(PODS_BEFORE)
        try:
            assert client.ask("GET", "/").status == 403
        except (OSError, Closed):
            pass
    assert mesh.inbound.wait_told("policy_denied", "policy_changed", "peer_gone")


class TwoServices:
    """The sidecar of web-0 with a route to each of two services, and one idle connection to each."""

    def __init__(self, mesh):
        mesh.put_policy()
        endpoints = {"kept.shop": mesh.subnet.endpoint(31), "gone.shop": mesh.subnet.endpoint(32)}
        self.services = {host: mesh._keep(EchoApplication(endpoint)) for host, endpoint in endpoints.items()}
        routes = [{"hosts": [host], "destination": endpoint, "port": port, "tls": {"mode": "DISABLE"}}
                  for port, (host, endpoint) in zip((8080, 9090), endpoints.items())]
        self.sidecar = mesh.start_outbound(routes=routes, workers=1)
        with mesh.caller() as client:
            for host in self.services:
                assert client.ask("GET", "/", host=host).status == 200
        assert self.open() == {"kept.shop": 1, "gone.shop": 1}

    def open(self):
        return {host: len(service.open_now) for host, service in self.services.items()}

    def closes_one_within_a_second_of(self, change):
        """`change()` says when it held."""
        changed = change()
        until(lambda: self.open()["gone.shop"] == 0, "the idle connection is closed", GRACE + LATE, 0.002)
        print(f"closed {time.monotonic() - changed:+.3f} s after the change held")
        assert self.open()["kept.shop"] == 1

    def uses_the_other_again(self, mesh):
        with mesh.caller() as client:
            assert client.ask("GET", "/", host="kept.shop").status == 200
        assert self.services["kept.shop"].connections == 1


EGRESS = {"closed by NetworkPolicy": network_policy(pods={"matchLabels": {"app": "web"}}, policyTypes=["Egress"],
                                                    egress=[{"ports": [{"port": 8080}]}]),
          "denied by L7Policy": {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy",
                                 "metadata": {"name": "web", "namespace": "shop"},
                                 "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "egress": [
                                     {"action": "Deny", "ports": [{"port": 9090}], "protocol": "HTTP"}]}}}


@pytest.mark.parametrize("policy", EGRESS)
def test_an_idle_upstream_connection_that_is_no_longer_allowed_is_closed(mesh, policy):
    two = TwoServices(mesh)
    two.closes_one_within_a_second_of(lambda: apply(mesh, two.sidecar, EGRESS[policy])[1])
    with mesh.caller() as client:
        assert client.ask("GET", "/", host="gone.shop").status == 403
    two.uses_the_other_again(mesh)
    assert two.services["gone.shop"].connections == 1


def test_an_idle_upstream_connection_whose_route_is_gone_is_closed(mesh):
    two = TwoServices(mesh)

    def remove_route():
        two.sidecar.configuration["outbound"][0]["routes"].pop()
        two.sidecar.write().reload()
        return time.monotonic()

    two.closes_one_within_a_second_of(remove_route)
    two.uses_the_other_again(mesh)


def test_a_policy_that_only_widens_closes_no_idle_upstream_connection(mesh):
    two = TwoServices(mesh)
    apply(mesh, two.sidecar, network_policy(pods={"matchLabels": {"app": "web"}}, egress=[{}]))
    time.sleep(1.5)
    assert two.open() == {"kept.shop": 1, "gone.shop": 1}
