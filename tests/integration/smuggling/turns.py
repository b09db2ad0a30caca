"""Streams about who speaks next: pipelines, Expect, Upgrade, Connection, CONNECT, HTTP/1.0, and mutations of all others."""

import random

from smuggling.stream import AFTER, DENIED, HOST, chunked, post, spelt, stream

SIZE = b"%d" % len(DENIED)
EXPECTATIONS = [
    b"100-continue", b"100-Continue", b"100-continue, x", b"x", b"", b"100-continue\r\nExpect: 100-continue",
    b"100-continue;a=b", b"x 100-continue", b"y 100-continue", b"100-continue\x0b", b"\t100-continue", b"101-continue"
]
UPGRADES = [
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings\r\n",
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nConnection: Upgrade\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade\r\n", b"Upgrade: h2c\r\n", b"Upgrade: H2C\r\nConnection: upgrade\r\n",
    b"Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n", b"Upgrade: websocket, h2c\r\nConnection: Upgrade\r\n",
    b"Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", b"Upgrade: \"h2c\"\r\nConnection: Upgrade\r\n",
    b"Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n", b"Upgrade: h2\r\nConnection: Upgrade\r\n",
    b"Upgrade: HTTP/2.0\r\nConnection: Upgrade\r\n",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 777\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n",
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
]
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
CONNECTIONS = [
    b"close", b"keep-alive", b"close, keep-alive", b"Content-Length", b"Transfer-Encoding", b"Host",
    b"content-length, close", b"X-Request-Id", b"traceparent", b"Connection", b"Upgrade", b"TE",
    b"keep-alive\r\nConnection: close", b",", b"", b"\"close\"", b"close\x0b", b"cl\x00ose",
    b"x-forwarded-for, forwarded", b"Expect", b"Trailer", b"Cookie, Authorization"
]


def _turns():
    for value in EXPECTATIONS:
        line = b"Expect: " + value + b"\r\n"
        yield stream("expect",
                     spelt(value) + " with a body", post(line + b"Content-Length: " + SIZE + b"\r\n", DENIED + AFTER))
        yield stream("expect",
                     spelt(value) + " with chunks",
                     chunked(b"%x\r\n" % len(DENIED) + DENIED + b"\r\n0\r\n\r\n" + AFTER, line))
        yield stream("expect",
                     spelt(value) + " and the body later", post(line + b"Content-Length: " + SIZE + b"\r\n"),
                     DENIED + AFTER)
        yield stream(
            "expect",
            spelt(value) + " without a body",
            b"GET /a/@@@@ HTTP/1.1\r\n" + HOST + line + b"Content-Length: " + SIZE + b"\r\n\r\n" + DENIED + AFTER)
    for lines in UPGRADES:
        yield stream("upgrade",
                     spelt(lines[:90]) + " and a request", b"GET /a/@@@@ HTTP/1.1\r\n" + HOST + lines + b"\r\n" + AFTER)
        yield stream("upgrade",
                     spelt(lines[:90]) + " and a preface", b"GET /a/@@@@ HTTP/1.1\r\n" + HOST + lines + b"\r\n",
                     PREFACE + DENIED)
        yield stream("upgrade",
                     spelt(lines[:90]) + " within a pipeline",
                     b"GET /a/@@@@ HTTP/1.1\r\n" + HOST + b"\r\n" + b"GET /a/@@@@ HTTP/1.1\r\n" + HOST + lines + b"\r\n" +
                     PREFACE + DENIED)
        yield stream("upgrade",
                     spelt(lines[:90]) + " with a body",
                     post(lines + b"Content-Length: " + SIZE + b"\r\n", DENIED + AFTER))
    for value in CONNECTIONS:
        line = b"Connection: " + value + b"\r\n"
        yield stream("connection",
                     spelt(value) + " with a length", post(line + b"Content-Length: " + SIZE + b"\r\n", DENIED + AFTER))
        yield stream("connection", spelt(value) + " with chunks", chunked(b"0\r\n\r\n" + AFTER, line))


def _pairs():
    get = b"GET /a/@@@@ HTTP/1.1\r\n" + HOST + b"\r\n"
    yield stream("pipeline", "a denied one between", get + DENIED + AFTER)
    yield stream("pipeline", "30 requests", get * 30 + AFTER)
    yield stream("pipeline", "behind HEAD", b"HEAD /a/@@@@ HTTP/1.1\r\n" + HOST + b"\r\n" + DENIED + AFTER)
    yield stream("pipeline", "behind close", b"GET /a/@@@@ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n" + DENIED)
    yield stream("pipeline", "behind 1.0", b"GET /a/@@@@ HTTP/1.0\r\n" + HOST + b"\r\n" + DENIED)
    yield stream("pipeline", "behind 1.0 that is kept",
                 b"GET /a/@@@@ HTTP/1.0\r\n" + HOST + b"Connection: keep-alive\r\n\r\n" + DENIED + AFTER)
    yield stream("pipeline", "two requests in one write each", get, AFTER)
    yield stream("pipeline", "a head cut in its request line", get[:9], get[9:] + AFTER)
    yield stream("pipeline", "a body cut in its middle", post(b"Content-Length: 10\r\n", b"hello"), b"12345" + AFTER)
    yield stream("pipeline", "a body that never ends", post(b"Content-Length: 1000\r\n", DENIED))
    yield stream("pipeline", "a chunk that never ends", chunked(b"fff\r\n" + DENIED))
    yield stream("pipeline", "a head that never ends",
                 b"GET /a/@@@@ HTTP/1.1\r\n" + HOST + b"X: " + DENIED.replace(b"\r\n\r\n", b"\r\n"))
    yield stream("pipeline", "a malformed one between", get + b"GET /x HTTP/1.1\r\nHost : a\r\n\r\n" + AFTER)
    for target in (b"orders.shop:80", b"/denied/@@@@", b"127.0.0.1:22", b"http://orders.shop/denied/@@@@", b"*"):
        yield stream("CONNECT", spelt(target), b"CONNECT " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n" + DENIED)
        yield stream("CONNECT",
                     spelt(target) + " with a length",
                     b"CONNECT " + target + b" HTTP/1.1\r\n" + HOST + b"Content-Length: " + SIZE + b"\r\n\r\n" + DENIED)
    for name in (b"X-HTTP-Method-Override: DELETE", b"X-Original-URL: /denied/@@@@", b"X-Rewrite-URL: /denied/@@@@",
                 b"X-Forwarded-Prefix: /denied", b"Forwarded: for=10.0.0.1", b"X-Forwarded-Proto: https",
                 b"Max-Forwards: 0", b"Range: bytes=0-0", b"Content-Encoding: chunked", b"Content-Type: message/http",
                 b"Proxy-Connection: keep-alive", b"Keep-Alive: timeout=1", b"TE: chunked", b"Trailer: Content-Length"):
        yield stream("odd fields", spelt(name), post(name + b"\r\nContent-Length: " + SIZE + b"\r\n", DENIED + AFTER))


def streams():
    yield from _turns()
    yield from _pairs()


def mutants(seeds, count, seed):
    """`count` of the seeds with a few bytes replaced, taken away, doubled or moved."""
    source = random.Random(seed)
    odd = [
        b"\r", b"\n", b"\r\n", b"\x00", b" ", b"\t", b":", b";", b",", b"0", b"1", b"chunked", b"\x0b", b"\xff",
        b"Content-Length: 0\r\n"
    ]
    for number in range(count):
        origin = source.choice(seeds)
        wire = b"".join(origin.pieces)
        for _ in range(source.randint(1, 3)):
            at, end = sorted(source.randrange(len(wire) + 1) for _ in range(2))
            end = min(end, at + 12)
            wire = source.choice([
                wire[:at] + source.choice(odd) + wire[at:], wire[:at] + source.choice(odd) + wire[at + 1:],
                wire[:at] + wire[at + 1:], wire[:end] + wire[at:end] + wire[end:], wire[:at] + wire[end:]
            ])
        yield stream("mutant", f"{number} of {origin}", wire)
