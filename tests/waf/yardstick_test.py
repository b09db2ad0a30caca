"""The yardstick judges as libmodsecurity does, gives the options what they promise, and passes what it is known to pass."""

import base64
import subprocess

import pytest

from crs import agreement, engines, ftw, judge

# ModSecurity 3.0.9 with Debian's 3.3.4-1+deb12u3, judged by id.
PASSED, JUDGED = 2331, 2370
GET = {"method": "GET", "version": "HTTP/1.1", "headers": [["Host", "shop.example"], ["User-Agent", "x"], ["Accept", "*/*"]]}
ATTACK = {"id": "attack", "uri": "/?q=1%27%20or%201=1--", **GET}

pytestmark = pytest.mark.skipif(not engines.built("modsecurity_replay", "GABION_YARDSTICK")
                                or not engines.built("modsecurity_replay", "GABION_YARDSTICK").is_file(),
                                reason="modsecurity_replay is not built: libmodsecurity-dev was missing")


def replay(*lines, rules=engines.RULES / "defaults.conf", options=()):
    return engines.replay("modsecurity", rules, lines, *options)


@pytest.fixture
def rules(tmp_path):
    """Writes an entry file below the engine settings."""
    def write(text):
        (tmp_path / "entry.conf").write_text(f"Include {engines.RULES / 'engine.conf'}\n{text}\n")
        return tmp_path / "entry.conf"
    return write


def test_rules_scores_and_action():
    clean, attack = replay({"id": "clean", "uri": "/", **GET}, ATTACK)
    assert (clean["rules"], clean["inbound_score"], clean["action"], clean["status"]) == ([], 0, "pass", 200)
    assert attack["rules"] == [942100, 949110] and attack["inbound_score"] == 5 and attack["outbound_score"] == 0


def test_the_paranoia_level_is_raised():
    assert 942180 in replay(ATTACK, options=["--paranoia", 4])[0]["rules"]


def test_blocking_names_the_rule_that_blocked(rules):
    entry = rules("Include /usr/share/modsecurity-crs/owasp-crs.load\nSecRuleEngine On")
    found, = replay(ATTACK, rules=entry)
    assert (found["action"], found["status"], found["rules"]) == ("deny", 403, [942100, 949110])


def test_a_rule_that_ends_the_request_keeps_its_status_and_the_next_line_starts_afresh(rules):
    entry = rules('SecRuleEngine On\nSecRule ARGS:a "@streq 1" "id:5,phase:1,deny,status:418"\n'
                  'SecRule ARGS:a "@streq 2" "id:6,phase:1,redirect:http://x/,status:302"\nSecRule ARGS:a "@streq 3" "id:7,phase:2,pass,log"')
    found = replay(*({"id": key, "uri": f"/?a={key}", **GET} for key in "123"), rules=entry)
    assert [(one["action"], one["status"], one["rules"]) for one in found] == [
        ("deny", 418, [5]), ("redirect", 302, [6]), ("pass", 200, [7])]


def test_response_phases_run_when_there_is_a_response(rules):
    entry = rules('SecRule RESPONSE_STATUS "@eq 503" "id:8,phase:3,pass,log"\nSecRule RESPONSE_BODY "oops" "id:9,phase:4,pass,log"')
    answered = {"status": 503, "headers": [["Content-Type", "text/html"]], "body_b64": base64.b64encode(b"an oops").decode()}
    found = replay({"id": "a", "uri": "/", "response": answered, **GET}, {"id": "b", "uri": "/", **GET}, rules=entry)
    assert [(one["status"], one["rules"]) for one in found] == [(503, [8, 9]), (200, [])]


@pytest.mark.parametrize("wire,expected", [
    (b"POST /p?a=1 HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\n\r\nb=2&c=3", ["POST /p?a=1 HTTP/1.0", "h", "b=2"]),
    (b"POST / HTTP/1.1\nHost:h\nContent-Length: x\n\nb=2", ["POST / HTTP/1.1", "h", "b=2"]),
    (b"POST / HTTP/1.1\r\nHost: a\r\n  b\r\n\r\n", ["POST / HTTP/1.1", "a b", ""]),
    (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nb=2\r\n0\r\n\r\n", ["POST / HTTP/1.1", "h", "b=2"]),
    (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nb=2\r\n", ["POST / HTTP/1.1", "h", "9\r\nb=2\r\n"]),
    (b"GET /", ["GET / HTTP/0.9", "", ""]),
])
def test_raw_requests_are_taken_apart_forgivingly(rules, wire, expected):
    line, host, body = expected
    pattern = body.replace("\r\n", "\\r\\n")
    checks = [f'SecRule REQUEST_LINE "!@streq {line}" "id:11,phase:2,pass,log"',
              f'SecRule REQUEST_BODY "!@rx ^{pattern}$" "id:13,phase:2,pass,log"']
    if host:
        checks += [f'SecRule REQUEST_HEADERS:Host "!@streq {host}" "id:12,phase:2,pass,log"',
                   'SecRule &REQUEST_HEADERS:Host "!@eq 1" "id:14,phase:2,pass,log"']
    entry = rules("\n".join(checks))
    assert replay({"id": "raw", "request_b64": base64.b64encode(wire).decode()}, rules=entry)[0]["rules"] == []


def test_cpu_times_are_given_for_each_line():
    found = replay(ATTACK, {"id": "b", "uri": "/", **GET}, options=["--repeat", 3, "--cpu"])
    assert all(0 < one["cpu_us_min"] <= one["cpu_us_mean"] for one in found)
    assert "cpu_us_min" not in replay(ATTACK)[0]


@pytest.mark.parametrize("line,said", [
    ("{", "line 1"), ('{"id":"a"}', "line 1"), ('{"id":"a","request_b64":"a"}', "request_b64 is no base64"),
    ('{"id":"a","request_b64":"!!!!"}', "request_b64 is no base64"),
    ('{"id":"a","method":"GET","uri":"/","version":"","headers":[["a"]]}', "headers is no list of [name, value]"),
])
def test_bad_input_is_refused_with_its_line(line, said):
    done = subprocess.run([*engines.command("modsecurity"), "--rules", engines.RULES / "engine.conf"], input=line, text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 1 and said in done.stderr


@pytest.mark.parametrize("text,said", [
    ("Include nothing-*.conf", "nothing matches nothing-*.conf"), ("SecNonsense On", "SecNonsense"), ("Include entry.conf", "too deep"),
])
def test_bad_rules_are_refused(rules, text, said):
    done = subprocess.run([*engines.command("modsecurity"), "--rules", rules(text)], input="", text=True, capture_output=True, timeout=60)
    assert done.returncode == 1 and said in done.stderr


@pytest.fixture(scope="module")
def regression():
    """(cases, answers) of the whole suite."""
    if not engines.REGRESSION.is_file():
        pytest.skip("shared/cases is not here")
    cases = ftw.read_cases(engines.REGRESSION)
    lines = [ftw.replay_line(case.name, ftw.request_of(case.input)) for case in cases]
    return cases, engines.replay("modsecurity", engines.RULES / "regression.conf", lines)


def test_the_regression_suite_passes_as_known(regression):
    cases, answers = regression
    judged = [one for one in judge.judge_all(cases, {answer["id"]: answer for answer in answers}) if one.by == "id"]
    assert (sum(one.passed for one in judged), len(judged)) == (PASSED, JUDGED)


def test_damage_to_the_answers_is_seen(regression):
    _, answers = regression
    assert agreement.compare(answers, answers).equal == len(answers)
    damaged = [{**answer, "rules": [number for number in answer["rules"] if index % 10 or number != 949110]}
               for index, answer in enumerate(answers)]
    lost = sum(before["rules"] != after["rules"] for before, after in zip(answers, damaged))
    found = agreement.compare(damaged, answers)
    assert lost > 100 and found.requests - found.equal == lost
    assert [(one.rule, one.what, one.count) for one in found.classes] == [(949110, "missing", lost)]
