"""TLS to servers that play a part: TLS at once, cancels, wrong addresses, methods that ask too much, certificates that end."""

import datetime
import ssl
import struct
import threading

import pytest

from addresses import Subnet
from certificates import Authority, spiffe, write_file
from l7_sql import l7_policy, sql_rule
from postgres_bed import PostgresBed
from postgres_server import OWNER
from postgres_wire import SSL_REQUEST, Raw, message, query, startup
from upstreams import Upstream
from waiting import until

CANCEL = 80877102
KEY = b"\0\0\0\7four"  # process and key
READY = message("Z", b"I")
ROWS = message("T", b"\0\1id\0" + struct.pack(">IhIhih", 0, 0, 23, 4, -1, 0)) + 3 * message("D", b"\0\1\0\0\0\0017")


class FakeServer(Upstream):
    """Speaks TLS as `setting` says, asked for or at once, and then as PostgreSQL after a login; tells what it heard.

    `asks`: an Authentication message instead of AuthenticationOk. What is asked of `orders` it ends when it is cancelled.
    """

    def __init__(self, endpoint, leaf, folder, direct=False, alpn=(), asks=message("R", struct.pack(">I", 0)), roots=None,
                 keeps_cancels=False):
        certificate, key = leaf.write(folder / "fake")
        self._setting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._setting.load_cert_chain(certificate, key)
        if alpn:
            self._setting.set_alpn_protocols(list(alpn))
        if roots:
            self._setting.verify_mode = ssl.CERT_REQUIRED
            self._setting.load_verify_locations(cadata=roots)
        self._direct, self._asks, self._keeps_cancels = direct, asks, keeps_cancels
        self.was_cancelled = threading.Event()
        self.before, self.alpn, self.startups, self.cancels, self.messages = [], [], [], [], []
        super().__init__(endpoint, self._serve)

    def _serve(self, connection):
        if not self._direct:
            self.before.append(connection.recv(4096))
            if self.before[-1] != SSL_REQUEST:
                return
            connection.sendall(b"S")
        with self._setting.wrap_socket(connection, server_side=True) as secure:
            self.alpn.append(secure.selected_alpn_protocol())
            first = secure.recv(4096)
            if first[4:8] == struct.pack(">I", CANCEL):
                self.cancels.append(first[8:])
                self.was_cancelled.set()
                if self._keeps_cancels:
                    secure.recv(4096)
                return
            if not first:
                return
            self.startups.append(first)
            secure.sendall(self._asks)
            if self._asks[:9] == message("R", struct.pack(">I", 0)):
                secure.sendall(b"".join(message("S", pair) for pair in (b"server_version\00015.0\0", b"client_encoding\0UTF8\0",
                                                                       b"standard_conforming_strings\0on\0")))
                secure.sendall(message("K", KEY) + READY)
            while heard := secure.recv(4096):
                self.messages.append(heard[:1])
                if heard[:1] == b"Q":
                    if b"orders" in heard:
                        secure.sendall(ROWS)
                        self.was_cancelled.wait(30)
                    secure.sendall(message("C", b"SELECT 0\0") + READY)


@pytest.fixture
def stage(binary, tmp_path):
    """A function: a bed whose far sidecar reaches a FakeServer by `target_tls`. Both end with the test."""
    owned = []
    root = Authority("database root")
    bundle = write_file(tmp_path / "db.crt", root.pem)

    def start(target_tls, leaf=None, logins=None, rule=None, **server):
        endpoint, folder = Subnet().endpoint(37), tmp_path / str(len(owned))
        folder.mkdir()
        fake = FakeServer(endpoint, leaf(root) if leaf else root.leaf(dns=("db.shop",)), folder, **server)
        bed = PostgresBed(binary, folder, fake)
        owned.extend([fake, bed])
        if rule:
            bed.mesh.put_policy(l7_policy(rule))
        if target_tls["mode"] != "REQUIRE":
            target_tls = {"trustBundle": str(bundle), **target_tls}
        bed.start(target_tls=target_tls, logins=logins)
        return bed, fake

    yield start
    crashes = [line for one in owned[1::2] for line in one.crashes()]
    for one in reversed(owned):
        one.stop()
    assert crashes == []


def logged_in(bed, **parameters):
    """A client behind its login, as far as that goes: what the server's side answered last."""
    client = Raw(bed.calls)
    client.send(startup(user=OWNER, database="shop", **parameters))
    kind = None
    while kind not in ("Z", "E"):
        kind, body = client.message()
        if kind == "K":
            client.key = body
    return client, kind


VERIFIED = {"mode": "VERIFY_FULL", "serverName": "db.shop"}


def test_tls_at_once_with_the_alpn(stage):
    bed, fake = stage({**VERIFIED, "start": "direct"}, direct=True, alpn=["postgresql"])
    client, kind = logged_in(bed)
    with client:
        assert (kind, fake.alpn, fake.before) == ("Z", ["postgresql"], [])
        client.send(query("SELECT 1"))
        assert client.message()[0] == "C"


def test_tls_at_once_without_the_alpn_is_not_the_servers(stage):
    bed, fake = stage({**VERIFIED, "start": "direct"}, direct=True)
    client, kind = logged_in(bed)
    client.socket.close()
    line = bed.far.wait_access(reason="upstream_tls_failed")
    assert kind == "E" and "without the ALPN" in line["upstream_transport_failure_reason"]
    assert fake.startups == []


def test_a_cancel_is_shown_to_nobody_who_only_listens(stage):
    bed, fake = stage(VERIFIED)
    client, kind = logged_in(bed)
    with client, Raw(bed.calls) as other:
        assert kind == "Z"
        other.send(struct.pack(">II", 8 + len(client.key), CANCEL) + client.key)
        until(lambda: fake.cancels, "the cancel arrives")
    assert fake.cancels == [KEY] and set(fake.before) == {SSL_REQUEST}


def test_verify_full_without_a_name_means_the_address(stage):
    bed, fake = stage({"mode": "VERIFY_FULL"}, leaf=lambda root: root.leaf(dns=("db.shop",), addresses=("127.9.9.9",)))
    client, kind = logged_in(bed)
    client.socket.close()
    line = bed.far.wait_access(reason="upstream_tls_failed")
    assert kind == "E" and "IP address mismatch" in line["upstream_transport_failure_reason"]
    assert fake.startups == []


@pytest.mark.parametrize("asks", [message("R", struct.pack(">I", 5) + b"salt"), message("R", struct.pack(">I", 3))],
                         ids=["md5", "password"])
def test_the_proxys_own_secret_is_shown_to_no_server_that_is_not_verified(stage, tmp_path, asks):
    (tmp_path / "secret").write_text("a secret")
    login = {"identity": spiffe("shop", "web"), "role": OWNER, "secretFile": str(tmp_path / "secret"),
             "methods": ["scram-sha-256", "md5", "password"]}
    bed, fake = stage({"mode": "REQUIRE"}, logins=[login], asks=asks)
    client, kind = logged_in(bed)
    client.socket.close()
    assert kind == "E" and bed.far.wait_access(reason="login_method")["logged_in"] is False
    assert len(fake.startups) == 1 and b"p" not in fake.messages


def test_a_server_that_does_not_take_our_certificate_is_a_failure_of_tls(stage, tmp_path):
    """TLS 1.3: it says so after our handshake."""
    certificate, key = Authority("clients").leaf(dns=("gabion",)).write(tmp_path / "shown")
    bed, fake = stage({**VERIFIED, "certificate": str(certificate), "key": str(key)}, roots=Authority("others").pem)
    client, kind = logged_in(bed)
    client.socket.close()
    line = bed.far.wait_access(reason="upstream_tls_failed")
    assert kind == "E" and "unknown ca" in line["upstream_transport_failure_reason"] and fake.startups == []


def test_a_session_ends_with_its_servers_certificate(stage):
    for seconds in (5, 20, 60):  # the login may take its time
        life = datetime.timedelta(seconds=seconds)
        bed, _ = stage(VERIFIED, leaf=lambda root, life=life: root.leaf(dns=("db.shop",), until=life))
        client, kind = logged_in(bed)
        with client:
            if kind == "Z":
                client.socket.settimeout(seconds + 30)
                assert client.message()[0] == "E" and bed.far.wait_access(reason="root_removed")["logged_in"] is True
                return
    pytest.fail("nobody logged in within a minute")


def test_a_server_that_never_ends_our_cancel_costs_the_session_five_seconds_and_not_its_life(stage):
    rule = sql_rule({"users": [OWNER], "tables": ["public.*"], "limits": {"rows": 1}})
    bed, fake = stage(VERIFIED, rule=rule, keeps_cancels=True)
    client, kind = logged_in(bed)
    with client:
        assert kind == "Z"
        client.socket.settimeout(30)
        client.send(query("SELECT id FROM orders"))
        assert [client.message()[0] for _ in range(2)] == ["T", "D"]
        assert client.error()["M"] == "denied by policy: row-limit"
        assert client.message()[0] == "Z" and fake.cancels == [KEY]
        client.send(query("SELECT 7"))
        assert client.message()[0] == "C"
