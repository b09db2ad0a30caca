"""Cancel requests: on whichever worker they arrive, with keys of protocol 3.0 and of 3.2, to the session they belong to."""

import struct
import threading

import psycopg2
import pytest

from addresses import Subnet, split
from postgres_bed import PostgresBed
from postgres_server import OWNER, PASSWORD, PostgresServer
from postgres_wire import Raw, message, startup
from raw_client import tls_setting
from upstreams import Upstream
from waiting import until

CANCEL = 80877102
OTHER_POD = "batch-0"


@pytest.fixture(scope="module")
def server():
    found = PostgresServer(Subnet().endpoint(38))
    try:
        yield found.start()
    finally:
        found.stop()


def stop(bed):
    crashes = bed.crashes()
    bed.stop()
    assert crashes == []


def cancel_request(key):
    """`key` is what BackendKeyData told: process and key."""
    return struct.pack(">II", 8 + len(key), CANCEL) + key


def test_a_cancel_arrives_on_any_worker(binary, tmp_path, server):
    """Sixteen connections, spread by the kernel over two workers on each sidecar."""
    bed = PostgresBed(binary, tmp_path, server)
    try:
        bed.start(workers=2)
        host, port = split(bed.calls)
        connection = psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop")
        running = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(100)' AND state = 'active'"
        for _ in range(16):
            ended = []

            def sleep():
                try:
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT pg_sleep(100)")
                except psycopg2.errors.QueryCanceled:
                    ended.append(True)
                connection.rollback()

            thread = threading.Thread(target=sleep)
            thread.start()
            until(lambda: server.run(running) == "1", "the statement runs")
            connection.cancel()
            thread.join(30)
            assert ended
        connection.close()
        until(lambda: len(bed.far.access(method="CANCEL")) == 16, "the cancels are told")
        assert {line["reason"] for line in bed.far.access(method="CANCEL")} == {"none"}
    finally:
        stop(bed)


class Scripted:
    """A server that lets everybody in, says `minor` of protocol 3 and gives a key of so many bytes; keeps cancels."""

    def __init__(self, endpoint, minor, key_bytes):
        self.endpoint, self.minor = endpoint, minor
        self.key = struct.pack(">I", 4711) + bytes(range(256))[:key_bytes]
        self.asked, self.cancels = [], []
        self._upstream = Upstream(endpoint, self._serve)
        self.stop = self._upstream.stop

    def _serve(self, connection):
        stream = connection.makefile("rb")
        length, code = struct.unpack(">II", stream.read(8))
        rest = stream.read(length - 8)
        if code == CANCEL:
            self.cancels.append(rest)
            return
        self.asked.append(code - 196608)
        negotiates = message("v", struct.pack(">II", 196608 + self.minor, 0)) if self.asked[-1] > self.minor else b""
        connection.sendall(negotiates + message("R", b"\0\0\0\0") + message("S", b"standard_conforming_strings\0on\0") +
                           message("S", b"client_encoding\0UTF8\0") + message("K", self.key) + message("Z", b"I") +
                           message("S", b"application_name\0behind\0"))
        while stream.read(1):
            pass


def begin(bed, minor, client=None, **options):
    """(client, version it was told or None, key it was given)"""
    client = client or Raw(bed.calls)
    client.send(startup(minor, user=OWNER, database="shop", **options))
    told = None
    while True:
        kind, body = client.message()
        if kind == "v":
            told = body
        elif kind == "K":
            key = body
        elif kind == "Z":
            return client, told, key


@pytest.fixture
def scripted(request, binary, tmp_path):
    minor, key_bytes = request.param
    fake = Scripted(Subnet().endpoint(39), minor, key_bytes)
    bed = PostgresBed(binary, tmp_path, fake)
    try:
        yield bed.start(), fake
        assert bed.crashes() == []
    finally:
        bed.stop()
        fake.stop()


@pytest.mark.parametrize("scripted", [(2, 32), (2, 256), (2, 4)], ids=["32 bytes", "256 bytes", "4 bytes"], indirect=True)
def test_a_server_of_3_2_is_cancelled_by_its_own_key(scripted):
    bed, fake = scripted
    client, told, key = begin(bed, 2)
    assert told is None and fake.asked == [2]
    assert len(key) == 36 and key != fake.key
    with client, Raw(bed.calls) as other:
        other.send(cancel_request(key))
        other.wait_closed()
        until(lambda: fake.cancels == [fake.key], lambda: f"the server's key, has {fake.cancels}")


@pytest.mark.parametrize("scripted", [(2, 32)], indirect=True)
def test_no_other_key_cancels(scripted):
    bed, fake = scripted
    client, _, key = begin(bed, 2)
    with client:
        for wrong in (key[:-1] + bytes([key[-1] ^ 1]), key[:8], key + b"x", b"\0\0\0\0" + key[4:], fake.key):
            with Raw(bed.calls) as other:
                other.send(cancel_request(wrong))
                other.wait_closed()
        with Raw(bed.calls) as other:
            other.send(cancel_request(key))
            other.wait_closed()
        until(lambda: fake.cancels == [fake.key], "the right one")


def at_the_server(bed, pod):
    """A connection to the server's sidecar from `pod`, as itself."""
    mesh = bed.mesh
    return Raw(bed.listen, tls=tls_setting(mesh.root.pem, mesh.identity_of(pod), alpn=("postgresql",)),
               source=mesh.address(pod))


@pytest.mark.parametrize("scripted", [(2, 32)], indirect=True)
def test_a_key_is_good_for_who_was_given_it_only(scripted):
    bed, fake = scripted
    client, _, key = begin(bed, 2, client=at_the_server(bed, "web-0"))
    near, _, near_key = begin(bed, 2)
    other, _, _ = begin(bed, 2, client=at_the_server(bed, OTHER_POD))  # who has sessions of its own
    with client, near, other:
        with at_the_server(bed, OTHER_POD) as stranger:
            stranger.send(cancel_request(key))
            stranger.wait_closed()
        with Raw(bed.calls, source=bed.mesh.address(OTHER_POD)) as stranger:
            stranger.send(cancel_request(near_key))
            stranger.wait_closed()
        assert fake.cancels == []
        with at_the_server(bed, "web-0") as own:
            own.send(cancel_request(key))
            own.wait_closed()
        until(lambda: fake.cancels == [fake.key], "its own")


@pytest.mark.parametrize("scripted", [(0, 4)], indirect=True)
def test_a_server_of_3_0_takes_the_client_down_with_it(scripted):
    bed, fake = scripted
    client, told, key = begin(bed, 2)
    with client, Raw(bed.calls) as other:
        assert told == struct.pack(">II", 196608, 0) and len(key) == 8
        other.send(cancel_request(key))
        other.wait_closed()
        until(lambda: fake.cancels == [fake.key], "the cancel")


@pytest.mark.parametrize("minor, options, told, spoken", [
    (0, {}, None, 0), (1, {}, struct.pack(">II", 196608, 0), 0),
    (9, {}, struct.pack(">II", 196610, 0), 2), (2, {"_pq_.new": "on"}, struct.pack(">II", 196610, 1) + b"_pq_.new\0", 2)])
@pytest.mark.parametrize("scripted", [(2, 32)], indirect=True)
def test_each_side_hears_of_the_version_that_is_spoken(scripted, minor, options, told, spoken):
    bed, fake = scripted
    client, heard, key = begin(bed, minor, **options)
    with client:
        assert (heard, fake.asked, len(key)) == (told, [spoken], 36 if spoken else 8)


def test_postgresql_15_speaks_3_0(binary, tmp_path, server):
    bed = PostgresBed(binary, tmp_path, server)
    try:
        bed.start()
        with Raw(bed.calls) as client:
            client.send(startup(2, user=OWNER, database="shop"))
            assert client.message() == ("v", struct.pack(">II", 196608, 0))
            assert client.message()[0] == "R"
    finally:
        stop(bed)


@pytest.mark.parametrize("scripted", [(0, 4)], indirect=True)
def test_what_came_in_one_piece_with_the_end_of_the_login_is_not_forgotten(scripted):
    bed, _ = scripted
    client, _, _ = begin(bed, 0)
    with client:
        assert client.message() == ("S", b"application_name\0behind\0")
