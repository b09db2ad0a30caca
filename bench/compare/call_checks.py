"""The checks of peers that are measured with gRPC calls or WebSocket messages: those of HTTP/1.1 in their own words."""

import ssl

import websocket_peers
from backend import CARD
from calls import framed
from certificates import spiffe
from compare.failed import expect
from compare.stranger import Stranger
from http2_client import Http2Client
from peers import make
from peers.peer import Scene
from raw_client import Closed, tls_setting
from world import HOST

METHOD = "/shop.Orders/Place"
FORGED = [("x-client-serial", "4711"), ("x-forwarded-client-cert", f"URI={spiffe('shop', 'admin')}")]
ATTACK = "1' UNION SELECT password FROM users--"
REFUSED = (Closed, ssl.SSLError, OSError)
PERMISSION_DENIED, POLICY_VIOLATION = "7", 1008


def field(text, number=1):
    """A protobuf message whose one field is text, below 128 bytes."""
    return bytes([number << 3 | 2, len(text)]) + text.encode()


def call(endpoint, message, headers=(), method=METHOD, **options):
    """The answer to one unary call."""
    with Http2Client(endpoint, seconds=30, **options) as client:
        stream = client.begin("POST", method, [("content-type", "application/grpc"), ("te", "trailers"), *headers],
                              end=False, authority=HOST)
        client.send(stream, framed(message))
        return client.read(stream)


def grpc_status(answer):
    return answer.trailers.get("grpc-status") or answer.headers.get("grpc-status")


def succeeded(answer):
    return answer.status == 200 and grpc_status(answer) == "0"


def call_echo(scene, peer, point):
    """Every call of the load is answered with its own message."""
    for request in point.load.requests:
        sent = request.body.encode() or field("x" * 100)
        answer = call(peer.endpoint, sent, method=request.path)
        expect(succeeded(answer), f"{request.path}: {answer}")
        expect(answer.body == framed(sent), f"{len(sent)} bytes came back as {len(answer.body) - 5}")


def call_identity(scene, peer, _point):
    """The application is told who called, by the verified certificate, whatever the caller says of itself."""
    answer = call(peer.endpoint, field("who"), FORGED)
    told = {"x-client-serial": answer.headers.get("x-told-serial", ""),
            "x-forwarded-client-cert": answer.headers.get("x-told-identity", "")}
    expect(peer.names_client(told, scene.world.client), f"the application is not told the client: {answer}")
    named = told[peer.identity_field]
    expect("4711" not in named and "/sa/admin" not in named, f"a forged identity passed: {named}")


def call_client_certificate(scene, peer, _point):
    """The mTLS port refuses a client without certificate, and one of another authority."""
    for name, shown in (("without certificate", None), ("of a strange authority", scene.world.stranger)):
        setting = tls_setting(scene.world.root.pem, (shown.certificate, shown.key) if shown else None, ("h2",))
        try:
            answer = call(peer.mesh_endpoint, field("let me in"), source=peer.source, tls=setting)
        except REFUSED:
            continue
        expect(not succeeded(answer), f"a client {name} was answered {answer}")


def call_server_certificate(scene, peer, _point):
    """The calling hop refuses a server whose certificate is of another authority: it must never see the call."""
    with Stranger(scene.world) as server:
        calling = make(peer.name)
        try:
            calling.start_outbound(Scene(scene.world, "two_hop", scene.folder / "stranger", protocol=scene.protocol),
                                   server.endpoint)
            answer = call(calling.endpoint, field("secret"))
            expect(not succeeded(answer), f"behind a strange server it answered {answer}")
        except Closed:
            pass
        finally:
            calling.stop()
        expect(not server.received, f"a strange server was told {server.received[:100]!r}")


def call_attack(scene, peer, _point):
    """An attack in a field is denied."""
    answer = call(peer.endpoint, field(ATTACK))
    expect(grpc_status(answer) == PERMISSION_DENIED, f"an attack was answered {answer}")


def call_card(scene, peer, _point):
    """A card number in an answer's field does not leave whole."""
    answer = call(peer.endpoint, field(f"Grace Hopper {CARD}"))
    expect(grpc_status(answer) == "0" and CARD.encode() not in answer.body, f"a card number came back: {answer}")
    expect(b"Grace Hopper" in answer.body, "more than the card number is gone")


def message_attack(scene, peer, _point):
    """An attack in a message closes the connection."""
    with websocket_peers.Client(peer.endpoint) as client:
        client.send(ATTACK)
        code, _ = client.wait_closed()
    expect(code == POLICY_VIOLATION, f"an attack in a message ended with {code}")


def message_card(scene, peer, _point):
    """A card number in a message does not leave whole."""
    with websocket_peers.Client(peer.endpoint) as client:
        answer = client.ask(f"Grace Hopper {CARD}")
    expect(CARD not in answer and "Grace Hopper" in answer, f"a card number came back as {answer!r}")


KNOWN = {check.__name__: check for check in
         (call_echo, call_identity, call_client_certificate, call_server_certificate, call_attack, call_card,
          message_attack, message_card)}
