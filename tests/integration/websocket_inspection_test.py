"""What is found in messages of a WebSocket, either way, over whatever fragments: masked, replaced, refused, told."""

import asyncio
import http
import json
import subprocess

import pytest

from certificates import Authority
from dlp_bed import CARD, MASKED_CARD, acting
from mesh import FORWARDING, INSPECTING, Mesh
from tls_front import TlsFront
from waf_test import CRS, RULES, completed
from waiting import until
from websocket_bed import connect, inbound_of
from websocket_peers import Service

INJECTION = "1' UNION SELECT password FROM users --"


class Bed:
    """Meshes of this file, one for each way to inspect, their service an echo; they allow WebSocket."""

    def __init__(self, binary, folders):
        self._binary, self._folders, self._meshes = binary, folders, {}

    def get(self, profile=None, rules=None, serve=None, **sections):
        key = json.dumps([profile, rules, serve and serve.__name__, sections], default=repr)
        if key not in self._meshes:
            mesh = Mesh(self._binary, self._folders.mktemp("bed"), profile or INSPECTING, rules)
            self._meshes[key] = mesh
            mesh.start_inbound(inbound=inbound_of(mesh), **sections)
            completed(mesh.inbound)
            mesh.service = mesh._keep(Service(mesh.application_endpoint, serve))
        self._meshes[key].forget()
        self._meshes[key].service.messages.clear()
        return self._meshes[key]

    def dlp(self, profile, **more):
        return self.get({**FORWARDING, "dlp": "mine"}, {"dlp": {"profiles": {"mine": profile}}}, **more)

    def stop(self):
        crashes = [crash for mesh in self._meshes.values() for crash in mesh.crashes()]
        for mesh in self._meshes.values():
            mesh.stop()
        assert crashes == []


@pytest.fixture(scope="module")
def bed(binary, tmp_path_factory):
    found = Bed(binary, tmp_path_factory)
    yield found
    found.stop()


def send_in_pieces(client, message, size):
    async def pieces():
        for at in range(0, len(message), size):
            yield message[at:at + size]

    client._loop.run(client.connection.send(pieces()))


def test_cards_are_covered_by_the_detector_of_cards_alone(bed):
    mesh = bed.get({"attacks": "off", "paymentCards": "mask"})
    with connect(mesh) as client:
        assert client.ask(f"card {CARD}") == f"card {MASKED_CARD}"


@pytest.mark.parametrize("front", ["", " ", "\n\n", "\ufeff"])
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_json_is_read_as_json_whatever_stands_in_its_first_piece(bed, front, size):
    mesh = bed.dlp(acting("mask"))
    with connect(mesh) as client:
        send_in_pieces(client, front + '{"card": "\\u0034' + CARD[1:] + '"}', size)
        answer = client.receive()
    assert CARD[1:] not in answer and json.loads(answer.lstrip("\ufeff"))["card"].startswith("****"), answer


# ---- sensitive values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("size", [1, 5, 16, 1000])
@pytest.mark.parametrize("text", [f"my card is {CARD}, thanks", f"card: {CARD}".encode(),
                                  json.dumps({"card": CARD, "note": "gr\u00fc\u00dfe"}, ensure_ascii=False)],
                         ids=["text", "binary", "json"])
def test_a_card_is_masked_on_its_way_there_over_any_fragments(bed, text, size, compression):
    mesh = bed.dlp(acting("mask"))
    masked = text.replace(CARD.encode() if isinstance(text, bytes) else CARD,
                          MASKED_CARD.encode() if isinstance(text, bytes) else MASKED_CARD)
    with connect(mesh, compression=compression) as client:
        send_in_pieces(client, text, size)
        assert client.receive() == masked
        assert client.ask("still open") == "still open"
    assert mesh.service.messages == [masked, "still open"]
    finding = mesh.inbound.wait_audit(reason="none")["pii"][0]
    assert (finding["detector"], finding["rule"], finding["action"]) == ("dlp", "CREDIT_CARD", "mask")
    assert CARD not in mesh.inbound.text("audit.log")


async def tell_secrets(service, connection):
    async for message in connection:
        text = {"card": f"the card is {CARD}.", "two": f"{CARD} and 5555555555554444"}[message]

        async def pieces():
            for at in range(0, len(text), 3):
                yield text[at:at + 3]

        await connection.send(pieces())


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_card_is_masked_on_its_way_back(bed, compression):
    mesh = bed.dlp(acting("mask"), serve=tell_secrets)
    with connect(mesh, compression=compression) as client:
        assert client.ask("card") == f"the card is {MASKED_CARD}."
        assert client.ask("two") == f"{MASKED_CARD} and ************4444"
    assert mesh.inbound.wait_audit(reason="none")["pii"][0]["direction"] == "response"
    assert mesh.inbound.metric("gabion_findings_total", detector="dlp", action="mask", direction="response") >= 3


def test_a_replacement_may_be_longer(bed):
    mesh = bed.dlp(acting("replace"))
    with connect(mesh) as client:
        send_in_pieces(client, f"a {CARD} b", 4)
        assert client.receive() == "a [CREDIT_CARD] b"


def test_a_blocked_value_closes_with_1008_both_ways(bed):
    mesh = bed.dlp(acting("block"))
    with connect(mesh) as client:
        assert client.ask("fine") == "fine"
        client.send(f"take {CARD}")
        assert client.wait_closed()[0] == 1008
    assert mesh.service.messages == ["fine"]
    line = mesh.inbound.wait_access(websocket_close_code=1008)
    assert (line["reason"], line["websocket_closed_by"], line["verdict"]) == ("sensitive_data", "proxy", "deny")
    assert line["pii"][0]["rule"] == "CREDIT_CARD"
    until(lambda: (1008, "") in mesh.service.closes, "the service is told")


def test_a_blocked_value_of_the_service_does_not_arrive(bed):
    mesh = bed.dlp(acting("block"), serve=tell_secrets)
    with connect(mesh) as client:
        client.send("card")
        assert client.wait_closed()[0] == 1008


def test_a_long_message_streams_while_it_is_masked(bed):
    """Held are only bytes that may belong to a value, not the message."""
    mesh = bed.dlp(acting("mask"))
    text = (f"no {'x' * 40_000} card {CARD} then " * 30)
    with connect(mesh, compression=None) as client:
        send_in_pieces(client, text, 30_000)
        assert client.receive() == text.replace(CARD, MASKED_CARD)


# ---- attacks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("size", [3, 1000])
@pytest.mark.parametrize("message", [INJECTION, INJECTION.encode(), json.dumps({"id": INJECTION})],
                         ids=["text", "binary", "json"])
def test_an_attack_closes_with_1008_and_does_not_arrive(bed, message, size, compression):
    mesh = bed.get()
    with connect(mesh, compression=compression) as client:
        assert client.ask("hello") == "hello"
        send_in_pieces(client, message, size)
        assert client.wait_closed()[0] == 1008
    assert mesh.service.messages == ["hello"]
    line = mesh.inbound.wait_access(websocket_close_code=1008)
    assert (line["reason"], line["verdict"]) == ("attack_detected", "deny") and line["threats"]


@pytest.mark.parametrize("field", [("Content-Encoding", "x-unknown"), ("Content-Type", "text/plain; charset=utf-16")],
                         ids=lambda field: field[0])
def test_fields_of_the_upgrade_do_not_hide_messages(bed, field):
    mesh = bed.get({**INSPECTING, "onLimit": "allow"})
    with connect(mesh, extra_headers=[field]) as client:
        client.send(INJECTION)
        assert client.wait_closed()[0] == 1008


def test_what_is_only_logged_passes_and_is_told_at_once(bed):
    mesh = bed.get({"attacks": "log", "paymentCards": "off"})
    with connect(mesh) as client:
        assert client.ask(INJECTION) == INJECTION
        assert mesh.inbound.wait_audit(reason="none")["threats"][0]["action"] == "log"
        assert client.ask("still open") == "still open"


def waf(mode="block", entry=None, **choices):
    return ({**FORWARDING, "waf": {"rules": "mine", "mode": mode}, **choices}, {"waf": {"mine": {"entry": str(entry)}}})


@pytest.fixture(scope="module")
def rules_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("rules") / "rules.conf"
    file.write_text(RULES)
    return file


@pytest.mark.parametrize("message", ["an ATTACK", json.dumps({"deep": [{"text": "an ATTACK"}]}), "[not JSON: attack",
                                     b"attack"], ids=["text", "json", "almost json", "binary"])
def test_rules_see_a_message_as_arguments(bed, rules_file, message):
    mesh = bed.get(*waf(entry=rules_file))
    with connect(mesh) as client:
        assert client.ask("[harmless") == "[harmless"
        client.send(message)
        assert client.wait_closed()[0] == 1008
    assert mesh.service.messages == ["[harmless"]
    finding = mesh.inbound.wait_access(websocket_close_code=1008)["threats"][0]
    assert finding["id"] == 1002 and finding["field"].startswith("ARGS:")


def test_rules_for_answers_see_messages_of_the_service(bed, rules_file):
    mesh = bed.get(*waf(entry=rules_file))
    with connect(mesh) as client:
        client.send("top-secret")
        assert client.wait_closed()[0] == 1008
    assert mesh.inbound.wait_access(websocket_close_code=1008)["pii"][0]["id"] == 1003


def test_rules_that_only_detect_tell_and_let_pass(bed, rules_file):
    mesh = bed.get(*waf("detect", entry=rules_file))
    with connect(mesh) as client:
        assert client.ask("an attack") == "an attack"
        assert mesh.inbound.wait_audit(reason="none")["threats"][0]["id"] == 1002


@pytest.mark.skipif(not CRS.exists(), reason="modsecurity-crs is not installed")
@pytest.mark.seconds(400)
def test_the_core_rule_set_judges_messages(bed):
    mesh = bed.get(*waf(entry=CRS))
    with connect(mesh) as client:
        for harmless in ("hello", "{\"user\": \"ann\", \"text\": \"see you at 5\"}", b"\x00\x01\x02", "[1, 2, 3]",
                         "It's 100% fine, isn't it?"):
            assert client.ask(harmless) == harmless
        client.send("<script>alert(document.cookie)</script>")
        assert client.wait_closed()[0] == 1008
    with connect(mesh) as client:
        client.send(json.dumps({"name": INJECTION}))
        assert client.wait_closed()[0] == 1008


# ---- limits ---------------------------------------------------------------------------------------------------------


def test_a_message_above_the_hold_limit_is_1009(bed, rules_file):
    mesh = bed.get(*waf(entry=rules_file))
    with connect(mesh, compression=None) as client:
        client.send("x" * 100_000)
        assert client.wait_closed()[0] == 1009
    assert mesh.inbound.wait_access(websocket_close_code=1009)["reason"] == "hold_limit"
    assert mesh.service.messages == []


def test_on_limit_allow_lets_it_pass(bed, rules_file):
    mesh = bed.get(*waf(entry=rules_file, onLimit="allow"))
    with connect(mesh, compression=None) as client:
        assert client.ask("x" * 300_000) == "x" * 300_000


def test_new_rules_judge_the_next_message(bed, tmp_path):
    mesh = bed.get(dict(FORWARDING))
    with connect(mesh) as client:
        assert client.ask(INJECTION) == INJECTION
        mesh.inbound.configuration["inspection"] = {"profiles": {"default": INSPECTING}}
        mesh.inbound.write()
        mesh.inbound.reload()
        until(lambda: mesh.inbound.metric("gabion_provisional_rules") == 0, "complete")
        client.send(INJECTION)
        assert client.wait_closed()[0] == 1008


# ---- a browser ------------------------------------------------------------------------------------------------------

# A page has loaded, and is shown, when its images have come: /told comes once the socket is closed.
PAGE = b"""<!doctype html><body></body><script>
new Image().src = "/told";
const socket = new WebSocket(location.origin.replace("http", "ws") + "/chat");
const told = [];
socket.onopen = () => socket.send("card " + ["4111", "1111", "1111", "1111"].join(" "));
socket.onmessage = event => { told.push(event.data); socket.send("1' UNION SELECT password FROM users --"); };
socket.onclose = event => { told.push("closed " + event.code); document.body.textContent = told.join(";"); };
</script>"""


def dump(url, folder, *options):
    """What the browser shows once the page has loaded."""
    return subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}",
         "--dump-dom", *options, url], capture_output=True, timeout=90, check=True).stdout.decode()


@pytest.mark.seconds(200)
@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/2"])
def test_a_browser(binary, tmp_path, protocol):
    """Over HTTP/2 it takes the connection of its page for the WebSocket, since that announces extended CONNECT."""
    services = []

    async def page(path, headers):
        if path == "/page":
            return http.HTTPStatus.OK, [("Content-Type", "text/html")], PAGE
        if path == "/told":
            while not any(code == 1008 for code, _ in services[0].closes):
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            return http.HTTPStatus.OK, [], b""
        return None

    mesh = Mesh(binary, tmp_path, {"attacks": "block", "paymentCards": "off", "dlp": "mine"},
                {"dlp": {"profiles": {"mine": acting("mask")}}})
    try:
        services.append(mesh._keep(Service(mesh.application_endpoint, process_request=page)))
        mesh.start_inbound(inbound=inbound_of(mesh))
        origin, options = f"http://{mesh.listens['plain']}", []
        if protocol == "HTTP/2":
            front = mesh._keep(TlsFront(mesh.subnet.endpoint(40), mesh.listens["plain"],
                                        *mesh.write_leaf(Authority().leaf(), tmp_path / "front")))
            origin, options = f"https://{front.endpoint}", ["--ignore-certificate-errors"]
        shown = dump(f"{origin}/page", tmp_path / "browser", *options)
        assert "card **** **** **** 1111;closed 1008" in shown, shown
        line = mesh.inbound.wait_access(websocket_close_code=1008)
        assert (line["protocol"], line["path"], line["reason"]) == (protocol, "/chat", "attack_detected")
        assert mesh.crashes() == []
    finally:
        mesh.stop()


# ---- control frames -------------------------------------------------------------------------------------------------


def test_control_frames_carry_nothing_past_inspection(bed):
    mesh = bed.dlp(acting("block"))
    for send in (lambda client: client._loop.run(client.connection.ping(f"card {CARD}".encode())),
                 lambda client: client._loop.run(client.connection.pong(f"card {CARD}".encode())),
                 lambda client: client._loop.loop.call_soon_threadsafe(
                     lambda: client._loop.loop.create_task(client.connection.close(1000, f"card {CARD}")))):
        mesh.forget()
        mesh.service.closes.clear()
        with connect(mesh) as client:
            client.ping(b"harmless")
            assert client.ask("x") == "x"
            send(client)
            line = mesh.inbound.wait_access(response_code=101)
            assert line["reason"] == "sensitive_data" and line["pii"]
        until(lambda: mesh.service.closes == [(1008, "")], lambda: f"told {mesh.service.closes}")
