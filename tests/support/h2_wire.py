"""A client of HTTP/2 that writes frames and header blocks byte by byte, right or wrong, and reads what comes back."""

import dataclasses
import select
import ssl
import struct
import time

import hpack

from raw_client import dial

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TYPES = [
    "DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
    "CONTINUATION"
]
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITISED = 0x1, 0x1, 0x4, 0x8, 0x20
TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME, MAX_LIST, CONNECT_PROTOCOL = 1, 2, 3, 4, 5, 6, 8
ERRORS = [
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
    "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"
]

# ---- frames ---------------------------------------------------------------------------------------------------------


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """The bytes of one frame; `length` lies about the payload."""
    return struct.pack(">I",
                       len(payload) if length is None else length)[1:] + bytes(
                           (kind, flags)) + struct.pack(">I", stream) + payload


def data(stream, payload=b"", end=True, pad=None):
    flags = (END_STREAM if end else 0) | (PADDED if pad is not None else 0)
    return frame(DATA, flags, stream, payload if pad is None else bytes((pad, )) + payload + b"\0" * pad)


def headers(stream, block, end=True, whole=True, pad=None, priority=None):
    """`end`: END_STREAM; `whole`: END_HEADERS; `priority`: 5 bytes."""
    flags = (END_STREAM if end else 0) | (END_HEADERS if whole else 0)
    payload = block
    if priority is not None:
        flags, payload = flags | PRIORITISED, priority + payload
    if pad is not None:
        flags, payload = flags | PADDED, bytes((pad, )) + payload + b"\0" * pad
    return frame(HEADERS, flags, stream, payload)


def continuation(stream, block, whole=True):
    return frame(CONTINUATION, END_HEADERS if whole else 0, stream, block)


def priority(stream, depends_on=0, weight=15, exclusive=False):
    return frame(PRIORITY, 0, stream, struct.pack(">IB", depends_on | (exclusive << 31), weight))


def rst_stream(stream, code=8):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def settings(*pairs, flags=0, stream=0):
    return frame(SETTINGS, flags, stream, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def ping(payload=b"12345678", flags=0, stream=0):
    return frame(PING, flags, stream, payload)


def goaway(last=0, code=0, stream=0, debug=b""):
    return frame(GOAWAY, 0, stream, struct.pack(">II", last, code) + debug)


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


# ---- header blocks (RFC 7541), by hand ------------------------------------------------------------------------------


def integer(value, prefix, first=0):
    """RFC 7541 §5.1: `value` in a prefix of so many bits, below the bits of `first`."""
    most = (1 << prefix) - 1
    if value < most:
        return bytes((first | value, ))
    out, value = bytearray((first | most, )), value - most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes(out) + bytes((value, ))


def text(value):
    """A string literal without Huffman coding."""
    value = value if isinstance(value, bytes) else value.encode("latin-1")
    return integer(len(value), 7) + value


def indexed(index):
    return integer(index, 7, 0x80)


def literal(name, value, kind=0x00):
    """A field with a new name: kind 0x00 without indexing, 0x40 with, 0x10 never indexed."""
    return bytes((kind, )) + text(name) + text(value)


def table_size(size):
    return integer(size, 5, 0x20)


def block(*fields, kind=0x00):
    return b"".join(literal(name, value, kind) for name, value in fields)


def ask(path="/", authority="orders.shop", method="GET", scheme="http", extra=()):
    """The fields of an ordinary request."""
    return [(":method", method), (":scheme", scheme), (":path", path), (":authority", authority), *extra]


# ---- a connection ---------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Frame:
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def code(self):
        """The error code of RST_STREAM or GOAWAY."""
        return struct.unpack(">I", self.payload[:4] if self.kind == RST_STREAM else self.payload[4:8])[0]

    def pairs(self):
        """Of SETTINGS: [(identifier, value)]"""
        return [struct.unpack(">HI", self.payload[at:at + 6]) for at in range(0, len(self.payload), 6)]

    def __str__(self):
        name = TYPES[self.kind] if self.kind < len(TYPES) else f"type {self.kind}"
        more = f" {error_name(self.code)}" if self.kind in (RST_STREAM, GOAWAY) and len(self.payload) >= 4 else ""
        return f"{name}({self.stream}){' ACK' if self.kind in (SETTINGS, PING) and self.flags & ACK else ''}{more}"


def error_name(code):
    return ERRORS[code] if code < len(ERRORS) else f"error {code}"


class Wire:
    """One connection. `seen` has every frame that came, `answers` {stream: [(name, value)]} of their header blocks,
    `bodies` their bytes. `closed` is set once the peer has closed or reset."""
    def __init__(self, endpoint, source=None, tls=None, seconds=15.0, receive_buffer=None):
        self.seen, self.answers, self.bodies, self.ended = [], {}, {}, set()
        self.closed, self.seconds, self._stuck = False, seconds, False
        self._buffer, self._open_block, self._decoder = b"", b"", hpack.Decoder(max_header_list_size=1 << 20)
        self.socket = dial(endpoint, source, tls, seconds, receive_buffer=receive_buffer)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def send(self, *pieces):
        """Writes the pieces at once. A peer that has closed, or reads no more, gets nothing further: what it said before
        is still to be read."""
        if not self._stuck:
            try:
                self.socket.settimeout(self.seconds)
                self.socket.sendall(b"".join(pieces))
            except (OSError, ssl.SSLError):
                self._stuck = True
        return self

    def poll(self):
        """Takes what has come already, without waiting."""
        while not self.closed and (len(self.seen) < 1 << 20) and select.select([self.socket], [], [], 0)[0]:
            self._read(0.001)

    def start(self, *pairs):
        """The preface with these settings; waits for the peer's settings and acknowledges them."""
        self.send(PREFACE, settings(*pairs))
        self.read_until(lambda: self.of(SETTINGS))
        self.send(settings(flags=ACK))
        self.read_until(lambda: [one for one in self.of(SETTINGS) if one.flags & ACK])
        return self

    def of(self, kind, stream=None):
        return [one for one in self.seen if one.kind == kind and stream in (None, one.stream)]

    def setting(self, identifier, default=None):
        """The peer's last value."""
        found = [value for one in self.of(SETTINGS) for key, value in one.pairs() if key == identifier]
        return found[-1] if found else default

    def status(self, stream):
        """The final status a stream was answered with, or None."""
        found = [int(value) for name, value in self.answers.get(stream, []) if name == ":status"]
        return next((status for status in reversed(found) if status >= 200), None)

    def reset(self, stream):
        """The code a stream was reset with, or None."""
        found = self.of(RST_STREAM, stream)
        return found[0].code if found else None

    def away(self):
        """The code of the last GOAWAY, or None."""
        found = self.of(GOAWAY)
        return found[-1].code if found else None

    def done(self, stream):
        return stream in self.ended or self.reset(stream) is not None

    def read_until(self, satisfied, seconds=None):
        """Reads frames until `satisfied()`, the close or the deadline; whether it was satisfied."""
        deadline = time.monotonic() + (self.seconds if seconds is None else seconds)
        while not satisfied():
            left = deadline - time.monotonic()
            if self.closed or left <= 0:
                return bool(satisfied())
            self._read(left)
        return True

    def ask(self, stream, fields=None, body=None, seconds=None):
        """A request and the status of its answer, None if it was reset or not answered."""
        self.send(headers(stream, block(*(fields or ask())), end=body is None),
                  b"" if body is None else data(stream, body))
        self.read_until(lambda: self.done(stream), seconds)
        return self.status(stream)

    def alive(self, seconds=None):
        """Whether a PING is acknowledged."""
        mark = b"alive%03d" % (len(self.of(PING)) % 1000)
        self.send(ping(mark))
        return self.read_until(lambda: [one for one in self.of(PING) if one.flags & ACK and one.payload == mark],
                               seconds)

    def _read(self, seconds):
        self.socket.settimeout(max(seconds, 0.001))
        try:
            piece = self.socket.recv(1 << 16)
        except TimeoutError:
            return
        except (OSError, ssl.SSLError):
            piece = b""
        if not piece:
            self.closed = True
        self._buffer += piece
        while len(self._buffer) >= 9 and len(self._buffer) >= 9 + (size := int.from_bytes(self._buffer[:3], "big")):
            head, payload, self._buffer = self._buffer[:9], self._buffer[9:9 + size], self._buffer[9 + size:]
            self._take(Frame(head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7fffffff, payload))

    def _take(self, one):
        self.seen.append(one)
        if one.kind == DATA:
            pad = 1 + one.payload[0] if one.flags & PADDED else 0
            body = one.payload[1:len(one.payload) - pad + 1] if pad else one.payload
            self.bodies[one.stream] = self.bodies.get(one.stream, b"") + body
        if one.kind in (HEADERS, CONTINUATION):
            skipped = 5 if one.kind == HEADERS and one.flags & PRIORITISED else 0
            self._open_block += one.payload[skipped:]
            if one.flags & END_HEADERS:
                fields, self._open_block = self._decoder.decode(self._open_block, raw=True), b""
                self.answers.setdefault(one.stream, []).extend(
                    (name.decode("latin-1"), value.decode("latin-1")) for name, value in fields)
        if one.kind in (DATA, HEADERS) and one.flags & END_STREAM:
            self.ended.add(one.stream)

    def account(self):
        """What came, shortly."""
        answers = [f"{stream}: {self.status(stream)}" for stream in self.answers]
        others = [str(one) for one in self.seen if one.kind not in (SETTINGS, HEADERS, CONTINUATION, DATA)]
        return ", ".join(others + answers + (["closed"] if self.closed else [])) or "nothing"
