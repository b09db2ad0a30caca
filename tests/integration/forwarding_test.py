"""Requests and answers through two sidecars arrive as they were sent."""

import hashlib
import json
import subprocess

import pytest

from raw_client import request


def account(answer):
    assert answer.status == 200, answer
    return json.loads(answer.body)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
def test_a_method_arrives(shared, method):
    with shared.caller() as client:
        told = account(client.ask(method, "/api/orders?x=1&y=%20z"))
    assert (told["method"], told["target"], told["version"]) == (method, "/api/orders?x=1&y=%20z", "HTTP/1.1")


@pytest.mark.parametrize("size", [1, 100, 4096, 32768, 65537, 1_000_000])
def test_a_body_with_a_length_arrives_whole(shared, size):
    body = bytes(index % 251 for index in range(size))
    with shared.caller() as client:
        told = account(client.ask("POST", "/", [("Content-Type", "application/octet-stream")], body))
    assert told["body_length"] == size
    assert told["body_sha256"] == hashlib.sha256(body).hexdigest()
    assert told["headers"]["content-length"] == str(size)


@pytest.mark.parametrize("chunks", [[b"hello"], [b"a", b"b" * 70000, b"c"], [b"z"] * 500, []],
                         ids=["one", "large between small", "many small", "none"])
def test_a_chunked_body_arrives_whole(shared, chunks):
    wire = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    with shared.caller() as client:
        client.send("POST / HTTP/1.1\r\nHost: orders.shop\r\nTransfer-Encoding: chunked\r\n\r\n", wire)
        told = account(client.read())
    assert told["body_sha256"] == hashlib.sha256(b"".join(chunks)).hexdigest()
    assert "content-length" not in told["headers"] or "transfer-encoding" not in told["headers"]


def test_a_request_cut_at_every_byte_is_the_same_request(shared):
    wire = request("POST", "/cut?a=b", [("X-One", "1")], b"0123456789")
    with shared.caller() as client:
        for cut in range(1, len(wire)):
            client.send(wire[:cut], wire[cut:])
            told = account(client.read())
            assert (told["target"], told["body"], told["headers"]["x-one"]) == ("/cut?a=b", "0123456789", "1")


def test_a_request_in_single_bytes_is_the_same_request(shared):
    wire = request("POST", "/bytes", [("X-One", "1")], b"0123456789")
    with shared.peer() as client:
        client.send(*[wire[index:index + 1] for index in range(len(wire))])
        told = account(client.read())
    assert (told["target"], told["body"]) == ("/bytes", "0123456789")


def test_chunk_extensions_do_not_pass(shared):
    with shared.caller() as client:
        client.send("POST / HTTP/1.1\r\nHost: orders.shop\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "5;name=value\r\nhello\r\n0;last\r\n\r\n")
        answer = client.read()
    assert answer.status == 400 or account(answer)["body"] == "hello"


def test_request_trailers_arrive(shared):
    with shared.caller() as client:
        client.send("POST / HTTP/1.1\r\nHost: orders.shop\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n",
                    "5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n")
        told = account(client.read())
    assert told["body"] == "hello"
    assert told["trailers"].get("x-sum") == "42"


def test_response_trailers_arrive(shared):
    with shared.caller() as client:
        client.send(request("GET", "/?chunked&size=10", [("TE", "trailers")]))
        answer = client.read()
    assert (answer.body, answer.trailers.get("x-sum")) == (b"x" * 10, "7")


@pytest.mark.parametrize("wish,size", [("chunked&size=100000", 100000), ("size=100000", 100000), ("size=0", 0),
                                       ("close&size=50000", 50000)])
def test_an_answer_arrives_whole_and_the_connection_stays(shared, wish, size):
    with shared.caller() as client:
        for _ in range(3):
            assert client.ask("GET", f"/?{wish}").body == b"x" * size


@pytest.mark.parametrize("status", [200, 201, 204, 304, 404, 500, 599])
def test_a_status_arrives_and_the_connection_stays(shared, status):
    with shared.caller() as client:
        for _ in range(2):
            assert client.ask("GET", f"/?status={status}").status == status


def test_an_answer_that_ends_with_the_connection_arrives_whole(shared, wild):
    wild(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", b"a" * 70000)
    with shared.caller() as client:
        answer = client.ask("GET", "/", host="wild.shop")
    assert (answer.status, len(answer.body)) == (200, 70000)


def test_interim_answers_do_not_replace_the_final_one(shared, wild):
    wild(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    with shared.caller() as client:
        assert client.ask("GET", "/", host="wild.shop").body == b"ok"


def test_head_has_a_length_and_no_body(shared):
    with shared.caller() as client:
        for _ in range(3):
            answer = client.ask("HEAD", "/?size=1234")
            assert (answer.status, answer.headers["content-length"], answer.body) == (200, "1234", b"")
        assert account(client.ask("GET", "/after"))["target"] == "/after"


def test_expect_100_continue_is_answered_before_the_body(shared):
    with shared.caller() as client:
        client.send("POST / HTTP/1.1\r\nHost: orders.shop\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert client.read(interim=True).status == 100
        client.send("hello")
        assert account(client.read())["body"] == "hello"


def test_another_expectation_is_417(shared):
    with shared.peer() as client:
        client.send("POST / HTTP/1.1\r\nHost: orders.shop\r\nExpect: a-miracle\r\nContent-Length: 5\r\n\r\nhello")
        assert client.read().status == 417
    assert shared.inbound.wait_access(response_code=417)["reason"] == "unsupported_expect"


def test_one_connection_carries_many_requests(shared):
    with shared.caller() as client:
        for number in range(200):
            assert account(client.ask("GET", f"/n/{number}"))["target"] == f"/n/{number}"


def test_pipelined_requests_are_answered_in_order(shared):
    with shared.caller() as client:
        client.send(b"".join(request("GET", f"/p/{number}") for number in range(100)))
        targets = [account(client.read())["target"] for _ in range(100)]
    assert targets == [f"/p/{number}" for number in range(100)]


def test_pipelined_bodies_are_not_requests(shared):
    inner = request("GET", "/smuggled")
    with shared.caller() as client:
        client.send(request("POST", "/outer", [("Content-Type", "text/plain")], inner) + request("GET", "/next"))
        assert [account(client.read())["target"] for _ in range(2)] == ["/outer", "/next"]


def test_http_1_0_is_answered_and_closed(shared):
    with shared.caller() as client:
        client.send("GET /old HTTP/1.0\r\nHost: orders.shop\r\n\r\n")
        answer = client.read()
        assert account(answer)["target"] == "/old"
        client.wait_closed()


def test_http_1_0_never_gets_chunks(shared):
    with shared.caller() as client:
        client.send("GET /?chunked&size=5000 HTTP/1.0\r\nHost: orders.shop\r\n\r\n")
        answer = client.read()
    assert "transfer-encoding" not in answer.headers
    assert answer.body == b"x" * 5000


def test_connection_close_is_honoured(shared):
    with shared.caller() as client:
        answer = client.ask("GET", "/", [("Connection", "close")])
        assert answer.headers.get("connection", "").lower() == "close"
        client.wait_closed()


def test_an_answer_before_the_end_of_the_request_arrives(shared, wild):
    wild(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\nstop")
    with shared.caller() as client:
        client.send("POST / HTTP/1.1\r\nHost: wild.shop\r\nContent-Type: application/octet-stream\r\n"
                    "Content-Length: 1000000\r\n\r\n" + "x" * 200_000)
        assert client.read().status == 413


def test_curl_agrees(shared):
    url = f"http://{shared.calls}/curl?a=b"
    done = subprocess.run(["curl", "-sS", "--fail", "-H", "Host: orders.shop", "--data-binary", "@-", url],
                          input=b"x" * 200_000, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["body_length"] == 200_000


def test_a_host_without_a_route_is_404(shared):
    with shared.caller() as client:
        answer = client.ask("GET", "/", host="nowhere.shop")
        assert answer.status == 404
    line = shared.outbound.wait_access(response_code=404)
    assert (line["reason"], line["response_flags"]) == ("no_route", "NR")


@pytest.mark.parametrize("host", ["orders.shop", "ORDERS.shop", "orders.shop:8080", "a.shop.svc", "a.b.shop.svc"])
def test_a_host_finds_its_route(shared, host):
    with shared.caller() as client:
        assert account(client.ask("GET", "/", host=host))["headers"]["host"] == host


def test_a_wildcard_route_needs_a_label(shared):
    with shared.caller() as client:
        assert client.ask("GET", "/", host="shop.svc").status == 404


def test_a_plain_route_works_without_identity(shared):
    with shared.caller() as client:
        account(client.ask("GET", "/", host="plain.shop"))
    assert not shared.inbound.wait_access(path="/").get("peer_spiffe")


def test_absolute_form_goes_where_its_host_goes(shared):
    with shared.caller() as client:
        client.send("GET http://orders.shop/abs?q HTTP/1.1\r\nHost: orders.shop\r\n\r\n")
        assert account(client.read())["target"] == "/abs?q"


@pytest.mark.parametrize("line,status,reason", [
    ("CONNECT orders.shop:443 HTTP/1.1", 405, "connect_refused"),
    ("GET / HTTP/2.0", 505, "unsupported_version"),
    ("GET / HTTP/1.2", 505, "unsupported_version"),
])
def test_what_is_not_served_has_its_status(shared, line, status, reason):
    host = "orders.shop:443" if line.startswith("CONNECT") else "orders.shop"
    with shared.peer() as client:
        client.send(f"{line}\r\nHost: {host}\r\n\r\n")
        answer = client.read()
    assert answer.status in (status, 400) if status == 505 else answer.status == status
    assert shared.inbound.wait_access(response_code=answer.status)["reason"] in (reason, "malformed_request")


def test_an_upgrade_is_refused_or_ignored_never_a_tunnel(shared):
    with shared.peer() as client:
        client.send(request("GET", "/ws", [("Connection", "Upgrade"), ("Upgrade", "websocket"),
                                           ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "A" * 22 + "==")]))
        answer = client.read()
    assert answer.status == 501
    assert shared.inbound.wait_access(response_code=501)["reason"] == "upgrade_refused"


def test_an_upgrade_to_h2c_is_not_offered_on(shared):
    with shared.peer() as client:
        told = account(client.ask("GET", "/", [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
                                               ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")]))
    assert "upgrade" not in told["headers"] and "http2-settings" not in told["headers"]


def test_a_101_nobody_asked_for_is_no_tunnel(shared, wild):
    wild(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nsecret", "hang")
    with shared.peer("wild") as client:
        answer = client.ask("GET", "/", host="wild.shop")
        assert answer.status == 502
