"""gabion sql check with the real binary: the contract of its lines and exit codes, and the example of docs/sql-rules.md."""

import json
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples" / "sql"
ORDERS = ("--policy", EXAMPLES, "--as", "shop/orders", "--dialect", "postgres")


@pytest.fixture
def check(binary):
    """(exit code, answers, standard error) of lines, given as bytes or as what is to be a line of JSON."""
    def run(*arguments, lines=()):
        given = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
        done = subprocess.run([str(binary), "sql", "check", *map(str, arguments)], input=given, capture_output=True,
                              timeout=60, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()
    return run


def ask(check, *sql, arguments=ORDERS):
    code, answers, _ = check(*arguments, lines=[{"id": number, "sql": text} for number, text in enumerate(sql)])
    assert code == 0
    assert [answer["id"] for answer in answers] == list(range(len(sql)))
    return [(answer["verdict"], answer["reason"]) for answer in answers]


def test_the_documented_examples_answer_as_documented(binary):
    text = (ROOT / "docs" / "sql-rules.md").read_text()
    blocks = re.findall(r"^```console\n\$ (.*?)\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) == 2
    for command, shown in blocks:
        done = subprocess.run(["bash", "-c", command], cwd=EXAMPLES, text=True, timeout=60, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False,
                              env={"PATH": f"{binary.parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
        assert done.stdout == shown


def test_the_documented_rule_is_the_examples():
    shown = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "sql-rules.md").read_text(), re.M | re.S)
    assert [yaml.safe_load(text)[0]["name"] for text in shown] == ["orders", "backup"]
    assert shown[0] in (EXAMPLES / "orders-db.yaml").read_text()  # what the other one is for, postgres_clients_test.py does


def test_a_line_that_is_no_question_is_answered_and_the_rest_goes_on(check):
    lines = [b"{", b"[]", b'"a"', b"", b'{"id": 1}', b'{"id": 1, "sql": 2}', b'{"sql": "SELECT 1"}',
             {"id": {"any": ["json"]}, "sql": "SELECT 1"}]
    code, answers, _ = check(*ORDERS, lines=lines)
    assert code == 1
    bad = {"id": None, "verdict": "deny", "rule": None, "reason": "bad-input"}
    assert answers[:-1] == [bad] * (len(lines) - 1)
    assert answers[-1] == {"id": {"any": ["json"]}, "verdict": "allow", "rule": "shop/orders-db/orders",
                           "reason": "allowed"}


def test_bytes_that_are_no_text_are_the_statements_fault(check):
    code, answers, _ = check(*ORDERS, lines=[b'{"id": 1, "sql": "SELECT \'\xff\'"}', b'{"id": 2, "sql": "SELECT 1\\u0000"}',
                                             {"id": 3, "sql": "SELECT '" + "x" * (1 << 20) + "'"}])
    assert code == 0
    assert [answer["reason"] for answer in answers] == ["encoding", "nul-byte", "too-long"]


def test_each_answer_is_flushed(binary):
    with subprocess.Popen([str(binary), "sql", "check", *map(str, ORDERS)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        for number in range(3):
            process.stdin.write(json.dumps({"id": number, "sql": "SELECT 1"}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(30) == 0


def test_users_and_databases_are_compared_when_they_are_given(check):
    other = (*ORDERS, "--user", "somebody")
    assert ask(check, "SELECT note FROM orders", arguments=ORDERS) == [("allow", "allowed")]
    assert ask(check, "SELECT note FROM orders", arguments=other) == [("deny", "no-rule")]
    assert ask(check, "SELECT note FROM orders", arguments=(*ORDERS, "--user", "orders_app", "--database", "hr")) == \
        [("deny", "table: public.orders")]
    assert ask(check, "SELECT note FROM orders", arguments=(*ORDERS, "--search-path", "old")) == \
        [("deny", "table: old.orders")]


def test_no_session_is_carried_from_line_to_line(check):
    assert ask(check, "BEGIN", "SET search_path = other", "SELECT note FROM orders") == \
        [("allow", "allowed"), ("deny", "setting: search_path"), ("allow", "allowed")]


def test_a_dry_run_policy_tells_what_it_would_enforce(check, tmp_path):
    text = (EXAMPLES / "orders-db.yaml").read_text().replace("spec:\n", "spec:\n  mode: DryRun\n")
    (tmp_path / "dry.yaml").write_text(text)
    arguments = ("--policy", tmp_path, "--as", "shop/orders", "--dialect", "postgres")
    assert ask(check, "DROP TABLE orders", arguments=arguments) == [("deny", "kind: DROP TABLE")]


@pytest.mark.parametrize("change", [("tables: [public", "table: [public"), ("rows: 5000", "rows: 0"),
                                    ("[SELECT, INSERT", "[select, INSERT"), ("injection: Deny", "taint: Maybe")])
def test_a_policy_that_does_not_load_ends_it_without_an_answer(check, tmp_path, change):
    text = (EXAMPLES / "orders-db.yaml").read_text()
    assert change[0] in text
    (tmp_path / "bad.yaml").write_text(text.replace(*change, 1))
    code, answers, errors = check("--policy", tmp_path, "--as", "shop/orders", "--dialect", "postgres",
                                  lines=[{"id": 1, "sql": "SELECT 1"}])
    assert (code, answers) == (2, [])
    assert "bad.yaml" in errors


@pytest.mark.parametrize("arguments", [("--policy", EXAMPLES / "none", "--as", "a/b", "--dialect", "postgres"),
                                       ("--policy", EXAMPLES, "--as", "orders", "--dialect", "postgres"),
                                       ("--policy", EXAMPLES, "--as", "shop/orders", "--dialect", "oracle"),
                                       ("--policy", EXAMPLES, "--dialect", "postgres")])
def test_a_wrong_command_line_is_2(check, arguments):
    code, answers, errors = check(*arguments, lines=[{"id": 1, "sql": "SELECT 1"}])
    assert (code, answers) == (2, [])
    assert errors


def test_no_literal_leaves(check):
    canary = "Canary7531"
    texts = [f"SELECT '{canary}' FROM secret", f"SELECT '{canary}", f"INSERT INTO x VALUES ('{canary}')",
             f"SET work_mem = '{canary}'", f"SELECT set_config('a.b', '{canary}', false)", f"DO '{canary}'",
             f"COPY x FROM '{canary}'", f"SELECT 1; SELECT '{canary}'", f"NOTIFY a, '{canary}'",
             f"SELECT note FROM orders WHERE note = '{canary}' OR 1 = 1", f"EXECUTE p('{canary}')"]
    code, answers, errors = check(*ORDERS, lines=[{"id": 1, "sql": text} for text in texts])
    assert code == 0
    assert [answer["verdict"] for answer in answers] == ["deny"] * len(texts)
    assert canary not in json.dumps(answers) + errors
