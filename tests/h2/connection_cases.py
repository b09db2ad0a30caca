"""RFC 9113 §3 to §5: the preface, the form of frames, streams and their states, flow control, errors, extensions."""

from case import Case, connection_error, either, ignored, post, request, seen, served, stream_error
from h2_wire import (ACK, DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW, MAX_STREAMS, PING, PREFACE, SETTINGS,
                     WINDOW_UPDATE, ask, block, continuation, data, frame, headers, indexed, literal, ping, priority,
                     rst_stream, settings, window_update)

PROTOCOL, FLOW, CLOSED, SIZE, REFUSED, COMPRESSION = 1, 3, 5, 6, 7, 9
R = 1 << 31  # the reserved bit of a stream id
HELLO = PREFACE + settings()


def pieces(wire):
    for byte in HELLO + settings(flags=ACK) + request():
        wire.send(bytes((byte, )))


def first_frame(wire):
    wire.send(HELLO)
    wire.read_until(lambda: wire.seen)


def reset_stream(*then):
    """Opens stream 1, resets it, waits until that is read, then sends."""
    def send(wire):
        wire.send(post(1), rst_stream(1))
        wire.alive()
        wire.send(*then)

    return send


def ended_stream(*then):
    """Asks on stream 1, reads its answer, then sends: both sides have ended the stream."""
    def send(wire):
        wire.ask(1)
        wire.send(*then)

    return send


def too_many(wire):
    """None of them can end: an early answer has no window."""
    most = wire.setting(MAX_STREAMS)
    wire.send(*(post(1 + 2 * number) for number in range(most + 1)))


def refused(wire):
    last = 1 + 2 * wire.setting(MAX_STREAMS)
    return stream_error(PROTOCOL, REFUSED, stream=last)(wire)


refused.__doc__ = "RST_STREAM REFUSED_STREAM/PROTOCOL_ERROR for the stream above"

PREFACES = [
    Case("3.4/server-settings",
         "the server's preface is a SETTINGS frame, the first frame it sends",
         first_frame,
         seen("SETTINGS first",
              lambda wire: wire.seen and wire.seen[0].kind == SETTINGS and not wire.seen[0].flags & ACK),
         raw=True),
    Case("3.4/at-once",
         "the client may send frames right behind its preface",
         lambda wire: wire.send(HELLO, request()),
         served(),
         raw=True),
    Case("3.4/pieces", "the preface arrives in any pieces", pieces, served(), raw=True),
    Case("3.4/no-settings",
         "a preface without SETTINGS is a connection error",
         lambda wire: wire.send(PREFACE, request()),
         connection_error(PROTOCOL),
         raw=True),
    Case("3.4/settings-ack-first",
         "an acknowledgement is not the SETTINGS of a preface",
         lambda wire: wire.send(PREFACE, settings(flags=ACK), request()),
         connection_error(PROTOCOL),
         raw=True),
    Case("3.4/ping-first",
         "a preface without SETTINGS is a connection error",
         lambda wire: wire.send(PREFACE, ping(), request()),
         connection_error(PROTOCOL),
         raw=True),
    Case("3.4/broken",
         "an invalid preface is a connection error",
         lambda wire: wire.send(PREFACE[:-4] + b"XX\r\n", settings(), request()),
         seen("close, or 400", lambda wire: wire.closed),
         raw=True),
    Case("3.4/twice", "a second preface is not a frame", lambda wire: wire.send(PREFACE, settings(), request(3)),
         connection_error(PROTOCOL, SIZE)),
    Case("3.2/alpn",
         "over TLS the server selects h2",
         lambda wire: None,
         lambda wire: wire.socket.selected_alpn_protocol() == "h2",
         needs="tls"),
]

FRAMES = [
    Case("4.1/unknown-type", "frames of unknown type are ignored",
         lambda wire: wire.send(frame(0x16, 0, 0, b"what is this")), ignored()),
    Case("4.1/unknown-on-stream", "frames of unknown type are ignored on a stream",
         lambda wire: wire.send(post(), frame(0xfe, 0xff, 1, b"x"), data(1, b"body")), served()),
    Case("4.1/unknown-on-idle", "frames of unknown type are ignored on an idle stream",
         lambda wire: wire.send(frame(0x20, 0, 77, b"x")), ignored()),
    Case("4.1/unused-flags-ping", "unused flags are ignored", lambda wire: wire.send(ping(b"flags!!!", flags=0xfe)),
         seen("PING ACK", lambda wire: any(one.payload == b"flags!!!" for one in wire.of(PING)))),
    Case("4.1/unused-flags-headers", "unused flags are ignored",
         lambda wire: wire.send(frame(HEADERS, END_STREAM | END_HEADERS | 0xc2, 1, block(*ask()))), served()),
    Case("4.1/unused-flags-data", "unused flags are ignored",
         lambda wire: wire.send(post(), frame(DATA, END_STREAM | 0xf6, 1, b"body")), served()),
    Case("4.1/unused-flags-settings", "unused flags are ignored", lambda wire: wire.send(settings(flags=0xfe)),
         ignored()),
    Case("4.1/unused-flags-window", "unused flags are ignored",
         lambda wire: wire.send(frame(WINDOW_UPDATE, 0xff, 0, b"\0\0\0\1")), ignored()),
    Case("4.1/reserved-bit", "the reserved bit is ignored", lambda wire: wire.send(frame(PING, 0, R, b"reserved")),
         seen("PING ACK", lambda wire: any(one.payload == b"reserved" for one in wire.of(PING)))),
    Case("4.1/reserved-bit-headers", "the reserved bit is ignored",
         lambda wire: wire.send(frame(HEADERS, END_STREAM | END_HEADERS, R | 1, block(*ask()))), served()),
    Case("4.2/largest", "a frame of 2^14 bytes is accepted", lambda wire: wire.send(post(), data(1, b"x" * 16384)),
         served()),
    Case("4.2/data-too-long", "DATA above SETTINGS_MAX_FRAME_SIZE is FRAME_SIZE_ERROR",
         lambda wire: wire.send(post(), data(1, b"x" * (1 + wire.setting(5, 16384)))), stream_error(SIZE)),
    Case("4.2/headers-too-long", "HEADERS above the size is a connection error",
         lambda wire: wire.send(headers(1, block(*ask(), ("x", "y" * (1 + wire.setting(5, 16384)))))),
         connection_error(SIZE)),
    Case("4.2/settings-too-long", "SETTINGS above the size is a connection error",
         lambda wire: wire.send(settings(*[(99, 0)] * (1 + wire.setting(5, 16384) // 6))), connection_error(SIZE)),
    Case("4.2/unknown-too-long", "no frame may be longer than SETTINGS_MAX_FRAME_SIZE",
         lambda wire: wire.send(frame(0x20, 0, 0, b"x" * (1 + wire.setting(5, 16384)))), connection_error(SIZE)),
    Case("4.3/broken-block", "a block that cannot be decoded is a connection error COMPRESSION_ERROR",
         lambda wire: wire.send(headers(1, b"\xff\xff\xff\xff\xff\xff")), connection_error(COMPRESSION)),
    Case("4.3/cut-block", "a block that ends within a field is a COMPRESSION_ERROR",
         lambda wire: wire.send(headers(1,
                                        block(*ask())[:-3])), connection_error(COMPRESSION)),
    Case("4.3/priority-within", "a field block is not interrupted by PRIORITY",
         lambda wire: wire.send(headers(1, block(*ask()), whole=False), priority(1), continuation(1, b"")),
         connection_error(PROTOCOL)),
    Case("4.3/ping-within", "a field block is not interrupted by PING",
         lambda wire: wire.send(headers(1, block(*ask()), whole=False), ping(), continuation(1, b"")),
         connection_error(PROTOCOL)),
    Case("4.3/other-stream-within", "a field block is not interrupted by another stream",
         lambda wire: wire.send(headers(1, block(*ask()), whole=False), request(3), continuation(1, b"")),
         connection_error(PROTOCOL)),
    Case("4.3/unknown-within", "a field block is not interrupted by an unknown frame (§5.5)",
         lambda wire: wire.send(headers(1, block(*ask()), whole=False), frame(0x20, 0, 1, b"x"), continuation(1, b"")),
         connection_error(PROTOCOL)),
    Case(
        "4.3/state-of-refused", "blocks of refused streams still change the table: the next request uses the entry",
        lambda wire: wire.send(headers(1,
                                       block(*ask()) + literal("X-Upper", "a") + literal("x-kept", "b", 0x40)),
                               headers(3,
                                       block(*ask()) + indexed(62))), either(served(3), connection_error(PROTOCOL))),
]

STATES = [
    Case("5.1/idle-data", "DATA on an idle stream is a connection error", lambda wire: wire.send(data(1, b"x")),
         connection_error(PROTOCOL)),
    Case("5.1/idle-rst", "RST_STREAM on an idle stream is a connection error", lambda wire: wire.send(rst_stream(1)),
         connection_error(PROTOCOL)),
    Case("5.1/idle-window", "WINDOW_UPDATE on an idle stream is a connection error",
         lambda wire: wire.send(window_update(1, 10)), connection_error(PROTOCOL)),
    Case("5.1/idle-continuation", "CONTINUATION on an idle stream is a connection error",
         lambda wire: wire.send(continuation(1, block(*ask()))), connection_error(PROTOCOL)),
    Case("5.1/idle-priority", "PRIORITY on an idle stream is allowed", lambda wire: wire.send(priority(7)), ignored()),
    Case("5.1/half-closed-data", "DATA after END_STREAM is STREAM_CLOSED",
         lambda wire: wire.send(request(), data(1, b"x")), stream_error(CLOSED)),
    Case("5.1/half-closed-headers", "HEADERS after END_STREAM is STREAM_CLOSED",
         lambda wire: wire.send(request(), request()), stream_error(CLOSED, PROTOCOL)),
    Case("5.1/half-closed-continuation", "CONTINUATION after END_STREAM and END_HEADERS is an error",
         lambda wire: wire.send(request(), continuation(1, block(("x", "y")))), connection_error(CLOSED, PROTOCOL)),
    Case("5.1/half-closed-window", "WINDOW_UPDATE after END_STREAM is allowed",
         lambda wire: wire.send(request(), window_update(1, 10)), served()),
    Case("5.1/half-closed-priority", "PRIORITY after END_STREAM is allowed",
         lambda wire: wire.send(request(), priority(1)), served()),
    Case("5.1/reset-data", "DATA after RST_STREAM is STREAM_CLOSED or ignored", reset_stream(data(1, b"x")),
         either(ignored(), stream_error(CLOSED))),
    Case("5.1/reset-headers", "HEADERS after RST_STREAM is an error", reset_stream(request(1)),
         stream_error(CLOSED, PROTOCOL)),
    Case("5.1/reset-continuation", "CONTINUATION after RST_STREAM is an error",
         reset_stream(continuation(1, block(("x", "y")))), connection_error(CLOSED, PROTOCOL)),
    Case("5.1/closed-data", "DATA on a closed stream is STREAM_CLOSED or ignored", ended_stream(data(1, b"x")),
         either(ignored(), stream_error(CLOSED))),
    Case("5.1/closed-headers", "HEADERS on a closed stream is a connection error", ended_stream(request(1)),
         stream_error(CLOSED, PROTOCOL)),
    Case("5.1/closed-continuation", "CONTINUATION on a closed stream is an error",
         ended_stream(continuation(1, block(("x", "y")))), connection_error(CLOSED, PROTOCOL)),
    Case("5.1/closed-priority", "PRIORITY on a closed stream is allowed", ended_stream(priority(1)), ignored()),
    Case("5.1/closed-window", "WINDOW_UPDATE shortly after the close is ignored", ended_stream(window_update(1, 10)),
         ignored()),
    Case("5.1/closed-rst", "RST_STREAM shortly after the close is ignored", ended_stream(rst_stream(1, 0)), ignored()),
    Case("5.1.1/even", "a client's streams have odd numbers", lambda wire: wire.send(request(2)),
         connection_error(PROTOCOL)),
    Case("5.1.1/lower", "numbers grow: a lower one is an error", lambda wire: wire.send(request(5), request(3)),
         connection_error(PROTOCOL, CLOSED)),
    Case("5.1.1/zero", "stream 0 carries no request", lambda wire: wire.send(request(0)), connection_error(PROTOCOL)),
    Case("5.1.1/skipped", "numbers may be skipped", lambda wire: wire.send(request(1001)), served(1001)),
    Case("5.1.1/largest", "the largest number is 2^31-1", lambda wire: wire.send(request(0x7fffffff)),
         served(0x7fffffff)),
    Case("5.1.2/too-many",
         "streams above SETTINGS_MAX_CONCURRENT_STREAMS are a stream error",
         too_many,
         refused,
         needs="max streams",
         settings=((INITIAL_WINDOW, 0), )),
    Case("5.3/self", "priority is not heeded; a stream may be said to depend on itself",
         lambda wire: wire.send(priority(1, 1), request(3)), either(served(3), stream_error(PROTOCOL))),
    Case("5.3/exclusive", "priority signals do not change the answer",
         lambda wire: wire.send(headers(1, block(*ask()), priority=b"\x80\0\0\5\xff"), priority(3, 1, 255, True)),
         served()),
    Case("5.4.1/close", "GOAWAY for an error is followed by the close", lambda wire: wire.send(ping(b"1234")),
         seen("close", lambda wire: wire.closed)),
    Case("5.4.2/no-answer", "RST_STREAM is not answered with RST_STREAM", lambda wire:
         (wire.send(post(), rst_stream(1)), wire.alive()), lambda wire: wire.reset(1) is None and ignored()(wire)),
    Case("5.5/unknown-setting", "unknown settings are ignored", lambda wire: wire.send(settings((0xfeed, 1), (0, 9))),
         ignored()),
    Case("5.5/unknown-between", "an unknown frame between HEADERS and DATA is ignored",
         lambda wire: wire.send(post(), frame(0xc0, 0xff, 1, b"z" * 100), data(1, b"body")), served()),
]


def no_window(wire):
    wire.send(request())
    wire.alive()
    wire.read_until(lambda: wire.bodies.get(1), 0.3)


def one_byte(wire):
    no_window(wire)
    wire.send(window_update(1, 1))
    wire.read_until(lambda: wire.bodies.get(1))
    wire.alive()


def connection_window(wire):
    """Takes the connection's window up with answers that nobody opens it for."""
    for stream in range(1, 40, 2):
        wire.send(request(stream, path="/big"))
        if not wire.read_until(lambda: wire.done(stream), 1):
            break


FLOW_CONTROL = [
    Case("5.2/no-window",
         "no DATA without a window",
         no_window,
         seen("no DATA", lambda wire: not wire.bodies.get(1) and wire.status(1)),
         settings=((INITIAL_WINDOW, 0), ),
         needs="body"),
    Case("5.2/one-byte",
         "no more DATA than the window",
         one_byte,
         seen("one byte", lambda wire: len(wire.bodies.get(1, b"")) == 1),
         settings=((INITIAL_WINDOW, 0), ),
         needs="body"),
    Case("5.2/connection-window",
         "the connection's window holds for all streams",
         connection_window,
         seen("65,535 bytes at most", lambda wire: 60000 < sum(map(len, wire.bodies.values())) <= 65535),
         settings=((INITIAL_WINDOW, 1 << 20), ),
         needs="big"),
    Case("5.2/headers-pass",
         "only DATA is flow controlled",
         no_window,
         seen("the head", lambda wire: wire.status(1)),
         settings=((INITIAL_WINDOW, 0), )),
    Case("5.2.2/opens",
         "a receiver that takes DATA opens the windows again: 1 MiB is uploaded",
         lambda wire: upload(wire, 1 << 20),
         served(),
         needs="upload"),
]


def upload(wire, size):
    """Sends a body as the peer's windows allow."""
    wire.send(post())
    sent, window = 0, wire.setting(INITIAL_WINDOW, 65535)

    def room():
        opened = lambda stream: sum(int.from_bytes(one.payload, "big")
                                    for one in wire.of(WINDOW_UPDATE, stream))  # noqa: E731
        return min(window + opened(1), 65535 + opened(0)) - sent

    while sent < size and wire.read_until(lambda: room() > 0 or wire.done(1), 3) and not wire.done(1):
        step = min(room(), 16384, size - sent)
        wire.send(data(1, b"x" * step, end=sent + step == size))
        sent += step


CASES = PREFACES + FRAMES + STATES + FLOW_CONTROL
