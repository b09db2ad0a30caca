"""What ./dev bench floods makes of its rounds, and when it fails."""

import pytest
from floods.__main__ import chosen, lines_of, verdict
from floods.attacks import ATTACKS, Attack, ending
from floods.rounds import summed, told
from h2_wire import Wire

FLOOD = Attack("flood", lambda wire, over: None)
BESIDE = Attack("(beside)", lambda wire, over: None, is_judged=False)


def one_round(alone, attacked, errors=0, **endings):
    return {"alone": {"p99_us": alone, "errors": 0}, "attacked": {"p99_us": attacked, "errors": errors},
            "rss_before": 10 << 20, "rss_after": 12 << 20, "endings": endings}


def test_the_least_of_each_counts_and_endings_are_added():
    found = summed([one_round(300, 900, calm=2), one_round(400, 700, calm=1, open=1)])
    assert (found["alone_us"], found["attacked_us"], found["most_attacked_us"]) == (300, 700, 900)
    assert found["ratio"] == pytest.approx(7 / 3)
    assert found["endings"] == {"calm": 3, "open": 1}


@pytest.mark.parametrize("rounds,fails", [([one_round(300, 600)], False), ([one_round(300, 601)], True),
                                          ([one_round(300, 300, errors=1)], True),
                                          ([one_round(300, 900), one_round(300, 400)], False)])
def test_more_than_twice_or_a_failed_request_fails_unless_it_is_no_flood(rounds, fails):
    found = {"flood": summed(rounds), "(beside)": summed(rounds)}
    assert verdict(found, [FLOOD, BESIDE]) == (["flood"] if fails else [])


def test_the_table_has_a_line_for_each():
    lines = list(lines_of({"flood": summed([one_round(300, 450, CALM=7)])}, [FLOOD]))
    assert lines[1].split() == "flood 300 (300) 450 (450) 1.50 0 10 → 12 7 CALM".split()


def test_what_gabion_bench_prints_is_what_is_looked_at():
    assert told({"latency_us": {"p50": 1, "p99": 2}, "requests": 3, "errors": {"timeout": 1, "reset": 2}}) == {
        "p50_us": 1, "p99_us": 2, "requests": 3, "errors": 3}


def test_a_name_chooses_what_begins_so_and_none_is_refused():
    assert [each.name for each in chosen(["PING"])] == ["PING"]
    assert chosen(None) == list(ATTACKS)
    with pytest.raises(SystemExit):
        chosen(["nothing"])


def test_an_attacker_is_told_apart_by_what_it_was_told():
    wire = object.__new__(Wire)
    wire.seen, wire.answers, wire.closed = [], {}, True
    assert ending(wire) == "closed"
    wire.closed = False
    assert ending(wire) == "open"
    wire.answers[1] = [(":status", "408")]
    assert ending(wire) == "408"
