"""`gabion waf replay` fires the rules that ModSecurity fires, and passes at least the regression tests it passes."""

import pytest

from crs import agreement, engines, ftw, judge, payloads

# Where a request may differ: libinjection's four rules are judged by other detectors, and are left out here.
LEAST_AGREEMENT = 99.5
# Of the regression tests judged by id, with REQUEST_BODY as the Core Rule Set expects it.
LEAST_PASSED = 99.0
# One payload in so many: all of them take the yardstick a minute.
EVERY = 10


@pytest.fixture(scope="module", autouse=True)
def able():
    for name, variable in (("gabion", "GABION_BINARY"), ("modsecurity_replay", "GABION_YARDSTICK")):
        built = engines.built(name, variable)
        if not built or not built.is_file():
            pytest.skip(f"{name} is not built")
    if not engines.has_replay(engines.built("gabion", "GABION_BINARY")):
        pytest.skip("this gabion has no rule engine: `gabion waf replay` is not known")
    if not engines.REGRESSION.is_file():
        pytest.skip("shared/cases is not here")


def both(rules, lines):
    return [engines.replay(engine, engines.RULES / rules, lines) for engine in ("gabion", "modsecurity")]


@pytest.fixture(scope="module")
def regression():
    """(cases, our answers, the yardstick's)."""
    cases = ftw.read_cases(engines.REGRESSION)
    return cases, *both("regression.conf", [ftw.replay_line(case.name, ftw.request_of(case.input)) for case in cases])


def test_the_regression_tests_pass():
    cases = ftw.read_cases(engines.REGRESSION)
    lines = [ftw.replay_line(case.name, ftw.request_of(case.input)) for case in cases]
    answers = engines.replay("gabion", engines.RULES / "regression.conf", lines, "--request-body", "forms")
    judged = [one for one in judge.judge_all(cases, {answer["id"]: answer for answer in answers}) if one.by == "id"]
    print(judge.report(judged))
    assert len(judged) > 2000
    assert 100 * sum(one.passed for one in judged) >= LEAST_PASSED * len(judged), judge.report(judged)


def test_the_same_rules_fire_for_the_regression_requests(regression):
    _, ours, theirs = regression
    found = agreement.compare(ours, theirs)
    assert found.rate(found.equal_without_detectors) >= LEAST_AGREEMENT, agreement.report(found)


def test_raw_requests_fire_what_their_parts_fire(regression):
    cases, ours, _ = regression
    lines = [ftw.replay_line(case.name, ftw.request_of(case.input), raw=True) for case in cases]
    found = agreement.compare(engines.replay("gabion", engines.RULES / "regression.conf", lines), ours)
    assert found.rate(found.equal) >= LEAST_AGREEMENT, agreement.report(found)


@pytest.fixture(scope="module")
def values():
    """(payloads, our answers, the yardstick's)."""
    cases = payloads.read_payloads(engines.PAYLOADS)[::EVERY]
    return cases, *both("defaults.conf", [payloads.replay_line(case) for case in cases])


def test_the_same_rules_fire_for_payloads(values):
    found = agreement.compare(*values[1:])
    assert found.rate(found.equal_without_detectors) >= LEAST_AGREEMENT, agreement.report(found)


def test_attacks_are_found_and_legitimate_values_pass_as_with_modsecurity(values):
    cases, ours, theirs = values
    mine, other = payloads.rates(cases, ours), payloads.rates(cases, theirs)
    attacks, legitimate = mine["all attacks"], mine["legitimate"]
    assert attacks["scored"] >= 0.99 * other["all attacks"]["scored"]
    assert legitimate["fired"] - other["legitimate"]["fired"] <= 0.001 * legitimate["total"]
