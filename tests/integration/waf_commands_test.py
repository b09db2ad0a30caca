"""gabion waf compile, replay and explain: judgement without a proxy, for people and for programs."""

import base64
import json
import subprocess

import pytest

RULES = """
SecRule ARGS "@contains attack" "id:1002,phase:2,deny,status:418,log,t:urlDecodeUni,t:lowercase,msg:'An attack',severity:ERROR"
"""
ATTACK = {"id": "a", "method": "GET", "uri": "/?q=AT%2554ACK", "version": "HTTP/1.1", "headers": [["Host", "x"]]}
FINE = {"id": "b", "request_b64": base64.b64encode(b"GET /?q=fine HTTP/1.1\r\nHost: x\r\n\r\n").decode()}


@pytest.fixture
def run(binary, tmp_path):
    """gabion waf WORDS --rules FILE, with lines on standard input."""
    file = tmp_path / "rules.conf"
    file.write_text(RULES)

    def start(*words, lines=(), rules=file):
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
        return subprocess.run([binary, "waf", *words, "--rules", str(rules)], input=text, capture_output=True, text=True,
                              timeout=60, check=False)
    return start


def test_replay_answers_a_line_for_a_line(run):
    done = run("replay", lines=[ATTACK, FINE])
    assert done.returncode == 0, done.stderr
    attack, fine = map(json.loads, done.stdout.splitlines())
    assert (attack["id"], attack["action"], attack["status"], attack["rules"]) == ("a", "deny", 418, [1002])
    assert (fine["id"], fine["action"], fine["rules"]) == ("b", "pass", [])


def test_replay_measures(run):
    (line,) = run("replay", "--repeat", "3", "--cpu", lines=[ATTACK]).stdout.splitlines()
    assert 0 < json.loads(line)["cpu_us_min"] <= json.loads(line)["cpu_us_mean"]


BROKEN_LINES = {"no JSON": "{", "no object": "[]", "no id": "{}", "empty": "", "cut": json.dumps(ATTACK)[:-5],
                "base64 cut": '{"id": "x", "request_b64": "AAA"}', "base64 of other letters": '{"id": "x", "request_b64": "AA!="}',
                "padding in the middle": '{"id": "x", "request_b64": "A=AA"}', "header alone": '{"id": "x", "method": "GET",'
                '"uri": "/", "version": "HTTP/1.1", "headers": ["Host"]}'}


@pytest.mark.parametrize("name", BROKEN_LINES)
def test_a_line_that_cannot_be_read_ends_the_run_with_its_number(run, name):
    done = run("replay", lines=[FINE, BROKEN_LINES[name]])
    assert done.returncode == 2
    assert "2" in done.stderr and len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("command", ["compile", "replay", "explain"])
def test_rules_that_are_not_understood_are_refused_with_their_place(run, tmp_path, command):
    bad = tmp_path / "bad.conf"
    bad.write_text('SecAction "id:1,phase:1,pass"\nSecRule ARGS "@nonsense x" "id:2,phase:2,deny"\n')
    done = run(command, lines=[ATTACK], rules=bad)
    assert done.returncode == 2 and "bad.conf:2: rule 2: operator @nonsense" in done.stderr


def test_compile_says_what_was_made(run):
    done = run("compile")
    assert done.returncode == 0 and "rules" in done.stdout and "patterns" in done.stdout.lower()


def test_explain_shows_the_value_before_and_after(run):
    done = run("explain", lines=[ATTACK])
    assert done.returncode in (0, 1), done.stderr
    assert "1002" in done.stdout and "ARGS:q" in done.stdout and "attack" in done.stdout
