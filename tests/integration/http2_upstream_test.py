"""Services that speak HTTP/2 are spoken to in HTTP/2: many exchanges on a connection, each judged as before."""

import concurrent.futures
import hashlib
import shutil
import subprocess

import h2.settings
import pytest

from addresses import listening
from certificates import spiffe
from http2_application import Http2Application, Session, server_tls
from mesh import ORDERS_ID
from nginx import CONFIGURATION, Nginx
from raw_client import Closed
from upstreams import scripted
from waiting import until

TEN_MB = 10_000_000


def h2c_route(mesh, host="h2.shop", **more):
    route = {"hosts": [host], "destination": mesh.application_endpoint, "tls": {"mode": "DISABLE"}, "protocol": "http2"}
    route.update(more)
    return route


def tls_route(mesh, host="h2.shop", **more):
    return h2c_route(mesh, host, tls={"mode": "MUTUAL", "serverIds": [ORDERS_ID]}, **more)


@pytest.fixture
def application(mesh):
    """Starts an HTTP/2 application behind one sidecar of web-0; call it with the application's settings."""
    started = []

    def start(route=None, sections=None, **options):
        started.append(Http2Application(mesh.application_endpoint, **options))
        mesh.start_outbound(routes=[route or h2c_route(mesh)], **(sections or {}))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def ask(mesh, target, method="GET", body=b"", headers=(), **options):
    with mesh.caller(**options) as client:
        return client.ask(method, target, host="h2.shop", body=body, headers=list(headers))


def test_a_request_arrives_as_it_was_judged(mesh, application):
    service = application()
    answer = ask(mesh, "/a/../b?q=1", headers=[("X-Mixed-Case", "Yes"), ("Connection", "x-secret, te"),
                                               ("X-Secret", "no"), ("TE", "trailers")])
    assert answer.status == 200
    found = service.requests[0]
    assert (found["method"], found["path"], found["authority"], found["scheme"]) == ("GET", "/b?q=1", "h2.shop", "http")
    names = [name for name, _ in found["fields"]]
    assert ["x-mixed-case", "Yes"] in [list(field) for field in found["fields"]]
    assert ["te", "trailers"] in [list(field) for field in found["fields"]]
    assert not {"connection", "x-secret", "host", "transfer-encoding", "content-length"} & set(names)
    assert all(name == name.lower() for name in names)
    line = mesh.outbound.wait_access(response_code=200)
    assert line["upstream_host"] == mesh.application_endpoint


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_large_bodies_pass_both_ways_unchanged(mesh, application, framing):
    service = application()
    body = bytes(range(256)) * (TEN_MB // 256)
    headers = [("Transfer-Encoding", "chunked")] if framing == "chunked" else []
    sent = b"".join(b"%x\r\n%s\r\n" % (65536, body[at:at + 65536]) if len(body) - at >= 65536 else
                    b"%x\r\n%s\r\n" % (len(body) - at, body[at:]) for at in range(0, len(body), 65536)) + b"0\r\n\r\n"
    with mesh.caller() as client:
        head = "POST /up HTTP/1.1\r\nHost: h2.shop\r\n"
        head += "Transfer-Encoding: chunked\r\n\r\n" if framing == "chunked" else f"Content-Length: {len(body)}\r\n\r\n"
        client.send(head, sent if headers else body)
        answer = client.read()
        assert answer.status == 200
        assert service.requests[0]["sha256"] == hashlib.sha256(body).hexdigest()
        client.send(f"GET /size?{TEN_MB} HTTP/1.1\r\nHost: h2.shop\r\n\r\n")
        answer = client.read()
    assert (answer.status, len(answer.body)) == (200, TEN_MB)
    assert answer.headers["content-length"] == str(TEN_MB)
    assert set(answer.body) == {ord("x")}


def test_trailers_pass_both_ways(mesh, application):
    service = application()
    with mesh.caller() as client:
        client.send("POST /trailers HTTP/1.1\r\nHost: h2.shop\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "5\r\nhello\r\n0\r\nX-Check: 5\r\nContent-Length: 9\r\n\r\n")
        answer = client.read()
    assert (answer.body, answer.trailers.get("x-sum"), answer.trailers.get("grpc-status")) == (b"hello", "7", "0")
    assert [list(field) for field in service.requests[0]["trailers"]] == [["x-check", "5"]]


def test_an_interim_answer_goes_on(mesh, application):
    application()
    with mesh.caller() as client:
        client.send("GET /interim HTTP/1.1\r\nHost: h2.shop\r\n\r\n")
        assert client.read_head()[0] == 103
        answer = client.read()
    assert (answer.status, answer.body) == (200, b"after 103")


@pytest.mark.parametrize("method, target, status", [("HEAD", "/size?5", 200), ("GET", "/status?204", 204),
                                                    ("GET", "/status?304", 304), ("GET", "/status?404", 404)])
def test_answers_without_a_body_end_at_once(mesh, application, method, target, status):
    application()
    with mesh.caller() as client:
        for _ in range(2):
            answer = client.ask(method, target, host="h2.shop")
            assert (answer.status, answer.body) == (status, b"")


def test_many_requests_share_a_connection(mesh, application):
    service = application(sections={"workers": 1})
    assert ask(mesh, "/first").status == 200
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda number: ask(mesh, f"/many?{number}"), range(100)))
    assert [answer.status for answer in answers] == [200] * 100
    assert service.connections == 1
    assert len(service.requests) == 101


def test_a_server_of_few_streams_gets_few_at_a_time(mesh, application):
    service = application(settings={h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1},
                          sections={"workers": 1, "limits": {"upstreamConnections": 3}})
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda number: ask(mesh, f"/few?{number}", seconds=20), range(60)))
    assert {answer.status for answer in answers} == {200}
    assert 1 <= service.connections <= 3


def test_a_client_that_does_not_read_stops_nobody_else(mesh, application):
    service = application(sections={"workers": 1})
    with mesh.caller(receive_buffer=4096) as slow:
        slow.send(f"GET /size?{TEN_MB} HTTP/1.1\r\nHost: h2.shop\r\n\r\n")
        until(lambda: service.requests, "the slow client's request arrived")
        for _ in range(3):
            answer = ask(mesh, "/size?1000000")
            assert len(answer.body) == 1_000_000
        assert len(slow.read().body) == TEN_MB
    assert service.connections == 1


def test_a_service_that_takes_no_body_stops_the_client(mesh, application):
    application(sections={"workers": 1, "timeouts": {"responseHeader": "2s"}})
    with mesh.caller() as client:
        client.send("POST /unread HTTP/1.1\r\nHost: h2.shop\r\nContent-Length: 10000000\r\n\r\n", b"x" * 200_000)
        answer = client.read()
        assert answer.status == 504
    assert ask(mesh, "/other").status == 200


@pytest.mark.parametrize("target", ["/refuse-once", "/goaway-once"])
def test_what_the_service_did_not_take_is_said_again(mesh, application, target):
    service = application(sections={"workers": 1})
    assert ask(mesh, "/before").status == 200
    answer = ask(mesh, target, method="POST", body=b"hello" * 100)
    assert answer.status == 200
    assert service.requests[-1]["sha256"] == hashlib.sha256(b"hello" * 100).hexdigest()


FAILURES = {
    # target: (status, reason)
    "/refuse-always": (503, "upstream_reset"),
    "/reset": (503, "upstream_reset"),
    "/close": (503, "upstream_reset"),
}


@pytest.mark.parametrize("target", FAILURES)
def test_a_stream_without_an_answer_becomes_ours(mesh, application, target):
    application()
    status, reason = FAILURES[target]
    assert ask(mesh, target, method="POST", body=b"x").status == status
    assert mesh.outbound.wait_access(response_code=status)["reason"] == reason
    assert ask(mesh, "/after").status == 200


@pytest.mark.parametrize("target", ["/reset-after-head", "/close-after-head"])
def test_a_broken_answer_is_a_visible_cut(mesh, application, target):
    application()
    try:  # what came in one piece with its own end never began
        assert ask(mesh, target).status == 503
    except Closed:
        pass
    until(lambda: [line for line in mesh.outbound.access() if line["reason"].startswith("upstream_")],
          "the cut is logged")


def test_a_reset_after_the_end_changes_nothing(mesh, application):
    application()
    assert ask(mesh, "/reset-after-end").body == b"all of it"


def test_a_client_that_leaves_resets_its_stream_only(mesh, application):
    service = application(sections={"workers": 1})
    with mesh.caller() as client:
        client.send("GET /hang HTTP/1.1\r\nHost: h2.shop\r\n\r\n")
        until(lambda: service.requests, "the request arrived")
    assert ask(mesh, "/after").status == 200
    assert service.connections == 1


def test_a_server_of_http1_where_http2_is_declared_is_an_error(mesh):
    service = scripted(mesh.application_endpoint, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
                       "hang")  # closed with bytes unread it would take its answer back
    mesh.start_outbound(routes=[h2c_route(mesh)])
    try:
        assert ask(mesh, "/").status == 502
        assert mesh.outbound.wait_access(response_code=502)["reason"] == "upstream_protocol"
    finally:
        service.stop()


@pytest.mark.parametrize("alpn, protocol, status, speaks", [
    (("h2",), "auto", 200, "h2"), (("http/1.1",), "auto", 200, "http/1.1"), (("h2", "http/1.1"), "http1", 200, "http/1.1"),
    (("h2",), "http2", 200, "h2"), (("http/1.1",), "http2", 502, None)])
def test_tls_decides_by_alpn_unless_declared(mesh, alpn, protocol, status, speaks):
    certificate, key = mesh.write_leaf(mesh.root.leaf(spiffe("shop", "orders")))
    tls = server_tls(certificate, key, alpn, mesh.root.pem)
    service = Negotiating(mesh.application_endpoint, tls)
    mesh.start_outbound(routes=[tls_route(mesh, protocol=protocol)])
    try:
        answers = [ask(mesh, "/") for _ in range(3)]
        assert [answer.status for answer in answers] == [status] * 3
        if speaks:
            assert set(service.spoken) == {speaks}
        else:
            assert mesh.outbound.wait_access(response_code=502)["reason"] in ("upstream_protocol", "upstream_tls_failed")
    finally:
        service.stop()


class Negotiating(Http2Application):
    """Speaks what TLS agreed on."""

    def __init__(self, endpoint, tls):
        self.spoken = []
        super().__init__(endpoint, tls=tls)

    def _serve(self, connection):
        connection = self._tls.wrap_socket(connection, server_side=True)
        self.spoken.append(connection.selected_alpn_protocol())
        if self.spoken[-1] == "h2":
            Session(self, connection, self.connections).run({})
        else:
            while (received := connection.recv(65536)):
                if b"\r\n\r\n" in received:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture
def nghttpd(mesh, tmp_path):
    """Starts nghttpd at the application's place: options, then key and certificate for TLS; files by name."""
    started = []

    def start(*options, leaf=(), **files):
        folder = tmp_path / "htdocs"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        host, port = mesh.application_endpoint.rsplit(":", 1)
        command = [shutil.which("nghttpd"), "-a", host, "-d", str(folder), *options, port, *leaf]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        until(lambda: listening(mesh.application_endpoint), "nghttpd listens")

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


def curl(*arguments):
    """The body of a 200."""
    return subprocess.run(["curl", "-sS", "--fail", "-H", "Host: h2.shop", *arguments], capture_output=True, check=True,
                          timeout=50).stdout


CONTENT = bytes(range(256)) * 4096


def test_nghttpd_in_plain_text_serves_curl(mesh, nghttpd):
    nghttpd("--no-tls", file=CONTENT)
    mesh.start_outbound(routes=[h2c_route(mesh)])
    assert curl(f"http://{mesh.calls}/file") == CONTENT


def test_nghttpd_over_tls_serves_curl(mesh, nghttpd):
    certificate, key = mesh.write_leaf(mesh.root.leaf(spiffe("shop", "orders")))
    nghttpd(leaf=(key, certificate), file=CONTENT)
    mesh.start_outbound(routes=[tls_route(mesh, protocol="auto")])
    assert curl(f"http://{mesh.calls}/file") == CONTENT


def test_nghttpd_echoes_ten_megabytes(mesh, nghttpd, tmp_path):
    nghttpd("--no-tls", "--echo-upload")
    mesh.start_outbound(routes=[h2c_route(mesh)])
    upload = tmp_path / "upload"
    upload.write_bytes(CONTENT * 10)
    echo = curl("-X", "POST", "--data-binary", f"@{upload}", f"http://{mesh.calls}/echo")
    assert hashlib.sha256(echo).digest() == hashlib.sha256(CONTENT * 10).digest()


def test_nginx_in_plain_text_serves_curl(mesh, tmp_path):
    folder = tmp_path / "nginx"
    nginx = Nginx(folder, mesh.application_endpoint, configuration=CONFIGURATION.format(
        folder=folder, endpoint=mesh.application_endpoint, listen_options=" http2", tls=""))
    try:
        (nginx.www / "file").write_bytes(CONTENT)
        mesh.start_outbound(routes=[h2c_route(mesh)])
        assert curl(f"http://{mesh.calls}/file") == CONTENT
        assert curl("-X", "POST", "--data-binary", "x", f"http://{mesh.calls}/json") == b'{"ok":true}'
    finally:
        nginx.stop()


def test_http2_all_the_way(mesh, nghttpd):
    """curl, plain HTTP/2 → the client's sidecar, mTLS HTTP/2 → the server's sidecar, plain HTTP/2 → nghttpd."""
    nghttpd("--no-tls", "--echo-upload", file=CONTENT)
    entries = mesh.inbound_entries()
    for entry in entries:
        entry["targetProtocol"] = "http2"
    mesh.start_inbound(inbound=entries)
    mesh.start_outbound(routes=[mesh.route("h2.shop", "http")])
    assert curl("--http2-prior-knowledge", f"http://{mesh.calls}/file") == CONTENT
    echo = curl("--http2-prior-knowledge", "-X", "POST", "--data-binary", "hello", f"http://{mesh.calls}/echo")
    assert echo == b"hello"
    for sidecar in (mesh.outbound, mesh.inbound):
        assert {line["protocol"] for line in sidecar.access(response_code=200)} == {"HTTP/2"}


def test_an_application_behind_inbound_is_spoken_to_in_http2(mesh):
    service = Http2Application(mesh.application_endpoint)
    entries = mesh.inbound_entries()
    for entry in entries:
        entry["targetProtocol"] = "kubernetes.io/h2c"
    mesh.start_inbound(inbound=entries)
    mesh.start_outbound(routes=[mesh.route("h2.shop", "http")])
    try:
        for _ in range(3):
            assert ask(mesh, "/two-hops").status == 200
        assert [request["path"] for request in service.requests] == ["/two-hops"] * 3
    finally:
        service.stop()


def test_connections_are_not_shared_between_identities(mesh):
    service = Http2Application(mesh.application_endpoint)
    entries = mesh.inbound_entries()
    for entry in entries:
        entry["targetProtocol"] = "http2"
    mesh.start_inbound(inbound=entries, workers=1)
    try:
        for pod in ("web-0", "batch-0", "web-0", "batch-0"):
            with mesh.peer("http", pod=pod) as client:
                assert client.ask("GET", f"/{pod}", host="orders.shop").status == 200
        owners = {}
        for request in service.requests:
            owners.setdefault(request["connection"], set()).add(request["path"])
        assert sorted(map(sorted, owners.values())) == [["/batch-0"], ["/web-0"]]
    finally:
        service.stop()


def test_a_root_that_left_the_bundle_ends_what_rests_on_it(mesh):
    certificate, key = mesh.write_leaf(mesh.root.leaf(spiffe("shop", "orders")))
    service = Http2Application(mesh.application_endpoint, tls=server_tls(certificate, key, ("h2",), mesh.root.pem))
    mesh.start_outbound(routes=[tls_route(mesh)])
    try:
        assert ask(mesh, "/before").status == 200
        assert service.connections == 1
        other = type(mesh.root)("another root")
        mesh.write_identity("web-0", leaf=other.leaf(spiffe("shop", "web")), bundle=other.pem)
        mesh.outbound.reload()
        assert ask(mesh, "/after").status == 503
        until(lambda: not service.open_now, "the connection ended with its trust")
    finally:
        service.stop()
