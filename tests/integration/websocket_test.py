"""WebSocket through sidecars with real clients and services: what passes, and what closes it with which code."""

import random
import signal
import socket
import time

import pytest

import websocket_peers as ws
from certificates import Authority, spiffe, write_file
from mesh import FORWARDING, ORDERS_ID, Mesh
from policy_test import l7_policy, network_policy, rule
from raw_client import request, tls_setting
from upstreams import Upstream, read_request
from waiting import until
from websocket_bed import SWITCH, Raw, connect, inbound_of, start_websocket, switch
from websocket_peers import Client, Service

BIG = random.Random(7).randbytes(3_000_000)


@pytest.fixture(scope="module")
def echo(binary, tmp_path_factory):
    """A mesh without detectors whose service echoes."""
    mesh = Mesh(binary, tmp_path_factory.mktemp("echo"), FORWARDING)
    mesh.service = start_websocket(mesh, outbound=True)
    yield mesh
    crashes = mesh.crashes()
    mesh.stop()
    assert crashes == []


# ---- what passes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("message", ["", "hello", "gr\u00fc\u00dfe \U0001f600", b"", b"\x00\xff" * 10,
                                     "x" * 125, "x" * 126, "x" * 65535, "y" * 65536, BIG],
                         ids=lambda message: f"{type(message).__name__}-{len(message)}")
def test_messages_are_echoed(echo, message, compression):
    with connect(echo, compression=compression) as client:
        for _ in range(2):
            assert client.ask(message) == message
        assert client.close() == (1000, "")
    line = echo.inbound.wait_access(websocket_close_code=1000, websocket_messages_sent=2)
    echo.forget()
    assert (line["response_code"], line["reason"], line["websocket_closed_by"]) == (101, "none", "client")


def test_many_small_messages_in_both_directions(echo):
    with connect(echo) as client:
        for number in range(300):
            client.send(f"message {number}")
        assert [client.receive() for _ in range(300)] == [f"message {number}" for number in range(300)]


def test_context_is_taken_over_on_both_hops(echo):
    """A second message that only repeats the first is a few bytes: it refers back to it."""
    text = "".join(chr(97 + (i * i * 7 + i // 3) % 26) for i in range(3000))
    with connect(echo, compression="deflate") as client:
        assert client.connection.extensions
        assert client.ask(text) == text
        first = echo.inbound.metric("gabion_upstream_bytes_sent_total")
        for _ in range(20):
            assert client.ask(text) == text
        assert client.close()[0] == 1000
    line = echo.inbound.wait_access(websocket_messages_sent=21)
    assert line["bytes_received"] < 10_000 and line["bytes_sent"] < 10_000, line
    assert echo.inbound.metric("gabion_upstream_bytes_sent_total") - first < 10_000


def test_fragments_pings_and_close_reasons_pass(echo):
    async def fragments():
        yield "one "
        yield "two "
        yield "three"

    with connect(echo) as client:
        client._loop.run(client.connection.send(fragments()))
        assert client.receive() == "one two three"
        client.ping(b"are you there")
        assert client.close(4321, "because") == (4321, "because")
    until(lambda: (4321, "because") in echo.service.closes, lambda: f"told: {echo.service.closes}")


def test_two_hops_with_mutual_tls(echo):
    with Client(echo.calls) as client:
        assert client.ask("through two sidecars") == "through two sidecars"
        assert client.close()[0] == 1000
    line = echo.inbound.wait_access(peer_spiffe="spiffe://cluster.local/ns/shop/sa/web", response_code=101)
    assert line["mutual_tls"] is True and line["websocket_messages_received"] == 1
    assert echo.outbound.wait_access(response_code=101)["peer_spiffe"] == ORDERS_ID


def test_path_query_and_subprotocol_pass(mesh):
    start_websocket(mesh, service=False)
    service = mesh._keep(Service(mesh.application_endpoint, subprotocols=["v2.chat", "v1.chat"]))
    with connect(mesh, path="/chat/room?n=1", subprotocols=["v1.chat"]) as client:
        assert client.connection.subprotocol == "v1.chat"
        assert client.ask("hi") == "hi"
    assert service.paths == ["/chat/room?n=1"]


def test_metrics_count_connections_and_messages(echo):
    before = echo.inbound.metric("gabion_websocket_messages_total", direction="request")
    with connect(echo) as client:
        assert client.ask("x") == "x"
        assert echo.inbound.metric("gabion_websocket_connections") >= 1
        assert echo.inbound.metric("gabion_websocket_messages_total", direction="request") == before + 1
        client.close()
    until(lambda: echo.inbound.metric("gabion_websocket_connections") == 0, "closed ones are not counted")


# ---- the upgrade ----------------------------------------------------------------------------------------------------


def upgrade(mesh, headers, port="plain", target="/", method="GET"):
    with mesh.plain(port) as client:
        client.send(request(method, target, headers, host="orders.shop"))
        return client.read(method, interim=True)


def with_field(name, *values):
    return [field for field in ws.UPGRADE if field[0] != name] + [(name, value) for value in values]


BAD_UPGRADES = {
    "no key": (with_field("Sec-WebSocket-Key"), 400),
    "two keys": (with_field("Sec-WebSocket-Key", ws.KEY, ws.KEY), 400),
    "a key of 15 bytes": (with_field("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"), 400),
    "a key with spare bits": (with_field("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAB=="), 400),
    "no version": (with_field("Sec-WebSocket-Version"), 400),
    "version 8": (with_field("Sec-WebSocket-Version", "8"), 426),
    "connection does not name it": (with_field("Connection", "keep-alive"), 400),
    "extensions no list": (ws.UPGRADE + [("Sec-WebSocket-Extensions", "permessage-deflate; =3")], 400),
    "protocols twice": (ws.UPGRADE + [("Sec-WebSocket-Protocol", "a, a")], 400),
    "a body": (ws.UPGRADE + [("Content-Length", "3")], 400),
    "another protocol": (with_field("Upgrade", "spdy"), 501),
    "two protocols": (with_field("Upgrade", "websocket, h2c"), 501),
}


@pytest.mark.parametrize("case", BAD_UPGRADES)
def test_an_upgrade_that_is_none_is_refused(echo, case):
    headers, status = BAD_UPGRADES[case]
    answer = upgrade(echo, headers)
    assert answer.status == status
    if status == 426:
        assert answer.headers["sec-websocket-version"] == "13"


def test_without_the_word_allow_an_upgrade_is_refused(mesh):
    mesh.start_application()
    mesh.start_inbound()
    assert upgrade(mesh, ws.UPGRADE).status == 501
    assert mesh.inbound.wait_access(response_code=501)["reason"] == "upgrade_refused"


def test_policy_judges_the_upgrade(mesh):
    service = start_websocket(mesh)
    mesh.put_policy(l7_policy(rule(port=8083, http=[{"methods": ["GET"], "paths": [{"prefix": "/chat"}]}])))
    mesh.inbound.reload()
    assert upgrade(mesh, ws.UPGRADE, target="/admin").status == 403
    assert service.paths == []
    with connect(mesh, path="/chat") as client:
        assert client.ask("x") == "x"


BAD_SWITCHES = {
    "wrong accept": switch(*SWITCH, accept="AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    "no upgrade": switch("Connection: Upgrade"),
    "another upgrade": switch("Upgrade: spdy", "Connection: Upgrade"),
    "no connection": switch("Upgrade: websocket"),
    "a protocol nobody offered": switch(*SWITCH, "Sec-WebSocket-Protocol: chat"),
    "an extension nobody offered": switch(*SWITCH, "Sec-WebSocket-Extensions: permessage-deflate"),
    "an extension nobody knows": switch(*SWITCH, "Sec-WebSocket-Extensions: x-hole"),
}


@pytest.mark.parametrize("case", BAD_SWITCHES)
def test_a_101_that_does_not_answer_is_502(echo, case):
    wild = echo.start_wild(BAD_SWITCHES[case], b"secret", "hang")
    try:
        with echo.peer("wild") as client:
            client.send(request("GET", "/", ws.UPGRADE, host="wild.shop"))
            assert client.read(interim=True).status == 502
    finally:
        wild.stop()


def test_only_what_we_understand_is_offered_on(echo):
    heads = []

    def serve(connection):
        heads.append(read_request(connection.makefile("rb"), connection))
        connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")

    wild = Upstream(echo.wild_endpoint, serve)
    try:
        with echo.peer("wild") as client:
            offers = ("x-hole; a=1, permessage-deflate; unknown_parameter, "
                      "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-bzip2")
            client.send(request("GET", "/", ws.UPGRADE + [("Sec-WebSocket-Extensions", offers)], host="wild.shop"))
            assert client.read().status == 403
    finally:
        wild.stop()
    told = {name.lower(): value for name, value in dict(heads[0]["headers"]).items()}
    assert told["sec-websocket-extensions"] == "permessage-deflate; server_max_window_bits=10; client_max_window_bits"
    assert told["upgrade"] == "websocket" and told["connection"].lower() == "upgrade"


# ---- how it ends ----------------------------------------------------------------------------------------------------


def test_a_policy_change_closes_with_1008_within_a_second(mesh):
    service = start_websocket(mesh)
    with connect(mesh) as client:
        assert client.ask("x") == "x"
        mesh.put_policy(network_policy(policyTypes=["Ingress"]))
        mesh.inbound.reload()
        changed = time.monotonic()
        assert client.wait_closed()[0] == 1008
        assert time.monotonic() - changed < 10
    until(lambda: service.closes and service.closes[0][0] == 1008, "the service is told")
    line = mesh.inbound.wait_access(websocket_close_code=1008)
    assert (line["reason"], line["websocket_closed_by"]) == ("policy_changed", "proxy")


def test_a_policy_change_that_allows_it_changes_nothing(mesh):
    start_websocket(mesh)
    with connect(mesh) as client:
        assert client.ask("x") == "x"
        mesh.put_policy(network_policy(ingress=[{}]))
        mesh.inbound.reload()
        assert client.ask("still here") == "still here"


def test_a_configuration_that_refuses_closes_what_is_open(mesh):
    start_websocket(mesh)
    with connect(mesh) as client:
        assert client.ask("x") == "x"
        mesh.inbound.configuration["inbound"] = mesh.inbound_entries()
        mesh.inbound.write()
        mesh.inbound.reload()
        assert client.wait_closed()[0] == 1008


def test_a_drain_says_1001_and_the_proxy_ends(mesh):
    service = start_websocket(mesh, drain={"notice": "0s", "grace": "20s"})
    with connect(mesh) as client:
        assert client.ask("x") == "x"
        mesh.inbound.signal(signal.SIGTERM)
        assert client.wait_closed()[0] == 1001
    assert mesh.inbound.wait_exit(40) == 0
    until(lambda: service.closes and service.closes[0][0] == 1001, "the service is told")
    assert mesh.inbound.access(websocket_close_code=1001)[0]["reason"] == "drained"


def test_silence_closes_with_1001(mesh):
    start_websocket(mesh, timeouts={"websocketIdle": "3s"})
    with connect(mesh) as client:
        for _ in range(8):
            time.sleep(0.5)
            client.ping(b"x")
        assert client.connection.open
        assert client.wait_closed()[0] == 1001
    assert mesh.inbound.wait_access(websocket_close_code=1001)["reason"] == "idle_timeout"


def test_a_root_that_is_gone_cuts(mesh):
    second = Authority("second root")
    mesh._keep(Service(mesh.application_endpoint))
    mesh.start_inbound(inbound=inbound_of(mesh),
                       identity=mesh.write_identity("orders-0", bundle=mesh.root.pem + second.pem))
    leaving = mesh.write_leaf(second.leaf(spiffe("shop", "web")))
    with connect(mesh, "http", tls=tls_setting(mesh.root.pem, leaving)) as old, \
            connect(mesh, "http", tls=tls_setting(mesh.root.pem, mesh.identity_of("web-0"))) as staying:
        assert (old.ask("x"), staying.ask("x")) == ("x", "x")
        write_file(mesh.inbound.folder / "certs" / "ca.crt", mesh.root.pem)
        assert old.wait_closed()[0] == 1006
        assert staying.ask("y") == "y"
    assert mesh.inbound.wait_told("root_removed")


def test_a_reader_that_does_not_read_stops_the_sender(echo, honest_memory):
    """Neither side's bytes pile up in the proxy."""
    before = echo.inbound.rss_bytes()
    with Raw(echo) as raw:
        raw.client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        raw.client.socket.settimeout(1)
        piece, sent = ws.frame(ws.BINARY, b"x" * 60_000), 0
        with pytest.raises(TimeoutError):
            while sent < 200 << 20:
                sent += raw.client.socket.send(piece[sent % len(piece):])
        assert echo.inbound.rss_bytes() - before < 8 << 20
