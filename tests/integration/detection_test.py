"""A port that speaks HTTP never becomes opaque: however a client begins, nothing reaches the origin that was not judged.

Behind each port is the strict recorder of the smuggling tests: it tells every byte that is not a well-formed request, and
every request it reads is held against the access log.
"""

import socket
import ssl
import time

import pytest

from h2_wire import ACK, PREFACE, Wire, ask, block, headers, settings
from mesh import FORWARDING, Mesh
from raw_client import Closed, RawClient, request, tls_setting
from smuggling.comparison import Comparison
from smuggling.servers import ORIGINS
from upstreams import Upstream
from waiting import settled, until

ALL = [{"port": number} for number in (8080, 8081, 8082, 8083)]
POLICY = {
    "apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": "detection", "namespace": "shop"},
    "spec": {
        "podSelector": {"matchLabels": {"app": "orders"}}, "ingress": [{"ports": ALL, "protocol": "HTTP"}, {
            "name": "denied", "action": "Deny", "ports": ALL, "protocol": "HTTP",
            "http": [{"paths": [{"prefix": "/denied"}]}]
        }]
    }
}
PORTS = ["plain", "permissive", "http"]
ALLOWED, DENIED = request("GET", "/a"), request("GET", "/denied")

# What else speaks on a port: none of it is HTTP.
OTHERS = {
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n", "smtp": b"EHLO orders.shop\r\n", "redis": b"*1\r\n$4\r\nPING\r\n",
    "redis inline": b"PING\r\n", "postgres": b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
    "postgres start": b"\x00\x00\x00\x17\x00\x03\x00\x00user\x00orders\x00\x00\x00",
    "mysql": b"\x20\x00\x00\x01\x85\xa6\xff\x01\x00\x00\x00\x01\x21" + b"\x00" * 23, "memcached": b"get orders\r\n",
    "proxy 1": b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n",
    "proxy 2": b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + b"\x0a" * 12, "socks": b"\x05\x01\x00",
    "socks 4": b"\x04\x01\x00\x50\x0a\x00\x00\x01\x00", "dns": b"\x00\x1d\xaa\xaa\x01\x00\x00\x01" + b"\x00" * 8,
    "mqtt": b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ab", "amqp": b"AMQP\x00\x00\x09\x01",
    "ssl 2": b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", "tls alert": b"\x15\x03\x01\x00\x02\x02\x28",
    "websocket frame": b"\x81\x85\x00\x00\x00\x00hello", "zeros": b"\x00" * 64, "text": b"hello\r\n",
    "one byte": b"\xff", "line feeds": b"\n\n\n\n", "blanks": b"    ", "byte order mark": b"\xef\xbb\xbf",
    "http answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "gopher": b"/denied\r\n",
    "rtsp": b"OPTIONS rtsp://orders.shop RTSP/1.0\r\n\r\n", "icap": b"REQMOD icap://orders.shop/ ICAP/1.0\r\n\r\n",
    "sip": b"INVITE sip:a@orders.shop SIP/2.0\r\n\r\n", "http 0.9": b"GET /denied\r\n",
    "half a preface": b"PRI * HTTP/2.0\r\n\r\n", "another preface": b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    "preface in lower case": b"pri * http/2.0\r\n\r\nsm\r\n\r\n", "preface of 3": b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n",
    "frames without preface": settings() + headers(1, block(*ask("/denied")))
}


class Bed:
    """A sidecar before the recorder, with a short time for heads."""
    def __init__(self, mesh):
        self.mesh, self.mark = mesh, 0
        self.mesh.put_policy(POLICY)
        self.recorder = mesh._keep(ORIGINS["recorder"][1](mesh.folder / "recorder", self.mesh.application_endpoint))
        self.mesh.start_inbound(timeouts={"requestHeader": "1s", "tlsHandshake": "1s"})
        self._leaf = self.mesh.identity_of("web-0")

    def forget(self):
        self.mark, _ = len(self.recorder.lines()), self.mesh.forget()

    def client(self, port, **options):
        if port == "http":
            return self.mesh.peer("http", leaf_paths=self._leaf, **options)
        return self.mesh.plain(port, **options)

    def wire(self, port, alpn="h2"):
        tls = tls_setting(self.mesh.root.pem, self._leaf, alpn=(alpn,)) if port == "http" else None
        return Wire(self.mesh.listens[port], source=self.mesh.address("web-0"), tls=tls)

    def speaks_h2(self, port):
        try:
            with self.wire(port) as wire:
                return wire.start().setting(3, 0) is not None and bool(wire.of(4))
        except (OSError, ssl.SSLError):
            return False

    def read(self):
        """What the origin read since forget(), in a settled log; fails if any of it was not judged."""
        judged = [{
            "id": line["request_id"], "method": line["method"], "target": line["path"], "host": line["authority"] or "",
            "length": None
        } for line in self.mesh.inbound.access() if line["verdict"] == "allow"]
        settled(lambda: len(self.recorder.lines()), lambda: len(self.recorder.lines()) - self.mark >= len(judged),
                "the log is quiet", 0.1)
        told = self.recorder.told()[self.mark:]
        comparison = Comparison(judged, told)
        assert [record for record in told if record.get("wrong")] == []
        assert comparison.differences == []
        return told


@pytest.fixture(scope="module")
def made_bed(binary, tmp_path_factory):
    mesh = Mesh(binary, tmp_path_factory.mktemp("detection"), FORWARDING)
    try:
        yield Bed(mesh)
    finally:
        mesh.stop()


@pytest.fixture
def bed(made_bed):
    made_bed.forget()
    yield made_bed
    assert made_bed.mesh.crashes() == []
    with made_bed.client("plain") as client:
        assert client.ask("GET", "/a").status == 200, "the next client is served"


def answers(client):
    """The statuses until the close; what is no HTTP counts as 0."""
    found = []
    try:
        while True:
            found.append(client.read().status)
    except (Closed, OSError, ValueError, ssl.SSLError):
        return found


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("size", range(1, 14))
def test_a_first_write_of_few_bytes_is_judged_like_one_of_many(bed, port, size):
    for wire, status in ((ALLOWED, 200), (DENIED, 403)):
        with bed.client(port) as client:
            client.send(wire[:size], wire[size:], pause=0.03)
            assert client.read().status == status
        with bed.client(port) as client:
            client.send(*[wire[at:at + size] for at in range(0, len(wire), size)], pause=0.002)
            assert client.read().status == status
    assert [record["target"] for record in bed.read()] == ["/a", "/a"]


@pytest.mark.seconds(120)
@pytest.mark.parametrize("port", PORTS)
def test_silence_behind_a_beginning_ends_in_408_or_a_close(bed, port):
    """All at once: each begins with so many bytes and waits for longer than a head may take."""
    clients = [bed.client(port, seconds=20) for _ in range(14)]
    for size, client in enumerate(clients):
        client.send(DENIED[:size])
    time.sleep(1.5)
    for client in clients:
        try:
            client.send(DENIED)
        except OSError:
            pass
        assert set(answers(client)) <= {408, 400}
        client.close()
    assert bed.read() == []


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_http_is_closed_and_so_is_the_request_behind_it(bed, port, name):
    for behind in (b"", DENIED, ALLOWED):
        with bed.client(port, seconds=20) as client:
            try:
                client.send(OTHERS[name], behind, pause=0.02)
            except OSError:
                pass
            found = answers(client)
            assert not [status for status in found if status < 400 and not behind.startswith(b"GET /a")], found
    read = bed.read()
    assert [record["target"] for record in read] in ([], ["/a"]), "only a whole request of its own may have passed"
    assert not read or name in ("line feeds", "blanks"), read


@pytest.mark.parametrize("before", [b"\r\n", b"\r\n\r\n", b"\n", b"\r\n" * 50, b"\r"])
def test_empty_lines_before_a_request_hide_nothing(bed, before):
    for wire in (DENIED, ALLOWED):
        with bed.client("plain") as client:
            client.send(before + wire)
            assert set(answers_of_one(client)) <= ({403, 400} if wire is DENIED else {200, 400})
    assert {record["target"] for record in bed.read()} <= {"/a"}


def answers_of_one(client):
    try:
        return [client.read().status]
    except (Closed, OSError):
        return []


@pytest.mark.parametrize("line", [
    b"get /denied HTTP/1.1", b"Get /denied HTTP/1.1", b"GET /denied http/1.1", b"gET /denied HTTP/1.1",
    b"GET /denied HTTP/1.1 ", b"GET  /denied HTTP/1.1", b"GET\t/denied HTTP/1.1", b"FROBNICATE /denied HTTP/1.1",
    b"GET /denied HTTP/7.1", b"GET /" + b"a" * 70000 + b" HTTP/1.1"
])
def test_an_odd_request_line_is_no_way_past(bed, line):
    with bed.client("plain") as client:
        try:
            client.send(line + b"\r\nHost: orders.shop\r\n\r\n")
        except OSError:
            pass
        assert set(answers_of_one(client)) <= {400, 403, 405, 414, 431, 501, 505}
    assert bed.read() == []


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("cut", range(1, len(PREFACE)))
def test_a_preface_cut_anywhere_is_http2_or_refused(bed, port, cut):
    """Where the binary speaks HTTP/2 the request behind the preface is judged; else all of it is refused."""
    speaks = bed.speaks_h2(port)
    bed.forget()
    for path in ("/denied", "/a"):
        with bed.wire(port, "h2" if speaks else "http/1.1") as wire:
            wire.send(PREFACE[:cut])
            time.sleep(0.02)
            wire.send(PREFACE[cut:], settings(), settings(flags=ACK), headers(1, block(*ask(path))))
            wire.read_until(lambda: wire.done(1) or wire.closed)
            if speaks:
                assert wire.status(1) == (403 if path == "/denied" else 200), wire.account()
            else:
                assert wire.closed
    assert [record["target"] for record in bed.read()] == (["/a"] if speaks else [])


@pytest.mark.parametrize("cut", range(1, len(PREFACE)))
def test_a_preface_that_turns_into_http1_is_refused(bed, cut):
    with bed.client("plain", seconds=20) as client:
        try:
            client.send(PREFACE[:cut], DENIED, pause=0.02)
        except OSError:
            pass
        client.half_close()
        assert set(raw_statuses(client)) <= {400, 403, 408, 501, 505}
    assert bed.read() == []


def raw_statuses(client):
    """Statuses of HTTP/1 answers; frames of HTTP/2 are none."""
    try:
        head = client.read_to_end()
    except (Closed, OSError) as closed:
        head = getattr(closed, "received", b"")
    return [int(head[9:12])] if head.startswith(b"HTTP/1.") else []


def client_hello():
    """The first bytes of an ordinary TLS client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    setting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    setting.check_hostname = False
    setting.set_alpn_protocols(["http/1.1"])
    try:
        setting.wrap_bio(incoming, outgoing, server_hostname="orders.shop").do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()


@pytest.mark.parametrize("port", PORTS)
def test_tls_within_is_not_passed_on(bed, port):
    """TLS inside mTLS, and the application's own TLS on ports with HTTP rules."""
    hello = client_hello()
    for cut in (1, 3, 5, 6, 11, len(hello)):
        with bed.client(port, seconds=20) as client:
            try:
                client.send(hello[:cut], hello[cut:], pause=0.02)
            except OSError:
                pass
            assert set(raw_statuses(client)) <= {400, 408}
    assert bed.read() == []


def test_a_tls_client_without_a_certificate_reaches_nothing(bed):
    for port in ("http", "permissive"):
        try:
            with RawClient(bed.mesh.listens[port],
                           source=bed.mesh.address("web-0"),
                           tls=tls_setting(bed.mesh.root.pem, alpn=())) as client:
                client.send(ALLOWED)
                assert answers(client) == []
        except (OSError, ssl.SSLError):
            pass
    assert bed.read() == []


@pytest.mark.parametrize("port", ["wild"])
def test_a_server_that_speaks_first_is_not_heard(mesh, port):
    """A server-first protocol behind an HTTP port: the client hears nothing of it, and it nothing of the client."""
    heard = []

    def greet(connection):
        connection.sendall(b"220 orders.shop ESMTP\r\n")
        heard.append(connection.recv(65536))

    server = Upstream(mesh.wild_endpoint, greet)
    try:
        entries = [{**entry, "tls": "DISABLE"} for entry in mesh.inbound_entries() if entry["name"] == port]
        mesh.start_inbound(inbound=entries, timeouts={"requestHeader": "1s"})
        with mesh.plain(port, seconds=20) as client:
            client.send(b"EHLO orders.shop\r\n")
            assert b"ESMTP" not in everything(client)
        with mesh.plain(port, seconds=20) as client:
            assert b"ESMTP" not in everything(client)
        assert [piece for piece in heard if piece] == []
    finally:
        server.stop()


def everything(client):
    try:
        return client.read_to_end()
    except (Closed, socket.timeout, OSError) as closed:
        return getattr(closed, "received", b"")


def test_the_recorder_does_tell(bed):
    """The tests would pass with an origin that hears nothing: asked directly, it tells what is not HTTP."""
    for name in ("ssh", "postgres", "text"):
        with RawClient(bed.mesh.application_endpoint) as client:
            client.send(OTHERS[name])
            client.half_close()
            everything(client)
    until(lambda: len([record for record in bed.recorder.told()[bed.mark:] if record.get("wrong")]) == 3,
          "it tells all three")
    bed.forget()
