"""The plan, which scans ahead and decides at compile time, against the reference, which tries every rule on every value."""

import pytest

from crs import engines, ftw, payloads

pytestmark = pytest.mark.skipif(not engines.REGRESSION.is_file() or not engines.PAYLOADS.is_file(),
                                reason="the cases are not here")


def lines_of(kind):
    if kind == "regression":
        return [ftw.replay_line(case.name, ftw.request_of(case.input)) for case in ftw.read_cases(engines.REGRESSION)]
    return [payloads.replay_line(case) for case in payloads.read_payloads(engines.PAYLOADS)[::10]]


@pytest.mark.parametrize("rules", ["defaults.conf", "regression.conf"])
@pytest.mark.parametrize("kind", ["regression", "payloads"])
def test_plan_and_reference_give_the_same_answers(rules, kind, tmp_path_factory):
    cache = tmp_path_factory.getbasetemp() / rules
    cache.mkdir(exist_ok=True)
    lines = lines_of(kind)
    planned = engines.replay("gabion", engines.RULES / rules, lines, "--cache", cache)
    tried = engines.replay("gabion", engines.RULES / rules, lines, "--evaluation", "reference")
    assert [ours for ours, theirs in zip(planned, tried) if ours != theirs] == []
    assert any(answer["rules"] for answer in planned)


@pytest.mark.parametrize("rules", ["defaults.conf", "regression.conf"])
@pytest.mark.parametrize("kind", ["regression", "payloads"])
def test_databases_that_a_cold_start_begins_with_give_the_same_answers(rules, kind, tmp_path_factory):
    cache = tmp_path_factory.getbasetemp() / rules
    cache.mkdir(exist_ok=True)
    lines = lines_of(kind)
    complete = engines.replay("gabion", engines.RULES / rules, lines, "--cache", cache)
    quick = engines.replay("gabion", engines.RULES / rules, lines, "--databases", "quick")
    assert [ours for ours, theirs in zip(quick, complete) if ours != theirs] == []
    assert any(answer["rules"] for answer in quick)
