"""`gabion policy explain --sql`: a statement is judged by the rules of both ends, as their sidecars judge it."""

import json
import subprocess

import pytest
import yaml

from mesh import Mesh


def l7(name, app, direction, rule):
    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": app}},
                     direction: [{"action": "Allow", "ports": [{"port": 5432}], "protocol": "PostgreSQL", **rule}]}}


@pytest.fixture
def ask(binary, tmp_path):
    mesh = Mesh(binary, tmp_path)
    web = [{"serviceAccount": {"namespace": "shop", "name": "web"}}]
    mesh.put_policy(
        l7("server", "orders", "ingress", {"name": "web", "from": web, "sql": [{"users": ["app"], "databases": ["shop"],
                                                                               "tables": ["public.orders"]}]}),
        l7("client", "web", "egress", {"name": "calm", "sql": [{"requireWhere": ["DELETE"]}]}))

    def run(text, *arguments, sender="shop/web-0"):
        done = subprocess.run([binary, "policy", "explain", "-f", mesh.policy, "--from", sender, "--to", "shop/orders-0",
                               "--port", "5432", "--mtls", "--json", "--sql", text, *arguments],
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, yaml.safe_load(done.stdout) if done.stdout else done.stderr

    return run


def test_both_ends_judge_it(ask):
    status, said = ask("SELECT note FROM orders WHERE id = 7", "--db-user", "app", "--database", "shop", "--expect", "allow")
    assert (status, said["verdict"]) == (0, "allow")
    assert said["layers"] == [
        {"layer": "SQL egress", "verdict": "allow", "reason": "allowed", "rule": "shop/client/calm"},
        {"layer": "SQL ingress", "verdict": "allow", "reason": "allowed", "rule": "shop/server/web"}]
    assert "note" not in json.dumps(said)


@pytest.mark.parametrize(("text", "arguments", "reasons"), [
    ("DELETE FROM orders", (), ["where-required: DELETE", "allowed"]),
    ("SELECT word FROM secret", (), ["allowed", "table: public.secret"]),
    ("SELECT note FROM orders", ("--db-user", "root"), ["allowed", "no-rule"]),
    ("SELECT note FROM orders", ("--database", "other"), ["allowed", "no-rule"]),
    ("SELEC", (), ["parse-error", "parse-error"]),
])
def test_who_refuses_it_says_why(ask, text, arguments, reasons):
    status, said = ask(text, *arguments, "--expect", "allow")
    assert (status, said["verdict"], [layer["reason"] for layer in said["layers"]]) == (1, "deny", reasons)


def test_a_peer_without_a_rule_is_refused_before_its_first_statement(ask):
    status, said = ask("SELECT note FROM orders", sender="ops/batch-0")
    assert (status, said["verdict"]) == (0, "deny")
    assert said["layers"][-1]["reason"] == "policy_denied"


def test_a_statement_is_no_request(ask):
    assert ask("SELECT 1", "--path", "/")[0] != 0
