"""What rules keep of bodies counts towards inFlightBytes; quiet connections and past compilations keep nothing."""

import socket

import pytest

from mesh import FORWARDING, Mesh
from raw_client import Closed
from waf_test import CRS, completed
from waiting import until

RULES = """
SecRule ARGS "@contains attack" "id:1001,phase:2,deny,log,t:lowercase"
SecRule REQUEST_BODY "@rx never [a-z]+ here" "id:1002,phase:2,deny,log,t:urlDecodeUni,t:lowercase"
"""
LIMIT = 6 << 20
# Beyond the limit: what is read at once, and a request's head. In detect mode the service is called at once, and buffers
# towards it of exchanges under way are bounded each (bufferBytes), not refused.
SLACK = {"block": 512 << 10, "detect": LIMIT // 2}
LENGTH = 60_000
PIECE = b"a=" + b"x" * 9_998
HEAD = (f"POST / HTTP/1.1\r\nHost: orders.shop\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {LENGTH}\r\n\r\n")


@pytest.fixture
def start(binary, tmp_path):
    started = []

    def begin(mode):
        file = tmp_path / "rules.conf"
        file.write_text(RULES)
        mesh = Mesh(binary, tmp_path, {**FORWARDING, "waf": {"rules": "mine", "mode": mode}},
                    {"waf": {"mine": {"entry": str(file)}}})
        started.append(mesh)
        mesh.start_application()
        mesh.start_inbound(limits={"inFlightBytes": str(LIMIT)}, workers=1)
        completed(mesh.inbound)  # the compiler's own memory is not what is measured here
        return mesh

    yield begin
    for mesh in started:
        mesh.stop()
        assert mesh.crashes() == []


def is_refused(client):
    """Whether its answer, if there is one already, is 503."""
    client.socket.setblocking(False)
    try:
        return client.socket.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 503"
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        client.socket.settimeout(10)


@pytest.mark.seconds(120)
@pytest.mark.parametrize("mode", ["block", "detect"])
def test_many_slow_uploads_are_refused_before_they_are_memory(start, mode):
    """Each is small enough to be held; together they are twice what the worker may hold."""
    mesh = start(mode)
    with mesh.plain() as warm:
        assert warm.ask("GET", "/").status == 200
    before = mesh.inbound.rss_bytes()
    clients = [mesh.plain(seconds=20) for _ in range(LIMIT // 25_000)]
    most = 0
    for piece in [HEAD.encode() + PIECE] + [PIECE] * 4:
        for client in clients:
            try:
                client.send(piece)
            except OSError:
                pass  # refused, and closed
        most = max(most, mesh.inbound.metric("gabion_buffered_bytes"))
    until(lambda: mesh.inbound.metric("gabion_limit_total", limit="inFlightBytes") > 0, "the limit was met")
    assert LIMIT // 2 < most <= LIMIT + SLACK[mode]
    assert mesh.inbound.rss_bytes() - before < 3 * LIMIT
    refused = sum(map(is_refused, clients))
    assert 0 < refused < len(clients)
    assert mesh.inbound.wait_access(response_code=503)["reason"] == "overload"
    finish(mesh, clients)


def finish(mesh, clients):
    """Who was not refused is served; then nothing is held any more."""
    statuses = [completed_upload(client) for client in clients if not is_refused(client)]
    for client in clients:
        client.close()
    assert set(statuses) <= {200, 503} and 200 in statuses
    until(lambda: mesh.inbound.metric("gabion_buffered_bytes") < 64 << 10, "all is given back")
    with mesh.plain() as client:
        assert client.ask("POST", "/", (), b"a=fine").status == 200


def completed_upload(client):
    """The status of an upload whose last bytes are sent now; it may have been refused, and closed, a moment ago."""
    try:
        client.send(b"x" * (LENGTH - 5 * len(PIECE)))
        return client.read("POST").status
    except (BrokenPipeError, ConnectionResetError, Closed) as error:
        if isinstance(error, Closed) and error.received:
            raise
        return 503


@pytest.mark.seconds(120)
def test_a_connection_between_two_requests_keeps_nothing(start):
    mesh = start("block")
    body = b"&".join(b"name%d=%s" % (number, b"y" * 50) for number in range(900))
    headers = (("Content-Type", "application/x-www-form-urlencoded"),)
    with mesh.plain() as warm:
        assert warm.ask("POST", "/", headers, body).status == 200
    before = mesh.inbound.rss_bytes()
    clients = []
    for _ in range(300):
        client = mesh.plain()
        clients.append(client)
        assert client.ask("POST", "/", headers, body).status == 200
    until(lambda: mesh.inbound.metric("gabion_buffered_bytes") < 64 << 10, "quiet connections hold no buffers")
    assert mesh.inbound.rss_bytes() - before < 300 * 24_000, "less than half a body each"
    for client in clients:
        assert client.ask("GET", "/").status == 200
        client.close()


@pytest.mark.seconds(400)
def test_a_cold_start_gives_back_what_only_its_compilation_needed(binary, tmp_path, honest_memory):
    if not CRS.is_file():
        pytest.skip("modsecurity-crs is not installed")
    (cache := tmp_path / "cache").mkdir()
    mesh = Mesh(binary, tmp_path, {**FORWARDING, "waf": {"rules": "crs", "mode": "block"}},
                {"waf": {"crs": {"entry": str(CRS), "paranoia": 1}}, "wafCache": str(cache)})
    try:
        mesh.start_application()
        mesh.start_inbound(workers=2)
        assert mesh.inbound.metric("gabion_provisional_rules") == 1, "it has to compile them"
        completed(mesh.inbound)
        until(lambda: mesh.inbound.rss_bytes() < 40 << 20, lambda: f"{mesh.inbound.rss_bytes()} bytes are resident")
    finally:
        mesh.stop()
    assert mesh.crashes() == []
