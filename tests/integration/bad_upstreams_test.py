"""An upstream that refuses, resets, hangs, lies or babbles becomes one honest answer or one visible cut."""

import pytest

from raw_client import Closed
from waiting import until

OK = b"HTTP/1.1 200 OK\r\n"


def ask(mesh, **options):
    """The answer of a GET on port wild, or Closed."""
    with mesh.peer("wild", **options) as client:
        return client.ask("GET", "/", host="wild.shop")


def test_an_upstream_that_refuses_is_503(shared):
    answer = ask(shared)
    assert answer.status == 503
    line = shared.inbound.wait_access(response_code=503)
    assert (line["reason"], line["response_flags"]) == ("upstream_connect_failed", "UF")


ANSWERS = {
    # name: (what the upstream does, status, reasons, flag)
    "closes at once": ([], 503, {"upstream_reset"}, "UC"),
    "resets at once": (["reset"], 503, {"upstream_reset"}, "UC"),
    "closes within the head": ([b"HTTP/1.1 200 O"], 503, {"upstream_reset", "upstream_malformed"}, None),
    "resets within the head": ([OK + b"X-A", "reset"], 503, {"upstream_reset"}, "UC"),
    "speaks garbage": ([b"\x00\x01nothing of this is HTTP\r\n\r\n"], 502, {"upstream_malformed"}, "UPE"),
    "speaks SSH": ([b"SSH-2.0-OpenSSH_9.2\r\n"], 502, {"upstream_malformed"}, "UPE"),
    "speaks TLS": ([b"\x15\x03\x01\x00\x02\x02\x46"], 502, {"upstream_malformed"}, "UPE"),
    "sends a request": ([b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], 502, {"upstream_malformed"}, "UPE"),
    "length and chunked": ([OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"], 502,
                           {"upstream_malformed"}, "UPE"),
    "two lengths": ([OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"], 502, {"upstream_malformed"}, "UPE"),
    "bad length": ([OK + b"Content-Length: five\r\n\r\nhello"], 502, {"upstream_malformed"}, "UPE"),
    "unknown transfer coding": ([OK + b"Transfer-Encoding: gzip\r\n\r\nhello"], 502, {"upstream_malformed"}, "UPE"),
    "folded header": ([OK + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n"], 502, {"upstream_malformed"}, "UPE"),
    "NUL in a header": ([OK + b"X-A: b\x00c\r\nContent-Length: 0\r\n\r\n"], 502, {"upstream_malformed"}, "UPE"),
    "bare line feeds": ([b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"], 502, {"upstream_malformed"}, "UPE"),
    "status of two digits": ([b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"], 502, {"upstream_malformed"}, "UPE"),
    "huge headers": ([OK + b"X-A: " + b"b" * 200_000 + b"\r\n\r\n"], 502, {"upstream_header_too_large"}, "UPE"),
    "many headers": ([OK + b"X-A: b\r\n" * 5000 + b"\r\n"], 502, {"upstream_header_too_large"}, "UPE"),
    "endless head": ([OK, lambda connection: endless(connection, b"X-A: bbbbbbbbbbbbbbbb\r\n")], 502,
                     {"upstream_header_too_large"}, "UPE"),
}


def endless(connection, piece):
    """Sends until the other side has had enough."""
    while True:
        connection.sendall(piece * 1000)


@pytest.mark.parametrize("case", ANSWERS)
def test_an_upstream_without_an_answer_becomes_ours(shared, wild, case):
    steps, status, reasons, flag = ANSWERS[case]
    wild(*steps)
    answer = ask(shared)
    assert answer.status == status, answer
    assert "x-request-id" in answer.headers
    line = shared.inbound.wait_access(response_code=status)
    assert line["reason"] in reasons
    assert flag is None or line["response_flags"] == flag
    assert b"SSH" not in answer.body and b"nothing of this" not in answer.body


CUTS = {
    "closes before its length": [OK + b"Content-Length: 1000\r\n\r\nhello"],
    "resets before its length": [OK + b"Content-Length: 1000\r\n\r\nhello", "reset"],
    "closes within a chunk": [OK + b"Transfer-Encoding: chunked\r\n\r\n10\r\nhello"],
    "closes between chunks": [OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
    "closes before the last line end": [OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"],
    "bad chunk size": [OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\nhello\r\n0\r\n\r\n"],
}


@pytest.mark.parametrize("hops", ["one", "two"])
@pytest.mark.parametrize("case", CUTS)
def test_an_answer_cut_short_is_never_made_to_look_whole(shared, wild, case, hops):
    wild(*CUTS[case])
    with (shared.peer("wild") if hops == "one" else shared.caller()) as client:
        try:
            answer = client.ask("GET", "/", host="wild.shop")
        except (Closed, OSError):
            pass
        else:
            assert answer.status in (502, 503), f"looks whole: {answer}"
    assert shared.inbound.wait_told("upstream_truncated", "upstream_reset", "upstream_malformed")


def test_bytes_beyond_the_length_reach_nobody(shared, wild):
    upstream = wild(OK + b"Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", "hang")
    with shared.peer("wild") as client:
        assert client.ask("GET", "/", host="wild.shop").body == b"hello"
        assert client.ask("GET", "/second", host="wild.shop").body == b"hello"
    assert upstream.connections == 2, "a connection with left-over bytes is not used again"


@pytest.mark.parametrize("wire,status", [
    (b"HTTP/1.1 204 No Content\r\n\r\npoison", 204),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\npoison", 304),
])
def test_a_body_where_none_may_be_reaches_nobody(shared, wild, wire, status):
    wild(wire, "hang")
    with shared.peer("wild") as client:
        for _ in range(2):
            answer = client.ask("GET", "/", host="wild.shop")
            assert (answer.status, answer.body) == (status, b"")


def test_a_slow_answer_arrives_piece_by_piece(shared, wild):
    gates = []

    def wait_for_gate(_):
        until(lambda: gates, "the client has the first piece")

    wild(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", wait_for_gate, b"6\r\nsecond\r\n0\r\n\r\n")
    with shared.peer("wild") as client:
        client.send("GET / HTTP/1.1\r\nHost: wild.shop\r\n\r\n")
        assert client.read_head()[0] == 200
        gates.append(True)
        assert client._read_chunks()[0] == b"firstsecond"


@pytest.mark.parametrize("timeouts,steps,status,reason,flag", [
    ({"responseHeader": "300ms"}, ["hang"], 504, "response_header_timeout", "UT"),
    ({"total": "300ms"}, ["hang"], 504, "total_timeout", "UT"),
])
def test_an_upstream_that_hangs_is_504(mesh, timeouts, steps, status, reason, flag):
    mesh.start_application()
    mesh.start_inbound(timeouts=timeouts)
    mesh.start_wild(*steps)
    assert ask(mesh).status == status
    line = mesh.inbound.wait_access(response_code=status)
    assert (line["reason"], line["response_flags"]) == (reason, flag)
    assert 200 <= line["duration"] < 20_000


def test_an_answer_that_stops_coming_is_cut(mesh):
    mesh.start_application()
    mesh.start_inbound(timeouts={"responseBody": "300ms"})
    mesh.start_wild(OK + b"Content-Length: 1000\r\n\r\nhello", "hang")
    with pytest.raises((Closed, OSError)):
        ask(mesh, seconds=20)
    assert mesh.inbound.wait_access(reason="response_body_timeout")["response_flags"] == "UT"


def test_a_connection_the_application_closed_is_not_used_again(shared):
    with shared.peer() as client:
        for _ in range(20):
            assert client.ask("GET", "/?close").status == 200


def test_the_other_service_is_served_while_one_is_away(shared):
    for _ in range(3):
        assert ask(shared).status == 503
        with shared.peer() as client:
            assert client.ask("GET", "/").status == 200
