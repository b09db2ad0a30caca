"""Streams about where a body ends: Content-Length and Transfer-Encoding in every spelling that some server takes."""

from smuggling.stream import AFTER, DENIED, chunks_hide, length_hides, post, spelt, stream

# Header lines that some reader takes for Transfer-Encoding: chunked, and some other does not.
CODINGS = [
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding: chunked\r\n",
    b"TRANSFER-ENCODING: CHUNKED\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"Transfer-Encoding\t: chunked\r\n",
    b" Transfer-Encoding: chunked\r\n",
    b"\tTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding:chunked\r\n",
    b"Transfer-Encoding:\tchunked\r\n",
    b"Transfer-Encoding: \x0bchunked\r\n",
    b"Transfer-Encoding: \x0cchunked\r\n",
    b"Transfer-Encoding: chunked\x0b\r\n",
    b"Transfer-Encoding: \x00chunked\r\n",
    b"Transfer-Encoding: chunked\x00\r\n",
    b"Transfer-Encoding: chunked \r\n",
    b"Transfer-Encoding: chunked\t\r\n",
    b"Transfer-Encoding: \"chunked\"\r\n",
    b"Transfer-Encoding: 'chunked'\r\n",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding: chunkedx\r\n",
    b"Transfer-Encoding: chunked;q=1\r\n",
    b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding: identity, chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding: chunked, gzip\r\n",
    b"Transfer-Encoding: chunked,\r\n",
    b"Transfer-Encoding: ,chunked\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n",
    b"Transfer-Encoding: cow\r\n",
    b"Transfer-Encoding: chunked, cow\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding:\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n",
    b"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    b"Transfer-Encoding:\r\n chunked\r\n",
    b"Transfer-Encoding: x\r\n chunked\r\n",
    b"Transfer-Encoding: chunked\r\n , identity\r\n",
    b"Transfer-Encoding\r\n : chunked\r\n",
    b"Transfer_Encoding: chunked\r\n",
    b"Transfer.Encoding: chunked\r\n",
    b"TransferEncoding: chunked\r\n",
    b"X: y\nTransfer-Encoding: chunked\r\n",
    b"X: y\rTransfer-Encoding: chunked\r\n",
    b"X:\nTransfer-Encoding: chunked\r\n",
    b"X: y\r\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunk\xe1ed\r\n",
    b"Transfer-Encoding: \xe3\x80\x80chunked\r\n",
    b"Transfer-Encoding: \xa0chunked\r\n",
    b"Transfer-Encoding: chun\x00ked\r\n",
    b"Transfer-Encoding\x00: chunked\r\n",
    b"Transfer-Encoding\xa0: chunked\r\n",
    b"\x00Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding; chunked\r\n",
    b"Transfer-Encoding chunked\r\n",
    b"Transfer-Encoding: chunKed\r\n",
    b"Transfer-\xc4\xb0ncoding: chunked\r\n",
    b"Transfer-Encoding: chun\xe2\x84\xaaed\r\n",
    b"Transfer-Encoding:: chunked\r\n",
    b"Transfer-Encoding: : chunked\r\n",
    b"Transfer-Encoding: chunked\n\r\n",
    b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n",
]

# Values of Content-Length beside the right one, N: {n} is the length that covers the denied request, {z} is zero.
LENGTHS = [
    b"+{n}", b"-{n}", b"0{n}", b"000000000000000000000{n}", b"0x{n}", b"{n}.0", b"{n}e0", b"{n} ", b"\t{n}", b"{n},{n}",
    b"{n}, {z}", b"{z}, {n}", b"{n},", b",{n}", b"{n} {z}", b"{n};", b"{n};x=y", b"\"{n}\"", b"{n}\x00", b"\x00{n}",
    b"\x0b{n}", b"{n}\x0b", b"{n}\xa0", b"{n}a", b"a{n}", b"0o{n}", b"{n}_0", b"1_{n}", b"\xb2", b"\xd9\xa1\xd9\xa2",
    b"", b" ", b"18446744073709551616", b"18446744073709551615", b"9223372036854775808", b"-1", b"-0", b"+0",
    b"4294967296", b"4294967297", b"{n}\r\n {z}", b"\r\n {n}", b"{n}\n", b"{n}\r", b"{n}#", b"{n}/{z}"
]

TWICE = [(b"Content-Length: %s\r\n", b"Content-Length: %s\r\n"), (b"Content-Length: %s\r\n", b"content-length: %s\r\n"),
         (b"Content-Length: %s\r\n", b"Content-Length : %s\r\n"),
         (b"Content-Length: %s\r\n", b"Content_Length: %s\r\n"),
         (b"Content-Length: %s\r\n", b" Content-Length: %s\r\n"),
         (b"Content-Length: %s\r\n", b"Content-Length\x00: %s\r\n"),
         (b"Content-Length: %s\r\n", b"X: y\nContent-Length: %s\r\n"),
         (b"Content-Length: %s\r\n", b"X: y\rContent-Length: %s\r\n"),
         (b"Content-Length: %s\r\n", b"Content Length: %s\r\n"),
         (b"Content-Length: %s\r\n", b"Content-Length:\r\n %s\r\n")]


def _length_streams():
    size = b"%d" % len(DENIED)
    for value in LENGTHS:
        filled = value.replace(b"{n}", size).replace(b"{z}", b"0")
        yield stream("content-length", spelt(value), post(b"Content-Length: " + filled + b"\r\n", DENIED + AFTER))
    for first, second in TWICE:
        for one, other in ((size, b"0"), (b"0", size), (size, size)):
            yield stream("two lengths",
                         spelt(first + second) + f" {one.decode()} {other.decode()}",
                         post(first % one + second % other, DENIED + AFTER))
    for method in (b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"TRACE", b"PATCH", b"FOO"):
        head = method + b" /a/@@@@ HTTP/1.1\r\nHost: orders.shop\r\n"
        yield stream("body with a method", f"{method.decode()} and a length",
                     head + b"Content-Length: " + size + b"\r\n\r\n" + DENIED + AFTER)
        yield stream(
            "body with a method", f"{method.decode()} in chunks",
            head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(DENIED) + DENIED + b"\r\n0\r\n\r\n" + AFTER)


def streams():
    for lines in CODINGS:
        yield stream("length before chunks", spelt(lines), length_hides(lines))
        yield stream("chunks before length", spelt(lines), chunks_hide(lines))
        yield stream("chunks alone", spelt(lines), post(lines, b"0\r\n\r\n" + DENIED))
    yield from _length_streams()
