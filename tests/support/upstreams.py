"""Applications behind the sidecar: one that tells what reached it, and one that misbehaves in every known way."""

import hashlib
import json
import socket
import socketserver
import struct
import threading

from addresses import split


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512


class Upstream:
    """Serves `serve(connection)` on `endpoint` in threads until stop(). Counts accepted connections."""

    def __init__(self, endpoint, serve):
        self.endpoint = endpoint
        self.connections = 0
        self.open_now = set()
        owner = self

        class OneConnection(socketserver.BaseRequestHandler):
            def handle(self):
                owner.connections += 1
                owner.open_now.add(self.request)
                try:
                    self.request.settimeout(60)
                    serve(self.request)
                except (OSError, ValueError):
                    pass
                finally:
                    owner.open_now.discard(self.request)

        self._server = _Server(split(endpoint), OneConnection)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self.open_now):
            reset(connection)


class EchoApplication(Upstream):
    """Answers every request with a JSON account of its bytes, and keeps the accounts in `requests`.

    Query parameters choose the answer: ?status=204, ?size=N bytes instead of JSON, ?chunked, ?close.
    """

    def __init__(self, endpoint):
        self.requests = []
        super().__init__(endpoint, self._serve)

    def _serve(self, connection):
        stream = connection.makefile("rb")
        while (account := read_request(stream, connection)):
            self.requests.append(account)
            if not self._answer(connection, account):
                return

    def _answer(self, connection, account):
        wishes = dict(item.partition("=")[::2] for item in account["target"].partition("?")[2].split("&"))
        status = int(wishes.get("status", 200))
        body = b"x" * int(wishes["size"]) if "size" in wishes else json.dumps(account).encode()
        closes = "close" in wishes or account["version"] == "HTTP/1.0"
        head = f"HTTP/1.1 {status} Fine\r\nContent-Type: application/json\r\n"
        head += "Connection: close\r\n" if closes else ""
        if status in (204, 304):
            head, body = head + "\r\n", b""
        elif "chunked" in wishes:
            head += "Transfer-Encoding: chunked\r\n\r\n"
            middle = len(body) // 2
            pieces = [piece for piece in (body[:middle], body[middle:]) if piece]
            body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nX-Sum: 7\r\n\r\n"
        else:
            head += f"Content-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + (b"" if account["method"] == "HEAD" else body))
        return not closes


class EmptyApplication(Upstream):
    """Answers every request with 200 and no body, as the backend of the Core Rule Set's tests does."""

    def __init__(self, endpoint):
        super().__init__(endpoint, self._serve)

    def _serve(self, connection):
        stream = connection.makefile("rb")
        while read_request(stream, connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def read_request(stream, connection=None):
    """The next request as a dict: method, target, version, lines, headers, body (its first 64 KiB), body_length,
    body_sha256, trailers. None at the end of the stream."""
    start = stream.readline(1 << 20)
    if not start:
        return None
    method, target, version = start.decode("latin-1").rstrip("\r\n").split(" ", 2)
    lines, headers = _read_fields(stream)
    if headers.get("expect", "").lower() == "100-continue" and connection:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    length, digest, body, trailers = _read_body(stream, headers)
    return {"method": method, "target": target, "version": version, "lines": lines, "headers": headers,
            "body_length": length, "body_sha256": digest, "body": body, "trailers": trailers}


def _read_fields(stream):
    lines, headers = [], {}
    while True:
        raw = stream.readline(1 << 20)
        if not raw:
            raise ValueError("the stream ended within a head")
        if raw == b"\r\n":
            return lines, headers
        line = raw.decode("latin-1").rstrip("\r\n")
        name, _, value = line.partition(":")
        lines.append(line)
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]},{value}" if name in headers else value


def _read_body(stream, headers):
    """(length, sha256, first 64 KiB as text, trailers)"""
    digest, length, kept, trailers = hashlib.sha256(), 0, bytearray(), {}

    def take(missing):
        nonlocal length
        while missing:
            piece = stream.read(min(missing, 1 << 18))
            if not piece:
                raise ValueError("the stream ended within a body")
            digest.update(piece)
            length += len(piece)
            missing -= len(piece)
            if len(kept) < 65536:
                kept.extend(piece[:65536 - len(kept)])

    if "chunked" in headers.get("transfer-encoding", ""):
        while (size := int(stream.readline(64), 16)):
            take(size)
            if stream.read(2) != b"\r\n":
                raise ValueError("chunk does not end with CRLF")
        trailers = _read_fields(stream)[1]
    else:
        take(int(headers.get("content-length", 0)))
    return length, digest.hexdigest(), kept.decode("latin-1"), trailers


def reset(connection):
    """Closes with a RST."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    except OSError:
        pass


def scripted(endpoint, *steps):
    """An upstream that reads one request head and then takes `steps`, per connection: bytes are sent, a callable
    gets the connection, the words "reset" and "hang" do so; after the last it closes."""

    def serve(connection):
        stream = connection.makefile("rb")
        while stream.readline(1 << 20) not in (b"\r\n", b""):
            pass
        for step in steps:
            if step == "reset":
                return reset(connection)
            if step == "hang":
                return wait_gone(connection)
            if callable(step):
                step(connection)
            else:
                connection.sendall(step)
        connection.shutdown(socket.SHUT_WR)
        wait_gone(connection)

    return Upstream(endpoint, serve)


def wait_gone(connection):
    """Returns when the other side has closed (at most 60 s later)."""
    while connection.recv(65536):
        pass
