"""gabion-bench against real servers: what it counts, what it calls an error, and how it ends."""

import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import time

import grpc
import pytest

from addresses import Subnet, free_port, listening
from certificates import Authority, spiffe, write_file
from load_generator import BenchRun
from nginx import Nginx
from upstreams import EchoApplication, Upstream, scripted
from waiting import until
from websocket_peers import Service

FAILURES = ("connect", "tls", "timeout", "reset", "malformed", "status")
SERVER_ID = spiffe("shop", "orders")


@pytest.fixture(scope="module")
def bench_binary(binary):
    found = binary.with_name("gabion-bench")
    if not found.is_file():
        pytest.fail(f"no gabion-bench to test: {found} is missing")
    return found


@pytest.fixture
def bench(bench_binary):
    """Starts a run whose JSON is on standard output; finish() it."""
    started = []

    def start(*arguments):
        started.append(BenchRun(bench_binary, "--json", "-", *arguments))
        return started[-1]

    yield start
    for run in started:
        run.stop()


@pytest.fixture(scope="module")
def subnet():
    return Subnet()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Paths: ca, stranger (another CA), server and client (certificate, key)."""
    folder = tmp_path_factory.mktemp("certificates")
    root = Authority("bench root")
    return {"ca": write_file(folder / "ca.crt", root.pem),
            "stranger": write_file(folder / "stranger.crt", Authority("stranger").pem),
            "server": root.leaf(SERVER_ID).write(folder / "server"),
            "client": root.leaf(spiffe("shop", "web")).write(folder / "client")}


def start_nginx(folder, subnet, tls=None):
    server = Nginx(folder, subnet.endpoint(30), tls)
    server.put_file("index.txt", 1024)
    server.put_file("large.txt", 256 * 1024)
    return server


@pytest.fixture(scope="module")
def nginx(subnet, tmp_path_factory):
    server = start_nginx(tmp_path_factory.mktemp("nginx") / "plain", subnet)
    yield server
    server.stop()


@pytest.fixture(scope="module", params=["TLS", "mTLS"])
def tls_nginx(request, subnet, tmp_path_factory, certificates):
    """With the options a client needs for it."""
    mutual = request.param == "mTLS"
    server = start_nginx(tmp_path_factory.mktemp("nginx") / "tls", subnet,
                         (*certificates["server"], certificates["ca"] if mutual else None))
    certificate, key = certificates["client"]
    server.client_options = ["--ca", certificates["ca"], *(["--cert", certificate, "--key", key] if mutual else [])]
    yield server
    server.stop()


@pytest.fixture
def server(subnet):
    """Starts a scripted server for each connection; its URL."""
    started = []

    def start(*steps):
        endpoint = subnet.endpoint(31)
        started.append(scripted(endpoint, *steps))
        return f"http://{endpoint}/"

    yield start
    for upstream in started:
        upstream.stop()


def url(nginx, path="/index.txt", scheme="http"):
    return f"{scheme}://{nginx.endpoint}{path}"


def failures(run):
    return {kind: run.json["errors"][kind] for kind in FAILURES if run.json["errors"][kind]}


@pytest.fixture(params=["plain", "TLS"])
def nghttpd(request, subnet, tmp_path, certificates):
    """(URL of 100 KiB, options for it) of a server that speaks HTTP/2 and nothing else."""
    (tmp_path / "large").write_bytes(b"x" * 100 * 1024)
    host, port = subnet.endpoint(32).rsplit(":", 1)
    secured = request.param == "TLS"
    certificate, key = certificates["server"]
    process = subprocess.Popen(
        [shutil.which("nghttpd"), "-a", host, "-d", str(tmp_path), *([] if secured else ["--no-tls"]), port,
         *([str(key), str(certificate)] if secured else [])], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: listening(f"{host}:{port}"), "nghttpd listens")
    scheme, options = ("https", ["--ca", certificates["ca"]]) if secured else ("http", [])
    yield f"{scheme}://{host}:{port}/large", ["--http2", *options]
    process.terminate()
    process.wait(30)


# ---- what is counted ------------------------------------------------------------------------------------------------

def test_http2_is_spoken_to_who_speaks_nothing_else(bench, nghttpd):
    target, options = nghttpd
    run = bench("-n", "50", "-c", "3", *options, target).finish()
    assert (run.json["requests"], run.json["status"], failures(run)) == (50, {"200": 50}, {})
    assert run.json["bytes_received"] > 50 * 100 * 1024
    posted = bench("-n", "20", "-c", "2", "-X", "POST", "--body", "b" * 60_000, *options, target).finish()
    assert posted.json["status"] == {"200": 20} and posted.json["bytes_sent"] > 20 * 60_000
    assert bench("-n", "5", "-c", "1", "--churn", *options, target).finish().json["status"] == {"200": 5}


def test_a_server_without_http2_is_an_error_of_http2(bench, nginx, tls_nginx):
    plain = bench("-n", "3", "-c", "1", "--http2", "--max-errors", "100%", url(nginx)).finish()
    assert plain.json["requests"] == 0 and set(failures(plain)) <= {"malformed", "reset", "timeout"}
    secured = bench("-n", "3", "-c", "1", "--http2", "--max-errors", "100%", *tls_nginx.client_options,
                    url(tls_nginx, scheme="https")).finish()
    assert secured.json["requests"] == 0 and set(failures(secured)) <= {"tls", "connect"}


class Calls(grpc.GenericRpcHandler):
    """/shop.Orders/Echo echoes a message and keeps it, /shop.Orders/Deny refuses, /shop.Orders/Two answers twice."""

    def __init__(self):
        self.received = []

    def service(self, details):
        found = {"/shop.Orders/Echo": grpc.unary_unary_rpc_method_handler(self._echo),
                 "/shop.Orders/Deny": grpc.unary_unary_rpc_method_handler(self._deny),
                 "/shop.Orders/Two": grpc.unary_stream_rpc_method_handler(lambda message, _: iter([message] * 2))}
        return found.get(details.method)

    def _echo(self, message, context):
        self.received.append((message, dict(context.invocation_metadata())))
        return message

    def _deny(self, message, context):
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "no")


@pytest.fixture
def calls(subnet):
    """A grpcio server: `url`, and what its Calls received."""
    endpoint = subnet.endpoint(34)
    found = Calls()
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), handlers=[found],
                         options=[("grpc.max_receive_message_length", 8 << 20)])
    assert server.add_insecure_port(endpoint)
    server.start()
    found.url = f"http://{endpoint}/shop.Orders"
    yield found
    server.stop(0).wait(30)


def test_unary_calls_are_answered_by_a_real_grpc_server(bench, calls, tmp_path):
    message = tmp_path / "message"
    message.write_bytes(bytes(range(256)) * 1024)
    run = bench("-n", 40, "-c", 3, "--grpc", "--body-file", message, "-H", "X-Told: yes", f"{calls.url}/Echo").finish()
    assert run.code == 0, run.errors
    assert (run.json["status"], run.json["grpc_status"], failures(run)) == ({"200": 40}, {"0": 40}, {})
    assert {told for told, _ in calls.received} == {message.read_bytes()} and len(calls.received) == 40
    assert calls.received[0][1]["x-told"] == "yes"
    assert run.json["connections_opened"] == 3 and run.json["bytes_sent"] > 40 * message.stat().st_size
    empty = bench("-n", 5, "-c", 1, "--churn", "--grpc", f"{calls.url}/Echo").finish()
    assert (empty.json["grpc_status"], empty.json["connections_opened"]) == ({"0": 5}, 5)


def test_grpc_statuses_are_errors_unless_expected(bench, calls):
    for method, code in (("Deny", "7"), ("Nothing", "12")):
        run = bench("-n", 10, "-c", 2, "--grpc", f"{calls.url}/{method}").finish()
        assert run.code == 1
        assert (run.json["status"], run.json["grpc_status"], failures(run)) == (
            {"200": 10}, {code: 10}, {"status": 10})
        assert bench("-n", 10, "-c", 2, "--grpc", "--expect", code, f"{calls.url}/{method}").finish().code == 0


def test_calls_of_a_mix_have_methods_and_statuses_of_their_own(bench, calls, tmp_path):
    mix = write_file(tmp_path / "mix.yaml", """
apiVersion: gabion.dev/v1alpha1
kind: LoadMix
requests:
- {path: /shop.Orders/Echo, weight: 3, body: hello}
- {path: /shop.Orders/Deny, expect: [7]}
""")
    run = bench("-n", 40, "-c", 2, "--grpc", "--mix", mix, calls.url).finish()
    assert run.code == 0, run.json
    assert run.json["grpc_status"] == {"0": 30, "7": 10}


def test_what_is_no_unary_answer_is_malformed(bench, calls, nghttpd):
    run = bench("-n", 5, "-c", 1, "--grpc", "--body", "x", f"{calls.url}/Two").finish()
    assert (run.code, run.json["requests"], failures(run)) == (1, 0, {"malformed": 5})
    target, options = nghttpd  # no gRPC: 404 for what it does not have
    other = bench("-n", 5, "-c", 1, "--grpc", *options, target.replace("/large", "/a.B/C")).finish()
    assert (other.json["status"], other.json["grpc_status"], failures(other)) == ({"404": 5}, {}, {"status": 5})


@pytest.fixture(params=["python", "ours"])
def echo_url(request, subnet, binary):
    """Of a WebSocket service that echoes: python3-websockets, and the one for measurements."""
    endpoint = subnet.endpoint(35)
    if request.param == "python":
        service = Service(endpoint, compression=None)
        yield f"http://{endpoint}/chat"
        service.stop()
        return
    process = subprocess.Popen([binary.with_name("gabion-bench-echo"), endpoint])
    until(lambda: listening(endpoint), "gabion-bench-echo listens")
    yield f"http://{endpoint}/chat"
    process.kill()
    process.wait(30)


@pytest.mark.parametrize("size", ["0", "125B", "126B", "64KiB", "1MiB"])
def test_messages_come_back_from_a_real_websocket_service(bench, echo_url, size):
    run = bench("-n", 30, "-c", 3, "--websocket", "--body-bytes", size, echo_url).finish()
    assert run.code == 0, run.errors
    assert (run.json["requests"], run.json["status"], failures(run)) == (30, {"101": 30}, {})
    assert run.json["connections_opened"] == 3


def test_messages_of_a_mix_and_new_connections(bench, echo_url, tmp_path):
    (tmp_path / "bytes").write_bytes(bytes(range(256)))
    mix = write_file(tmp_path / "mix.yaml", """
apiVersion: gabion.dev/v1alpha1
kind: LoadMix
requests:
- {path: /chat, body: "gr\u00fc\u00dfe"}
- {path: /chat, bodyFile: bytes}
""")
    run = bench("-n", 20, "-c", 2, "--websocket", "--mix", mix, echo_url).finish()
    assert (run.code, run.json["status"]) == (0, {"101": 20}), run.json
    churn = bench("-n", 20, "-c", 2, "--churn", "--websocket", "--body", "x", echo_url).finish()
    assert (churn.code, churn.json["connections_opened"]) == (0, 20), churn.json


def test_what_is_no_echo_is_an_error(bench, subnet, nginx):
    async def shout(_service, connection):
        async for message in connection:
            await connection.send(message.upper())

    endpoint = subnet.endpoint(36)
    service = Service(endpoint, shout, compression=None)
    try:
        run = bench("-n", 4, "-c", 2, "--websocket", "--body", "quiet", f"http://{endpoint}/").finish()
        assert (run.code, run.json["requests"], failures(run)) == (1, 0, {"malformed": 4})
        same = bench("-n", 4, "-c", 2, "--websocket", "--body", "LOUD", f"http://{endpoint}/").finish()
        assert same.code == 0, same.json
    finally:
        service.stop()
    refused = bench("-n", 4, "-c", 2, "--websocket", "--body", "x", url(nginx)).finish()
    assert (refused.code, refused.json["status"], failures(refused)) == (1, {"200": 4}, {"status": 4})


def test_messages_at_a_rate_over_tls_through_a_sidecar(bench, mesh, binary):
    """As in a comparison: mTLS to the inbound sidecar, whose port allows WebSocket."""
    process = subprocess.Popen([binary.with_name("gabion-bench-echo"), mesh.application_endpoint])
    try:
        until(lambda: listening(mesh.application_endpoint), "gabion-bench-echo listens")
        mesh.start_inbound(inbound=[{**entry, "websocket": "allow"} for entry in mesh.inbound_entries()])
        ca = write_file(mesh.folder / "ca.crt", mesh.root.pem)
        certificate, key = mesh.identity_of("web-0")
        run = bench("--rate", "200/s", "-d", "1s", "-c", 2, "--websocket", "--body-bytes", "20KiB", "--ca", ca, "--cert",
                    certificate, "--key", key, "--server-id", SERVER_ID, "-H", "Host: orders.shop", "--source",
                    mesh.address("web-0"), f"https://{mesh.listens['http']}/").finish()
        assert (run.code, failures(run)) == (0, {}), run.errors
        assert run.json["requests"] + run.json["unfinished"] == pytest.approx(200, abs=2)
        assert run.json["handshakes"] == 2
    finally:
        process.kill()
        process.wait(30)


def test_counts_requests_statuses_and_bytes(bench, nginx):
    run = bench("-n", 1000, "-c", 4, url(nginx)).finish()
    assert run.code == 0, run.errors
    assert run.json["requests"] == 1000
    assert run.json["status"] == {"200": 1000}
    assert run.json["errors"] == {"total": 0, **dict.fromkeys(FAILURES, 0)}
    assert run.json["connections_opened"] == 4
    assert run.json["handshakes"] == 0
    assert run.json["bytes_received"] > 1000 * 1024
    assert run.json["bytes_sent"] == 1000 * len(f"GET /index.txt HTTP/1.1\r\nHost: {nginx.endpoint}\r\n\r\n")


def test_json_keeps_its_keys(bench, nginx):
    found = bench("-d", "300ms", url(nginx)).finish().json
    assert set(found) == {"requests", "seconds", "rps", "errors", "status", "unfinished", "bytes_sent",
                          "bytes_received", "connections_opened", "handshakes", "idle_open", "slow", "latency_us",
                          "cpu_seconds"}
    assert list(found["latency_us"]) == ["min", "mean", "stddev", "p50", "p90", "p99", "p99.9", "max"]
    assert set(found["slow"]) == {"requests", "bytes", "errors"}
    assert set(found["cpu_seconds"]) == {"user", "system"}
    ordered = [found["latency_us"][key] for key in ("min", "p50", "p90", "p99", "p99.9", "max")]
    assert ordered == sorted(ordered) and ordered[0] > 0
    assert found["rps"] == pytest.approx(found["requests"] / found["seconds"], rel=0.01)
    assert 0 < found["cpu_seconds"]["user"] + found["cpu_seconds"]["system"] < 5


def test_duration_and_warm_up(bench, nginx):
    before = time.monotonic()
    run = bench("-d", "1s", "--warmup", "1s", url(nginx)).finish()
    assert 2 <= time.monotonic() - before < 30
    assert run.json["seconds"] == pytest.approx(1, abs=0.5)


def test_threads_share_the_work(bench, nginx):
    run = bench("-n", 1001, "-c", 5, "-t", 2, url(nginx)).finish()
    assert (run.code, run.json["requests"], run.json["connections_opened"]) == (0, 1001, 5)


def test_answers_of_all_sizes_are_read_whole(bench, nginx):
    run = bench("-n", 100, "-c", 3, url(nginx, "/large.txt")).finish()
    assert run.json["status"] == {"200": 100}
    assert run.json["bytes_received"] > 100 * 256 * 1024


def test_head_has_no_body(bench, nginx):
    run = bench("-n", 100, "-c", 1, "-X", "HEAD", url(nginx, "/large.txt")).finish()
    assert (run.json["status"], run.json["connections_opened"]) == ({"200": 100}, 1)


def test_bodies_and_headers_arrive_as_they_were_given(bench, subnet, tmp_path):
    endpoint = subnet.endpoint(32)
    application = EchoApplication(endpoint)
    try:
        body = tmp_path / "body"
        body.write_bytes(bytes(range(256)) * 1024)
        run = bench("-n", 3, "-c", 1, "-X", "PUT", "-H", "X-One: 1", "-H", "Host: orders.shop", "--body-file", body,
                    "--source", subnet.address(33), f"http://{endpoint}/in").finish()
        assert run.code == 0, run.errors
        assert [account["body_length"] for account in application.requests] == [256 * 1024] * 3
        assert application.requests[0]["method"] == "PUT"
        assert application.requests[0]["headers"]["x-one"] == "1"
        assert application.requests[0]["headers"]["host"] == "orders.shop"
    finally:
        application.stop()


# ---- TLS ------------------------------------------------------------------------------------------------------------

def test_tls_and_mtls(bench, tls_nginx):
    run = bench("-n", 300, "-c", 3, *tls_nginx.client_options, "--server-id", SERVER_ID,
                url(tls_nginx, scheme="https")).finish()
    assert run.code == 0, run.errors
    assert run.json["status"] == {"200": 300}
    assert (run.json["connections_opened"], run.json["handshakes"]) == (3, 3)


def test_churn_shakes_hands_for_each_request(bench, tls_nginx):
    run = bench("-n", 100, "-c", 4, "--churn", *tls_nginx.client_options, url(tls_nginx, scheme="https")).finish()
    assert run.json["status"] == {"200": 100}
    assert run.json["handshakes"] == run.json["connections_opened"] == 100
    plain = bench("-n", 50, "-c", 4, *tls_nginx.client_options, url(tls_nginx, scheme="https")).finish()
    assert plain.json["handshakes"] == 4


def test_a_server_of_another_ca_or_name_is_a_tls_error(bench, tls_nginx, certificates):
    certificate, key = certificates["client"]
    own = ["--cert", certificate, "--key", key]
    for options in (["--ca", certificates["stranger"]],
                    ["--ca", certificates["ca"], "--server-id", spiffe("shop", "billing")]):
        run = bench("-n", 4, "-c", 2, *own, *options, url(tls_nginx, scheme="https")).finish()
        assert run.code == 1
        assert (run.json["requests"], failures(run)) == (0, {"tls": 4})


def test_a_client_that_is_not_let_in_is_a_tls_error(bench, mesh):
    """Gabion's own server: TLS 1.3 refuses the missing certificate only after the client's handshake."""
    mesh.start_application()
    mesh.start_inbound()
    ca = write_file(mesh.folder / "ca.crt", mesh.root.pem)
    run = bench("-n", 2, "-c", 1, "--ca", ca, f"https://{mesh.listens['http']}/").finish()
    assert (run.code, failures(run)) == (1, {"tls": 2})
    certificate, key = mesh.identity_of("web-0")
    let_in = bench("-n", 50, "-c", 2, "--ca", ca, "--cert", certificate, "--key", key, "--server-id", SERVER_ID,
                   "-H", "Host: orders.shop", "--source", mesh.address("web-0"),
                   f"https://{mesh.listens['http']}/").finish()
    assert let_in.json["status"] == {"200": 50}, let_in.json


def test_plain_churn_opens_a_connection_for_each_request(bench, nginx):
    run = bench("-n", 200, "-c", 4, "--churn", url(nginx)).finish()
    assert (run.code, run.json["requests"], run.json["connections_opened"]) == (0, 200, 200)


# ---- what is an error -----------------------------------------------------------------------------------------------

def test_a_refused_port_is_a_connect_error(bench, subnet):
    endpoint = f"{subnet.address(40)}:{free_port(subnet.address(40))}"
    run = bench("-n", 4, "-c", 2, f"http://{endpoint}/").finish()
    assert run.code == 1
    assert (run.json["requests"], failures(run)) == (0, {"connect": 4})


def test_statuses_are_errors_unless_expected(bench, nginx):
    missing = url(nginx, "/missing")
    run = bench("-n", 20, "-c", 2, missing).finish()
    assert run.code == 1
    assert (run.json["status"], failures(run)) == ({"404": 20}, {"status": 20})
    assert bench("-n", 20, "-c", 2, "--expect", "200,404", missing).finish().code == 0
    assert bench("-n", 20, "-c", 2, "--max-errors", "20", missing).finish().code == 0
    assert bench("-n", 20, "-c", 2, "--max-errors", "99%", missing).finish().code == 1
    assert bench("-n", 20, "-c", 2, "--max-errors", "100%", missing).finish().code == 0


@pytest.mark.parametrize("steps,kind", [
    ([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"], "malformed"),
    ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"], "malformed"),
    ([b"HTTP/1.1 200 OK\r\nContent-Le"], "malformed"),
    ([b"220 mail.example ESMTP\r\n"], "malformed"),
    ([b"HTTP/1.1 204 No\r\n\r\nmore"], "malformed"),
    ([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "reset"], "reset"),
    (["reset"], "reset"),
    ([], "reset"),
    (["hang"], "timeout"),
    ([b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "hang"], "timeout"),
], ids=["length", "chunks", "head", "protocol", "surplus", "reset-body", "reset", "closed", "hang", "hang-body"])
def test_bad_answers_are_errors_of_their_kind(bench, server, steps, kind):
    run = bench("-n", 4, "-c", 2, "--timeout", "300ms", server(*steps)).finish()
    assert run.code == 1
    assert (run.json["requests"], failures(run)) == (0, {kind: 4})


def test_an_answer_that_ends_with_the_connection_is_good(bench, server):
    run = bench("-n", 6, "-c", 2, server(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")).finish()
    assert (run.code, run.json["status"], run.json["connections_opened"]) == (0, {"200": 6}, 6)


def test_a_server_that_never_answers_is_no_success(bench, server):
    run = bench("-d", "300ms", "-c", 3, server("hang")).finish()
    assert run.code == 1
    assert (run.json["requests"], run.json["unfinished"]) == (0, 3)
    assert run.json["latency_us"]["min"] >= 300_000
    assert "no request was answered" in run.errors


# ---- open loop ------------------------------------------------------------------------------------------------------

def test_a_rate_is_kept(bench, nginx):
    run = bench("--rate", "500/s", "-d", "2s", "-c", 8, "-t", 2, url(nginx)).finish()
    assert run.code == 0, run.errors
    assert run.json["requests"] + run.json["unfinished"] == pytest.approx(1000, abs=2)
    assert list(run.json["late_us"]) == list(run.json["latency_us"])


def test_a_stall_is_seen_by_all_that_were_due_in_it(bench, subnet, tmp_path):
    """A second without answers at 100 requests a second: a quarter of the latencies, not two of them, show it."""
    nginx = start_nginx(tmp_path / "nginx", subnet)
    try:
        run = bench("--rate", "100/s", "-d", "4s", "-c", 2, "--progress", url(nginx))
        run.wait_progress(1)
        os.kill(nginx.pid, signal.SIGSTOP)
        time.sleep(1)
        os.kill(nginx.pid, signal.SIGCONT)
        run.finish()
    finally:
        nginx.stop()
    assert run.code == 0, run.errors
    assert run.json["requests"] == pytest.approx(400, abs=2)
    assert run.json["latency_us"]["p90"] > 400_000
    assert 900_000 < run.json["latency_us"]["max"] < 20_000_000
    assert run.json["latency_us"]["p50"] < 400_000


def test_more_than_the_server_can_waits_and_counts(bench, server):
    """One connection, an answer each 50 ms, 100 due a second: four of five never get their turn."""
    def slowly(connection):
        while True:
            time.sleep(0.05)
            connection.sendall(b"HTTP/1.1 204 No\r\n\r\n")
            if not connection.recv(65536):
                return

    run = bench("--rate", 100, "-d", "1s", "-c", 1, server(slowly)).finish()
    assert 2 <= run.json["requests"] <= 22
    assert run.json["requests"] + run.json["unfinished"] == pytest.approx(100, abs=2)
    assert run.json["latency_us"]["p90"] > 300_000


# ---- clients beside the measured ones -------------------------------------------------------------------------------

def test_idle_clients_stay_open(bench, tls_nginx):
    run = bench("-n", 50, "-c", 2, "--idle", 100, *tls_nginx.client_options, url(tls_nginx, scheme="https")).finish()
    assert (run.code, run.json["requests"], run.json["idle_open"]) == (0, 50, 100)
    assert run.json["handshakes"] == 102


def test_idle_clients_the_server_closed_are_not_open(bench, subnet):
    def serve(connection):
        connection.settimeout(0.5)  # who says nothing for so long is closed
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 204 No\r\n\r\n")

    endpoint = subnet.endpoint(34)
    upstream = Upstream(endpoint, serve)
    try:
        run = bench("-d", "2s", "-c", 1, "--idle", 5, f"http://{endpoint}/").finish()
    finally:
        upstream.stop()
    assert (run.code, run.json["connections_opened"], run.json["idle_open"]) == (0, 6, 0), run.json


def test_slow_clients_read_slowly_and_count_apart(bench, nginx):
    run = bench("-d", "2s", "-c", 2, "--slow", 3, "--slow-rate", "8KiB/s", url(nginx, "/large.txt")).finish()
    assert run.code == 0, run.errors
    assert run.json["slow"]["requests"] == 0  # 256 KiB would take half a minute
    assert 3 * 8192 <= run.json["slow"]["bytes"] <= 3 * 8192 * 2.5
    assert run.json["slow"]["errors"] == 0
    assert run.json["latency_us"]["p50"] < 500_000


def test_slow_clients_finish_what_is_small(bench, nginx):
    run = bench("-d", "2s", "-c", 1, "--slow", 2, "--slow-rate", "16KiB/s", url(nginx)).finish()
    assert run.json["slow"]["requests"] > 4


# ---- mixes ----------------------------------------------------------------------------------------------------------

MIX = """
apiVersion: gabion.dev/v1alpha1
kind: LoadMix
requests:
- {name: read, weight: 3, path: /index.txt}
- {name: missing, path: /missing, expect: [404]}
- {name: write, method: POST, path: /json, headers: {content-type: application/json}, body: '{"a":1}'}
- {name: upload, method: POST, path: /json, bodyBytes: 64KiB, fill: random}
"""


def test_a_mix_is_sent_by_its_weights(bench, nginx, tmp_path):
    mix = write_file(tmp_path / "mix.yaml", MIX)
    run = bench("-n", 600, "-c", 3, "-m", mix, url(nginx, "/")).finish()
    assert run.code == 0, run.errors
    assert run.json["status"] == {"200": 500, "404": 100}
    assert run.json["bytes_sent"] > 100 * 65536


def test_a_wrong_mix_names_its_place_and_sends_nothing(bench, nginx, tmp_path):
    mix = write_file(tmp_path / "mix.yaml", MIX.replace("weight: 3", "wieght: 3"))
    run = bench("-n", 10, "-m", mix, url(nginx)).finish()
    assert (run.code, run.output) == (2, "")
    assert run.errors == f"{mix}:5: requests[0].wieght: unknown key, did you mean weight\n"


def test_more_connections_than_descriptors_is_exit_2(bench_binary, nginx):
    run = subprocess.run(["sh", "-c", f"ulimit -n 200; exec {bench_binary} --idle 500 {url(nginx)}"],
                         capture_output=True, text=True, timeout=20)
    assert run.returncode == 2
    assert "descriptors are needed and 200 allowed" in run.stderr


def test_a_wrong_command_line_is_exit_2(bench, nginx):
    for arguments in (["--rate", "fast", url(nginx)], ["http://example.com/"], [],
                      ["--ca", "/nowhere.crt", f"https://{nginx.endpoint}/"]):
        run = bench(*arguments).finish()
        assert (run.code, run.output) == (2, ""), arguments
        assert run.errors, arguments


# ---- how it reports -------------------------------------------------------------------------------------------------

def test_a_table_for_people_and_a_file_for_programs(bench_binary, nginx, tmp_path):
    file = tmp_path / "result.json"
    run = BenchRun(bench_binary, "-n", 100, "--json", file, url(nginx)).finish()
    assert "requests    100" in run.output and "p99.9" in run.output
    assert "\033" not in run.output, "no colour beside a terminal"
    assert json.loads(file.read_text())["requests"] == 100
    nowhere = BenchRun(bench_binary, "--json", tmp_path / "none" / "result.json", url(nginx)).finish()
    assert (nowhere.code, nowhere.output) == (2, "")
    quiet = BenchRun(bench_binary, "-n", 100, "--quiet", url(nginx)).finish()
    assert (quiet.code, quiet.output, quiet.errors) == (0, "", "")


def test_progress_is_a_line_a_second(bench, nginx):
    run = bench("-d", "2500ms", "--progress", url(nginx)).finish()
    assert [line.split()[0] for line in run.errors.splitlines() if "errors" in line and "/s" in line][:2] == ["1", "2"]


def test_an_interrupt_ends_with_the_figures_so_far(bench, nginx):
    run = bench("-d", "60s", "--progress", url(nginx))
    run.wait_progress(1)
    run.interrupt()
    run.finish(10)
    assert run.code == 0, run.errors
    assert run.json["requests"] > 100
    assert 0.5 < run.json["seconds"] < 10
    assert "interrupted" in run.errors


def test_help_shows_an_example(bench_binary):
    run = BenchRun(bench_binary, "--help").finish()
    assert run.code == 0
    assert "gabion-bench -c 64" in run.output
    assert BenchRun(bench_binary, "--version").finish().output.startswith("gabion-bench ")
