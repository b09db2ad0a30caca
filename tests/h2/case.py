"""One case of the conformance suite: what is sent, and what must come back."""

import dataclasses
import typing

from h2_wire import ask, block, error_name, headers


@dataclasses.dataclass(frozen=True)
class Case:
    """`send(wire)` speaks on a connection whose settings are exchanged (unless `raw`); `expect(wire)` then tells
    whether what came back is right. `needs` names what the server under test must have for the case to mean anything."""

    id: str
    sentence: str
    send: typing.Callable
    expect: typing.Callable
    raw: bool = False
    needs: str = ""
    settings: tuple = ()

    @property
    def expected(self):
        return self.expect.__doc__ or self.sentence

    @property
    def section(self):
        return self.id.partition("/")[0]


def request(stream=1, end=True, extra=(), **fields):
    """A HEADERS frame with an ordinary request."""
    return headers(stream, block(*ask(extra=extra, **fields)), end)


def post(stream=1, extra=(), **fields):
    """A HEADERS frame with a request whose body follows."""
    return request(stream, False, extra, method="POST", **fields)


# ---- what must come back --------------------------------------------------------------------------------------------


def connection_error(*codes):
    """GOAWAY with one of the codes and the close of the connection; the close alone is allowed (RFC 9113 §5.4.1)."""
    def expect(wire):
        wire.read_until(lambda: wire.closed)
        return wire.closed and wire.away() in (None, *codes)

    expect.__doc__ = "GOAWAY " + "/".join(map(error_name, codes)) + ", close"
    return expect


def stream_error(*codes, stream=1):
    """RST_STREAM with one of the codes, or what connection_error takes: a stream error may be treated as one."""
    def expect(wire):
        wire.read_until(lambda: wire.closed or wire.reset(stream) is not None or wire.away() is not None)
        if wire.reset(stream) is not None:
            return wire.reset(stream) in codes
        return connection_error(*codes)(wire)

    expect.__doc__ = "RST_STREAM " + "/".join(map(error_name, codes))
    return expect


def malformed(stream=1):
    """RFC 9113 §8.1.1: a stream error PROTOCOL_ERROR; an answer 4xx before it is allowed."""
    def expect(wire):
        wire.read_until(lambda: wire.closed or wire.done(stream))
        status = wire.status(stream)
        if status is not None:
            return 400 <= status < 500
        return stream_error(1, stream=stream)(wire)

    expect.__doc__ = "RST_STREAM PROTOCOL_ERROR or 400"
    return expect


def served(*streams):
    """Each of the streams is answered in full, and no error is told."""
    def expect(wire):
        wanted = streams or (1, )
        wire.read_until(lambda: all(wire.done(stream) for stream in wanted))
        return all((wire.status(stream) or 500) < 500 and wire.status(stream) != 400 and stream in wire.ended
                   for stream in wanted) and no_error(wire)

    expect.__doc__ = "the answer"
    return expect


def no_error(wire):
    return wire.away() is None and all(wire.reset(stream) in (None, 0) for stream in wire.answers) and not wire.closed


def ignored(stream=101):
    """The connection lives on: a further request is answered, nothing is reset, no GOAWAY."""
    def expect(wire):
        status = wire.ask(stream)
        return status is not None and status < 400 and not [one for one in wire.seen if one.kind in (3, 7)]

    expect.__doc__ = "nothing; the next request is answered"
    return expect


def either(*expectations):
    def expect(wire):
        return any(one(wire) for one in expectations)

    expect.__doc__ = " or ".join(one.__doc__ for one in expectations)
    return expect


def seen(what, satisfied):
    """`satisfied(wire)` becomes true."""
    def expect(wire):
        return wire.read_until(lambda: satisfied(wire))

    expect.__doc__ = what
    return expect
