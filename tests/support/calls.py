"""gRPC messages and a gRPC service by hand, over chunked HTTP/1.1: what inspection sees, without HTTP/2."""

import gzip
import pathlib
import struct
import subprocess
import threading

from upstreams import Upstream, _read_fields

PROTO = pathlib.Path(__file__).with_name("orders.proto").read_text(encoding="utf-8")


def compile_orders(folder):
    """(descriptor set's path, the module with Order and Item)"""
    (folder / "orders.proto").write_text(PROTO)
    subprocess.run(["protoc", f"--proto_path={folder}", "--include_imports", f"--python_out={folder}",
                    f"--descriptor_set_out={folder / 'orders.binpb'}", "orders.proto"], check=True)
    pool_file = folder / "orders.binpb"
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(pool_file.read_bytes()).file:
        pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return pool_file, factory.GetPrototype(pool.FindMessageTypeByName("shop.Order"))


def framed(message, compressed=False):
    payload = gzip.compress(message) if compressed else message
    return struct.pack(">BI", int(compressed), len(payload)) + payload


def messages_of(body):
    """The messages of a whole body, decoded."""
    found = []
    while body:
        flag, size = struct.unpack(">BI", body[:5])
        assert len(body) >= 5 + size, "the body ends within a message"
        found.append(gzip.decompress(body[5:5 + size]) if flag else body[5:5 + size])
        body = body[5 + size:]
    return found


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def call_head(method, *fields, content_type="application/grpc"):
    lines = [f"POST {method} HTTP/1.1", "Host: orders.shop", f"Content-Type: {content_type}", "TE: trailers",
             "Transfer-Encoding: chunked", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class CallService(Upstream):
    """Answers each message with what `answer(message)` returns (a list of frames), as it comes; echoes by default.

    `received` holds every message's frame that came, `ended` is set when a request came to its end, `cut` when not.
    """

    def __init__(self, endpoint, answer=None, trailers=(b"grpc-status: 0",), fields=()):
        self.received, self.heads, self.answer = [], [], answer or (lambda frame: [frame])
        self.trailers, self.fields = trailers, fields
        self.ended, self.cut = threading.Event(), threading.Event()
        super().__init__(endpoint, self._serve)

    def _serve(self, connection):
        stream = connection.makefile("rb")
        while stream.readline():
            _, headers = _read_fields(stream)
            self.heads.append(headers)
            lines = [b"HTTP/1.1 200 OK", b"Content-Type: application/grpc", b"Transfer-Encoding: chunked", *self.fields]
            connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
            try:
                self._call(stream, connection)
            except (OSError, ValueError):
                self.cut.set()
                raise
            connection.sendall(b"0\r\n" + b"".join(line + b"\r\n" for line in self.trailers) + b"\r\n")
            self.ended.set()

    def _call(self, stream, connection):
        held = b""
        while True:
            line = stream.readline()
            if not line:
                raise ValueError("the stream ended within a body")
            size = int(line, 16)
            held += stream.read(size)
            if len(held) and not size:
                raise ValueError("the body ended within a message")
            stream.readline()
            if not size:
                return
            while len(held) >= 5 and len(held) >= (end := 5 + struct.unpack(">BI", held[:5])[1]):
                frame, held = held[:end], held[end:]
                self.received.append(frame)
                for reply in self.answer(frame):
                    connection.sendall(chunk(reply))
