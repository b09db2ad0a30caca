"""HTTP/2 by `Upgrade: h2c` (RFC 7540 §3.2): who gets it, that its request is judged as stream 1, and nothing smuggled."""

import json
import subprocess

import pytest

import h2_wire as wire
import websocket_peers as ws
from h2_wire import PREFACE, SETTINGS, Wire, settings
from mesh import FORWARDING, Mesh
from policy_test import l7_policy, rule
from raw_client import RawClient, request
from websocket_bed import start_websocket

OFFER = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA")]
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n"


@pytest.fixture(scope="module")
def shared(binary, tmp_path_factory):
    """Everything running, nothing inspected."""
    mesh = Mesh(binary, tmp_path_factory.mktemp("h2c"), FORWARDING)
    mesh.start_application()
    mesh.start_inbound(inbound=[*mesh.inbound_entries()[:-1], {**mesh.inbound_entries()[-1], "websocket": "allow"}])
    yield mesh
    crashes = mesh.crashes()
    mesh.stop()
    assert not crashes, crashes


class Upgraded(Wire):
    """A connection that asked in HTTP/1.1 first: the answer to that is on stream 1."""

    def __init__(self, mesh, head, port="plain", behind=b""):
        super().__init__(mesh.listens[port], source=mesh.address("web-0"))
        self.send(head, behind)
        told = b""
        while len(told) < len(SWITCHED):
            piece = self.socket.recv(len(SWITCHED) - len(told))
            assert piece, told
            told += piece
        assert told == SWITCHED
        if not behind:
            self.send(PREFACE, settings())
        self.read_until(lambda: self.of(SETTINGS))
        self.send(settings(flags=wire.ACK))


def said(answer):
    return json.loads(answer)


# ---- real clients ---------------------------------------------------------------------------------------------------


def curl(mesh, *arguments):
    """(version and status, what the application read)"""
    done = subprocess.run(["curl", "-sS", "--http2", "--max-time", "30", "--interface", mesh.address("web-0"), "-w",
                           "\n%{http_version} %{http_code}", *arguments[:-1],
                           f"http://{mesh.listens['plain']}{arguments[-1]}"], capture_output=True, check=True).stdout
    body, _, told = done.decode().rpartition("\n")
    return told, body


def test_curl_is_upgraded_and_goes_on_in_http2(shared):
    shared.forget()
    target = f"http://{shared.listens['plain']}"
    told, body = curl(shared, "-H", "X-One: 1", f"/a?b=c")
    assert told == "2 200"
    heard = said(body)
    assert (heard["method"], heard["target"], heard["headers"]["x-one"]) == ("GET", "/a?b=c", "1")
    assert not {"connection", "upgrade", "http2-settings"} & set(heard["headers"])
    line = shared.inbound.wait_access(path="/a?b=c")
    assert (line["protocol"], line["response_code"]) == ("HTTP/2", 200)
    two = subprocess.run(["curl", "-sS", "--http2", "--interface", shared.address("web-0"), "-o", "/dev/null", "-o",
                          "/dev/null", "-w", "%{http_version} %{num_connects}\n", f"{target}/1", f"{target}/2"],
                         capture_output=True, check=True).stdout
    assert two == b"2 1\n2 0\n"


def test_curl_with_head(shared):
    told, _ = curl(shared, "-I", "/size?size=3000")
    assert told == "2 200"


def test_a_request_with_a_body_is_answered_in_http1(shared):
    told, body = curl(shared, "-d", "hello", "/post")
    assert told == "1.1 200"
    assert said(body)["body"] == "hello" and "upgrade" not in said(body)["headers"]


def test_nghttp_upgrades(shared):
    done = subprocess.run(["nghttp", "-u", "-v", "-n", f"http://{shared.listens['plain']}/size?size=30000"],
                          capture_output=True, timeout=30, check=True).stdout
    assert b"HTTP Upgrade success" in done and b":status: 200" in done and b"PROTOCOL_ERROR" not in done


# ---- what is asked for ----------------------------------------------------------------------------------------------


def test_settings_of_the_offer_hold(shared):
    """A window of five bytes: the body comes in pieces, as it opens."""
    head = request("GET", "/?size=12", [*OFFER[:2], ("HTTP2-Settings", "AAQAAAAF")])
    with Upgraded(shared, head) as client:
        client.read_until(lambda: client.bodies.get(1))
        assert client.alive()
        assert client.bodies[1] == b"x" * 5
        client.send(wire.window_update(1, 100))
        client.read_until(lambda: client.done(1))
        assert (client.status(1), client.bodies[1]) == (200, b"x" * 12)
        assert client.ask(3) == 200


@pytest.mark.parametrize("size", [1, 3, 10])
def test_it_may_come_in_pieces(shared, size):
    head = request("GET", "/pieces", OFFER)
    with RawClient(shared.listens["plain"], source=shared.address("web-0")) as client:
        client.send(*[head[at:at + size] for at in range(0, len(head), size)])
        assert client._take(len(SWITCHED)) == SWITCHED
        both = PREFACE + settings() + wire.headers(3, wire.block(*wire.ask("/three")))
        client.send(*[both[at:at + size] for at in range(0, len(both), size)])
        shared.inbound.wait_access(path="/three", response_code=200)
    assert shared.inbound.wait_access(path="/pieces")["protocol"] == "HTTP/2"


DECLINED = {
    "no settings": OFFER[:2],
    "two settings": [*OFFER, OFFER[2]],
    "not base64url": [*OFFER[:2], ("HTTP2-Settings", "AAMAAABk+AQC")],
    "padded": [*OFFER[:2], ("HTTP2-Settings", "AAMAAABkAAQ=")],
    "a cut setting": [*OFFER[:2], ("HTTP2-Settings", "AAMAAABkAAQC")],
    "a window too large": [*OFFER[:2], ("HTTP2-Settings", "AASAAAAA")],
    "settings not named": [("Connection", "Upgrade"), *OFFER[1:]],
    "upgrade not named": [("Connection", "HTTP2-Settings"), *OFFER[1:]],
    "h2, which is for TLS": [OFFER[0], ("Upgrade", "h2"), OFFER[2]],
    "close": [("Connection", "close"), *OFFER],
}


@pytest.mark.parametrize("case", DECLINED)
def test_what_is_no_offer_to_the_letter_is_answered_in_http1(shared, case):
    with shared.plain() as client:
        client.send(request("GET", "/", DECLINED[case]))
        answer = client.read(interim=True)
    assert (answer.status, answer.version) == (200, "HTTP/1.1")
    assert not {"connection", "upgrade", "http2-settings"} & set(said(answer.body)["headers"])


@pytest.mark.parametrize("upgrades", [["h2c, websocket"], ["websocket, h2c"], ["h2c", "websocket"],
                                      ["websocket", "h2c"], ["h2c", "h2c"]])
def test_both_upgrades_at_once_are_refused(shared, upgrades):
    fields = [OFFER[0], OFFER[2], *[("Upgrade", value) for value in upgrades],
              *[field for field in ws.UPGRADE if field[0].startswith("Sec-")]]
    with shared.plain() as client:
        client.send(request("GET", "/", fields))
        assert client.read(interim=True).status == 501


def test_never_over_tls_and_not_where_http1_was_declared(mesh):
    mesh.start_application()
    mesh.start_inbound(inbound=[{**entry, **({"protocol": "http1"} if entry["name"] == "plain" else {})}
                                for entry in mesh.inbound_entries()])
    for client in (mesh.peer(), mesh.plain()):
        with client:
            client.send(request("GET", "/", OFFER))
            assert client.read(interim=True).status == 200


# ---- nothing is smuggled --------------------------------------------------------------------------------------------


def test_the_upgraded_request_is_judged_as_stream_1(mesh):
    mesh.start_application()
    mesh.start_inbound()
    mesh.put_policy(l7_policy(rule(port=8083, http=[{"methods": ["GET"], "paths": [{"prefix": "/open"}]}])))
    mesh.inbound.reload()
    with Upgraded(mesh, request("GET", "/admin", OFFER)) as client:
        client.read_until(lambda: client.done(1))
        assert client.status(1) == 403
        assert client.ask(3, wire.ask("/open")) == 200
        assert client.ask(5, wire.ask("/admin")) == 403
    line = mesh.inbound.wait_access(path="/admin")
    assert (line["protocol"], line["reason"]) == ("HTTP/2", "policy_denied")
    assert {one["target"] for one in mesh.application.requests} == {"/open"}


def test_within_a_pipeline_it_follows_the_answer_before(shared):
    with RawClient(shared.listens["plain"], source=shared.address("web-0")) as client:
        client.send(request("GET", "/first") + request("GET", "/second", OFFER))
        assert said(client.read().body)["target"] == "/first"
        assert client._take(len(SWITCHED)) == SWITCHED
    assert shared.inbound.wait_access(path="/second")["protocol"] == "HTTP/2"


def test_a_request_of_http1_behind_it_keeps_the_connection_in_http1(shared):
    with RawClient(shared.listens["plain"], source=shared.address("web-0")) as client:
        client.send(request("GET", "/offering", OFFER) + request("GET", "/behind"))
        assert [said(client.read().body)["target"] for _ in range(2)] == ["/offering", "/behind"]


def test_a_request_of_http1_behind_the_101_is_no_request(shared):
    with RawClient(shared.listens["plain"], source=shared.address("web-0")) as client:
        client.send(request("GET", "/offering2", OFFER))
        assert client._take(len(SWITCHED)) == SWITCHED
        client.send(request("GET", "/smuggled"))
        client.read_to_end()
    assert shared.inbound.wait_access(path="/offering2")["protocol"] == "HTTP/2"
    assert shared.inbound.wait_told("protocol_mismatch")
    assert not shared.inbound.access(path="/smuggled")


def test_the_preface_may_stand_behind_the_request_already(shared):
    with Upgraded(shared, request("GET", "/eager", OFFER), behind=PREFACE + settings()) as client:
        client.read_until(lambda: client.done(1))
        assert client.status(1) == 200


def test_stream_1_is_half_closed(shared):
    """Its answer waits for the window, so it is still there."""
    with Upgraded(shared, request("GET", "/?size=12", [*OFFER[:2], ("HTTP2-Settings", "AAQAAAAF")])) as client:
        client.send(wire.data(1, b"more"))
        client.read_until(lambda: client.closed or client.reset(1) is not None)
        assert client.away() == 5 or client.reset(1) == 5  # STREAM_CLOSED
