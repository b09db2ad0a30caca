"""A route to a service: who is called, what happens when endpoints fail, and which requests fail with them."""

import collections
import threading

import psycopg2
import pytest

from addresses import split
from postgres_server import OWNER, PASSWORD, PostgresServer
from services_bed import ServiceBed
from upstreams import Upstream, read_request
from waiting import until

# What may fail with its endpoint: the request had left, and nobody knows what became of it.
UNSAFE = {"upstream_reset", "upstream_truncated"}


@pytest.fixture
def bed(mesh):
    found = ServiceBed(mesh, 3)
    found.write_slice()
    yield found
    found.stop()


def outbound(bed, **sections):
    """A sidecar without an identity: plain text to the endpoints."""
    mesh = bed.mesh
    route = sections.pop("route", {})
    found = mesh.sidecar("web-0", outbound=[{"name": "calls", "listen": mesh.calls, "protocol": "http",
                                             "routes": [bed.route(**route)]}], **sections)
    mesh.outbound = found
    return found.start()


def served_by(answers):
    return collections.Counter(who for status, who in answers if status == 200)


def test_calls_are_spread_over_the_endpoints_that_are_ready(bed):
    bed.start(0, 1)
    bed.write_slice(conditions={2: {"ready": False}})
    sidecar = outbound(bed)
    counts = served_by(bed.ask(60))
    assert set(counts) == {bed.address(0), bed.address(1)} and min(counts.values()) >= 10, counts
    assert sidecar.metric("gabion_endpoints", state="ready") == 2
    assert sidecar.metric("gabion_endpoints", state="not_ready") == 1
    assert len(sidecar.access()) == 60
    assert {line["upstream_host"] for line in sidecar.access()} == {bed.endpoint(0), bed.endpoint(1)}


def test_a_service_without_endpoints_is_said_so(bed):
    bed.write_slice(indexes=[])
    sidecar = outbound(bed)
    assert [status for status, _ in bed.ask(1)] == [503]
    until(lambda: sidecar.access(response_code_details="no_endpoint"), "the reason is told")


def test_who_leaves_serves_while_nobody_is_ready(bed):
    bed.start(0)
    leaving = {"ready": False, "serving": True, "terminating": True}
    bed.write_slice(conditions={0: leaving, 1: {"ready": False}, 2: {"ready": False}})
    sidecar = outbound(bed)
    assert served_by(bed.ask(5)) == {bed.address(0): 5}
    assert sidecar.metric("gabion_endpoints", state="terminating") == 1


def test_without_slices_the_selected_pods_are_the_endpoints(bed):
    bed.mesh.remove_policy("slice.yaml")
    bed.write_service(selector={"app": "counter"})
    bed.write_pods([{"app": "counter"}, {"app": "counter"}, {"app": "other"}])
    bed.start(0, 1, 2)
    sidecar = outbound(bed)
    assert set(served_by(bed.ask(40))) == {bed.address(0), bed.address(1)}
    bed.write_pods([{"app": "other"}, {"app": "counter"}, {"app": "other"}])
    sidecar.reload()
    assert served_by(bed.ask(10)) == {bed.address(1): 10}


@pytest.mark.parametrize("protocol", ["http1", "http2"])
def test_a_refusing_endpoint_costs_no_request_and_is_ejected(bed, protocol):
    bed.start(0, 1, http2=protocol == "http2")
    sidecar = outbound(bed, route={"protocol": protocol})
    answers = bed.ask(80, "POST", b"once")
    assert [status for status, _ in answers] == [200] * 80
    assert bed.address(2) not in served_by(answers)
    assert sidecar.metric("gabion_endpoint_ejections_total") == 1
    assert sidecar.metric("gabion_endpoints", state="ejected") == 1
    assert sidecar.metric("gabion_upstream_retries_total") == 5


def test_an_ejected_endpoint_comes_back_when_it_serves_again(bed):
    bed.start(0, 1)
    sidecar = outbound(bed, endpoints={"consecutiveFailures": 1, "ejectionTime": "20ms", "maxEjectionTime": "20ms"})
    until(lambda: bed.ask(5) and sidecar.metric("gabion_endpoint_ejections_total"), "it is ejected")
    bed.start(2)
    until(lambda: bed.address(2) in served_by(bed.ask(10)), "it serves again")
    assert sidecar.metric("gabion_endpoint_returns_total") >= 1
    assert all(line["response_code"] == 200 for line in sidecar.access())


def test_an_endpoint_that_never_answers_is_left_alone(bed):
    bed.start(0, 1)
    silent = Upstream(bed.endpoint(2), lambda connection: connection.recv(1 << 16) and connection.recv(1))
    try:
        sidecar = outbound(bed, timeouts={"responseHeader": "1500ms"}, endpoints={"consecutiveFailures": 2})
        statuses = [status for status, _ in bed.ask(60, "POST", b"once")]
    finally:
        silent.stop()
    assert collections.Counter(statuses) == {504: 2, 200: 58}, "what was said is not said again"
    assert sidecar.metric("gabion_upstream_retries_total") == 0


def test_an_endpoint_that_answers_503_is_heard_and_then_left_alone(bed):
    bed.start(0, 1)
    bed.start(2, status=503)
    outbound(bed)
    statuses = [status for status, _ in bed.ask(80)]
    assert collections.Counter(statuses) == {503: 5, 200: 75}


def reasons(sidecar, count):
    """The reasons of requests that failed, once all `count` have ended."""
    until(lambda: len(sidecar.access()) >= count, lambda: f"{count} lines, {len(sidecar.access())} there")
    return collections.Counter(line["response_code_details"] for line in sidecar.access()
                               if line["response_code"] != 200)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_what_had_left_fails_with_an_endpoint_that_is_killed(bed, method):
    bed.start(0, 1, 2)
    sidecar = outbound(bed)
    load = bed.load(8, 60, method, b"once" if method == "POST" else b"")
    load.half.wait(30)
    bed.kill(0)
    statuses = load.finish()
    assert sum(statuses.values()) == 480
    failed = reasons(sidecar, 480)
    assert set(failed) <= UNSAFE, failed
    assert sum(failed.values()) <= 8, "no more than were under way"


def test_only_what_had_left_fails_while_an_endpoint_flaps(bed):
    bed.start(0, 1, 2)
    sidecar = outbound(bed, endpoints={"ejectionTime": "10ms", "maxEjectionTime": "50ms"})
    ended = threading.Event()

    def flap():
        while not ended.is_set():
            bed.kill(0)
            bed.start(0)

    flapping = threading.Thread(target=flap)
    flapping.start()
    try:
        statuses = bed.load(6, 100, "POST", b"once").finish()
    finally:
        ended.set()
        flapping.join()
    failed = reasons(sidecar, 600)
    assert sum(statuses.values()) == 600 and set(failed) <= UNSAFE, failed


def test_a_request_on_an_endpoint_that_leaves_the_service_is_answered(bed):
    asked, go_on = threading.Event(), threading.Event()

    def serve(connection):
        with connection.makefile("rb") as stream:
            while read_request(stream, connection):
                asked.set()
                go_on.wait(50)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold")

    old = Upstream(bed.endpoint(2), serve)
    try:
        bed.write_slice(indexes=[2])
        sidecar = outbound(bed)
        with bed.mesh.caller() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: orders.shop\r\n\r\n")
            assert asked.wait(30)
            bed.start(0)
            bed.write_slice(indexes=[0])
            sidecar.reload()
            go_on.set()
            assert client.read().body == b"old"
            assert served_by(bed.ask(5)) == {bed.address(0): 5}
    finally:
        go_on.set()
        old.stop()


def test_a_session_of_postgresql_begins_at_an_endpoint_that_is_there(mesh):
    """Of two endpoints one refuses. What was picked stays: the other one may leave the service."""
    server = PostgresServer(mesh.subnet.endpoint(30))
    try:
        server.start()
        bed = ServiceBed(mesh, 2, port=split(server.endpoint)[1])
        bed.write_slice()
        route = {key: value for key, value in bed.route().items() if key != "hosts"}
        sidecar = mesh.sidecar("web-0", outbound=[{"name": "calls", "listen": mesh.calls, "protocol": "postgres",
                                                   "routes": [route]}]).start()
        host, port = split(mesh.calls)

        def session():
            return psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop",
                                    connect_timeout=20)

        def ask(connection):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                return cursor.fetchone()[0]

        sessions = [session() for _ in range(24)]
        assert [ask(one) for one in sessions] == [1] * 24
        assert sidecar.metric("gabion_endpoint_ejections_total") == 1
        bed.write_slice(indexes=[1])
        sidecar.reload()
        assert ask(sessions[0]) == 1
        for one in sessions:
            one.close()
    finally:
        server.stop()


def egress(*allowed):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"],
                     "egress": [{"to": [{"podSelector": {"matchLabels": labels}}]} for labels in allowed]}}


def test_of_the_pods_of_a_service_only_those_that_policy_allows_are_called(bed):
    bed.start(0, 1, 2)
    bed.write_pods([{"tier": "a"}, {"tier": "b"}, {"tier": "b"}])
    bed.mesh.put_policy(egress({"tier": "a"}))
    sidecar = outbound(bed)
    assert served_by(bed.ask(20)) == {bed.address(0): 20}
    bed.mesh.put_policy(egress({"tier": "none"}))
    sidecar.reload()
    assert [status for status, _ in bed.ask(1)] == [403]


def test_a_retry_goes_only_where_the_verdict_is_the_same(bed):
    """An L7 rule tells pods apart: the request was judged for one tier and must not reach the other by a retry."""
    bed.start(1)
    bed.write_pods([{"tier": "a"}, {"tier": "b"}, {"tier": "a"}])
    rules = [{"action": "Allow", "to": [{"podSelector": {"matchLabels": {"tier": tier}}}],
              "ports": [{"port": bed.port}], "protocol": "HTTP", "http": [{"methods": [method]}]}
             for tier, method in (("a", "GET"), ("b", "POST"))]
    bed.mesh.put_policy({"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy",
                         "metadata": {"name": "web", "namespace": "shop"},
                         "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "egress": rules}})
    outbound(bed, endpoints={"consecutiveFailures": 0})
    statuses = collections.Counter(status for status, _ in bed.ask(60))
    assert set(statuses) == {403, 503}, "403: picked tier b; 503: tier a, where nobody listens"
