"""Attackers of HTTP/2, and slowhttptest for HTTP/1: each is stopped with its error code, in memory that the
configuration bounds, while other clients are answered all the while. Loops are bounded; no timing is asserted.
"""

import shutil
import statistics
import subprocess
import threading
import time

import pytest

from h2_floods import CALM, CONTINUATIONS, FLOODS, bomb, bomb_fuse, endless_block, get, hold, many
from h2_wire import (HEADERS, INITIAL_WINDOW, MAX_STREAMS, PREFACE, SETTINGS, Wire, ask, block, continuation, data,
                     error_name, frame, headers, settings, window_update)
from mesh import FORWARDING, Mesh
from raw_client import Closed
from waiting import until

KIB = 1024
LIMITS = {
    "concurrentStreams": 20, "streamWindowBytes": "32KiB", "connectionWindowBytes": "256KiB", "headerBytes": "32KiB",
    "headerCount": 100, "bufferBytes": "16KiB", "trailerBytes": "4KiB", "idleUpstreamConnections": 4
}
# The service is a small one: where its backlog is full, a neighbour's call waits for the next SYN.
TIMEOUTS = {"connect": "5s", "requestHeader": "2s", "requestBody": "2s", "responseBody": "2s"}
ATTACKERS = 6  # connections of one attack, all open when memory is looked at
SLACK = 12 << 20  # what an allocator keeps, and the other client
REFUSED, PROTOCOL = 7, 1


def bound():
    """Bytes that the attackers of one attack may cost: their windows, and for each stream a head and two buffers."""
    stream = (32 + 2 * 16) * KIB
    return ATTACKERS * (256 * KIB + LIMITS["concurrentStreams"] * stream) + SLACK


class Neighbour:
    """Another client that asks again and again in a thread, and remembers how long each answer took."""
    def __init__(self, mesh):
        self._mesh, self._ends, self.seconds, self.wrong = mesh, threading.Event(), [], []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._ends.is_set():
            try:
                with self._mesh.plain(pod="batch-0", seconds=20) as client:
                    for _ in range(50):
                        begun = time.monotonic()
                        status = client.ask("GET", "/neighbour").status
                        self.seconds.append(time.monotonic() - begun)
                        if status != 200:
                            self.wrong.append(status)
                        if self._ends.wait(0.01):
                            return
            except (Closed, OSError) as error:
                self.wrong.append(repr(error))

    def finish(self):
        self._ends.set()
        self._thread.join(30)
        return self

    def p99(self):
        return statistics.quantiles(self.seconds, n=100)[98] * 1000 if len(self.seconds) > 1 else float("nan")


class Bed:
    def __init__(self, mesh):
        self.mesh = mesh
        mesh.start_application()
        mesh.start_inbound(limits=LIMITS, timeouts=TIMEOUTS)

    def wire(self, **options):
        return Wire(self.mesh.listens["plain"], source=self.mesh.address("web-0"), **options)

    def asked(self, prefix):
        """How many requests reached the application whose target begins so."""
        return len([one for one in self.mesh.application.requests if one["target"].startswith(prefix)])


@pytest.fixture(scope="module")
def bare_bed(binary, tmp_path_factory):
    mesh = Mesh(binary, tmp_path_factory.mktemp("floods"), FORWARDING)
    try:
        yield Bed(mesh_that_speaks(mesh))
        assert mesh.crashes() == []
    finally:
        mesh.stop()


def mesh_that_speaks(mesh):
    """The mesh, whose binary answers in HTTP/2."""
    probe = Mesh(mesh.binary, mesh.folder / "probe", FORWARDING)
    try:
        probe.start_inbound()
        with Wire(probe.listens["plain"], source=probe.address("web-0")) as wire:
            assert wire.start().of(SETTINGS)
    finally:
        probe.stop()
    return mesh


@pytest.fixture
def bed(bare_bed):
    neighbour = Neighbour(bare_bed.mesh)
    before = bare_bed.mesh.inbound.rss_bytes()
    yield bare_bed
    after = bare_bed.mesh.inbound.rss_bytes()
    neighbour.finish()
    print(
        f"\nRSS {before >> 10} -> {after >> 10} KiB (bound {bound() >> 10} more), neighbour: {len(neighbour.seconds)} answers, "
        f"p99 {neighbour.p99():.1f} ms")
    told = [line["reason"] for line in bare_bed.mesh.inbound.access() if line["path"] == "/neighbour"]
    assert neighbour.wrong == [] and neighbour.seconds, f"other clients are answered all the while: {set(told)}"
    assert after - before < bound()
    assert bare_bed.mesh.inbound.running() and bare_bed.mesh.crashes() == []


def attack(bed, send, *pairs):
    """`send(wire)` on each of the attackers' connections; they are returned open, with what came back."""
    wires = []
    for _ in range(ATTACKERS):
        wires.append(bed.wire().start(*pairs))
        send(wires[-1])
    return wires


def end(wires):
    for wire in wires:
        wire.socket.close()


def calmed(wires, *codes):
    """Each was told GOAWAY with one of the codes, and closed."""
    told = []
    for wire in wires:
        wire.read_until(lambda: wire.closed)
        told.append((wire.closed, None if wire.away() is None else error_name(wire.away())))
    end(wires)
    names = [error_name(code) for code in codes or (CALM, )]
    assert all(closed and name in names for closed, name in told), told


@pytest.mark.seconds(120)
@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_of_frames_is_told_to_be_calm(bed, name):
    seen = bed.asked("/")
    wires = attack(bed, lambda wire: many(wire, 20_000, FLOODS[name]))
    # "made you reset" may be answered as an error of the connection at once; malformed requests sent faster than their
    # resets are too many streams.
    others = (5, PROTOCOL, 3, 6) if name.startswith("made") else (PROTOCOL,) if name == "malformed requests" else ()
    calmed(wires, CALM, *others)
    reached = len([one for one in bed.mesh.application.requests[seen:] if one["target"] in ("/reset", "/made", "/bad")])
    print(f"{name}: {reached} requests reached the application")
    assert reached <= ATTACKERS * 200, "resets do not multiply work: burst 100, 10 a second"


@pytest.mark.parametrize("name", CONTINUATIONS)
def test_a_flood_of_continuations_is_told_to_be_calm(bed, name):
    first, piece = endless_block(name)

    def send(wire):
        wire.send(first)
        many(wire, 5000, lambda number: piece, 20)

    calmed(attack(bed, send), CALM, *((9, PROTOCOL) if name in ("one byte", "of 16 KiB") else ()))
    assert bed.asked("/continued") == 0


@pytest.mark.parametrize("pad", [None, 100])
def test_a_flood_of_empty_data_is_told_to_be_calm(bed, pad):
    def send(wire):
        wire.send(hold(0, "/empty"))
        many(wire, 5000, lambda number: data(1, b"", end=False, pad=pad))

    calmed(attack(bed, send))


def test_settings_of_many_entries_are_told_to_be_calm(bed):
    calmed(
        attack(bed,
               lambda wire: many(wire, 50, lambda number: settings(*[(0x70 + entry, 1) for entry in range(2000)]))))


@pytest.mark.xfail(strict=True, reason="libnghttp2 1.52 ends the connection (PROTOCOL_ERROR) once SETTINGS are "
                   "acknowledged; RFC 9113 §5.1.2 lets a server refuse the stream alone")
def test_streams_above_the_limit_are_refused_and_those_below_are_served(bed):
    most = LIMITS["concurrentStreams"]
    with bed.wire() as wire:
        wire.start()
        assert wire.setting(MAX_STREAMS) == most
        wire.send(*(hold(number, "/held") for number in range(most + 30)))
        refused = [2 * number + 1 for number in range(most, most + 30)]
        wire.read_until(lambda: all(wire.reset(stream) is not None for stream in refused) or wire.closed)
        assert not wire.closed, wire.account()
        assert {wire.reset(stream) for stream in refused} == {REFUSED}
        wire.send(*(data(2 * number + 1, b"body") for number in range(most)))
        wire.read_until(lambda: all(wire.done(2 * number + 1) for number in range(most)))
        assert [wire.status(2 * number + 1) for number in range(most)] == [200] * most
        assert wire.ask(1001) == 200, "places come back"


@pytest.mark.parametrize("name,fields", [("one long field", [("x-long", "y" * 40_000)]),
                                         ("many fields", [(f"x-{number}", "y") for number in range(200)]),
                                         ("many bytes", [(f"x-{number}", "y" * 500) for number in range(90)])])
def test_a_header_list_over_the_limit_is_431_and_the_connection_lives(bed, name, fields):
    with bed.wire() as wire:
        wire.start()
        for stream in (1, 3):
            whole = block(*ask("/large"), *fields)
            pieces = [whole[at:at + 16384] for at in range(0, len(whole), 16384)]
            wire.send(headers(stream, pieces[0], whole=len(pieces) == 1),
                      *(continuation(stream, piece, at + 2 == len(pieces)) for at, piece in enumerate(pieces[1:])))
            wire.read_until(lambda: wire.done(stream))
            assert wire.status(stream) == 431, wire.account()
        assert wire.ask(5) == 200
    assert bed.asked("/large") == 0


def test_an_hpack_bomb_costs_no_more_than_a_header_block(bed):
    def send(wire):
        wire.send(bomb_fuse())
        many(wire, 200, bomb, 1)

    wires = attack(bed, send)
    for wire in wires:
        wire.read_until(lambda: wire.closed or wire.done(401), 20)
        statuses = {wire.status(3 + 2 * number) for number in range(200)} - {None}
        assert statuses <= {431}, wire.account()
        assert 431 in statuses or wire.away() == CALM, wire.account()
    end(wires)
    assert bed.asked("/bomb") <= ATTACKERS


@pytest.mark.seconds(120)
@pytest.mark.parametrize("window", [0, 1, 1 << 20])
def test_a_reader_that_does_not_read_is_cut_and_holds_little(bed, window):
    """With a window of nothing, of a byte, and with windows wide open but a socket that nobody reads."""
    wires, before = [], bed.mesh.inbound.rss_bytes()
    for _ in range(ATTACKERS):
        wires.append(bed.wire(receive_buffer=8192 if window > 1 else None).start((INITIAL_WINDOW, window)))
        wires[-1].send(window_update(0, 1 << 24),
                       *(get(number, "/slow-read?size=1000000") for number in range(LIMITS["concurrentStreams"])))
    time.sleep(1)
    grown = bed.mesh.inbound.rss_bytes()
    time.sleep(3)
    for wire in wires:
        streams = [2 * number + 1 for number in range(LIMITS["concurrentStreams"])]
        wire.read_until(lambda: wire.closed or all(wire.done(stream) for stream in streams), 30)
        ended = [stream for stream in streams if wire.done(stream) and wire.reset(stream) is None]
        assert wire.closed or not ended, f"a body of 1 MB through a window of {window}: {wire.account()[:300]}"
        assert wire.closed or all(wire.reset(stream) is not None for stream in streams), wire.account()[:500]
    end(wires)
    print(f"RSS meanwhile {grown >> 10} KiB")
    assert grown - before < bound()


@pytest.mark.seconds(90)
def test_a_body_that_stops_ends_in_408_or_a_reset(bed):
    wires = attack(
        bed, lambda wire: wire.send(*(hold(number, "/slow-post") + data(2 * number + 1, b"x", False)
                                      for number in range(20))))
    for wire in wires:
        streams = [2 * number + 1 for number in range(20)]
        wire.read_until(lambda: wire.closed or all(wire.done(stream) for stream in streams), 30)
        assert wire.closed or all(wire.status(stream) == 408 or wire.reset(stream) is not None
                                  for stream in streams), wire.account()
    end(wires)


@pytest.mark.parametrize("name,beginning", [
    ("nothing", b""),
    ("half a preface", PREFACE[:10]),
    ("a preface without settings", PREFACE),
    ("half a frame", PREFACE + settings()[:5]),
    ("half a head", PREFACE + settings() + headers(1, block(*ask()), whole=False)),
    ("half a block", PREFACE + settings() + frame(HEADERS, 5, 1, block(*ask()))[:20]),
])
def test_a_client_that_stops_before_its_first_request_is_closed(bed, name, beginning):
    wires = [bed.wire() for _ in range(ATTACKERS)]
    for wire in wires:
        wire.send(beginning)
    for wire in wires:
        wire.read_until(lambda: wire.closed, 30)
        assert wire.closed, wire.account()
    end(wires)


def test_many_connections_at_once_leave_nothing_behind(bed):
    before = bed.mesh.inbound.open_files()
    for _ in range(20):
        wires = [bed.wire() for _ in range(ATTACKERS)]  # more requests at once are the service's to refuse
        for wire in wires:
            wire.send(PREFACE, settings(), *(get(number, "/leaves") for number in range(10)))
        end(wires)
    until(lambda: bed.mesh.inbound.open_files() <= before + 8, lambda: f"{bed.mesh.inbound.open_files()} files, were {before}")


SLOW = {"headers": ["-H"], "body": ["-B"], "ranges": ["-R"], "reading": ["-X", "-w", "1", "-y", "2", "-z", "1"]}


@pytest.mark.seconds(90)
@pytest.mark.parametrize("name", SLOW)
def test_slowhttptest_keeps_nobody_from_being_served(binary, tmp_path, name):
    """HTTP/1, with the well-known attacker: 100 connections for five seconds."""
    program = shutil.which("slowhttptest")
    if not program:
        pytest.skip("slowhttptest is not installed")
    mesh = Mesh(binary, tmp_path / "mesh", FORWARDING)
    try:
        mesh.start_application()
        mesh.start_inbound(timeouts=TIMEOUTS)
        neighbour, before = Neighbour(mesh), mesh.inbound.rss_bytes()
        ended = subprocess.run([
            program, *SLOW[name], "-c", "100", "-r", "50", "-i", "1", "-l", "5", "-x", "24", "-p", "2", "-u",
            f"http://{mesh.listens['plain']}/slow?size=100000"
        ],
                               cwd=tmp_path,
                               capture_output=True,
                               text=True,
                               timeout=60)
        after = mesh.inbound.rss_bytes()
        neighbour.finish()
        print(
            f"\n{name}: RSS {before >> 10} -> {after >> 10} KiB, neighbour: {len(neighbour.seconds)} answers, p99 {neighbour.p99():.1f} ms"
        )
        assert ended.returncode in (0, 1), ended.stdout[-500:]
        assert neighbour.wrong == [] and neighbour.seconds
        assert after - before < 100 * (64 + 2 * 32) * KIB + SLACK, "a head and two buffers for each connection"
        assert mesh.crashes() == []
    finally:
        mesh.stop()


def test_the_neighbour_notices(mesh):
    """The tests would pass with a neighbour that counts nothing: without an application it counts wrong answers."""
    mesh.start_inbound()
    neighbour = Neighbour(mesh)
    time.sleep(0.5)
    neighbour.finish()
    assert neighbour.wrong and 503 in neighbour.wrong
