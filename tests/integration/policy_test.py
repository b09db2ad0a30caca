"""NetworkPolicy and L7Policy decide on each hop, say why, and change under open connections."""

import pytest

from certificates import spiffe
from mesh import FORWARDING, PODS, STRANGER, Mesh
from raw_client import Closed, RawClient, request, tls_setting
from waiting import until

ORDERS = {"matchLabels": {"app": "orders"}}
WEB_PEER = {"podSelector": {"matchLabels": {"app": "web"}}}


def network_policy(name="np", pods=ORDERS, **spec):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": "shop"}, "spec": {"podSelector": pods, **spec}}


def l7_policy(*ingress, name="orders", mode="Enforce", **spec):
    rules = {"ingress": list(ingress)} if ingress else {}
    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"podSelector": ORDERS, "mode": mode, **rules, **spec}}


def rule(action="Allow", port=8080, **more):
    return {"action": action, "ports": [{"port": port}], "protocol": "HTTP", **more}


def start(mesh, *objects, outbound=False, **sections):
    mesh.put_policy(*objects)
    mesh.start_application()
    mesh.start_inbound(**sections)
    if outbound:
        mesh.start_outbound(**sections)


def status(mesh, pod="web-0", method="GET", target="/", headers=(), host="orders.shop", port="http"):
    with mesh.peer(port, pod) as client:
        return client.ask(method, target, headers, host=host).status


def refused(mesh, reason="policy_denied"):
    """The access or audit line of the refusal."""
    return mesh.inbound.wait_told(reason)


NETWORK_CASES = {
    "no policy": ([], "web-0", 200),
    "isolated, no rule": ([network_policy(policyTypes=["Ingress"])], "web-0", 403),
    "empty rule": ([network_policy(ingress=[{}])], "batch-0", 200),
    "by pod label": ([network_policy(ingress=[{"from": [WEB_PEER]}])], "web-0", 200),
    "pod of another namespace": ([network_policy(ingress=[{"from": [WEB_PEER]}])], "batch-0", 403),
    "by namespace": ([network_policy(ingress=[{"from": [{"namespaceSelector": {"matchLabels": {
        "kubernetes.io/metadata.name": "ops"}}}]}])], "batch-0", 200),
    "by port number": ([network_policy(ingress=[{"ports": [{"port": 8080}]}])], "web-0", 200),
    "by port name": ([network_policy(ingress=[{"ports": [{"port": "http"}]}])], "web-0", 200),
    "another port": ([network_policy(ingress=[{"ports": [{"port": 8082}]}])], "web-0", 403),
    "port range": ([network_policy(ingress=[{"ports": [{"port": 8000, "endPort": 8080}]}])], "web-0", 200),
    "UDP only": ([network_policy(ingress=[{"ports": [{"port": 8080, "protocol": "UDP"}]}])], "web-0", 403),
    "address": ([network_policy(ingress=[{"from": [{"ipBlock": {"cidr": "127.0.0.0/8"}}]}])], "batch-0", 200),
    "another address": ([network_policy(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}])], "batch-0", 403),
    "two policies are a union": ([network_policy("a", policyTypes=["Ingress"]), network_policy("b", ingress=[{}])],
                                 "web-0", 200),
    "peer and port in the same rule": ([network_policy(ingress=[
        {"from": [WEB_PEER], "ports": [{"port": 8082}]},
        {"from": [{"podSelector": {"matchLabels": {"app": "x"}}}], "ports": [{"port": 8080}]}])], "web-0", 403),
    "another pod's policy": ([network_policy(pods={"matchLabels": {"app": "web"}}, policyTypes=["Ingress"])],
                             "web-0", 200),
    "egress only": ([network_policy(policyTypes=["Egress"])], "web-0", 200),
}


@pytest.mark.parametrize("case", NETWORK_CASES)
def test_network_policy_decides_at_the_destination(mesh, case):
    objects, pod, expected = NETWORK_CASES[case]
    start(mesh, *objects)
    assert status(mesh, pod) == expected
    if expected == 403:
        assert refused(mesh)["reason"] == "policy_denied"
        assert mesh.application.requests == []


def test_a_port_rule_holds_behind_the_tls_port(mesh):
    start(mesh, network_policy(ingress=[{"ports": [{"port": 8080}]}]))
    assert status(mesh, port="http") == 200
    assert status(mesh, port="permissive") == 403


def test_an_address_without_a_pod_matches_no_selector(mesh):
    start(mesh, network_policy(ingress=[{"from": [{"namespaceSelector": {}}]}]))
    with mesh.plain("permissive", source=mesh.subnet.address(STRANGER)) as client:
        assert client.ask("GET", "/").status == 403
    with mesh.plain("permissive") as client:
        assert client.ask("GET", "/").status == 200


def test_what_a_client_says_about_its_address_changes_nothing(mesh):
    start(mesh, network_policy(ingress=[{"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}]))
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        assert status(mesh, headers=[(name, "203.0.113.7")]) == 403


def test_an_identity_must_belong_to_its_address(mesh):
    start(mesh, network_policy(ingress=[{"from": [{"namespaceSelector": {}}]}]))
    with mesh.peer(pod="web-0", source=mesh.address("batch-0")) as client:
        assert client.ask("GET", "/").status == 403
    assert refused(mesh, "identity_mismatch")


def test_network_policy_decides_at_the_source(mesh):
    web = {"matchLabels": {"app": "web"}}
    start(mesh, network_policy(pods=web, policyTypes=["Egress"], egress=[{"to": [{"podSelector": ORDERS}],
                                                                          "ports": [{"port": 8080}]}]), outbound=True)
    with mesh.caller() as client:
        assert client.ask("GET", "/").status == 200
        assert client.ask("GET", "/", host="plain.shop").status == 403
    assert mesh.outbound.wait_access(response_code=403)["reason"] == "policy_denied"
    assert len(mesh.application.requests) == 1


ALLOW_CASES = {
    # name: (http items of the one Allow rule, request, status)
    "method": ([{"methods": ["GET", "HEAD"]}], {"method": "GET"}, 200),
    "other method": ([{"methods": ["GET", "HEAD"]}], {"method": "POST"}, 403),
    "HEAD is not GET": ([{"methods": ["GET"]}], {"method": "HEAD"}, 403),
    "exact path": ([{"paths": [{"exact": "/a"}]}], {"target": "/a"}, 200),
    "exact path with query": ([{"paths": [{"exact": "/a"}]}], {"target": "/a?b=/c"}, 200),
    "exact is not prefix": ([{"paths": [{"exact": "/a"}]}], {"target": "/a/b"}, 403),
    "exact has no slash": ([{"paths": [{"exact": "/a"}]}], {"target": "/a/"}, 403),
    "prefix": ([{"paths": [{"prefix": "/api"}]}], {"target": "/api/orders/7"}, 200),
    "prefix is whole segments": ([{"paths": [{"prefix": "/api"}]}], {"target": "/apis"}, 403),
    "prefix after dot segments": ([{"paths": [{"prefix": "/api"}]}], {"target": "/api/../admin"}, 403),
    "prefix reached by dot segments": ([{"paths": [{"prefix": "/api"}]}], {"target": "/x/../api/a"}, 200),
    "template": ([{"paths": [{"template": "/img/{*}/thumb/{**}"}]}], {"target": "/img/7/thumb/a/b"}, 200),
    "template with an empty segment": ([{"paths": [{"template": "/img/{*}/thumb"}]}], {"target": "/img/thumb"}, 403),
    "regex": ([{"paths": [{"regex": "/v[0-9]+/status"}]}], {"target": "/v12/status"}, 200),
    "regex is a full match": ([{"paths": [{"regex": "/v[0-9]+/status"}]}], {"target": "/v12/status/x"}, 403),
    "host": ([{"hosts": ["orders.shop"]}], {"host": "Orders.Shop:8080"}, 200),
    "host with a trailing dot": ([{"hosts": ["orders.shop"]}], {"host": "orders.shop."}, 200),
    "other host": ([{"hosts": ["orders.shop"]}], {"host": "pay.shop"}, 403),
    "wildcard host": ([{"hosts": ["*.shop"]}], {"host": "a.b.shop"}, 200),
    "wildcard needs a label": ([{"hosts": ["*.shop"]}], {"host": "shop"}, 403),
    "header": ([{"headers": [{"name": "x-tenant", "exact": "a"}]}], {"headers": [("X-Tenant", "a")]}, 200),
    "header missing": ([{"headers": [{"name": "x-tenant", "exact": "a"}]}], {}, 403),
    "header twice": ([{"headers": [{"name": "x-tenant", "exact": "a"}]}],
                     {"headers": [("X-Tenant", "a"), ("X-Tenant", "b")]}, 403),
    "header absent": ([{"headers": [{"name": "x-debug", "present": False}]}], {}, 200),
    "header that must be absent": ([{"headers": [{"name": "x-debug", "present": False}]}],
                                   {"headers": [("X-Debug", "1")]}, 403),
    "items are alternatives": ([{"methods": ["POST"]}, {"paths": [{"exact": "/a"}]}], {"target": "/a"}, 200),
    "fields are joined": ([{"methods": ["POST"], "paths": [{"exact": "/a"}]}], {"target": "/a"}, 403),
}


@pytest.fixture(scope="module")
def allowing(binary, tmp_path_factory):
    """One running server sidecar whose L7Policy each case replaces."""
    found = Mesh(binary, tmp_path_factory.mktemp("allowing"), FORWARDING)
    start(found, l7_policy(rule()))
    yield found
    found.stop()


@pytest.mark.parametrize("case", ALLOW_CASES)
def test_an_allow_rule_lets_in_what_it_says(allowing, case):
    items, asked, expected = ALLOW_CASES[case]
    allowing.put_policy(l7_policy(rule(http=items)))
    allowing.inbound.reload()
    allowing.forget()
    assert status(allowing, **asked) == expected
    if expected == 403:
        assert allowing.inbound.wait_access(response_code=403)["reason"] == "policy_denied"


@pytest.mark.parametrize("target", ["/admin", "/admin/x", "/x/../admin", "/%61dmin", "/a/%2e%2e/admin", "/x/..\\admin",
                                    "/admin?x", "/./admin", "/admin#x", "/admin%2fx", "/admin;x", "//admin", "/%2fadmin",
                                    "/%5cadmin", "/x/%2e%2e%2fadmin", "/%2561dmin", "/admin%00"])
def test_no_spelling_of_a_denied_path_passes(allowing, target):
    allowing.put_policy(l7_policy(rule(), rule("Deny", http=[{"paths": [{"prefix": "/admin"}]}], name="no-admin")))
    allowing.inbound.reload()
    seen = len(allowing.application.requests)
    assert status(allowing, target=target) in (400, 403)
    assert len(allowing.application.requests) == seen


@pytest.mark.parametrize("who,pod,expected", [
    ({"namespace": "shop", "name": "web"}, "web-0", 200), ({"name": "web"}, "web-0", 200),
    ({"namespace": "ops", "name": "batch"}, "web-0", 403), ({"namespace": "ops", "name": "*"}, "batch-0", 200),
])
def test_an_allow_rule_by_identity(allowing, who, pod, expected):
    allowing.put_policy(l7_policy(rule(**{"from": [{"serviceAccount": who}]})))
    allowing.inbound.reload()
    assert status(allowing, pod) == expected


def test_a_rule_by_identity_needs_mtls(mesh):
    start(mesh, l7_policy(rule(port=8082, **{"from": [{"serviceAccount": {"name": "web"}}]})))
    assert status(mesh, port="permissive") == 200
    with mesh.plain("permissive") as client:
        assert client.ask("GET", "/").status == 403
    assert refused(mesh, "no_identity")


def test_a_denial_names_its_rule_in_the_log_and_not_to_the_client(mesh):
    start(mesh, l7_policy(rule(), rule("Deny", http=[{"paths": [{"prefix": "/admin"}]}], name="no-admin")))
    with mesh.peer() as client:
        answer = client.ask("GET", "/admin/users")
        assert answer.status == 403
        assert b"no-admin" not in answer.body and b"ingress" not in answer.body and b"shop/orders" not in answer.body
        assert client.ask("GET", "/other").status == 200
    line = mesh.inbound.wait_access(response_code=403)
    assert (line["reason"], line["request_id"]) == ("policy_denied", answer.headers["x-request-id"])
    assert (line["policy"], line["rule"]) == ("shop/orders", "ingress[1]")
    assert line["response_code_details"] == "rbac_access_denied_matched_policy[ns[shop]-policy[orders]-rule[1]]"
    assert mesh.inbound.wait_audit(reason="policy_denied", request_id=line["request_id"])["rule"] == line["rule"]
    assert mesh.inbound.metric("gabion_authz_deny_total") == 1
    assert mesh.inbound.metric("gabion_authz_allow_total") >= 1


def test_a_denial_explains_itself_to_the_client_when_told_to(mesh):
    denied = rule("Deny", http=[{"paths": [{"prefix": "/admin"}]}])
    start(mesh, l7_policy(rule(), denied), deny={"explainToClient": True})
    with mesh.peer() as client:
        assert b"orders" in client.ask("GET", "/admin").body


def test_the_request_beside_a_denied_one_is_served(mesh):
    start(mesh, l7_policy(rule(http=[{"methods": ["GET"]}])))
    with mesh.peer() as client:
        client.send(request("DELETE", "/") + request("GET", "/next"))
        assert [client.read().status for _ in range(2)] == [403, 200]
    assert [seen["target"] for seen in mesh.application.requests] == ["/next"]


def test_a_dry_run_denies_nothing_and_says_what_it_would_have_done(mesh):
    start(mesh, l7_policy(rule("Deny"), name="trial", mode="DryRun"))
    assert status(mesh) == 200
    line = mesh.inbound.wait_access(response_code=200)
    assert line["dry_run"] == "would_deny"
    assert "trial" in mesh.inbound.wait_audit(dry_run="would_deny")["dry_run_rule"]
    assert mesh.inbound.metric("gabion_dry_run_total") == 1


def test_a_changed_policy_holds_for_the_next_request_of_an_open_connection(mesh):
    start(mesh)
    with mesh.peer() as client:
        assert client.ask("GET", "/").status == 200
        mesh.put_policy(network_policy(policyTypes=["Ingress"]))
        mesh.inbound.reload()
        try:
            assert client.ask("GET", "/").status == 403
        except (OSError, Closed):
            pass  # a close that names policy_changed is as good
    assert mesh.inbound.wait_told("policy_denied", "policy_changed")
    assert len(mesh.application.requests) == 1
    mesh.remove_policy()
    mesh.inbound.reload()
    assert status(mesh) == 200


def test_a_policy_file_is_noticed_without_a_signal(mesh):
    start(mesh)
    assert status(mesh) == 200
    mesh.put_policy(network_policy(policyTypes=["Ingress"]))
    until(lambda: status(mesh) == 403, "the new policy holds")


def test_a_streaming_answer_ends_when_it_is_no_longer_allowed(mesh):
    start(mesh)
    mesh.start_wild(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "hang")
    with mesh.peer("wild") as client:
        client.send("GET /stream HTTP/1.1\r\nHost: wild.shop\r\n\r\n")
        assert client.read_head()[0] == 200
        mesh.put_policy(network_policy(policyTypes=["Ingress"]))
        mesh.inbound.reload()
        client.socket.settimeout(5)
        ended = client_ends(client)
    assert b"0\r\n\r\n" not in ended
    assert mesh.inbound.wait_told("policy_changed")


def test_a_request_whose_answer_has_not_begun_is_told_that_it_is_no_longer_allowed(mesh):
    start(mesh)
    mesh.start_wild("hang")
    with mesh.peer("wild") as client:
        client.send("GET /slow HTTP/1.1\r\nHost: wild.shop\r\n\r\n")
        until(lambda: mesh.inbound.metric("gabion_active_exchanges") == 1, "the service has the request")
        mesh.put_policy(network_policy(policyTypes=["Ingress"]))
        mesh.inbound.reload()
        assert client.read().status == 403
    assert mesh.inbound.wait_access(response_code=403)["reason"] == "policy_changed"


def client_ends(client):
    try:
        return client.read_to_end()
    except Closed as closed:
        return closed.received


@pytest.mark.parametrize("spec,reason", [
    ({"ingress": [{"form": [WEB_PEER]}]}, "policy_invalid"),
    ({"ingress": [{"from": [{"ipBlock": {"cidr": "nonsense"}}]}]}, "policy_invalid"),
    ({"policyTypes": ["Sideways"]}, "policy_invalid"),
])
def test_a_policy_that_cannot_be_read_isolates(mesh, spec, reason):
    start(mesh, network_policy(**spec))
    assert status(mesh) == 403
    assert refused(mesh, reason)


def test_an_unknown_field_in_an_l7_policy_closes_its_port(mesh):
    start(mesh, l7_policy(rule(http=[{"metods": ["GET"]}])))
    assert status(mesh) == 403
    assert status(mesh, port="permissive") == 200


def test_a_bad_regex_closes_the_ports_of_its_policy_only(mesh):
    """It used to refuse the whole configuration: at the start no traffic at all, later no other change either."""
    start(mesh, l7_policy(rule(http=[{"paths": [{"regex": "("}]}])))
    assert status(mesh) == 403
    assert refused(mesh, "policy_invalid")
    assert status(mesh, port="permissive") == 200


def test_a_policy_for_another_port_leaves_this_one_open(mesh):
    start(mesh, l7_policy(rule(port=8082, http=[{"methods": ["PUT"]}])))
    assert status(mesh, port="http") == 200
    assert status(mesh, port="permissive") == 403


def test_an_l7_policy_never_opens_what_network_policy_closed(mesh):
    start(mesh, network_policy(policyTypes=["Ingress"]), l7_policy(rule()))
    assert status(mesh) == 403


def test_egress_rules_of_the_source_apply_too(mesh):
    deny = {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": "calls", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "web"}},
                     "egress": [{"to": [{"podSelector": ORDERS}], "ports": [{"port": 8080}], "protocol": "HTTP",
                                 "http": [{"methods": ["GET"]}]}]}}
    start(mesh, deny, outbound=True)
    with mesh.caller() as client:
        assert client.ask("GET", "/").status == 200
        assert client.ask("DELETE", "/").status == 403
    assert mesh.outbound.wait_access(response_code=403)["reason"] == "policy_denied"
    assert [seen["method"] for seen in mesh.application.requests] == ["GET"]


def test_every_pod_has_its_own_identity_in_the_log(mesh):
    start(mesh)
    for pod in ("web-0", "batch-0"):
        namespace, account = PODS[pod][:2]
        setting = tls_setting(mesh.root.pem, mesh.identity_of(pod))
        with RawClient(mesh.listens["http"], source=mesh.address(pod), tls=setting) as client:
            assert client.ask("GET", f"/{pod}").status == 200
        assert mesh.inbound.wait_access(path=f"/{pod}")["peer_spiffe"] == spiffe(namespace, account)


def test_admin_shows_the_policy_in_force(mesh):
    start(mesh, l7_policy(rule(), rule("Deny", http=[{"paths": [{"prefix": "/admin"}]}], name="no-admin")))
    code, text = mesh.inbound.get("/policy")
    assert code == 200
    assert "orders" in text
