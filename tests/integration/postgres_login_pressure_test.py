"""Who floods, or does not read, or does not answer before the session is let in: little is held, and the reason is told."""

import select
import socket
import struct
import threading

import pytest

from addresses import Subnet
from postgres_bed import PostgresBed
from postgres_server import OWNER
from postgres_wire import SSL_REQUEST, Raw, message, query, startup
from upstreams import Upstream, reset
from waiting import until

OK = message("R", struct.pack(">I", 0))
SASL = message("R", struct.pack(">I", 10) + b"SCRAM-SHA-256\0\0")
CONTINUE = message("R", struct.pack(">I", 11) + b"r=ab,s=c2FsdA==,i=4096")
FINAL = message("R", struct.pack(">I", 12) + b"v=proof")
SETTINGS = b"".join(message("S", pair) for pair in (b"server_version\00015.0\0", b"client_encoding\0UTF8\0",
                                                    b"standard_conforming_strings\0on\0"))
WELCOME = OK + SETTINGS + message("K", b"\0\0\0\7four") + message("Z", b"I")
FIRST = message("p", b"SCRAM-SHA-256\0" + struct.pack(">I", 8) + b"n,,n=,r=")
PROOF = message("p", b"c=biws,r=ab,p=proof")
NOTICE = message("N", b"SNOTICE\0C00000\0M" + 8000 * b"n" + b"\0\0")
MIB = 1 << 20
FLOOD = 64 * MIB  # more than the kernel's buffers of all three connections
HELD = 384 * 1024  # by one sidecar for one session: an answer of 64 KiB, which two buffers of 128 KiB hold at most, and little else


class Play(Upstream):
    """A server that plays a part: `part(connection, start-up packet)`."""

    def __init__(self, endpoint, part):
        self._part = part
        super().__init__(endpoint, self._serve)

    def _serve(self, connection):
        first = connection.recv(4096)
        if first:
            self._part(connection, first)


@pytest.fixture
def stage(binary, tmp_path):
    """A function: a pair of sidecars before a server that plays `part`."""
    owned = []

    def start(part):
        play = Play(Subnet().endpoint(38), part)
        owned.append(play)
        bed = PostgresBed(binary, tmp_path, play)
        owned.append(bed)
        return bed.start()

    yield start
    crashes = [line for one in owned[1::2] for line in one.crashes()]
    for one in reversed(owned):
        one.stop()
    assert crashes == []


def pour(sock, octets):
    """Sends until nobody takes more for a second, the peer is gone or all is: how much that was."""
    sock.setblocking(False)
    sent, view = 0, memoryview(octets)
    while sent < len(octets) and select.select([], [sock], [], 1)[1]:
        try:
            sent += sock.send(view[sent:sent + MIB])
        except BlockingIOError:
            continue
        except OSError:
            break
    sock.settimeout(10)
    return sent


def held(bed):
    return [sidecar.metric("gabion_memory_in_use_bytes") for sidecar in (bed.near, bed.far)]


def all_is_given_back(bed):
    for sidecar in (bed.near, bed.far):
        until(lambda sidecar=sidecar: sidecar.metric("gabion_postgres_sessions") == 0 and
              sidecar.metric("gabion_memory_in_use_bytes") == 0 and sidecar.connections_open() == 0,
              lambda sidecar=sidecar: f"nothing is held, have {sidecar.metric('gabion_postgres_sessions')} sessions and "
                                      f"{sidecar.metric('gabion_memory_in_use_bytes')} bytes")


def told(sidecar, reason):
    line = sidecar.wait_access(method="SESSION", reason=reason)
    assert line["logged_in"] is False and line["statements"] == 0
    return line


@pytest.mark.parametrize("flood, reason, state", [
    (FLOOD * b"\0", "malformed_request", "08P01"),
    ((FLOOD // 16) * query("SELECT 1;"), "malformed_request", "08P01"),
    (PROOF * (FLOOD // len(PROOF)), "none", None)], ids=["no messages", "statements", "answers"])
def test_a_client_that_floods_before_it_is_asked_waits(stage, flood, reason, state):
    """Nothing of it is read ahead; of answers the first is the answer, and the rest is none of the login's."""
    go_on = threading.Event()
    heard = []

    def part(connection, _):
        go_on.wait(60)
        connection.sendall(CONTINUE)
        heard.append(connection.recv(65536))
        connection.sendall(message("E", b"SFATAL\0C28P01\0Mno\0\0"))
        connection.recv(1)

    bed = stage(part)
    with Raw(bed.calls) as client:
        client.send(startup(user=OWNER, database="shop"))
        sent = pour(client.socket, flood)
        assert sent < FLOOD, "it was made to wait"
        assert max(held(bed)) <= HELD
        go_on.set()
        error = client.error()
        assert error["C"] == (state or "28P01")
        client.wait_closed()
    line = told(bed.near, reason)
    assert line["bytes_received"] < 65536
    all_is_given_back(bed)
    until(lambda: heard == ([PROOF] if state is None else [b""]), lambda: f"the server has heard {heard}")


def test_a_client_that_answers_a_server_that_does_not_read_waits(stage):
    """The longest answer there may be, and more answers behind it: one is taken for the one question."""
    go_on = threading.Event()
    heard = []

    def part(connection, _):
        connection.sendall(CONTINUE)
        go_on.wait(60)
        while sum(map(len, heard)) < len(answer):
            heard.append(connection.recv(65536))
        connection.sendall(message("E", b"SFATAL\0C28P01\0Mno\0\0"))

    bed = stage(part)
    answer = message("p", 65_535 * b"x")
    flood = (FLOOD // len(answer)) * answer
    with Raw(bed.calls) as client:
        client.send(startup(user=OWNER, database="shop"))
        assert pour(client.socket, flood) < len(flood) and max(held(bed)) <= HELD
        go_on.set()
        assert client.error()["C"] == "28P01"
        client.wait_closed()
    for sidecar in (bed.near, bed.far):
        told(sidecar, "none")
    all_is_given_back(bed)
    assert b"".join(heard) == answer


@pytest.mark.parametrize("before", [b"", OK, SASL], ids=["at once", "behind AuthenticationOk", "during SCRAM"])
def test_a_server_that_floods_a_client_that_does_not_read_is_ended(stage, before):
    """The kernel's buffers take what it may say in all; whenever the client reads, nothing more is there than that."""
    poured = []

    def part(connection, _):
        connection.sendall(before)
        poured.append(pour(connection, (FLOOD // len(NOTICE)) * NOTICE))

    bed = stage(part)
    with Raw(bed.calls) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        client.send(startup(user=OWNER, database="shop"))
        until(lambda: poured, "the server has said what anybody takes", 40)
        assert poured[0] < FLOOD // 2 and max(held(bed)) <= HELD
        rest = client.rest()
    assert MIB // 2 < len(rest) < 2 * MIB
    assert kinds_of(rest)[-1] == "E", "the error is no part of what was said before it"
    told(bed.far, "upstream_malformed")
    assert bed.far.wait_audit(reason="upstream_malformed")["detail"] == "a login that does not end"
    line = bed.near.wait_access(method="SESSION")  # the error of the other sidecar is of the login's bytes too
    assert line["reason"] in ("none", "upstream_malformed") and line["logged_in"] is False
    all_is_given_back(bed)


def kinds_of(octets):
    """The types of these messages, each of which is whole."""
    kinds = ""
    while octets:
        length = 1 + struct.unpack(">I", octets[1:5])[0]
        assert len(octets) >= length, (kinds, octets[:100])
        kinds, octets = kinds + chr(octets[0]), octets[length:]
    return kinds


@pytest.mark.parametrize("size", [8_000, 300_000, 2 * MIB])
def test_a_login_that_does_not_end_is_refused_between_two_messages(stage, size):
    """Wherever the bytes that are too many stand in one: its beginning is not passed on, or the error would be its rest."""
    notice = message("N", b"SNOTICE\0C00000\0M" + size * b"n" + b"\0\0")

    def part(connection, _):
        pour(connection, (4 * MIB // len(notice) + 1) * notice)

    bed = stage(part)
    with Raw(bed.calls) as client:
        client.send(startup(user=OWNER, database="shop"))
        kind = None
        while kind != "E":
            kind, body = client.message()
            assert kind == "E" or len(body) == len(notice) - 5
        assert b"\0C08" in body
        client.wait_closed()
    told(bed.far, "upstream_malformed")
    assert bed.near.wait_access(method="SESSION")["reason"] in ("none", "upstream_malformed")
    all_is_given_back(bed)


@pytest.mark.parametrize("said, why", [
    (b"N" + struct.pack(">I", 0x50000000), "a message that is too long"),
    (b"R" + struct.pack(">I", 65536 + 4), "a message that is too long"),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "too long"),
    (message("D", b"\0\0") * 1000, "no place in a login"),
    (OK + message("Z", b"T"), "no place in a login"),
    (SASL + SASL, "authentication request that has no place"),
    (OK + OK, "authentication request that has no place"),
    (message("Z", b"I"), "no place in a login")], ids=range(8))
def test_what_a_server_must_not_say_in_a_login(stage, said, why):
    def part(connection, _):
        connection.sendall(said)
        connection.recv(65536)
        connection.recv(1)

    bed = stage(part)
    with Raw(bed.calls) as client:
        client.send(startup(user=OWNER, database="shop"))
        assert client.error()["C"].startswith("08")
        client.wait_closed()
    told(bed.far, "upstream_malformed")
    assert why in bed.far.wait_audit(reason="upstream_malformed")["detail"]
    all_is_given_back(bed)


def test_a_login_byte_by_byte(stage):
    """Each byte of either side in a packet of its own."""
    def trickle(connection, octets):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(octets)):
            connection.sendall(octets[at:at + 1])

    def take(connection, octets):
        got = b""
        while len(got) < len(octets):
            piece = connection.recv(len(octets) - len(got))
            assert piece, got
            got += piece
        return got

    heard = []

    def part(connection, _):
        trickle(connection, SASL)
        heard.append(take(connection, FIRST))
        trickle(connection, CONTINUE)
        heard.append(take(connection, PROOF))
        trickle(connection, FINAL + WELCOME)
        heard.append(take(connection, message("X")))

    bed = stage(part)
    with Raw(bed.calls) as client:
        trickle(client.socket, SSL_REQUEST)
        assert client.read(1) == b"N"
        trickle(client.socket, startup(user=OWNER, database="shop"))
        assert client.read(len(SASL)) == SASL
        trickle(client.socket, FIRST)
        assert client.read(len(CONTINUE)) == CONTINUE
        trickle(client.socket, PROOF)
        assert client.read(len(FINAL + OK + SETTINGS)) == FINAL + OK + SETTINGS
        assert client.message()[0] == "K" and client.message() == ("Z", b"I")
        trickle(client.socket, message("X"))
        client.wait_closed()
    until(lambda: len(heard) == 3, "the server has heard the goodbye")
    assert heard == [FIRST, PROOF, message("X")]
    for sidecar in (bed.near, bed.far):
        assert sidecar.wait_access(method="SESSION", reason="none")["logged_in"] is True
    all_is_given_back(bed)


def cuts(whole):
    return sorted({0, 1, 4, 5, 8, 9, len(whole) - 1, *range(10, len(whole), 23)})


@pytest.mark.parametrize("ends", ["server", "client"])
def test_a_side_that_ends_at_any_byte_of_the_login_ends_it(stage, ends):
    """Whichever side goes, and however far it came: no session is left, and both sidecars tell the same."""
    server_says, client_says = CONTINUE + FINAL + WELCOME, FIRST + PROOF
    rows = cuts(server_says if ends == "server" else client_says)
    position = [0]

    def part(connection, _):
        connection.sendall(SASL)
        say = server_says[:position[0]] if ends == "server" else server_says
        for heard, piece in ((FIRST, say[:len(CONTINUE)]), (PROOF, say[len(CONTINUE):])):
            if len(connection.recv(len(heard), socket.MSG_WAITALL)) == len(heard):
                connection.sendall(piece)
            if not say[len(CONTINUE):]:
                return

    bed = stage(part)
    for position[0] in rows:
        bed.forget()
        with Raw(bed.calls) as client:
            client.send(startup(user=OWNER, database="shop"))
            assert client.read(len(SASL)) == SASL
            if ends == "server":
                client.send(client_says)
                client.wait_closed()
            else:
                client.send(client_says[:position[0]])
                reset(client.socket)
        for sidecar in (bed.near, bed.far):
            line = until(lambda sidecar=sidecar: sidecar.access(method="SESSION"), "the session is told of")[0]
            wanted = ("upstream_reset", "client_closed", "none") if ends == "server" else ("client_closed",)
            assert line["reason"] in wanted and line["logged_in"] is False, (position, line)
    all_is_given_back(bed)


@pytest.mark.seconds(150)
def test_who_says_nothing_has_a_minute(stage, request):
    """A server that does not answer, and a client that does not, beside each other."""
    if not request.config.getoption("--long"):
        pytest.skip("takes a minute: --long")

    def part(connection, first):
        if b"asked" in first:
            connection.sendall(SASL)
        connection.recv(1)

    bed = stage(part)
    with Raw(bed.calls) as silent, Raw(bed.calls) as asked:
        silent.send(startup(user=OWNER, database="shop"))
        asked.send(startup(user="asked", database="shop"))
        for client in (silent, asked):
            client.socket.settimeout(90)
        assert asked.error()["C"] and silent.error()["C"]
    for user, reason in (("asked", "request_header_timeout"), (OWNER, "response_header_timeout")):
        lines = until(lambda user=user: [line for side in (bed.near, bed.far) for line in side.access(db_user=user)],
                      "the session is told of")
        assert reason in {line["reason"] for line in lines}, lines
    all_is_given_back(bed)
