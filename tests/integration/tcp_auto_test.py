"""Ports whose protocol nobody declared: the first bytes tell, in whatever pieces they come, and real servers answer."""

import http.client
import os
import pathlib
import pwd
import shutil
import ssl
import struct
import subprocess
import tempfile
import time

import pytest

from addresses import listening, split
from certificates import Authority, spiffe
from raw_client import dial, request, tls_setting
from tcp_bed import PORT, TcpBed, allow, echo, is_reset, read_all, read_exactly, rules
from upstreams import EchoApplication
from waiting import until

GREETING = b"ready\r\n"
STARTUP = struct.pack("!II", 21, 196608) + b"user\0orders\0\0"


@pytest.fixture
def bed(binary, tmp_path):
    found = TcpBed(binary, tmp_path)
    yield found
    crashes = found.mesh.crashes()
    found.mesh.stop()
    assert crashes == []


def in_pieces(client, text, size):
    for at in range(0, len(text), size):
        client.sendall(text[at:at + size])
        time.sleep(0.001)


@pytest.mark.parametrize("size", [1, 5, 4096])
def test_http_is_found_and_judged_as_such(bed, size):
    """A rule about paths holds on a port that nobody declared."""
    denied = {"action": "Deny", "ports": [{"port": PORT}], "protocol": "HTTP", "http": [{"paths": [{"prefix": "/denied"}]}]}
    bed.mesh.put_policy(rules(allow("web", protocol="HTTP"), denied))
    bed.application = bed.mesh._keep(EchoApplication(bed.target))
    bed.start_far(protocol="auto")
    for path, status in (("/a", b" 200 "), ("/denied", b" 403 ")):
        with bed.peer() as client:
            in_pieces(client, request("GET", path), size)
            assert status in client.recv(4096)
    assert [told["target"] for told in bed.application.requests] == ["/a"]
    assert bed.far.wait_access(path="/denied")["protocol"] == "HTTP/1.1"


@pytest.mark.parametrize("size", [1, 4096])
@pytest.mark.parametrize("opening", [b"*1\r\n$4\r\nPING\r\n", b"SSH-2.0-x\r\n", b"\x00" * 40, b"EHLO orders\r\n"],
                         ids=["redis", "ssh", "zeros", "smtp"])
def test_what_nobody_knows_is_carried_as_it_is(bed, opening, size):
    bed.serve(echo).start_far(protocol="auto")
    with bed.peer() as client:
        in_pieces(client, opening, size)
        assert read_exactly(client, len(opening)) == opening
    line = bed.far.wait_access(protocol="TCP")
    assert (line["bytes_received"], line["bytes_sent"]) == (len(opening), len(opening))


def test_a_start_of_postgresql_becomes_a_session_of_it(bed):
    """Its own error in its own words, since nobody listens behind."""
    bed.start_far(protocol="auto")
    with bed.peer() as client:
        in_pieces(client, STARTUP, 1)
        assert read_all(client).startswith(b"E")
    assert bed.far.wait_access(protocol="PostgreSQL")["reason"] == "upstream_connect_failed"


def test_a_silent_client_waits_for_its_server_in_the_end(bed):
    def greet(connection):
        connection.sendall(GREETING)
        echo(connection)

    bed.serve(greet).start_far(protocol="auto", timeouts={"sniff": "300ms"})
    with bed.peer() as client:
        assert read_exactly(client, len(GREETING)) == GREETING
    bed.far.stop()
    bed.start_far(protocol="auto", port=3306, timeouts={"sniff": "1h"})
    with bed.peer() as client:  # a port whose servers speak first is not waited on
        assert read_exactly(client, len(GREETING)) == GREETING


class OwnTls:
    """An application with TLS of its own, of a root nobody in the mesh knows."""

    def __init__(self, bed):
        self.root = Authority("of the application")
        certificate, key = self.root.leaf(spiffe("other", "app")).write(bed.mesh.folder / "application")
        self._setting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._setting.load_cert_chain(certificate, key)
        bed.serve(self._serve)

    def _serve(self, connection):
        with self._setting.wrap_socket(connection, server_side=True) as secure:
            secure.sendall(b"own " + secure.recv(100))


@pytest.mark.parametrize("protocol", ["tcp", "auto"])
@pytest.mark.parametrize("mode", ["DISABLE", "PERMISSIVE"])
def test_tls_of_the_application_passes_unopened(bed, protocol, mode):
    application = OwnTls(bed)
    bed.start_far(protocol=protocol, tls=mode)
    with dial(bed.listen, source=bed.mesh.address("web-0"),
              tls=tls_setting(application.root.pem, alpn=("h2", "http/1.1"))) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"own hello"
    assert bed.far.wait_access(protocol="TCP")["peer_spiffe"] is None
    if mode == "PERMISSIVE":  # and TLS of the mesh is ended here, with its identity
        with bed.peer() as client:
            client.sendall(b"\x00 no protocol that is read")
        line = bed.far.wait_access(peer_spiffe=spiffe("shop", "web"))
        assert line["mutual_tls"] is True


def test_permissive_waits_a_moment_for_who_speaks_first(bed):
    """Plain text without identity where the client says nothing on a port whose servers speak first."""
    bed.serve(lambda connection: connection.sendall(GREETING)).start_far(tls="PERMISSIVE", port=3306)
    with bed.plain() as client:
        assert read_all(client) == GREETING
    assert bed.far.wait_access(protocol="TCP")["mutual_tls"] is False
    bed.far.stop()
    bed.mesh.put_policy(rules(allow("web", port=3306)))
    bed.start_far(tls="PERMISSIVE", port=3306)
    with bed.plain() as client:
        assert is_reset(client)
    bed.far.wait_access(reason="no_identity")


def test_http_through_a_pair_of_undeclared_ports(bed):
    bed.application = bed.mesh._keep(EchoApplication(bed.target))
    bed.start(protocol="auto")
    connection = http.client.HTTPConnection(*split(bed.calls), timeout=10)
    for _ in range(2):
        connection.request("POST", "/a", body=b"x" * 70000)
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (200, True)
    connection.close()
    for sidecar in bed.sidecars():
        until(lambda: len(sidecar.access(path="/a")) == 2, "a line for each request")


# ---- real servers ---------------------------------------------------------------------------------------------------

def wait_for(endpoint, process, log):
    until(lambda: listening(endpoint) or process.poll() is not None, "the server listens", 30)
    assert process.poll() is None, log.read_text(errors="replace")[-2000:]


def stop(process):
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.mark.parametrize("declared, port", [("redis", 6379), ("auto", 6379), ("auto", 7000)])
def test_redis(bed, declared, port):
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server")
    host, number = split(bed.target)
    log = bed.mesh.folder / "redis.log"
    process = subprocess.Popen(["redis-server", "--bind", host, "--port", str(number), "--save", "", "--dir",
                                str(bed.mesh.folder), "--logfile", str(log), "--protected-mode", "no"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(bed.target, process, log)
        bed.start(protocol=declared, port=port)
        host, number = split(bed.calls)
        ask = ["redis-cli", "-h", host, "-p", str(number)]
        assert subprocess.run([*ask, "-x", "SET", "k"], input=b"v" * 1_000_000, stdout=subprocess.PIPE, timeout=20,
                              check=True).stdout == b"OK\n"
        assert len(subprocess.run([*ask, "GET", "k"], stdout=subprocess.PIPE, timeout=20, check=True).stdout) == 1_000_001
    finally:
        stop(process)
    until(lambda: len(bed.far.access(protocol="TCP", reason="none")) == 2, lambda: f"two lines, have {bed.far.access()}")


class MariaDb:
    """A server of its own folder, that lets `root` in from anywhere without a password."""

    def __init__(self, endpoint):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gabion-mariadb-"))
        self._log = self.folder / "log"
        host, port = split(endpoint)
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        common = ["--no-defaults", f"--datadir={self.folder}/data", "--user=nobody"]
        subprocess.run(["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        with open(self._log, "wb") as log:
            self.process = subprocess.Popen(
                ["mariadbd", *common, f"--bind-address={host}", f"--port={port}", "--skip-grant-tables",
                 "--skip-name-resolve", f"--socket={self.folder}/socket", f"--pid-file={self.folder}/pid",
                 "--skip-networking=0", "--innodb-buffer-pool-size=16M", "--skip-log-bin"],
                stdout=log, stderr=log)
        wait_for(endpoint, self.process, self._log)

    def stop(self):
        stop(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.mark.seconds(120)
def test_mariadb_greets_its_client_through_the_pair(bed):
    if shutil.which("mariadbd") is None:
        pytest.skip("no mariadbd")
    server = MariaDb(bed.target)
    try:
        bed.start(protocol="mysql", port=3306)
        host, port = split(bed.calls)
        answer = subprocess.run(["mariadb", "--no-defaults", "-h", host, "-P", str(port), "-u", "root", "--protocol=tcp", "-N", "-e",
                                 "SELECT REPEAT('x', 100000); SELECT 6*7"], stdout=subprocess.PIPE, timeout=30, check=True)
        assert answer.stdout == b"x" * 100000 + b"\n42\n"
    finally:
        server.stop()
    assert bed.far.wait_access(reason="none")["bytes_sent"] > 100000

