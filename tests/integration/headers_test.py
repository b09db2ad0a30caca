"""What a sidecar removes from, adds to and makes anew in headers on both hops."""

import json
import re

import pytest

from certificates import spiffe

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE_SHAPE = r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"


def headers_at_application(client, headers, **options):
    answer = client.ask("GET", "/headers", headers, **options)
    assert answer.status == 200, answer
    return json.loads(answer.body)["headers"], answer


@pytest.mark.parametrize("name,value", [
    ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive"), ("TE", "trailers, gzip"),
    ("Proxy-Authorization", "Basic AAAA"), ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA"),
])
def test_a_hop_by_hop_header_ends_here(shared, name, value):
    with shared.caller() as client:
        seen, _ = headers_at_application(client, [(name, value)])
    assert seen.get(name.lower(), "trailers") == "trailers"


def test_what_connection_names_ends_here(shared):
    with shared.caller() as client:
        seen, _ = headers_at_application(client, [("Connection", "X-Private, x-other"), ("X-Private", "1"),
                                                  ("X-Other", "2"), ("X-Kept", "3")])
    assert "x-private" not in seen and "x-other" not in seen
    assert seen["x-kept"] == "3"


@pytest.mark.parametrize("target", ["Host", "Content-Length", "Authorization", "X-Request-Id",
                                    "X-Forwarded-Client-Cert"])
def test_connection_cannot_remove_what_others_rely_on(shared, target):
    with shared.peer() as client:
        client.send(f"POST /x HTTP/1.1\r\nHost: orders.shop\r\nConnection: {target}\r\nAuthorization: Bearer t\r\n"
                    "Content-Length: 2\r\n\r\nhi")
        answer = client.read()
    if answer.status == 400:
        return
    account = json.loads(answer.body)
    assert account["body"] == "hi"
    assert account["headers"]["host"] == "orders.shop"
    assert target == "Authorization" or account["headers"].get("authorization") == "Bearer t"
    assert "web" in account["headers"].get("x-forwarded-client-cert", "web")


def test_end_to_end_headers_pass_unchanged(shared):
    sent = [("Accept", "*/*"), ("Cookie", "a=b; c=d"), ("Authorization", "Bearer abc"), ("X-Empty", ""),
            ("If-None-Match", '"tag"'), ("X-Twice", "1"), ("X-Twice", "2"), ("X-Latin", "caf\xe9")]
    with shared.caller() as client:
        seen, _ = headers_at_application(client, sent)
    expected = {"accept": "*/*", "cookie": "a=b; c=d", "authorization": "Bearer abc", "x-empty": "",
                "if-none-match": '"tag"', "x-twice": "1,2"}
    assert {name: seen.get(name) for name in expected} == expected


def test_a_response_loses_its_hop_by_hop_headers(shared, wild):
    wild(b"HTTP/1.1 200 OK\r\nConnection: X-Inner\r\nX-Inner: 1\r\nKeep-Alive: timeout=3\r\nX-Kept: 2\r\n"
         b"Content-Length: 2\r\n\r\nok")
    with shared.caller() as client:
        answer = client.ask("GET", "/", host="wild.shop")
    assert "x-inner" not in answer.headers and "keep-alive" not in answer.headers
    assert answer.headers["x-kept"] == "2"


@pytest.mark.parametrize("name", ["Forwarded", "X-Real-IP", "X-Envoy-External-Address", "X-Envoy-Internal"])
def test_a_forged_origin_header_does_not_pass_the_mesh_edge(shared, name):
    with shared.plain() as client:
        seen, _ = headers_at_application(client, [(name, "203.0.113.7")])
    assert "203.0.113.7" not in seen.get(name.lower(), "")


def test_the_client_certificate_is_told_to_the_application(shared):
    with shared.peer() as client:
        seen, _ = headers_at_application(client, [])
    assert f"URI={spiffe('shop', 'web')}" in seen["x-forwarded-client-cert"]


@pytest.mark.parametrize("port", ["http", "plain"])
def test_a_forged_client_certificate_header_does_not_pass(shared, port):
    forged = [("X-Forwarded-Client-Cert", f"URI={spiffe('shop', 'admin')}")]
    with (shared.peer(port) if port == "http" else shared.plain(port)) as client:
        seen, _ = headers_at_application(client, forged)
    assert "admin" not in seen.get("x-forwarded-client-cert", "")


def test_a_request_without_an_id_gets_one_and_the_log_has_it(shared):
    with shared.caller() as client:
        seen, _ = headers_at_application(client, [])
    assert len(seen["x-request-id"]) >= 16
    assert shared.inbound.wait_access(request_id=seen["x-request-id"])["response_code"] == 200
    assert shared.outbound.wait_access(request_id=seen["x-request-id"])["response_code"] == 200


def test_two_requests_have_two_ids(shared):
    with shared.caller() as client:
        assert len({headers_at_application(client, [])[0]["x-request-id"] for _ in range(20)}) == 20


def test_a_local_answer_carries_the_request_id(shared):
    with shared.caller() as client:
        answer = client.ask("GET", "/", host="nowhere.shop")
    assert shared.outbound.wait_access(request_id=answer.headers["x-request-id"])["response_code"] == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert 0 < len(answer.body) < 300


def test_a_valid_traceparent_keeps_its_trace(shared):
    with shared.caller() as client:
        seen, _ = headers_at_application(client, [("traceparent", TRACEPARENT), ("tracestate", "a=b")])
    assert re.fullmatch(TRACE_SHAPE, seen["traceparent"])
    assert seen["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]
    assert seen["tracestate"] == "a=b"
    assert shared.inbound.wait_access(response_code=200)["trace_id"] == TRACEPARENT.split("-")[1]


@pytest.mark.parametrize("broken", ["", "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01", TRACEPARENT.upper(),
                                    "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01", TRACEPARENT + "-x",
                                    "ff" + TRACEPARENT[2:]])
def test_a_broken_traceparent_is_made_anew(shared, broken):
    with shared.caller() as client:
        seen, _ = headers_at_application(client, [("traceparent", broken), ("tracestate", "a=b")])
    assert re.fullmatch(TRACE_SHAPE, seen["traceparent"])
    assert seen["traceparent"] != broken
    assert "tracestate" not in seen


def test_a_request_without_a_trace_gets_one(shared):
    with shared.caller() as client:
        seen, _ = headers_at_application(client, [])
    assert re.fullmatch(TRACE_SHAPE, seen["traceparent"])


@pytest.mark.parametrize("sent,arrives", [
    ("/app/../admin", "/admin"), ("/app#foo", "/app"), ("/xyz%30..//abc", "/xyz0..//abc"),
    ("/app\\admin", "/app/admin"),
    ("/app/%2f", "/app/%2f"), ("/admin%2541", "/admin%2541"), ("/a?b=../c%30", "/a?b=../c%30"),
])
def test_the_judged_path_is_the_forwarded_path(shared, sent, arrives):
    with shared.peer() as client:
        answer = client.ask("GET", sent)
    assert answer.status == 200, answer
    assert json.loads(answer.body)["target"] == arrives


@pytest.mark.parametrize("sent", ["/..", "/../etc", "/a/../../b", "/%zz", "/%", "/a%00b", "/%%32e"])
def test_a_path_no_two_servers_agree_on_is_400(shared, sent):
    with shared.peer() as client:
        assert client.ask("GET", sent).status == 400
    assert shared.inbound.wait_access(response_code=400)["reason"] in ("bad_path", "malformed_request")


def test_a_log_line_has_the_keys_parsers_know(shared):
    with shared.peer() as client:
        client.ask("GET", "/keys?x=1", [("User-Agent", 'te"st\x09agent')])
    line = shared.inbound.wait_access(response_code=200)
    assert {"start_time", "method", "path", "protocol", "response_code", "response_flags", "bytes_received",
            "bytes_sent", "duration", "upstream_service_time", "user_agent", "request_id", "authority", "upstream_host",
            "downstream_local_address", "downstream_remote_address", "peer_spiffe", "trace_id",
            "generation"} <= set(line)
    assert (line["method"], line["path"], line["protocol"]) == ("GET", "/keys?x=1", "HTTP/1.1")
    assert line["authority"] == "orders.shop"
    assert line["peer_spiffe"] == spiffe("shop", "web")
    assert line["downstream_remote_address"].startswith(shared.address("web-0") + ":")


def test_a_card_number_in_a_path_does_not_reach_the_log(shared):
    with shared.peer() as client:
        client.ask("GET", "/pay/4111111111111111?card=5500005555555559")
    shared.inbound.wait_access(method="GET")
    text = shared.inbound.text("access.log")
    assert "4111111111111111" not in text and "5500005555555559" not in text


def test_an_answer_names_the_request_for_who_does_not_know_it(shared):
    with shared.caller() as client:
        seen, answer = headers_at_application(client, [])
    assert answer.headers["x-request-id"] == seen["x-request-id"]
    with shared.peer() as client:  # a sidecar that gave the id tells its own client
        answers = [headers_at_application(client, headers)[1] for headers in ([("X-Request-Id", "given-1")], [])]
    assert "x-request-id" not in answers[0].headers
    assert len(answers[1].headers["x-request-id"]) == 36
