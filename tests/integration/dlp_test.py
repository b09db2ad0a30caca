"""Sensitive values in what passes a sidecar: each action in each format, both ways, however bodies are coded and cut."""

import gzip
import json
import re
import shutil
import subprocess
import threading
import urllib.request

import brotli
import pytest
import zstandard

from dlp_bed import CARD, KEY, MASKED_CARD, TOKEN, Running, acting, answer_of, ask_wild, chunk_of, post
from mesh import FORWARDING, Mesh
from nginx import BINARY, Nginx
from raw_client import Closed, request
from upstreams import Upstream, read_request

ACTIONS = ("log", "mask", "replace", "token", "dropField", "block")
FORMATS = {
    "json": ("application/json", '{"a": 1, "card": "%s", "b": [true, null]}'),
    "form": ("application/x-www-form-urlencoded", "a=1&card=%s&b=2"),
    "html": ("text/html", "<html><body><p class=\"x\">card %s</p></body></html>"),
    "multipart": ("multipart/form-data; boundary=xyz",
                  '--xyz\r\nContent-Disposition: form-data; name="card"\r\n\r\n%s\r\n--xyz--\r\n'),
    "text": ("text/plain", "the card is %s.\n"),
    "events": ("text/event-stream", 'event: paid\ndata: {"card": "%s"}\n\n'),
}
DROPPED = {"json": '{"a": 1, "b": [true, null]}', "form": "a=1&b=2"}


@pytest.fixture(scope="module")
def running(binary, tmp_path_factory):
    found = Running(binary, tmp_path_factory)
    yield found
    found.stop()


def assert_covered(text, action, format_name):
    body = FORMATS[format_name][1]
    if action == "log":
        assert text == body % CARD
    elif action == "mask" or (action == "dropField" and format_name not in DROPPED):
        assert text == body % MASKED_CARD
    elif action == "dropField":
        assert text == DROPPED[format_name]
    elif action == "replace":
        assert text == body % ("%5BCREDIT_CARD%5D" if format_name == "form" else "[CREDIT_CARD]")
    else:
        assert re.fullmatch(re.escape(body % "@").replace("@", TOKEN), text), text
    if format_name == "json":
        json.loads(text)


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("action", ACTIONS)
def test_answers(running, action, format_name):
    mesh = running.get(acting(action), key=KEY)
    content_type, body = FORMATS[format_name]
    for chunk in (None, 1, 11):
        answer = ask_wild(mesh, answer_of(body % CARD, content_type, chunk))
        if action == "block":
            assert CARD.encode() not in (answer if isinstance(answer, bytes) else answer.body)
            assert isinstance(answer, bytes) or answer.status == 403
            continue
        assert answer.status == 200
        assert_covered(answer.body.decode(), action, format_name)
        if "content-length" in answer.headers:
            assert int(answer.headers["content-length"]) == len(answer.body)
    line = mesh.inbound.wait_audit(reason="sensitive_data" if action == "block" else "none")
    assert CARD not in json.dumps(line)
    (found,) = line["pii"]
    done = "mask" if action == "dropField" and format_name not in DROPPED else action
    assert (found["rule"], found["direction"], found["validated"]) == ("CREDIT_CARD", "response", True)
    assert found["action"] in (action, done)
    assert mesh.inbound.metric("gabion_findings_total", detector="dlp", rule="CREDIT_CARD", action=found["action"],
                               direction="response") >= 3


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("action", ACTIONS)
def test_requests(running, action, format_name):
    mesh = running.get(acting(action, direction="request"), key=KEY)
    content_type, body = FORMATS[format_name]
    answer, arrived = post(mesh, (body % CARD).encode(), content_type)
    if action == "block":
        assert answer.status == 403 and arrived is None
        assert mesh.inbound.wait_access(reason="sensitive_data")["response_code"] == 403
        return
    assert answer.status == 200
    assert_covered(arrived["body"], action, format_name)
    assert arrived["headers"].get("transfer-encoding") == "chunked" or \
        int(arrived["headers"]["content-length"]) == arrived["body_length"]
    (found,) = (one for one in mesh.inbound.wait_audit()["pii"] if one["direction"] == "request")
    assert found["rule"] == "CREDIT_CARD"


def test_heads_of_requests(running):
    mesh = running.get(acting("mask", direction="request"))
    headers = [("X-Card", CARD), ("Cookie", f"card={CARD}"), ("Authorization", f"Card {CARD}")]
    answer, arrived = post(mesh, b"x", "text/plain", headers, target=f"/pay/{CARD}?card=4111+1111+1111+1111&a=1")
    assert answer.status == 200
    assert arrived["target"].startswith(f"/pay/{MASKED_CARD}?card=") and arrived["target"].endswith("&a=1")
    assert "1111+1111+1111" not in arrived["target"]
    assert arrived["headers"]["x-card"] == MASKED_CARD
    assert arrived["headers"]["cookie"] == f"card={CARD}", "who the caller is stays what it is"
    assert arrived["headers"]["authorization"] == f"Card {CARD}"
    found = {one["field"]: one["action"] for one in mesh.inbound.wait_audit()["pii"] if one["direction"] == "request"}
    assert found == {"path": "mask", "query": "mask", "header:x-card": "mask", "header:cookie": "log",
                     "header:authorization": "log"}


def test_heads_of_answers(running):
    mesh = running.get(acting("mask"))
    answer = ask_wild(mesh, answer_of("fine", "text/plain", fields=[("X-Card", CARD), ("Set-Cookie", f"card={CARD}")]))
    assert answer.headers["x-card"] == MASKED_CARD and answer.headers["set-cookie"] == f"card={CARD}"
    assert answer.body == b"fine"


def test_a_head_that_must_not_leave(running):
    mesh = running.get(acting("block"))
    answer = ask_wild(mesh, answer_of("fine", "text/plain", fields=[("X-Card", CARD)]))
    assert answer.status == 403 and CARD not in str(answer.raw_head)
    answer, arrived = post(mesh, b"x", "text/plain", target=f"/?card={CARD}")
    assert answer.status == 403 and arrived is None


CODINGS = {"gzip": (gzip.compress, gzip.decompress), "br": (brotli.compress, brotli.decompress),
           "zstd": (zstandard.ZstdCompressor().compress,
                    lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body))}
DIGESTS = [("Content-MD5", "x"), ("Digest", "sha-256=x"), ("Content-Digest", "sha-256=:eA==:"),
           ("Repr-Digest", "sha-256=:eA==:"), ("ETag", '"v1"'), ("Accept-Ranges", "bytes")]


@pytest.mark.parametrize("action", ["mask", "replace", "dropField"])
@pytest.mark.parametrize("mode", ["identity", "decode"])
@pytest.mark.parametrize("coding", CODINGS)
def test_coded_answers(running, coding, mode, action):
    mesh = running.get(acting(action), contentCoding=mode, key=KEY)
    content_type, body = FORMATS["json"]
    pack, unpack = CODINGS[coding]
    answer = ask_wild(mesh, answer_of(pack((body % CARD).encode()), content_type, 7,
                                      [("Content-Encoding", coding), *DIGESTS]), headers=[("Accept-Encoding", coding)])
    assert answer.headers.get("content-encoding") == (coding if mode == "decode" else None)
    assert_covered((unpack(answer.body) if mode == "decode" else answer.body).decode(), action, "json")
    assert not {"content-md5", "digest", "content-digest", "repr-digest", "content-length"} & set(answer.headers)
    assert answer.headers["etag"] == 'W/"v1"' and answer.headers["accept-ranges"] == "none"


@pytest.mark.parametrize("action", ["mask", "replace"])
def test_digests_of_an_answer_that_is_not_coded_are_gone(running, action):
    mesh = running.get(acting(action), key=KEY)
    answer = ask_wild(mesh, answer_of(FORMATS["json"][1] % CARD, fields=DIGESTS))
    assert not {"content-md5", "digest", "content-digest", "repr-digest"} & set(answer.headers)
    assert ("content-length" in answer.headers) == (action == "mask")
    if action == "mask":  # the same length, at the same places
        assert answer.headers["etag"] == '"v1"'
    else:
        assert answer.headers["etag"] == 'W/"v1"' and answer.headers["accept-ranges"] == "none"


# ---- nothing leaves before it was judged ----------------------------------------------------------------------------

class Pausing:
    """Upstream steps that send a part and wait until go() before the rest."""

    def __init__(self, first, rest):
        self._event = threading.Event()
        self.steps = (first, lambda _: self._event.wait(30), rest)

    def go(self):
        self._event.set()


def take_what_comes(client, seconds):
    client.socket.settimeout(seconds)
    received = b""
    try:
        while piece := client.socket.recv(65536):
            received += piece
    except TimeoutError:
        pass
    client.socket.settimeout(10)
    return received


@pytest.mark.parametrize("action", ["mask", "replace", "token", "dropField", "block"])
@pytest.mark.parametrize("cut", [1, 4, 8, 15])
def test_half_a_value_does_not_leave(running, action, cut):
    mesh = running.get(acting(action), key=KEY)
    wire = answer_of(FORMATS["json"][1] % CARD)
    place = wire.index(CARD.encode()) + cut
    pause = Pausing(wire[:place], wire[place:])
    upstream = mesh.start_wild(*pause.steps)
    try:
        with mesh.peer("wild") as client:
            client.send(request("GET", "/", host="wild.shop"))
            early = take_what_comes(client, 0.4)
            assert b'"' + CARD[:cut].encode() not in early and b"4111" not in early
            pause.go()
            rest = early + take_what_comes(client, 0.6)
        assert CARD.encode() not in rest
        if action == "mask":
            assert MASKED_CARD.encode() in rest
    finally:
        pause.go()
        upstream.stop()


@pytest.mark.parametrize("content_type, begin, end", [("text/event-stream", "data: ", "\n\n"),
                                                      ("application/x-ndjson", "", "\n")])
@pytest.mark.parametrize("mode", ["identity", "decode"])
def test_events_and_lines_arrive_when_they_are_complete(running, mode, content_type, begin, end):
    mesh = running.get(acting("mask"), contentCoding=mode)
    events = [f'{begin}{{"n": {number}, "card": "{CARD}"}}{end}'.encode() for number in range(3)]
    turns = [threading.Event() for _ in events]
    steps = [f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()]
    for event, turn in zip(events, turns):
        steps += [chunk_of(event[:20]), chunk_of(event[20:]), lambda _, turn=turn: turn.wait(30)]
    upstream = mesh.start_wild(*steps, b"0\r\n\r\n")
    try:
        with mesh.peer("wild") as client:
            client.send(request("GET", "/", host="wild.shop"))
            client.read_head()
            for event, turn in zip(events, turns):
                seen = b""
                while not seen.endswith(end.encode()):
                    size = int(client._take_until(b"\r\n"), 16)
                    seen += client._take(size + 2)[:-2]
                assert seen == event.replace(CARD.encode(), MASKED_CARD.encode())
                turn.set()
            assert client._take_until(b"\r\n") == b"0\r\n"
    finally:
        for turn in turns:
            turn.set()
        upstream.stop()


def test_half_an_event_does_not_leave(running):
    mesh = running.get(acting("mask"))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    pause = Pausing(head + chunk_of(b"data: one\n\n") + chunk_of(b"data: card 41111111"),
                    chunk_of(b"11111111\n\n") + b"0\r\n\r\n")
    upstream = mesh.start_wild(*pause.steps)
    try:
        with mesh.peer("wild") as client:
            client.send(request("GET", "/", host="wild.shop"))
            early = take_what_comes(client, 0.4)
            assert b"data: one\n\n" in early and b"4111" not in early
            pause.go()
            assert b"************1111" in take_what_comes(client, 0.6)
    finally:
        pause.go()
        upstream.stop()


# ---- with clients and servers of others -----------------------------------------------------------------------------

PAGE = """<html><body><script>
const source = new EventSource("/events");
source.onmessage = (event) => { document.body.append(event.data + ";"); if (event.data == "end") source.close(); };
</script></body></html>"""


def serve_page(connection):
    stream = connection.makefile("rb")
    while found := read_request(stream, connection):
        if found["target"] != "/events":
            connection.sendall(answer_of(PAGE, "text/html"))
            continue
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for text in (b"data: card 4111 ", b"1111 1111 1111\n\n", b"data: second\n\ndata: end\n\n"):
            connection.sendall(chunk_of(text))
        connection.sendall(b"0\r\n\r\n")


CHROMIUM = shutil.which("chromium")


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.seconds(120)
def test_a_browser_reads_events(binary, tmp_path):
    mesh = Mesh(binary, tmp_path, {**FORWARDING, "dlp": "mine"}, {"dlp": {"profiles": {"mine": acting("mask")}}})
    upstream = Upstream(mesh.application_endpoint, serve_page)
    try:
        mesh.start_inbound()
        shown = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={tmp_path}/browser", "--virtual-time-budget=8000", "--dump-dom",
             f"http://{mesh.listens['plain']}/page"], capture_output=True, timeout=100, check=True).stdout.decode()
        assert "card **** **** **** 1111;second;end;" in shown
        assert mesh.crashes() == []
    finally:
        upstream.stop()
        mesh.stop()


NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off; types {{ application/json json; }} gzip on; gzip_types application/json; gzip_min_length 20;
  gzip_http_version 1.0;
  server {{ listen {endpoint}; root {folder}/www; }}
}}
"""


@pytest.mark.skipif(BINARY is None, reason="nginx is not installed")
@pytest.mark.parametrize("mode", ["identity", "decode"])
def test_nginx_curl_and_python(binary, tmp_path, mode):
    mesh = Mesh(binary, tmp_path, {**FORWARDING, "dlp": "mine", "contentCoding": mode},
                {"dlp": {"profiles": {"mine": acting("replace")}}})
    folder = tmp_path / "nginx"
    nginx = Nginx(folder, mesh.application_endpoint,
                  configuration=NGINX.format(folder=folder, endpoint=mesh.application_endpoint))
    try:
        rows = [{"id": number, "card": CARD, "note": "ships in a week"} for number in range(3_000)]
        (nginx.www / "rows.json").write_text(json.dumps(rows))
        expected = [{**row, "card": "[CREDIT_CARD]"} for row in rows]
        mesh.start_inbound()
        url = f"http://{mesh.listens['plain']}/rows.json"
        shown = subprocess.run(["curl", "-sS", "-i", "--compressed", url], capture_output=True, timeout=30, check=True)
        head, _, body = shown.stdout.partition(b"\r\n\r\n")
        assert (b"content-encoding: gzip" in head.lower()) == (mode == "decode")
        assert json.loads(body) == expected
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert json.load(answer) == expected
        assert mesh.crashes() == []
    finally:
        nginx.stop()
        mesh.stop()
