"""Who may connect: TLS modes, wrong certificates, resumption, rotation, and connections that outlive their reason."""

import datetime
import json
import socket
import ssl
import subprocess
import time

import pytest
from cryptography import x509

from addresses import split
from certificates import MINUTE, Authority, spiffe, write_file
from mesh import ORDERS_ID
from raw_client import Closed, RawClient, request, tls_setting
from waiting import until

WEB = spiffe("shop", "web")

# name: (leaf maker (mesh root, stranger) or None, audit reason, alerts; empty = any alert)
WRONG = {
    "no certificate": (None, "no_client_certificate", {"CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE"}),
    "untrusted authority": (lambda root, stranger: stranger.leaf(WEB), "client_certificate_untrusted", {"UNKNOWN_CA"}),
    "expired": (lambda root, _: root.leaf(WEB, since=-30 * MINUTE, until=-MINUTE), "client_certificate_expired",
                {"CERTIFICATE_EXPIRED"}),
    "not yet valid": (lambda root, _: root.leaf(WEB, since=30 * MINUTE), "client_certificate_expired", set()),
    "wrong trust domain": (lambda root, _: root.leaf(spiffe("shop", "web", "other.local")), "trust_domain", set()),
    "two ids": (lambda root, _: root.leaf(WEB, spiffe("shop", "admin")), "client_certificate_identity", set()),
    "no id": (lambda root, _: root.leaf(), "client_certificate_identity", set()),
    "id of no workload": (lambda root, _: root.leaf("spiffe://cluster.local/x/y"), "client_certificate_identity", set()),
    "not a SPIFFE id": (lambda root, _: root.leaf("https://cluster.local/ns/shop/sa/web"), "client_certificate_identity",
                        set()),
    "a leaf that is an authority": (lambda root, _: root.leaf(WEB, authority=True), "client_certificate_identity",
                                    set()),
}
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def refusal(mesh, port, leaf_paths, maximum=None):
    """The TLS alert that ended the attempt, e.g. "UNKNOWN_CA"."""
    setting = tls_setting(mesh.root.pem, leaf_paths, maximum=maximum)
    try:
        with RawClient(mesh.listens[port], source=mesh.address("web-0"), tls=setting) as client:
            client.read_head()  # in TLS 1.3 the alert comes after the client's handshake
        pytest.fail("there was an answer to nothing")
    except ssl.SSLError as error:
        reason = error.reason
    except Closed as closed:
        reason = getattr(closed.cause, "reason", None)
    assert reason and "ALERT" in reason, f"no alert but {reason}"
    return reason.split("ALERT_")[-1]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("port", ["http", "permissive"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_client_certificate_gets_an_alert_and_an_audit_line(shared, port, wrong, version):
    maker, reason, alerts = WRONG[wrong]
    paths = shared.write_leaf(maker(shared.root, Authority("stranger"))) if maker else None
    alert = refusal(shared, port, paths, VERSIONS[version])
    assert not alerts or alert in alerts
    assert shared.inbound.wait_audit(reason=reason)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("port", ["http", "permissive"])
def test_a_right_client_certificate_is_the_identity(shared, port, version):
    setting = tls_setting(shared.root.pem, shared.identity_of("web-0"), maximum=VERSIONS[version])
    with RawClient(shared.listens[port], source=shared.address("web-0"), tls=setting) as client:
        assert client.socket.version() == f"TLSv{version}"
        assert client.ask("GET", "/").status == 200
    assert shared.inbound.wait_access(response_code=200)["peer_spiffe"] == WEB


@pytest.mark.parametrize("alpn", [["http/1.1"], ["istio-http/1.1", "istio", "http/1.1"],
                                  ["istio-peer-exchange", "istio"]])
def test_the_mesh_names_of_alpn_are_accepted(shared, alpn):
    setting = tls_setting(shared.root.pem, shared.identity_of("web-0"), alpn=alpn)
    with RawClient(shared.listens["permissive"], source=shared.address("web-0"), tls=setting) as client:
        assert client.ask("GET", "/").status == 200


def test_plain_text_on_a_strict_port_is_closed(shared):
    seen = len(shared.application.requests)
    with shared.plain("http") as client:
        client.send(request("GET", "/"))
        client.wait_closed()
    assert shared.inbound.wait_audit(reason="mtls_required")
    assert len(shared.application.requests) == seen


@pytest.mark.parametrize("port", ["permissive", "plain"])
def test_plain_text_is_served_without_identity_elsewhere(shared, port):
    with shared.plain(port) as client:
        assert client.ask("GET", "/").status == 200
    assert not shared.inbound.wait_access(response_code=200).get("peer_spiffe")


def test_permissive_decides_on_single_bytes_too(shared):
    wire = request("GET", "/slow")
    with shared.plain("permissive") as client:
        client.send(*[wire[index:index + 1] for index in range(len(wire))], pause=0.002)
        assert client.read().status == 200


def test_tls_on_a_plain_port_is_closed_and_never_forwarded(shared):
    with pytest.raises((ssl.SSLError, OSError, Closed)):
        with shared.peer("plain") as client:
            client.ask("GET", "/")
    assert shared.inbound.wait_told("protocol_mismatch", "malformed_request")


def test_tls_that_is_not_of_the_mesh_is_refused_on_a_permissive_http_port(shared):
    setting = tls_setting(shared.root.pem, alpn=())
    with pytest.raises((ssl.SSLError, OSError, Closed)):
        with RawClient(shared.listens["permissive"], source=shared.address("web-0"), tls=setting) as client:
            client.ask("GET", "/")
    assert shared.inbound.wait_told("protocol_mismatch", "no_client_certificate")


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\xff\xff" + b"\x00" * 64,
                                     b"\x80\x2e\x01\x03\x01" + b"\x00" * 60, b"\x16\x03\x09\x00\x02\x01\x00"],
                         ids=["short hello", "oversized record", "SSLv2", "odd version"])
def test_a_broken_handshake_closes_that_connection_only(shared, garbage):
    with shared.plain("http") as client:
        client.send(garbage)
        client.half_close()
        try:
            client.read_to_end()
        except Closed:
            pass
    with shared.peer() as client:
        assert client.ask("GET", "/").status == 200


def test_tls_1_1_is_refused(shared):
    command = ["openssl", "s_client", "-connect", shared.listens["http"], "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]
    done = subprocess.run(command, input=b"", capture_output=True, timeout=20)
    assert b"Cipher is (NONE)" in done.stdout
    assert shared.inbound.wait_audit(reason="tls_handshake_failed")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_session_resumes_with_the_same_identity(shared, tmp_path, version):
    certificate, key = shared.identity_of("web-0")
    arguments = ["openssl", "s_client", "-connect", shared.listens["http"], "-bind", shared.address("web-0"), "-cert",
                 str(certificate), "-key", str(key), "-alpn", "http/1.1", "-ign_eof", version]
    wire = request("GET", "/resumed", [("Connection", "close")])

    def ask(*more):
        return subprocess.run([*arguments, *more], input=wire, capture_output=True, timeout=20).stdout

    assert b"HTTP/1.1 200" in ask("-sess_out", str(tmp_path / "session"))
    second = ask("-sess_in", str(tmp_path / "session"))
    assert b"HTTP/1.1 200" in second
    until(lambda: len(shared.inbound.access(path="/resumed", response_code=200)) == 2, "both requests are logged")
    assert {line["peer_spiffe"] for line in shared.inbound.access(path="/resumed")} == {WEB}


def test_the_server_must_be_one_of_the_expected_ids(mesh):
    mesh.start_application()
    mesh.start_inbound()
    expected = {"mode": "MUTUAL", "serverIds": [spiffe("shop", "pay")]}
    mesh.start_outbound(routes=[mesh.route("orders.shop", "http", tls=expected)])
    with mesh.caller() as client:
        assert client.ask("GET", "/").status == 503
    line = mesh.outbound.wait_access(response_code=503)
    assert (line["reason"], line["response_flags"]) == ("upstream_identity", "UF")
    assert mesh.application.requests == []


def test_a_server_that_refuses_our_certificate_is_told_from_one_that_went_away(mesh):
    """In TLS 1.3 its alert comes after our handshake is done, in place of the first bytes of an answer."""
    mesh.start_application()
    mesh.start_inbound()
    stranger = Authority("stranger")
    identity = mesh.write_identity("web-0", stranger.leaf(WEB), mesh.root.pem + stranger.pem)
    mesh.start_outbound(identity=identity)
    with mesh.caller() as client:
        assert client.ask("POST", "/", body=b"hello").status == 503
    line = mesh.outbound.wait_access(response_code=503)
    assert (line["reason"], line["response_flags"]) == ("upstream_tls_failed", "UF")
    assert "alert unknown ca" in line["upstream_transport_failure_reason"]
    assert mesh.inbound.wait_audit(reason="client_certificate_untrusted")
    assert mesh.application.requests == []


def test_the_server_must_have_a_root_we_trust(mesh):
    mesh.start_application()
    stranger = Authority("stranger")
    mesh.start_inbound(identity=mesh.write_identity("orders-0", bundle=mesh.root.pem + stranger.pem))
    mesh.start_outbound(identity=mesh.write_identity("web-0", stranger.leaf(WEB), stranger.pem))
    with mesh.caller() as client:
        assert client.ask("GET", "/").status == 503
    assert mesh.outbound.wait_access(response_code=503)["reason"] in ("upstream_tls_failed", "upstream_identity")


def rotate(mesh, sidecar, pod, leaf, bundle=None):
    """Writes new material and waits until new handshakes use it."""
    mesh.write_identity(pod, leaf, bundle)
    serial = certificate_serial(leaf.chain)
    if pod == "orders-0":
        until(lambda: served_serial(mesh) == serial, "the new certificate is served")


def certificate_serial(pem):
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def served_serial(mesh):
    with mesh.peer(server_name=None) as client:
        return x509.load_der_x509_certificate(client.socket.getpeercert(binary_form=True)).serial_number


def test_a_new_certificate_is_served_and_no_connection_drops(mesh):
    mesh.start()
    with mesh.peer() as old, mesh.caller() as through_both:
        assert old.ask("GET", "/1").status == 200
        assert through_both.ask("GET", "/1").status == 200
        for _ in range(3):
            rotate(mesh, mesh.inbound, "orders-0", mesh.root.leaf(ORDERS_ID))
            assert old.ask("GET", "/2").status == 200
            assert through_both.ask("GET", "/2").status == 200
    assert [line for line in mesh.inbound.access() if line["response_code"] != 200] == []


@pytest.mark.parametrize("broken", ["half a certificate", "the key of another", "expired", "no file"])
def test_bad_material_is_never_loaded(mesh, broken):
    mesh.start_application()
    mesh.start_inbound()
    before = served_serial(mesh)
    folder = mesh.inbound.folder / "certs"
    fresh = mesh.root.leaf(ORDERS_ID)
    if broken == "half a certificate":
        write_file(folder / "tls.crt", fresh.chain[:200])
    elif broken == "the key of another":
        write_file(folder / "tls.crt", fresh.chain)
    elif broken == "expired":
        mesh.root.leaf(ORDERS_ID, since=-30 * MINUTE, until=-MINUTE).write(folder)
    else:
        (folder / "tls.key").unlink()
    mesh.inbound.signal(1)
    deadline = time.monotonic() + 0.6
    while time.monotonic() < deadline:
        assert served_serial(mesh) == before
    with mesh.peer() as client:
        assert client.ask("GET", "/").status == 200
    rotate(mesh, mesh.inbound, "orders-0", fresh)


def test_a_root_may_be_changed_in_three_steps(mesh):
    mesh.start()
    second = Authority("second root")
    both = mesh.root.pem + second.pem
    web_second = second.leaf(WEB)
    with mesh.peer() as first:
        assert first.ask("GET", "/").status == 200
        for pod in ("orders-0", "web-0"):
            mesh.write_identity(pod, bundle=both)
        paths = mesh.write_leaf(web_second)
        until(lambda: accepted(mesh, paths), "the second root is trusted")
        assert first.ask("GET", "/").status == 200
    with mesh.caller() as through_both:
        rotate(mesh, mesh.outbound, "web-0", web_second, both)
        mesh.write_identity("orders-0", second.leaf(ORDERS_ID), both)
        for _ in range(20):
            assert through_both.ask("GET", "/").status == 200


def accepted(mesh, paths):
    try:
        with mesh.peer(leaf_paths=paths) as client:
            return client.ask("GET", "/").status == 200
    except (ssl.SSLError, Closed, OSError):
        return False


def test_a_connection_whose_root_was_removed_closes(mesh):
    mesh.start_application()
    second = Authority("second root")
    mesh.start_inbound(identity=mesh.write_identity("orders-0", bundle=mesh.root.pem + second.pem))
    leaving = mesh.write_leaf(second.leaf(WEB))
    with mesh.peer(leaf_paths=leaving) as old, mesh.peer() as staying:
        assert old.ask("GET", "/").status == 200
        assert staying.ask("GET", "/").status == 200
        write_file(mesh.inbound.folder / "certs" / "ca.crt", mesh.root.pem)
        old.wait_closed()
        assert staying.ask("GET", "/").status == 200
    assert mesh.inbound.wait_audit(reason="root_removed")["peer_spiffe"] == WEB


def test_a_ticket_does_not_outlive_its_root(mesh):
    mesh.start_application()
    second = Authority("second root")
    mesh.start_inbound()
    folder = mesh.inbound.folder / "certs"
    write_file(folder / "ca.crt", mesh.root.pem + second.pem)
    setting = tls_setting(mesh.root.pem, mesh.write_leaf(second.leaf(WEB)), maximum=ssl.TLSVersion.TLSv1_2)

    def connect(session=None):
        plain = socket.create_connection(split(mesh.listens["http"]), 20, (mesh.address("web-0"), 0))
        return setting.wrap_socket(plain, session=session)

    def session_of_now():
        try:
            with connect() as first:
                return first.session
        except OSError:
            return None

    session = until(session_of_now, "the second root is trusted")
    write_file(folder / "ca.crt", mesh.root.pem)
    until(lambda: session_of_now() is None, "the second root is no longer trusted")
    with pytest.raises(OSError):
        connect(session)


def test_a_connection_closes_when_the_certificate_of_its_peer_expires(mesh):
    mesh.start_application()
    mesh.start_inbound()
    short = mesh.write_leaf(mesh.root.leaf(WEB, until=datetime.timedelta(seconds=8)))
    with mesh.peer(leaf_paths=short) as client:
        assert client.ask("GET", "/").status == 200
        client.wait_closed()
    assert mesh.inbound.wait_audit(reason="identity_expired")["peer_spiffe"] == WEB


def test_admin_shows_certificates_and_no_key(shared):
    status, text = shared.inbound.get("/certs")
    assert status == 200 and ORDERS_ID in text
    assert "PRIVATE KEY" not in text
    assert shared.inbound.metric("gabion_cert_expiry_seconds") > 0


def test_the_application_sees_each_request_once(shared):
    count = len(shared.application.requests)
    with shared.peer() as client:
        for number in range(5):
            assert json.loads(client.ask("GET", f"/{number}").body)["target"] == f"/{number}"
    assert len(shared.application.requests) == count + 5
