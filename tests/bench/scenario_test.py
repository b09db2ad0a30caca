"""Scenarios are read strictly: what is not known is refused with file and key."""

import pytest
import yaml

from compare import scenario
from compare.fields import ScenarioError
from compare.plan import Wish, seconds_of
from generator import mix_of
from rules import RULES_OF_A_POLICY, Rules

GOOD = {"description": "A hop.", "topology": "one_hop", "peers": ["gabion", "haproxy"], "checks": ["same_answer"],
        "load": {"requests": [{"name": "get", "path": "/index.txt"}]}}
SWEPT = {**GOOD,
         "load": {"requests": [{"name": "post", "method": "POST", "path": "/x?{bytes}", "bodyBytes": "{bytes}"}]},
         "sweep": {"parameter": "bytes", "unit": "bytes", "values": [0, "1KiB", "2MiB"]}}


def load(tmp_path, document):
    path = tmp_path / "made_up.yaml"
    path.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
    return scenario.load(path)


@pytest.mark.parametrize("name", scenario.names())
def test_every_scenario_of_ours_loads(name):
    found = scenario.load(scenario.FOLDER / f"{name}.yaml")
    assert found.name == name and found.peers and found.description.endswith(".")


def test_the_default_set_has_ours_against_others_and_ends_in_ten_minutes():
    loaded = [scenario.load(scenario.FOLDER / f"{name}.yaml") for name in scenario.names()]
    quick = [each for each in loaded if each.quick]
    assert len(quick) > 4 and all(each.rounds >= 5 for each in quick)
    present = {"gabion", "gabion-forwarding", "haproxy", "nginx", "nginx-modsecurity"}
    assert sum(seconds_of(each, len(present.intersection(each.peers))) for each in quick) < 600


def test_defaults(tmp_path):
    found = load(tmp_path, GOOD)
    assert (found.rounds, found.seconds, found.unit, found.quick, found.parameter) == (5, 2, "request", False, "")
    assert [(point.value, point.load.connections, point.rules) for point in found.points] == [(None, 32, Rules())]
    assert found.points[0].load.requests[0].expect == (200,)


@pytest.mark.parametrize("change,place", [
    ({"topolgy": "one_hop"}, "made_up.yaml:topolgy: is not known here"),
    ({"topology": "three_hops"}, "made_up.yaml:topology: must be one of"),
    ({"peers": ["haproxy", "traefik"]}, "made_up.yaml:peers: must be a list of"),
    ({"peers": ["haproxy", "haproxy"]}, "made_up.yaml:peers: must be a list of"),
    ({"checks": ["trust"]}, "made_up.yaml:checks: must be a list of"),
    ({"rounds": 0}, "made_up.yaml:rounds: must be a whole number from 1"),
    ({"seconds": True}, "made_up.yaml:seconds: must be a whole number from 1"),
    ({"quick": "yes"}, "made_up.yaml:quick: must be true or false"),
    ({"unit": "mile"}, "made_up.yaml:unit: must be one of"),
    ({"description": 7}, "made_up.yaml:description: must be text"),
    ({"policy": {"rule": 3}}, "made_up.yaml:policy.rule: is not known here"),
    ({"load": {"protocol": "smtp", "requests": [{"name": "a", "path": "/"}]}}, "load.protocol: must be one of"),
    ({"load": {"requests": []}}, "made_up.yaml:load.requests: must be a list"),
    ({"load": {"requests": [{"name": "a"}]}}, "made_up.yaml:load.requests[0].path: is required"),
    ({"load": {"requests": [{"name": "a", "path": "/", "speed": 1}]}}, "load.requests[0].speed: is not known"),
    ({"load": {"requests": [{"name": "a", "path": "/", "bodyBytes": "1 KB"}]}}, "bodyBytes: must be a size"),
    ({"load": {"requests": [{"name": "a", "path": "/"}], "conections": 1}}, "yaml:load.conections: is not known"),
    ({"sweep": {"parameter": "n", "unit": "count", "values": [1]}}, "made_up.yaml:sweep.parameter: nothing uses {n}"),
    ({"sweep": {"parameter": "n", "unit": "count", "values": ["1KiB"]}}, "made_up.yaml:sweep.values: must be count"),
    ({"sweep": {"parameter": "n", "unit": "count", "values": [1], "steps": 2}}, "yaml:sweep.steps: is not known"),
])
def test_what_is_wrong_is_named_by_file_and_key(tmp_path, change, place):
    with pytest.raises(ScenarioError) as refused:
        load(tmp_path, {**GOOD, **change})
    assert place in str(refused.value)


@pytest.mark.parametrize("missing", ["description", "topology", "peers", "load"])
def test_what_is_missing_is_named(tmp_path, missing):
    with pytest.raises(ScenarioError, match=f"made_up.yaml:{missing}: is required"):
        load(tmp_path, {key: value for key, value in GOOD.items() if key != missing})


@pytest.mark.parametrize("text", ["a: [", "- a", "just text", ""])
def test_what_is_no_mapping_is_refused(tmp_path, text):
    with pytest.raises(ScenarioError, match="made_up.yaml:"):
        load(tmp_path, text)


def test_a_sweep_puts_its_values_where_they_are_named(tmp_path):
    found = load(tmp_path, SWEPT)
    assert [(point.value, point.label) for point in found.points] == [(0, "0 B"), (1024, "1 KiB"), (2 << 20, "2 MiB")]
    assert [point.load.requests[0].body_bytes for point in found.points] == [0, 1024, 2 << 20]
    assert [point.load.requests[0].path for point in found.points] == ["/x?0", "/x?1024", "/x?2097152"]


def test_a_mix_says_what_the_scenario_says(tmp_path):
    entry = mix_of(load(tmp_path, SWEPT).points[1].load)["requests"][0]
    assert entry == {"name": "post", "weight": 1, "method": "POST", "path": "/x?1024", "headers": {}, "expect": [200],
                     "bodyBytes": 1024}


@pytest.mark.parametrize("protocol,method,status", [("http2", "GET", 200), ("grpc", "POST", 0), ("websocket", "GET", 101)])
def test_what_is_spoken_says_how_it_is_asked_and_answered(tmp_path, protocol, method, status):
    entries = [{"name": "a", "path": "/a.B/C"}, {"name": "b", "path": "/a.B/D", "method": "PUT", "expect": [7]}]
    found = load(tmp_path, {**GOOD, "load": {"protocol": protocol, "requests": entries}}).points[0].load
    assert [(each.method, each.expect) for each in found.requests] == [(method, (status,)), ("PUT", (7,))]
    assert found.protocol == protocol


def test_the_command_line_goes_before_the_file(tmp_path):
    found = Wish(rounds=2, seconds=7, peers=("haproxy", "nginx")).applied(load(tmp_path, GOOD))
    assert (found.rounds, found.seconds, found.peers) == (2, 7, ("haproxy",))
    assert Wish().applied(load(tmp_path, GOOD)) == load(tmp_path, GOOD)


@pytest.mark.parametrize("policies,rules,documents",
                         [(1, 10, 1), (100, 1000, 100), (1, 100_000, 98), (1000, 1000, 1000)])
def test_policies_share_all_rules(policies, rules, documents):
    wanted = Rules(policies, rules)
    slices = wanted.slices()
    assert len(slices) == documents and max(map(len, slices)) <= RULES_OF_A_POLICY
    assert [path for each in slices for path in each] == wanted.paths()
    assert len(wanted.paths()) >= rules and f"/rule/{rules}" in wanted.paths()
