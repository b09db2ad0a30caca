"""What rounds allow to say: medians, paired ratios, their spread, and when nothing may be said."""

import pytest

from compare import figures

COUNTED = {"requests": 2000, "seconds": 2.0, "handshakes": 500, "bytes_sent": 1 << 20, "bytes_received": 3 << 20,
           "idle_open": 100, "errors": {"total": 0}, "latency_us": {"p50": 1, "p90": 2, "p99": 3, "p99.9": 4, "max": 9}}


def test_a_ratio_is_of_paired_rounds():
    found = figures.ratio([10, 20, 40], [20, 40, 80])
    assert (found["median"], found["min"], found["max"], found["spread"]) == (0.5, 0.5, 0.5, 0)
    assert found["steady"] and figures.ratio_text(found) == "×0.50 (0.50–0.50)"


@pytest.mark.parametrize("ours,theirs,steady,text", [
    ([100, 100, 119], [100, 100, 100], True, "×1.00 (1.00–1.19)"),
    ([90, 100, 111], [100, 100, 100], False, "unsteady (0.90–1.11)"),
    ([100, 100, 100], [100, 100, 70], False, "unsteady (1.00–1.43)"),
    ([100], [50], False, "one round (2.00–2.00)"),
    ([], [], False, "nothing to compare"),
    ([1, 1], [1, 0], False, "nothing to compare"),
    ([0, 0], [1, 1], False, "unsteady (0.00–0.00)"),
])
def test_no_ratio_is_printed_when_rounds_disagree_by_more_than_a_fifth(ours, theirs, steady, text):
    found = figures.ratio(ours, theirs)
    assert found["steady"] is steady
    assert figures.ratio_text(found) == text


def test_the_order_of_rounds_matters_not_their_size():
    drifting = figures.ratio([10, 20, 40, 80], [11, 22, 44, 88])
    assert drifting["steady"]
    assert not figures.ratio([10, 20, 40, 80], [88, 44, 22, 11])["steady"]


@pytest.mark.parametrize("unit,cpu,rate", [("request", 500.0, 1000), ("handshake", 2000.0, 250), ("MiB", 250_000.0, 2)])
def test_cost_is_cpu_by_unit_of_work(unit, cpu, rate):
    found = figures.of_round(unit, COUNTED, 1.0, {"rss": 5, "pss": 4}, 0)
    assert (found["cpu"], found["rate"], found["p99.9"], found["rss"]) == (cpu, rate, 4, 5)


def test_idle_connections_share_the_memory_gained():
    found = figures.of_round("idle connection", COUNTED, 1.0, {"rss": 5, "pss": 4}, 6400)
    assert (found["idle_bytes"], found["idle"]) == (64, 100)


@pytest.mark.parametrize("unit", figures.UNITS)
def test_no_work_is_no_cost(unit):
    nothing = {**COUNTED, "requests": 0, "handshakes": 0, "bytes_sent": 0, "bytes_received": 0, "idle_open": 0}
    with pytest.raises(ValueError, match=f"no {unit} was done"):
        figures.of_round(unit, nothing, 1.0, {"rss": 5, "pss": 4}, 0)


def test_every_unit_has_its_figures():
    for unit in figures.UNITS:
        found = figures.of_round(unit, COUNTED, 1.0, {"rss": 5, "pss": 4}, 64)
        assert {figure.key for figure in figures.figures_of(unit)} <= set(found)
        assert figures.compared(unit) in found


def test_a_summary_has_median_least_and_most():
    assert figures.summary([{"a": 3}, {"a": 1}, {"a": 8}]) == {"a": {"median": 3, "min": 1, "max": 8}}
