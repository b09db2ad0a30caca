"""A check is worth something only if it can fail: haproxy, broken in one way after the other, and haproxy as it is."""

import dataclasses

import pytest

from compare import call_checks, checks, scenario
from peers.haproxy import BINARY, Haproxy
from peers.peer import Scene
from rules import Rules
from world import World

pytestmark = pytest.mark.skipif(not BINARY, reason="no haproxy on this machine")

HOP = scenario.load(scenario.FOLDER / "two_hop_get.yaml")
CALLS = scenario.load(scenario.FOLDER / "two_hop_grpc.yaml")
MESSAGES = scenario.load(scenario.FOLDER / "two_hop_websocket.yaml")
POST = scenario.load(scenario.FOLDER / "two_hop_post.yaml")
RULES = scenario.load(scenario.FOLDER / "rules.yaml")


class Broken(Haproxy):
    """haproxy with one piece of a hop's configuration replaced."""

    def __init__(self, hop, before, after):
        super().__init__()
        self._hop, self._before, self._after = hop, before, after

    def configuration(self, hop, values):
        text = super().configuration(hop, values)
        if hop != self._hop:
            return text
        assert self._before in text, f"{self._before} is not in the template"
        return text.replace(self._before, self._after)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    found = World("/nowhere", tmp_path_factory.mktemp("world"))
    yield found
    found.stop()


@pytest.fixture
def scene(world, tmp_path):
    return Scene(world, "two_hop", tmp_path)


def run(scene, asked, peer):
    point = asked.points[0]
    scene = dataclasses.replace(scene, rules=point.rules, topology=asked.topology, protocol=point.load.protocol)
    try:
        peer.start(scene)
        checks.run(scene, asked, point, peer)
    finally:
        peer.stop()


@pytest.mark.parametrize("asked", [HOP, POST, RULES, CALLS], ids=lambda asked: asked.name)
def test_haproxy_as_it_is_passes(scene, asked):
    run(scene, asked, Haproxy())


@pytest.mark.parametrize("asked,hop,before,after,check", [
    (HOP, "inbound", "verify required", "verify optional", "client_certificate: a client without certificate"),
    (HOP, "inbound", "ca-file", "ca-ignore-err all crt-ignore-err all ca-file",
     "client_certificate: a client of a strange"),
    (HOP, "inbound", "http-request set-header X-Client-Serial %[ssl_c_serial,hex]", "", "identity: "),
    (HOP, "inbound", "%[ssl_c_serial,hex]", "%[req.hdr(X-Client-Serial)]", "identity: "),
    (HOP, "inbound", "default_backend", "http-response set-status 201\n  default_backend",
     "identity: /echo answered 201"),
    (HOP, "outbound", "default_backend", "http-request return status 200 content-type text/plain string short "
     "if { path /index.txt }\n  default_backend", "same_answer: /index.txt: 200 with 5 bytes"),
    (POST, "outbound", "default_backend", "http-request set-path /json if METH_POST\n  default_backend", "body: "),
    (RULES, "inbound", "http-request deny", "# http-request deny", "policy: GET /rule/11 was answered 200, not 403"),
    (RULES, "inbound", "METH_GET", "", "policy: DELETE /rule/1 was answered"),
    (CALLS, "inbound", "verify required", "verify optional", "call_client_certificate: a client without certificate"),
    (CALLS, "inbound", "%[ssl_c_serial,hex]", "%[req.hdr(X-Client-Serial)]", "call_identity: "),
    (CALLS, "outbound", "default_backend", "http-request return status 200 content-type application/grpc hdr "
     "grpc-status 0 string short if { path /shop.Orders/Place }\n  default_backend", "call_identity: "),
])
def test_a_peer_that_does_less_fails(scene, asked, hop, before, after, check):
    with pytest.raises(checks.Failed, match=check):
        run(scene, asked, Broken(hop, before, after))


def test_a_peer_that_believes_any_server_fails(scene, monkeypatch):
    careless = "verify required verifyhost", "verify none verifyhost"
    monkeypatch.setattr(checks, "make", lambda name: Broken("outbound", *careless))
    with pytest.raises(checks.Failed, match="server_certificate: a strange server was told b'GET /echo"):
        run(scene, HOP, Haproxy())


def test_a_peer_that_calls_any_server_fails(scene, monkeypatch):
    monkeypatch.setattr(call_checks, "make", lambda name: Broken("outbound", "verify required verifyhost",
                                                                 "verify none verifyhost"))
    with pytest.raises(checks.Failed, match="call_server_certificate: a strange server was told b'(PRI|POST)"):
        run(scene, CALLS, Haproxy())


def test_promises_are_checked_in_what_the_load_speaks(scene, tmp_path):
    for asked, names in ((HOP, ["attack", "card"]), (CALLS, ["call_attack", "call_card"]),
                         (MESSAGES, ["message_attack", "message_card"])):
        peer = Haproxy()
        peer.blocks_attacks = peer.masks_cards = True
        assert checks.wanted_of(asked, peer)[-2:] == names
    peer = Haproxy()
    peer.blocks_attacks = True
    with pytest.raises(checks.Failed, match="call_attack: an attack was answered"):
        run(scene, CALLS, peer)
    peer = Haproxy()
    peer.masks_cards = True
    with pytest.raises(checks.Failed, match="call_card: a card number came back"):
        run(dataclasses.replace(scene, folder=tmp_path / "cards"), CALLS, peer)


def test_who_promises_to_look_for_attacks_must_block_them(scene):
    peer = Haproxy()
    peer.blocks_attacks = True
    with pytest.raises(checks.Failed, match="attack: .* was answered 200"):
        run(scene, HOP, peer)


def test_who_promises_to_mask_cards_must_mask_them(scene):
    peer = Haproxy()
    peer.masks_cards = True
    with pytest.raises(checks.Failed, match="card: /card.json: 200"):
        run(scene, HOP, peer)


def test_rules_of_a_policy_are_those_of_the_scenario():
    assert [point.rules for point in RULES.points] == [Rules(1, 10), Rules(1, 1000), Rules(1, 100_000)]
