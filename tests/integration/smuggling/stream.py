"""One raw request stream: bytes for one connection, made so that two readers may count different requests in it."""

import dataclasses

ID = b"@@@@"  # replaced by the stream's number, in as many bytes: lengths written into a stream stay true
HOST = b"Host: orders.shop\r\n"
DENIED = b"GET /denied/@@@@ HTTP/1.1\r\nHost: orders.shop\r\n\r\n"
AFTER = b"GET /after/@@@@ HTTP/1.1\r\nHost: orders.shop\r\n\r\n"


@dataclasses.dataclass(frozen=True)
class Stream:
    """`pieces` are written one after the other, with a moment between them."""

    family: str
    name: str
    pieces: tuple

    def wire(self, number):
        return [piece.replace(ID, b"%04d" % number) for piece in self.pieces]

    def __str__(self):
        return f"{self.family}: {self.name}"


def stream(family, name, *pieces):
    return Stream(family, name, pieces)


def post(lines, body=b"", target=b"/a/@@@@", version=b"HTTP/1.1", host=HOST):
    """A POST with these raw header lines (each with its own line end)."""
    return b"POST " + target + b" " + version + b"\r\n" + host + lines + b"\r\n" + body


def length_hides(lines):
    """`lines` tell of chunks; who heeds Content-Length instead reads the denied request as body, who heeds the chunks
    reads it as the next request."""
    body = b"0\r\n\r\n" + DENIED
    return post(b"Content-Length: %d\r\n" % len(body) + lines, body)


def chunks_hide(lines):
    """The other way round: who heeds the chunks reads the denied request as a chunk."""
    first = b"%x\r\n" % len(DENIED)
    return post(b"Content-Length: %d\r\n" % len(first) + lines, first + DENIED + b"\r\n0\r\n\r\n")


def chunked(body, lines=b""):
    return post(b"Transfer-Encoding: chunked\r\n" + lines, body)


def spelt(raw):
    """A name for odd bytes."""
    return repr(raw)[2:-1]
