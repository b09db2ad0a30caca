"""What real programs do over a hop between two gateways: gRPC, PostgreSQL with TLS, and all of it while a gateway drains."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading

import grpc_pod
import psycopg2
import pytest

from addresses import listening
from certificates import spiffe
from interception_bed import url
from namespace_bed import running_bed
from nodes_bed import HOP, PORT, SERVICE_PORT, NodesBed, rules
from postgres_server import OWNER, PASSWORD, PostgresServer
from waiting import until

GRPC, SLOW, DATABASE, GRPC_SERVICE, SPREAD = 8083, 7777, 5432, 241, 242
DRAIN = {"notice": "300ms", "grace": "20s"}


running = running_bed(NodesBed)


@pytest.fixture
def bed(running):
    running.forget()
    yield running
    running.write_manifests()
    for gateway in running.gateways.values():
        for key in ("outbound", "inbound", "deny", "drain"):
            gateway.configuration.pop(key, None)
        gateway.write()
    running.reload()


def l7(name, direction, peer, port, protocol, **allowed):
    """For the pod `name`: what it may ask of, or be asked by, `peer`."""
    side = {"from": [{"serviceAccount": {"namespace": "ops", "name": peer}}]} if direction == "ingress" else {
        "to": [{"podSelector": {"matchLabels": {"app": peer}}}]}
    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": f"{name}-{direction}", "namespace": "ops"},
            "spec": {"podSelector": {"matchLabels": {"app": name}},
                     direction: [{**side, "ports": [{"port": port}], "protocol": protocol, **allowed}]}}


# ---- gRPC -----------------------------------------------------------------------------------------------------------

class Program:
    """grpc_pod.py in a pod, its input and output as lines."""

    def __init__(self, pod, *words):
        command = ["ip", "netns", "exec", pod.namespace, sys.executable, grpc_pod.__file__, *words]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def heard(self):
        return self._process.stdout.readline().strip()

    def end(self):
        """What else it says once it hears no more."""
        return [line.strip() for line in self._process.communicate(timeout=70)[0].splitlines() if line]


@pytest.fixture(scope="module")
def orders(running):
    """A gRPC server in the pod other."""
    server = Program(running.pods["other"], "serve", f"{running.pods['other'].v4}:{GRPC}")
    assert server.heard() == "ready"
    yield
    server.end()


def grpc_rules(bed):
    """free may ask Place, Chat and Watch of other, which lets it ask Place and Chat."""
    def methods(*paths):
        return {"http": [{"methods": ["POST"], "paths": [{"exact": path} for path in paths]}]}

    asked = methods(grpc_pod.PLACE, grpc_pod.CHAT, grpc_pod.WATCH)
    bed.write_manifests(policies=[*rules(), l7("free", "egress", "other", GRPC, "HTTP", **asked),
                                  l7("other", "ingress", "free", GRPC, "HTTP", **methods(grpc_pod.PLACE, grpc_pod.CHAT))],
                        more=[bed.service("grpc", GRPC_SERVICE, "ops", {"app": "other"}, GRPC, appProtocol="grpc")])
    bed.reload()


def address_of(bed, way):
    return {"pod": f"{bed.pods['other'].v4}:{GRPC}",
            "service": f"{bed.service_address(host=GRPC_SERVICE)}:{SERVICE_PORT}"}[way]


WAYS = pytest.mark.parametrize("way", ["pod", "service"])


@WAYS
def test_a_unary_call_that_rules_allow_is_answered(bed, orders, way):
    grpc_rules(bed)
    client = Program(bed.pods["free"], "call", address_of(bed, way), grpc_pod.PLACE)
    client.say("first")
    assert client.end() == ["answer first", "status 0"]
    out = bed.gateways["a"].wait_access(path=grpc_pod.PLACE, side="egress")
    into = bed.gateways["b"].wait_access(path=grpc_pod.PLACE, side="ingress")
    assert (out["pod"], into["pod"], into["peer_spiffe"]) == ("ops/free", "ops/other", spiffe("ops", "free"))
    assert (out["protocol"], into["protocol"], into["grpc_status"]) == ("HTTP/2", "HTTP/2", 0)


@WAYS
def test_messages_of_a_stream_come_back_one_by_one(bed, orders, way):
    grpc_rules(bed)
    client = Program(bed.pods["free"], "call", address_of(bed, way), grpc_pod.CHAT)
    for word in ("one", "two", "three"):
        client.say(word)
        assert client.heard() == f"answer {word}"
    assert client.end() == ["status 0"]


@WAYS
@pytest.mark.parametrize("method,node,side", [(grpc_pod.WATCH, "b", "ingress"), (grpc_pod.SECRET, "a", "egress")])
def test_a_method_that_rules_deny_is_permission_denied(bed, orders, way, method, node, side):
    """Watch by the rules of who is called, Secret by those of who calls."""
    grpc_rules(bed)
    client = Program(bed.pods["free"], "call", address_of(bed, way), method)
    client.say("first")
    (status,) = client.end()
    assert status.startswith("status 7 "), status
    line = bed.gateways[node].wait_access(path=method, side=side)
    assert (line["reason"], line["pod"]) == ("policy_denied", {"a": "ops/free", "b": "ops/other"}[node])
    assert bed.gateways["b"].access(path=method, side="ingress", reason="none") == []


# ---- PostgreSQL -----------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def database(running):
    """In the pod other; it takes a password, and knows no TLS."""
    pod = running.pods["other"]
    server = PostgresServer(f"{pod.v4}:{DATABASE}", rules=("host all all 0.0.0.0/0 scram-sha-256",))
    pod.inside(server.start)
    pod.inside(server.run, "CREATE TABLE items (id int, note text); INSERT INTO items VALUES (1, 'first')")
    yield pod.v4
    server.stop()


def psql(pod, host, *statements, sslmode="prefer"):
    """The finished process; errors do not end it."""
    words = [word for statement in statements for word in ("-c", statement)]
    return pod.run("env", f"PGPASSWORD={PASSWORD}", "psql", "-X", "-A", "-t", "-q", "-v", "VERBOSITY=verbose", *words,
                   f"host={host} port={DATABASE} user={OWNER} dbname=shop sslmode={sslmode} connect_timeout=10")


def statements_rule():
    return l7("other", "ingress", "free", DATABASE, "PostgreSQL", sql=[{"statements": ["SELECT"]}])


def answers_tls(bed, database, mode):
    """The caller's gateway, to whoever asks for TLS at this route."""
    gateway = bed.gateways["a"]
    gateway.configuration["outbound"] = [
        {"name": "db", "protocol": "postgres", "clientTls": {"mode": mode, "certificate": "certs/tls.crt", "key": "certs/tls.key"},
         "routes": [{"destination": f"{database}:{DATABASE}"}]}]
    gateway.write()
    gateway.reload()


@pytest.mark.parametrize("mode", ["ALLOW", "REQUIRE"])
def test_a_login_by_tls_is_judged_like_any_other(bed, database, mode):
    """The gateway ends TLS; the server, which would refuse a session that says so, is asked over the hop."""
    bed.write_manifests(policies=[*rules(), statements_rule()])
    bed.reload()
    answers_tls(bed, database, mode)
    free = bed.pods["free"]
    done = psql(free, database, "SELECT note FROM items", sslmode="require")
    assert (done.returncode, done.stdout) == (0, "first\n"), done.stderr
    out = bed.gateways["a"].wait_access(protocol="PostgreSQL", side="egress")
    into = bed.gateways["b"].wait_access(protocol="PostgreSQL", side="ingress")
    assert (out["route_name"], into["peer_spiffe"], into["logged_in"]) == ("db/route-0", spiffe("ops", "free"), True)
    denied = psql(free, database, "SELECT note FROM items", "CREATE TABLE t (a int)", "SELECT 2", sslmode="require")
    assert denied.stdout == "first\n2\n" and "42501" in denied.stderr
    assert bed.gateways["b"].wait_audit(event="statement", reason="policy_denied")["pod"] == "ops/other"
    other = psql(bed.pods["cart"], database, "SELECT 1", sslmode="require")
    assert other.returncode != 0 and "access denied by policy" in other.stderr
    plain = psql(free, database, "SELECT 1", sslmode="disable")
    assert (plain.returncode == 0, "28000" in plain.stderr or "TLS" in plain.stderr) == (mode == "ALLOW", mode == "REQUIRE")


def test_a_wrong_password_is_the_servers_word_over_tls_too(bed, database):
    answers_tls(bed, database, "ALLOW")
    done = bed.pods["free"].run("env", "PGPASSWORD=wrong", "psql", "-X", "-c", "SELECT 1",
                                f"host={database} port={DATABASE} user={OWNER} dbname=shop sslmode=require")
    assert done.returncode != 0 and "password authentication failed" in done.stderr


def test_where_no_entry_answers_tls_a_client_that_requires_it_gives_up(bed, database):
    """And nothing of it reaches the server; one that only prefers it goes on in plain text, inside the hop's mTLS."""
    free = bed.pods["free"]
    with bed.gateways["b"].passed_by():
        done = psql(free, database, "SELECT 1", sslmode="require")
        assert done.returncode != 0 and "server does not support SSL" in done.stderr
    assert psql(free, database, "SELECT 1").stdout == "1\n"


# ---- drain ----------------------------------------------------------------------------------------------------------

class SlowServer:
    """HTTP/1 in a pod: `held` is set when a request is there, and it is answered when `go` is."""

    def __init__(self, pod):
        self.held, self.go = threading.Event(), threading.Event()
        self._listener = pod.inside(socket.create_server, (pod.v4, SLOW))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        stream, _ = self._listener.accept()
        self._listener.close()
        with stream:
            stream.recv(4096)
            self.held.set()
            self.go.wait(50)
            stream.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole")

    def stop(self):
        self.go.set()
        self._thread.join()


@contextlib.contextmanager
def draining(bed, node):
    """Yields as soon as its gateway takes no hop any more; it must end by itself, and is started again."""
    gateway = bed.gateways[node]
    try:
        gateway.signal(signal.SIGTERM)
        until(lambda: not bed.nodes[node].inside(listening, f"{bed.nodes[node].v4}:{HOP}"), "hops are refused")
        yield
        assert gateway.wait_exit(40) == 0
    finally:
        gateway.stop()
        gateway.start()


def quick_drain(bed, node):
    gateway = bed.gateways[node]
    gateway.configuration["drain"] = DRAIN
    gateway.write()
    gateway.reload()


@pytest.mark.parametrize("node", ["a", "b"])
def test_a_request_under_way_is_answered_while_a_gateway_drains_and_a_new_one_is_refused(bed, node):
    """a is the caller's node, b that of who is called."""
    quick_drain(bed, node)
    free, other, server = bed.pods["free"], bed.pods["other"], SlowServer(bed.pods["other"])
    answers = []
    asking = threading.Thread(target=lambda: answers.append(free.curl(url(other.v4, SLOW), "-m", "50")))
    asking.start()
    try:
        assert server.held.wait(30)
        with draining(bed, node):
            if node == "b":
                assert free.curl(url(other.v4, PORT))[1] == 503
                assert bed.pods["orders"].curl(url(other.v4, PORT), "-m", "2")[1] in (0, 503), "of the same node"
                assert bed.gateways["a"].wait_access(reason="upstream_connect_failed")["pod"] == "ops/free"
            assert asking.is_alive()
            server.go.set()
            asking.join()
        assert answers == [(0, 200, "whole")]
    finally:
        server.stop()
        asking.join()
    assert free.curl(url(other.v4, PORT))[1] == 200, "and goes on as before"


def test_a_service_is_served_by_the_other_node_while_a_gateway_drains(bed):
    """free and other answer for it: no call fails, and soon only free is asked. (A kept hop serves on for a second.)"""
    quick_drain(bed, "b")
    bed.write_manifests(more=[bed.service("spread", SPREAD, "ops", {"of": "ops"})])
    bed.reload()
    spread, cart = url(bed.service_address(host=SPREAD), SERVICE_PORT), bed.pods["cart"]

    def served():
        return [cart.curl(spread)[1:] for _ in range(10)]

    until(lambda: {body.split()[0] for _, body in served()} == {"free", "other"}, "both serve")
    with draining(bed, "b"):
        asked = []

        def has_moved():
            asked.append(served())
            return {body.split()[0] for _, body in asked[-1]} == {"free"}

        until(has_moved, lambda: f"other is left alone: {asked[-1]}")
    assert {status for calls in asked for status, _ in calls} == {200}


@pytest.mark.parametrize("node", ["a", "b"])
def test_a_stream_of_http2_ends_whole_while_a_gateway_drains(bed, orders, node):
    quick_drain(bed, node)
    client = Program(bed.pods["free"], "call", address_of(bed, "pod"), grpc_pod.CHAT)
    client.say("before")
    assert client.heard() == "answer before"
    with draining(bed, node):
        for word in ("within", "and again"):
            client.say(word)
            assert client.heard() == f"answer {word}"
        if node == "b":
            late = Program(bed.pods["free"], "call", address_of(bed, "pod"), grpc_pod.PLACE)
            late.say("late")
            assert re.match("status 14 ", late.end()[-1]), "UNAVAILABLE"
        assert client.end() == ["status 0"]


@pytest.mark.parametrize("node", ["a", "b"])
def test_a_transaction_of_postgresql_is_committed_while_a_gateway_drains(bed, database, node):
    quick_drain(bed, node)
    connection = bed.pods["free"].inside(psycopg2.connect, host=database, port=DATABASE, user=OWNER, password=PASSWORD,
                                         dbname="shop", connect_timeout=10)
    cursor = connection.cursor()
    cursor.execute("INSERT INTO items VALUES (%s, %s)", (2, f"drain of {node}"))
    with draining(bed, node):
        cursor.execute("SELECT count(*) FROM items WHERE note = %s", (f"drain of {node}",))
        assert cursor.fetchone() == (1,)
        if node == "b":
            assert psql(bed.pods["free"], database, "SELECT 1").returncode != 0
        connection.commit()
        connection.autocommit = True  # else a statement begins the next one
        with pytest.raises(psycopg2.Error):
            until(lambda: cursor.execute("SELECT 1"), "a session between transactions is ended")
    connection.close()
    assert psql(bed.pods["free"], database, f"SELECT id FROM items WHERE note = 'drain of {node}'").stdout == "2\n"
