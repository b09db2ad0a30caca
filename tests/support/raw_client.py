"""A client that sends exactly the bytes it is told, over TCP or mTLS, and reads answers one by one."""

import socket
import ssl
import time

from addresses import split


class Answer:
    """One HTTP/1 answer. Header names are lower case; repeated ones are joined with a comma."""

    def __init__(self, status, version, headers, body, trailers, raw_head):
        self.status, self.version, self.headers, self.body = status, version, headers, body
        self.trailers, self.raw_head = trailers, raw_head

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:200]!r}>"


class Closed(Exception):
    """The peer closed or reset before an answer was complete. `received` is what came of it."""

    def __init__(self, received, cause):
        super().__init__(f"closed after {received[:300]!r} ({cause})")
        self.received, self.cause = received, cause


def tls_setting(authority_pem, leaf_paths=None, alpn=("http/1.1",), maximum=None):
    """A client's TLS setting: trusts `authority_pem`, shows the certificate of `leaf_paths` if given."""
    setting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    setting.check_hostname = False
    setting.load_verify_locations(cadata=authority_pem)
    if leaf_paths:
        setting.load_cert_chain(*leaf_paths)
    if alpn:
        setting.set_alpn_protocols(list(alpn))
    if maximum:
        setting.maximum_version = maximum
    return setting


def dial(endpoint, source=None, tls=None, seconds=20.0, server_name="orders.shop.svc", receive_buffer=None):
    """A connected socket, with TLS where a context is given; closed again if that fails."""
    plain = socket.socket()
    try:
        plain.settimeout(seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            plain.bind((source, 0))
        plain.connect(split(endpoint))
        return tls.wrap_socket(plain, server_hostname=server_name) if tls else plain
    except BaseException:
        plain.close()
        raise


class RawClient:
    """One connection. `source` is the local address to dial from. Every read has a deadline of `seconds`."""

    def __init__(self, endpoint, source=None, tls=None, seconds=20.0, server_name="orders.shop.svc",
                 receive_buffer=None):
        self._buffer = b""
        self._seconds = seconds
        self.socket = dial(endpoint, source, tls, seconds, server_name, receive_buffer)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, *pieces, pause=0.0):
        """Sends each piece as its own segment (and TLS record)."""
        for index, piece in enumerate(pieces):
            if index and pause:
                time.sleep(pause)
            self.socket.sendall(piece if isinstance(piece, bytes) else piece.encode("latin-1"))
        return self

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def _more(self):
        try:
            piece = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed(self._buffer, error) from error
        if not piece:
            raise Closed(self._buffer, "end of stream")
        self._buffer += piece

    def _take_until(self, mark):
        start = 0
        while (end := self._buffer.find(mark, start)) < 0:
            start = max(0, len(self._buffer) - len(mark))
            self._more()
        taken, self._buffer = self._buffer[:end + len(mark)], self._buffer[end + len(mark):]
        return taken

    def _take(self, length):
        pieces, missing = [], length
        while missing > len(self._buffer):
            pieces.append(self._buffer)
            missing -= len(self._buffer)
            self._buffer = b""
            try:
                self._more()
            except Closed as closed:
                raise Closed(b"".join(pieces) + closed.received, closed.cause) from closed
        pieces.append(self._buffer[:missing])
        self._buffer = self._buffer[missing:]
        return b"".join(pieces)

    def read_head(self):
        """(status, version, headers, raw) of the next answer, its body unread."""
        raw = self._take_until(b"\r\n\r\n")
        start, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
        version, status = start.split(" ", 2)[:2]
        return int(status), version, _fields(lines), raw

    def read(self, method="GET", interim=False):
        """The next answer, whole. 1xx answers are passed over unless `interim`. Closed if it is cut short."""
        while True:
            status, version, headers, raw = self.read_head()
            if status >= 200 or interim:
                break
        trailers = {}
        if method == "HEAD" or status < 200 or status in (204, 304):
            body = b""
        elif "chunked" in headers.get("transfer-encoding", ""):
            body, trailers = self._read_chunks()
        elif "content-length" in headers:
            body = self._take(int(headers["content-length"]))
        else:
            body = self.read_to_end()
        return Answer(status, version, headers, body, trailers, raw)

    def _read_chunks(self):
        body = []
        while True:
            size = int(self._take_until(b"\r\n").split(b";")[0], 16)
            if not size:
                break
            body.append(self._take(size))
            if self._take(2) != b"\r\n":
                raise AssertionError("chunk does not end with CRLF")
        lines = []
        while (line := self._take_until(b"\r\n")) != b"\r\n":
            lines.append(line.decode("latin-1").rstrip("\r\n"))
        return b"".join(body), _fields(lines)

    def read_to_end(self):
        """Everything until the peer closes cleanly; Closed on a reset or a TLS error."""
        while True:
            try:
                self._more()
            except Closed as closed:
                if closed.cause != "end of stream":
                    raise
                taken, self._buffer = self._buffer, b""
                return taken

    def wait_closed(self, seconds=None):
        """Returns when the peer has closed or reset; TimeoutError if it does not, AssertionError if it speaks."""
        self.socket.settimeout(seconds or self._seconds)
        try:
            piece = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return
        assert piece == b"", f"expected a close, got {piece[:300]!r}"

    def ask(self, method, target, headers=(), body=b"", host="orders.shop"):
        """Sends one request with a Content-Length if there is a body, and reads its answer."""
        self.send(request(method, target, headers, body, host))
        return self.read(method)


def request(method, target, headers=(), body=b"", host="orders.shop"):
    """The bytes of one HTTP/1.1 request."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"] + [f"{name}: {value}" for name, value in headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def _fields(lines):
    fields = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        fields[name] = f"{fields[name]},{value}" if name in fields else value
    return fields
