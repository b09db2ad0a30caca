"""A policy in DryRun denies nothing and tells everything: log, audit, and a counter for each policy and rule."""

import pytest

from policy_test import l7_policy, network_policy, rule, start, status
from waiting import until


def dry_run_total(mesh, **labels):
    return mesh.inbound.metric("gabion_dry_run_total", **labels)


CASES = {
    # what the trial says: (its rules, a request it would deny, the rule that is told)
    "a Deny rule": ([rule("Deny", http=[{"paths": [{"prefix": "/admin"}]}])], {"target": "/admin/x"}, "ingress[0]"),
    "a Deny rule by method": ([rule("Deny", http=[{"methods": ["DELETE"]}])], {"method": "DELETE"}, "ingress[0]"),
    "a port it would close": ([rule(http=[{"methods": ["GET"]}])], {"method": "POST"}, "ingress[0]"),
    "the second of two": ([rule("Deny", http=[{"methods": ["PUT"]}]), rule(http=[{"methods": ["GET", "PUT"]}])],
                          {"method": "POST"}, "ingress[1]"),
    "another peer": ([rule(**{"from": [{"serviceAccount": {"namespace": "ops", "name": "batch"}}]})], {}, "ingress[0]"),
    "a Deny of the connection": ([{"action": "Deny", "ports": [{"port": 8080}], "protocol": "TCP"}], {}, "ingress[0]"),
    "an ambiguous path": ([rule("Deny", http=[{"paths": [{"prefix": "/admin"}]}])], {"target": "/x;y"}, "ingress[0]"),
    "another protocol": ([{"ports": [{"port": 8080}], "protocol": "MySQL"}], {}, "ingress[0]"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_dry_run_would_deny_is_served_logged_and_counted(mesh, case):
    rules, asked, told = CASES[case]
    start(mesh, l7_policy(*rules, name="trial", mode="DryRun"))
    assert status(mesh, **asked) == 200
    assert len(mesh.application.requests) == 1
    line = mesh.inbound.wait_access(response_code=200)
    assert (line["dry_run"], line["dry_run_rule"]) == ("would_deny", f"shop/trial/{told}")
    assert mesh.inbound.wait_audit(dry_run="would_deny")["dry_run_rule"] == f"shop/trial/{told}"
    assert dry_run_total(mesh, policy="shop/trial", rule=told, outcome="would_deny") == 1
    assert mesh.inbound.metric("gabion_authz_deny_total") == 0


def test_each_policy_is_counted_for_itself(mesh):
    start(mesh, l7_policy(rule("Deny", http=[{"methods": ["PUT"]}]), name="no-put", mode="DryRun"),
          l7_policy(rule("Deny", http=[{"methods": ["DELETE"]}]), name="no-delete", mode="DryRun"))
    for method in ("GET", "PUT", "DELETE", "DELETE"):
        assert status(mesh, method=method) == 200
    until(lambda: dry_run_total(mesh) == 3, "three are counted")
    assert dry_run_total(mesh, policy="shop/no-put") == 1
    assert dry_run_total(mesh, policy="shop/no-delete") == 2


def test_what_a_dry_run_agrees_with_is_not_counted(mesh):
    start(mesh, l7_policy(rule(http=[{"methods": ["GET"]}]), name="trial", mode="DryRun"))
    assert status(mesh) == 200
    assert mesh.inbound.wait_access(response_code=200)["dry_run"] is None
    assert dry_run_total(mesh) == 0


def test_a_dry_run_allow_that_would_widen_is_told_and_changes_nothing(mesh):
    start(mesh, l7_policy(rule(http=[{"methods": ["GET"]}])),
          l7_policy(rule(http=[{"methods": ["POST"]}]), name="trial", mode="DryRun"))
    assert status(mesh, method="POST") == 403
    line = mesh.inbound.wait_access(response_code=403)
    assert (line["dry_run"], line["dry_run_rule"]) == ("would_allow", "shop/trial/ingress[0]")
    assert dry_run_total(mesh, policy="shop/trial", outcome="would_allow") == 1


def test_network_policy_denies_whatever_a_dry_run_says(mesh):
    start(mesh, network_policy(policyTypes=["Ingress"]), l7_policy(rule(), name="trial", mode="DryRun"))
    assert status(mesh) == 403
    assert mesh.inbound.wait_access(response_code=403)["dry_run"] is None


def test_switched_to_enforce_it_denies_what_it_told(mesh):
    denied = rule("Deny", http=[{"methods": ["DELETE"]}])
    start(mesh, l7_policy(denied, name="trial", mode="DryRun"))
    assert status(mesh, method="DELETE") == 200
    told = mesh.inbound.wait_access(dry_run="would_deny")["dry_run_rule"]
    mesh.put_policy(l7_policy(denied, name="trial"))
    mesh.inbound.reload()
    assert status(mesh, method="DELETE") == 403
    line = mesh.inbound.wait_access(response_code=403)
    assert f"{line['policy']}/{line['rule']}" == told
