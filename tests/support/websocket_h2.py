"""A WebSocket on a stream of HTTP/2 (RFC 8441), over python3-h2: the CONNECT and the frames are what the test says."""

import websocket_peers as ws
from http2_client import Http2Client
from raw_client import tls_setting

FIELDS = (("sec-websocket-version", "13"),)


def connect_head(path="/", authority="orders.shop", protocol="websocket", scheme="http", method="CONNECT"):
    """Pseudo-header fields; one that is None is left out."""
    pairs = [(":method", method), (":protocol", protocol), (":scheme", scheme), (":path", path),
             (":authority", authority)]
    return [pair for pair in pairs if pair[1] is not None]


def connection(mesh, port="plain", **options):
    """To the sidecar, its SETTINGS read."""
    options.setdefault("source", mesh.address("web-0"))
    if port in ("http", "wild"):
        options.setdefault("tls", tls_setting(mesh.root.pem, mesh.identity_of("web-0"), alpn=("h2",)))
    client = Http2Client(mesh.listens[port], **options)
    client.step()
    return client


class Stream:
    """One WebSocket of `client`; the answer is read at once."""

    def __init__(self, client, fields=FIELDS, end=False, **head):
        self.client, self._taken = client, 0
        self.id = client.begin(headers=fields, end=end, pseudo=connect_head(**head))
        self.answer = client.answers[self.id]
        while not self.answer.status and self.answer.reset is None and not self.answer.ended:
            client.step()

    def opened(self):
        assert self.answer.status == 200 and not self.answer.ended, self.answer
        return self

    def send(self, *frames, size=None):
        """`size`: a DATA frame for every so many bytes."""
        octets = b"".join(frames)
        for at in range(0, len(octets), size or len(octets)):
            self.client.send(self.id, octets[at:at + (size or len(octets))], end=False)
        return self

    def text(self, message):
        return self.send(ws.frame(ws.TEXT, message))

    def _take(self, length):
        while len(self.answer.body) < self._taken + length:
            assert not self.answer.ended and self.answer.reset is None, (self.answer, self._taken)
            self.client.step()
        self._taken += length
        return self.answer.body[self._taken - length:self._taken]

    def read(self):
        """(opcode, payload) of the next frame."""
        _, _, opcode, masked, payload = ws.read_frame(self._take)
        assert not masked
        return opcode, payload

    def message(self):
        """Of the next message, over its frames."""
        whole, final = b"", False
        while not final:
            final, _, opcode, _, payload = ws.read_frame(self._take)
            assert opcode in (ws.TEXT, ws.BINARY, ws.CONTINUATION), (opcode, payload)
            whole += payload
        return whole

    def ask(self, message):
        self.text(message)
        return self.message().decode()

    def close_code(self):
        """Of the close frame, after whatever data came before."""
        while True:
            opcode, payload = self.read()
            if opcode == ws.CLOSE:
                return int.from_bytes(payload[:2], "big")

    def close(self, code=1000):
        """Says goodbye and reads to the end of the stream: the code that came back."""
        self.send(ws.frame(ws.CLOSE, ws.close_payload(code)))
        told = self.close_code()
        self.read_end()
        return told

    def read_end(self):
        while not self.answer.ended and self.answer.reset is None:
            self.client.step()
        return self.answer
