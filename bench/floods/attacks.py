"""The attacks of `./dev bench floods`: what one connection of an attacker does, and how it ended."""

import dataclasses
import time

from h2_floods import CONTINUATIONS, FLOODS, bomb, bomb_fuse, endless_block, get, hold, many
from h2_wire import INITIAL_WINDOW, PREFACE, data, error_name, settings, window_update

FRAMES = 20_000  # of one connection, if nobody stops it
# Bytes of one write: the kernel copies them in one go, and the load waits for that on the same core.
MOST_AT_ONCE = 16 << 10
STREAMS = 100    # of one that holds them
LARGE = "/large.bin"
LARGE_BYTES = 4 << 20


@dataclasses.dataclass(frozen=True)
class Attack:
    """`send(wire, over)` does its worst on one connection until it was closed or over()."""

    name: str
    send: object
    settings: tuple = ()
    receive_buffer: int | None = None
    is_judged: bool = True  # False: what it is compared with


def of_frames(name, make, count=FRAMES, at_once=100, before=b""):
    """Frames by number, made once: an attacker that forges each anew would be slower than the proxy."""
    made = []

    def send(wire, over):
        made.extend(make(number) for number in range(len(made), count))
        wire.send(before)
        many(wire, 0 if over() else count, made.__getitem__, at_once)

    return Attack(name, send)


def of_continuations(name):
    first, piece = endless_block(name)
    return of_frames(f"CONTINUATION, {name}", lambda _: piece, at_once=max(1, min(20, MOST_AT_ONCE // len(piece))), before=first)


def watch(wire, over, count, seconds=None):
    """Reads until the first `count` streams have ended, the connection was closed or the time is over."""
    streams = [2 * number + 1 for number in range(count)]
    end = time.monotonic() + (60 if seconds is None else seconds)
    while not wire.closed and not over() and time.monotonic() < end:
        if wire.read_until(lambda: all(wire.done(stream) for stream in streams), 0.05):
            return


def slow_post(wire, over):
    """A byte of each of its bodies every tenth of a second."""
    wire.send(*(hold(number, "/json") for number in range(STREAMS)))
    while not over() and not wire.closed:
        open_ones = [2 * number + 1 for number in range(STREAMS) if not wire.done(2 * number + 1)]
        if not open_ones:
            return
        wire.send(*(data(stream, b"x", False) for stream in open_ones))
        watch(wire, over, STREAMS, 0.1)


def slow_read(wire, over):
    """Large answers that nobody reads: windows wide open, the socket's buffer small."""
    wire.send(window_update(0, 1 << 30), *(get(number, LARGE) for number in range(STREAMS)))
    while not over():
        time.sleep(0.05)
    wire.poll()


def shut_windows(wire, over):
    """Large answers through windows of nothing."""
    wire.send(*(get(number, LARGE) for number in range(STREAMS)))
    watch(wire, over, STREAMS)


def too_many_streams(wire, over):
    """Ten times as many requests that do not end as are allowed at once."""
    wire.send(*(hold(number, "/json") for number in range(10 * STREAMS)))
    watch(wire, over, 10 * STREAMS)


def pass_time(wire, over):
    while not over():
        pass


def ordinary(wire, over):
    """A request, its answer, the next request."""
    for stream in range(1, 2 * FRAMES, 2):
        if over() or wire.ask(stream) is None:
            return


ATTACKS = (
    Attack("(a busy core)", pass_time, is_judged=False),
    Attack("(ordinary requests)", ordinary, is_judged=False),
    of_frames("rapid reset", FLOODS["rapid reset"]),
    of_frames("made you reset", FLOODS["made you reset by DATA"]),
    *(of_continuations(name) for name in CONTINUATIONS),
    of_frames("PING", FLOODS["PING"]),
    of_frames("SETTINGS", FLOODS["SETTINGS"]),
    of_frames("empty DATA", lambda number: data(1, b"", end=False), before=hold(0, "/json")),
    of_frames("WINDOW_UPDATE", FLOODS["WINDOW_UPDATE"]),
    of_frames("PRIORITY", FLOODS["PRIORITY"]),
    of_frames("HPACK bomb", bomb, 200, 1, bomb_fuse()),
    Attack("slow read", slow_read, ((INITIAL_WINDOW, (1 << 31) - 1), ), 8192),
    Attack("shut windows", shut_windows, ((INITIAL_WINDOW, 0), )),
    Attack("slow POST", slow_post),
    Attack("concurrent streams", too_many_streams),
)


def ending(wire):
    """What an attacker's connection was told: the code of a GOAWAY, of resets, a status, or that it was let be."""
    if wire.away() is not None:
        return error_name(wire.away())
    found = {wire.reset(stream) for stream in {one.stream for one in wire.seen}} - {None}
    codes = [f"stream: {error_name(code)}" for code in sorted(found)]
    codes += [str(status) for status in sorted({wire.status(stream) for stream in wire.answers} - {None, 200})]
    return ", ".join(codes) or ("closed" if wire.closed else "open")


def begin(wire, pairs):
    """The preface; the peer's settings are not waited for: a flood begins at once."""
    return wire.send(PREFACE, settings(*pairs), settings(flags=1))
