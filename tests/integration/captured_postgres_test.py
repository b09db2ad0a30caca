"""psql dials a pod or a service; two sidecars that it knows nothing of judge its statements before PostgreSQL hears them."""

import threading

import psycopg2
import pytest

from captured_postgres_bed import DATABASE, PORT, CapturedPostgresBed
from namespace_bed import running_bed
from postgres_server import OWNER, PASSWORD
from waiting import until

FAMILIES = pytest.mark.parametrize("version", [4, 6])
running = running_bed(lambda binary: CapturedPostgresBed(binary, "nft"))
WAYS = pytest.mark.parametrize("way", ["pod", "service"])


@pytest.fixture
def bed(running):
    until(lambda: sum(each.connections_open() for each in running.sidecars.values()) == 0, "earlier sessions are over")
    running.forget()
    return running


def address(bed, way, version):
    if way == "service":
        return bed.network.address(DATABASE, version)
    return bed.orders.v4 if version == 4 else bed.orders.v6


@FAMILIES
@WAYS
def test_a_statement_that_rules_allow_is_answered(bed, way, version):
    done = bed.psql(bed.web, address(bed, way, version), "SELECT note FROM items WHERE id = 1")
    assert (done.returncode, done.stdout) == (0, "first\n"), done.stderr
    out = bed.sidecars["web"].wait_access(method="SESSION")
    into = bed.sidecars["orders"].wait_access(method="SESSION")
    assert out["listener"] == "capture-outbound"
    assert out["route_name"] == {"pod": "shop/orders", "service": "shop/db:postgres"}[way]
    assert into["listener"] == f"inbound-{PORT}" and into["peer_spiffe"].endswith("/ns/shop/sa/web")
    web = bed.web.v4 if version == 4 else f"[{bed.web.v6}]"
    assert into["downstream_remote_address"].startswith(web)
    assert (into["db_user"], into["db_name"], into["statements"]) == (OWNER, "shop", 1)


@FAMILIES
@WAYS
def test_a_denied_statement_is_an_error_the_server_never_hears_of_and_the_session_goes_on(bed, way, version):
    mark = f"mark_{way}_{version}"
    done = bed.psql(bed.web, address(bed, way, version), options=("-v", "ON_ERROR_STOP=0"),
                    text=f"SELECT word AS {mark} FROM secret;\nSELECT note FROM items WHERE id = 1;\n")
    assert "denied by policy: table: public.secret" in done.stderr and done.stdout == "first\n"
    line = bed.sidecars["orders"].wait_audit(event="statement", reason="policy_denied")
    assert "secret" in line["tables"] and line["peer_spiffe"].endswith("/ns/shop/sa/web")
    assert not bed.heard(mark)


@FAMILIES
def test_a_pod_without_a_sidecar_is_judged_by_its_address(bed, version):
    db = address(bed, "pod", version)
    assert bed.psql(bed.batch, db, "SELECT note FROM items WHERE id = 1").stdout == "first\n"
    refused = bed.psql(bed.batch, db, f"INSERT INTO items VALUES (10{version}, 'by batch')")
    assert refused.returncode != 0 and "denied by policy" in refused.stderr
    line = bed.sidecars["orders"].wait_audit(event="statement", reason="policy_denied")
    assert line["peer_spiffe"] is None and not bed.heard("by batch")


@FAMILIES
def test_who_is_no_pod_gets_no_session(bed, version):
    """From the node: nobody's address, no certificate."""
    done = bed.psql(bed.network.node, address(bed, "pod", version), "SELECT 1")
    assert done.returncode != 0 and "FATAL" in done.stderr
    bed.sidecars["orders"].wait_told("no_identity", "policy_denied")


@FAMILIES
def test_a_transaction_is_written_through_both_sidecars(bed, version):
    statements = ("BEGIN", f"INSERT INTO items VALUES ({version}, 'written')", "COMMIT")
    done = bed.psql(bed.web, address(bed, "service", version), *statements)
    assert done.returncode == 0, done.stderr
    assert bed.orders.inside(bed.server.run, f"SELECT note FROM items WHERE id = {version}") == "written"


@FAMILIES
def test_a_cancel_finds_its_session_by_a_connection_that_is_captured_too(bed, version):
    db, outcome = address(bed, "service", version), []

    def connect():
        return psycopg2.connect(host=db, port=PORT, user=OWNER, password=PASSWORD, dbname="shop", connect_timeout=20)

    def wait_long(connection):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(40) FROM items")
            outcome.append(None)
        except psycopg2.Error as error:
            outcome.append(error.pgcode)

    connection = bed.web.inside(connect)
    waiting = threading.Thread(target=wait_long, args=(connection,))
    waiting.start()
    try:
        until(lambda: bed.orders.inside(bed.server.run, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "1",
              "the server sleeps")
    finally:
        bed.web.inside(connection.cancel)
        waiting.join()
        connection.close()
    assert outcome == ["57014"]
    bed.sidecars["orders"].wait_access(method="CANCEL")


@FAMILIES
def test_over_loopback_containers_of_a_pod_trust_each_other(bed, version):
    """As docs/interception.md says: nothing is captured there."""
    with bed.sidecars["orders"].passed_by():
        done = bed.psql(bed.orders, "127.0.0.1" if version == 4 else "::1", "SELECT word FROM secret")
        assert done.stdout == "hidden\n"
