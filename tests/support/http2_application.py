"""An HTTP/2 application, by prior knowledge or TLS, that tells what reached it and misbehaves on request."""

import hashlib
import json
import ssl
import threading

import h2.config
import h2.connection
import h2.events
import h2.settings
from hyperframe.frame import GoAwayFrame, RstStreamFrame

from upstreams import Upstream

REFUSED_STREAM, INTERNAL_ERROR, NO_ERROR = 7, 2, 0


class Request:
    """What came on one stream."""

    def __init__(self, connection, stream, fields):
        self.connection, self.stream, self.fields = connection, stream, fields
        self.headers = dict(fields)
        self.body, self.trailers = hashlib.sha256(), []
        self.length = 0

    def account(self):
        return {"method": self.headers.get(":method"), "path": self.headers.get(":path"),
                "authority": self.headers.get(":authority"), "scheme": self.headers.get(":scheme"),
                "fields": self.fields, "length": self.length, "sha256": self.body.hexdigest(),
                "trailers": self.trailers, "connection": self.connection, "stream": self.stream}


class Http2Application(Upstream):
    """Answers each request with a JSON account of it, or as its path says; keeps the accounts in `requests`.

    /size?N: N bytes. /status?N: no body. /trailers, /interim, /hang, /unread: the window never opens. /refuse-once,
    /refuse-always, /goaway-once: not taken. /reset, /reset-after-head, /reset-after-end, /close, /close-after-head.
    An extended CONNECT for WebSocket, where `settings` announce it, is an echo; /no: 403, /odd: 200 with a protocol that
    nobody offered, /vanish: the stream ends at the first message. `closes` are the codes that came.
    """

    def __init__(self, endpoint, settings=None, tls=None):
        """`settings`: SETTINGS of its own. `tls`: a server's ssl.SSLContext."""
        self.requests, self.seen, self.closes, self.resets = [], {}, [], []
        self._settings, self._tls = settings or {}, tls
        self._lock = threading.Lock()
        super().__init__(endpoint, self._serve)

    def keep(self, request):
        with self._lock:
            self.requests.append(request.account())

    def times(self, path):
        """How often `path` was asked for, this time included."""
        with self._lock:
            self.seen[path] = self.seen.get(path, 0) + 1
            return self.seen[path]

    def _serve(self, connection):
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True)
        Session(self, connection, self.connections).run(self._settings)


class Session:
    """One connection."""

    def __init__(self, application, connection, number):
        self._application, self._connection, self._number = application, connection, number
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="utf-8", validate_inbound_headers=True))
        self._open, self._waiting, self._sockets = {}, {}, {}

    def run(self, settings):
        known = dict(self._h2.local_settings.items())
        self._h2.local_settings = h2.settings.Settings(client=False, initial_values={**known, **settings})
        self._h2.initiate_connection()
        self._flush()
        while (received := self._connection.recv(65536)):
            for event in self._h2.receive_data(received):
                if self._take(event) == "over":
                    return
            self._flush()

    def _flush(self):
        self._connection.sendall(self._h2.data_to_send())

    def _frame(self, frame):
        self._flush()
        self._connection.sendall(frame.serialize())

    def _take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            request = Request(self._number, event.stream_id, event.headers)
            if ":protocol" in request.headers:
                return self._connect(request)
            self._open[event.stream_id] = request
            return self._begin(request)
        if isinstance(event, h2.events.DataReceived) and event.stream_id in self._sockets:
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self._sockets[event.stream_id] += event.data
            self._echo(event.stream_id, self._application.requests)
            return None
        if isinstance(event, h2.events.DataReceived):
            request = self._open.get(event.stream_id)
            if request is None:
                return None
            request.body.update(event.data)
            request.length += len(event.data)
            if not request.headers[":path"].startswith("/unread"):
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            self._open[event.stream_id].trailers = event.headers
        elif isinstance(event, h2.events.StreamEnded) and self._sockets.pop(event.stream_id, None) is not None:
            self._h2.end_stream(event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            request = self._open.pop(event.stream_id, None)
            return self._answer(request) if request else None
        elif isinstance(event, (h2.events.StreamReset,)):
            self._application.resets.append(int(event.error_code))
            self._open.pop(event.stream_id, None)
            self._waiting.pop(event.stream_id, None)
        elif isinstance(event, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
            for stream in list(self._waiting):
                self._send(stream)
        return None

    def _connect(self, request):
        self._application.keep(request)
        path, stream = request.headers[":path"], request.stream
        if path == "/no":
            self._h2.send_headers(stream, [(":status", "403")], end_stream=True)
            return
        odd = {"/odd": [("sec-websocket-protocol", "unasked")], "/accepts": [("sec-websocket-accept", "x")]}.get(path, [])
        self._h2.send_headers(stream, [(":status", "200"), *odd])
        self._sockets[stream] = b""

    def _echo(self, stream, requests):
        """Small frames only: those that are there in full."""
        path = next(one["path"] for one in reversed(requests) if one["stream"] == stream)
        vanishes = path == "/vanish"
        while len(octets := self._sockets[stream]) >= 6 and len(octets) >= 6 + (octets[1] & 0x7F):
            length, mask = octets[1] & 0x7F, octets[2:6]
            payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(octets[6:6 + length]))
            self._sockets[stream] = octets[6 + length:]
            if octets[0] & 15 == 8:
                self._application.closes.append(int.from_bytes(payload[:2], "big"))
            self._h2.send_data(stream, b"" if vanishes else bytes((octets[0], length)) + payload)
            if path == "/slow":
                continue
            if octets[0] & 15 == 8 or vanishes:
                self._h2.end_stream(stream)
                del self._sockets[stream]
                return

    def _begin(self, request):
        """What happens before the body was read."""
        path = request.headers[":path"].partition("?")[0]
        stream = request.stream
        if path == "/refuse-always" or (path == "/refuse-once" and self._application.times(path) == 1):
            self._open.pop(stream)
            self._frame(RstStreamFrame(stream, error_code=REFUSED_STREAM))
        elif path == "/goaway-once" and self._application.times(path) == 1:
            self._frame(GoAwayFrame(0, last_stream_id=max(0, stream - 2), error_code=NO_ERROR))
            self._open.pop(stream)
            if stream == 1:
                return "over"
        elif path == "/reset":
            self._open.pop(stream)
            self._frame(RstStreamFrame(stream, error_code=INTERNAL_ERROR))
        elif path == "/close":
            return "over"
        return None

    def _answer(self, request):
        path, _, wish = request.headers[":path"].partition("?")
        stream = request.stream
        self._application.keep(request)
        status = [(":status", "200")]
        if path == "/size":
            bodiless = request.headers[":method"] == "HEAD"
            self._h2.send_headers(stream, status + [("content-length", wish)], end_stream=bodiless)
            if not bodiless:
                self._body(stream, b"x" * int(wish))
        elif path == "/status":
            self._h2.send_headers(stream, [(":status", wish)], end_stream=True)
        elif path == "/trailers":
            self._h2.send_headers(stream, status)
            self._body(stream, b"hello", [("x-sum", "7"), ("grpc-status", "0")])
        elif path == "/interim":
            self._h2.send_headers(stream, [(":status", "103"), ("link", "</a>; rel=preload")])
            self._h2.send_headers(stream, status)
            self._body(stream, b"after 103")
        elif path == "/hang":
            return None
        elif path in ("/reset-after-head", "/close-after-head"):
            self._h2.send_headers(stream, status)
            self._h2.send_data(stream, b"a beginning")
            self._flush()
            if path == "/close-after-head":
                return "over"
            self._frame(RstStreamFrame(stream, error_code=INTERNAL_ERROR))
        elif path == "/reset-after-end":
            self._h2.send_headers(stream, status)
            self._h2.send_data(stream, b"all of it", end_stream=True)
            self._frame(RstStreamFrame(stream, error_code=NO_ERROR))
        else:
            self._h2.send_headers(stream, status + [("content-type", "application/json")])
            self._body(stream, json.dumps(request.account()).encode())
        return None

    def _body(self, stream, body, trailers=None):
        self._waiting[stream] = [body, trailers]
        self._send(stream)

    def _send(self, stream):
        body, trailers = self._waiting[stream]
        while body:
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size, len(body))
            if room <= 0:
                self._waiting[stream][0] = body
                return
            self._h2.send_data(stream, body[:room])
            body = body[room:]
        del self._waiting[stream]
        if trailers:
            self._h2.send_headers(stream, trailers, end_stream=True)
        else:
            self._h2.end_stream(stream)


def server_tls(certificate, key, alpn=("h2",), authority_pem=None):
    """A server's TLS setting; with an authority it asks for the client's certificate."""
    setting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    setting.load_cert_chain(certificate, key)
    if alpn:
        setting.set_alpn_protocols(list(alpn))
    if authority_pem:
        setting.load_verify_locations(cadata=authority_pem)
        setting.verify_mode = ssl.CERT_REQUIRED
    return setting
