"""Workloads that need no password: identity to role, the secret with the proxy alone, SCRAM to a real server."""

import pathlib
import subprocess

import psycopg2
import pytest

from addresses import Subnet, split
from certificates import spiffe
from postgres_bed import PostgresBed
from postgres_server import PostgresServer

WEB = spiffe("shop", "web")
ROLE, SECRET, NEW_SECRET = "orders_app", "a secret 0f orders_app", "another secret"


@pytest.fixture(scope="module")
def server():
    found = PostgresServer(Subnet().endpoint(31))
    try:
        found.start()
        found.run(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{SECRET}'; CREATE ROLE other LOGIN PASSWORD 'x'")
        yield found
    finally:
        found.stop()


@pytest.fixture
def bed(binary, tmp_path, server):
    server.run(f"ALTER ROLE {ROLE} PASSWORD '{SECRET}'")
    (tmp_path / "secret").write_text(SECRET + "\n")
    found = PostgresBed(binary, tmp_path, server)
    yield found.start(logins=[{"identity": WEB, "role": ROLE, "secretFile": str(tmp_path / "secret")}])
    crashes = found.crashes()
    found.stop()
    assert crashes == []


def connect(bed, user=ROLE, **options):
    host, port = split(bed.calls)
    return psycopg2.connect(host=host, port=port, user=user, dbname="shop", connect_timeout=20, **options)


def everything_written(folder):
    return "".join(path.read_text(errors="replace") for path in pathlib.Path(folder).rglob("*")
                   if path.is_file() and path.suffix in (".log", ".yaml"))


def test_a_workload_logs_in_without_a_password(bed, tmp_path):
    for _ in range(3):
        with connect(bed) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_user, session_user")
            assert cursor.fetchone() == (ROLE, ROLE)
    line = bed.far.wait_access(db_user=ROLE)
    assert (line["peer_spiffe"], line["logged_in"], line["reason"]) == (WEB, True, "none")
    assert SECRET not in everything_written(tmp_path)
    assert all(SECRET not in bed.far.get(path)[1] for path in ("/config", "/status", "/metrics"))


def test_another_user_than_the_role_is_refused(bed, server):
    for user in ("owner", "other", "orders_app2"):
        with pytest.raises(psycopg2.OperationalError, match="the user is not the role of this workload"):
            connect(bed, user=user, password="x")
    assert bed.far.wait_access(db_user="other")["reason"] == "startup_refused"


def test_a_new_secret_is_in_force_for_new_sessions(bed, server, tmp_path):
    with connect(bed) as old, old.cursor() as cursor:
        cursor.execute("SELECT 1")
        server.run(f"ALTER ROLE {ROLE} PASSWORD '{NEW_SECRET}'")
        with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
            connect(bed)
        (tmp_path / "secret").write_text(NEW_SECRET)
        bed.far.reload()
        with connect(bed) as new, new.cursor() as other:
            other.execute("SELECT 2")
            assert other.fetchone() == (2,)
        cursor.execute("SELECT 3")
        assert cursor.fetchone() == (3,)


def test_a_reload_with_a_bad_secret_changes_nothing(bed, tmp_path):
    rejected = bed.far.metric("gabion_config_rejected_total")
    (tmp_path / "secret").write_text("two\nlines\n")
    bed.far.reload()
    assert bed.far.metric("gabion_config_rejected_total") > rejected
    with connect(bed) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (ROLE,)
    bed.far.wait_output("holds no secret")
    assert "two" not in bed.far.output()


def test_an_identity_without_an_entry_proves_itself_to_the_server(binary, tmp_path, server):
    (tmp_path / "secret").write_text(SECRET)
    bed = PostgresBed(binary, tmp_path, server)
    try:
        bed.start(logins=[{"identity": spiffe("shop", "billing"), "role": ROLE, "secretFile": str(tmp_path / "secret")}])
        with pytest.raises(psycopg2.OperationalError, match="no password supplied"):
            connect(bed)
        with connect(bed, password=SECRET) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (ROLE,)
    finally:
        bed.stop()


@pytest.mark.parametrize("method", ["md5", "password", "trust"])
def test_a_server_that_asks_otherwise_is_not_shown_the_secret(binary, tmp_path, method):
    server = PostgresServer(Subnet().endpoint(32), method=method)
    (tmp_path / "secret").write_text(SECRET)
    bed = PostgresBed(binary, tmp_path, server)
    try:
        server.start()
        server.run(f"SET password_encryption = 'md5'; CREATE ROLE {ROLE} LOGIN PASSWORD '{SECRET}'")
        bed.start(logins=[{"identity": WEB, "role": ROLE, "secretFile": str(tmp_path / "secret"),
                           "methods": ["scram-sha-256", "md5", "password"]}])
        with pytest.raises(psycopg2.OperationalError, match="the method of login is not supported"):
            connect(bed)
        assert bed.far.wait_access(db_user=ROLE)["reason"] == "login_method"
    finally:
        bed.stop()
        server.stop()


def test_gabion_check_names_the_place_of_what_is_wrong(binary, tmp_path):
    (tmp_path / "policy").mkdir()
    (tmp_path / "empty").write_text("")
    (tmp_path / "gabion.yaml").write_text(f"""apiVersion: gabion.dev/v1alpha1
kind: Proxy
workload: {{namespace: shop, pod: orders-0}}
policy: {{directory: policy}}
inbound:
- listen: 127.0.0.9:15432
  port: 5432
  protocol: postgres
  target: 127.0.0.1:5432
  tls: DISABLE
  logins:
  - {{identity: spiffe://mesh/ns/shop, role: a, secretFile: empty}}
  - {{identity: {WEB}, role: b, secretFile: missing, methods: [scram]}}
""")
    done = subprocess.run([binary, "check", "--config", str(tmp_path / "gabion.yaml")], capture_output=True, text=True,
                          check=False, timeout=30)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "inbound[0].logins[0].identity" in said
    assert "inbound[0].logins[1].secretFile" in said and "No such file" in said
    assert "inbound[0].logins[1].methods[0]: must be one of scram-sha-256, md5, password, trust" in said
    assert "inbound[0].logins: need callers with an identity" in said
