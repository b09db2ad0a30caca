"""Proof that a peer does the work before its work is counted; each check raises Failed with what it saw."""

import hashlib
import json
import os
import ssl

from backend import CARD
from certificates import spiffe
from compare import call_checks
from compare.failed import Failed, expect
from compare.stranger import Stranger
from peers import make
from peers.peer import Scene
from raw_client import Closed, RawClient, tls_setting
from world import HOST

ATTACKS = ("/index.txt?id=1%27%20UNION%20SELECT%20password%20FROM%20users--",
           "/index.txt?q=%3Cscript%3Ealert(1)%3C/script%3E", "/index.txt?file=../../../../etc/passwd")
FORGED = [("X-Client-Serial", "4711"), ("X-Forwarded-Client-Cert", f"URI={spiffe('shop', 'admin')}")]
USUAL = [("User-Agent", "gabion-bench"), ("Accept", "*/*")]
LARGEST_BODY = 4 << 20


def client(scene, peer, identity="own"):
    """A connection to where the load goes, with the client's certificate where that is an mTLS port."""
    setting = None
    if peer.endpoint == peer.mesh_endpoint:
        own = scene.world.client if identity == "own" else identity
        setting = tls_setting(scene.world.root.pem, (own.certificate, own.key) if own else None)
    return RawClient(peer.endpoint, source=peer.source if setting or not peer.mesh_endpoint else None, tls=setting,
                     seconds=30)


def ask(scene, peer, method, path, headers=(), body=b""):
    with client(scene, peer) as asking:
        return asking.ask(method, path, [*USUAL, *headers], body, HOST)


def identity(scene, peer, _point):
    """The application is told who called, by the verified certificate, whatever the caller says of itself."""
    answer = ask(scene, peer, "GET", "/echo", FORGED)
    expect(answer.status == 200, f"/echo answered {answer.status}")
    headers = json.loads(answer.body)["headers"]
    expect(peer.names_client(headers, scene.world.client), f"the application is not told the client: {headers}")
    told = headers[peer.identity_field]
    expect("4711" not in told and "/sa/admin" not in told, f"a forged identity passed: {told}")


def client_certificate(scene, peer, _point):
    """The mTLS port refuses a client without certificate, and one of another authority."""
    before = len(scene.world.backend.echo.requests)
    for name, shown in (("without certificate", None), ("of a strange authority", scene.world.stranger)):
        setting = tls_setting(scene.world.root.pem, (shown.certificate, shown.key) if shown else None)
        try:
            with RawClient(peer.mesh_endpoint, source=peer.source, tls=setting) as asking:
                status = asking.ask("GET", "/echo", USUAL, host=HOST).status
            expect(400 <= status < 500, f"a client {name} was answered {status}")
        except (Closed, ssl.SSLError, ConnectionError):
            pass
    expect(len(scene.world.backend.echo.requests) == before, "a request of a refused client reached the application")


def server_certificate(scene, peer, _point):
    """The calling hop refuses a server whose certificate is of another authority: it must never see the request."""
    with Stranger(scene.world) as server:
        calling = make(peer.name)
        try:
            calling.start_outbound(Scene(scene.world, "two_hop", scene.folder / "stranger"), server.endpoint)
            with RawClient(calling.endpoint, seconds=30) as asking:
                status = asking.ask("GET", "/echo", USUAL, host=HOST).status
            expect(status >= 500, f"behind a strange server it answered {status}")
        except Closed:
            pass
        finally:
            calling.stop()
        expect(not server.received, f"a strange server was told {server.received[:100]!r}")


def body(scene, peer, point):
    """A request body of the scenario's size arrives unchanged."""
    size = min(max(request.sent_bytes() for request in point.load.requests) or 430, LARGEST_BODY)
    sent = b'{"note":"' + os.urandom(size // 2 + 1).hex()[:max(size - 11, 0)].encode() + b'"}'
    answer = ask(scene, peer, "POST", "/echo", [("Content-Type", "application/json")], sent)
    expect(answer.status == 200, f"a body of {len(sent)} bytes was answered {answer.status}")
    account = json.loads(answer.body)
    expect(account["body_sha256"] == hashlib.sha256(sent).hexdigest(),
           f"{len(sent)} bytes arrived as {account['body_length']}")


def same_answer(scene, peer, point):
    """Every GET of the load is answered as the application itself answers it."""
    for request in point.load.requests:
        if request.method != "GET":
            continue
        with RawClient(scene.world.backend.endpoint, seconds=30) as asking:
            wanted = asking.ask("GET", request.path, USUAL, host=HOST)
        found = ask(scene, peer, "GET", request.path, list(request.headers.items()))
        expect(found.status == wanted.status and found.body == wanted.body,
               f"{request.path}: {found.status} with {len(found.body)} bytes, "
               f"not {wanted.status} with {len(wanted.body)}")


def attack(scene, peer, _point):
    """Attacks are answered 403."""
    for path in ATTACKS:
        status = ask(scene, peer, "GET", path).status
        expect(status == 403, f"{path} was answered {status}")


def card(scene, peer, _point):
    """A card number does not leave whole."""
    answer = ask(scene, peer, "GET", "/card.json")
    expect(answer.status == 200 and CARD.encode() not in answer.body,
           f"/card.json: {answer.status} {answer.body[:100]!r}")
    expect(b"Grace Hopper" in answer.body, "more than the card number is gone")


def policy(scene, peer, point):
    """The first and the last rule let pass; what no rule names, and another method, are 403."""
    for method, path, wanted in (("GET", "/rule/1", 200), ("GET", f"/rule/{point.rules.rules}", 200),
                                 ("GET", f"/rule/{point.rules.rules + 1}", 403), ("DELETE", "/rule/1", 403)):
        status = ask(scene, peer, method, path).status
        expect(status == wanted, f"{method} {path} was answered {status}, not {wanted}")


# What a scenario may ask for. `attack` and `card` are also asked of every peer that promises them.
KNOWN = {check.__name__: check for check in
         (identity, client_certificate, server_certificate, body, same_answer, attack, card, policy)} | call_checks.KNOWN
# What a promise (to block attacks, to mask cards) is checked with, by what the load speaks.
PROMISES = {"http1": ("attack", "card"), "http2": ("attack", "card"), "grpc": ("call_attack", "call_card"),
            "websocket": ("message_attack", "message_card")}


def wanted_of(scenario, peer):
    """The names of the checks a peer has to pass."""
    names = PROMISES[scenario.points[0].load.protocol]
    promised = [name for name, promise in zip(names, (peer.blocks_attacks, peer.masks_cards))
                if promise and name not in scenario.checks]
    return [*scenario.checks, *promised]


def run(scene, scenario, point, peer):
    """Passes, or raises Failed with the check's name."""
    for name in wanted_of(scenario, peer):
        try:
            KNOWN[name](scene, peer, point)
        except Failed as failure:
            raise Failed(f"{name}: {failure}") from None
        except (OSError, Closed, AssertionError, KeyError, ValueError) as error:
            raise Failed(f"{name}: {error!r}") from error
