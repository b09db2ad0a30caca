"""Rules and the answers of a service: what comes before the final one, what is held, what is too long to be held."""

import select
import time

import pytest

from mesh import FORWARDING, Mesh
from raw_client import request
from upstreams import Upstream
from waiting import until

RULES = """
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain
SecRule RESPONSE_HEADERS "@contains top-secret" "id:1001,phase:3,deny,log"
SecRule RESPONSE_BODY "@contains top-secret" "id:1002,phase:4,deny,log"
"""
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </top-secret.css>; rel=preload\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\nX-Key: top-secret\r\n\r\n"


def final(body, *fields):
    lines = [b"HTTP/1.1 200 OK", b"Content-Type: text/plain", b"Content-Length: %d" % len(body), *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Answering(Upstream):
    """Sends `wire` to each request, in two pieces cut where the request's target says ("/17"), or whole ("/")."""

    def __init__(self, endpoint, wire):
        self.wire = wire
        super().__init__(endpoint, self._serve)

    def _serve(self, connection):
        stream = connection.makefile("rb")
        while start := stream.readline():
            while stream.readline() not in (b"\r\n", b""):
                pass
            cut = int(start.split()[1].strip(b"/") or b"0")
            connection.sendall(self.wire[:cut])
            time.sleep(0.001 if cut else 0)  # two reads of the sidecar, mostly; right either way
            connection.sendall(self.wire[cut:])


@pytest.fixture
def meshes(binary, tmp_path):
    """start(wire, mode=…): a mesh whose plain port has `wire` behind it."""
    started = []

    def start(wire, mode="block", rules=RULES, profile=None, **sections):
        file = tmp_path / "rules.conf"
        file.write_text(rules)
        profile = profile or {**FORWARDING, "waf": {"rules": "mine", "mode": mode}}
        mesh = Mesh(binary, tmp_path, profile, {"waf": {"mine": {"entry": str(file)}}})
        started.append(mesh)
        mesh._keep(Answering(mesh.application_endpoint, wire))
        mesh.start_inbound(**sections)
        return mesh

    yield start
    for mesh in started:
        mesh.stop()
        assert mesh.crashes() == []


def heads(client):
    """The statuses and heads of an answer and of what came before it, and its body."""
    found = []
    while not found or found[-1][0] < 200:
        status, _, headers, raw = client.read_head()
        found.append((status, raw))
    return found, client._take(int(headers["content-length"]))


def at_every_cut(mesh, wire):
    """For each cut: (statuses, all bytes of heads and body)."""
    with mesh.plain() as client:
        for cut in range(len(wire)):
            client.send(request("GET", f"/{cut}"))
            found, body = heads(client)
            yield [status for status, _ in found], b"".join(raw for _, raw in found) + body


def test_interim_answers_do_not_carry_past_rules_what_they_refuse(meshes):
    wire = HINTS + HINTS + final(b"fine")
    for statuses, raw in at_every_cut(meshes(wire), wire):
        assert statuses == [200] and b"secret" not in raw


def test_a_100_goes_on_without_its_fields(meshes):
    wire = CONTINUE + final(b"fine")
    for statuses, raw in at_every_cut(meshes(wire), wire):
        assert statuses == [100, 200] and b"secret" not in raw


@pytest.mark.parametrize("how", ["no rules", "detect"])
def test_interim_answers_pass_where_nothing_may_refuse_them(meshes, how):
    wire = CONTINUE + HINTS + final(b"fine")
    mesh = meshes(wire, profile=FORWARDING) if how == "no rules" else meshes(wire, mode="detect")
    for statuses, raw in at_every_cut(mesh, wire):
        assert statuses == [100, 103, 200] and HINTS.lower() in raw.lower() and b"top-secret\r\n" in raw


def test_the_final_head_waits_for_its_body_behind_an_interim_answer_too(meshes):
    """Cards are looked for in bodies only, so that hints pass; what follows them is still taken back as a whole."""
    wire = HINTS + final(b"4111 1111 1111 1111 end", b"X-Account: mine")
    mesh = meshes(wire, profile={**FORWARDING, "paymentCards": "block"})
    for statuses, raw in at_every_cut(mesh, wire):
        assert statuses == [103, 403]
        assert b"4111 1111" not in raw and b"x-account" not in raw.lower() and b" 200 " not in raw


@pytest.mark.parametrize("body,status", [(b"all of it is fine", 200), (b"here is top-secret news", 403)])
def test_a_head_leaves_with_the_verdict_on_its_body(meshes, body, status):
    wire = final(body, b"X-Account: mine")
    for statuses, raw in at_every_cut(meshes(wire), wire):
        assert statuses == [status]
        assert (b"x-account" in raw.lower()) == (status == 200) and b"top-secret" not in raw


def test_nothing_of_an_answer_leaves_while_its_body_is_awaited(meshes):
    mesh = meshes(b"")
    gate = []

    def serve(connection):
        connection.recv(65536)
        connection.sendall(final(b"a" * 100)[:-60])
        until(lambda: gate, "the test has looked")
        connection.sendall(b"a" * 50 + b"top-secret")

    mesh._started[0].stop()
    mesh._keep(Upstream(mesh.application_endpoint, serve))
    with mesh.plain() as client:
        client.send(request("GET", "/"))
        until(lambda: mesh.inbound.metric("gabion_hold_bytes") == 40, "the first of the body is held")
        assert select.select([client.socket], [], [], 0)[0] == []
        gate.append(True)
        assert client.read().status == 403


LONG = b"x" * 20000
ACTIONS = {
    # name: (directives, body, status)
    "partial by default": ("", LONG, 200),
    "partial": ("SecResponseBodyLimitAction ProcessPartial\n", LONG, 200),
    "partial, found in time": ("SecResponseBodyLimitAction ProcessPartial\n", b"top-secret" + LONG, 403),
    "partial, behind the limit": ("SecResponseBodyLimitAction ProcessPartial\n", LONG + b"top-secret", 200),
    "reject": ("SecResponseBodyLimitAction Reject\n", LONG, 502),
    "reject, short enough": ("SecResponseBodyLimitAction Reject\n", b"x" * 4000, 200),
    "reject, a limit of the rules": ("SecResponseBodyLimitAction Reject\nSecResponseBodyLimit 1000\n", b"x" * 1001, 502),
    "reject, just within it": ("SecResponseBodyLimitAction Reject\nSecResponseBodyLimit 1000\n", b"x" * 1000, 200),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_an_answer_too_long_to_be_held_ends_as_the_rules_say(meshes, name):
    directives, body, status = ACTIONS[name]
    mesh = meshes(final(body), rules=directives + RULES, limits={"holdBytes": "4KiB"})
    with mesh.plain() as client:
        answer = client.ask("GET", "/")
        assert answer.status == status
        assert (answer.body == body) == (status == 200)
        assert client.ask("GET", "/").status == status, "the connection goes on"
    if status == 502:
        assert mesh.inbound.wait_access(response_code=502)["reason"] == "hold_limit"


@pytest.mark.parametrize("mode", ["block", "detect"])
def test_a_service_that_only_announces_is_given_up(meshes, mode):
    mesh = meshes(HINTS * 5000 + final(b"late"), mode=mode)
    with mesh.plain() as client:
        client.send(request("GET", "/"))
        assert client.read().status == 502
    assert mesh.inbound.wait_access(response_code=502)["reason"] == "upstream_malformed"
