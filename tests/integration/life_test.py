"""Start closed, tell the operator, reload whole or not at all."""

import http.client
import signal

import pytest

from addresses import listening, split
from mesh import INSPECTING
from raw_client import RawClient
from waiting import until

# ---- start closed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["tls.crt", "tls.key", "ca.crt"])
def test_nothing_listens_until_the_identity_is_there(mesh, missing):
    mesh.start_application()
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries())
    path = sidecar.folder / "certs" / missing
    kept = path.read_text()
    path.write_text("not yet\n")
    sidecar.start(ready=False)
    mesh.inbound = sidecar
    until(lambda: not sidecar.running() or sidecar.ready_status() == 503, "not ready, or refused to start")
    assert not listening(mesh.listens["http"])
    if sidecar.running():
        path.write_text(kept)
        sidecar.wait_ready()
        with mesh.peer() as client:
            assert client.ask("GET", "/").status == 200
    else:
        assert sidecar.wait_exit() == 2


# ---- admin ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/live", "/ready", "/metrics", "/config", "/certs", "/policy", "/connections"])
def test_an_admin_page_answers(shared, path):
    status, text = shared.inbound.get(path)
    assert status == 200
    assert text.strip()
    assert "PRIVATE KEY" not in text


@pytest.mark.parametrize("method,path,statuses", [("GET", "/drain", {404, 405}), ("GET", "/quit", {404, 405}),
                                                  ("GET", "/nothing", {404}), ("DELETE", "/metrics", {404, 405, 400}),
                                                  ("POST", "/ready", {404, 405})])
def test_admin_changes_nothing_by_get_and_knows_its_pages(shared, method, path, statuses):
    assert shared.inbound.get(path, method)[0] in statuses
    assert shared.inbound.get("/ready")[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:15000", "127.0.0.1.evil.example"])
def test_admin_answers_local_names_only(shared, host):
    status, text = shared.inbound.get("/config", headers={"Host": host})
    assert 400 <= status < 500
    assert "orders" not in text


def test_admin_allows_no_other_origin(shared):
    connection = http.client.HTTPConnection(*split(shared.inbound.admin), timeout=20)
    connection.request("GET", "/metrics", headers={"Origin": "https://evil.example"})
    assert connection.getresponse().getheader("Access-Control-Allow-Origin") is None
    connection.close()


@pytest.mark.parametrize("wire", [b"\x00\x01garbage\r\n\r\n", b"GET /" + b"a" * 100_000, b"",
                                  b"POST /log HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n"])
def test_admin_survives_bad_clients(shared, wire):
    with RawClient(shared.inbound.admin) as client:
        try:
            client.send(wire)
        except OSError:
            pass
    assert shared.inbound.get("/live")[0] == 200


def test_metrics_have_the_names_dashboards_read(shared):
    with shared.caller() as client:
        for _ in range(3):
            assert client.ask("GET", "/?size=100").status == 200
        assert client.ask("GET", "/?status=500").status == 500
    assert shared.inbound.metric("istio_requests_total", reporter="destination", response_code="200") >= 3
    assert shared.inbound.metric("istio_requests_total", reporter="destination", response_code="500") >= 1
    assert shared.inbound.metric("istio_requests_total", connection_security_policy="mutual_tls") >= 4
    assert shared.outbound.metric("istio_requests_total", reporter="source", response_code="200") >= 3
    assert shared.inbound.metric("istio_request_duration_milliseconds_count") >= 4
    assert shared.inbound.metric("istio_response_bytes_sum") >= 300
    assert shared.inbound.metric("gabion_config_generation") >= 1
    values = [value for _, labels, _ in shared.inbound.metrics() for value in labels.values()]
    assert [value for value in values if value.startswith("/")] == [], "no path is ever a label"


def test_inspection_tells_its_times_and_what_it_holds(mesh):
    mesh.start_application()
    mesh.start_inbound(inspection={"profiles": {"default": INSPECTING}})
    with mesh.peer() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: orders.shop\r\nContent-Length: 200\r\n\r\n" + b"a" * 100)
        until(lambda: mesh.inbound.metric("gabion_hold_bytes") == 100, "half a body is held")
        client.send(b"b" * 99)
        until(lambda: mesh.inbound.metric("gabion_hold_bytes") == 199, "more of it")
        client.send(b"c")
        assert client.read().status == 200
    with mesh.peer() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: orders.shop\r\nContent-Length: 200\r\n\r\n" + b"a" * 100)
        until(lambda: mesh.inbound.metric("gabion_hold_bytes") == 100, "half a body is held")
    until(lambda: mesh.inbound.metric("gabion_hold_bytes") == 0, "nothing is held for who is gone")
    for stage in ("request_head", "request_body", "response_body"):
        assert mesh.inbound.metric("gabion_inspect_calls_total", stage=stage) >= 1, stage
        assert mesh.inbound.metric("gabion_inspect_seconds_count", stage=stage) >= 1, stage


def test_the_log_level_changes_by_post(shared):
    assert shared.inbound.get("/log?level=debug", "POST")[0] == 200
    assert shared.inbound.get("/log?level=shout", "POST")[0] == 400
    assert shared.inbound.get("/log?level=info", "POST")[0] == 200


def test_a_configuration_shown_by_admin_is_the_one_in_force(mesh):
    mesh.start_application()
    mesh.start_inbound(limits={"headerCount": 57})
    for count in (57, 58):
        status, text = mesh.inbound.get("/config")
        assert (status, str(count) in text) == (200, True)
        mesh.inbound.configuration["limits"] = {"headerCount": 58}
        mesh.inbound.write().reload()


# ---- reload ---------------------------------------------------------------------------------------------------------


def test_a_new_route_holds_after_a_signal(mesh):
    mesh.start()
    with mesh.caller() as client:
        assert client.ask("GET", "/", host="new.shop").status == 404
        mesh.outbound.configuration["outbound"][0]["routes"].append(mesh.route("new.shop", "http"))
        mesh.outbound.write().reload()
        assert client.ask("GET", "/", host="new.shop").status == 200


def test_a_bad_file_changes_nothing_and_is_told(mesh):
    mesh.start()
    generation, rejected = mesh.outbound.loads()
    mesh.outbound.configuration["limits"] = {"headerBytes": "many"}
    with mesh.caller() as client:
        assert client.ask("GET", "/").status == 200
        mesh.outbound.write().reload()
        assert mesh.outbound.loads()[0] == generation and mesh.outbound.loads()[1] > rejected
        assert mesh.outbound.get("/ready")[0] == 200
        assert client.ask("GET", "/").status == 200
        mesh.outbound.wait_output("headerBytes")
        rejected = mesh.outbound.loads()[1]
        mesh.outbound.configuration["limits"] = {"headerBytes": "32KiB"}
        mesh.outbound.write().reload()
        assert mesh.outbound.loads()[0] > generation and mesh.outbound.loads()[1] == rejected
        assert client.ask("GET", "/").status == 200


@pytest.mark.parametrize("text", ["", "kind: [", "a: &a [*a]\n", "kind: Proxy\n" * 2, "\x00\x01\x02", "[" * 5000])
def test_no_text_harms_a_reload(mesh, text):
    mesh.start_application()
    mesh.start_inbound()
    rejected = mesh.inbound.metric("gabion_config_rejected_total")
    mesh.inbound.file.write_text(text)
    mesh.inbound.reload()
    assert mesh.inbound.metric("gabion_config_rejected_total") > rejected
    with mesh.peer() as client:
        assert client.ask("GET", "/").status == 200


def test_a_new_limit_holds_on_an_open_connection_or_the_next(mesh):
    mesh.start_application()
    mesh.start_inbound()
    mesh.inbound.configuration["limits"] = {"requestBodyBytes": "1KiB"}
    mesh.inbound.write().reload()
    with mesh.peer() as client:
        assert client.ask("POST", "/", (), b"x" * 4096).status == 413


def test_a_quiet_connection_to_a_listener_that_is_gone_closes_at_once(mesh):
    mesh.start_application()
    mesh.start_inbound()
    with mesh.peer("wild") as gone, mesh.peer() as kept:
        assert kept.ask("GET", "/").status == 200
        until(lambda: mesh.inbound.connections_open() == 2, "both are connected")
        entries = mesh.inbound.configuration["inbound"]
        mesh.inbound.configuration["inbound"] = [entry for entry in entries if entry["name"] != "wild"]
        mesh.inbound.write()
        mesh.inbound.reload()
        gone.wait_closed()
        assert kept.ask("GET", "/").status == 200
    assert mesh.inbound.wait_audit(reason="policy_changed")


# ---- logs -----------------------------------------------------------------------------------------------------------


def test_a_rotated_log_is_opened_again_after_a_signal(mesh):
    mesh.start_application()
    sidecar = mesh.start_inbound()
    log, rotated = sidecar.folder / "access.log", sidecar.folder / "access.log.1"
    with mesh.peer() as client:
        assert client.ask("GET", "/before").status == 200
        until(lambda: "/before" in log.read_text(), "written")
        log.rename(rotated)
        sidecar.signal(signal.SIGUSR1)
        until(lambda: log.exists() and "logs opened again" in sidecar.output(), "opened again")
        assert client.ask("GET", "/after").status == 200
        until(lambda: "/after" in log.read_text(), "written to the new file")
    assert "/after" not in rotated.read_text()
