"""A worker that runs out of memory sheds load in order: new connections, new requests, then whoever holds most."""

import threading

import grpc
import pytest

import websocket_peers as ws
from h2_wire import DATA, INITIAL_WINDOW, Wire, ask, block, headers, window_update
from mesh import FORWARDING, Mesh
from raw_client import Closed, request
from waiting import until
from websocket_bed import connect, start_websocket

KIB, MIB = 1024, 1 << 20
LIMIT = 4 * MIB
LIMITS = {"inFlightBytes": "4MiB", "holdBytes": "2MiB"}
OVERLOAD = {"refuseConnections": 50, "refuseRequests": 70, "endLargest": 90, "recover": 10, "retryAfter": "3s"}
NONE, CONNECTIONS, REQUESTS, LARGEST = range(4)
STEPS = ["none", "refuse_connections", "refuse_requests", "end_largest"]
CALM = 11
HOLDING = {"attacks": "block", "paymentCards": "off"}  # a JSON string waits whole for its verdict


def step(mesh):
    return int(mesh.inbound.metric("gabion_overload_step", worker="0"))


def shed(mesh, action):
    return int(mesh.inbound.metric("gabion_overload_shed_total", action=action))


def in_use(mesh):
    return mesh.inbound.metric("gabion_memory_in_use_bytes", worker="0")


def reaches(mesh, wanted):
    until(lambda: step(mesh) == wanted,
          lambda: f"step {STEPS[wanted]}, is {STEPS[step(mesh)]} with {in_use(mesh):.0f} bytes")


class Upload:
    """A request whose body stalls wherever its client stops; what came of it waits for its verdict."""

    def __init__(self, mesh):
        self.client = mesh.plain(seconds=20)
        self.client.send(request("POST", "/upload", [("Content-Type", "application/json"),
                                                     ("Transfer-Encoding", "chunked")]))
        self.grow(6, b'{"a":"')

    def grow(self, size, piece=None):
        self.client.send(b"%x\r\n%s\r\n" % (size, piece or b"x" * size))


def slow_reader(mesh):
    client = mesh.plain(receive_buffer=4096, seconds=20)
    client.send(request("GET", "/?size=8000000"))
    return client


def grow_until(mesh, uploads, satisfied, piece=48 * KIB):
    """Sends a piece on one upload after another until it is so."""
    for upload in list(uploads) * 4:
        if satisfied():
            return
        before = received(mesh)
        upload.grow(piece)
        until(lambda: received(mesh) >= before + piece, "the piece has come")
    assert satisfied(), f"{STEPS[step(mesh)]} with {in_use(mesh):.0f} bytes"


def received(mesh):
    return mesh.inbound.metric("gabion_received_bytes_total", side="downstream")


@pytest.fixture
def holding(binary, tmp_path):
    mesh = Mesh(binary, tmp_path, HOLDING)
    yield mesh
    crashes = mesh.crashes()
    mesh.stop()
    assert crashes == []


def test_load_is_shed_in_order_and_traffic_recovers(holding):
    mesh = holding
    mesh.start_application()
    mesh.start_inbound(limits=LIMITS, overload=OVERLOAD)
    before = mesh.inbound.rss_bytes()
    old, kept = mesh.plain(seconds=20), mesh.plain(seconds=20)
    wire = Wire(mesh.listens["plain"], source=mesh.address("web-0")).start()
    assert [old.ask("GET", "/").status, kept.ask("GET", "/").status, wire.ask(1)] == [200, 200, 200]
    readers = [slow_reader(mesh) for _ in range(3)]
    uploads = [Upload(mesh) for _ in range(12)]
    largest = uploads[0]
    assert step(mesh) == NONE
    largest.grow(700 * KIB)

    # 1. New connections are closed; who is here is served, in either version of HTTP.
    grow_until(mesh, uploads[1:], lambda: step(mesh) == CONNECTIONS)
    with mesh.plain() as late, pytest.raises((Closed, OSError)):
        late.ask("GET", "/")
    assert mesh.inbound.wait_audit(reason="overload_refused")["listener"] == "plain"
    assert [old.ask("GET", "/").status, wire.ask(3)] == [200, 200]
    assert (shed(mesh, "refuse_connection"), shed(mesh, "refuse_request"), shed(mesh, "end_largest")) == (1, 0, 0)

    # 2. New requests are 503 with Retry-After; what is under way goes on.
    grow_until(mesh, uploads[1:], lambda: step(mesh) == REQUESTS)
    for _ in range(2):
        answer = old.ask("GET", "/refused")
        assert (answer.status, answer.headers["retry-after"]) == (503, "3")
        assert b"(overload)" in answer.body
    assert wire.ask(5) == 503
    assert ("retry-after", "3") in wire.answers[5]
    line = mesh.inbound.wait_access(path="/refused", response_code=503)
    assert (line["reason"], line["response_flags"]) == ("overload", "OM")
    assert (shed(mesh, "refuse_request"), shed(mesh, "end_largest")) == (3, 0)
    assert not mesh.application.requests or all(one["target"] != "/refused" for one in mesh.application.requests)
    assert mesh.inbound.access(reason="overload_ended") == []

    # 3. Who holds most is ended with its reason, and nobody else.
    held = in_use(mesh)
    grow_until(mesh, uploads[1:], lambda: shed(mesh, "end_largest"))
    answer = largest.client.read()
    assert (answer.status, answer.headers["retry-after"]) == (503, "3")
    assert b"(overload_ended)" in answer.body
    line = mesh.inbound.wait_access(reason="overload_ended")
    assert line["path"] == "/upload" and line["response_code"] == 503
    freed = int(mesh.inbound.metric("gabion_overload_ended_bytes_total"))
    assert freed >= 700 * KIB
    peak = mesh.inbound.rss_bytes()
    assert shed(mesh, "end_largest") == 1
    print(f"\nmemory {held:.0f} of {LIMIT} bytes before the largest was ended, {freed} bytes freed, {in_use(mesh):.0f} "
          f"after; RSS {before >> 10} -> {peak >> 10} KiB")
    assert peak - before < LIMIT + 12 * MIB

    # 4. The others leave: all is as before.
    for holder in readers + [upload.client for upload in uploads]:
        holder.close()
    reaches(mesh, NONE)
    assert old.ask("GET", "/").status == 200
    assert wire.ask(7) == 200
    with mesh.plain() as late:
        assert late.ask("GET", "/").status == 200
    told = []

    def has_told_the_end():
        told[:] = [line for line in mesh.inbound.output().splitlines() if '"overload"' in line]
        return told and '"step":"none"' in told[-1]

    until(has_told_the_end, lambda: f"the end is told, have {told}")
    assert [name for name in STEPS[1:] if not any(f'"step":"{name}"' in line for line in told)] == []
    assert '"worker":"0"' in told[-1] and f'"limit_bytes":"{LIMIT}"' in told[-1]
    for client in (old, kept):
        client.close()


def test_a_reader_that_stalls_is_cut_where_its_answer_has_begun(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"inFlightBytes": "512KiB", "bufferBytes": "256KiB"}, overload={**OVERLOAD, "recover": 20})
    readers = [mesh.plain(receive_buffer=4096, seconds=20) for _ in range(2)]
    for reader in readers:
        reader.send(request("GET", "/?size=8000000"))
    line = mesh.inbound.wait_access(reason="overload_ended")
    assert (line["response_code"], line["path"]) == (200, "/?size=8000000")
    until(lambda: step(mesh) < LARGEST, "below the mark")
    assert shed(mesh, "end_largest") >= 1
    whole = 0
    for reader in readers:
        try:
            whole += len(reader.read().body) == 8_000_000
        except (Closed, OSError):
            pass
        reader.close()
    ended = shed(mesh, "end_largest")  # who reads on slowly may have been next
    assert len(mesh.inbound.access(reason="overload_ended")) == ended
    assert whole == len(readers) - ended, "a cut shows, and who was not cut reads on to the end"
    reaches(mesh, NONE)


def test_connections_in_the_middle_of_a_head_are_closed(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"inFlightBytes": "256KiB"}, overload={**OVERLOAD, "refuseConnections": 90,
                                                                       "refuseRequests": 90})
    clients = [mesh.plain(seconds=20) for _ in range(4)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\nHost: orders.shop\r\n" + b"".join(b"X-%d: %s\r\n" % (number, b"a" * 4000)
                                                                             for number in range(12)))
    line = mesh.inbound.wait_audit(reason="overload_ended")
    assert line["event"] == "connection"
    reaches(mesh, NONE)
    assert 1 <= shed(mesh, "end_largest") < 4
    until(lambda: mesh.inbound.connections_open() == 4 - shed(mesh, "end_largest"), "who was ended is gone")
    for client in clients:
        client.close()


def test_a_grpc_call_is_told_when_to_try_again(holding):
    mesh = holding
    mesh.start_application()
    mesh.start_inbound(limits=LIMITS, overload=OVERLOAD)
    channel = grpc.insecure_channel(mesh.listens["plain"], [("grpc.enable_retries", 0)])
    grpc.channel_ready_future(channel).result(30)
    uploads = [Upload(mesh) for _ in range(12)]
    grow_until(mesh, uploads, lambda: step(mesh) == REQUESTS)
    with pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary("/shop.Orders/Place")(b"", timeout=30)
    assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
    assert "(overload)" in refused.value.details()
    assert dict(refused.value.trailing_metadata())["grpc-retry-pushback-ms"] == "3000"
    channel.close()
    for upload in uploads:
        upload.client.close()


def test_a_websocket_that_nobody_reads_is_ended_with_1013(mesh):
    async def flood(_, connection):
        for _ in range(400):
            await connection.send("x" * 100_000)

    mesh._keep(service := ws.Service(mesh.application_endpoint, flood))
    start_websocket(mesh, service=False, limits={"inFlightBytes": "512KiB", "bufferBytes": "256KiB"},
                    overload={**OVERLOAD, "recover": 40})
    raw = mesh.plain(receive_buffer=4096, seconds=20)
    raw.send(request("GET", "/", ws.UPGRADE))
    assert raw.read_head()[0] == 101
    until(lambda: shed(mesh, "end_largest") >= 1, lambda: f"ended, {in_use(mesh):.0f} bytes")
    line = mesh.inbound.wait_access(reason="overload_ended")
    assert line["websocket_close_code"] == 1013
    until(lambda: service.closes, "the service was told")
    assert service.closes[0][0] == 1013
    reaches(mesh, NONE)
    raw.close()


def test_a_websocket_that_is_closing_already_is_not_counted_as_ended_for_memory(holding):
    """It holds most and goes first, but its client had begun to close it: nothing was shed."""
    async def flood(_, connection):
        for _ in range(400):
            await connection.send("x" * 100_000)

    mesh = holding
    mesh.start_application()
    mesh._keep(ws.Service(mesh.wild_endpoint, flood))
    start_websocket(mesh, service=False, limits={**LIMITS, "bufferBytes": "1MiB"}, overload=OVERLOAD)
    raw = mesh.peer("wild", receive_buffer=4096, seconds=20)
    uploads = [Upload(mesh) for _ in range(16)]
    raw.send(request("GET", "/closing", ws.UPGRADE, host="wild.shop"))
    assert raw.read_head()[0] == 101
    until(lambda: in_use(mesh) > MIB, lambda: f"what it sends waits for its reader: {in_use(mesh):.0f} bytes")
    grow_until(mesh, uploads, lambda: in_use(mesh) > 0.8 * LIMIT)
    assert step(mesh) == REQUESTS
    before = received(mesh)
    raw.send(ws.frame(ws.CLOSE, (1000).to_bytes(2, "big")))
    until(lambda: received(mesh) > before, "the close frame has come")
    grow_until(mesh, uploads, lambda: mesh.inbound.access(path="/closing"))
    assert shed(mesh, "end_largest") == 0
    assert mesh.inbound.access(reason="overload_ended") == []
    for holder in (raw, *(upload.client for upload in uploads)):
        holder.close()


def test_streams_of_a_reader_that_stalls_are_reset_and_its_memory_comes_back(mesh):
    """The marks lie close together, so that what the first streams hold does not refuse the streams behind them."""
    mesh.start_application()
    mesh.start_inbound(limits={"inFlightBytes": "1MiB", "bufferBytes": "64KiB"},
                       overload={**OVERLOAD, "refuseConnections": 88, "refuseRequests": 89})
    with mesh.plain() as other:
        assert other.ask("GET", "/").status == 200
        before = mesh.inbound.rss_bytes()
        wire = Wire(mesh.listens["plain"], source=mesh.address("web-0"), receive_buffer=4096)
        wire.start((INITIAL_WINDOW, 1 << 30))
        wire.send(window_update(0, (1 << 30)))
        wire.send(b"".join(headers(stream, block(*ask("/?size=4000000"))) for stream in range(1, 60, 2)))
        until(lambda: shed(mesh, "end_largest") >= 1, lambda: f"ended, {in_use(mesh):.0f} bytes")
        until(lambda: step(mesh) < LARGEST, "below the mark")
        until(lambda: in_use(mesh) < MIB, "below the limit")
        print(f"\n{shed(mesh, 'end_largest')} streams ended, {in_use(mesh):.0f} bytes in use, "
              f"RSS {before >> 10} -> {mesh.inbound.rss_bytes() >> 10} KiB")
        wire.read_until(lambda: any(wire.reset(stream) == CALM for stream in range(1, 60, 2)), 20)
        told = {wire.reset(stream) for stream in range(1, 60, 2)} - {None}
        assert told == {CALM}, wire.account()
        wire.read_until(lambda: wire.of(DATA), 20)
        assert wire.of(DATA), "the streams that are left go on"
        wire.socket.close()
        reaches(mesh, NONE)
        assert other.ask("GET", "/").status == 200


def test_a_new_configuration_moves_the_marks(holding):
    mesh = holding
    mesh.start_application()
    mesh.start_inbound(limits=LIMITS, overload=OVERLOAD)
    upload = Upload(mesh)
    upload.grow(900 * KIB)
    until(lambda: in_use(mesh) > MIB, "held")
    assert step(mesh) == NONE
    mesh.inbound.configuration["overload"] = {**OVERLOAD, "refuseConnections": 15, "recover": 5}
    mesh.inbound.write().reload()
    reaches(mesh, CONNECTIONS)
    mesh.inbound.configuration["overload"] = OVERLOAD
    mesh.inbound.write().reload()
    reaches(mesh, NONE)
    upload.client.close()
