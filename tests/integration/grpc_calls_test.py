"""Real gRPC clients and servers (grpcio) with a sidecar between them: every kind of call, and every way it ends."""

import concurrent.futures
import threading
import time

import grpc
import pytest

from calls import compile_orders
from grpc_inspection_test import ATTACK, CARD, PLACE, POLICY, RULES
from mesh import FORWARDING, Mesh
from waiting import until

WATCH, UPLOAD, CHAT = "/shop.Orders/Watch", "/shop.Orders/Upload", "/shop.Orders/Chat"
TEN_MB = 10_000_000
BIG = [("grpc.max_receive_message_length", 32 << 20), ("grpc.max_send_message_length", 32 << 20)]


class Service(grpc.GenericRpcHandler):
    """Place and Chat echo, Upload answers with all notes, Watch sends `answers`; an order of note "slow" takes 5 s."""

    def __init__(self, order):
        self.order, self.received, self.answers = order, [], []
        self.cancelled = threading.Event()

    def service(self, details):
        wrap = {"deserializer": self.order.FromString, "serializer": self.order.SerializeToString}
        makers = {PLACE: (grpc.unary_unary_rpc_method_handler, self._place),
                  UPLOAD: (grpc.stream_unary_rpc_method_handler, self._upload),
                  WATCH: (grpc.unary_stream_rpc_method_handler, self._watch),
                  CHAT: (grpc.stream_stream_rpc_method_handler, self._chat)}
        if details.method not in makers:
            return None
        make, serve = makers[details.method]
        return make(serve, request_deserializer=wrap["deserializer"], response_serializer=wrap["serializer"])

    def _take(self, order, context):
        self.received.append(order)
        if order.note == "slow":
            context.add_callback(self.cancelled.set)
            self.cancelled.wait(40)
        if order.note == "fail":
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no such order")

    def _place(self, order, context):
        self._take(order, context)
        return order

    def _upload(self, orders, context):
        for order in orders:
            self._take(order, context)
        return self.order(note=" ".join(order.note for order in self.received))

    def _watch(self, order, context):
        self._take(order, context)
        yield from self.answers

    def _chat(self, orders, context):
        context.add_callback(self.cancelled.set)
        for order in orders:
            self._take(order, context)
            yield order


class Bed:
    """A mesh whose plain port has a grpcio server behind it, and a channel to that port."""

    def __init__(self, binary, folder, profile, rules, compression=None, described=True, **sections):
        descriptors, self.order = compile_orders(folder)
        inspection = {**rules, **({"grpc": {"descriptors": str(descriptors)}} if described else {})}
        self.mesh = Mesh(binary, folder, {**FORWARDING, **profile}, inspection)
        self.service = Service(self.order)
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(8), handlers=[self.service], options=BIG,
                                  compression=compression)
        assert self.server.add_insecure_port(self.mesh.application_endpoint)
        self.server.start()
        entries = [{**entry, "targetProtocol": "grpc"} for entry in self.mesh.inbound_entries()]
        self.mesh.start_inbound(inbound=entries, deny={"explainToClient": True}, **sections)
        self.channel = grpc.insecure_channel(self.mesh.listens["plain"], BIG, compression)

    def _stub(self, kind, method):
        return getattr(self.channel, kind)(method, self.order.SerializeToString, self.order.FromString)

    def place(self, order, **options):
        return self._stub("unary_unary", PLACE)(order, **{"timeout": 20, **options})

    def upload(self, orders, **options):
        return self._stub("stream_unary", UPLOAD)(iter(orders), **{"timeout": 20, **options})

    def watch(self, order, **options):
        return self._stub("unary_stream", WATCH)(order, **{"timeout": 20, **options})

    def chat(self, orders, **options):
        return self._stub("stream_stream", CHAT)(orders, **{"timeout": 20, **options})

    def stop(self):
        self.channel.close()
        self.server.stop(0)
        crashes = self.mesh.crashes()
        self.mesh.stop()
        assert crashes == []


@pytest.fixture
def bed(binary, tmp_path):
    """bed(profile, rules, …): see Bed."""
    started = []

    def start(profile, rules=None, **more):
        started.append(Bed(binary, tmp_path, profile, rules or {}, **more))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def refused(make):
    """(status, details) of a call that does not succeed."""
    with pytest.raises(grpc.RpcError) as caught:
        result = make()
        if not hasattr(result, "SerializeToString"):
            list(result)
    return caught.value.code(), caught.value.details()


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_every_kind_of_call_passes(bed, compression):
    found = bed({"attacks": "block", "dlp": "pci"}, compression=compression)
    orders = [found.order(note=f"order {number} " + "x" * 2000) for number in range(5)]
    assert found.place(orders[0]) == orders[0]
    assert found.upload(orders).note.count("order") == 6
    found.service.answers = orders
    assert list(found.watch(found.order())) == orders
    assert list(found.chat(iter(orders))) == orders
    until(lambda: found.mesh.inbound.metric("istio_requests_total", request_protocol="grpc",
                                            grpc_response_status="0") == 4, "the four calls are counted")


def test_messages_go_back_and_forth_one_by_one(bed):
    found = bed({"attacks": "block", "dlp": "pci"})
    sent = []

    def orders():
        for number in range(10):
            sent.append(number)
            yield found.order(note=str(number))
            until(lambda: len(answers) > number, "the answer to this message came before the next was sent")

    answers = []
    for answer in found.chat(orders()):
        answers.append(answer.note)
    assert answers == [str(number) for number in range(10)]


def test_a_service_may_speak_before_the_client_does(bed):
    """A head does not wait for messages: the service's own status comes although nothing was sent."""
    found = bed({"attacks": "block", "dlp": "pci"})
    done = threading.Event()

    def never():
        done.wait(30)
        yield from ()

    call = found.chat(never())
    until(lambda: found.mesh.inbound.metric("gabion_active_exchanges") == 1, "the call is under way")
    done.set()
    assert list(call) == []
    assert call.code() == grpc.StatusCode.OK


def test_the_services_own_status_and_metadata_pass(bed):
    found = bed({"attacks": "block", "dlp": "pci"})
    assert refused(lambda: found.place(found.order(note="fail"))) == (grpc.StatusCode.FAILED_PRECONDITION,
                                                                      "no such order")
    unknown = found.channel.unary_unary("/shop.Orders/Nothing", lambda data: data, lambda data: data)
    with pytest.raises(grpc.RpcError) as caught:
        unknown(b"", timeout=30)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    (line,) = until(lambda: found.mesh.inbound.access(path=PLACE), "the access log")
    assert line["grpc_status"] == 9


def test_a_denied_call_says_why(bed):
    found = bed({"attacks": "off"})
    found.mesh.put_policy(POLICY)
    found.mesh.inbound.reload()
    assert found.place(found.order(note="fine")).note == "fine"
    code, details = refused(lambda: found.chat(iter([found.order()])))
    assert code == grpc.StatusCode.PERMISSION_DENIED
    assert "policy_denied" in details
    assert "shop/methods" in details


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
def test_a_card_in_a_message_is_masked(bed, compression):
    found = bed({"dlp": "pci"}, compression=compression)
    found.service.answers = [found.order(note=f"card {CARD}"), found.order(note="none"), found.order()]
    found.service.answers[2].parent.items.add(name=CARD)
    first, second, third = found.watch(found.order())
    assert first.note == "card ************1111"
    assert second.note == "none"
    assert third.parent.items[0].name == "************1111"


@pytest.mark.parametrize("described", [True, False])
def test_an_attack_in_a_field_ends_the_call(bed, described):
    found = bed({"attacks": "block"}, described=described)
    bad = found.order()
    bad.parent.items.add(name=ATTACK)
    code, details = refused(lambda: found.place(bad))
    assert code == grpc.StatusCode.PERMISSION_DENIED
    assert "attack_detected" in details
    assert found.service.received == []
    answers, both = [], threading.Event()

    def orders():
        yield found.order(note="one")
        yield found.order(note="two")
        both.wait(30)  # else the call might be refused before the service hears of it
        yield bad

    with pytest.raises(grpc.RpcError) as caught:
        for answer in found.chat(orders()):
            answers.append(answer.note)
            if len(answers) == 2:
                both.set()
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert answers == ["one", "two"] and len(found.service.received) == 2
    assert found.service.cancelled.wait(30), "the service learns that the call is over"


def test_rules_judge_every_message(bed, tmp_path):
    (tmp_path / "rules.conf").write_text(RULES)
    found = bed({"waf": {"rules": "mine", "mode": "block"}}, {"waf": {"mine": {"entry": str(tmp_path / "rules.conf")}}})
    good, evil = found.order(), found.order()
    good.items.add(name="good")
    evil.items.add(name="evil")
    assert found.upload([good, good]).note == " "
    code, details = refused(lambda: found.upload([good, evil]))
    assert code == grpc.StatusCode.PERMISSION_DENIED
    assert "1001" in details


def test_deadlines_are_kept_by_the_proxy_too(bed):
    found = bed({"attacks": "block"})
    began = time.monotonic()
    assert refused(lambda: found.place(found.order(note="slow"), timeout=0.5))[0] == grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - began < 30, "not when the service had answered"
    assert found.service.cancelled.wait(30), "the service was told"


def test_a_cancelled_call_is_cancelled_at_the_service(bed):
    found = bed({"attacks": "block", "dlp": "pci"})
    call = found._stub("unary_unary", PLACE).future(found.order(note="slow"), timeout=20)
    until(lambda: found.service.received, "the call has arrived")
    call.cancel()
    assert found.service.cancelled.wait(30)
    until(lambda: found.mesh.inbound.metric("gabion_hold_bytes") == 0, "nothing is held")


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
def test_ten_megabytes_in_one_message(bed, compression):
    found = bed({"attacks": "block", "dlp": "pci"}, compression=compression,
                limits={"grpcMessageBytes": "16MiB", "decodedRatio": 10000})
    order = found.order(note="some words " * (TEN_MB // 11))
    assert found.place(order) == order
    until(lambda: found.mesh.inbound.metric("gabion_hold_bytes") == 0, "nothing is held")


def test_a_message_over_the_limit_is_refused(bed):
    found = bed({"attacks": "block"})
    code, details = refused(lambda: found.place(found.order(note="x" * (5 << 20))))
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "message_limit" in details


def test_a_service_away_is_unavailable(bed):
    found = bed({"attacks": "block"})
    found.server.stop(0).wait(30)
    assert refused(lambda: found.place(found.order()))[0] == grpc.StatusCode.UNAVAILABLE


def test_many_calls_at_once(bed):
    found = bed({"attacks": "block", "dlp": "pci"})
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        notes = [f"call {number} {CARD}" for number in range(200)]
        answers = list(pool.map(lambda note: found.place(found.order(note=note)).note, notes))
    assert answers == [note.replace(CARD, "************1111") for note in notes]
