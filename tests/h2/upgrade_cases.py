"""RFC 8441, extended CONNECT, and RFC 7540 §3.2, HTTP/2 by Upgrade: h2c, which RFC 9113 has no more."""

from case import Case, connection_error, malformed, no_error, stream_error
from h2_wire import CONNECT_PROTOCOL, PREFACE, SETTINGS, block, data, headers, settings, window_update

PROTOCOL, CLOSED = 1, 5

# ---- RFC 8441 -------------------------------------------------------------------------------------------------------

CONNECT = {":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":path": "/", ":authority": "orders.shop",
           "sec-websocket-version": "13"}


def connect(*more, end=False, **changed):
    """Sends an extended CONNECT; `changed` by the names of its pseudo-headers, None leaves one out."""
    fields = {name: changed.get(name.lstrip(":"), value) for name, value in CONNECT.items()}
    pairs = [(name, value) for name, value in fields.items() if value is not None]
    return lambda wire: wire.send(headers(1, block(*pairs, *more), end))


def not_opened(wire):
    """an answer that is no success, and the connection lives on"""
    wire.read_until(lambda: wire.closed or wire.done(1))
    return (wire.status(1) or 200) >= 300 and wire.alive() and wire.away() is None


def announced(wire):
    """ENABLE_CONNECT_PROTOCOL 1"""
    return wire.setting(CONNECT_PROTOCOL) == 1


def eight(id, sentence, send, expect=None):
    return Case(id, sentence, send, expect or malformed(), needs="extended connect")


CONNECTS = [
    eight("8441-3/announced", "who takes extended CONNECT says so by a setting", lambda wire: None, announced),
    eight("8441-3/client-too", "a client may say the setting, too",
          lambda wire: wire.send(settings((CONNECT_PROTOCOL, 1))), lambda wire: wire.alive() and no_error(wire)),
    eight("8441-3/other-value", "the setting is 0 or 1", lambda wire: wire.send(settings((CONNECT_PROTOCOL, 2))),
          connection_error(PROTOCOL)),
    eight("8441-4/no-scheme", "an extended CONNECT has :scheme", connect(scheme=None)),
    eight("8441-4/no-path", "an extended CONNECT has :path", connect(path=None)),
    eight("8441-4/neither", "an extended CONNECT has :scheme and :path", connect(path=None, scheme=None)),
    eight("8441-4/no-authority", "an extended CONNECT has :authority", connect(authority=None)),
    eight("8441-4/host-only", ":authority is not host's to replace", connect(("host", "orders.shop"), authority=None)),
    eight("8441-4/get", ":protocol is for CONNECT", connect(method="GET")),
    eight("8441-4/post", ":protocol is for CONNECT", connect(method="POST")),
    eight("8441-4/twice", ":protocol is there once",
          lambda wire: wire.send(headers(1, block((":protocol", "websocket"), *CONNECT.items()), False))),
    eight("8441-4/behind", ":protocol stands before other fields",
          lambda wire: wire.send(headers(1, block(*[pair for pair in CONNECT.items() if pair[0] != ":protocol"],
                                                  (":protocol", "websocket")), False))),
    eight("8441-4/in-trailers", "trailers have no :protocol",
          lambda wire: wire.send(headers(1, block((":method", "POST"), (":scheme", "http"), (":path", "/"),
                                                  (":authority", "orders.shop")), False), data(1, b"x", False),
                                 headers(1, block((":protocol", "websocket"))))),
    eight("8441-4/unknown", "a protocol that is not known is refused", connect(protocol="no-such-protocol"), not_opened),
    eight("8441-4/plain", "CONNECT without :protocol is what it was", connect(protocol=None, scheme=None, path=None),
          not_opened),
    eight("8441-4/plain-with-path", "and has no :path", connect(protocol=None, scheme=None)),
    eight("8441-5/upgrade", "Upgrade and Connection are not used", connect(("upgrade", "websocket"))),
    eight("8441-5/connection", "Upgrade and Connection are not used", connect(("connection", "upgrade"))),
    eight("8441-5/no-websocket-there", "a service that does not switch opens nothing", connect(), not_opened),
    eight("8441-5/ended", "nor for a client that says nothing more", connect(end=True), not_opened),
]

# ---- RFC 7540 §3.2 --------------------------------------------------------------------------------------------------

OFFER = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABk"}


def head(method="GET", path="/", **changed):
    """A request of HTTP/1.1 that offers h2c; `changed` by the names above with _ for -, a list for more than one."""
    lines = [f"{method} {path} HTTP/1.1", "Host: orders.shop"]
    for name, value in OFFER.items():
        value = changed.get(name.lower().replace("-", "_"), value)
        lines += [f"{name}: {one}" for one in (value if isinstance(value, list) else [value])]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def take_head(wire):
    """Reads a head of HTTP/1.1 off the connection; its bytes."""
    wire.socket.settimeout(wire.seconds)
    told = b""
    while not told.endswith(b"\r\n\r\n"):
        piece = wire.socket.recv(1)
        if not piece:
            break
        told += piece
    wire.told = told.decode("latin-1").lower()


def offer(*behind, **changed):
    """Offers, and where it is taken goes on in HTTP/2."""
    def send(wire):
        wire.send(head(**changed))
        take_head(wire)
        if wire.told.startswith("http/1.1 101 "):
            wire.send(*(behind or (PREFACE, settings())))

    return send


def switched(wire):
    """101 with Upgrade: h2c, SETTINGS first, the answer on stream 1"""
    wire.read_until(lambda: wire.done(1))
    lines = wire.told.splitlines()
    return (lines[0].startswith("http/1.1 101 ") and "upgrade: h2c" in lines and "connection: upgrade" in lines
            and wire.seen[0].kind == SETTINGS and (wire.status(1) or 500) < 400 and 1 in wire.ended)


def served_in_http1(wire):
    """an answer in HTTP/1.1"""
    return wire.told.startswith("http/1.1 2")


def window_of_five(wire):
    """five bytes, and the rest when the window opens"""
    wire.read_until(lambda: len(wire.bodies.get(1, b"")) >= 5)
    wire.alive()
    held = len(wire.bodies[1]) == 5
    wire.send(window_update(1, 1 << 20))
    wire.read_until(lambda: wire.done(1))
    return held and 1 in wire.ended and len(wire.bodies[1]) > 5


def next_stream(wire):
    """the answers on streams 1 and 3"""
    return switched(wire) and (wire.ask(3) or 500) < 400


def old(id, sentence, send, expect=switched):
    return Case(id, sentence, send, expect, raw=True, needs="upgrade")


UPGRADES = [
    old("7540-3.2/switch", "101 switches, the answer is on stream 1", offer()),
    old("7540-3.2/next-stream", "the client's next stream is above 1", offer(), next_stream),
    old("7540-3.2/head", "HEAD is answered without a body", offer(method="HEAD")),
    old("7540-3.2/half-closed", "stream 1 is half-closed by its client",
        offer(PREFACE, settings(), data(1, b"x"), http2_settings="AAQAAAAA"), stream_error(CLOSED)),
    old("7540-3.2/stream-1-again", "stream 1 is opened already",
        offer(PREFACE, settings(), headers(1, block(("x", "y"))), http2_settings="AAQAAAAA"), stream_error(CLOSED)),
    old("7540-3.2/no-preface", "the client's preface follows the 101", offer(settings()), connection_error(PROTOCOL)),
    old("7540-3.2/http1-behind", "nothing of HTTP/1.1 follows the 101", offer(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        connection_error(PROTOCOL)),
    old("7540-3.2/no-settings", "without HTTP2-Settings it is no offer", offer(http2_settings=[]), served_in_http1),
    old("7540-3.2/h2", "the token h2 is ignored", offer(upgrade="h2"), served_in_http1),
    old("7540-3.2.1/two-settings", "more than one HTTP2-Settings is no offer",
        offer(http2_settings=["AAMAAABk", "AAMAAABk"]), served_in_http1),
    old("7540-3.2.1/not-named", "HTTP2-Settings is named by Connection", offer(connection="Upgrade"), served_in_http1),
    old("7540-3.2.1/window", "the settings hold", offer(http2_settings="AAQAAAAF"), window_of_five),
    old("7540-3.2.1/not-base64url", "the settings are base64url", offer(http2_settings="AAMAAA+k"), served_in_http1),
]

CASES = CONNECTS + UPGRADES
