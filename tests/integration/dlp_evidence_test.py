"""What is told of sensitive values: enough to act on, and never the values, wherever they were."""

import base64
import hashlib
import json
import re
import urllib.parse

import pytest

from dlp_bed import KEY, acting, answer_of, ask_wild, post, start
from raw_client import Closed
from waiting import until

CANARIES = {
    "card": "4716108999716531",
    "token": "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",
    "password": "Vx7!qLm2#Rt9",
    "email": "canary.falls.silent@tunnel-nine.example.org",
    "aws": "AKIAQ4J5N7XKMZT3WYB2",
    "iban": "GB33BUKB20201555555555",
}


def test_an_audit_line_tells_what_is_needed(binary, tmp_path):
    mesh = start(binary, tmp_path, acting("mask"), key=KEY)
    try:
        body = '{"customer": {"card": "4111111111111111"}}'
        ask_wild(mesh, answer_of(body))
        line = mesh.inbound.wait_audit()
        (found,) = line["pii"]
        assert found | {"hash": ""} == {
            "detector": "dlp", "rule": "CREDIT_CARD", "direction": "response", "field": "/customer/card",
            "offset": body.index("4111"), "length": 16, "sample": "************1111", "hash": "", "confidence": 100,
            "validated": True, "cue": "card", "profile": "mine", "action": "mask"}
        assert re.fullmatch(r"[0-9a-f]{8}:[0-9a-f]{16}", found["hash"])
        assert line["request_id"] and line["peer_spiffe"].endswith("/sa/web")
        assert mesh.inbound.metric("gabion_findings_total", detector="dlp", rule="CREDIT_CARD", action="mask",
                                   direction="response") == 1
        assert mesh.crashes() == []
    finally:
        mesh.stop()


def forms_of(value):
    """The value as logs may hold it by accident."""
    text = value.encode()
    yield value
    yield urllib.parse.quote(value, safe="")
    yield "".join(f"%{byte:02X}" for byte in text)
    yield text.hex()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):  # wherever in the text it began, without what its neighbours decide
            coded = encode(b"x" * shift + text + b"xx").decode()
            yield coded[4 if shift else 0:len(coded) - 8]
    for algorithm in (hashlib.md5, hashlib.sha1, hashlib.sha256):
        digest = algorithm(text)
        yield digest.hexdigest()
        yield digest.hexdigest()[:16]
        yield base64.b64encode(digest.digest()).decode().rstrip("=")


def told(mesh):
    """All that the sidecars wrote or show."""
    texts = {}
    for sidecar in mesh.sidecars():
        for path in (*sidecar.folder.glob("*.log"),):
            texts[f"{sidecar.folder.name}/{path.name}"] = path.read_text(errors="replace")
        if sidecar.running():
            for page in ("/metrics", "/config", "/", "/status", "/policy", "/connections", "/stats", "/nothing"):
                texts[f"{sidecar.folder.name}{page}"] = sidecar.get(page)[1]
    return texts


def assert_silent(mesh):
    for where, text in told(mesh).items():
        for name, value in CANARIES.items():
            for form in forms_of(value):
                assert form not in text, f"{name} as {form} in {where}: {text[max(0, text.find(form) - 300):][:400]}"


def bodies():
    pairs = {**CANARIES, "note": "nothing"}
    yield "application/json", json.dumps({"user": pairs})
    yield "application/json", json.dumps(list(pairs.items()))
    yield "application/x-www-form-urlencoded", urllib.parse.urlencode(pairs)
    yield "text/plain", " ".join(f"{name}={value}" for name, value in pairs.items())
    yield "text/html", "".join(f"<p>{name}: {value}</p>" for name, value in pairs.items())
    yield "multipart/form-data; boundary=zz", "".join(
        f'--zz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs.items()) + "--zz--\r\n"
    yield "text/event-stream", "".join(f"data: {name}={value}\n\n" for name, value in pairs.items())
    yield "application/json", json.dumps({value: name for name, value in pairs.items()})
    yield "application/json", '{"broken": "' + " ".join(pairs.values())


def send_quietly(mesh, *pieces, port="plain"):
    with (mesh.plain() if port == "plain" else mesh.peer(port)) as client:
        client.send(*pieces)
        try:
            client.read()
        except (Closed, OSError):
            pass


def ask_everywhere(mesh):
    """The values in every place of a request and of an answer, in what is forwarded and in what is refused."""
    query = urllib.parse.urlencode(CANARIES)
    plain_query = "&".join(f"{name}={value}" for name, value in CANARIES.items() if not set(value) & set("#! "))
    fields = "".join(f"X-{name}: {value}\r\n" for name, value in CANARIES.items())
    path = "/".join(urllib.parse.quote(value, safe="") for name, value in CANARIES.items() if name != "password")
    secret = f"password={CANARIES['password']}"
    heads = [f"GET /{path}?{query} HTTP/1.1\r\nHost: orders.shop\r\n",
             f"GET /?{plain_query} HTTP/1.1\r\nHost: orders.shop\r\nReferer: https://a.example/?{query}\r\n",
             f"GET / HTTP/1.1\r\nHost: orders.shop\r\n{fields}",
             f"GET / HTTP/1.1\r\nHost: orders.shop\r\nUser-Agent: agent {CANARIES['token']} {CANARIES['email']} {secret}\r\n",
             f"GET / HTTP/1.1\r\nHost: orders.shop\r\nX-Forwarded-For: {CANARIES['card']}, {CANARIES['email']}\r\n",
             f"GET / HTTP/1.1\r\nHost: orders.shop\r\nX-Request-Id: {CANARIES['token']}\r\n",
             f"GET / HTTP/1.1\r\nHost: orders.shop\r\nCookie: {secret}; t={CANARIES['token']}\r\n"
             f"Authorization: Bearer {CANARIES['token']}\r\n",
             f"GET / HTTP/1.1\r\nHost: {CANARIES['token']}.shop\r\n",
             f"{CANARIES['token']} / HTTP/1.1\r\nHost: orders.shop\r\n",
             f"GET /?{query} HTTP/1.1\r\nHost: orders.shop\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
             f"GET /?{query} HTTP/1.1\r\nHost: orders.shop\r\nBad Field: {CANARIES['card']}\r\n",
             f"GET /{'x' * 20_000}?{query} HTTP/1.1\r\nHost: orders.shop\r\n",
             f"GET /{path}/..%2f..%2f?{query} HTTP/9.9\r\nHost: orders.shop\r\n"]
    for head in heads:
        send_quietly(mesh, head + "Connection: close\r\n\r\n")
        send_quietly(mesh, head + "Connection: close\r\n\r\n", port="http")
    send_quietly(mesh, f"{CANARIES['token']} {CANARIES['card']} {CANARIES['email']}\r\n\r\n")
    for content_type, body in bodies():
        body = body.encode()
        try:
            post(mesh, body, content_type, target=f"/?{query}")
            post(mesh, body, content_type, [("Content-Encoding", "gzip")])
            post(mesh, body, f"{content_type}, {content_type}; charset={CANARIES['token']}")
        except (Closed, OSError):
            pass
        ask_wild(mesh, answer_of(body, content_type, 50))
        ask_wild(mesh, answer_of(body, content_type, fields=[("Content-Encoding", "gzip")]))
        ask_wild(mesh, answer_of(body, content_type, status="206 Partial Content"))
        ask_wild(mesh, answer_of(body, content_type, status=f"500 {CANARIES['email']}",
                                 fields=[("X-Note", CANARIES["card"]), ("Location", f"/?{query}")]))
        ask_wild(mesh, answer_of(body, content_type)[:-9], "reset")
        ask_wild(mesh, b"HTTP/1.1 200 " + body)
        ask_wild(mesh, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        send_quietly(mesh, "POST / HTTP/1.1\r\nHost: orders.shop\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
                     f"X-Card: {CANARIES['card']}\r\nX-Token: {CANARIES['token']}\r\n\r\n")


@pytest.mark.seconds(300)
@pytest.mark.parametrize("action", ["log", "mask", "token", "dropField", "block"])
def test_no_value_is_told_anywhere(binary, tmp_path, action):
    profile = {**acting(action), "allow": [CANARIES["iban"]]}
    mesh = start(binary, tmp_path, profile, key=KEY)
    try:
        mesh.inbound.stop()
        mesh.start_inbound(log={"level": "debug", "access": "./access.log", "audit": "./audit.log"},
                           deny={"explainToClient": True})
        ask_everywhere(mesh)
        until(lambda: len(mesh.inbound.access()) > 60, "the lines are written")
        mesh.inbound.configuration["inspection"]["dlp"]["profiles"]["mine"]["custom"] = [
            {"name": "MINE", "pattern": "mine[0-9]{4}", "examples": {"match": [CANARIES["token"]], "noMatch": ["x"]}}]
        mesh.inbound.write()
        mesh.inbound.reload()
        found = {one["rule"] for line in mesh.inbound.audit() for one in line["pii"]}
        assert found >= {"CREDIT_CARD", "GITHUB_TOKEN", "EMAIL_ADDRESS", "AWS_ACCESS_KEY_ID"}
        assert_silent(mesh)
        assert mesh.crashes() == []
    finally:
        mesh.stop()
