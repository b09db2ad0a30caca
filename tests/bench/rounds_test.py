"""Peers take turns; who is absent, does not start, fails a check or a request is told apart and never counted."""

import os
import pathlib

import pytest

import measure
from compare import checks, rounds, scenario
from generator import LoadFailed
from peers.peer import Peer

HOP = scenario.load(scenario.FOLDER / "plain_hop.yaml")
IDLE = scenario.load(scenario.FOLDER / "idle_connections.yaml")
COUNTED = {"requests": 100, "seconds": 1.0, "errors": {"total": 0},
           "idle_open": 0, "latency_us": {"p50": 1, "p90": 2, "p99": 3, "p99.9": 4}}


class Actor(Peer):
    """Pretends to be a peer; its process is this one."""

    def __init__(self, name, absent="", falls=""):
        self.name, self._absent, self._falls = name, absent, falls
        self.started = self.stopped = 0

    def missing(self):
        return self._absent

    def version(self):
        return "1"

    def start(self, scene):
        self.started += 1
        assert not self._falls, self._falls

    def stop(self):
        self.stopped += 1

    @property
    def pids(self):
        return [os.getpid()]


class Script:
    """A generator that answers from a list, by peer; what is an exception is raised."""

    def __init__(self, **answers):
        self.answers, self.order = {name: iter(given) for name, given in answers.items()}, []

    def start(self, _load, peer, _scene, seconds, _warmup=0):
        self.order.append((peer.name, seconds))
        return self

    def finish(self):
        name, seconds = self.order[-1]
        answer = COUNTED if seconds < 1 else next(self.answers[name])
        if isinstance(answer, Exception):
            raise answer
        return answer


class Silent:
    def prepared(self, *_):
        pass

    def measured(self, *_):
        pass


@pytest.fixture(autouse=True)
def no_checks(monkeypatch):
    monkeypatch.setattr(checks, "run", lambda *_: None)


def run(tmp_path, actors, script, count=2, asked=HOP):
    point = asked.points[0]
    field = rounds.contestants(None, asked, point, [lambda actor=actor: actor for actor in actors], tmp_path)
    return rounds.run_point(asked, point, field, script, count, Silent())


def test_peers_take_turns_after_a_warm_up_each(tmp_path):
    script = Script(a=[COUNTED] * 2, b=[COUNTED] * 2)
    found = run(tmp_path, [Actor("a"), Actor("b")], script)
    measured = [name for name, seconds in script.order if seconds >= 1]
    assert measured == ["a", "b", "a", "b"]
    assert [name for name, _ in script.order] == ["a", "a", "b", "b"] * 2
    assert [len(found[name]["rounds"]) for name in "ab"] == [2, 2]
    assert found["a"]["rounds"][0]["rate"] == 100 and found["a"]["rounds"][0]["rss"] > 1 << 20


def test_who_is_absent_is_never_started_and_has_no_number(tmp_path):
    absent = Actor("b", absent="not on this machine")
    found = run(tmp_path, [Actor("a"), absent], Script(a=[COUNTED] * 2))
    assert found["b"] == {"status": "absent", "reason": "not on this machine", "version": ""}
    assert (absent.started, absent.stopped) == (0, 0)


def test_who_does_not_start_fails_with_its_words(tmp_path):
    fallen = Actor("b", falls="b ended: bad option")
    found = run(tmp_path, [Actor("a"), fallen], Script(a=[COUNTED] * 2))
    assert found["b"]["status"] == "failed" and "start: b ended: bad option" in found["b"]["reason"]
    assert "rounds" not in found["b"] and fallen.stopped
    assert found["a"]["status"] == "measured"


def test_who_fails_its_check_is_not_measured(tmp_path, monkeypatch):
    def refuse(_scene, _scenario, _point, peer):
        if peer.name == "b":
            raise checks.Failed("identity: nobody is named")

    monkeypatch.setattr(checks, "run", refuse)
    script = Script(a=[COUNTED] * 2)
    found = run(tmp_path, [Actor("a"), Actor("b")], script)
    assert found["b"] == {"status": "failed", "reason": "check identity: nobody is named", "version": "1"}
    assert {name for name, _ in script.order} == {"a"}


@pytest.mark.parametrize("answer,reason", [
    ({**COUNTED, "errors": {"total": 3}}, "round 2: 3 of 100 requests failed"),
    ({**COUNTED, "requests": 0}, "round 2: no request was done"),
    (LoadFailed("gabion-bench ended with 2"), "round 2: gabion-bench ended with 2"),
])
def test_a_round_with_an_error_ends_the_peer_and_its_ratios(tmp_path, answer, reason):
    found = run(tmp_path, [Actor("a"), Actor("b")], Script(a=[COUNTED] * 3, b=[COUNTED, answer]), count=3)
    assert found["b"]["status"] == "failed" and found["b"]["reason"].startswith(reason)
    assert (len(found["a"]["rounds"]), len(found["b"]["rounds"])) == (3, 1)
    assert rounds.ratios(HOP, found, ("a",)) == {"a": {}}


def test_idle_connections_have_to_stand_and_each_round_begins_with_a_fresh_peer(tmp_path):
    actors = [Actor("a"), Actor("b")]
    whole, short = {**COUNTED, "idle_open": 10_000}, {**COUNTED, "idle_open": 9_999}
    found = run(tmp_path, actors, Script(a=[whole] * 2, b=[whole, short]), asked=IDLE)
    assert [actor.started for actor in actors] == [2, 2]
    assert found["a"]["status"] == "measured" and found["a"]["rounds"][1]["idle"] == 10_000
    assert found["b"]["reason"] == "round 2: only 9999 of 10000 idle connections stood open"


def test_all_peers_are_stopped_whatever_happens(tmp_path):
    actors = [Actor("a"), Actor("b")]
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, actors, Script(a=[ZeroDivisionError()], b=[]))
    assert [actor.stopped for actor in actors] == [1, 1]


def test_ratios_are_of_ours_to_every_other(tmp_path):
    found = run(tmp_path, [Actor("a"), Actor("b"), Actor("c")], Script(**{name: [COUNTED] * 2 for name in "abc"}))
    assert {own: list(others) for own, others in rounds.ratios(HOP, found, ("a", "b")).items()} == {
        "a": ["b", "c"], "b": ["a", "c"]}
    assert rounds.ratios(HOP, found, ("a",))["a"]["b"]["rate"]["steady"]


def test_a_thread_that_ends_while_looked_at_is_no_failure():
    assert measure.children_of(pathlib.Path("/proc/self/task/0")) == []
    with pytest.raises(OSError):
        measure.cpu_seconds([2 ** 22 + 1])


def test_cpu_and_memory_are_of_a_whole_tree():
    own = os.getpid()
    assert own in measure.with_children([own])
    before = measure.cpu_seconds([own])
    assert sum(number * number for number in range(2_000_000)) > 0
    assert measure.cpu_seconds([own]) > before
    assert 1 << 20 < measure.pss_bytes([own]) <= measure.rss_bytes([own])
