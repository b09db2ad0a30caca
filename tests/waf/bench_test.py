"""The cost comparison takes turns, compares equals, and its requests are ordinary ones."""

import base64

import pytest

from crs import engines
from waf import requests, rounds

NAMES = ["ours", "theirs"]


def made_up(costs, rules=None):
    """A replay of one request whose cost is the next of `costs` of its engine."""
    calls = []

    def replay(name, _rules, _rows, *_options):
        calls.append(name)
        cost = costs[name][calls.count(name) - 1]
        return [{"id": "r", "rules": (rules or {}).get(name, []), "inbound_score": 0, "cpu_us_min": cost, "cpu_us_mean": cost + 1}]

    return replay, calls


def test_engines_take_turns():
    replay, calls = made_up({"ours": [1, 2], "theirs": [3, 4]})
    rounds.turns(NAMES, [], None, 2, [], replay)
    assert calls == ["ours", "theirs"] * 2


def test_figures_and_ratio_of_paired_rounds():
    replay, _ = made_up({"ours": [9, 19, 39], "theirs": [99, 199, 399]})
    found = rounds.summary(rounds.turns(NAMES, [], None, 3, [], replay))
    assert found["r"]["ours"]["min"] == 9 and found["r"]["ours"]["mean"] == 20
    assert rounds.compared(found["r"], *NAMES)["mean"]["median"] == pytest.approx(0.1)
    assert "×0.10 (0.10–0.10)" in rounds.table(found, NAMES)


def test_different_verdicts_are_not_compared():
    replay, _ = made_up({"ours": [1, 1], "theirs": [2, 2]}, {"ours": [942100], "theirs": []})
    found = rounds.summary(rounds.turns(NAMES, [], None, 2, [], replay))
    assert rounds.compared(found["r"], *NAMES) == "not the same verdict: [942100] and []"
    assert "not the same verdict" in rounds.table(found, NAMES)


def test_one_engine_has_no_ratio():
    replay, _ = made_up({"ours": [1, 1]})
    text = rounds.table(rounds.summary(rounds.turns(["ours"], [], None, 2, [], replay)), ["ours"])
    assert "÷" not in text and "2.0 (2.0–2.0)  1.0" in text


def test_the_requests_are_as_large_as_they_say():
    sizes = {row["id"]: len(base64.b64decode(row["body_b64"])) for row in requests.ROWS}
    assert sizes["JSON, 170 B"] == 170 and sizes["JSON, 430 B"] == 430 and sizes["one argument, 10 KB"] == 10245
    assert len(requests.FORM) == 10
    assert len(base64.b64decode(requests.ROWS[-1]["response"]["body_b64"])) == 8192
    assert len({row["id"] for row in requests.ROWS}) == len(requests.ROWS) == 7


def test_no_rule_takes_notice_of_the_requests():
    yardstick = engines.built("modsecurity_replay", "GABION_YARDSTICK")
    if not yardstick or not yardstick.is_file():
        pytest.skip("modsecurity_replay is not built: libmodsecurity-dev was missing")
    found = engines.replay("modsecurity", engines.RULES / "defaults.conf", requests.ROWS)
    assert {one["id"]: one["rules"] for one in found if one["rules"]} == {}
