"""Rules in ModSecurity's language judge what passes a sidecar: refused or told, by profile, by policy, until they change."""

import gzip
import pathlib

import pytest

from mesh import FORWARDING, Mesh
from policy_test import l7_policy, network_policy, rule
from waiting import until

RULES = """
SecResponseBodyAccess On
SecResponseBodyMimeType application/json text/plain
SecRule REQUEST_HEADERS:User-Agent "@streq evil" "id:1001,phase:1,deny,log,msg:'An evil agent',severity:CRITICAL"
SecRule ARGS "@contains attack" "id:1002,phase:2,deny,log,t:urlDecodeUni,t:lowercase,msg:'An attack',tag:'mine',severity:ERROR"
SecRule RESPONSE_BODY "@contains top-secret" "id:1003,phase:4,deny,log,msg:'A secret leaves'"
SecRule ARGS:password "@rx ^letmein" "id:1004,phase:2,pass,log,msg:'A bad password'"
SecRule ARGS:note "@rx [0-9]{13}" "id:1005,phase:2,pass,log,msg:'A number'"
"""
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
CRS = pathlib.Path("/usr/share/modsecurity-crs/owasp-crs.load")


def completed(sidecar):
    """Waits until the pattern databases are there: they come as a generation of their own."""
    until(lambda: sidecar.metric("gabion_provisional_rules") == 0, "the pattern databases are complete", 300)


class Rules:
    """A mesh whose inbound sidecar judges by a rule file of its own."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.file = folder / "rules.conf"
        self.file.write_text(RULES)
        self.mesh = None

    def start(self, mode="block", policies=(), own=True, entry=None, rule_set=None, profile=None, **sections):
        choice = {"waf": {"rules": "mine", "mode": mode}} if own else {}
        one = {"entry": str(entry or self.file), **(rule_set or {})}
        self.mesh = Mesh(self.binary, self.folder, {**FORWARDING, **choice, **(profile or {})}, {"waf": {"mine": one}})
        self.mesh.put_policy(*policies)
        self.mesh.start_application()
        self.mesh.start_inbound(**sections)
        completed(self.mesh.inbound)
        return self.mesh

    def ask(self, target, method="GET", headers=(), body=b""):
        with self.mesh.plain() as client:
            return client.ask(method, target, headers, body)

    def findings(self, answer):
        """Of the exchange with this answer: [(rule id, finding)]."""
        lines = []
        until(lambda: lines.extend(self.mesh.inbound.audit(request_id=answer.headers["x-request-id"])) or lines,
              "the audit line is written")
        return [(found["id"], found) for found in lines[0]["threats"] + lines[0]["pii"]]

    def stop(self):
        if self.mesh is not None:
            self.mesh.stop()
            assert self.mesh.crashes() == []


@pytest.fixture
def rules(binary, tmp_path):
    found = Rules(binary, tmp_path)
    yield found
    found.stop()


ATTACKS = {
    "query": ("GET", "/?q=an+ATTACK", (), b"", 1002),
    "encoded": ("GET", "/?q=%61%74tack", (), b"", 1002),
    "header": ("GET", "/", (("User-Agent", "evil"),), b"", 1001),
    "form": ("POST", "/", FORM, b"a=1&b=attack", 1002),
    "json": ("POST", "/", (("Content-Type", "application/json"),), b'{"a": [{"b": "att\\u0061ck"}]}', 1002),
    "multipart": ("POST", "/", (("Content-Type", "multipart/form-data; boundary=x"),),
                  b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nattack\r\n--x--\r\n', 1002),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_a_rule_denies_is_refused_and_never_reaches_the_service(rules, name):
    method, target, headers, body, rule_id = ATTACKS[name]
    mesh = rules.start()
    answer = rules.ask(target, method, headers, body)
    assert answer.status == 403
    assert answer.body.startswith(b"access denied by policy (attack_detected)") or b"attack_detected" in answer.body
    assert str(rule_id).encode() not in answer.body, "the rule is for the log, not for the attacker"
    assert mesh.application.requests == []
    found = dict(rules.findings(answer))
    assert found[rule_id]["action"] == "block" and found[rule_id]["message"]
    assert rules.ask("/?q=harmless").status == 200


def test_a_body_in_pieces_is_judged_as_one(rules):
    mesh = rules.start()
    body = b"a=1&b=attack"
    for cut in range(1, len(body)):
        with mesh.plain() as client:
            client.send("POST / HTTP/1.1\r\nHost: orders.shop\r\nTransfer-Encoding: chunked\r\n"
                        "Content-Type: application/x-www-form-urlencoded\r\n\r\n",
                        *(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:cut], body[cut:])), b"0\r\n\r\n")
            assert client.read("POST").status == 403
    assert mesh.application.requests == []


def test_detect_tells_and_lets_pass(rules):
    mesh = rules.start(mode="detect")
    answer = rules.ask("/?q=attack")
    assert answer.status == 200 and len(mesh.application.requests) == 1
    (rule_id, found), = rules.findings(answer)
    assert (rule_id, found["action"], found["severity"], found["field"]) == (1002, "log", "ERROR", "ARGS:q")
    assert mesh.inbound.metric("gabion_findings_total", detector="waf", rule="1002", action="log") == 1


def test_evidence_holds_no_secret(rules):
    mesh = rules.start(mode="detect")
    rules.findings(rules.ask("/?password=letmein-hunter2&note=card+4111111111111111"))
    text = "".join(path.read_text() for path in (mesh.folder / "orders-0").glob("*.log"))
    for secret in ("hunter2", "4111111111111111"):
        assert secret not in text.split('"sample"', 1)[1].split("}", 1)[0]
    assert "4111111111111111" not in text


EXCLUSIONS = {
    "rule": ({"rule": "1002"}, {"/?q=attack": 200, "/a?q=attack": 200}),
    "range": ({"rule": "1000-1999"}, {"/?q=attack": 200}),
    "tag": ({"tag": "mine"}, {"/?q=attack": 200}),
    "target": ({"rule": "1002", "target": "ARGS:q"}, {"/?q=attack": 200, "/?r=attack": 403}),
    "path": ({"tag": "mine", "path": "/search"},
             {"/search?q=attack": 200, "/search/x?q=attack": 200, "/searching?q=attack": 403, "/?q=attack": 403}),
    "path and target": ({"rule": "1002", "path": "/search", "target": "ARGS:q"},
                        {"/search?q=attack": 200, "/search?r=attack": 403, "/?q=attack": 403}),
    "climbing path": ({"rule": "1002", "path": "/search"}, {"/search/../?q=attack": 403}),
}


@pytest.mark.parametrize("name", EXCLUSIONS)
def test_exclusions_take_away_what_they_say_and_no_more(rules, name):
    exclusion, expected = EXCLUSIONS[name]
    rules.start(rule_set={"exclusions": [exclusion]})
    assert {target: rules.ask(target).status for target in expected} == expected


def test_an_l7_rule_asks_for_a_rule_set_where_the_profile_has_none(rules):
    judged = rule(http=[{"paths": [{"prefix": "/judged"}]}], port=8083, inspect={"waf": {"profile": "mine", "mode": "Block"}})
    told = rule(http=[{"paths": [{"prefix": "/told"}]}], port=8083, inspect={"waf": {"profile": "mine", "mode": "Detect"}})
    free = rule(http=[{"paths": [{"prefix": "/free"}]}], port=8083)
    rules.start(own=False, policies=[network_policy(ingress=[{}]), l7_policy(judged, told, free)])
    assert [rules.ask(f"/{path}?q=attack").status for path in ("judged", "told", "free", "else")] == [403, 200, 200, 403]
    assert rules.ask("/judged?q=harmless").status == 200
    assert [rule_id for rule_id, _ in rules.findings(rules.ask("/told?q=attack"))] == [1002]


def test_of_two_modes_the_stricter_counts(rules):
    block = rule(port=8083, inspect={"waf": {"profile": "mine", "mode": "Block"}})
    rules.start(mode="detect", policies=[network_policy(ingress=[{}]), l7_policy(block)])
    assert rules.ask("/?q=attack").status == 403


def test_a_policy_that_names_an_unknown_rule_set_is_unreadable_and_closes_its_ports(rules):
    unknown = rule(port=8083, inspect={"waf": {"profile": "nobody-has-it", "mode": "Block"}})
    mesh = rules.start(own=False, policies=[network_policy(ingress=[{}]), l7_policy(unknown)])
    assert rules.ask("/").status == 403
    assert "nobody-has-it" in mesh.inbound.get("/policy")[1]


def test_an_answer_is_judged_before_any_of_it_leaves(rules):
    rules.start()
    assert rules.ask("/").status == 200
    answer = rules.ask("/top-secret")  # the application answers with an account of the request
    assert answer.status != 200 and b"top-secret" not in answer.body
    (rule_id, found), = rules.findings(answer)
    assert (rule_id, found["direction"], found["action"]) == (1003, "response", "block")


def test_an_answer_longer_than_may_be_held_is_judged_as_far_as_it_came(rules):
    rules.start(limits={"holdBytes": "4KiB"})
    answer = rules.ask("/?size=200000")
    assert answer.status == 200 and len(answer.body) == 200000


def test_a_request_longer_than_may_be_held_is_refused_or_passes_as_limits_say(rules, tmp_path):
    body = b"a=" + b"x" * 20000
    rules.start(limits={"holdBytes": "4KiB"})
    assert rules.ask("/", "POST", FORM, body).status in (403, 413)
    assert rules.mesh.application.requests == []
    rules.stop()
    rules.start(limits={"holdBytes": "4KiB"}, profile={"onLimit": "allow"})
    assert rules.ask("/", "POST", FORM, body).status == 200
    assert rules.ask("/", "POST", FORM, b"b=attack&" + body).status == 403, "what came before the limit is judged"


def test_a_client_that_waits_for_100_is_judged_with_its_body_before_the_service_hears_of_it(rules):
    """The service might answer without waiting for the body: then no rule of phase 2 would have been asked."""
    mesh = rules.start()
    head = "POST /?q=attack HTTP/1.1\r\nHost: orders.shop\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    with mesh.plain() as client:
        client.send(head)
        assert client.read_head()[0] == 100
        assert mesh.application.requests == []
        client.send(b"hello")
        assert client.read("POST").status == 403
    assert mesh.application.requests == []
    with mesh.plain() as client:
        client.send(head.replace("attack", "harmless"))
        assert client.read_head()[0] == 100
        client.send(b"hello")
        assert client.read("POST").status == 200


def test_many_cookies_hide_nothing(rules):
    rules.file.write_text(RULES + 'SecRule REQUEST_COOKIES "@contains attack" "id:1006,phase:1,deny,log"\n')
    rules.start(limits={"headerBytes": "64KiB"})
    assert rules.ask("/", headers=(("Cookie", "a=1;" * 1500 + "x=attack"),)).status == 403
    assert rules.ask("/", headers=(("Cookie", "a=1;" * 1500 + "x=fine"),)).status == 200


def test_arguments_beyond_the_limit_hide_nothing(rules):
    """What is left out of ARGS is not judged, whatever number the rules count to."""
    rules.file.write_text("SecArgumentsLimit 20\n" + RULES)
    rules.start()
    many = "&".join(f"a{number}=1" for number in range(20))
    assert rules.ask(f"/?{many}").status == 200
    assert rules.ask(f"/?{many}&q=attack").status == 403
    assert rules.ask("/", "POST", FORM, f"{many}&q=attack".encode()).status == 403
    assert rules.ask("/", "POST", (("Content-Type", "application/json"),),
                     b"[" + b"1," * 20 + b'"attack"]').status == 403


def test_what_makes_the_rules_look_too_much_is_refused_counted_or_passes_as_limits_say(rules):
    target = "/?" + "&".join(f"a{number}={'%41' * 200}" for number in range(20))
    body = "&".join(f"a{number}={'%41' * 100}" for number in range(190)).encode()
    rules.file.write_text(RULES + 'SecRule ARGS|ARGS_NAMES "@rx ^no+$" "id:1007,phase:2,deny,t:urlDecodeUni,t:lowercase"\n'
                          + "".join(f'SecRule ARGS "@contains not{number}" "id:{1100 + number},phase:2,deny,t:lowercase"\n'
                                    for number in range(100)))
    mesh = rules.start(limits={"scanBytes": "1MiB"})
    assert rules.ask("/?q=harmless").status == 200
    answer = rules.ask(target, "POST", FORM, body)
    assert answer.status == 413 and b"scan_limit" in answer.body
    assert len(mesh.application.requests) == 1
    assert mesh.inbound.metric("gabion_limit_total", limit="scanBytes") == 1
    line = mesh.inbound.wait_audit(reason="scan_limit")
    assert [(found["rule"], found["action"]) for found in line["threats"]] == [("scan-limit", "block")]
    assert rules.ask("/?q=attack").status == 403, "the next exchange is judged as ever"
    rules.stop()
    mesh = rules.start(mode="detect", limits={"scanBytes": "1MiB"})
    assert rules.ask(target, "POST", FORM, body).status == 200
    assert mesh.inbound.metric("gabion_findings_total", detector="waf", rule="scan-limit", action="log") == 1
    rules.stop()
    rules.start(limits={"scanBytes": "1MiB"}, profile={"onLimit": "allow"})
    assert rules.ask(target, "POST", FORM, body).status == 200
    rules.stop()
    rules.start()
    assert rules.ask(target, "POST", FORM, body).status == 200, "the default is far above"


def test_coded_bodies_are_read_like_others(rules):
    rules.start()
    coded = (*FORM, ("Content-Encoding", "gzip"))
    assert rules.ask("/", "POST", coded, gzip.compress(b"q=harmless")).status == 200
    assert rules.ask("/", "POST", coded, gzip.compress(b"q=attack")).status == 403
    assert rules.ask("/", "POST", (*FORM, ("Content-Encoding", "gzip")), b"\x1f\x8b").status in (400, 403)


def test_rules_change_without_a_restart_and_bad_ones_change_nothing(rules):
    mesh = rules.start()
    assert rules.ask("/?q=attack").status == 403
    before = mesh.inbound.loads()
    rules.file.write_text(RULES + 'SecRule ARGS "@contains fresh" "id:2001,phase:2,deny"\n')
    mesh.inbound.wait_load(before)
    assert [rules.ask(f"/?q={word}").status for word in ("attack", "fresh", "old")] == [403, 403, 200]
    before = mesh.inbound.loads()
    rules.file.write_text(RULES + 'SecRule ARGS "@nonsense x" "id:2002,phase:2,deny"\n')
    mesh.inbound.wait_load(before)
    mesh.inbound.wait_output("rules.conf:9:", "2002")
    assert [rules.ask(f"/?q={word}").status for word in ("attack", "fresh", "old")] == [403, 403, 200]
    before = mesh.inbound.loads()
    rules.file.write_text(RULES)
    mesh.inbound.wait_load(before)
    assert rules.ask("/?q=fresh").status == 200


ATTACKS_ON_CRS = ("/?id=1%27%20or%20%271%27=%271", "/?q=%3Cscript%3Ealert(1)%3C/script%3E", "/?f=../../../../etc/passwd",
                  "/?c=;cat%20/etc/passwd")
BROWSER = (("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
           ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), ("Accept-Language", "en-US,en;q=0.5"))


@pytest.mark.seconds(400)
def test_a_cold_start_judges_at_once_and_a_damaged_cache_is_a_cold_start(binary, tmp_path):
    """Without databases the same requests are refused; damaged ones are replaced, and whoever reads them later trusts them."""
    if not CRS.is_file():
        pytest.skip("modsecurity-crs is not installed")
    (cache := tmp_path / "cache").mkdir()
    profile = {**FORWARDING, "waf": {"rules": "crs", "mode": "block"}}
    mesh = Mesh(binary, tmp_path, profile, {"waf": {"crs": {"entry": str(CRS)}}, "wafCache": str(cache)})

    def judges():
        with mesh.plain() as client:
            assert [client.ask("GET", target, BROWSER, host="shop.example").status for target in ATTACKS_ON_CRS] == [403] * 4
            assert client.ask("GET", "/orders?page=2", BROWSER, host="shop.example").status == 200

    def start():
        mesh.inbound.start()
        return mesh.inbound.metric("gabion_provisional_rules")

    try:
        mesh.start_application()
        mesh.start_inbound()
        assert mesh.inbound.metric("gabion_provisional_rules") == 1, "the databases cannot be there yet"
        judges()
        completed(mesh.inbound)
        judges()
        whole = {path.name: path.read_bytes() for path in cache.iterdir()}
        assert whole and mesh.inbound.loads() == (2, 0)
        mesh.inbound.stop()
        assert start() == 0, "a warm start has everything"
        judges()
        mesh.inbound.stop()
        damaged, cut = sorted(cache.iterdir())[:2]
        damaged.write_bytes(whole[damaged.name][:-1] + bytes([whole[damaged.name][-1] ^ 1]))
        cut.write_bytes(whole[cut.name][:1000])
        assert start() == 1, "what is damaged is not trusted"
        judges()
        completed(mesh.inbound)
        judges()
        assert {path.name for path in cache.iterdir()} == set(whole), "in the places of the damaged ones"
        mesh.inbound.stop()
        assert start() == 0
        judges()
    finally:
        mesh.stop()
    assert mesh.crashes() == []


@pytest.mark.seconds(400)
def test_the_core_rule_set_as_debian_ships_it(binary, tmp_path, waf_cache):
    """Blocked: attacks of four kinds. Passed: what a browser sends. The second start takes its databases from the cache."""
    if not CRS.is_file():
        pytest.skip("modsecurity-crs is not installed")
    profile = {**FORWARDING, "waf": {"rules": "crs", "mode": "block"}}
    mesh = Mesh(binary, tmp_path, profile, {"waf": {"crs": {"entry": str(CRS)}}, "wafCache": str(waf_cache)})
    try:
        mesh.start_application()
        mesh.start_inbound()
        with mesh.plain() as client:
            for target in ATTACKS_ON_CRS:
                assert client.ask("GET", target, BROWSER, host="shop.example").status == 403, target
            for target in ("/", "/orders?page=2&sort=price", "/search?q=red+shoes+for+O%27Brien"):
                assert client.ask("GET", target, BROWSER, host="shop.example").status == 200, target
            assert client.ask("POST", "/orders", (*BROWSER, ("Content-Type", "application/json")),
                              b'{"item": 7, "note": "leave it at the door, please"}', host="shop.example").status == 200
    finally:
        mesh.stop()
    assert mesh.crashes() == []
