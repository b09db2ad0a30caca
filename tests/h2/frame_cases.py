"""RFC 9113 §6 and §7: each type of frame, its fields, its lengths, its streams; error codes."""

from case import Case, connection_error, ignored, post, request, seen, served, stream_error
from h2_wire import (ACK, CONNECT_PROTOCOL, DATA, ENABLE_PUSH, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW,
                     MAX_FRAME, PADDED, PING, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, TABLE_SIZE, WINDOW_UPDATE,
                     ask, block, continuation, data, frame, goaway, headers, ping, priority, rst_stream, settings,
                     window_update)

PROTOCOL, FLOW, CLOSED, SIZE = 1, 3, 5, 6
MOST = (1 << 31) - 1


def acks(count):
    return seen(f"{count} SETTINGS ACK",
                lambda wire: len([one for one in wire.of(SETTINGS) if one.flags & ACK]) >= count)


def ponged(payload):
    return seen("PING ACK with the payload",
                lambda wire: any(one.flags & ACK and one.payload == payload for one in wire.of(PING)))


def no_pong(wire):
    wire.alive()
    return not any(one.payload == b"is an ac" for one in wire.of(PING)) and ignored()(wire)


no_pong.__doc__ = "no answer"


def windows(*steps):
    """Asks with a window of nothing, then sends each step once the last is through."""
    def send(wire):
        wire.send(request())
        wire.alive()
        for step in steps:
            wire.send(step)
            wire.alive()

    return send


def body_of(size):
    return seen(f"{size} bytes of DATA", lambda wire: len(wire.bodies.get(1, b"")) == size)


DATA_FRAMES = [
    Case("6.1/stream-0", "DATA on stream 0 is a connection error", lambda wire: wire.send(data(0, b"x")),
         connection_error(PROTOCOL)),
    Case("6.1/padded", "padding is taken away", lambda wire: wire.send(post(), data(1, b"body", pad=200)), served()),
    Case("6.1/only-padding", "a frame may be padding alone",
         lambda wire: wire.send(post(), data(1, b"", False, pad=255), data(1, b"x")), served()),
    Case("6.1/padding-too-long", "padding as long as the payload is a connection error",
         lambda wire: wire.send(post(), frame(DATA, PADDED | END_STREAM, 1, b"\x06body!")), connection_error(PROTOCOL)),
    Case("6.1/padding-much-too-long", "padding beyond the payload is a connection error",
         lambda wire: wire.send(post(), frame(DATA, PADDED | END_STREAM, 1, b"\xffbody")), connection_error(PROTOCOL)),
    Case("6.1/padded-nothing", "a padded frame has a pad length",
         lambda wire: wire.send(post(), frame(DATA, PADDED | END_STREAM, 1, b"")), connection_error(PROTOCOL, SIZE)),
    Case("6.1/empty-end", "an empty DATA may end the stream",
         lambda wire: wire.send(post(), data(1, b"x", False), data(1)), served()),
]

HEADERS_FRAMES = [
    Case("6.2/stream-0", "HEADERS on stream 0 is a connection error", lambda wire: wire.send(request(0)),
         connection_error(PROTOCOL)),
    Case("6.2/padded", "padding is taken away", lambda wire: wire.send(headers(1, block(*ask()), pad=100)), served()),
    Case("6.2/padding-too-long", "padding that takes the whole payload is a connection error",
         lambda wire: wire.send(frame(HEADERS, END_STREAM | END_HEADERS | PADDED, 1, b"\xff" + block(*ask()))),
         connection_error(PROTOCOL)),
    Case("6.2/priority", "the deprecated priority fields are read over",
         lambda wire: wire.send(headers(1, block(*ask()), priority=b"\0\0\0\0\x10")), served()),
    Case("6.2/padded-and-priority", "padding and priority together",
         lambda wire: wire.send(headers(1, block(*ask()), pad=7, priority=b"\0\0\0\0\x10")), served()),
    Case("6.2/priority-cut", "a frame too short for its priority is FRAME_SIZE_ERROR",
         lambda wire: wire.send(frame(HEADERS, END_STREAM | END_HEADERS | 0x20, 1, b"\0\0")),
         connection_error(SIZE, PROTOCOL)),
    Case("6.2/data-within", "without END_HEADERS only CONTINUATION may follow",
         lambda wire: wire.send(headers(1, block(*ask()), False, False), data(1, b"x")), connection_error(PROTOCOL)),
    Case("6.2/empty-pieces", "an empty HEADERS and a CONTINUATION with the block",
         lambda wire: wire.send(headers(1, b"", whole=False), continuation(1, block(*ask()))), served()),
]

SMALL_FRAMES = [
    Case("6.3/stream-0", "PRIORITY on stream 0 is a connection error", lambda wire: wire.send(priority(0)),
         connection_error(PROTOCOL)),
    Case("6.3/length", "PRIORITY of another length than 5 is a stream error",
         lambda wire: wire.send(post(), frame(PRIORITY, 0, 1, b"\0\0\0\0")), stream_error(SIZE)),
    Case("6.4/stream-0", "RST_STREAM on stream 0 is a connection error", lambda wire: wire.send(rst_stream(0)),
         connection_error(PROTOCOL)),
    Case("6.4/idle", "RST_STREAM on an idle stream is a connection error", lambda wire: wire.send(rst_stream(9)),
         connection_error(PROTOCOL)),
    Case("6.4/short", "RST_STREAM of another length than 4 is a connection error",
         lambda wire: wire.send(post(), frame(RST_STREAM, 0, 1, b"\0\0\0")), connection_error(SIZE)),
    Case("6.4/long", "RST_STREAM of another length than 4 is a connection error",
         lambda wire: wire.send(post(), frame(RST_STREAM, 0, 1, b"\0" * 5)), connection_error(SIZE)),
    Case("6.4/cancel", "a stream that is reset leaves the connection alone",
         lambda wire: wire.send(post(), rst_stream(1)), ignored()),
    Case("6.6/client", "PUSH_PROMISE from a client is a connection error",
         lambda wire: wire.send(post(), frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2" + block(*ask()))),
         connection_error(PROTOCOL)),
    Case("6.7/ack", "PING is answered with the same payload", lambda wire: wire.send(ping(b"\0\1\2\3\4\5\6\7")),
         ponged(b"\0\1\2\3\4\5\6\7")),
    Case("6.7/no-ack-of-ack", "a PING with ACK is not answered", lambda wire: wire.send(ping(b"is an ac", ACK)),
         no_pong),
    Case("6.7/stream", "PING on a stream is a connection error", lambda wire: wire.send(ping(stream=1)),
         connection_error(PROTOCOL)),
    Case("6.7/short", "PING of another length than 8 is a connection error", lambda wire: wire.send(ping(b"1234567")),
         connection_error(SIZE)),
    Case("6.7/long", "PING of another length than 8 is a connection error", lambda wire: wire.send(ping(b"123456789")),
         connection_error(SIZE)),
    Case("6.8/stream", "GOAWAY on a stream is a connection error", lambda wire: wire.send(goaway(stream=1)),
         connection_error(PROTOCOL)),
    Case("6.8/short", "GOAWAY of less than 8 bytes is a connection error",
         lambda wire: wire.send(frame(GOAWAY, 0, 0, b"\0" * 7)), connection_error(SIZE)),
    Case("6.8/finishes", "streams opened before GOAWAY are finished",
         lambda wire: wire.send(post(), goaway(), data(1, b"body")),
         seen("the answer", lambda wire: wire.status(1) and 1 in wire.ended)),
    Case("6.8/debug", "debug text is only that", lambda wire: wire.send(request(), goaway(debug=b"\0\xff" * 40)),
         seen("the answer", lambda wire: wire.status(1) and 1 in wire.ended)),
]

SETTINGS_FRAMES = [
    Case("6.5/ack", "SETTINGS are acknowledged", lambda wire: wire.send(settings()), acks(2)),
    Case("6.5/each-ack", "each SETTINGS is acknowledged", lambda wire: wire.send(*[settings((MAX_FRAME, 20000))] * 5),
         acks(6)),
    Case("6.5/ack-with-payload", "an acknowledgement with a payload is FRAME_SIZE_ERROR",
         lambda wire: wire.send(settings((MAX_FRAME, 20000), flags=ACK)), connection_error(SIZE)),
    Case("6.5/stream", "SETTINGS on a stream is a connection error",
         lambda wire: wire.send(settings((MAX_FRAME, 20000), stream=1)), connection_error(PROTOCOL)),
    Case("6.5/length", "SETTINGS not of 6 bytes each is FRAME_SIZE_ERROR",
         lambda wire: wire.send(frame(SETTINGS, 0, 0, b"\0\3\0")), connection_error(SIZE)),
    Case("6.5.2/push-2", "ENABLE_PUSH other than 0 and 1 is an error", lambda wire: wire.send(settings(
        (ENABLE_PUSH, 2))), connection_error(PROTOCOL)),
    Case("6.5.2/server-push", "a server does not send ENABLE_PUSH other than 0", lambda wire: None,
         lambda wire: wire.setting(ENABLE_PUSH, 0) == 0),
    Case("6.5.2/window", "INITIAL_WINDOW_SIZE above 2^31-1 is FLOW_CONTROL_ERROR",
         lambda wire: wire.send(settings((INITIAL_WINDOW, 1 << 31))), connection_error(FLOW)),
    Case("6.5.2/frame-small", "MAX_FRAME_SIZE below 2^14 is an error",
         lambda wire: wire.send(settings((MAX_FRAME, 16383))), connection_error(PROTOCOL)),
    Case("6.5.2/frame-large", "MAX_FRAME_SIZE above 2^24-1 is an error",
         lambda wire: wire.send(settings((MAX_FRAME, 1 << 24))), connection_error(PROTOCOL)),
    Case("6.5.2/own-frame-size", "the server's MAX_FRAME_SIZE is within the bounds", lambda wire: None,
         lambda wire: 16384 <= wire.setting(MAX_FRAME, 16384) < 1 << 24),
    Case("6.5.2/own-window", "the server's INITIAL_WINDOW_SIZE is within the bounds", lambda wire: None,
         lambda wire: wire.setting(INITIAL_WINDOW, 0) <= MOST),
    Case("6.5.2/table-largest", "any HEADER_TABLE_SIZE is allowed",
         lambda wire: wire.send(settings((TABLE_SIZE, 0xffffffff)), request()), served()),
    Case("6.5.2/table-none", "a HEADER_TABLE_SIZE of 0 is obeyed",
         lambda wire: wire.send(settings((TABLE_SIZE, 0)), request(1), request(3)), served(1, 3)),
    Case("6.5.2/connect-protocol",
         "ENABLE_CONNECT_PROTOCOL other than 0 and 1 is an error (RFC 8441 §3)",
         lambda wire: wire.send(settings((CONNECT_PROTOCOL, 2))),
         connection_error(PROTOCOL),
         needs="extended connect"),
    Case("6.5.3/last-counts",
         "values are taken in order: the last one counts",
         lambda wire: wire.send(settings((INITIAL_WINDOW, 100), (INITIAL_WINDOW, 1)), request()),
         body_of(1),
         needs="body"),
    Case("6.5.3/unknown",
         "unknown settings among known ones are ignored",
         lambda wire: wire.send(settings((0xabcd, 7), (INITIAL_WINDOW, 1), (0xabce, 9)), request()),
         body_of(1),
         needs="body"),
]

WINDOW_FRAMES = [
    Case("6.9/zero-stream", "an increment of 0 on a stream is a stream error",
         lambda wire: wire.send(post(), window_update(1, 0)), stream_error(PROTOCOL)),
    Case("6.9/zero-connection", "an increment of 0 on the connection is a connection error",
         lambda wire: wire.send(window_update(0, 0)), connection_error(PROTOCOL)),
    Case("6.9/short", "WINDOW_UPDATE of another length than 4 is a connection error",
         lambda wire: wire.send(frame(WINDOW_UPDATE, 0, 0, b"\0\0\1")), connection_error(SIZE)),
    Case("6.9/long", "WINDOW_UPDATE of another length than 4 is a connection error",
         lambda wire: wire.send(frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1\0")), connection_error(SIZE)),
    Case("6.9/reserved-bit", "the reserved bit of the increment is ignored",
         lambda wire: wire.send(window_update(0, 1 << 31 | 5)), ignored()),
    Case("6.9.1/connection-overflow", "a connection window above 2^31-1 is FLOW_CONTROL_ERROR",
         lambda wire: wire.send(window_update(0, MOST)), connection_error(FLOW)),
    Case("6.9.1/stream-overflow", "a stream window above 2^31-1 is FLOW_CONTROL_ERROR",
         lambda wire: wire.send(post(), window_update(1, MOST)), stream_error(FLOW)),
    Case("6.9.2/opens",
         "INITIAL_WINDOW_SIZE changes the windows of open streams",
         windows(settings((INITIAL_WINDOW, 3))),
         body_of(3),
         settings=((INITIAL_WINDOW, 0), ),
         needs="body"),
    Case("6.9.2/negative",
         "windows may be negative; they are filled before anything is sent",
         windows(settings((INITIAL_WINDOW, 3)), settings((INITIAL_WINDOW, 1)), window_update(1, 3)),
         body_of(4),
         settings=((INITIAL_WINDOW, 0), ),
         needs="body"),
    Case("6.9.2/overflow", "a change that takes a window above 2^31-1 is FLOW_CONTROL_ERROR",
         lambda wire: wire.send(post(), window_update(1, 100), settings(
             (INITIAL_WINDOW, MOST))), connection_error(FLOW)),
    Case("6.9.2/connection-stays", "INITIAL_WINDOW_SIZE does not change the connection's window",
         lambda wire: wire.send(settings((INITIAL_WINDOW, MOST)), request()), served()),
]

CONTINUATIONS = [
    Case(
        "6.10/several", "a block may come in any number of pieces",
        lambda wire: wire.send(headers(1, block(*ask()[:1]), whole=False), continuation(1, block(*ask()[
            1:2]), False), continuation(1, block(*ask()[2:3]), False), continuation(1, block(*ask()[3:]))), served()),
    Case("6.10/field-cut", "a piece may end within a field",
         lambda wire: wire.send(headers(1, block(*ask())[:7], whole=False), continuation(1,
                                                                                         block(*ask())[7:])), served()),
    Case(
        "6.10/empty", "pieces may be empty", lambda wire: wire.send(headers(1, block(*ask()), whole=False),
                                                                    continuation(1, b"", False), continuation(1, b"")),
        served()),
    Case("6.10/stream-0", "CONTINUATION on stream 0 is a connection error",
         lambda wire: wire.send(headers(1, block(*ask()), whole=False), continuation(0, b"")),
         connection_error(PROTOCOL)),
    Case("6.10/other-stream", "CONTINUATION of another stream is a connection error",
         lambda wire: wire.send(headers(1, block(*ask()), whole=False), continuation(3, b"")),
         connection_error(PROTOCOL)),
    Case("6.10/after-end-headers", "CONTINUATION after END_HEADERS is a connection error",
         lambda wire: wire.send(post(), continuation(1, block(("x", "y")))), connection_error(PROTOCOL)),
    Case("6.10/after-end-of-pieces", "CONTINUATION after the last piece is a connection error",
         lambda wire: wire.send(headers(1, block(*ask()), False, False), continuation(1, b""), continuation(1, b"")),
         connection_error(PROTOCOL)),
    Case("6.10/after-data", "CONTINUATION after DATA is a connection error",
         lambda wire: wire.send(post(), data(1, b"x", False), continuation(1, block(("x", "y")))),
         connection_error(PROTOCOL)),
]

CODES = [
    Case("7/unknown-rst", "an unknown error code has no meaning of its own",
         lambda wire: wire.send(post(), rst_stream(1, 0xffffff)), ignored()),
    Case("7/unknown-goaway", "an unknown error code has no meaning of its own",
         lambda wire: wire.send(request(), goaway(0, 0xffffff)),
         seen("the answer", lambda wire: wire.status(1) and 1 in wire.ended)),
]

CASES = DATA_FRAMES + HEADERS_FRAMES + SMALL_FRAMES + SETTINGS_FRAMES + WINDOW_FRAMES + CONTINUATIONS + CODES
