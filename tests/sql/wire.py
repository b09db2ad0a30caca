"""A client of PostgreSQL in bytes: texts by the simple or the extended protocol, answers message by message."""

import socket
import struct


def message(kind, body=b""):
    return kind.encode() + struct.pack(">I", len(body) + 4) + body


def query(text):
    return message("Q", text.encode() + b"\0")


def raw_query(octets):
    return message("Q", octets + b"\0")


def parse(name, text):
    return message("P", name.encode() + b"\0" + text.encode() + b"\0" + struct.pack(">H", 0))


def bind(name, *values, portal="", results=0):
    """Values in text; `results` 1 asks for binary ones."""
    given = b"".join(struct.pack(">I", len(value)) + value for value in (value.encode() for value in values))
    return message("B", portal.encode() + b"\0" + name.encode() + b"\0" + struct.pack(">HH", 0, len(values)) + given
                   + struct.pack(">HH", 1, results))


def describe_portal(name=""):
    return message("D", b"P" + name.encode() + b"\0")


def execute(portal=""):
    return message("E", portal.encode() + b"\0" + struct.pack(">I", 0))


SYNC = message("S")


def extended(text):
    """Parse, Bind, Describe and Execute of an unnamed statement without parameters, and Sync."""
    return (message("P", b"\0" + text.encode() + b"\0" + struct.pack(">H", 0))
            + message("B", b"\0\0" + struct.pack(">HHH", 0, 0, 0)) + message("D", b"P\0")
            + message("E", b"\0" + struct.pack(">I", 0)) + message("S"))


def fields(body):
    """{letter: text} of an ErrorResponse."""
    return {field[:1].decode(): field[1:].decode() for field in body.split(b"\0") if field}


def columns(body):
    """[(name, size, modifier, format)] of a RowDescription."""
    found, at = [], 2
    while at < len(body):
        end = body.index(b"\0", at)
        _, _, _, size, modifier, form = struct.unpack_from(">IhIhih", body, end + 1)
        found.append((body[at:end], size, modifier, form))
        at = end + 19
    return found


class Refused(AssertionError):
    """A start-up that did not end in a session: `errors` of the server's."""

    def __init__(self, errors):
        super().__init__(errors)
        self.errors = errors


class Client:
    """Logs in without a password. Every wait ends after thirty seconds."""

    def __init__(self, address, port, user="tester", database="postgres", **parameters):
        self._socket = socket.create_connection((address, port), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = bytearray()
        self.local = "%s:%d" % self._socket.getsockname()[:2]
        told = {"user": user, "database": database, **parameters}
        named = b"".join(part.encode() + b"\0" for pair in told.items() for part in pair) + b"\0"
        self._socket.sendall(struct.pack(">II", len(named) + 8, 196608) + named)
        answers = self.said(1)
        if not answers or answers[-1][0] != "Z":
            raise Refused([fields(body) for kind, body in answers if kind == "E"])

    def close(self):
        self._socket.close()

    def send(self, octets):
        self._socket.sendall(octets)

    def _next(self):
        while len(self._rest) < 5 or len(self._rest) < 1 + struct.unpack_from(">I", self._rest, 1)[0]:
            got = self._socket.recv(1 << 18)
            assert got, f"the server hung up after {bytes(self._rest)!r}"
            self._rest += got
        end = 1 + struct.unpack_from(">I", self._rest, 1)[0]
        kind, body = chr(self._rest[0]), bytes(self._rest[5:end])
        del self._rest[:end]
        return kind, body

    def said(self, count):
        """[(type, body)] until there were `count` ReadyForQuery, or the end."""
        found = []
        try:
            while count:
                found.append(self._next())
                count -= found[-1][0] == "Z"
                if found[-1][0] == "G":
                    self.send(message("c"))
        except (AssertionError, OSError):
            pass
        return found

    def heard(self, count):
        """All bytes that come until there were `count` ReadyForQuery, or the end."""
        return b"".join(kind.encode() + body for kind, body in self.said(count))

    def answer(self):
        """[(type, body)] up to ReadyForQuery. What a COPY asks for is nothing."""
        found = []
        while not found or found[-1][0] != "Z":
            found.append(self._next())
            if found[-1][0] == "G":
                self.send(message("c"))
        return found
