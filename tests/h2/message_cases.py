"""RFC 9113 §8: what a request is made of, what makes it malformed, and what must be taken."""

from case import Case, connection_error, either, malformed, post, request, served, stream_error
from h2_wire import ask, block, data, headers, rst_stream

PROTOCOL, CLOSED = 1, 5
METHOD, SCHEME, PATH, AUTHORITY = ask()


def fields(*pairs):
    """Sends exactly these fields as a request without a body."""
    return lambda wire: wire.send(headers(1, block(*pairs)))


def extra(*pairs):
    """Sends an ordinary request with these fields more."""
    return fields(*ask(), *pairs)


def with_length(length, *bodies, method="POST"):
    """Sends a request with a Content-Length of `length` and its body in these pieces."""
    def send(wire):
        head = headers(1, block(*ask(method=method, extra=[("content-length", length)])), end=not bodies)
        wire.send(head, *(data(1, body, end=index + 1 == len(bodies)) for index, body in enumerate(bodies)))

    return send


def with_trailers(*pairs, end=True, body=b"body"):
    return lambda wire: wire.send(post(), data(1, body, False), headers(1, block(*pairs), end))


FRAMING = [
    Case("8.1/body", "a request is HEADERS and DATA", lambda wire: wire.send(post(), data(1, b"body")), served()),
    Case("8.1/body-in-pieces", "and any number of DATA",
         lambda wire: wire.send(post(), *[data(1, b"x", False)] * 20, data(1)), served()),
    Case("8.1/trailers", "trailers end a request", with_trailers(("x-sum", "7")), served()),
    Case("8.1/trailers-without-end", "a second HEADERS without END_STREAM is malformed",
         with_trailers(("x-sum", "7"), end=False), malformed()),
    Case("8.1/trailers-at-once", "a second HEADERS without END_STREAM is malformed",
         lambda wire: wire.send(post(), headers(1, block(("x-sum", "7")), end=False), data(1, b"x")), malformed()),
    Case("8.1/pseudo-in-trailers", "trailers have no pseudo-header", with_trailers((":path", "/other")), malformed()),
    Case("8.1/method-in-trailers", "trailers have no pseudo-header", with_trailers((":method", "GET"), ("x", "y")),
         malformed()),
    Case("8.1/unknown-pseudo-in-trailers", "trailers have no pseudo-header", with_trailers((":x", "y")), malformed()),
    Case("8.1/upper-in-trailers", "names in trailers are lower case", with_trailers(("X-Sum", "7")), malformed()),
    Case("8.1/connection-in-trailers", "trailers have no connection field",
         with_trailers(("transfer-encoding", "chunked")), malformed()),
    Case("8.1/lf-in-trailers", "values in trailers are valid", with_trailers(("x-sum", "7\r\nx: y")), malformed()),
    Case("8.1/after-trailers", "nothing comes behind the trailers",
         lambda wire: wire.send(post(), data(1, b"x", False), headers(1, block(("x", "y"))), data(1, b"z")),
         stream_error(CLOSED)),
    Case("8.1/interleaved", "streams are independent",
         lambda wire: wire.send(post(1), post(3), data(3, b"three"), data(1, b"one")), served(1, 3)),
    Case("8.1/head", "HEAD is answered without a body", lambda wire: wire.send(request(method="HEAD")),
         lambda wire: served()(wire) and not wire.bodies.get(1)),
    Case("8.1/no-1xx-switch", "101 has no meaning: Upgrade is not obeyed", extra(("upgrade", "h2c")), malformed()),
]

LENGTHS = [
    Case("8.1.1/length", "content-length is the length of DATA", with_length("4", b"body"), served()),
    Case("8.1.1/length-of-pieces", "content-length is the sum of DATA", with_length("8", b"body", b"body"), served()),
    Case("8.1.1/too-long", "a body longer than content-length is malformed", with_length("1", b"body"), malformed()),
    Case("8.1.1/too-short", "a body shorter than content-length is malformed", with_length("10", b"body"), malformed()),
    Case("8.1.1/pieces-too-long", "pieces longer than content-length are malformed", with_length("5", b"body", b"body"),
         malformed()),
    Case("8.1.1/pieces-too-short", "pieces shorter than content-length are malformed",
         with_length("9", b"body", b"body"), malformed()),
    Case("8.1.1/none", "content-length without DATA is malformed", with_length("5"), malformed()),
    Case("8.1.1/zero", "content-length: 0 without DATA is right", with_length("0"), served()),
    Case("8.1.1/zero-with-data", "content-length: 0 with DATA is malformed", with_length("0", b"x"), malformed()),
    Case("8.1.1/negative", "content-length is a number", with_length("-4", b"body"), malformed()),
    Case("8.1.1/signed", "content-length is a number", with_length("+4", b"body"), malformed()),
    Case("8.1.1/list", "content-length is one number", with_length("4, 5", b"body"), malformed()),
    Case("8.1.1/hexadecimal", "content-length is decimal", with_length("0x4", b"body"), malformed()),
    Case("8.1.1/empty", "content-length is not empty", with_length("", b"body"), malformed()),
    Case("8.1.1/overflow", "content-length may not overflow", with_length("18446744073709551620", b"body"),
         malformed()),
    Case("8.1.1/twice", "two content-lengths that differ are malformed",
         lambda wire: wire.send(post(extra=[("content-length", "4"), ("content-length", "5")]), data(1, b"body")),
         malformed()),
    Case(
        "8.1.1/trailers", "a body cut short by trailers is malformed", lambda wire: wire.send(
            post(extra=[("content-length", "9")]), data(1, b"body", False), headers(1, block(("x", "y")))),
        malformed()),
    Case("8.1.1/others-live", "a malformed request does not disturb its neighbours",
         lambda wire: wire.send(request(1), headers(3, block(*ask(), ("X-Upper", "a"))), request(5)),
         either(served(5), connection_error(PROTOCOL))),
]

# What a field name may not hold (RFC 9113 §8.2.1): 0x00-0x20, upper case, 0x7f-0xff; a colon but at the beginning.
BAD_NAMES = {
    "upper": "X-Upper", "upper-end": "x-uppeR", "space": "x y", "space-end": "x ", "tab": "x\ty", "nul": "x\0y",
    "lf": "x\ny", "cr": "x\ry", "crlf": "x\r\ny", "del": "x\x7fy", "high": "x\x80y", "colon": "x:y", "colon-end": "x:",
    "empty": "", "escape": "x\x1by"
}
BAD_VALUES = {
    "nul": "a\0b", "lf": "a\nb", "cr": "a\rb", "crlf": "a\r\nb", "nul-first": "\0a", "lf-last": "a\n", "only-cr": "\r"
}
EDGES = {"space-first": " a", "space-last": "a ", "tab-first": "\ta", "tab-last": "a\t"}
CONNECTION = {
    "connection": "close", "keep-alive": "timeout=1", "proxy-connection": "keep-alive", "transfer-encoding": "chunked",
    "upgrade": "websocket"
}

FIELDS = [
    *(Case(f"8.2.1/name-{name}", "a name with such a byte is malformed", extra((value, "a")), malformed())
      for name, value in BAD_NAMES.items()),
    *(Case(f"8.2.1/value-{name}", "NUL, LF and CR in a value are malformed", extra(("x-value", value)), malformed())
      for name, value in BAD_VALUES.items()),
    *(Case(f"8.2.1/value-{name}", "a value neither begins nor ends with a blank", extra(
        ("x-value", value)), malformed()) for name, value in EDGES.items()),
    Case("8.2.1/value-in-path", "pseudo-header values are values",
         fields(METHOD, SCHEME, (":path", "/a\r\nx: y"), AUTHORITY), malformed()),
    Case("8.2.1/value-in-authority", "pseudo-header values are values",
         fields(METHOD, SCHEME, PATH, (":authority", "a\r\nx: y")), malformed()),
    Case("8.2.1/value-in-method", "pseudo-header values are values",
         fields((":method", "GET / HTTP/1.1\r\nx: y"), SCHEME, PATH, AUTHORITY), malformed()),
    Case("8.2.1/value-high", "bytes above 0x7f are allowed in values", extra(("x-value", "a\x80\xff")), served()),
    Case("8.2.1/value-empty", "a value may be empty", extra(("x-value", "")), served()),
    Case("8.2.1/name-symbols", "every symbol of a token is allowed in a name", extra(("x!#$%&'*+-.^`|~1", "a")),
         served()),
    *(Case(f"8.2.2/{name}", "connection-specific fields are malformed", extra((name, value)), malformed())
      for name, value in CONNECTION.items()),
    Case("8.2.2/te", "te other than trailers is malformed", extra(("te", "gzip")), malformed()),
    Case("8.2.2/te-list", "te other than trailers is malformed", extra(("te", "trailers, deflate;q=0.5")), malformed()),
    Case("8.2.2/te-trailers", "te: trailers is allowed", extra(("te", "trailers")), served()),
    Case("8.2.3/crumbs", "cookies may come in pieces", extra(("cookie", "a=b"), ("cookie", "c=d")), served()),
]

PSEUDO = [
    Case("8.3/unknown", "an unknown pseudo-header is malformed", fields(*ask(), (":test", "ok")), malformed()),
    Case("8.3/status", "a pseudo-header of responses is malformed", fields(*ask(), (":status", "200")), malformed()),
    Case("8.3/after-regular", "pseudo-headers come first", fields(METHOD, SCHEME, PATH, ("x", "y"), AUTHORITY),
         malformed()),
    Case("8.3/path-after-regular", "pseudo-headers come first", fields(METHOD, SCHEME, AUTHORITY, ("x", "y"), PATH),
         malformed()),
    Case("8.3/upper", "pseudo-headers are lower case", fields((":Method", "GET"), SCHEME, PATH, AUTHORITY),
         malformed()),
    Case("8.3/colon-only", "a name of one colon is malformed", fields(*ask(), (":", "a")), malformed()),
    *(Case(f"8.3.1/no-{one[0][1:]}", "this pseudo-header is mandatory",
           fields(*[other for other in ask() if other != one]), malformed()) for one in (METHOD, SCHEME, PATH)),
    *(Case(f"8.3.1/two-{one[0][1:]}", "a pseudo-header comes once", fields(*ask(), one), malformed()) for one in ask()),
    Case("8.3.1/other-path", "a pseudo-header comes once", fields(*ask(), (":path", "/other")), malformed()),
    Case("8.3.1/empty-path", "the path is not empty", fields(METHOD, SCHEME, (":path", ""), AUTHORITY), malformed()),
    Case("8.3.1/relative-path", "the path begins with a slash",
         fields(METHOD, SCHEME, (":path", "index.html"), AUTHORITY), malformed()),
    Case("8.3.1/absolute-path", "the path is no URI", fields(METHOD, SCHEME, (":path", "http://orders.shop/"),
                                                             AUTHORITY), malformed()),
    Case("8.3.1/blank-in-path", "the path is a path", fields(METHOD, SCHEME, (":path", "/a b"), AUTHORITY),
         malformed()),
    Case("8.3.1/asterisk", "the path * is for OPTIONS", fields(METHOD, SCHEME, (":path", "*"), AUTHORITY), malformed()),
    Case("8.3.1/options", "OPTIONS * is a request", fields((":method", "OPTIONS"), SCHEME, (":path", "*"), AUTHORITY),
         served(), needs="asterisk"),
    Case("8.3.1/empty-method", "the method is a token", fields((":method", ""), SCHEME, PATH, AUTHORITY), malformed()),
    Case("8.3.1/method-with-blank", "the method is a token", fields((":method", "GET /x"), SCHEME, PATH, AUTHORITY),
         malformed()),
    Case("8.3.1/userinfo", ":authority has no user information",
         fields(METHOD, SCHEME, PATH, (":authority", "user@orders.shop")), malformed()),
    Case("8.3.1/host-alone", "host may stand for :authority", fields(METHOD, SCHEME, PATH, ("host", "orders.shop")),
         served()),
    Case("8.3.1/host-equal", "host may repeat :authority", extra(("host", "orders.shop")), served()),
    Case("8.3.1/host-differs", "host that differs from :authority is malformed", extra(("host", "other.shop")),
         malformed()),
    Case("8.3.1/no-authority", "http needs :authority or host", fields(METHOD, SCHEME, PATH), malformed()),
    Case("8.3.1/empty-authority", "http needs an authority that is not empty",
         fields(METHOD, SCHEME, PATH, (":authority", "")), malformed()),
    Case("8.3.1/two-hosts", "there is one host", extra(("host", "orders.shop"), ("host", "other.shop")), malformed()),
    Case("8.3.1/order", "pseudo-headers may come in any order", fields(AUTHORITY, PATH, METHOD, SCHEME), served()),
    Case("8.5/connect-path", "CONNECT has no :path", fields((":method", "CONNECT"), PATH, AUTHORITY), malformed()),
    Case("8.5/connect-scheme", "CONNECT has no :scheme", fields((":method", "CONNECT"), SCHEME, AUTHORITY),
         malformed()),
    Case("8.5/connect-no-authority", "CONNECT has :authority", fields((":method", "CONNECT"), ), malformed()),
    Case(
        "8.5/connect", "CONNECT is refused or served, and disturbs nobody",
        lambda wire: wire.send(headers(1, block(
            (":method", "CONNECT"), (":authority", "orders.shop:80")), end=False), rst_stream(1)), lambda wire:
        (wire.ask(3) or 500) < 500 and wire.away() is None),
    Case("8.5/protocol", ":protocol is for extended CONNECT (RFC 8441 §4)", fields(*ask(), (":protocol", "websocket")),
         malformed()),
]

CASES = FRAMING + LENGTHS + FIELDS + PSEUDO
