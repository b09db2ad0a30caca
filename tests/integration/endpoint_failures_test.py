"""Endpoints that fail in every way there is: what is said again, what is counted against them, which requests fail with them."""

import collections
import concurrent.futures
import contextlib
import pathlib
import signal
import threading

import grpc
import pytest

from http2_application import Http2Application
from mesh import FORWARDING, ORDERS_ID, Mesh
from nginx import Nginx
from pods import PodNetwork, require_namespaces
from services_bed import CONFIGURATION, ServiceBed
from upstreams import Upstream
from waiting import until

# The request had left, and nobody knows what became of it: not said again. Whatever else fails could have been.
UNSAFE = {"upstream_reset", "upstream_truncated", "response_header_timeout"}
THREADS, COUNT = 6, 100


@pytest.fixture
def bed(mesh):
    found = ServiceBed(mesh, 3)
    found.write_slice()
    yield found
    found.stop()


def outbound(bed, route=None, **sections):
    mesh = bed.mesh
    mesh.outbound = mesh.sidecar("web-0", outbound=[{"name": "calls", "listen": mesh.calls, "protocol": "http",
                                                     "routes": [bed.route(**(route or {}))]}], **sections)
    return mesh.outbound.start()


def ask(bed, count, path="/", method="GET", body=b""):
    """[(status, who served)]"""
    with bed.mesh.caller() as client:
        answers = [client.ask(method, path, [], body) for _ in range(count)]
    return [(answer.status, answer.body.decode()) for answer in answers]


# ---- what an endpoint did not take ------------------------------------------------------------------------------------

@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_stream_is_tried_at_another_endpoint(bed, method):
    bed.start(0, 1, http2=True)
    refusing = bed.mesh._keep(Http2Application(bed.endpoint(2)))
    sidecar = outbound(bed, route={"protocol": "http2"})
    answers = ask(bed, 80, "/refuse-always", method, b"once" if method == "POST" else b"")
    assert [status for status, _ in answers] == [200] * 80
    assert {who for _, who in answers} == {bed.address(0), bed.address(1)}
    assert sidecar.metric("gabion_upstream_retries_total") > 0 and refusing.connections > 0


def test_a_call_that_grpc_calls_unavailable_counts_against_its_endpoint(bed):
    with contextlib.ExitStack() as stack:
        for index in range(3):
            stack.callback(serve_grpc(bed.endpoint(index), grpc.StatusCode.UNAVAILABLE if index == 2 else None))
        sidecar = outbound(bed, route={"protocol": "http2"})
        channel = stack.enter_context(grpc.insecure_channel(bed.mesh.calls, [("grpc.default_authority", "orders.shop"),
                                                                             ("grpc.enable_retries", 0)]))
        call = channel.unary_unary("/shop.Orders/Get", lambda raw: raw, lambda raw: raw)
        codes = collections.Counter(grpc_code(call) for _ in range(80))
    assert codes == {grpc.StatusCode.UNAVAILABLE: 5, grpc.StatusCode.OK: 75}, "heard five times, and then left alone"
    assert sidecar.metric("gabion_endpoint_ejections_total") == 1
    assert sidecar.metric("gabion_upstream_retries_total") == 0


def serve_grpc(endpoint, refusal):
    """Returns what stops it."""

    def answer(request, context):
        if refusal is not None:
            context.abort(refusal, "not now")
        return request

    class Any(grpc.GenericRpcHandler):
        def service(self, _):
            return grpc.unary_unary_rpc_method_handler(answer, lambda raw: raw, lambda raw: raw)

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2), handlers=[Any()])
    assert server.add_insecure_port(endpoint)
    server.start()
    return lambda: server.stop(None).wait()


def grpc_code(call):
    try:
        call(b"one", timeout=20)
        return grpc.StatusCode.OK
    except grpc.RpcError as error:
        return error.code()


# ---- with mTLS --------------------------------------------------------------------------------------------------------

def secure_endpoint(bed, index):
    """A sidecar of orders-0 at the endpoint's address, nginx behind it."""
    mesh = bed.mesh
    folder = pathlib.Path(mesh.folder) / f"behind-{index}"
    behind = mesh.subnet.endpoint(60 + index)
    mesh._keep(Nginx(folder, behind, configuration=CONFIGURATION.format(folder=folder, endpoint=behind, status=200, http2="")))
    sidecar = mesh.sidecar("orders-0", inbound=[{"name": "http", "listen": bed.endpoint(index), "port": 8080, "protocol": "http",
                                                 "target": behind, "tls": "STRICT"}])
    sidecar.folder = folder
    sidecar.file = folder / "gabion.yaml"
    sidecar.configuration["identity"] = {key: str(mesh.folder / "orders-0" / value) if value.startswith("certs/") else value
                                         for key, value in sidecar.configuration["identity"].items()}
    return sidecar.start()


def test_with_mtls_a_killed_endpoint_costs_only_what_had_left(bed):
    secured = [secure_endpoint(bed, index) for index in range(3)]
    sidecar = outbound(bed, route={"tls": {"mode": "MUTUAL", "serverIds": [ORDERS_ID]}})
    load = bed.load(THREADS, COUNT, "POST", b"once")
    load.half.wait(40)
    secured[0].signal(signal.SIGKILL)
    statuses = load.finish()
    failed = reasons(sidecar, THREADS * COUNT)
    assert sum(statuses.values()) == THREADS * COUNT
    assert set(failed) <= UNSAFE and sum(failed.values()) <= THREADS, failed
    assert {line["upstream_host"] for line in sidecar.access(response_code=200)} == {bed.endpoint(index) for index in range(3)}
    assert sidecar.metric("gabion_upstream_retries_total") > 0


def test_an_endpoint_that_answers_as_somebody_else_is_no_endpoint(bed):
    """Its TLS fails before anything was said: another one is asked, whatever the request."""
    secure_endpoint(bed, 0)
    foreign = Upstream(bed.endpoint(1), lambda connection: connection.recv(4096) and connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n"))
    try:
        bed.write_slice(indexes=[0, 1])
        sidecar = outbound(bed, route={"tls": {"mode": "MUTUAL", "serverIds": [ORDERS_ID]}}, endpoints={"consecutiveFailures": 0})
        assert [status for status, _ in ask(bed, 30, method="POST", body=b"once")] == [200] * 30
    finally:
        foreign.stop()
    assert foreign.connections > 0
    assert sidecar.metric("gabion_upstream_retries_total") == foreign.connections


# ---- IPv6 -------------------------------------------------------------------------------------------------------------

@pytest.fixture
def six(binary, tmp_path):
    """A namespace whose loopback has three IPv6 addresses of its own."""
    require_namespaces()
    network = PodNetwork(["here"])
    try:
        pod = network.pods["here"]
        for host in (1, 2, 3):
            assert pod.run("ip", "address", "add", f"fd66::{host}/128", "dev", "lo", "nodad").returncode == 0
        yield pod
    finally:
        network.remove()


def test_endpoints_of_ipv6_are_picked_ejected_and_left_alone_likewise(six, binary, tmp_path):
    six.inside(ask_over_ipv6, Mesh(binary, tmp_path, FORWARDING))


def ask_over_ipv6(mesh):
    """At two of three addresses there is a server."""
    bed = ServiceBed(mesh, 3)
    try:
        bed.write_service(clusterIP="fd96::10", clusterIPs=["fd96::10"], ipFamilies=["IPv6"])
        mesh.put_policy({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv6",
                         "metadata": {"name": "orders-six", "namespace": "shop", "labels": {"kubernetes.io/service-name": "orders"}},
                         "ports": [{"name": "http", "port": bed.port}],
                         "endpoints": [{"addresses": [f"fd66::{host}"]} for host in (1, 2, 3)]}, name="slice.yaml")
        for host in (1, 2):
            folder = pathlib.Path(mesh.folder) / f"six-{host}"
            at = f"[fd66::{host}]:{bed.port}"
            mesh._keep(Nginx(folder, f"fd66::{host}:{bed.port}",
                             configuration=CONFIGURATION.format(folder=folder, endpoint=at, status=200, http2="")))
        sidecar = outbound(bed)
        answers = ask(bed, 80, method="POST", body=b"once")
        assert [status for status, _ in answers] == [200] * 80
        assert {who for _, who in answers} == {"fd66::1", "fd66::2"}
        assert sidecar.metric("gabion_endpoint_ejections_total") == 1
        assert sidecar.metric("gabion_upstream_retries_total") == 5
        assert mesh.crashes() == []
    finally:
        mesh.stop()


# ---- under load -------------------------------------------------------------------------------------------------------

def reasons(sidecar, count):
    """The reasons of requests that failed, once all `count` are in the log."""
    until(lambda: len(sidecar.access()) >= count, lambda: f"{count} lines, {len(sidecar.access())} there")
    return collections.Counter(line["response_code_details"] for line in sidecar.access() if line["response_code"] != 200)


@contextlib.contextmanager
def killed(bed, load):
    load.half.wait(40)
    bed.kill(2)
    yield


@contextlib.contextmanager
def slow(bed, _):
    """From the start: it takes every request and answers none."""
    bed.kill(2)
    silent = Upstream(bed.endpoint(2), lambda connection: connection.recv(1 << 16) and connection.recv(1))
    yield
    silent.stop()


@contextlib.contextmanager
def refusing(bed, _):
    bed.kill(2)
    yield


@contextlib.contextmanager
def flapping(bed, _):
    ended = threading.Event()

    def flap():
        while not ended.is_set():
            bed.kill(2)
            bed.start(2)

    thread = threading.Thread(target=flap)
    thread.start()
    yield
    ended.set()
    thread.join()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("trouble", [killed, slow, refusing, flapping], ids=lambda trouble: trouble.__name__)
def test_nothing_that_was_safe_to_say_again_fails_with_an_endpoint(bed, trouble, method):
    bed.start(0, 1, 2)
    patience = "200ms" if trouble is slow else "20s"
    sidecar = outbound(bed, timeouts={"responseHeader": patience}, endpoints={"ejectionTime": "20ms", "maxEjectionTime": "100ms"})
    load = bed.load(THREADS, COUNT, method, b"once" if method == "POST" else b"")
    with trouble(bed, load):
        statuses = load.finish()
    failed = reasons(sidecar, THREADS * COUNT)
    print(f"\n{trouble.__name__}, {method}: {THREADS * COUNT} requests, {sum(failed.values())} failed "
          f"({', '.join(f'{reason} {count}' for reason, count in sorted(failed.items())) or 'none'}), "
          f"{sidecar.metric('gabion_upstream_retries_total'):.0f} said again, "
          f"{sidecar.metric('gabion_endpoint_ejections_total'):.0f} ejections; safe to say again and failed: "
          f"{sum(count for reason, count in failed.items() if reason not in UNSAFE)}")
    assert sum(statuses.values()) == THREADS * COUNT and set(failed) <= UNSAFE, failed
    if trouble is refusing:
        assert not [line for line in sidecar.access() if line["response_code_details"] == "upstream_connect_failed"]
    if trouble is killed:
        assert sum(failed.values()) <= THREADS, "no more than were under way"
