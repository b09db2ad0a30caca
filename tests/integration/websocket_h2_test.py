"""WebSocket over HTTP/2 (RFC 8441): what passes, what is refused, and that it is judged as an upgrade of HTTP/1.1 is."""

import signal
import threading

import pytest

import websocket_peers as ws
from dlp_bed import CARD, MASKED_CARD, acting
from http2_client import Http2Answer
from mesh import FORWARDING, Mesh
from policy_test import l7_policy, network_policy, rule
from upstreams import Upstream, read_request
from waiting import until
from websocket_bed import inbound_of, start_websocket
from websocket_h2 import FIELDS, Stream, connect_head, connection
from websocket_peers import Service
from websocket_test import BAD_SWITCHES

CONNECT_PROTOCOL = 8
PROTOCOL_ERROR, CANCEL = 1, 8


@pytest.fixture(scope="module")
def echo(binary, tmp_path_factory):
    """A mesh without detectors whose service, which speaks HTTP/1.1, echoes."""
    mesh = Mesh(binary, tmp_path_factory.mktemp("echo"), FORWARDING)
    mesh.service = start_websocket(mesh, outbound=True)
    yield mesh
    crashes = mesh.crashes()
    mesh.stop()
    assert crashes == []


# ---- what passes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("port", ["plain", "http"])
def test_messages_are_echoed(echo, port):
    echo.forget()
    with connection(echo, port) as client:
        assert client.h2.remote_settings.get(CONNECT_PROTOCOL) == 1
        stream = Stream(client, path="/chat?n=1").opened()
        assert "sec-websocket-accept" not in stream.answer.headers
        assert stream.ask("hello") == "hello"
        assert stream.ask("x" * 70_000) == "x" * 70_000
        assert stream.close() == 1000
        assert stream.answer.ended
    line = echo.inbound.wait_access(websocket_close_code=1000)
    assert (line["method"], line["path"], line["protocol"], line["response_code"]) == ("GET", "/chat?n=1", "HTTP/2", 200)
    assert (line["websocket_messages_received"], line["websocket_messages_sent"]) == (2, 2)
    assert (line["websocket_closed_by"], line["reason"]) == ("client", "none")


@pytest.mark.parametrize("size", [1, 2, 7])
def test_frames_may_be_cut_anywhere(echo, size):
    with connection(echo) as client:
        stream = Stream(client).opened()
        stream.send(ws.frame(ws.TEXT, "in ", fin=False), ws.frame(ws.PING, "are you there"),
                    ws.frame(ws.CONTINUATION, "pieces"), size=size)
        assert stream.read() == (ws.PONG, b"are you there")
        assert stream.message() == b"in pieces"
        assert stream.close(4321) == 4321


def test_streams_of_a_connection_are_websockets_and_requests_beside_each_other(echo):
    with connection(echo) as client:
        streams = [Stream(client, path=f"/{number}").opened() for number in range(20)]
        for number, stream in enumerate(streams):
            stream.text(f"hello {number}")
        assert client.ask(authority="orders.shop").status == 426  # of a service that knows nothing but WebSocket
        assert [stream.message() for stream in streams] == [b"hello %d" % number for number in range(20)]
        streams[3].close()
        assert streams[4].ask("still open") == "still open"


def test_a_megabyte_both_ways(echo):
    payload = b"x" * 1_000_000
    with connection(echo) as client:
        stream = Stream(client).opened().send(ws.frame(ws.BINARY, payload))
        assert stream.message() == payload


def test_a_reader_that_does_not_read_stops_the_sender(echo, honest_memory):
    """Its window stays shut, and so does the one that we gave it."""
    before = echo.inbound.rss_bytes()
    with connection(echo, window=0, acknowledge=False) as client:
        stream = Stream(client).opened()
        piece, sent = ws.frame(ws.BINARY, b"y" * 15_000), 0
        with pytest.raises(TimeoutError):
            while sent < 200 << 20:
                while client.h2.local_flow_control_window(stream.id) < len(piece):
                    client.step(2)
                client.h2.send_data(stream.id, piece)
                client.flush()
                sent += len(piece)
        assert sent > 65535 and echo.inbound.rss_bytes() - before < 8 << 20


def test_subprotocol_and_compression_are_agreed(mesh):
    start_websocket(mesh, service=False)
    service = mesh._keep(Service(mesh.application_endpoint, subprotocols=["v2.chat", "v1.chat"]))
    with connection(mesh) as client:
        fields = (*FIELDS, ("sec-websocket-protocol", "v1.chat"),
                  ("sec-websocket-extensions", "x-hole, permessage-deflate; client_no_context_takeover"),
                  ("sec-websocket-key", ws.KEY))
        stream = Stream(client, fields, path="/room?n=1").opened()
        assert stream.answer.headers["sec-websocket-protocol"] == "v1.chat"
        assert stream.answer.headers["sec-websocket-extensions"].startswith("permessage-deflate")
        stream.send(ws.frame(ws.TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00", reserved=4))  # RFC 7692 §7.2.3.1
        _, reserved, _, _, _ = ws.read_frame(stream._take)
        assert reserved == 4
        stream.close()
    assert (service.messages, service.paths) == (["Hello"], ["/room?n=1"])
    told = service.headers[0]
    assert told["upgrade"] == "websocket" and "x-hole" not in told["sec-websocket-extensions"]
    assert told.get_all("sec-websocket-key") != [ws.KEY]  # the client's is not its to choose
    assert not [name for name in told if name.lower() in (":protocol", "te", "http2-settings")]


# ---- the request ----------------------------------------------------------------------------------------------------


def test_it_is_announced_only_where_it_is_allowed(mesh):
    mesh.start_application()
    mesh.start_inbound()
    with connection(mesh) as client:
        assert client.h2.remote_settings.get(CONNECT_PROTOCOL, 0) == 0
        assert Stream(client).answer.reset == PROTOCOL_ERROR
    line = mesh.inbound.wait_access(reason="malformed_request")
    assert line["response_code"] == 0


REFUSED = {
    "another protocol": ({"protocol": "connect-udp"}, FIELDS, 501),
    "no version": ({}, (), 400),
    "version 8": ({}, (("sec-websocket-version", "8"),), 426),
    "protocols twice": ({}, (*FIELDS, ("sec-websocket-protocol", "a, a")), 400),
    "no connect": ({"protocol": None, "scheme": None, "path": None}, (), 405),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_told_by_an_answer(echo, case):
    head, fields, status = REFUSED[case]
    paths = len(echo.service.paths)
    with connection(echo) as client:
        stream = Stream(client, fields, **head)
        assert stream.read_end().status == status
        if status == 426:
            assert stream.answer.headers["sec-websocket-version"] == "13"
        assert Stream(client).opened().ask("the connection lives on") == "the connection lives on"
    assert len(echo.service.paths) == paths + 1


MALFORMED = {
    "no scheme": ({"scheme": None}, FIELDS),
    "no path": ({"path": None}, FIELDS),
    "an empty path": ({"path": ""}, FIELDS),
    "asterisk": ({"path": "*"}, FIELDS),
    "no authority": ({"authority": None}, (*FIELDS, ("host", "orders.shop"))),
    "another host": ({}, (*FIELDS, ("host", "other.shop"))),
    "not CONNECT": ({"method": "GET"}, FIELDS),
    "no token": ({"protocol": "web socket"}, FIELDS),
    "content-length": ({}, (*FIELDS, ("content-length", "5"))),
    "content-length 0": ({}, (*FIELDS, ("content-length", "0"))),
    "transfer-encoding": ({}, (*FIELDS, ("transfer-encoding", "chunked"))),
    "both upgrades at once": ({}, (*FIELDS, ("connection", "upgrade"), ("upgrade", "websocket"))),
    "plain CONNECT with a path": ({"protocol": None}, FIELDS),
    "a line in the path": ({"path": "/\r\nx: y"}, FIELDS),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_malformed_resets_its_stream_alone(echo, case):
    head, fields = MALFORMED[case]
    paths = len(echo.service.paths)
    with connection(echo) as client:
        assert Stream(client, fields, **head).answer.reset == PROTOCOL_ERROR
        assert Stream(client).opened().ask("x") == "x"
    assert len(echo.service.paths) == paths + 1


def test_policy_judges_it_as_a_get_of_its_path(mesh):
    service = start_websocket(mesh)
    mesh.put_policy(l7_policy(rule(port=8083, http=[{"methods": ["GET"], "paths": [{"prefix": "/chat"}]}])))
    mesh.inbound.reload()
    with connection(mesh) as client:
        assert Stream(client, path="/admin").read_end().status == 403
        assert Stream(client, path="/chat/../admin").read_end().status == 403
        assert service.paths == []
        assert Stream(client, path="/chat").opened().ask("x") == "x"
    denied = mesh.inbound.wait_access(path="/admin")
    assert (denied["method"], denied["protocol"], denied["response_code"]) == ("GET", "HTTP/2", 403)


# ---- nothing is smuggled --------------------------------------------------------------------------------------------


SMUGGLED = b"GET /admin HTTP/1.1\r\nHost: orders.shop\r\n\r\n"


def test_data_that_looks_like_a_request_is_no_request(echo):
    """Before the answer it waits, behind it it is a frame, and a malformed one; of a refused stream it is nothing."""
    paths = len(echo.service.paths)
    with connection(echo) as client:
        early = client.begin(headers=FIELDS, end=False, pseudo=connect_head(path="/early"))
        client.send(early, SMUGGLED, end=False)
        refused = client.begin(headers=FIELDS, end=False, pseudo=connect_head(path="/refused", protocol="tcp"))
        client.send(refused, SMUGGLED)
        assert client.read(refused).status == 501
        answer = client.read(early)
        assert answer.status == 200 and answer.body[:4] == b"\x88\x02\x03\xea"  # closed with 1002
        late = Stream(client, path="/late").opened().send(SMUGGLED)
        assert late.close_code() == 1002
    assert echo.service.paths[paths:] == ["/early", "/late"]
    assert echo.inbound.wait_access(path="/late")["reason"] == "malformed_frame"


def test_trailers_are_no_end_of_a_websocket(echo):
    with connection(echo) as client:
        stream = Stream(client).opened()
        client.trailers(stream.id, [("x-sum", "7")])
        assert stream.read_end().reset == PROTOCOL_ERROR


@pytest.mark.parametrize("status", [200, 204])
def test_a_service_that_answers_success_has_not_switched(echo, status):
    wild = echo.start_wild(b"HTTP/1.1 %d Yes\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % status, "hang")
    try:
        with connection(echo, "wild") as client:
            assert Stream(client, authority="wild.shop").read_end().status == 502
    finally:
        wild.stop()


@pytest.mark.parametrize("case", BAD_SWITCHES)
def test_a_101_that_does_not_answer_is_502(echo, case):
    wild = echo.start_wild(BAD_SWITCHES[case], b"secret", "hang")
    try:
        with connection(echo, "wild") as client:
            answer = Stream(client, authority="wild.shop").read_end()
            assert (answer.status, b"secret" in answer.body) == (502, False)
    finally:
        wild.stop()


def test_an_answer_of_the_service_is_passed_on(echo):
    wild = echo.start_wild(b"HTTP/1.1 404 No\r\nConnection: close\r\nContent-Length: 4\r\n\r\nnone", "hang")
    try:
        with connection(echo, "wild") as client:
            answer = Stream(client, authority="wild.shop").read_end()
            assert (answer.status, answer.body) == (404, b"none")
    finally:
        wild.stop()


# ---- how it ends ----------------------------------------------------------------------------------------------------


def test_a_policy_change_closes_with_1008(mesh):
    service = start_websocket(mesh)
    with connection(mesh) as client:
        stream = Stream(client).opened()
        assert stream.ask("x") == "x"
        mesh.put_policy(network_policy(policyTypes=["Ingress"]))
        mesh.inbound.reload()
        assert stream.close_code() == 1008
    until(lambda: service.closes and service.closes[0][0] == 1008, "the service is told")
    line = mesh.inbound.wait_access(websocket_close_code=1008)
    assert (line["reason"], line["websocket_closed_by"]) == ("policy_changed", "proxy")


def test_a_configuration_that_refuses_closes_what_is_open_and_opens_nothing(mesh):
    start_websocket(mesh)
    with connection(mesh) as client:
        stream = Stream(client).opened()
        mesh.inbound.configuration["inbound"] = mesh.inbound_entries()
        mesh.inbound.write()
        mesh.inbound.reload()
        assert stream.close_code() == 1008
        assert Stream(client).read_end().status == 501  # it was announced


def test_a_drain_says_1001_and_the_proxy_ends(mesh):
    service = start_websocket(mesh, drain={"notice": "0s", "grace": "20s"})
    with connection(mesh) as client:
        stream = Stream(client).opened()
        assert stream.ask("x") == "x"
        mesh.inbound.signal(signal.SIGTERM)
        assert stream.close_code() == 1001
        stream.send(ws.frame(ws.CLOSE, ws.close_payload(1001)))
        assert stream.read_end().ended
    assert mesh.inbound.wait_exit(40) == 0
    until(lambda: service.closes and service.closes[0][0] == 1001, "the service is told")


def test_silence_closes_with_1001(mesh):
    start_websocket(mesh, timeouts={"websocketIdle": "400ms"})
    with connection(mesh) as client:
        assert Stream(client).opened().close_code() == 1001
    assert mesh.inbound.wait_access(websocket_close_code=1001)["reason"] == "idle_timeout"


@pytest.mark.parametrize("how", ["end", "reset", "connection"])
def test_a_client_that_goes_without_a_word_is_told_to_the_service(mesh, how):
    service = start_websocket(mesh)
    with connection(mesh) as client:
        stream = Stream(client).opened()
        assert stream.ask("x") == "x"
        if how == "end":
            client.h2.end_stream(stream.id)
        elif how == "reset":
            client.h2.reset_stream(stream.id, error_code=8)
        else:
            client.socket.close()
        if how != "connection":
            client.flush()
        if how == "end":
            assert stream.read_end().reset == CANCEL
        until(lambda: service.closes and service.closes[0][0] == 1001, "the service is told")
    assert mesh.inbound.wait_access(websocket_closed_by="client")["reason"] == "client_closed"


def test_a_service_that_goes_without_a_word_is_1014(echo):
    async def leave(service, live):
        await live.recv()
        live.transport.abort()

    leaving = Service(echo.wild_endpoint, leave)
    try:
        with connection(echo, "wild") as client:
            stream = Stream(client, authority="wild.shop").opened().text("go")
            assert stream.close_code() == 1014
    finally:
        leaving.stop()


def test_a_close_frame_with_the_end_of_the_stream_is_answered(mesh):
    """Who has said all still reads: what the service has to say, and its goodbye."""
    async def last_words(service, connection):
        await connection.recv()
        await connection.wait_closed()

    start_websocket(mesh, service=False)
    service = mesh._keep(Service(mesh.application_endpoint, last_words))
    with connection(mesh) as client:
        stream = Stream(client).opened()
        client.send(stream.id, ws.frame(ws.TEXT, "go") + ws.frame(ws.CLOSE, ws.close_payload(4000)))
        assert stream.close_code() == 4000
        assert stream.read_end().ended
    until(lambda: service.closes == [(4000, "")], "the service is told")


def test_a_window_that_stays_shut_keeps_no_stream(mesh):
    start_websocket(mesh, drain={"notice": "0s", "grace": "30s"})
    with connection(mesh, window=0, acknowledge=False) as client:
        stream = Stream(client).opened()
        client.send(stream.id, ws.frame(ws.TEXT, "x" * 20_000) + ws.frame(ws.CLOSE, ws.close_payload(1000)))
        assert stream.read_end().reset == CANCEL
        mesh.inbound.signal(signal.SIGTERM)
        assert mesh.inbound.wait_exit(40) == 0
    assert mesh.inbound.access(response_code=200)[0]["websocket_closed_by"] == "client"


@pytest.mark.seconds(60)
def test_a_stream_whose_client_reads_too_slowly_is_cut_by_its_pace(mesh):
    """Long before it would be idle."""
    start_websocket(mesh, limits={"bodyBytesPerSecond": "1MiB"})
    with connection(mesh, window=0, acknowledge=False) as client:
        stream = Stream(client, path="/slow").opened().text("never read")
        assert client.read(stream.id, 30).reset == CANCEL
    line = mesh.inbound.wait_access(path="/slow")
    assert (line["reason"], line["response_code"]) == ("reader_too_slow", 200)
    assert mesh.inbound.metric("gabion_limit_total", limit="bodyBytesPerSecond") == 1


def test_an_upgrade_under_way_is_refused_by_a_configuration_that_refuses(mesh):
    asked, go = threading.Event(), threading.Event()

    def serve(connection):
        read_request(connection.makefile("rb"), connection)
        asked.set()
        go.wait(30)

    mesh.start_inbound(inbound=inbound_of(mesh))
    mesh._keep(Upstream(mesh.application_endpoint, serve))
    with connection(mesh) as client:
        waiting = client.begin(headers=FIELDS, end=False, pseudo=connect_head())
        assert asked.wait(30)
        mesh.inbound.configuration["inbound"] = mesh.inbound_entries()
        mesh.inbound.write()
        mesh.inbound.reload()
        assert client.read(waiting).status == 403
    go.set()
    assert mesh.inbound.wait_access(response_code=403)["reason"] == "policy_changed"


def test_trailers_in_one_piece_with_the_connect_are_refused_too(echo):
    with connection(echo) as client:
        stream = client.h2.get_next_available_stream_id()
        client.answers[stream] = Http2Answer()
        client.h2.send_headers(stream, [*connect_head(), *FIELDS])
        client.h2.send_headers(stream, [("x-sum", "7")], end_stream=True)
        client.flush()
        assert client.read(stream).reset == PROTOCOL_ERROR


# ---- inspection -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def inspected(binary, tmp_path_factory):
    mesh = Mesh(binary, tmp_path_factory.mktemp("inspected"), {"attacks": "block", "dlp": "mine"},
                {"dlp": {"profiles": {"mine": acting("mask")}}})
    mesh.service = start_websocket(mesh)
    yield mesh
    crashes = mesh.crashes()
    mesh.stop()
    assert crashes == []


@pytest.mark.parametrize("size", [1, 1000])
def test_a_card_is_masked(inspected, size):
    with connection(inspected) as client:
        stream = Stream(client).opened()
        stream.send(ws.frame(ws.TEXT, f"my card is {CARD[:7]}", fin=False), ws.frame(ws.CONTINUATION, CARD[7:]),
                    size=size)
        assert stream.message().decode() == f"my card is {MASKED_CARD}"
    assert inspected.inbound.wait_audit(reason="none")["pii"][0]["rule"] == "CREDIT_CARD"


def test_an_attack_closes_with_1008(inspected):
    messages = len(inspected.service.messages)
    with connection(inspected) as client:
        stream = Stream(client).opened()
        stream.text("1' UNION SELECT password FROM users --")
        assert stream.close_code() == 1008
    line = inspected.inbound.wait_access(websocket_close_code=1008)
    assert (line["reason"], line["verdict"], line["protocol"]) == ("attack_detected", "deny", "HTTP/2")
    assert len(inspected.service.messages) == messages
