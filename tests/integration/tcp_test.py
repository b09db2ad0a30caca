"""Bytes that nobody reads, through one sidecar and a pair: both ends see each other's FIN and reset, rules decide who
may, and a change of rules ends what is open."""

import signal
import socket
import threading
import time

import pytest

from certificates import Authority, spiffe
from tcp_bed import TcpBed, allow, echo, is_reset, read_all, read_exactly, reset, rules
from waiting import until

WEB = spiffe("shop", "web")
GREETING = b"220 orders ready\r\n"


@pytest.fixture
def bed(binary, tmp_path):
    found = TcpBed(binary, tmp_path)
    yield found
    crashes = found.mesh.crashes()
    found.mesh.stop()
    assert crashes == []


def greet(connection):
    """The server speaks first, and answers each line."""
    connection.sendall(GREETING)
    echo(connection)


def test_the_server_may_speak_first(bed):
    bed.serve(greet).start()
    with bed.call() as client:
        assert read_exactly(client, len(GREETING)) == GREETING
        client.sendall(b"hello")
        assert read_exactly(client, 5) == b"hello"
    line = bed.far.wait_access(reason="none")
    assert (line["protocol"], line["bytes_received"], line["bytes_sent"]) == ("TCP", 5, len(GREETING) + 5)
    assert (line["peer_spiffe"], line["response_flags"], line["verdict"]) == (WEB, "-", "allow")
    for name, number in (("connections_opened", 1), ("connections_closed", 1), ("received_bytes", 5),
                         ("sent_bytes", len(GREETING) + 5)):
        until(lambda name=name, number=number: number == bed.far.metric(
            f"istio_tcp_{name}_total", reporter="destination", source_principal=WEB, connection_security_policy="mutual_tls"), name)
        until(lambda name=name, number=number: bed.near.metric(f"istio_tcp_{name}_total", reporter="source") == number, name)


def test_the_end_of_one_direction_leaves_the_other(bed):
    """The client ends first; what it asked is answered when all of it is there."""
    bed.serve(lambda connection: connection.sendall(b"got " + read_all(connection))).start()
    with bed.call() as client:
        client.sendall(b"a question")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b"got a question"
    assert bed.far.wait_access(reason="none")["bytes_received"] == 10


def test_the_server_may_end_first(bed):
    heard = []

    def serve(connection):
        connection.sendall(b"no more of me")
        connection.shutdown(socket.SHUT_WR)
        heard.append(read_all(connection))

    bed.serve(serve).start()
    with bed.call() as client:
        assert read_all(client) == b"no more of me"
        client.sendall(b"but of me")
    until(lambda: heard == [b"but of me"], lambda: f"heard {heard}")


@pytest.mark.parametrize("pair", [False, True], ids=["one sidecar", "pair"])
def test_a_reset_is_a_reset_at_the_other_end(bed, pair):
    """Not an end that looks like all of it."""
    ends, waiting = [], threading.Event()

    def serve(connection):
        first = read_exactly(connection, 1)
        if first == b"r":
            reset(connection)
            return
        waiting.set()
        try:
            ends.append(read_all(connection))
        except ConnectionResetError:
            ends.append("reset")

    bed.serve(serve).start_far(tls="STRICT" if pair else "DISABLE")
    if pair:
        bed.start_near()
    with (bed.call if pair else bed.plain)() as client:
        client.sendall(b"r")
        assert is_reset(client)
    line = bed.far.wait_access(reason="upstream_reset")
    assert (line["response_flags"], line["connection_termination_details"]) == ("UC", "upstream_reset")
    client = (bed.call if pair else bed.plain)()
    client.sendall(b"c")
    assert waiting.wait(30)
    reset(client)
    until(lambda: ends == ["reset"], lambda: f"ends {ends}")
    assert bed.far.wait_access(reason="client_closed")["response_flags"] == "DC"


@pytest.mark.seconds(150)
def test_much_both_ways_to_a_slow_reader_takes_no_memory(bed, honest_memory):
    """64 MiB each way; neither end reads before the other has filled every buffer on the way."""
    total, piece = 64 << 20, bytes(range(256)) * 256
    counted, full = [], threading.Event()

    def send(connection):
        for _ in range(total // len(piece)):
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)

    def serve(connection):
        sender = threading.Thread(target=send, args=(connection,), daemon=True)
        sender.start()
        assert full.wait(60)
        counted.append(len(read_all(connection)))
        sender.join()

    bed.serve(serve).start()
    before = [sidecar.rss_bytes() for sidecar in bed.sidecars()]
    with bed.call(seconds=60) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        sender = threading.Thread(target=send, args=(client,), daemon=True)
        sender.start()
        moved = -1
        while moved != (moved := bed.far.metric("gabion_received_bytes_total", side="downstream")):
            time.sleep(0.3)  # until nothing moves any more
        full.set()
        assert len(read_all(client)) == total
        sender.join()
    until(lambda: counted == [total], lambda: f"counted {counted}", 60)
    for sidecar, was in zip(bed.sidecars(), before):
        assert sidecar.rss_bytes() - was < 8 << 20
        assert sidecar.wait_access(reason="none")["bytes_sent"] == total


def test_who_has_no_rule_is_reset(bed):
    bed.mesh.put_policy(rules(allow("web")))
    bed.serve(echo).start_far()
    with bed.peer("web-0") as client:
        client.sendall(b"x")
        assert read_exactly(client, 1) == b"x"
    with bed.peer("batch-0") as client:
        assert is_reset(client)
    line = bed.far.wait_access(reason="policy_denied")
    assert (line["verdict"], line["basis"], line["upstream_host"]) == ("deny", "l7_no_match", bed.target)
    assert bed.far.wait_audit(reason="policy_denied")["detail"].startswith("no Allow rule of the port is for")
    assert bed.application.connections == 1
    with bed.plain() as client:
        client.sendall(b"x")
        read_all(client)
    bed.far.wait_audit(reason="mtls_required")


@pytest.mark.parametrize("protocol", ["HTTP", "PostgreSQL"])
@pytest.mark.parametrize("declared", ["tcp", "auto"])
def test_a_port_with_rules_of_messages_is_never_opaque(bed, protocol, declared):
    bed.mesh.put_policy(rules(allow("web", protocol=protocol)))
    bed.serve(echo).start_far(protocol=declared)
    with bed.peer() as client:
        assert is_reset(client, after=b"\xffnothing that anybody knows" * 8)
    bed.far.wait_access(reason="protocol_mismatch", protocol="TCP")
    assert bed.far.metric("gabion_protocol_mismatch_total") == 1
    assert bed.application.connections == 0


def test_a_change_of_rules_ends_what_is_open(bed):
    bed.mesh.put_policy(rules(allow("web"), allow("batch")))
    bed.serve(greet).start_far()
    with bed.peer("web-0") as client:
        read_exactly(client, len(GREETING))
        bed.put_policy(rules(allow("web")))
        client.sendall(b"still")
        assert read_exactly(client, 5) == b"still"
        bed.mesh.put_policy(rules(allow("batch")))
        bed.far.signal(signal.SIGHUP)
        assert is_reset(client)
    line = bed.far.wait_access(reason="policy_changed")
    assert (line["verdict"], line["connection_termination_details"]) == ("deny", "policy_changed")


def test_a_root_that_leaves_the_bundle_ends_what_rests_on_it(bed):
    bed.serve(greet).start()
    with bed.call() as client:
        read_exactly(client, len(GREETING))
        other = Authority("another root")
        leaf = other.leaf(spiffe("shop", "orders"))
        bed.mesh.write_identity("orders-0", leaf=leaf, bundle=other.pem)
        bed.far.reload()
        assert is_reset(client)
    bed.far.wait_access(reason="root_removed")


def test_what_cannot_be_dialled_is_reset(bed):
    bed.start()
    with bed.call() as client:
        assert is_reset(client)
    assert bed.far.wait_access(reason="upstream_connect_failed")["response_flags"] == "UF"


def test_an_idle_connection_ends_in_order(bed):
    bed.serve(greet).start_far(timeouts={"idle": "300ms"})
    with bed.peer() as client:
        assert read_all(client) == GREETING
    assert bed.far.wait_access(reason="idle_timeout")["connection_termination_details"] is None


def test_a_stop_gives_a_connection_the_time_of_grace(bed):
    bed.serve(greet).start_far(drain={"notice": "0s", "grace": "8s"})
    with bed.peer() as client:
        read_exactly(client, len(GREETING))
        bed.far.signal(signal.SIGTERM)
        until(lambda: _refused(bed), "nobody is let in any more")
        client.sendall(b"goes on")
        assert read_exactly(client, 7) == b"goes on"
        assert is_reset(client)
    assert bed.far.wait_exit(40) == 1  # something was cut
    assert bed.far.access(reason="drained")


def _refused(bed):
    try:
        bed.peer(seconds=10).close()
    except OSError:
        return True
    return False
