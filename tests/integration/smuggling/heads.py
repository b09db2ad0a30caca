"""Streams about heads: line ends, folds, names and values with odd bytes, targets, versions, hosts."""

from smuggling.stream import AFTER, DENIED, HOST, post, spelt, stream

ODD = [
    b"\x00", b"\x01", b"\x08", b"\t", b"\n", b"\x0b", b"\x0c", b"\r", b"\x1b", b" ", b"\x7f", b"\x80", b"\x85", b"\xa0",
    b"\xff", b"(", b")", b",", b"/", b";", b"<", b"=", b"?", b"@", b"[", b"\\", b"]", b"{", b"\"", b"_",
    b"\xe2\x84\xaa", b"\xc5\xbf"
]
SIZE = b"%d" % len(DENIED)

LINE_ENDS = [
    b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\n", b"\n\n", b"\r\r", b"\x00\r\n", b"\x85", b"\xe2\x80\xa8", b"\x0b",
    b"\x0c", b" \r\n"
]

TARGETS = [
    b"/denied/@@@@#/a", b"/a/@@@@#/denied", b"http://orders.shop/a/@@@@", b"http://other.shop/a/@@@@",
    b"http://orders.shop:80/a/@@@@", b"http://orders.shop@other.shop/a/@@@@", b"http://other.shop@orders.shop/a/@@@@",
    b"HTTP://orders.shop/a/@@@@", b"https://orders.shop/a/@@@@", b"http:/a/@@@@", b"http:///a/@@@@",
    b"http://orders.shop", b"http://orders.shop?x", b"//orders.shop/a/@@@@", b"//denied/@@@@", b"/\\denied/@@@@",
    b"orders.shop/a/@@@@", b"orders.shop:80", b"*", b"", b"/a/@@@@ HTTP/1.1\r\nX:", b"/a/@@@@ x", b"/a/@@@@\tx",
    b"/a\x00/@@@@", b"/a\n/@@@@", b"/a\r/@@@@", b"/a\x7f/@@@@", b"/a\x80/@@@@", b"/a\xff/@@@@", b"/a/@@@@?\x00",
    b"/a/@@@@%00", b"/a/../denied/@@@@", b"/a/%2e%2e/denied/@@@@", b"/a/..%2fdenied/@@@@", b"/%64enied/@@@@",
    b"/a;/../denied/@@@@", b"/./denied/@@@@", b"/a/@@@@?x=y HTTP/1.1", b"/a/@@@@\"", b"/a/@@@@<>", b"/a/@@@@{}",
    b"/a/@@@@^|`", b"unix:/a", b"ftp://orders.shop/a/@@@@", b"http://orders.shop/denied/@@@@",
    b"http://orders.shop//denied/@@@@", b"/a/%0d%0aX:%20y/@@@@"
]

VERSIONS = [
    b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/1.2", b"HTTP/1.9", b"HTTP/1.10", b"HTTP/01.1", b"HTTP/1.01",
    b"HTTP/2.0", b"HTTP/3.0", b"HTTP/1", b"HTTP/1.", b"HTTP/.1", b"HTTP/1,1", b"http/1.1", b"Http/1.1", b"HTTP/ 1.1",
    b"HTTP /1.1", b"HTTP/1.1 ", b" HTTP/1.1", b"HTTP/1.1x", b"HTTP/1.1\t", b"HTTP/1.1\x00", b"HTTP/+1.1", b"HTTP/1.-1",
    b"HTTPS/1.1", b"ICY/1.1", b"RTSP/1.0", b"HTTP/11", b"HTTP/1.1 HTTP/1.1", b"\"HTTP/1.1\"", b"HTTP/1.\xb1"
]

HOSTS = [
    b"", b"Host:\r\n", b"Host: \r\n", HOST + HOST, HOST + b"Host: other.shop\r\n", b"Host: other.shop\r\n" + HOST,
    HOST + b"Host : other.shop\r\n", HOST + b" Host: other.shop\r\n", HOST + b"X-Forwarded-Host: other.shop\r\n",
    b"Host: orders.shop, other.shop\r\n", b"Host: orders.shop other.shop\r\n", b"Host: orders.shop:80:80\r\n",
    b"Host: orders.shop:\r\n", b"Host: orders.shop:x\r\n", b"Host: orders.shop:99999\r\n", b"Host: x@orders.shop\r\n",
    b"Host: orders.shop/denied\r\n", b"Host: orders.shop?x\r\n", b"Host: orders.shop#x\r\n", b"Host: [::1]\r\n",
    b"Host: [::1\r\n", b"Host: orders\x00.shop\r\n", b"Host: orders.shop\x0b\r\n", b"Host:orders.shop\r\n",
    b"Host:\torders.shop\r\n", b"Host:\r\n orders.shop\r\n", b"Host: orders.shop\r\n .other\r\n",
    b"hOST: orders.shop\r\n", b"Host: \xc5\xbfhop\r\n", b"Host: orders%2eshop\r\n",
    b"X: y\nHost: other.shop\r\n" + HOST, b"Host\t: orders.shop\r\n", b"Host_: other.shop\r\n" + HOST,
    b"HOST: orders.shop\r\nhost: other.shop\r\n", b"Host: 'orders.shop'\r\n", b"Host: *\r\n", b"Host: ..\r\n",
    b"Host: orders.shop.\r\n", b"Host: " + b"a" * 3000 + b"\r\n"
]

BEFORE = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\r\n" * 8, b" ", b"\t", b"\x00", b"\xef\xbb\xbf", b" \r\n", b"x\r\n", b"\n\n",
    b"\r\r\n", b"\r\n ", b"\x16\x03\x01", b"0\r\n\r\n", b"\x0b", b"HTTP/1.1 200 OK\r\n\r\n"
]


def _lines():
    for end in LINE_ENDS:
        name = spelt(end)
        rest = b"Content-Length: " + SIZE + b"\r\n\r\n" + DENIED + AFTER
        yield stream("end of the request line", name, b"POST /a/@@@@ HTTP/1.1" + end + HOST + rest)
        yield stream("end of a field", name, b"POST /a/@@@@ HTTP/1.1\r\nHost: orders.shop" + end + rest)
        yield stream("end of a length", name,
                     b"POST /a/@@@@ HTTP/1.1\r\n" + HOST + b"Content-Length: " + SIZE + end + b"\r\n" + DENIED + AFTER)
        yield stream("end of a head", name, b"GET /a/@@@@ HTTP/1.1\r\nHost: orders.shop\r\n" + end + DENIED)
        yield stream("a length behind a line end", name,
                     post(b"X: y" + end + b"Content-Length: " + SIZE + b"\r\n", DENIED + AFTER))
        yield stream("a request behind a line end", name,
                     b"GET /a/@@@@ HTTP/1.1\r\n" + HOST + b"X: y" + end + end + DENIED)


def _odd_bytes():
    for odd in ODD:
        name = spelt(odd)
        for field in (b"Content-Length", b"Host"):
            value = SIZE if field == b"Content-Length" else b"other.shop"
            for how, text in (("behind", field + odd), ("before", odd + field), ("in", field[:4] + odd + field[4:])):
                yield stream(f"odd byte {how} {field.decode()}", name,
                             post(text + b": " + value + b"\r\n", DENIED + AFTER))
        yield stream("odd byte in a value", name, post(b"X: a" + odd + b"b\r\n") + AFTER)
        yield stream("odd byte in a method", name, b"GE" + odd + b"T /a/@@@@ HTTP/1.1\r\n" + HOST + b"\r\n" + AFTER)
        yield stream("odd byte as separator", name,
                     b"GET" + odd + b"/a/@@@@" + odd + b"HTTP/1.1\r\n" + HOST + b"\r\n" + AFTER)


def _folds():
    for blank in (b" ", b"\t", b"  ", b" \t", b"\x0b", b"\xa0"):
        for field in (b"X: y", b"Content-Length: " + SIZE, b"Transfer-Encoding: chunked", b"Host: orders.shop",
                      b"Connection: close"):
            for tail in (b"z", b"Content-Length: 0", b"", b": 0"):
                yield stream("obs-fold", spelt(field + b"\r\n" + blank + tail),
                             post(field + b"\r\n" + blank + tail + b"\r\n", DENIED + AFTER))
    yield stream("obs-fold", "first field", b"GET /a/@@@@ HTTP/1.1\r\n X: y\r\n" + HOST + b"\r\n" + AFTER)
    yield stream("obs-fold", "folded request line", b"GET /a/@@@@\r\n HTTP/1.1\r\n" + HOST + b"\r\n" + AFTER)


def streams():
    yield from _lines()
    yield from _odd_bytes()
    yield from _folds()
    for target in TARGETS:
        yield stream("target", spelt(target), b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n" + AFTER)
    for version in VERSIONS:
        line = b"POST /a/@@@@ " + version + b"\r\n" + HOST
        yield stream("version", spelt(version), line + b"Content-Length: " + SIZE + b"\r\n\r\n" + DENIED + AFTER)
        yield stream("version and chunks", spelt(version),
                     line + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + DENIED)
    for line in (b"GET /a/@@@@", b"GET /a/@@@@ ", b"GET", b"GET  ", b"POST /a/@@@@", b"/a/@@@@", b"PRI * HTTP/2.0"):
        yield stream("no version", spelt(line), line + b"\r\n" + HOST + b"\r\n" + AFTER)
    for host in HOSTS:
        yield stream("host", spelt(host[:70]), b"GET /a/@@@@ HTTP/1.1\r\n" + host + b"\r\n" + AFTER)
    for before in BEFORE:
        yield stream("before the request", spelt(before), before + b"GET /a/@@@@ HTTP/1.1\r\n" + HOST + b"\r\n" + AFTER)
        yield stream("between requests", spelt(before), post(b"Content-Length: 5\r\n", b"hello") + before + AFTER)
