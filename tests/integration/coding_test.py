"""Bodies with a content coding are read like others, both ways, and what leaves is whole, valid and says what it is."""

import gzip
import hashlib
import json
import subprocess
import time
import zlib

import pytest

from mesh import Mesh
from nginx import BINARY, Nginx
from raw_client import Closed, request
from upstreams import wait_gone
from waiting import until

brotli = pytest.importorskip("brotli")
zstandard = pytest.importorskip("zstandard")

CARD, MASTER = b"4111111111111111", b"5500005555555559"
BODY = b'{"orders":[{"id":1,"card":"' + CARD + b'"},{"id":2,"card":"' + MASTER + b'"}],"note":"1234567890123456"}'
MASKED = BODY.replace(CARD, b"*" * 12 + CARD[-4:]).replace(MASTER, b"*" * 12 + MASTER[-4:])
SQL = "id=1%27%20UNION%20SELECT%20username%2Cpassword%20FROM%20users--%20-"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
MIB = 1 << 20


def deflate(body, window):
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    return packer.compress(body) + packer.flush()


def inflate(body):
    reader = zlib.decompressobj(15)
    text = reader.decompress(body)
    assert reader.eof and not reader.unused_data
    return text


def unzstd(body):
    reader = zstandard.ZstdDecompressor().decompressobj()
    return reader.decompress(body)


CODINGS = {
    "gzip": (gzip.compress, gzip.decompress),
    "x-gzip": (gzip.compress, gzip.decompress),
    "deflate": (lambda body: deflate(body, 15), inflate),
    "br": (brotli.compress, brotli.decompress),
    "zstd": (zstandard.ZstdCompressor().compress, unzstd),
    "gzip, br": (lambda body: brotli.compress(gzip.compress(body)), lambda body: gzip.decompress(brotli.decompress(body))),
    "zstd, deflate": (lambda body: deflate(zstandard.ZstdCompressor().compress(body), 15),
                      lambda body: unzstd(inflate(body))),
}
DIGESTS = [("Content-MD5", "x"), ("Digest", "sha-256=x"), ("Content-Digest", "sha-256=:eA==:"),
           ("Repr-Digest", "sha-256=:eA==:")]


def start(binary, folder, **profile):
    found = Mesh(binary, folder, {"attacks": "block", "paymentCards": "mask", **profile})
    found.start_application()
    found.start_inbound()
    return found


class Running:
    """Meshes of this file, one for each profile."""

    def __init__(self, binary, folders):
        self.binary, self.folders, self.meshes = binary, folders, {}

    def get(self, **profile):
        key = json.dumps(profile)
        if key not in self.meshes:
            self.meshes[key] = start(self.binary, self.folders.mktemp("coding"), **profile)
        self.meshes[key].forget()
        return self.meshes[key]


@pytest.fixture(scope="module")
def running(binary, tmp_path_factory):
    found = Running(binary, tmp_path_factory)
    yield found
    crashes = [crash for mesh in found.meshes.values() for crash in mesh.crashes()]
    for mesh in found.meshes.values():
        mesh.stop()
    assert crashes == []


@pytest.fixture
def upstream():
    """Puts a scripted upstream behind a mesh's port `wild` for one test."""
    started = []

    def put(mesh, *steps):
        started.append(mesh.start_wild(*steps))

    yield put
    for found in started:
        found.stop()


def coded_answer(coding, coded, chunk=None, fields=()):
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in [("Content-Encoding", coding), *fields])
    if chunk is None:
        return head.encode() + b"Content-Length: %d\r\n\r\n" % len(coded) + coded
    pieces = [coded[index:index + chunk] for index in range(0, len(coded), chunk)]
    return head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def text_of(answer):
    coding = answer.headers.get("content-encoding")
    return CODINGS[coding][1](answer.body) if coding else answer.body


def ask_wild(mesh, headers=(), method="GET"):
    with mesh.peer("wild") as client:
        return client.ask(method, "/", headers, host="wild.shop")


# ---- answers --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("chunk", [None, 1, 13])
@pytest.mark.parametrize("mode", ["identity", "decode"])
@pytest.mark.parametrize("coding", CODINGS)
def test_cards_in_a_coded_answer_are_covered(running, upstream, coding, mode, chunk):
    mesh = running.get(contentCoding=mode)
    fields = [*DIGESTS, ("ETag", '"v1"'), ("Accept-Ranges", "bytes"), ("Vary", "Accept-Encoding")]
    upstream(mesh, coded_answer(coding, CODINGS[coding][0](BODY), chunk, fields))
    answer = ask_wild(mesh, [("Accept-Encoding", "gzip, deflate, br, zstd")])
    assert answer.status == 200
    assert answer.headers.get("content-encoding") == (None if mode == "identity" else coding)
    assert text_of(answer) == MASKED
    assert answer.headers["etag"] == 'W/"v1"'
    assert answer.headers["accept-ranges"] == "none"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "content-length" not in answer.headers
    assert not {name.lower() for name, _ in DIGESTS} & set(answer.headers)
    assert mesh.inbound.wait_access(response_code=200)["pii"]


def test_raw_deflate_is_understood(running, upstream):
    mesh = running.get(contentCoding="decode")
    upstream(mesh, coded_answer("deflate", deflate(BODY, -15)))
    assert text_of(ask_wild(mesh)) == MASKED


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_long_coded_answer_is_whole(running, upstream, coding):
    mesh = running.get(contentCoding="decode")
    rows = [b'{"id":%d,"sum":"%s"},\n' % (number, hashlib.sha256(b"%d" % number).hexdigest().encode())
            for number in range(40_000)]
    rows[20_000] = BODY
    text = b"".join(rows)
    upstream(mesh, coded_answer(coding, CODINGS[coding][0](text), 30_000))
    with mesh.peer("wild") as client:
        client.send(request("GET", "/", host="wild.shop"))
        assert text_of(client.read()) == text.replace(BODY, MASKED)


def test_an_old_client_gets_it_until_the_close(running, upstream):
    for mode in ("identity", "decode"):
        mesh = running.get(contentCoding=mode)
        upstream(mesh, coded_answer("gzip", gzip.compress(BODY)))
        with mesh.peer("wild") as client:
            client.send("GET / HTTP/1.0\r\nHost: wild.shop\r\nConnection: keep-alive\r\n\r\n")
            answer = client.read()
        assert "transfer-encoding" not in answer.headers and "content-length" not in answer.headers
        assert text_of(answer) == MASKED


@pytest.mark.parametrize("mode", ["identity", "decode"])
def test_events_in_a_coding_do_not_wait_for_the_next(running, upstream, mode):
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    mesh = running.get(contentCoding=mode)
    event = packer.compress(b"data: first event\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    upstream(mesh, b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
             b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n" % (len(event), event), wait_gone)
    with mesh.peer("wild") as client:
        client.send(request("GET", "/", host="wild.shop"))
        client.read_head()
        reader = zlib.decompressobj(31) if mode == "decode" else None
        seen = b""
        while b"first event\n\n" not in seen:
            size = int(client._take_until(b"\r\n"), 16)
            piece = client._take(size + 2)[:-2]
            seen += reader.decompress(piece) if reader else piece


def test_answers_without_a_body_say_what_others_say(running, upstream):
    fields = b"Content-Encoding: gzip\r\nETag: \"v1\"\r\nContent-Length: 77\r\nAccept-Ranges: bytes\r\n\r\n"
    for mode, coding in (("identity", None), ("decode", "gzip")):
        mesh = running.get(contentCoding=mode)
        upstream(mesh, b"HTTP/1.1 200 OK\r\n" + fields)
        answer = ask_wild(mesh, method="HEAD")
        assert answer.headers.get("content-encoding") == coding
        assert answer.headers["etag"] == 'W/"v1"' and answer.headers["accept-ranges"] == "none"
        assert "content-length" not in answer.headers


def test_services_are_asked_for_what_can_be_undone(running):
    for mode, expected in (("identity", "identity"), ("decode", "gzip;q=0.8, br")):
        mesh = running.get(contentCoding=mode)
        with mesh.plain() as client:
            answer = client.ask("GET", "/", [("Accept-Encoding", "gzip;q=0.8, br, dcb"), ("Range", "bytes=0-9"),
                                             ("If-Range", '"v1"')])
        headers = json.loads(answer.body)["headers"]
        assert headers["accept-encoding"] == expected
        assert "range" not in headers and "if-range" not in headers


# ---- what cannot be decoded -----------------------------------------------------------------------------------------

GZIP = gzip.compress(BODY)
UNDECODABLE = {
    "plain text labelled gzip": ("gzip", BODY, "bad_coding"),
    "plain text labelled zstd": ("zstd", BODY, "bad_coding"),
    "truncated": ("gzip", GZIP[:-3], "bad_coding"),
    "trailing bytes": ("gzip", GZIP + b"trailing", "bad_coding"),
    "wrong checksum": ("gzip", GZIP[:-8] + bytes(4) + GZIP[-4:], "bad_coding"),
    "unknown coding": ("compress", BODY, "not_inspectable"),
    "three codings": ("gzip, gzip, gzip", gzip.compress(gzip.compress(GZIP)), "not_inspectable"),
    "a part of a range": ("gzip", GZIP, "not_inspectable"),
}


@pytest.mark.parametrize("what", UNDECODABLE)
def test_an_answer_that_cannot_be_decoded_is_refused(running, upstream, what):
    coding, body, reason = UNDECODABLE[what]
    mesh = running.get(contentCoding="decode")
    wire = coded_answer(coding, body)
    upstream(mesh, wire.replace(b"200 OK", b"206 Partial Content") if "range" in what else wire)
    with mesh.peer("wild") as client:
        client.send(request("GET", "/", host="wild.shop"))
        try:
            answer = client.read()
            assert answer.status == 502 and CARD not in answer.body
        except Closed as closed:
            assert CARD not in closed.received and not closed.received.endswith(b"0\r\n\r\n")
    assert mesh.inbound.wait_access(reason=reason)


def test_on_limit_allow_lets_it_pass_but_reads_what_was_never_coded(running, upstream):
    mesh = running.get(contentCoding="decode", onLimit="allow")
    upstream(mesh, coded_answer("gzip", BODY))
    answer = ask_wild(mesh)
    assert answer.headers["content-encoding"] == "gzip" and answer.body == MASKED
    assert mesh.inbound.wait_audit()


@pytest.mark.parametrize("spoil", [lambda coded: coded + b"xx", lambda coded: coded[:-1]], ids=["trailing", "cut"])
def test_on_limit_allow_still_reads_what_could_be_decoded(running, spoil):
    mesh = running.get(contentCoding="decode", onLimit="allow")
    seen = len(mesh.application.requests)
    with mesh.plain() as client:
        coded = spoil(gzip.compress(SQL.encode()))
        assert client.ask("POST", "/", [FORM, ("Content-Encoding", "gzip")], coded).status == 403
    assert len(mesh.application.requests) == seen
    with mesh.plain() as client:
        assert client.ask("POST", "/", [FORM, ("Content-Encoding", "gzip")], spoil(gzip.compress(b"a=b"))).status == 200


def test_a_covered_value_does_not_leave_with_an_original_that_cannot_be_coded_again(running, upstream):
    mesh = running.get(contentCoding="decode", onLimit="allow", paymentCards="off", dlp="pci")
    upstream(mesh, coded_answer("gzip", gzip.compress(BODY) + b"xx"))
    answer = ask_wild(mesh)
    assert answer.status == 502 and CARD not in answer.body


def test_a_request_that_cannot_be_decoded_is_refused(running):
    mesh = running.get(contentCoding="identity")
    seen = len(mesh.application.requests)
    for body, status in ((b"a=b", 400), (gzip.compress(b"a=b")[:-1], 400), (gzip.compress(b"a=b") + b"x" * 20, 400)):
        with mesh.plain() as client:
            assert client.ask("POST", "/", [FORM, ("Content-Encoding", "gzip")], body).status == status
    assert mesh.inbound.wait_access(reason="bad_coding")["response_code"] == 400
    assert len(mesh.application.requests) == seen


# ---- bombs ----------------------------------------------------------------------------------------------------------

def zstd_bomb(blocks=81_920):
    """10 GiB of zeros: blocks of 128 KiB in four bytes each."""
    block = ((1 << 1) | (128 * 1024 << 3)).to_bytes(3, "little") + b"\0"
    last = ((1 << 1) | (128 * 1024 << 3) | 1).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x38" + block * (blocks - 1) + last


BOMBS = {"gzip": lambda: gzip.compress(bytes(16 * MIB)) * 640, "br": lambda: brotli.compress(bytes(256 * MIB), quality=5),
         "zstd": zstd_bomb}


@pytest.mark.parametrize("coding", BOMBS)
@pytest.mark.parametrize("way", ["request", "answer"])
def test_a_bomb_is_stopped(running, upstream, honest_memory, way, coding):
    mesh = running.get(contentCoding="decode")
    body = BOMBS[coding]()
    limit = mesh.inbound.metric("gabion_limit_total", limit="decodedRatio")
    before = mesh.inbound.rss_bytes()
    began = time.monotonic()
    with mesh.peer("http" if way == "request" else "wild") as client:
        try:
            if way == "request":
                client.send(request("POST", "/", [("Content-Encoding", coding)], body))
            else:
                upstream(mesh, coded_answer(coding, body))
                client.send(request("GET", "/", host="wild.shop"))
            assert client.read().status in (413, 502)
        except (Closed, OSError):
            pass
    line = mesh.inbound.wait_access(reason="decoded_ratio")
    assert time.monotonic() - began < 30
    assert mesh.inbound.rss_bytes() - before < 64 * MIB
    assert mesh.inbound.metric("gabion_limit_total", limit="decodedRatio") == limit + 1
    assert line["bytes_sent"] + line["bytes_received"] < 256 * 1024


def test_more_text_than_the_limit_is_refused_or_passes_whole(binary, tmp_path, upstream):
    rows = b"".join(hashlib.sha256(b"%d" % number).hexdigest().encode() for number in range(8_000))
    for on_limit in ("deny", "allow"):
        mesh = start(binary, tmp_path / on_limit, contentCoding="decode", onLimit=on_limit)
        try:
            mesh.inbound.stop()
            mesh.start_inbound(limits={"decodedBytes": "128KiB"})
            upstream_of = mesh.start_wild(coded_answer("gzip", gzip.compress(rows), 10_000))
            with mesh.peer("wild") as client:
                client.send(request("GET", "/", host="wild.shop"))
                if on_limit == "allow":
                    assert gzip.decompress(client.read().body) == rows
                else:
                    with pytest.raises(Closed):
                        client.read()
                    assert mesh.inbound.wait_access(reason="decoded_bytes")
            assert mesh.inbound.metric("gabion_limit_total", limit="decodedBytes") == 1
            upstream_of.stop()
        finally:
            mesh.stop()


# ---- requests -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("coding", CODINGS)
def test_an_attack_in_a_coded_request_is_refused(running, coding):
    mesh = running.get(contentCoding="identity")
    seen = len(mesh.application.requests)
    body = CODINGS[coding][0](SQL.encode())
    with mesh.plain() as client:
        assert client.ask("POST", "/", [FORM, ("Content-Encoding", coding)], body).status == 403
    assert mesh.inbound.wait_access(response_code=403)["reason"] == "attack_detected"
    wire = request("POST", "/", [FORM, ("Content-Encoding", coding)], body)
    for cut in range(wire.index(b"\r\n\r\n") + 4, len(wire), 7):
        with mesh.plain() as client:
            client.send(wire[:cut], wire[cut:], pause=0.001)
            assert client.read().status == 403
    assert len(mesh.application.requests) == seen


@pytest.mark.parametrize("coding", CODINGS)
def test_a_harmless_coded_request_arrives(running, coding):
    mesh = running.get(contentCoding="identity")
    text = b"comment=" + b"I like it. " * 100
    body = CODINGS[coding][0](text)
    with mesh.plain() as client:
        answer = client.ask("POST", "/", [FORM, ("Content-Encoding", coding), ("Content-Digest", "sha-256=:x:")], body)
    account = json.loads(answer.body)
    received = account["body"].encode("latin-1")
    assert account["headers"]["content-encoding"] == coding
    assert CODINGS[coding][1](received) == text
    if "deflate" not in coding:  # held whole and unchanged: as it came
        assert received == body and account["headers"]["content-length"] == str(len(body))
        assert account["headers"]["content-digest"] == "sha-256=:x:"


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_long_coded_request_is_coded_anew(running, coding):
    mesh = running.get(contentCoding="identity")
    text = b"comment=" + b"".join(b"%d likes it. " % number for number in range(10_000))
    body = CODINGS[coding][0](text)
    with mesh.plain() as client:
        answer = client.ask("POST", "/", [FORM, ("Content-Encoding", coding), ("Content-Digest", "sha-256=:x:")], body)
    account = json.loads(answer.body)
    assert account["headers"]["transfer-encoding"] == "chunked"
    assert "content-length" not in account["headers"] and "content-digest" not in account["headers"]
    received = account["body"].encode("latin-1")
    assert account["body_length"] < 65536
    assert CODINGS[coding][1](received) == text


# ---- refusals in the middle -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("mode", ["identity", "decode"])
def test_a_refusal_in_the_middle_cuts_without_an_end(running, upstream, mode):
    mesh = running.get(contentCoding=mode, paymentCards="block")
    text = b"".join(hashlib.sha256(b"%d" % number).hexdigest().encode() + b"\n" for number in range(20_000))
    upstream(mesh, coded_answer("gzip", gzip.compress(text + b" card " + CARD + b" end"), 20_000))
    with mesh.peer("wild") as client:
        client.send(request("GET", "/", host="wild.shop"))
        with pytest.raises(Closed) as closed:
            client.read()
    assert not closed.value.received.endswith(b"0\r\n\r\n")
    assert mesh.inbound.wait_access(reason="sensitive_data")


def test_a_profile_that_only_logs_passes_everything_as_it_came(running, upstream):
    mesh = running.get(attacks="log", paymentCards="log")
    for coding, body in (("gzip", GZIP), ("gzip", BODY), ("br", brotli.compress(BODY)), ("gzip", GZIP[:-4])):
        wild = mesh.start_wild(coded_answer(coding, body, fields=[("ETag", '"v1"')]))
        answer = ask_wild(mesh)
        wild.stop()
        assert answer.body == body and answer.headers["content-length"] == str(len(body))
        assert answer.headers["etag"] == '"v1"'
    until(lambda: sum("CREDIT_CARD" in json.dumps(line) for line in mesh.inbound.audit()) == 4, "four audit lines")


# ---- with nginx and curl --------------------------------------------------------------------------------------------

NGINX = """
{modules}
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off; types {{ application/json json; }} gzip on; gzip_types application/json; gzip_min_length 20;
  gzip_http_version 1.0; {brotli}
  server {{ listen {endpoint}; root {folder}/www; }}
}}
"""


@pytest.mark.skipif(BINARY is None, reason="nginx is not installed")
@pytest.mark.parametrize("mode,accept", [("identity", "gzip"), ("decode", "gzip"), ("decode", "br")])
def test_nginx_and_curl_agree(binary, tmp_path, mode, accept):
    mesh = Mesh(binary, tmp_path, {"attacks": "block", "paymentCards": "mask", "contentCoding": mode})
    folder = tmp_path / "nginx"
    modules, on = "", ""
    if accept == "br":
        module = "/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so"
        if subprocess.run(["test", "-f", module]).returncode != 0:
            pytest.skip("nginx has no brotli module")
        modules, on = f"load_module {module};", "brotli on; brotli_types application/json; brotli_min_length 20;"
    configuration = NGINX.format(folder=folder, endpoint=mesh.application_endpoint, modules=modules, brotli=on)
    nginx = Nginx(folder, mesh.application_endpoint, configuration=configuration)
    try:
        text = b"[" + b",\n".join([BODY] * 2_000) + b"]"
        (nginx.www / "orders.json").write_bytes(text)
        mesh.start_inbound()
        shown = subprocess.run(
            ["curl", "-sS", "-D", "-", "-H", f"Accept-Encoding: {accept}", "--compressed", "--interface",
             mesh.address("web-0"), "-H", "Host: orders.shop", f"http://{mesh.listens['plain']}/orders.json"],
            capture_output=True, timeout=30, check=True).stdout
        head, _, body = shown.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert body == text.replace(BODY, MASKED)
        wanted = f"content-encoding: {accept}".encode()
        assert (wanted in head.lower()) == (mode == "decode")
        assert mesh.crashes() == []
    finally:
        nginx.stop()
        mesh.stop()
