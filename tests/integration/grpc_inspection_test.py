"""gRPC calls as inspection sees them: messages judged one by one, both ways, before any of them leaves."""

import time

import pytest

from calls import CallService, call_head, chunk, compile_orders, framed, messages_of
from mesh import FORWARDING, Mesh
from raw_client import Closed
from waiting import until

CARD = "4111111111111111"
ATTACK = "1' UNION SELECT password FROM users--"
PLACE = "/shop.Orders/Place"
RULES = 'SecRequestBodyAccess On\nSecRule ARGS:shop.Order.items.0.name "@contains evil" "id:1001,phase:2,deny,log"\n'
POLICY = {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy",
          "metadata": {"name": "methods", "namespace": "shop"},
          "spec": {"podSelector": {"matchLabels": {"app": "orders"}},
                   "ingress": [{"action": "Allow", "ports": [{"port": 8083}], "protocol": "HTTP",
                                "http": [{"methods": ["POST"], "paths": [{"exact": PLACE},
                                                                         {"exact": "/shop.Orders/Watch"},
                                                                         {"prefix": "/shop.Stats"}]}]}]}}


@pytest.fixture
def calls(binary, tmp_path):
    """start(profile, answer=…, …): a mesh whose plain port has a gRPC service behind it."""
    started = []

    def start(profile, described=True, answer=None, rules=None, fields=(), trailers=(b"grpc-status: 0",), **sections):
        descriptors, order = compile_orders(tmp_path)
        inspection = dict(rules or {})
        if described:
            inspection["grpc"] = {"descriptors": str(descriptors)}
        mesh = Mesh(binary, tmp_path, {**FORWARDING, **profile}, inspection)
        started.append(mesh)
        mesh.order = order
        mesh.service = mesh._keep(CallService(mesh.application_endpoint, answer, trailers, fields))
        mesh.start_inbound(**sections)
        return mesh

    yield start
    for mesh in started:
        crashes = mesh.crashes()
        mesh.stop()
        assert crashes == []


def call(mesh, *frames, method=PLACE, fields=(), **more):
    """The answer to one call whose messages are all there at once."""
    with mesh.plain() as client:
        client.send(call_head(method, *fields, **more), *map(chunk, frames), b"0\r\n\r\n")
        return client.read("POST")


def status_of(answer):
    """(grpc-status, where it stood, grpc-message)"""
    place = "trailers" if "grpc-status" in answer.trailers else "head"
    fields = answer.trailers if place == "trailers" else answer.headers
    return int(fields["grpc-status"]), place, fields.get("grpc-message", "")


def test_a_call_passes_untouched_and_is_logged(calls):
    mesh = calls({"attacks": "block", "dlp": "pci"})
    frames = [framed(mesh.order(note="first").SerializeToString()), framed(b""),
              framed(mesh.order(note="x" * 70000).SerializeToString())]
    answer = call(mesh, *frames)
    assert (answer.status, status_of(answer)[:2]) == (200, (0, "trailers"))
    assert answer.body == b"".join(frames)
    assert mesh.service.received == frames
    (line,) = until(lambda: mesh.inbound.access(path=PLACE), "the access log")
    assert line["grpc_status"] == 0
    labels = {"request_protocol": "grpc", "grpc_response_status": "0", "response_code": "200"}
    assert mesh.inbound.metric("istio_requests_total", **labels) == 1
    assert mesh.inbound.metric("istio_request_messages_total", **labels) == 3
    assert mesh.inbound.metric("istio_response_messages_total", **labels) == 3


@pytest.mark.parametrize("described", [True, False])
@pytest.mark.parametrize("compressed", [True, False])
def test_an_attack_in_a_field_is_refused(calls, described, compressed):
    mesh = calls({"attacks": "block"}, described)
    order = mesh.order(note="fine")
    order.parent.items.add(name=ATTACK)
    fields = ["grpc-encoding: gzip"] if compressed else []
    answer = call(mesh, framed(order.SerializeToString(), compressed), fields=fields)
    code, _, message = status_of(answer)
    assert (answer.status, code) == (200, 7)
    assert "attack_detected" in message
    assert mesh.service.received == []
    (line,) = until(lambda: mesh.inbound.audit(path=PLACE), "the audit log")
    assert line["grpc_status"] == 7 if "grpc_status" in line else True
    field = line["threats"][0]["field"]
    assert field.startswith("message:shop.order.parent.items.0.name" if described else "message:8")


def test_each_message_of_a_stream_is_judged(calls):
    mesh = calls({"attacks": "block"})
    with mesh.plain() as client:
        client.send(call_head("/shop.Orders/Chat"))
        for round_trip in range(3):
            frame = framed(mesh.order(note=f"message {round_trip}").SerializeToString())
            client.send(chunk(frame))
            until(lambda: len(mesh.service.received) == round_trip + 1, "the service has the message")
        client.send(chunk(framed(mesh.order(note=ATTACK).SerializeToString())))
        answer = client.read("POST")
    assert answer.status == 200
    assert status_of(answer)[:2] == (7, "trailers")
    assert len(messages_of(answer.body)) == 3, "what was judged before is answered"
    assert len(mesh.service.received) == 3
    assert mesh.service.cut.wait(30), "the service sees that the call did not end"


def test_no_byte_of_a_message_leaves_before_its_end(calls):
    mesh = calls({"attacks": "block"})
    frame = framed(mesh.order(note="slowly but surely").SerializeToString())
    with mesh.plain() as client:
        client.send(call_head("/shop.Orders/Chat"))
        for at in range(len(frame)):
            assert mesh.service.received == []
            client.send(chunk(frame[at:at + 1]))
        until(lambda: mesh.service.received == [frame], "the whole message")
        client.send(b"0\r\n\r\n")
        assert client.read("POST").body == frame


@pytest.mark.parametrize("described", [True, False])
@pytest.mark.parametrize("compressed", [True, False])
def test_a_card_in_an_answer_is_masked(calls, described, compressed):
    def answer(frame):
        return [framed(message.SerializeToString(), compressed) for message in messages]

    mesh = calls({"dlp": "pci"}, described, answer, fields=[b"grpc-encoding: gzip"] if compressed else [])
    messages = [mesh.order(note=f"pay with {CARD} please"), mesh.order(note="nothing"), mesh.order()]
    messages[2].parent.parent.labels["card"] = CARD
    messages[2].parent.items.add(name="behind")
    found = call(mesh, framed(mesh.order(note="ask").SerializeToString()), method="/shop.Orders/Watch")
    first, second, third = map(mesh.order.FromString, messages_of(found.body))
    assert first.note == "pay with ************1111 please"
    assert second.note == "nothing"
    assert third.parent.parent.labels["card"] == "************1111"
    assert third.parent.items[0].name == "behind"


def test_a_replacement_of_another_length_leaves_a_message(calls):
    rules = {"dlp": {"profiles": {"own": {"types": ["CREDIT_CARD"], "rules": [{"action": "replace"}]}}}}
    mesh = calls({"dlp": "own"}, rules=rules)
    order = mesh.order(note="outer", number=int(CARD))
    order.parent.parent.items.add(name=f"{CARD}, " + "x" * 120)
    (masked,) = map(mesh.order.FromString, messages_of(call(mesh, framed(order.SerializeToString())).body))
    assert masked.parent.parent.items[0].name == "[CREDIT_CARD], " + "x" * 120
    assert masked.note == "outer"
    assert masked.number != int(CARD)


def test_rules_see_named_arguments_in_every_message(calls, tmp_path):
    (tmp_path / "rules.conf").write_text(RULES)
    mesh = calls({"waf": {"rules": "mine", "mode": "block"}},
                 rules={"waf": {"mine": {"entry": str(tmp_path / "rules.conf")}}})
    good, other, evil = mesh.order(note="evil"), mesh.order(), mesh.order()
    other.items.add(name="fine")
    other.items.add(name="evil")
    evil.items.add(name="evil")
    answer = call(mesh, *(framed(order.SerializeToString()) for order in (good, other)))
    assert status_of(answer)[0] == 0
    assert len(messages_of(answer.body)) == 2
    answer = call(mesh, *(framed(order.SerializeToString()) for order in (good, other, evil)))
    assert status_of(answer)[0] == 7
    assert len(mesh.service.received) <= 4


def test_methods_are_paths_to_a_policy(calls):
    mesh = calls({"attacks": "off"}, deny={"explainToClient": True})
    mesh.put_policy(POLICY)
    mesh.inbound.reload()
    assert status_of(call(mesh, framed(b"")))[0] == 0
    for method in ("/shop.Orders/Watch", "/shop.Stats/All"):
        assert status_of(call(mesh, framed(b""), method=method))[0] == 0
    for method in ("/shop.Orders/Chat", "/shop.Orders/place", "/shop.Orders/Place/", "/other.Orders/Place"):
        answer = call(mesh, framed(b""), method=method)
        code, place, message = status_of(answer)
        assert (answer.status, code, place) == (200, 7, "head"), method
        assert answer.headers["content-type"] == "application/grpc"
        assert answer.body == b""
        assert "policy_denied" in message


@pytest.mark.parametrize("body, code, reason", [
    (b"\x07garbage", 13, "bad_message"),
    (framed(b"\x0a\x7fshort"), 13, "bad_message"),
    (framed(b"x")[:-1], 13, "bad_message"),
    (b"\x01" + framed(b"x")[1:], 13, "bad_message"),
    (b"\x00\x7f\xff\xff\xff", 8, "message_limit"),
])
def test_what_cannot_be_judged_is_refused(calls, body, code, reason):
    mesh = calls({"attacks": "block"})
    found, _, message = status_of(call(mesh, body))
    assert found == code
    assert reason in message
    assert mesh.service.received == []


def test_an_unknown_encoding_is_refused_and_not_asked_for(calls):
    mesh = calls({"attacks": "block", "dlp": "pci"})
    answer = call(mesh, b"\x01" + framed(b"x")[1:], fields=["grpc-encoding: snappy"])
    assert status_of(answer)[0] == 12
    call(mesh, framed(b""), fields=["grpc-accept-encoding: snappy, gzip, identity"])
    assert mesh.service.heads[-1]["grpc-accept-encoding"] == "gzip,identity"


def test_a_bomb_is_refused(calls):
    mesh = calls({"attacks": "block"})
    answer = call(mesh, framed(b"\0" * (20 << 20), compressed=True), fields=["grpc-encoding: gzip"])
    assert status_of(answer)[0] == 8


def test_a_message_of_ten_megabytes_passes_where_the_limit_allows_it(calls):
    mesh = calls({"attacks": "block", "dlp": "pci"}, limits={"grpcMessageBytes": "16MiB"})
    frame = framed(mesh.order(note="word " * (2 << 20)).SerializeToString())
    answer = call(mesh, frame)
    assert status_of(answer)[0] == 0
    assert answer.body == frame
    until(lambda: mesh.inbound.metric("gabion_hold_bytes") == 0, "nothing is held")


def test_a_deadline_ends_the_call(calls):
    mesh = calls({"attacks": "block"}, answer=lambda frame: time.sleep(40) or [frame])
    began = time.monotonic()
    answer = call(mesh, framed(b""), fields=["grpc-timeout: 300m"])
    assert status_of(answer)[0] == 4
    assert "deadline_exceeded" in status_of(answer)[2]
    assert time.monotonic() - began < 30, "not when the service had answered"
    assert status_of(call(mesh, framed(b""), fields=["grpc-timeout: soon"]))[0] == 13


def test_a_client_that_goes_away_takes_the_call_with_it(calls):
    mesh = calls({"attacks": "block"})
    with mesh.plain() as client:
        client.send(call_head("/shop.Orders/Chat"), chunk(framed(b"")))
        until(lambda: mesh.service.received, "the call has begun")
    assert mesh.service.cut.wait(30)
    until(lambda: mesh.inbound.metric("gabion_hold_bytes") == 0, "nothing is held")


def test_the_service_away_is_unavailable(calls):
    mesh = calls({"attacks": "block"})
    mesh.service.stop()
    answer = call(mesh, framed(b""))
    assert (answer.status, status_of(answer)[0]) == (200, 14)


def test_a_service_that_breaks_off_is_told_by_a_cut(calls):
    def answer(frame):
        yield framed(b"whole")
        yield framed(b"half of it")[:-3]
        raise ValueError("the service gives up within a message")

    mesh = calls({"attacks": "block"}, answer=answer)
    with mesh.plain() as client:
        client.send(call_head("/shop.Orders/Chat"), chunk(framed(b"")))
        with pytest.raises(Closed):
            client.read("POST")


def test_a_service_that_breaks_off_between_messages_is_told_by_a_status(calls):
    def answer(frame):
        yield framed(b"whole")
        raise ValueError("the service gives up")

    mesh = calls({"attacks": "block"}, answer=answer)
    with mesh.plain() as client:
        client.send(call_head("/shop.Orders/Chat"), chunk(framed(b"")))
        answer = client.read("POST")
    assert answer.body == framed(b"whole")
    assert status_of(answer)[:2] == (14, "trailers")


def test_a_profile_that_only_logs_lets_everything_pass(calls):
    mesh = calls({"attacks": "log"})
    frames = [framed(mesh.order(note=ATTACK).SerializeToString()), framed(b"\x0a\x7fshort")]
    answer = call(mesh, *frames)
    assert answer.body == b"".join(frames)
    assert status_of(answer)[0] == 0
