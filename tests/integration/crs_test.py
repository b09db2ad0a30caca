"""The Core Rule Set's regression tests through a running sidecar that only detects: the rules fire as they do in replay."""

import pytest

from crs import engines, ftw, judge, wire
from mesh import FORWARDING, Mesh
from waiting import until

# What a profile says to have the rules look and never refuse.
DETECTING = {**FORWARDING, "waf": {"rules": "crs", "mode": "detect"}}
RULE_SETS = {"waf": {"crs": {"entry": str(engines.RULES / "regression.conf"), "paranoia": 4, "requestBody": "forms"}}}
# Of 2,396 requests so many may be refused by HTTP itself before a rule sees them whole.
MOST_REFUSED = 45
SECONDS = 2.0


@pytest.fixture(scope="module")
def told(binary, tmp_path_factory):
    """(cases, {name: answer with status and rules}) of all regression tests, sent one after another."""
    if not engines.has_replay(binary):
        pytest.skip("this gabion has no rule engine: `gabion waf replay` is not known")
    if not engines.REGRESSION.is_file():
        pytest.skip("shared/cases is not here")
    cases = ftw.read_cases(engines.REGRESSION)
    mesh = Mesh(binary, tmp_path_factory.mktemp("crs"), DETECTING, RULE_SETS)
    try:
        mesh.start_empty_application()
        mesh.start_inbound()
        answers = ask_all(mesh, cases)
        assert mesh.crashes() == []
    finally:
        mesh.stop()
    return cases, answers


def ask_all(mesh, cases):
    """{name: answer}; the rules are those of the audit log once the last request's line is there."""
    answers = {}
    for number, case in enumerate(cases):
        bytes_ = wire.tagged(ftw.request_of(case.input), number)
        answers[case.name] = wire.ask(mesh.listens["plain"], mesh.address("web-0"), bytes_, SECONDS)
    mark = b"GET /?end=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: crs-end\r\n\r\n"
    assert wire.ask(mesh.listens["plain"], mesh.address("web-0"), mark, SECONDS)["status"] == 200
    until(lambda: mesh.inbound.audit(request_id="crs-end"), "the last request is in the audit log")
    rules = wire.fired(mesh.inbound.audit())
    for number, name in enumerate(answers):
        answers[name]["rules"] = rules.get(f"crs-{number}", [])
    return answers


@pytest.mark.seconds(300)
def test_detection_refuses_nothing_that_http_lets_pass(told):
    cases, answers = told
    statuses = [answers[case.name]["status"] for case in cases]
    assert statuses.count(403) == 0
    assert sum(status != 200 for status in statuses) <= MOST_REFUSED


@pytest.mark.seconds(300)
def test_rules_fire_through_the_proxy_as_in_replay(told, binary):
    cases, answers = told
    lines = [ftw.replay_line(case.name, ftw.request_of(case.input)) for case in cases]
    alone = {line["id"]: line for line in engines.replay("gabion", engines.RULES / "regression.conf", lines)}
    passed_alone = {one.name for one in judge.judge_all(cases, alone) if one.by == "id" and one.passed}
    lost = [one for one in judge.judge_all(cases, answers)
            if one.by == "id" and not one.passed and one.name in passed_alone and answers[one.name]["status"] == 200]
    print(judge.report(judge.judge_all(cases, answers)))
    assert lost == [], judge.report(lost)
