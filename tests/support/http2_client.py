"""An HTTP/2 client that says exactly what it is told: python3-h2 without its outbound checks, on a RawClient's socket."""

import socket
import time
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.settings

from raw_client import Closed, RawClient


_STATES, _INPUTS = h2.connection.ConnectionState, h2.connection.ConnectionInputs
# python3-h2 reads nothing behind a GOAWAY, but open streams go on (RFC 9113 §6.8).
h2.connection.H2ConnectionStateMachine._transitions[_STATES.CLIENT_OPEN, _INPUTS.RECV_GOAWAY] = (
    None, _STATES.CLIENT_OPEN)


@dataclass
class Http2Answer:
    status: int = 0
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    trailers: dict = field(default_factory=dict)
    interim: list = field(default_factory=list)
    ended: bool = False
    reset: int | None = None


class Http2Client:
    """One connection. Options are RawClient's. `window` is what each stream of ours may receive unasked."""

    def __init__(self, endpoint, window=None, acknowledge=True, **options):
        self._raw = RawClient(endpoint, **options)
        self._acknowledge = acknowledge
        self.answers, self.goaways, self.pings = {}, [], 0
        config = h2.config.H2Configuration(client_side=True, validate_outbound_headers=False,
                                           normalize_outbound_headers=False, validate_inbound_headers=True)
        self.h2 = h2.connection.H2Connection(config)
        if window is not None:
            self.h2.local_settings = h2.settings.Settings(
                client=True, initial_values={h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window,
                                             h2.settings.SettingCodes.ENABLE_PUSH: 0})
        self.h2.initiate_connection()
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._raw.close()

    @property
    def socket(self):
        return self._raw.socket

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def send_raw(self, data):
        """Bytes behind python3-h2's back."""
        self.flush()
        self.socket.sendall(data)

    def begin(self, method="GET", path="/", headers=(), end=True, authority="plain.shop", pseudo=None):
        """Sends a head and returns its stream. `pseudo` replaces the pseudo-header fields."""
        stream = self.h2.get_next_available_stream_id()
        fields = pseudo if pseudo is not None else [(":method", method), (":scheme", "http"), (":path", path),
                                                    (":authority", authority)]
        self.h2.send_headers(stream, [*fields, *headers], end_stream=end)
        self.answers[stream] = Http2Answer()
        self.flush()
        return stream

    def send(self, stream, body, end=True, seconds=30.0):
        """Sends all of `body` as windows allow, reading meanwhile."""
        deadline = time.monotonic() + seconds
        body = memoryview(body)
        while len(body):
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
            if room:
                self.h2.send_data(stream, bytes(body[:room]))
                body = body[room:]
                self.flush()
            else:
                assert time.monotonic() < deadline, "no window was opened"
                self.step()
                if self.answers[stream].reset is not None:
                    return
        if end:
            self.h2.end_stream(stream)
        self.flush()

    def trailers(self, stream, fields):
        self.h2.send_headers(stream, fields, end_stream=True)
        self.flush()

    def step(self, seconds=20.0):
        """Reads once. Closed when the peer has gone."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, OSError) as error:
            if isinstance(error, (TimeoutError, socket.timeout)):
                raise
            raise Closed(b"", error) from error
        if not data:
            raise Closed(b"", "end of stream")
        for event in self.h2.receive_data(data):
            self._note(event)
        self.flush()

    def _note(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.InformationalResponseReceived):
            answer.interim.append(dict(_texts(event.headers)))
        elif isinstance(event, h2.events.ResponseReceived):
            answer.headers = dict(_texts(event.headers))
            answer.status = int(answer.headers[":status"])
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            if self._acknowledge:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = dict(_texts(event.headers))
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            answer.reset = int(event.error_code)
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaways.append((event.last_stream_id, int(event.error_code)))
        elif isinstance(event, h2.events.PingAckReceived):
            self.pings += 1

    def read(self, stream, seconds=30.0):
        """The whole answer, or what came of it before its stream was reset."""
        deadline = time.monotonic() + seconds
        answer = self.answers[stream]
        while not answer.ended and answer.reset is None:
            self.step(max(0.01, deadline - time.monotonic()))
        return answer

    def ask(self, method="GET", path="/", headers=(), body=b"", authority="plain.shop"):
        stream = self.begin(method, path, headers, end=not body, authority=authority)
        if body:
            self.send(stream, body)
        return self.read(stream)

    def read_until_closed(self, seconds=30.0):
        """Returns when the peer has closed; GOAWAYs are in `goaways`."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                self.step(max(0.01, deadline - time.monotonic()))
        except Closed:
            return


def _texts(fields):
    for name, value in fields:
        yield (name.decode() if isinstance(name, bytes) else name,
               value.decode("latin-1") if isinstance(value, bytes) else value)
