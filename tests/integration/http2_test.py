"""HTTP/2 clients: real ones and one that says what it likes, through a sidecar to a service that speaks HTTP/1.1."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import threading
import time

import httpx
import pytest

from h2_wire import Wire, block, continuation, headers
from h2_wire import ask as fields_of
from http2_client import Http2Client
from mesh import FORWARDING, INSPECTING, Mesh
from raw_client import RawClient, request, tls_setting
from upstreams import Upstream, read_request
from waiting import until

CARD = b"4111111111111111"
PROTOCOL_ERROR, INTERNAL_ERROR, REFUSED_STREAM, ENHANCE_YOUR_CALM = 1, 2, 7, 11
ALPN_H2 = ("h2",)


def running(binary, folder, profile):
    found = Mesh(binary, folder, profile)
    found.start_application()
    found.start_inbound()
    yield found
    crashes = found.crashes()
    found.stop()
    assert not crashes, crashes


@pytest.fixture(scope="module")
def shared(binary, tmp_path_factory):
    """Everything running, nothing inspected."""
    yield from running(binary, tmp_path_factory.mktemp("http2"), FORWARDING)


@pytest.fixture(scope="module")
def inspected(binary, tmp_path_factory):
    yield from running(binary, tmp_path_factory.mktemp("http2-inspected"), INSPECTING)


def plain(mesh, port="plain", **options):
    options.setdefault("source", mesh.address("web-0"))
    return Http2Client(mesh.listens[port], **options)


def mutual(mesh, port="http", alpn=ALPN_H2, **options):
    options.setdefault("source", mesh.address("web-0"))
    setting = tls_setting(mesh.root.pem, mesh.identity_of("web-0"), alpn=alpn)
    return Http2Client(mesh.listens[port], tls=setting, **options)


def curl(mesh, *arguments, port="plain"):
    scheme = "http" if port == "plain" else "https"
    return subprocess.run(["curl", "-sS", "--max-time", "30", "--interface", mesh.address("web-0"), *arguments[:-1],
                           f"{scheme}://{mesh.listens[port]}{arguments[-1]}"], capture_output=True, check=True).stdout


# ---- real clients ---------------------------------------------------------------------------------------------------


def test_curl_with_prior_knowledge(shared):
    said = json.loads(curl(shared, "--http2-prior-knowledge", "-H", "X-One: 1", "/a?b=c"))
    assert (said["method"], said["target"], said["version"]) == ("GET", "/a?b=c", "HTTP/1.1")
    assert said["headers"]["x-one"] == "1"
    assert not {"connection", "upgrade", "http2-settings"} & set(said["headers"])
    line = shared.inbound.wait_access(path="/a?b=c")
    assert (line["protocol"], line["response_code"]) == ("HTTP/2", 200)


def test_curl_over_mtls_agrees_on_http2(shared):
    certificate, key = shared.identity_of("web-0")
    answer = curl(shared, "--http2", "-k", "--cert", str(certificate), "--key", str(key), "-o", "/dev/null",
                  "-w", "%{http_version} %{http_code}", "/", port="http")
    assert answer == b"2 200"


def test_httpx_over_mtls(shared):
    setting = tls_setting(shared.root.pem, shared.identity_of("web-0"), alpn=("h2", "http/1.1"))
    transport = httpx.HTTPTransport(verify=setting, http2=True, local_address=shared.address("web-0"))
    with httpx.Client(transport=transport, headers={"host": "orders.shop"}) as client:
        for _ in range(3):
            answer = client.post(f"https://{shared.listens['http']}/x", content=b"hello")
            assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
            assert answer.json()["body"] == "hello"


def test_nghttp(shared):
    done = subprocess.run(["nghttp", "-v", "-n", f"http://{shared.listens['plain']}/size?size=3000"],
                          capture_output=True, timeout=30, check=True).stdout
    assert b":status: 200" in done and b"PROTOCOL_ERROR" not in done


def test_h2load_with_a_hundred_streams(shared):
    done = subprocess.run(["h2load", "-n", "2000", "-c", "2", "-m", "100", f"http://{shared.listens['plain']}/?size=100"],
                          capture_output=True, timeout=60, check=True).stdout.decode()
    assert "2000 succeeded, 0 failed, 0 errored" in done, done


# ---- bodies ---------------------------------------------------------------------------------------------------------


def test_large_bodies_arrive_whole(shared):
    body = os.urandom(1 << 20) * 10
    with plain(shared) as client:
        answer = client.ask("POST", "/up", body=body)
        said = json.loads(answer.body)
        assert (said["body_length"], said["body_sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
        assert said["headers"]["transfer-encoding"] == "chunked"
        answer = client.ask(path="/down?size=10485760")
        assert hashlib.sha256(answer.body).hexdigest() == hashlib.sha256(b"x" * 10485760).hexdigest()
        assert answer.headers["content-length"] == "10485760"


def test_a_length_that_was_announced_is_passed_on(shared):
    with plain(shared) as client:
        said = json.loads(client.ask("POST", "/", headers=[("content-length", "5")], body=b"hello").body)
        assert said["headers"]["content-length"] == "5" and "transfer-encoding" not in said["headers"]


def test_trailers_both_ways(shared):
    with plain(shared) as client:
        stream = client.begin("POST", "/?chunked", [("te", "trailers")], end=False)
        client.send(stream, b"hello", end=False)
        client.trailers(stream, [("x-check", "9")])
        answer = client.read(stream)
        assert json.loads(answer.body)["trailers"] == {"x-check": "9"}
        assert answer.trailers == {"x-sum": "7"}
        assert "transfer-encoding" not in answer.headers and "content-length" not in answer.headers


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(shared, status):
    with plain(shared) as client:
        answer = client.ask(path=f"/?status={status}")
        assert (answer.status, answer.body, answer.ended) == (status, b"", True)
        assert client.ask().status == 200


def test_head(shared):
    with plain(shared) as client:
        answer = client.ask("HEAD", "/?size=77")
        assert (answer.status, answer.headers["content-length"], answer.body) == (200, "77", b"")


def test_interim_answers_and_expectations(shared):
    with plain(shared) as client:
        stream = client.begin("POST", "/", [("expect", "100-continue")], end=False)
        until(lambda: client.step() or client.answers[stream].interim, "told to go on")
        client.send(stream, b"hello")
        answer = client.read(stream)
        assert answer.interim[0][":status"] == "100" and json.loads(answer.body)["body"] == "hello"


def test_cookie_crumbs_are_joined(shared):
    with plain(shared) as client:
        said = json.loads(client.ask(headers=[("cookie", "a=1"), ("cookie", "b=2")]).body)
        assert said["headers"]["cookie"] == "a=1; b=2"


def test_a_hundred_streams_at_once(shared):
    with plain(shared) as client:
        client.step()
        streams = [client.begin(path=f"/?size={1000 + i}") for i in range(100)]
        for i, stream in enumerate(streams):
            assert len(client.read(stream).body) == 1000 + i


def test_a_preface_in_single_bytes(shared):
    with RawClient(shared.listens["plain"], source=shared.address("web-0")) as client:
        for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0":
            client.send(bytes([byte]))
        assert client._take(9)[3] == 4  # SETTINGS


def test_a_stream_that_is_not_read_keeps_nobody_waiting(shared):
    """Its window is closed: the proxy holds what the window and one queue hold, and others are answered."""
    with plain(shared, window=1000, acknowledge=False) as client:
        slow = [client.begin(path="/?size=5000000") for _ in range(20)]
        until(lambda: client.step() or all(len(client.answers[stream].body) == 1000 for stream in slow), "stuck")
        assert client.ask(path="/?size=900").status == 200
        assert shared.inbound.metric("gabion_buffered_bytes") < 8 << 20


def test_a_service_that_does_not_read_closes_the_window(mesh):
    mesh.start_inbound()
    gate = threading.Event()

    def serve(connection):
        stream = connection.makefile("rb")
        while stream.readline() not in (b"\r\n", b""):
            pass
        gate.wait(30)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        connection.recv(1)

    upstream = mesh._keep(Upstream(mesh.application_endpoint, serve))
    with plain(mesh) as client:
        stream = client.begin("POST", "/", end=False)
        sent, piece = 0, b"x" * 16384
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and sent < 64 << 20:
            room = client.h2.local_flow_control_window(stream)
            if room < len(piece):
                try:
                    client.step(0.5)
                except TimeoutError:
                    break
                continue
            client.h2.send_data(stream, piece)
            client.flush()
            sent += len(piece)
        assert sent < 32 << 20  # kernel buffers and one window, not the whole body
        assert mesh.inbound.metric("gabion_buffered_bytes") < 1 << 20
        gate.set()
        assert client.read(stream).status == 200
    upstream.stop()


# ---- verdicts -------------------------------------------------------------------------------------------------------


def test_an_attack_in_the_query_is_refused(inspected):
    with plain(inspected) as client:
        answer = client.ask(path="/?id=1%27%20OR%20%271%27=%271")
        assert answer.status == 403 and b"attack_detected" in answer.body
        assert client.ask().status == 200
    inspected.inbound.wait_audit(reason="attack_detected")
    assert inspected.inbound.wait_access(response_code=403)["protocol"] == "HTTP/2"


def test_an_attack_in_a_body_is_refused(inspected):
    before = len(inspected.application.requests)
    with plain(inspected) as client:
        answer = client.ask("POST", "/", [("content-type", "application/x-www-form-urlencoded")],
                            b"a=1&b=%3Cscript%3Ealert(1)%3C/script%3E")
        assert answer.status == 403 and b"attack_detected" in answer.body
    assert len(inspected.application.requests) == before


def test_a_card_number_is_masked_both_ways(inspected):
    with plain(inspected) as client:
        said = json.loads(client.ask("POST", "/", [("content-type", "text/plain")], b"card " + CARD).body)
        assert said["body"] == "card ************1111"  # of the answer: requests pass as they are
    assert inspected.application.requests[-1]["body"] == "card " + CARD.decode()

    def serve(connection):
        while read_request(connection.makefile("rb")):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n\r\ncard " + CARD)

    upstream = inspected._keep(Upstream(inspected.wild_endpoint, serve))
    with mutual(inspected, "wild") as client:
        answer = client.ask(authority="wild.shop")
        assert answer.body == b"card ************1111"
    upstream.stop()


def test_policy_is_per_request(mesh):
    mesh.start_application()
    mesh.put_policy({"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy",
                     "metadata": {"name": "p", "namespace": "shop"},
                     "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "mode": "Enforce",
                              "ingress": [{"action": "Allow", "ports": [{"port": 8083}], "protocol": "HTTP",
                                           "http": [{"methods": ["GET"], "paths": [{"exact": "/open"}]}]}]}})
    mesh.start_inbound()
    with plain(mesh) as client:
        assert client.ask(path="/open").status == 200
        refused = client.ask(path="/secret")
        assert refused.status == 403 and b"policy_denied" in refused.body
        assert client.ask(path="/open").status == 200


# ---- refusals -------------------------------------------------------------------------------------------------------

PSEUDO = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")]
MALFORMED = {
    "upper case": {"headers": [("X-A", "1")]},
    "connection": {"headers": [("connection", "close")]},
    "transfer-encoding": {"headers": [("transfer-encoding", "chunked")]},
    "te": {"headers": [("te", "gzip")]},
    "line in value": {"headers": [("x-a", "1\r\nhost: b")]},
    "underscore": {"headers": [("x_a", "1")]},
    "host differs": {"headers": [("host", "b")]},
    "two hosts": {"headers": [("host", "a"), ("host", "a")]},
    "empty path": {"pseudo": [*PSEUDO[:2], (":path", ""), PSEUDO[3]]},
    "no path": {"pseudo": [*PSEUDO[:2], PSEUDO[3]]},
    "path twice": {"pseudo": [*PSEUDO, (":path", "/b")]},
    "path with a line": {"pseudo": [*PSEUDO[:2], (":path", "/ HTTP/1.1\r\nx: y"), PSEUDO[3]]},
    "method with a line": {"pseudo": [(":method", "GET / HTTP/1.1\r\nx:"), *PSEUDO[1:]]},
    "user info": {"pseudo": [*PSEUDO[:3], (":authority", "u@a")]},
    "other scheme": {"pseudo": [PSEUDO[0], (":scheme", "file"), *PSEUDO[2:]]},
    "protocol": {"pseudo": [*PSEUDO, (":protocol", "websocket")]},
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_requests_are_reset_and_logged(shared, case):
    shared.forget()
    before = len(shared.application.requests)
    with plain(shared) as client:
        answer = client.read(client.begin(authority="a", **MALFORMED[case]))
        assert (answer.reset, answer.status) == (PROTOCOL_ERROR, 0)
        assert client.ask().status == 200
    assert len(shared.application.requests) == before + 1
    shared.inbound.wait_audit(reason="malformed_request")


def test_connect_is_refused(shared):
    with plain(shared) as client:
        answer = client.read(client.begin(pseudo=[(":method", "CONNECT"), (":authority", "a:1")]))
        assert answer.status == 405 and b"connect_refused" in answer.body


def test_a_length_that_is_not_the_datas_is_reset(shared):
    with plain(shared) as client:
        stream = client.begin("POST", "/", [("content-length", "7")], end=False)
        client.send(stream, b"hello")
        assert client.read(stream).reset == PROTOCOL_ERROR
        assert client.ask().status == 200


def test_heads_over_a_limit_get_their_answer(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"headerCount": 10, "headerBytes": "2KiB", "requestLineBytes": 300,
                               "requestBodyBytes": 1000})
    with plain(mesh) as client:
        assert client.ask(headers=[("x", "1")] * 12).status == 431
        assert client.ask(headers=[("x", "1" * 3000)]).status == 431
        assert client.ask(path="/" + "p" * 400).status == 414
        assert client.ask("POST", headers=[("content-length", "2000")], body=b"x" * 2000).status == 413
        assert client.ask("POST", body=b"x" * 2000).status == 413
        assert client.ask().status == 200


def test_an_answer_that_breaks_off_is_reset(mesh):
    mesh.start_inbound()
    seen = threading.Event()
    mesh.start_wild(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", lambda _: seen.wait(30), "reset")
    with mutual(mesh, "wild") as client:
        stream = client.begin(authority="wild.shop")
        until(lambda: client.step() or client.answers[stream].body == b"hello", "begun")
        seen.set()
        answer = client.read(stream)
        assert (answer.status, answer.reset, answer.ended) == (200, INTERNAL_ERROR, False)


def test_a_service_that_is_away(mesh):
    mesh.start_inbound()
    with plain(mesh) as client:
        answer = client.ask()
        assert answer.status == 503 and b"upstream_connect_failed" in answer.body


def test_declared_protocols_are_kept(mesh):
    mesh.start_application()
    entries = mesh.inbound_entries()
    protocols = {"http": "http1", "permissive": "http2", "plain": "http2", "wild": "http2"}
    for entry in entries:
        entry["protocol"] = protocols[entry["name"]]
    mesh.start_inbound(inbound=entries)
    with plain(mesh) as client:
        assert client.ask().status == 200
    with mesh.plain() as client:
        client.send(request("GET", "/"))
        client.wait_closed()
    assert mesh.inbound.wait_audit(reason="protocol_mismatch")["reason"] == "protocol_mismatch"
    with mesh.peer() as client:
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert client.read().status in (400, 505)
    with pytest.raises(OSError):
        mutual(mesh, "http").ask()
    with pytest.raises(OSError):
        mesh.peer("wild").ask("GET", "/")


def test_more_streams_than_allowed(mesh):
    mesh.start_inbound(limits={"concurrentStreams": 5})
    mesh.start_wild("hang")
    with mutual(mesh, "wild") as client:
        client.h2.remote_settings  # not waited for: all at once
        streams = [client.begin(authority="wild.shop") for _ in range(6)]
        until(lambda: client.step() or client.goaways or client.answers[streams[5]].reset is not None, "refused")
        assert client.goaways or client.answers[streams[5]].reset in (PROTOCOL_ERROR, REFUSED_STREAM)


def test_a_flood_of_pings_ends_the_connection(shared):
    with plain(shared) as client:
        ping = b"\0\0\x08\x06\0\0\0\0\0" + b"12345678"
        client.send_raw(ping * 3000)
        client.read_until_closed()
        assert client.goaways[-1][1] == ENHANCE_YOUR_CALM
    shared.inbound.wait_audit(reason="flood")
    with plain(shared) as client:
        assert client.ask().status == 200


def test_rapid_reset_ends_the_connection(shared):
    before = len(shared.application.requests)
    with plain(shared) as client:
        for _ in range(200):
            stream = client.begin(path="/rapid")
            client.h2.reset_stream(stream, 8)
        try:
            client.flush()
        except OSError:
            pass
        client.read_until_closed()
        assert not client.goaways or client.goaways[-1][1] == ENHANCE_YOUR_CALM
    shared.inbound.wait_audit(reason="flood")
    assert len(shared.application.requests) - before <= 110


# ---- life -----------------------------------------------------------------------------------------------------------


def test_a_drain_says_goodbye_and_finishes(mesh):
    mesh.start_inbound(drain={"notice": "300ms", "grace": "50s"})
    gate = threading.Event()
    mesh.start_wild(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", lambda _: gate.wait(30), b"world")
    with mutual(mesh, "wild") as client:
        stream = client.begin(authority="wild.shop")
        until(lambda: client.step() or client.answers[stream].body == b"hello", "begun")
        mesh.inbound.signal(signal.SIGTERM)
        until(lambda: client.step() or len(client.goaways) == 2, "said goodbye twice")
        assert client.goaways == [(2**31 - 1, 0), (stream, 0)]
        gate.set()
        assert client.read(stream).body == b"helloworld"
        client.read_until_closed()
    assert mesh.inbound.wait_exit(40) == 0


def test_an_idle_connection_is_closed_in_order(mesh):
    mesh.start_application()
    mesh.start_inbound(timeouts={"idle": "1500ms"})
    with plain(mesh) as client:
        assert client.ask().status == 200
        client.read_until_closed()
        assert client.goaways[-1][1] == 0


def test_a_head_that_does_not_end(mesh):
    mesh.start_application()
    mesh.start_inbound(timeouts={"requestHeader": "2s"})
    with plain(mesh) as client:
        assert client.ask().status == 200
        client.send_raw(b"\0\0\1\1\0\0\0\0\3\x82")  # HEADERS without END_HEADERS
        client.read_until_closed()
    mesh.inbound.wait_audit(reason="request_header_timeout")


def test_a_request_that_a_new_policy_forbids_is_ended(mesh):
    mesh.start_inbound()
    mesh.start_wild(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "hang")
    with mutual(mesh, "wild") as client:
        stream = client.begin(authority="wild.shop")
        until(lambda: client.step() or client.answers[stream].body == b"hello", "begun")
        mesh.put_policy({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                         "metadata": {"name": "none", "namespace": "shop"},
                         "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}})
        mesh.inbound.reload()
        assert client.read(stream).reset == INTERNAL_ERROR
    mesh.inbound.wait_audit(reason="policy_changed")


def test_a_header_block_that_outlives_its_rules_is_judged_by_the_new_ones(mesh):
    mesh.start_application()
    mesh.start_inbound()
    with Wire(mesh.listens["plain"], source=mesh.address("web-0")) as wire:
        assert wire.start().ask(1) == 200
        whole = block(*fields_of("/x"))
        wire.send(headers(3, whole[:10], whole=False))
        mesh.put_policy({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                         "metadata": {"name": "none", "namespace": "shop"},
                         "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}})
        mesh.inbound.reload()
        wire.send(continuation(3, whole[10:]))
        assert wire.read_until(lambda: wire.done(3)) and wire.status(3) == 403


def test_who_says_no_more_has_the_answers_that_are_ready(mesh):
    """Its end comes in the same turn of the loop as its requests."""
    mesh.put_policy({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                     "metadata": {"name": "none", "namespace": "shop"},
                     "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}})
    mesh.start_inbound()
    for _ in range(10):
        with Wire(mesh.listens["plain"], source=mesh.address("web-0")) as wire:
            wire.start()
            wire.send(*(headers(number, block(*fields_of("/x"))) for number in (1, 3, 5)))
            wire.socket.shutdown(socket.SHUT_WR)
            wire.read_until(lambda: wire.closed)
            assert [wire.status(number) for number in (1, 3, 5)] == [403, 403, 403]


def test_nothing_runs_above_the_last_stream_that_is_taken(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"requestsPerConnection": 3})
    with Wire(mesh.listens["plain"], source=mesh.address("web-0")) as wire:
        wire.start()
        numbers = range(1, 13, 2)
        wire.send(b"".join(headers(number, block(*fields_of(f"/{number}"))) for number in numbers))
        wire.read_until(lambda: wire.closed)
        assert {number for number in numbers if wire.status(number) == 200} == {1, 3, 5}
    mesh.inbound.wait_access(path="/5")
    assert sorted(line["path"] for line in mesh.inbound.access()) == ["/1", "/3", "/5"]


def test_a_head_just_below_its_limit_goes_on(mesh):
    """Fields grow a little where they are written in HTTP/2: 60 fields of 1,050 bytes are near the 64 KiB of headerBytes."""
    fields = b"".join(b"x-%d: %s\r\n" % (number, b"v" * 1050) for number in range(60))
    mesh.start_inbound()
    mesh.start_wild(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + fields + b"\r\nok")
    with mutual(mesh, "wild") as client:
        answer = client.ask(authority="wild.shop")
        assert (answer.status, answer.body) == (200, b"ok")
