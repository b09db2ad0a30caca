"""TLS at both ends of a pair of sidecars: to a real server with a certificate of its own, and from the application."""

import contextlib
import socket
import ssl
import struct
import threading

import psycopg2
import pytest

from addresses import Subnet, split
from certificates import MINUTE, Authority, spiffe, write_file
from postgres_bed import PostgresBed
from postgres_server import OWNER, PASSWORD, PostgresServer, psql
from postgres_wire import GSS_REQUEST, SSL_REQUEST, Raw, message, query, startup
from upstreams import Upstream
from waiting import until

WEB = spiffe("shop", "web")
ROLE, SECRET = "orders_app", "a secret 0f orders_app"
CLEAR_ROLE = "clear"


@pytest.fixture(scope="module")
def root():
    return Authority("database root")


@pytest.fixture(scope="module")
def server(root):
    """Takes nobody in plain text."""
    endpoint = Subnet().endpoint(33)
    leaf = root.leaf(dns=("db.shop",), addresses=(split(endpoint)[0],))
    rules = [f"hostssl all {CLEAR_ROLE} 127.0.0.0/8 password", "hostssl all all 127.0.0.0/8 scram-sha-256"]
    found = PostgresServer(endpoint, leaf=leaf, rules=rules)
    found.leaf = leaf
    try:
        found.start()
        for role in (ROLE, CLEAR_ROLE):
            found.run(f"CREATE ROLE {role} LOGIN PASSWORD '{SECRET}'")
        yield found
    finally:
        found.stop()


@pytest.fixture
def bed(binary, tmp_path, server, root):
    found = PostgresBed(binary, tmp_path, server)
    write_file(tmp_path / "db.crt", root.pem)
    (tmp_path / "secret").write_text(SECRET)
    found.bundle = str(tmp_path / "db.crt")
    found.verified = {"mode": "VERIFY_FULL", "trustBundle": found.bundle, "serverName": "db.shop"}
    found.login = [{"identity": WEB, "role": ROLE, "secretFile": str(tmp_path / "secret")}]
    yield found
    crashes = found.crashes()
    found.stop()
    assert crashes == []


def application_pair(bed, leaf):
    certificate, key = leaf.write(bed.mesh.folder / "application")
    return {"mode": "ALLOW", "certificate": str(certificate), "key": str(key)}


def trusting(pem, alpn=()):
    setting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    setting.load_verify_locations(cadata=pem)
    if alpn:
        setting.set_alpn_protocols(list(alpn))
    return setting


# ---- to the server ----------------------------------------------------------------------------------------------------


def test_a_session_reaches_the_server_over_tls(bed):
    bed.start(target_tls=bed.verified)
    shown = bed.psql("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").stdout
    assert shown == "t|TLSv1.3\n"
    assert bed.far.wait_access(db_name="shop")["reason"] == "none"


@pytest.mark.parametrize("changes", [{"serverName": None}, {"mode": "VERIFY_CA", "serverName": None},
                                     {"mode": "VERIFY_CA", "serverName": "other.shop"},
                                     {"mode": "REQUIRE", "trustBundle": None, "serverName": None}],
                         ids=["full, by address", "a CA's, without a name", "a CA's, by another name", "any"])
def test_each_mode_takes_the_server_it_means(bed, changes):
    wanted = {**bed.verified, **changes}
    bed.start(target_tls={key: value for key, value in wanted.items() if value})
    assert bed.psql("SELECT 1").stdout == "1\n"


@pytest.mark.parametrize("changes, detail", [({"serverName": "other.shop"}, "hostname mismatch"),
                                             ({"trustBundle": "other"}, "certificate"),
                                             ({"mode": "VERIFY_CA", "trustBundle": "other"}, "certificate")],
                         ids=["another name", "another root", "another root, by CA"])
def test_a_server_that_is_not_who_it_should_be_is_told_nothing(bed, changes, detail):
    other = write_file(bed.mesh.folder / "other.crt", Authority("another root").pem)
    wanted = {**bed.verified, **changes}
    if wanted["trustBundle"] == "other":
        wanted["trustBundle"] = str(other)
    bed.start(target_tls=wanted)
    done = bed.psql("SELECT 1", check=False)
    assert done.returncode == 2 and "the service is not available" in done.stderr
    line = bed.far.wait_access(reason="upstream_tls_failed")
    assert detail in line["upstream_transport_failure_reason"] and not line["logged_in"]


@pytest.mark.parametrize("answer, detail", [(b"N", "the server does not offer TLS"),
                                            (message("E", b"SFATAL\0C0A000\0Mno\0\0"), "the server does not answer SSLRequest"),
                                            (b"S" + message("R", b"\0\0\0\0"), "bytes of the server's before TLS"),
                                            (b"", "the server closed before it answered SSLRequest")],
                         ids=["N", "an error", "bytes behind S", "nothing"])
def test_a_server_without_tls_hears_nothing_but_the_request(binary, tmp_path, root, answer, detail):
    heard = []

    def serve(connection):
        heard.append(connection.recv(4096))
        if answer:
            connection.sendall(answer)
            heard.append(connection.recv(4096))

    class Fake:
        endpoint = Subnet().endpoint(34)

    fake = Upstream(Fake.endpoint, serve)
    bed = PostgresBed(binary, tmp_path, Fake)
    try:
        bundle = write_file(tmp_path / "db.crt", root.pem)
        bed.start(target_tls={"mode": "VERIFY_CA", "trustBundle": str(bundle)})
        done = bed.psql("SELECT 1", check=False)
        assert done.returncode == 2 and "the service is not available" in done.stderr
        assert bed.far.wait_access(reason="upstream_tls_failed")["upstream_transport_failure_reason"] == detail
        assert [piece for piece in heard if piece] == [SSL_REQUEST]
        assert bed.crashes() == []
    finally:
        bed.stop()
        fake.stop()


def relay(endpoint, target, setting, known):
    """Someone in the middle who ends TLS with a certificate of its own. Serves until the listener is closed."""
    listener = socket.create_server(split(endpoint))

    def pump(one, other):
        try:
            while piece := one.recv(65536):
                other.sendall(piece)
        except OSError:
            pass
        finally:
            for end in (one, other):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.settimeout(10)
            assert client.recv(8) == SSL_REQUEST
            client.sendall(b"S")
            client = setting.wrap_socket(client, server_side=True)
            behind = socket.create_connection(split(target), 10)
            behind.sendall(SSL_REQUEST)
            assert behind.recv(1) == b"S"
            behind = trusting(known).wrap_socket(behind, server_hostname="db.shop")
            threading.Thread(target=pump, args=(client, behind), daemon=True).start()
            threading.Thread(target=pump, args=(behind, client), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener


def test_the_proxys_own_login_is_bound_to_the_servers_certificate(bed, binary, tmp_path, server, root):
    """SCRAM-SHA-256-PLUS: in the same mode, whoever ends TLS in the middle gets no further."""
    def connect():
        host, port = split(bed.calls)
        return psycopg2.connect(host=host, port=port, user=ROLE, dbname="shop", connect_timeout=20)

    bed.start_far(logins=bed.login, target_tls={"mode": "REQUIRE"})
    bed.start_near()
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (ROLE,)
    bed.far.stop()
    certificate, key = Authority("nobody's root").leaf(dns=("db.shop",)).write(tmp_path / "middle")
    setting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    setting.load_cert_chain(certificate, key)

    class Middle:
        endpoint = Subnet().endpoint(35)

    listener = relay(Middle.endpoint, server.endpoint, setting, root.pem)
    try:
        bed.server = Middle
        bed.start_far(logins=bed.login, target_tls={"mode": "REQUIRE"})
        with pytest.raises(psycopg2.OperationalError):
            connect()
        assert bed.far.wait_access(db_user=ROLE)["logged_in"] is False
    finally:
        listener.close()


def test_a_password_in_clear_text_needs_a_verified_server(bed):
    bed.start(target_tls=bed.verified)
    assert bed.psql("SELECT current_user", user=CLEAR_ROLE, password=SECRET).stdout == "clear\n"


def test_a_password_in_clear_text_is_shown_to_no_server_that_is_not_verified(bed):
    bed.start(target_tls={"mode": "REQUIRE"})
    done = bed.psql("SELECT 1", user=CLEAR_ROLE, password=SECRET, check=False)
    assert done.returncode == 2
    assert "a password in clear text needs TLS on every hop, to a server that is verified" in done.stderr
    assert bed.far.wait_access(reason="login_method")


def test_a_cancel_reaches_the_server_over_tls(bed):
    bed.start(target_tls=bed.verified)
    host, port = split(bed.calls)
    connection = psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop")
    ended = []

    def sleep():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(30)")
        except psycopg2.errors.QueryCanceled as error:
            ended.append(error)

    thread = threading.Thread(target=sleep)
    thread.start()
    until(lambda: bed.server.run("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)' AND "
                                 "state = 'active'") == "1", "the statement runs")
    connection.cancel()
    thread.join(30)
    connection.close()
    assert ended and bed.far.wait_access(method="CANCEL")["reason"] == "none"


def test_new_trust_ends_sessions_that_rested_on_the_old(bed):
    bed.start(target_tls=bed.verified)
    host, port = split(bed.calls)
    connection = psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    write_file(bed.mesh.folder / "db.crt", Authority("the next root").pem)
    bed.far.reload()
    assert bed.far.wait_access(reason="policy_changed")["logged_in"] is True
    connection.close()
    assert bed.psql("SELECT 1", check=False).returncode == 2
    assert bed.far.wait_access(reason="upstream_tls_failed")


def test_a_certificate_is_shown_to_a_server_that_asks(binary, tmp_path, root):
    clients = Authority("clients' root")
    endpoint = Subnet().endpoint(36)
    rules = ["hostssl all all 127.0.0.0/8 scram-sha-256 clientcert=verify-ca"]
    certificate, key = clients.leaf(dns=("gabion",)).write(tmp_path / "shown")
    key.chmod(0o600)
    server = PostgresServer(endpoint, leaf=root.leaf(dns=("db.shop",)), client_roots=clients.pem, rules=rules,
                            environment={"PGSSLCERT": str(certificate), "PGSSLKEY": str(key), "PGSSLMODE": "require"})
    bed = PostgresBed(binary, tmp_path, server)
    try:
        server.start()
        bundle = write_file(tmp_path / "db.crt", root.pem)
        verified = {"mode": "VERIFY_FULL", "trustBundle": str(bundle), "serverName": "db.shop"}
        bed.start(target_tls={**verified, "certificate": str(certificate), "key": str(key)})
        assert bed.psql("SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()").stdout == "/CN=leaf\n"
        assert bed.crashes() == []
    finally:
        bed.stop()
        server.stop()


# ---- from the application ---------------------------------------------------------------------------------------------


@pytest.fixture
def secured(bed, root):
    """The near sidecar shows a certificate for db.shop; the server is spoken to in TLS by the far one."""
    return bed.start(target_tls=bed.verified, client_tls=application_pair(bed, root.leaf(dns=("db.shop",))))


def application(bed, **options):
    host, port = split(bed.calls)
    settings = {"user": OWNER, "password": PASSWORD, "dbname": "shop", "sslmode": "verify-full", "sslrootcert": bed.bundle,
                "channel_binding": "disable", "connect_timeout": 20, **options}
    return psycopg2.connect(host="db.shop", hostaddr=host, port=port, **settings)


def test_an_application_speaks_tls_to_its_sidecar(secured):
    with contextlib.closing(application(secured)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 6 * 7")
        assert cursor.fetchone() == (42,)
        assert connection.info.ssl_in_use
    assert secured.near.wait_access(db_name="shop")["reason"] == "none"


def test_plain_text_goes_on_where_it_is_allowed(secured):
    assert secured.psql("SELECT 1", environment={"PGSSLMODE": "disable"}).stdout == "1\n"


def test_a_client_that_would_bind_its_login_is_told_that_it_cannot(secured):
    with pytest.raises(psycopg2.OperationalError, match="channel binding ends at the proxy: connect with channel_binding=disable"):
        application(secured, channel_binding="prefer")
    with pytest.raises(psycopg2.OperationalError, match="channel binding is required"):
        application(secured, channel_binding="require")
    with pytest.raises(psycopg2.OperationalError, match="channel binding required, but SSL not in use"):
        application(secured, channel_binding="require", sslmode="disable")
    assert secured.far.wait_access(reason="login_method")["logged_in"] is False


def test_with_the_servers_own_certificate_binding_holds_from_end_to_end(bed, server):
    certificate, key = server.leaf.write(bed.mesh.folder / "servers")
    pair = {"mode": "REQUIRE", "certificate": str(certificate), "key": str(key)}
    bed.start_far(tls="DISABLE", target_tls=bed.verified, client_tls=pair)
    host, port = split(bed.listen)
    for binding in ("prefer", "require"):
        connection = psycopg2.connect(host="db.shop", hostaddr=host, port=port, user=OWNER, password=PASSWORD, dbname="shop",
                                      sslmode="verify-full", sslrootcert=bed.bundle, channel_binding=binding)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()


def test_the_identitys_certificate_serves_where_none_is_given(bed):
    bed.start(client_tls={"mode": "REQUIRE"}, target_tls=bed.verified)
    write_file(bed.mesh.folder / "mesh.crt", bed.mesh.root.pem)
    with application(bed, sslmode="verify-ca", sslrootcert=str(bed.mesh.folder / "mesh.crt")) as connection:
        assert connection.info.ssl_in_use
    done = bed.psql("SELECT 1", environment={"PGSSLMODE": "disable"}, check=False)
    assert done.returncode == 2 and "TLS is required here" in done.stderr
    assert bed.near.wait_access(reason="startup_refused")


def test_tls_begins_at_once_with_the_alpn_only(secured, root):
    with Raw(secured.calls, tls=trusting(root.pem, ["postgresql"])) as client:
        assert client.socket.selected_alpn_protocol() == "postgresql"
        client.send(startup(user=OWNER, database="shop"))
        assert client.message()[0] == "R"
    for alpn in ((), ("http/1.1",)):
        with pytest.raises(OSError):
            with Raw(secured.calls, tls=trusting(root.pem, alpn)) as client:
                client.send(startup(user=OWNER, database="shop"))
                assert client.socket.recv(1) == b""
                raise ConnectionResetError
    assert secured.near.wait_access(reason="tls_handshake_failed")


def test_gssapi_is_declined_and_tls_follows(secured, root):
    with Raw(secured.calls) as client:
        client.send(GSS_REQUEST)
        assert client.read(1) == b"N"
        client.send(SSL_REQUEST)
        assert client.read(1) == b"S"
        client.secure(trusting(root.pem))
        client.send(startup(user=OWNER, database="shop"))
        assert client.message()[0] == "R"


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_request_for_tls_in_two_pieces(secured, root, cut):
    with Raw(secured.calls) as client:
        client.send(SSL_REQUEST[:cut])
        client.send(SSL_REQUEST[cut:])
        assert client.read(1) == b"S"
        client.secure(trusting(root.pem))
        client.send(startup(user=OWNER, database="shop"))
        assert client.message()[0] == "R"


def test_bytes_behind_the_request_end_the_connection(secured):
    """CVE-2021-23214: they would be taken for the client's, inside TLS."""
    with Raw(secured.calls) as client:
        client.send(SSL_REQUEST + startup(user=OWNER, database="shop"))
        assert client.error()["C"] == "08P01"
        client.wait_closed()
    assert secured.near.wait_audit(reason="malformed_request")["detail"] == "bytes before our answer"


@pytest.mark.parametrize("request_", [SSL_REQUEST, GSS_REQUEST], ids=["TLS", "GSSAPI"])
def test_nothing_is_encrypted_twice(secured, root, request_):
    with Raw(secured.calls) as client:
        client.send(SSL_REQUEST)
        assert client.read(1) == b"S"
        client.secure(trusting(root.pem))
        client.send(request_)
        assert client.error()["C"] == "08P01"


def test_what_is_no_handshake_ends_the_connection_without_a_word(secured):
    with Raw(secured.calls) as client:
        client.send(SSL_REQUEST)
        assert client.read(1) == b"S"
        client.send(startup(user=OWNER, database="shop"))
        told = b""
        while piece := client.socket.recv(4096):
            told += piece
        assert b"FATAL" not in told
    assert secured.near.wait_access(reason="tls_handshake_failed")


def test_a_handshake_that_does_not_go_on_ends(bed, root):
    bed.start(client_tls=application_pair(bed, root.leaf(dns=("db.shop",))), timeouts={"tlsHandshake": "300ms"})
    with Raw(bed.calls) as client:
        client.send(SSL_REQUEST)
        assert client.read(1) == b"S"
        client.wait_closed()
    assert bed.near.wait_access(reason="tls_handshake_timeout")


def test_a_cancel_comes_over_tls(bed, root):
    bed.start(logins=bed.login, target_tls=bed.verified, client_tls=application_pair(bed, root.leaf(dns=("db.shop",))))
    setting = trusting(root.pem, ["postgresql"])
    with Raw(bed.calls, tls=setting) as client:
        client.send(startup(user=ROLE, database="shop"))
        kind = key = None
        while kind != "Z":
            kind, body = client.message()
            key = body if kind == "K" else key
        client.send(query("SELECT pg_sleep(60)"))
        until(lambda: bed.server.run("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND "
                                     "state = 'active'") == "1", "the statement runs")
        with Raw(bed.calls, tls=setting) as other:
            other.send(struct.pack(">II", 8 + len(key), 80877102) + key)
            other.wait_closed()
        assert client.error()["C"] == "57014"


def test_a_listener_that_now_demands_tls_ends_plain_sessions(bed):
    bed.start(client_tls={"mode": "ALLOW"}, target_tls=bed.verified)
    host, port = split(bed.calls)
    plain = psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop", sslmode="disable")
    bed.near.configuration["outbound"][0]["clientTls"]["mode"] = "REQUIRE"
    bed.near.write().reload()
    assert bed.near.wait_access(reason="policy_changed")["logged_in"] is True
    plain.close()
