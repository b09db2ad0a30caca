"""gRPC C++ clients and servers (libgrpc++) through a pair of sidecars: every kind of call, and every way it ends."""

import json
import subprocess

import pytest

from calls import compile_orders
from mesh import FORWARDING, Mesh
from programs import beside
from waiting import until

OK, CANCELLED, DEADLINE_EXCEEDED, PERMISSION_DENIED, FAILED_PRECONDITION, UNAVAILABLE = 0, 1, 4, 7, 9, 14
CARD, ATTACK = "4111111111111111", "1' UNION SELECT password FROM users--"
CALLER = "URI=spiffe://cluster.local/ns/shop/sa/web"
# What serve() in tests/grpc_cpp/server.cc says of an order that fails: a google.rpc.Status with bytes that are no text.
DETAILS = b"\x08\x09\x12\x0dno such order\x00\xff".hex()
ONLY_PLACE = {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy",
              "metadata": {"name": "methods", "namespace": "shop"},
              "spec": {"podSelector": {"matchLabels": {"app": "orders"}},
                       "ingress": [{"action": "Allow", "ports": [{"port": 8080}], "protocol": "HTTP",
                                    "http": [{"methods": ["POST"], "paths": [{"exact": "/shop.Orders/Place"}]}]}]}}
LIMITS = {"grpcMessageBytes": "16MiB", "decodedRatio": 10000}


class Running:
    """A started client. `lines` it says before its result are read by line(); a line of ours cancels it."""

    def __init__(self, command):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line(self):
        return self._process.stdout.readline().strip()

    def cancel(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def result(self):
        output, _ = self._process.communicate(timeout=40)
        assert self._process.returncode == 0, output
        return json.loads(output)

    def stop(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()


class Pair:
    """The client's sidecar, mTLS, the service's sidecar, a gRPC C++ server."""

    def __init__(self, program, binary, folder, profile):
        descriptors, _ = compile_orders(folder)
        self._program, self._clients = program, []
        self.mesh = Mesh(binary, folder, {**FORWARDING, **profile}, {"grpc": {"descriptors": str(descriptors)}})
        self.said = folder / "server.log"
        with open(self.said, "w", encoding="utf-8") as output:
            self.server = subprocess.Popen([program, "serve", self.mesh.application_endpoint], stdout=output,
                                           stdin=subprocess.DEVNULL)
        until(lambda: "ready" in self.lines(), "the server listens")
        entries = [{**entry, "targetProtocol": "grpc"} for entry in self.mesh.inbound_entries()]
        self.mesh.start_inbound(inbound=entries, deny={"explainToClient": True}, limits=LIMITS)
        self.mesh.start_outbound(limits=LIMITS)

    def lines(self):
        return self.said.read_text(encoding="utf-8").splitlines()

    def start(self, kind, **options):
        words = [f"{name}={value}" for name, value in {"authority": "orders.shop", **options}.items()]
        self._clients.append(Running([self._program, kind, self.mesh.calls, *words]))
        return self._clients[-1]

    def call(self, kind, **options):
        return self.start(kind, **options).result()

    def stop(self):
        for client in self._clients:
            client.stop()
        self.server.kill()
        self.server.wait(30)
        crashes = self.mesh.crashes()
        self.mesh.stop()
        assert crashes == []


@pytest.fixture(scope="module")
def program(binary):
    return beside(binary, "grpc_orders")


@pytest.fixture
def pair(program, binary, tmp_path):
    """pair(profile): see Pair."""
    started = []

    def start(profile):
        started.append(Pair(program, binary, tmp_path, profile))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def inspected(pair):
    return pair({"attacks": "block", "dlp": "pci"})


@pytest.mark.parametrize("gzip", [0, 1], ids=["plain", "gzip"])
@pytest.mark.parametrize("profile", [{}, {"attacks": "block", "dlp": "pci"}], ids=["forwarded", "inspected"])
def test_every_kind_of_call_passes(pair, profile, gzip):
    found = pair(profile)
    placed = found.call("place", bytes=3000, gzip=gzip)
    assert (placed["code"], placed["same"]) == (OK, True)
    assert placed["initial"]["x-served-by"] == "orders" and placed["trailing"]["x-cost"] == "3"
    uploaded = found.call("upload", count=5, gzip=gzip)
    assert (uploaded["code"], uploaded["number"], uploaded["notes"]) == (
        OK, 5, ["".join(f"order {number};" for number in range(5))])
    watched = found.call("watch", count=50, gzip=gzip)
    assert (watched["code"], watched["notes"]) == (OK, [f"order {number}" for number in range(50)])
    chatted = found.call("chat", count=20, gzip=gzip)
    assert (chatted["code"], chatted["notes"]) == (OK, [f"message {number}" for number in range(20)])
    messages = [line for line in found.lines() if line != "ready"]
    assert len(messages) == 1 + 5 + 1 + 20
    assert all(line.count("URI=") == 1 and CALLER in line for line in messages)
    until(lambda: found.mesh.inbound.metric("istio_requests_total", request_protocol="grpc",
                                            grpc_response_status="0") == 4, "the calls are counted")


def test_many_calls_share_a_channel(inspected):
    assert inspected.call("many", threads=16, count=25) == {"same": 400, "calls": 400}


@pytest.mark.parametrize("gzip", [0, 1], ids=["plain", "gzip"])
def test_ten_megabytes_in_one_message_both_ways(inspected, gzip):
    found = inspected.call("place", bytes=10_000_000, gzip=gzip)
    assert (found["code"], found["same"]) == (OK, True), found
    until(lambda: inspected.mesh.inbound.metric("gabion_hold_bytes") == 0, "nothing is held")


def test_a_message_over_the_limit_is_refused_and_not_seen(inspected):
    found = inspected.call("place", bytes=17 << 20)
    assert found["code"] == 8 and "message_limit" in found["message"]
    assert inspected.lines() == ["ready"]


def test_a_cancelled_call_is_cancelled_at_the_server(inspected):
    client = inspected.start("place", note="slow", cancel=1)
    until(lambda: any(line.startswith("Place slow") for line in inspected.lines()), "the call has arrived")
    client.cancel()
    assert client.result()["code"] == CANCELLED
    until(lambda: "cancelled Place" in inspected.lines(), "the server was told")


def test_a_stream_is_cancelled_between_two_messages(inspected):
    client = inspected.start("chat", count=3, cancel=1)
    assert client.line() == "open"
    client.cancel()
    found = client.result()
    assert (found["code"], len(found["notes"])) == (CANCELLED, 3)
    until(lambda: "cancelled Chat" in inspected.lines(), "the server was told")
    assert inspected.call("place", note="after")["same"], "the connection goes on"


def test_a_deadline_reaches_the_server_and_ends_the_call_everywhere(inspected):
    found = inspected.call("place", note="slow", timeout_ms=4000)
    assert found["code"] == DEADLINE_EXCEEDED, found
    left = [int(line.split()[1]) for line in inspected.lines() if line.startswith("deadline ")]
    assert len(left) == 1 and left[0] <= 4000, "what the client allowed, or less: without a deadline the server has ages"
    until(lambda: "cancelled Place" in inspected.lines(), "the server was told")
    for sidecar in (inspected.mesh.outbound, inspected.mesh.inbound):
        line = sidecar.wait_access(path="/shop.Orders/Place")
        told = (line["reason"], line.get("grpc_status"))
        # Whose clock rings first is nobody's to say: ours, the client's, or the server's own for the rest of it.
        assert line["reason"] in ("deadline_exceeded", "client_closed") or line.get("grpc_status") in (4, "4"), told
    assert inspected.call("place", note="after")["same"], "the connection goes on"


@pytest.mark.parametrize("kind,notes", [("place", [""]), ("watch", ["order 0", "order 1"]), ("chat", None)])
def test_an_error_arrives_with_its_details(inspected, kind, notes):
    """Of a unary call, after messages of a stream, and at once: message with UTF-8 and control bytes, binary details."""
    found = inspected.call(kind, note="fail", count=2)
    assert (found["code"], found["message"]) == (FAILED_PRECONDITION, "no such order: 4711 \u00e9\n%")
    assert found["details"] == DETAILS
    assert found.get("notes") == notes
    if kind == "place":
        assert found["trailing"]["x-cost"] == "3"


def test_a_denied_method_says_why(inspected):
    inspected.mesh.put_policy(ONLY_PLACE)
    inspected.mesh.inbound.reload()
    assert inspected.call("place", note="fine")["same"]
    for kind in ("upload", "watch", "chat"):
        found = inspected.call(kind, count=2)
        assert found["code"] == PERMISSION_DENIED, found
        assert "policy_denied" in found["message"] and "shop/methods" in found["message"]
    assert [line.split()[0] for line in inspected.lines()] == ["ready", "Place"]


def test_an_attack_and_a_card_in_a_stream(inspected):
    found = inspected.call("chat", note=ATTACK, count=2)
    assert found["code"] == PERMISSION_DENIED and "attack_detected" in found["message"], found
    # The head of a stream goes on before its messages come: the server may have begun the call, which was cancelled.
    assert [line for line in inspected.lines() if line not in ("ready", "cancelled Chat")] == [], "no message arrived"
    masked = inspected.call("chat", note=f"card {CARD}", count=2)
    assert (masked["code"], masked["notes"]) == (OK, ["card ************1111"] * 2)


def test_a_server_that_is_gone_is_unavailable(inspected):
    inspected.server.kill()
    inspected.server.wait(30)
    assert inspected.call("place", note="anybody")["code"] == UNAVAILABLE
