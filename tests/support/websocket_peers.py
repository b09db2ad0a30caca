"""Real WebSocket clients and services (python3-websockets), and frames made by hand for what these would never send."""

import asyncio
import base64
import os
import struct
import threading

import websockets

from addresses import split

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
UPGRADE = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", KEY),
           ("Sec-WebSocket-Version", "13")]


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work, seconds=30.0):
        """What the coroutine `work` returns or raises."""
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), self.loop).result(seconds + 5)

    def stop(self):
        def cancel_all():
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.call_later(0.05, self.loop.stop)

        self.loop.call_soon_threadsafe(cancel_all)
        self._thread.join(30)


class Service:
    """Echoes messages, or does what `serve(service, connection)` says. Keeps what came and how connections ended."""

    def __init__(self, endpoint, serve=None, **options):
        self.messages, self.closes, self.paths, self.headers = [], [], [], []
        self._loop = Loop()
        self._serve = serve or Service.echo
        options.setdefault("max_size", None)
        options.setdefault("ping_interval", None)
        host, port = split(endpoint)

        async def start():
            return await websockets.serve(self._connection, host, port, **options)

        self._server = self._loop.run(start())

    async def _connection(self, connection):
        self.paths.append(connection.path)
        self.headers.append(connection.request_headers)
        try:
            await self._serve(self, connection)
        except websockets.ConnectionClosed:
            pass
        finally:
            await connection.wait_closed()
            self.closes.append((connection.close_code, connection.close_reason))

    async def echo(self, connection):
        async for message in connection:
            self.messages.append(message)
            await connection.send(message)

    def stop(self):
        async def close():
            self._server.close()
            await self._server.wait_closed()

        self._loop.run(close())
        self._loop.stop()


class Client:
    """A client whose calls wait; options are those of websockets.connect."""

    def __init__(self, endpoint, path="/", host="orders.shop", source=None, tls=None, **options):
        self._loop = Loop()
        address, port = split(endpoint)
        options.setdefault("max_size", None)
        options.setdefault("ping_interval", None)
        options.setdefault("close_timeout", 5)
        if source:
            options["local_addr"] = (source, 0)
        if tls:
            options.update(ssl=tls, server_hostname="orders.shop.svc")
        scheme = "wss" if tls else "ws"

        async def connect():
            return await websockets.connect(f"{scheme}://{host}{path}", host=address, port=port, **options)

        try:
            self.connection = self._loop.run(connect())
        except BaseException:
            self._loop.stop()
            raise

    def send(self, message):
        self._loop.run(self.connection.send(message))

    def receive(self, seconds=30.0):
        return self._loop.run(self.connection.recv(), seconds)

    def ask(self, message):
        self.send(message)
        return self.receive()

    def ping(self, payload):
        async def ping():
            await (await self.connection.ping(payload))

        self._loop.run(ping())

    def wait_closed(self, seconds=30.0):
        """(code, reason) of the close frame."""
        self._loop.run(self.connection.wait_closed(), seconds)
        return self.connection.close_code, self.connection.close_reason

    def close(self, code=1000, reason=""):
        self._loop.run(self.connection.close(code, reason))
        return self.connection.close_code, self.connection.close_reason

    def stop(self):
        transport = self.connection.transport
        self._loop.loop.call_soon_threadsafe(transport.abort)
        self._loop.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# ---- by hand --------------------------------------------------------------------------------------------------------


def frame(opcode, payload=b"", fin=True, mask=b"\x11\x22\x33\x44", reserved=0, length=None):
    """A frame's bytes. `mask` None: a server's. `length`: bytes that stand for the 7-bit length and what follows."""
    payload = payload.encode() if isinstance(payload, str) else payload
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    bit = 0x80 if mask is not None else 0
    if length is not None:
        head += bytes([bit | length[0]]) + length[1:]
    elif len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", len(payload))
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def close_payload(code, reason=""):
    return struct.pack("!H", code) + reason.encode()


def read_frame(read):
    """(fin, reserved, opcode, masked, payload) of the next frame; `read(n)` gives exactly n bytes."""
    first, second = read(2)
    length = second & 0x7F
    if length == 126:
        length, = struct.unpack("!H", read(2))
    elif length == 127:
        length, = struct.unpack("!Q", read(8))
    mask = read(4) if second & 0x80 else None
    payload = read(length)
    if mask:
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bool(first & 0x80), first >> 4 & 7, first & 15, mask is not None, payload


def new_key():
    return base64.b64encode(os.urandom(16)).decode()
