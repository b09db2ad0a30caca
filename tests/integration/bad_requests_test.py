"""Requests that two servers read differently, that break off, that never end: refused, and the next one is served."""

import base64
import contextlib
import json
import os
import pathlib
import random
import socket
import struct

import pytest

from raw_client import Closed, request
from waiting import until

HEAD = b"POST / HTTP/1.1\r\nHost: orders.shop\r\n"
ROOT = pathlib.Path(__file__).resolve().parents[2]

# name: bytes that must be answered 400 (or only closed), and never reach the application
MALFORMED = {
    "length and chunked": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "list of lengths": HEAD + b"Content-Length: 5, 6\r\n\r\nhello",
    "signed length": HEAD + b"Content-Length: +5\r\n\r\nhello",
    "negative length": HEAD + b"Content-Length: -5\r\n\r\nhello",
    "hexadecimal length": HEAD + b"Content-Length: 0x5\r\n\r\nhello",
    "length with a blank": HEAD + b"Content-Length: 5 5\r\n\r\nhello",
    "empty length": HEAD + b"Content-Length:\r\n\r\n",
    "length beyond 64 bits": HEAD + b"Content-Length: 18446744073709551621\r\n\r\nhello",
    "chunked is not last": HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "two codings": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "identity": HEAD + b"Transfer-Encoding: identity\r\n\r\n",
    "unknown coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "coding with a tab": HEAD + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "two transfer encodings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunked in 1.0": b"POST / HTTP/1.0\r\nHost: orders.shop\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "space before the colon": b"GET / HTTP/1.1\r\nHost : orders.shop\r\n\r\n",
    "space before the colon of a length": HEAD + b"Content-Length : 5\r\n\r\nhello",
    "folded header": HEAD + b"X-Long: a\r\n b\r\n\r\n",
    "folded first header": b"GET / HTTP/1.1\r\n Host: orders.shop\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: orders.shop\n\n",
    "bare line feed in the head": b"GET / HTTP/1.1\r\nHost: orders.shop\nX-A: b\r\n\r\n",
    "bare carriage return": b"GET / HTTP/1.1\r\nHost: orders.shop\r\nX-A: b\rc\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: orders.shop\r\nX-A: b\x00c\r\n\r\n",
    "control character in a value": b"GET / HTTP/1.1\r\nHost: orders.shop\r\nX-A: b\x01c\r\n\r\n",
    "empty header name": b"GET / HTTP/1.1\r\nHost: orders.shop\r\n: value\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: orders.shop\r\nnonsense\r\n\r\n",
    "underscore in a name": b"GET / HTTP/1.1\r\nHost: orders.shop\r\nX_A: b\r\n\r\n",
    "brackets in a name": b"GET / HTTP/1.1\r\nHost: orders.shop\r\nX(A): b\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: orders.shop\r\nHost: orders.shop\r\n\r\n",
    "two other hosts": b"GET / HTTP/1.1\r\nHost: orders.shop\r\nhost: pay.shop\r\n\r\n",
    "host with a path": b"GET / HTTP/1.1\r\nHost: orders.shop/x\r\n\r\n",
    "host with user info": b"GET / HTTP/1.1\r\nHost: a@orders.shop\r\n\r\n",
    "host list": b"GET / HTTP/1.1\r\nHost: orders.shop, pay.shop\r\n\r\n",
    "empty host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "absolute form unlike host": b"GET http://pay.shop/ HTTP/1.1\r\nHost: orders.shop\r\n\r\n",
    "control character in the target": b"GET /a\x01b HTTP/1.1\r\nHost: orders.shop\r\n\r\n",
    "blank in the target": b"GET /a b HTTP/1.1\r\nHost: orders.shop\r\n\r\n",
    "tab as separator": b"GET\t/\tHTTP/1.1\r\nHost: orders.shop\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: orders.shop\r\n\r\n",
    "no version": b"GET /\r\nHost: orders.shop\r\n\r\n",
    "lower-case version": b"GET / http/1.1\r\nHost: orders.shop\r\n\r\n",
    "version with more": b"GET / HTTP/1.1x\r\nHost: orders.shop\r\n\r\n",
    "target without slash": b"GET orders HTTP/1.1\r\nHost: orders.shop\r\n\r\n",
    "chunk size with a sign": HEAD + b"Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
    "chunk size with 0x": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "chunk size with a blank": HEAD + b"Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n",
    "chunk size beyond 16 digits": HEAD + b"Transfer-Encoding: chunked\r\n\r\n00000000000000005\r\nhello\r\n0\r\n\r\n",
    "chunk size overflow": HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
    "empty chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n",
    "chunk without CRLF": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
    "chunk with a bare line feed": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
    "garbage": b"\x00\x01\x02\x03 nothing of this is HTTP \xff\xfe\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"\x00" * 160,
    "response": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}


def first_answer(client):
    """The status of the answer, or 0 when there is only a close."""
    try:
        return client.read().status
    except (Closed, OSError) as closed:
        assert b"HTTP/1.1 2" not in getattr(closed, "received", b"")
        return 0


@pytest.mark.parametrize("hop", ["inbound", "outbound"])
@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_request_is_refused_and_not_forwarded(shared, case, hop):
    seen = len(shared.application.requests)
    with (shared.plain() if hop == "inbound" else shared.caller()) as client:
        client.send(MALFORMED[case])
        with contextlib.suppress(OSError):  # it may have been refused and closed already
            client.send(request("GET", "/after-malformed"))
        assert first_answer(client) in (0, 400, 404, 501, 505)
        client.wait_closed()
    whole = [account for account in shared.application.requests[seen:] if account["target"] == "/after-malformed"]
    assert whole == [], "what follows a malformed request must not be served"
    assert len(shared.application.requests) == seen or case.startswith("chunk")
    sidecar = shared.inbound if hop == "inbound" else shared.outbound
    assert until(lambda: sidecar.access() or sidecar.audit(), "the refusal is told")


def test_two_equal_lengths_are_one_or_refused(shared):
    with shared.peer() as client:
        client.send(HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello")
        answer = client.read()
    if answer.status == 200:
        lengths = [line for line in json.loads(answer.body)["lines"] if line.lower().startswith("content-length")]
        assert len(lengths) == 1
    else:
        assert answer.status == 400


CASES = ROOT.parent / "shared" / "cases" / "http_llhttp.jsonl"


@pytest.mark.seconds(120)
def test_what_llhttp_refuses_is_never_forwarded_as_it_is(shared):
    if not CASES.exists():
        pytest.skip("shared/cases is not here")
    tried = 0
    for line in CASES.read_text().splitlines():
        case = json.loads(line)
        if case["kind"] != "request" or not case["error"] or "lenient" in json.dumps(case["mode"]):
            continue
        wire = base64.b64decode(case["raw_b64"])
        end = wire.find(b"\n") + 1
        if b"host:" not in wire.lower() and end:
            wire = wire[:end] + b"Host: orders.shop\r\n" + wire[end:]
        with shared.plain(seconds=3) as client:
            client.send(wire)
            try:
                client.half_close()
            except OSError:
                pass
            statuses = []
            try:
                while True:
                    statuses.append(client.read().status)
            except (Closed, OSError):
                pass
        assert statuses.count(200) <= (case["messages"] or 0), (case["id"], statuses)
        assert shared.inbound.running(), case["id"]
        tried += 1
    assert tried > 20


@pytest.mark.parametrize("port", ["http", "plain"])
@pytest.mark.parametrize("sent", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01", b"GET / HT"])
def test_a_client_that_leaves_early_is_forgotten(shared, port, sent):
    before = shared.inbound.open_files()
    for _ in range(20):
        client = shared.plain(port)
        client.send(sent)
        client.close()
    until(lambda: shared.inbound.open_files() <= before + 2, "the descriptors are closed")
    with shared.peer() as client:
        assert client.ask("GET", "/").status == 200


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("where", ["head", "body", "chunk", "answer"])
def test_a_client_that_stops_in_the_middle_leaves_nothing_behind(shared, where, how):
    sent = {"head": HEAD + b"X-A: b", "body": HEAD + b"Content-Length: 1000\r\n\r\nhello",
            "chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\nhello",
            "answer": request("GET", "/?size=30000000")}[where]
    before = shared.inbound.open_files()
    for _ in range(5):
        client = shared.peer()
        client.send(sent)
        if where == "answer":
            client.read_head()
        if how == "reset":
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    until(lambda: shared.inbound.open_files() <= before + 4, lambda: f"{shared.inbound.open_files()} descriptors")
    with shared.caller() as client:
        assert client.ask("GET", "/").status == 200


def test_an_aborted_request_is_logged_with_its_flag(shared):
    with shared.peer() as client:
        client.send(HEAD + b"Content-Length: 1000\r\n\r\nhello")
        until(lambda: shared.inbound.connections_open() > 0, "the connection is there")
    assert shared.inbound.wait_access(reason="client_closed")["response_flags"] == "DC"


def test_a_hundred_thousand_headers_are_refused_in_bounded_memory(shared):
    before = shared.inbound.rss_bytes()
    wire = HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(100_000)) + b"\r\n"
    with shared.peer() as client:
        try:
            client.send(wire)
        except OSError:
            pass
        assert first_answer(client) in (0, 431)
    assert shared.inbound.wait_told("header_too_large", "too_many_headers")
    assert shared.inbound.rss_bytes() - before < 8 << 20


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_never_harm(shared, seed):
    source = random.Random(seed)
    for _ in range(25):
        wire = bytearray(source.choice(list(MALFORMED.values()) + [request("GET", "/")]))
        for _ in range(source.randrange(1, 6)):
            wire[source.randrange(len(wire))] = source.randrange(256)
        with shared.plain(seconds=20) as client:
            client.send(bytes(wire))
            try:
                client.half_close()
                client.read_to_end()
            except (Closed, OSError):
                pass
    with shared.plain("http", seconds=20) as client:
        client.send(os.urandom(3000))
        client.wait_closed()
    assert shared.inbound.running()
    with shared.peer() as client:
        assert client.ask("GET", "/").status == 200


@pytest.mark.parametrize("first", [b"\r\n", b"\r\n\r\n"])
def test_leading_line_ends_do_not_hide_a_request(shared, first):
    with shared.peer() as client:
        client.send(first + request("GET", "/led"))
        assert first_answer(client) in (200, 400)


def test_a_client_that_reads_nothing_costs_bounded_memory(shared):
    before = shared.outbound.rss_bytes() + shared.inbound.rss_bytes()
    with shared.caller(receive_buffer=4096) as client:
        client.send(request("GET", "/?size=100000000"))
        client.read_head()
        until(lambda: shared.inbound.connections_open() > 0, "open")
        most = max(shared.outbound.rss_bytes() + shared.inbound.rss_bytes() for _ in range(50))
        assert most - before < 16 << 20
