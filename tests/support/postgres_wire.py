"""PostgreSQL's messages as bytes, and a client that sends exactly those it is told."""

import socket
import struct

from addresses import split

SSL_REQUEST = struct.pack(">II", 8, 80877103)
GSS_REQUEST = struct.pack(">II", 8, 80877104)


def startup(minor=0, **parameters):
    body = struct.pack(">I", 196608 + minor)
    for name, value in parameters.items():
        body += name.encode() + b"\0" + value.encode() + b"\0"
    body += b"\0"
    return struct.pack(">I", len(body) + 4) + body


def message(kind, body=b""):
    return kind.encode() + struct.pack(">I", len(body) + 4) + body


class Raw:
    """A client of bytes."""

    def __init__(self, endpoint, tls=None, source=None):
        """`tls`: an SSLContext to begin with at once; `source`: the address to dial from."""
        self.socket = socket.create_connection(split(endpoint), 40, (source, 0) if source else None)
        self.socket.settimeout(40)
        self._rest = b""
        if tls is not None:
            self.secure(tls)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def secure(self, tls):
        """Nothing may have been read ahead."""
        assert self._rest == b""
        self.socket = tls.wrap_socket(self.socket, server_hostname="db.shop")

    def send(self, *pieces):
        for piece in pieces:
            self.socket.sendall(piece)

    def read(self, count):
        while len(self._rest) < count:
            got = self.socket.recv(65536)
            assert got, f"closed after {self._rest[-300:]!r}"
            self._rest += got
        found, self._rest = self._rest[:count], self._rest[count:]
        return found

    def message(self):
        """(type, body)"""
        head = self.read(5)
        return chr(head[0]), self.read(struct.unpack(">I", head[1:])[0] - 4)

    def error(self):
        """The fields of the next ErrorResponse."""
        while True:
            kind, body = self.message()
            if kind == "E":
                return {field[:1].decode(): field[1:].decode() for field in body.split(b"\0") if field}

    def rest(self):
        """All that comes until the connection is closed."""
        found = self._rest
        try:
            while got := self.socket.recv(65536):
                found += got
        except ConnectionResetError:
            pass
        return found

    def wait_closed(self):
        self.rest()


class Wire(Raw):
    """Messages of our own on a connection that psycopg2 has logged in."""

    def __init__(self, connection):
        self.socket = socket.socket(fileno=connection.fileno())
        self.socket.settimeout(40)
        self._rest = b""

    def __exit__(self, *_):
        self.socket.detach()

    def answers(self):
        """(types until ReadyForQuery, errors among them)"""
        kinds, errors = "", []
        while not kinds.endswith("Z"):
            kind, body = self.message()
            kinds += kind
            if kind == "E":
                errors.append({field[:1].decode(): field[1:].decode() for field in body.split(b"\0") if field})
        return kinds, errors


def parse(name, text):
    return message("P", name.encode() + b"\0" + text.encode() + b"\0\0\0")


def bind(portal, name, result_format=0):
    """Without values; `result_format` is that of every column, 1 for binary."""
    formats = struct.pack(">Hh", 1, result_format) if result_format else b"\0\0"
    return message("B", portal.encode() + b"\0" + name.encode() + b"\0\0\0\0\0" + formats)


def execute(portal=""):
    return message("E", portal.encode() + b"\0\0\0\0\0")


def query(text):
    return message("Q", text.encode() + b"\0")


SYNC = message("S")
