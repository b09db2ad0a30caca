"""Who may be given how much: bounds, budgets, exceptions, types of one's own, keys, and what an L7Policy asks for."""

import subprocess

import pytest

from dlp_bed import CARD, KEY, MASKED_CARD, Running, acting, answer_of, ask_wild, post, start
from policy_test import l7_policy, network_policy, rule
from waiting import until

OTHER = "5555555555554444"
CARDS = ["4111111111111111", "5555555555554444", "378282246310005", "30569309025904", "6011111111111117",
         "3530111333300000", "4012888888881881", "5105105105105100"]


@pytest.fixture(scope="module")
def running(binary, tmp_path_factory):
    found = Running(binary, tmp_path_factory)
    yield found
    found.stop()


def text(mesh, body, pod="web-0"):
    """Status and body of an answer with this text."""
    answer = ask_wild(mesh, answer_of(body, "text/plain"), pod=pod)
    return (answer.status, answer.body.decode()) if not isinstance(answer, bytes) else (0, answer.decode("latin-1"))


def mails(count):
    return "\n".join(f"user{number}@example.org" for number in range(count))


def test_many_values_of_a_type_are_one_too_many(running):
    mesh = running.get({"types": ["default"], "rules": [{"types": ["EMAIL_ADDRESS"], "action": "log", "blockOver": 5}]})
    assert text(mesh, mails(5)) == (200, mails(5))
    assert text(mesh, mails(5) + "\n" + mails(5))[0] == 200, "the same ones again"
    assert text(mesh, mails(6))[0] == 403
    assert mesh.inbound.wait_access(reason="sensitive_data")["response_code"] == 403


def test_an_empty_answer_has_a_length_where_others_may_change_theirs(running):
    mesh = running.get(acting("replace"))
    wild = mesh.start_wild(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
    try:
        with mesh.peer("wild") as client:
            for _ in range(2):  # the second on the same connection: the first did not leave it out of step
                answer = client.ask("GET", "/", host="wild.shop")
                assert (answer.status, answer.headers["content-length"], answer.body) == (302, "0", b"")
    finally:
        wild.stop()


BUDGET = {**acting("mask"), "budget": {"records": 4, "per": "1h"}}


def test_a_budget_is_the_identitys_and_outlives_a_reload(binary, tmp_path):
    mesh = start(binary, tmp_path, BUDGET)
    try:
        assert text(mesh, " ".join(CARDS[:3]))[0] == 200
        assert text(mesh, CARDS[0])[0] == 200
        mesh.inbound.configuration["log"]["level"] = "debug"
        mesh.inbound.configuration["inspection"]["dlp"]["profiles"]["mine"]["allow"] = ["4012888888881881"]
        mesh.inbound.write()
        mesh.inbound.reload()
        assert text(mesh, CARDS[4])[0] == 403, "four were given already"
        line = mesh.inbound.wait_audit(reason="sensitive_data")
        assert line["peer_spiffe"].endswith("/ns/shop/sa/web") and line["pii"][-1]["action"] == "block"
        assert text(mesh, "no card")[0] == 200, "what holds nothing passes"
        assert text(mesh, CARDS[7])[0] == 403
        assert text(mesh, CARDS[4], pod="batch-0") == (200, "*" * 12 + CARDS[4][-4:]), "another identity has its own"
        assert mesh.crashes() == []
    finally:
        mesh.stop()


def test_allowed_values_and_fields_stay(running):
    mesh = running.get({**acting("mask", exceptFields=["/debug/card", "header:x-card"]), "allow": ["4111-1111-1111-1111"]})
    body = f'{{"card": "{CARD}", "debug": {{"card": "{OTHER}"}}, "order": {{"card": "{OTHER}"}}}}'
    answer = ask_wild(mesh, answer_of(body, fields=[("X-Card", OTHER), ("X-Other", OTHER)]))
    assert answer.body.decode() == \
        f'{{"card": "{CARD}", "debug": {{"card": "{OTHER}"}}, "order": {{"card": "{"*" * 12}4444"}}}}'
    assert answer.headers["x-card"] == OTHER and answer.headers["x-other"] == "*" * 12 + "4444"
    actions = {found["field"]: found["action"] for found in mesh.inbound.wait_audit()["pii"]}
    assert actions["/debug/card"] == "log" and actions["/order/card"] == "mask" and "/card" not in actions


def test_a_profile_says_alone_how_cards_are_covered(binary, tmp_path):
    mesh = start(binary, tmp_path, acting("mask", keepFirst=6))
    try:
        mesh.inbound.stop()
        mesh.start_inbound(inspection={"dlp": mesh.inbound.configuration["inspection"]["dlp"],
                                       "profiles": {"default": {"dlp": "mine"}}})
        assert text(mesh, "5500005555555559") == (200, "550000******5559")
        assert mesh.crashes() == []
    finally:
        mesh.stop()


EMPLOYEE = {"name": "EMPLOYEE_NUMBER", "pattern": r"\bEMP-[0-9]{6}[A-Z]\b", "cues": {"words": ["employee"]},
            "ignore": ["EMP-000000A"], "examples": {"match": ["EMP-123456K"], "noMatch": ["TEMP-123456K", "EMP-000000A"]}}


def test_a_type_of_ones_own(running):
    mesh = running.get({"types": ["default"], "custom": [EMPLOYEE], "minScore": 50, "rules": [{"action": "replace"}]})
    shown = "employee [EMPLOYEE_NUMBER], EMP-000000A and TEMP-123456K"
    assert text(mesh, shown.replace("[EMPLOYEE_NUMBER]", "EMP-123456K")) == (200, shown)
    assert mesh.inbound.wait_audit()["pii"][0]["cue"] == "employee"


WRONG = {
    "an example that does not match":
        ({"types": ["default"], "custom": [{**EMPLOYEE, "examples": {"match": ["EMP-12"], "noMatch": ["x"]}}]},
         "EMPLOYEE_NUMBER"),
    "an example that must not match":
        ({"types": ["default"], "custom": [{**EMPLOYEE, "examples": {"match": ["EMP-123456K"], "noMatch": ["EMP-123456K"]}}]},
         "EMPLOYEE_NUMBER"),
    "an unknown type": ({"types": ["default", "+CREDIT_CRAD"]}, "inspection.dlp.profiles.mine.types[1]"),
    "an unknown type in a rule": ({"types": ["default"], "rules": [{"types": ["NOTHING"], "action": "mask"}]},
                                  "inspection.dlp.profiles.mine.rules[0].types[0]"),
    "a pattern without bound": ({"types": ["default"], "custom": [{**EMPLOYEE, "pattern": "EMP-[0-9]+"}]},
                                "EMPLOYEE_NUMBER"),
    "an unknown action": ({"types": ["default"], "rules": [{"action": "hide"}]},
                          "inspection.dlp.profiles.mine.rules[0].action"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_profile_is_refused_with_its_place(running, binary, tmp_path, what):
    mesh = running.get(acting("mask"))
    profile, place = WRONG[what]
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries())
    sidecar.folder = tmp_path
    sidecar.file = tmp_path / "gabion.yaml"
    sidecar.configuration["inspection"]["dlp"]["profiles"]["mine"] = profile
    sidecar.configuration["identity"] = mesh.inbound.configuration["identity"] | {
        key: str(mesh.inbound.folder / "certs" / name)
        for key, name in (("certificate", "tls.crt"), ("key", "tls.key"), ("trustBundle", "ca.crt"))}
    sidecar.write()
    for command in ("check", "run"):
        done = subprocess.run([binary, command, "-c", sidecar.file], capture_output=True, timeout=50, check=False)
        said = done.stderr.decode()
        assert done.returncode == 2, said
        assert place in said and "gabion.yaml:" in said, said


def test_a_wrong_profile_changes_nothing_in_a_running_proxy(binary, tmp_path):
    mesh = start(binary, tmp_path, acting("mask"))
    try:
        mesh.inbound.configuration["inspection"]["dlp"]["profiles"]["mine"] = {"types": ["NOTHING"]}
        mesh.inbound.write()
        mesh.inbound.reload()
        assert mesh.inbound.metric("gabion_config_rejected_total") >= 1
        assert text(mesh, CARD) == (200, MASKED_CARD)
    finally:
        mesh.stop()


def hash_of(mesh):
    mesh.inbound.forget()
    assert text(mesh, CARD)[0] == 200
    return mesh.inbound.wait_audit()["pii"][0]["hash"]


def test_a_key_makes_hashes_and_tokens_last(binary, tmp_path):
    mesh = start(binary, tmp_path / "key", acting("token"), key=KEY)
    try:
        token, name = text(mesh, CARD)[1], hash_of(mesh)
        mesh.inbound.stop()
        mesh.start_inbound()
        assert (text(mesh, CARD)[1], hash_of(mesh)) == (token, name)
        assert text(mesh, "4111 1111 1111 1111")[1] == token
        (tmp_path / "key" / "dlp.key").write_bytes(KEY[::-1])
        mesh.inbound.reload()
        assert text(mesh, CARD)[1] != token and hash_of(mesh) != name
    finally:
        mesh.stop()


def test_without_a_key_each_start_has_its_own(binary, tmp_path):
    mesh = start(binary, tmp_path, acting("token"))
    try:
        name = hash_of(mesh)
        assert hash_of(mesh) == name
        mesh.inbound.reload()
        assert hash_of(mesh) == name, "a reload is no start"
        mesh.inbound.stop()
        mesh.start_inbound()
        assert hash_of(mesh) != name
    finally:
        mesh.stop()


@pytest.mark.parametrize("key", [b"", b"short"])
def test_a_bad_key_is_refused(binary, tmp_path, key):
    mesh = start(binary, tmp_path, acting("mask"), key=KEY)
    try:
        (tmp_path / "dlp.key").write_bytes(key)
        done = subprocess.run([binary, "check", "-c", mesh.inbound.file], capture_output=True, timeout=50, check=False)
        assert done.returncode == 2 and b"dlp.key" in done.stderr, done.stderr
    finally:
        mesh.stop()


# ---- L7Policy -------------------------------------------------------------------------------------------------------

def dlp_rule(path, profile, action, direction=None):
    asked = {"profile": profile, "action": action, **({"direction": direction} if direction else {})}
    return rule(http=[{"paths": [{"prefix": path}]}], port=8083, inspect={"dlp": [asked]})


def test_an_l7_rule_asks_for_a_profile(binary, tmp_path):
    policies = [network_policy(ingress=[{}]), l7_policy(
        dlp_rule("/log", "mine", "Log"), dlp_rule("/mask", "mine", "Mask"), dlp_rule("/block", "mine", "Block"),
        dlp_rule("/request", "pci", "Mask", "Request"), dlp_rule("/answer", "pci", "Mask", "Response"),
        rule(http=[{"paths": [{"prefix": "/free"}]}], port=8083))]
    mesh = start(binary, tmp_path, {"types": ["pci"]}, own=None, policies=policies)
    try:
        def ask(target):
            answer, arrived = post(mesh, CARD.encode(), "text/plain", target=target)
            return answer.status, arrived and arrived["body"], answer.body.decode()

        status, arrived, shown = ask("/log")
        assert (status, arrived) == (200, CARD) and CARD in shown
        assert {found["action"] for found in mesh.inbound.wait_audit()["pii"]} == {"log"}
        status, arrived, shown = ask("/mask")
        assert (status, arrived) == (200, MASKED_CARD) and CARD not in shown
        assert ask("/block")[:2] == (403, None)
        status, arrived, shown = ask("/request")
        assert (status, arrived) == (200, MASKED_CARD)
        status, arrived, shown = ask("/answer")
        assert (status, arrived) == (200, CARD) and CARD not in shown and MASKED_CARD in shown
        mesh.inbound.forget()
        status, arrived, shown = ask("/free")
        assert (status, arrived) == (200, CARD) and CARD in shown
        assert mesh.inbound.wait_access(path="/free")["pii"] == []
        assert mesh.crashes() == []
    finally:
        mesh.stop()


def test_an_unknown_profile_makes_a_policy_unreadable(binary, tmp_path):
    mesh = start(binary, tmp_path, {"types": ["pci"]},
                 policies=[network_policy(ingress=[{}]), l7_policy(dlp_rule("/", "nobodys", "Mask"))])
    try:
        answer, arrived = post(mesh, b"x", "text/plain")
        assert answer.status == 403 and arrived is None
        assert mesh.inbound.wait_access(response_code=403)["reason"] == "policy_invalid"
        mesh.put_policy(network_policy(ingress=[{}]), l7_policy(dlp_rule("/", "mine", "Mask")))
        mesh.inbound.reload()
        until(lambda: post(mesh, b"x", "text/plain")[0].status == 200, "the policy is read again")
    finally:
        mesh.stop()
