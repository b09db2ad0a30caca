"""Bodies made to cost time or memory: each ends soon, in bounded memory, with a reason."""

import gzip
import json
import random
import time

import brotli
import pytest

from dlp_bed import CARD, Running, acting, answer_of
from raw_client import Closed, request

MIB = 1 << 20


@pytest.fixture(scope="module")
def running(binary, tmp_path_factory):
    found = Running(binary, tmp_path_factory)
    yield found
    found.stop()


def zstd_bomb(blocks=81_920):
    """10 GiB of zeros: blocks of 128 KiB in four bytes each."""
    block = ((1 << 1) | (128 * 1024 << 3)).to_bytes(3, "little") + b"\0"
    last = ((1 << 1) | (128 * 1024 << 3) | 1).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x38" + block * (blocks - 1) + last


def near_cards(count):
    """Numbers of a card's shape whose check digit is wrong, each beside a cue."""
    found = []
    generator = random.Random(7)
    while len(found) < count:
        digits = "4" + "".join(str(generator.randrange(10)) for _ in range(14))
        total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(digits))
        found.append(digits + str((10 - total % 10 + 1 + generator.randrange(8)) % 10))
    return found


NEAR = " card ".join(near_cards(1_000))
NESTED = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
BODIES = {  # content type, body, further fields, reason
    "gzip bomb": ("application/json", lambda: gzip.compress(bytes(16 * MIB)) * 64, "gzip", "decoded_ratio"),
    "br bomb": ("application/json", lambda: brotli.compress(bytes(256 * MIB), quality=5), "br", "decoded_ratio"),
    "zstd bomb": ("application/json", zstd_bomb, "zstd", "decoded_ratio"),
    "nested JSON": ("application/json", lambda: NESTED, None, "none"),
    "nested arrays": ("application/json", lambda: b"[" * 100_000 + b"]" * 100_000, None, "none"),
    "nested XML": ("application/xml", lambda: b"<a>" * 100_000 + b"</a>" * 100_000, None, "none"),
    "one token": ("text/plain", lambda: b"1" * (10 * MIB), None, "none"),
    "one word": ("application/json", lambda: b'"' + b"a1" * (5 * MIB) + b'"', None, "none"),
    "one address": ("text/plain", lambda: b"a@" * (MIB), None, "none"),
    "one address's name": ("text/plain", lambda: (b"a." * 60 + b"@") * (MIB // 100), None, "none"),
    "near matches": ("text/plain", lambda: (NEAR + " card ").encode() * 1_000, None, "none"),
    "escapes": ("application/json", lambda: b'{"a": "' + b"\\u0034" * (MIB) + b'"}', None, "none"),
    "percent": ("application/x-www-form-urlencoded", lambda: b"a=" + b"%34" * (MIB), None, "none"),
    "keys": ("application/json", lambda: json.dumps({f"key{number}": number for number in range(200_000)}).encode(), None,
             "none"),
    "key heads": ("text/plain", lambda: (b"-----BEGIN PRIVATE KEY-----\n" + b"A" * 64 + b"\n") * 20_000, None, "none"),
    "token heads": ("text/plain", lambda: b"eyJhbGciOiJIUzI1NiJ9." * 100_000, None, "none"),
    "parts": ("multipart/form-data; boundary=b",
              lambda: b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 50_000 + b"--b--\r\n", None, "none"),
}


def spend(mesh, send):
    """Seconds and growth of memory."""
    before, began = mesh.inbound.rss_bytes(), time.monotonic()
    send()
    return time.monotonic() - began, mesh.inbound.rss_bytes() - before


def print_cost(what, size, seconds, grown):
    print(f"\n{what}: {size / MIB:.1f} MiB in {seconds:.2f} s, resident memory {grown / MIB:+.1f} MiB")


@pytest.mark.seconds(120)
@pytest.mark.parametrize("way", ["request", "answer"])
@pytest.mark.parametrize("what", BODIES)
def test_a_hostile_body_costs_little(running, honest_memory, what, way):
    content_type, make, coding, reason = BODIES[what]
    mesh = running.get(acting("mask"), contentCoding="decode")
    body = make()
    fields = [("Content-Encoding", coding)] if coding else []

    def send():
        upstream = mesh.start_wild(answer_of(body, content_type, fields=fields)) if way == "answer" else None
        try:
            with mesh.peer("wild" if upstream else "http", seconds=60) as client:
                wire = request("GET", "/", host="wild.shop") if upstream else \
                    request("POST", "/", [("Content-Type", content_type), *fields], body)
                try:
                    client.send(wire)
                    answer = client.read()
                    assert answer.status in ((200,) if reason == "none" else (413, 502)), answer
                except (Closed, OSError):
                    assert reason != "none"
        finally:
            if upstream:
                upstream.stop()

    seconds, grown = spend(mesh, send)
    print_cost(f"{what}, {way}", len(body), seconds, grown)
    mesh.inbound.wait_access(reason=reason)
    assert seconds < 40 and grown < 64 * MIB


@pytest.mark.seconds(120)
@pytest.mark.parametrize("action", ["mask", "replace", "token", "dropField"])
def test_thousands_of_findings_are_covered_each(running, honest_memory, action):
    mesh = running.get(acting(action))
    rows = [{"id": number, "card": CARD} for number in range(20_000)]
    body = json.dumps(rows).encode()
    seen = []

    def send():
        upstream = mesh.start_wild(answer_of(body))
        try:
            with mesh.peer("wild", seconds=60) as client:
                client.send(request("GET", "/", host="wild.shop"))
                seen.append(client.read())
        finally:
            upstream.stop()

    seconds, grown = spend(mesh, send)
    print_cost(f"20,000 cards, {action}", len(body), seconds, grown)
    assert CARD.encode() not in seen[0].body
    covered = json.loads(seen[0].body)
    assert [row["id"] for row in covered] == list(range(20_000))
    line = mesh.inbound.wait_audit()
    assert line["findings_more"] >= 19_000 and len(json.dumps(line)) < 65_536
    assert seconds < 40 and grown < 64 * MIB


def test_more_distinct_values_than_are_told_apart_still_end_in_a_refusal(running):
    mesh = running.get({"types": ["default"], "rules": [{"types": ["EMAIL_ADDRESS"], "action": "log", "blockOver": 6_000}]})
    for count, status in ((5_999, 200), (6_001, None)):
        body = "\n".join(f"user{number}@example.org" for number in range(count))
        upstream = mesh.start_wild(answer_of(body, "text/plain"))
        try:
            with mesh.peer("wild") as client:
                client.send(request("GET", "/", host="wild.shop"))
                if status:
                    assert client.read().status == status
                else:
                    with pytest.raises(Closed):
                        client.read()
        finally:
            upstream.stop()
    assert mesh.inbound.wait_access(reason="sensitive_data")
