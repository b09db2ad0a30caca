"""Streams about chunked bodies: sizes, extensions, line ends, trailers that some server reads as something else."""

from smuggling.stream import AFTER, DENIED, chunked, spelt, stream

END = b"\r\n0\r\n\r\n"
HEX = b"%x" % len(DENIED)

# A chunk's size line, %s where the size belongs. The chunk holds the denied request.
SIZES = [
    b"%s", b"0%s", b"0000000000%s", b"000000000000000000000000%s", b"+%s", b"-%s", b"0x%s", b"0X%s", b" %s", b"\t%s",
    b"%s ", b"%s\t", b"%s \t ", b"%sg", b"%s.", b"%s.0", b"%sh", b"\"%s\"", b"%s\x00", b"\x00%s", b"%s\x0b", b"%s,0",
    b"_%s", b"%s_0", b"1%s", b"10000000000000000%s", b"ffffffffffffffff", b"fffffffffffffffff", b"7fffffffffffffff",
    b"8000000000000000", b"100000000", b"1000000000000%s", b"\xef\xbc\x92\xef\xbc\x91", b"\r\n%s", b"\n%s", b"", b"-1",
    b"-0", b"+0", b"0x"
]

EXTENSIONS = [
    b";", b";a", b";a=b", b"; a=b", b" ;a=b", b";a=\"b\"", b";a=\"b;c\"", b";a=\"b", b";a=\"\\\"\"", b";a=\"b\"c",
    b";a=b;c=d", b";=b", b";a=", b";;", b";a\x00b", b";a=b\nGET /denied/@@@@ HTTP/1.1", b";a=b\rX: y", b";a=\x7f",
    b";a=\"\nx\"", b";a=\"\r\nx\"", b";\xffa=b", b";" + b"a" * 900, b";" + b"a=b;" * 2000, b";a\n", b";a\r", b"\n;a",
    b";a=b\x0b", b";\tb", b" a", b"\ta=b", b";a==b", b";a=b=c", b";\n\n"
]

LINE_ENDS = [
    b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"\x00\r\n", b" \r\n", b"\x85", b"\xe2\x80\xa8", b"", b"X\n",
    b"\rX\n"
]

# What stands where the trailers belong.
TRAILERS = [
    b"Content-Length: 50\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n", b"Host: other.shop\r\n\r\n",
    b"Content-Length: 0\r\nTransfer-Encoding: identity\r\n\r\n", b"X-Sum: 7\r\n\r\n", b"X-Sum : 7\r\n\r\n",
    b" X-Sum: 7\r\n\r\n", b"X-Sum: 7\r\n folded\r\n\r\n", b"X-Sum: 7\n\r\n", b"X-Sum: 7\r\n\n", b"X-Sum: 7\r\r\n\r\n",
    b"X-Sum: \x00\r\n\r\n", b"X_Sum: 7\r\n\r\n", b": 7\r\n\r\n", b"nonsense\r\n\r\n",
    b"Authorization: Basic eDp5\r\n\r\n", b"X-Request-Id: 1\r\n\r\n", b"X-Forwarded-For: 10.0.0.1\r\n\r\n",
    b"Connection: close\r\n\r\n", b"GET /denied/@@@@ HTTP/1.1\r\nHost: orders.shop\r\n\r\n", b"\n", b"\r", b"\rX\r\n",
    b"X\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Trailer: Host\r\nHost: other.shop\r\n\r\n",
    b"X: y\x0b\r\n\r\n", b"X\x00: y\r\n\r\n", b"X: y\nGET /denied/@@@@ HTTP/1.1\r\n\r\n",
    b"Expect: 100-continue\r\n\r\n", b"Upgrade: h2c\r\n\r\n", b"X: " + b"a" * 5000 + b"\r\n\r\n"
]


def _sizes():
    for line in SIZES:
        filled = line.replace(b"%s", HEX)
        yield stream("chunk size", spelt(line), chunked(filled + b"\r\n" + DENIED + END + AFTER))
    for wrong in (len(DENIED) - 2, len(DENIED) + 2, len(DENIED) - 1, len(DENIED) + 1, 1):
        yield stream("chunk size", f"{wrong} of {len(DENIED)}", chunked(b"%x\r\n" % wrong + DENIED + END + AFTER))
    for zero in (b"0", b"00", b"0000000000000000", b"00000000000000000", b"0x0", b"-0", b"+0", b"0 ", b" 0", b"0;a",
                 b"0;a=\"\r\n\"", b"0\x00", b"O", b"\xef\xbc\x90", b"0,0", b"0.0"):
        yield stream("last chunk", spelt(zero), chunked(b"5\r\nhello\r\n" + zero + b"\r\n\r\n" + DENIED))


def _line_ends():
    for end in LINE_ENDS:
        yield stream("end of a chunk's size", spelt(end), chunked(HEX + end + DENIED + END + AFTER))
        yield stream("end of a chunk", spelt(end), chunked(b"5\r\nhello" + end + HEX + b"\r\n" + DENIED + END + AFTER))
        yield stream("end of the last chunk", spelt(end), chunked(b"5\r\nhello\r\n0" + end + b"\r\n" + AFTER))
        yield stream("end of the trailers", spelt(end), chunked(b"5\r\nhello\r\n0\r\n" + end + AFTER))
    # A reader that skips two bytes after a chunk, whatever they are, reads the size of another chunk.
    yield stream("end of a chunk", "two bytes skipped", chunked(b"5\r\nhelloXX" + HEX + b"\r\n" + DENIED + END))
    # TERM.EXT: an extension that ends in a bare line feed, and a chunk that is an extension to the other reader.
    yield stream("end of a chunk's size", "extension ends in LF",
                 chunked(b"2;\nxx\r\n" + HEX + b"\r\n0\r\n\r\n" + DENIED + END))
    yield stream("end of a chunk's size", "extension holds a chunk",
                 chunked(b"a;\n0123456789\r\n2\r\nxx\r\n0\r\n\r\n" + AFTER))


def streams():
    yield from _sizes()
    yield from _line_ends()
    for extension in EXTENSIONS:
        yield stream("chunk extension", spelt(extension[:60]),
                     chunked(HEX + extension + b"\r\n" + DENIED + END + AFTER))
    for trailers in TRAILERS:
        yield stream("trailers", spelt(trailers[:60]), chunked(b"5\r\nhello\r\n0\r\n" + trailers + AFTER))
        yield stream("trailers that were announced", spelt(trailers[:60]),
                     chunked(b"5\r\nhello\r\n0\r\n" + trailers + AFTER, b"Trailer: X-Sum\r\nTE: trailers\r\n"))
    whole = chunked(HEX + b"\r\n" + DENIED + END) + AFTER
    for cut in (60, 78, 79, 80, 81, 82, 83, 84, 85, 86, len(whole) - 50, len(whole) - 52, len(whole) - 54):
        yield stream("chunks in two packets", str(cut), whole[:cut], whole[cut:])
