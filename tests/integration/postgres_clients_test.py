"""Whole programs through a pair of sidecars with rules on: the driver for Java, pg_dump, pg_restore, pgbench."""

import os
import pathlib
import shutil
import subprocess

import pytest

from addresses import Subnet, split
from certificates import Authority, write_file
from l7_sql import l7_policy, sql_rule
from postgres_bed import PostgresBed
from postgres_server import BINARIES, OWNER, PASSWORD, PostgresServer

DRIVER = pathlib.Path("/usr/share/java/postgresql.jar")
SOURCE = pathlib.Path(__file__).parent.parent / "jdbc" / "OrdersClient.java"
SCHEMA = pathlib.Path(__file__).parent / "postgres_dumped.sql"
ENVIRONMENT = {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD, "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def server():
    found = PostgresServer(Subnet().endpoint(37))
    try:
        yield found.start()
    finally:
        found.stop()


@pytest.fixture
def bed(binary, tmp_path, server):
    found = PostgresBed(binary, tmp_path, server)
    yield found
    crashes = found.crashes()
    found.stop()
    assert crashes == []


def run(program, bed, *arguments, database="shop", check=True):
    host, port = split(bed.calls)
    done = subprocess.run([program, "-h", host, "-p", str(port), "-U", OWNER, *map(str, arguments),
                           *(["-d", database] if database else [])],
                          capture_output=True, text=True, timeout=100, env=ENVIRONMENT, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


# ---- the driver for Java ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def java(tmp_path_factory):
    """Where the compiled client is."""
    if shutil.which("javac") is None or not DRIVER.exists():
        (pytest.fail if os.environ.get("GABION_ALL_BUILT") else pytest.skip)(
            "needs default-jdk-headless and libpostgresql-jdbc-java, which ./dev test installs")
    folder = tmp_path_factory.mktemp("jdbc")
    subprocess.run(["javac", "-cp", str(DRIVER), "-d", str(folder), str(SOURCE)], check=True, timeout=100)
    return folder


JDBC_RULE = sql_rule(
    {"users": [OWNER], "statements": ["SELECT", "INSERT", "UPDATE", "DELETE", "TCL", "COPY"],
     "tables": ["public.orders", "public.lines"], "requireWhere": ["UPDATE", "DELETE"]},
    {"users": [OWNER], "statements": ["SELECT"], "tables": ["public.lines"], "functions": ["pg_catalog.pg_sleep"]},
    {"users": [OWNER], "presets": ["jdbc"]})

JDBC_SAYS = """\
simple: one two one two one two true
extended: one two one two one two true
extendedForPrepared: one two one two one two true
extendedCacheEverything: one two one two one two true
batch, rewritten false: 5000 5000
batch, rewritten true: 5000 5000
copy: 5000 5000 5000
copy of what is none: 22P02 5000
fetch: 12497500
error: 42501
error: 23505
still there: changed
cancel: 57014 true
catalogue: lines orders secret id note id
"""


@pytest.mark.parametrize("encryption", ["plain text", "TLS"])
def test_the_driver_for_java(bed, java, server, encryption):
    server.run("DROP TABLE IF EXISTS orders, lines, secret; CREATE TABLE orders (id int PRIMARY KEY, note text);"
               "CREATE TABLE lines (id int, text text); CREATE TABLE secret (id int, word text);"
               "INSERT INTO orders VALUES (1, 'one'), (2, 'two')")
    root = Authority("application root")
    roots = write_file(bed.mesh.folder / "root.crt", root.pem)
    certificate, key = root.leaf(dns=("db.shop",)).write(bed.mesh.folder / "shown")
    bed.mesh.put_policy(l7_policy(JDBC_RULE))
    bed.start(client_tls={"mode": "REQUIRE" if encryption == "TLS" else "ALLOW", "certificate": str(certificate),
                          "key": str(key)})
    done = subprocess.run(["java", "-cp", f"{DRIVER}:{java}", "OrdersClient", f"jdbc:postgresql://{bed.calls}/shop", OWNER,
                           PASSWORD, str(roots) if encryption == "TLS" else "-"],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == JDBC_SAYS, done.stderr[-3000:] + bed.far.output()[-2000:]
    assert done.returncode == 0, done.stderr


# ---- pg_dump and pg_restore -------------------------------------------------------------------------------------------

DUMP_RULE = sql_rule(
    {"users": [OWNER], "databases": ["shop"], "statements": ["SELECT", "COPY", "LOCK"],
     "tables": ["public.*", "sales.*"]},
    {"users": [OWNER], "databases": ["shop"], "presets": ["pg_dump"]})


def dump_text(server, database):
    """What pg_dump writes about a database that it reads itself, but for the token it makes for each dump."""
    host, port = split(server.endpoint)
    text = subprocess.run(["pg_dump", "-h", host, "-p", str(port), "-U", OWNER, database], capture_output=True, text=True,
                          timeout=60, env=ENVIRONMENT, check=True).stdout
    return [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def test_a_database_is_dumped_by_rule_and_restored(bed, server, tmp_path):
    server.run("DROP DATABASE IF EXISTS dumped", database="postgres")
    server.run("DROP SCHEMA IF EXISTS sales CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    server.run(SCHEMA.read_text())
    bed.mesh.put_policy(l7_policy(DUMP_RULE))
    bed.start()
    file = tmp_path / "dump"
    run("pg_dump", bed, "-Fc", "-f", file)
    line = bed.far.wait_access(application_name="pg_dump")
    assert (line["statements_denied"], line["reason"]) == (0, "none")

    denied = run("psql", bed, "-c", "DELETE FROM public.orders", check=False)
    assert "denied by policy" in denied.stderr

    everything = sql_rule(name="restore")
    del everything["sql"]
    bed.put_policy(l7_policy(everything))
    server.run("CREATE DATABASE dumped", database="postgres")
    run("pg_restore", bed, file, database="dumped")
    assert dump_text(server, "dumped") == dump_text(server, "shop")
    assert server.run("SELECT convert_from(lo_get(oid), 'UTF8') FROM pg_largeobject_metadata", database="dumped") == \
        "a large object"


def test_a_table_outside_the_rule_is_not_dumped(bed, server, tmp_path):
    server.run("CREATE SCHEMA IF NOT EXISTS sales; CREATE TABLE IF NOT EXISTS sales.hidden (id int)")
    rule = sql_rule({"users": [OWNER], "statements": ["SELECT", "COPY", "LOCK"], "tables": ["public.*"]},
                    {"users": [OWNER], "presets": ["pg_dump"]})
    bed.mesh.put_policy(l7_policy(rule))
    bed.start()
    done = run("pg_dump", bed, "-f", tmp_path / "dump", check=False)
    assert done.returncode == 1 and "denied by policy: table: sales." in done.stderr


# ---- pgbench ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
def test_pgbench_by_rule(bed, server, mode):
    host, port = split(server.endpoint)
    subprocess.run([BINARIES / "pgbench", "-i", "-q", "-h", host, "-p", str(port), "-U", OWNER, "shop"], env=ENVIRONMENT,
                   check=True, capture_output=True, timeout=60)
    bed.mesh.put_policy(l7_policy(sql_rule(
        {"users": [OWNER], "databases": ["shop"], "statements": ["SELECT", "INSERT", "UPDATE", "TCL"],
         "tables": ["public.pgbench_*"], "requireWhere": ["UPDATE"]},
        # what it asks before it begins
        {"users": [OWNER], "statements": ["SELECT"],
         "tables": ["pg_catalog.pg_class", "pg_catalog.pg_namespace", "pg_catalog.pg_partitioned_table", "pg_catalog.pg_inherits"],
         "functions": ["pg_catalog.current_schemas", "pg_catalog.array_position", "pg_catalog.unnest", "pg_catalog.count"]})))
    bed.start()
    done = run(BINARIES / "pgbench", bed, "-n", "-M", mode, "-c", "4", "-t", "50", "shop", database=None)
    assert "number of transactions actually processed: 200/200" in done.stdout
    assert "number of failed transactions: 0" in done.stdout
