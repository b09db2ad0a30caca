"""Pods whose traffic is led to a sidecar by rules of the kernel: nginx and curl inside know of nothing."""

import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest

from interception_bed import (EXCLUDED, MUTUAL, PLAIN, SERVICE, STRANGER, UNDECLARED, InterceptionBed, meets_an_end, url)
from namespace_bed import FAMILIES, bed, path_of, running_bed
from pods import PROXY_UID, reachable_by_all, require_namespaces
from waiting import until

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
running = running_bed(InterceptionBed, params=["nft", "legacy"])


def get(stream, path):
    stream.sendall(f"GET {path} HTTP/1.1\r\nhost: orders\r\n\r\n".encode())
    answer = b""
    while not answer.partition(b"\r\n\r\n")[2].endswith(b"\n"):
        more = stream.recv(4096)
        assert more, answer
        answer += more
    return answer


def test_the_proxy_has_no_capability(bed):
    for sidecar in bed.sidecars.values():
        with open(f"/proc/{sidecar.pid}/status", encoding="ascii") as file:
            status = file.read()
        assert re.search(rf"Uid:\s+{PROXY_UID}\s+{PROXY_UID}", status)
        assert re.search(r"CapEff:\s+0+\n", status) and re.search(r"CapPrm:\s+0+\n", status)


@FAMILIES
def test_a_call_goes_through_both_sidecars(bed, family, request):
    orders, web, path = getattr(bed.orders, family), getattr(bed.web, family), path_of(request)
    assert bed.web.curl(url(orders, MUTUAL, path))[:2] == (0, 200)
    out = bed.sidecars["web"].wait_access(path=path, side="egress")
    into = bed.sidecars["orders"].wait_access(path=path, side="ingress")
    assert out["listener"] == "capture-outbound" and out["route_name"] == "shop/orders"
    assert into["listener"] == f"inbound-{MUTUAL}" and into["peer_spiffe"].endswith("/ns/shop/sa/web")
    # The caller's address is in the log; the application sees the address it is called from by its sidecar.
    assert into["downstream_remote_address"].startswith(web if family == "v4" else f"[{web}]")
    assert into["downstream_local_address"] == out["downstream_local_address"]
    assert bed.seen(path) == [("127.0.0.6" if family == "v4" else "::6", MUTUAL)]


@FAMILIES
def test_a_route_of_the_configuration_comes_first(bed, family, request):
    path = path_of(request)
    assert bed.web.curl(url(getattr(bed.orders, family), PLAIN, path))[:2] == (0, 200)
    assert bed.sidecars["web"].wait_access(path=path)["listener"] == "plain"
    assert bed.sidecars["orders"].wait_access(path=path)["listener"] == f"inbound-{PLAIN}"


@FAMILIES
def test_a_call_that_no_egress_rule_allows_is_denied_where_it_begins(bed, family, request):
    path = path_of(request)
    assert bed.web.curl(url(getattr(bed.batch, family), MUTUAL, path))[1] == 403
    assert bed.sidecars["web"].wait_access(path=path)["reason"] == "policy_denied"


@FAMILIES
def test_a_caller_that_no_ingress_rule_allows_is_denied(bed, family, request):
    path = path_of(request)
    assert bed.batch.curl(url(getattr(bed.orders, family), PLAIN, path))[1] == 403
    line = bed.sidecars["orders"].wait_access(path=path)
    assert line["reason"] == "policy_denied" and getattr(bed.batch, family) in line["downstream_remote_address"]
    assert bed.seen(path) == []


@FAMILIES
def test_a_caller_outside_the_mesh_gets_no_further_than_its_first_byte(bed, family):
    assert bed.batch.curl(url(getattr(bed.orders, family), MUTUAL))[1] == 0
    bed.sidecars["orders"].wait_audit(reason="mtls_required", listener=f"inbound-{MUTUAL}")


@FAMILIES
def test_an_address_that_nobody_knows_is_refused(bed, family):
    stranger = bed.network.address(STRANGER, 4 if family == "v4" else 6)
    assert bed.web.inside(meets_an_end, stranger, 80)
    line = bed.sidecars["web"].wait_audit(reason="unknown_destination")
    assert stranger in line["downstream_local_address"] and line["listener"] == "capture-outbound"


@FAMILIES
def test_a_port_that_is_not_declared_is_refused(bed, family):
    assert bed.batch.inside(meets_an_end, getattr(bed.orders, family), UNDECLARED)
    line = bed.sidecars["orders"].wait_audit(reason="undeclared_port")
    assert line["downstream_local_address"].endswith(f":{UNDECLARED}")


@FAMILIES
@pytest.mark.parametrize("port", [15006, 15001])
def test_our_own_ports_are_no_way_in(bed, family, port):
    refused = bed.sidecars["orders"].metric("gabion_reason_total", scope="connection", reason="loop_refused")
    assert bed.batch.inside(meets_an_end, getattr(bed.orders, family), port)
    assert bed.orders.inside(meets_an_end, "127.0.0.1" if family == "v4" else "::1", port)
    until(lambda: bed.sidecars["orders"].metric("gabion_reason_total", scope="connection", reason="loop_refused") == refused + 2,
          "both are counted, and no more: nobody went round")
    until(lambda: len(bed.sidecars["orders"].audit(reason="loop_refused")) == 2, "both are told")


@FAMILIES
def test_an_excluded_port_goes_past_the_sidecar(bed, family, request):
    path = path_of(request)
    with bed.sidecars["orders"].passed_by():
        status, code, seen = bed.batch.curl(url(getattr(bed.orders, family), EXCLUDED, path))
        assert (status, code, seen.strip()) == (0, 200, getattr(bed.batch, family))


@FAMILIES
def test_what_the_sidecars_user_sends_goes_past_its_sidecar(bed, family, request):
    """And is judged at the other end all the same."""
    path = path_of(request)
    with bed.sidecars["web"].passed_by():
        assert bed.web.curl(url(getattr(bed.orders, family), PLAIN, path), uid=PROXY_UID)[1] == 200
    bed.sidecars["orders"].wait_access(path=path)


@FAMILIES
def test_loopback_is_left_alone(bed, family, request):
    path = path_of(request)
    local = "127.0.0.1" if family == "v4" else "::1"
    with bed.sidecars["orders"].passed_by():
        assert bed.orders.curl(url(local, UNDECLARED, path))[1:] == (200, local + "\n")
        assert bed.orders.curl(url(getattr(bed.orders, family), UNDECLARED, path))[1] == 200, "a pod's own address likewise"


def test_a_pod_that_calls_its_own_service_is_judged_both_ways(bed, request):
    path = path_of(request)
    before = bed.sidecars["orders"].metric("gabion_connections_opened_total", side="downstream")
    assert bed.orders.curl(url(bed.network.address(SERVICE), MUTUAL, path))[:2] == (0, 200)
    assert bed.sidecars["orders"].wait_access(path=path, side="egress")["listener"] == "own-service"
    line = bed.sidecars["orders"].wait_access(path=path, side="ingress")
    assert line["peer_spiffe"].endswith("/ns/shop/sa/orders")
    assert bed.seen(path) == [("127.0.0.6", MUTUAL)]
    assert bed.sidecars["orders"].metric("gabion_connections_opened_total", side="downstream") == before + 2, "no loop"


@FAMILIES
def test_a_kept_connection_follows_a_reload(bed, family, request):
    path = path_of(request)
    with bed.web.inside(socket.create_connection, (getattr(bed.orders, family), MUTUAL), 20) as stream:
        assert get(stream, path).startswith(b"HTTP/1.1 200")
        for sidecar in bed.sidecars.values():
            sidecar.reload()
        assert get(stream, path).startswith(b"HTTP/1.1 200")
    assert len(bed.seen(path)) == 2


@pytest.fixture(params=[1, 3], ids=["one worker", "three workers"])
def misplaced(bed, request):
    """The sidecar of web runs as a user whom the rules do not exempt: what it calls is led back to it."""
    sidecar = bed.sidecars["web"]

    def run_as(uid, workers):
        sidecar.stop()
        sidecar.uid, sidecar.configuration["workers"] = uid, workers
        return sidecar.start()

    yield run_as(PROXY_UID + 1, request.param)
    run_as(PROXY_UID, 1)


@FAMILIES
@pytest.mark.parametrize("port", [MUTUAL, PLAIN])
def test_a_sidecar_that_captures_its_own_calls_refuses_them(bed, misplaced, family, port, request):
    """It used to go round until limits.connections refused."""
    path = path_of(request)
    assert bed.web.curl(url(getattr(bed.orders, family), port, path))[1] == 503
    line = misplaced.wait_access(path=path)
    until(lambda: misplaced.audit(reason="loop_refused"), "it is told")
    told, = misplaced.audit(reason="loop_refused")
    assert told["downstream_local_address"] == line["downstream_local_address"] and "our own call" in told["detail"]
    all_told = misplaced.access() + misplaced.audit()
    assert misplaced.metric("gabion_connections_opened_total", side="downstream") == 1, f"the application's: {all_told}"
    assert misplaced.metric("gabion_connections_opened_total", side="upstream") == 1, f"and nobody went round: {all_told}"
    assert bed.seen(path) == []


def test_without_rules_nothing_is_captured(bed, request):
    """Last: takes web's rules away, and puts them back."""
    path = path_of(request)
    assert "removed" in bed.web.run(bed.binary, "net", "remove").stdout
    try:
        with bed.sidecars["web"].passed_by():
            assert bed.web.curl(url(bed.orders.v4, PLAIN, path))[1] == 200
        assert bed.web.inside(meets_an_end, "127.0.0.1", 15001)
        bed.sidecars["web"].wait_audit(reason="loop_refused")
    finally:
        bed.install(bed.web)


@pytest.mark.parametrize("mode", [[], ["tproxy"]])
def test_the_example_of_the_page_prints_what_the_page_says(binary, tmp_path, mode):
    require_namespaces()
    folder = tmp_path / "example"
    shutil.copytree(DOCS / "examples" / "interception", folder)
    for path in [tmp_path, *tmp_path.parents]:  # the sidecar's user must get there
        if path.stat().st_mode & 0o055 != 0o055:
            os.chmod(path, 0o755)
    done = subprocess.run(["sh", folder / "try.sh", reachable_by_all(binary, tmp_path), *mode], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (DOCS / "interception.md").read_text()
    command = " ".join(["sh docs/examples/interception/try.sh /usr/bin/gabion", *mode])
    shown = re.search(rf"    # {command}\n((?:    .*\n)+)", page).group(1)
    assert done.stdout == re.sub("(?m)^    ", "", shown)
