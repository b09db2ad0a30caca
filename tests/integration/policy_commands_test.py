"""gabion policy: eval, explain, diff, test and import with the real binary, and every command of docs/policy.md."""

import gzip
import json
import pathlib
import re
import shutil
import subprocess
import time
import xml.etree.ElementTree

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples" / "policy"
CASES = ROOT.parent / "shared" / "cases" / "networkpolicy.jsonl.gz"


@pytest.fixture
def examples(tmp_path):
    """A copy of the documented example files, to run commands in."""
    return pathlib.Path(shutil.copytree(EXAMPLES, tmp_path / "policy"))


@pytest.fixture
def policy(binary, examples):
    """Runs `gabion policy ...` among the example files."""
    def run(*arguments, given=None):
        return subprocess.run([str(binary), "policy", *map(str, arguments)], cwd=examples, input=given,
                              capture_output=True, text=True, timeout=60)
    return run


def documented():
    """(command, output) of each `$ ` line in a console block of docs/policy.md."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", (ROOT / "docs" / "policy.md").read_text(), re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def test_every_documented_command_prints_what_is_documented(binary, examples):
    commands = documented()
    assert {command.split()[2] for command, _ in commands} == {"eval", "explain", "diff", "test", "import"}
    for command, output in commands:
        done = subprocess.run(["bash", "-c", command], cwd=examples, text=True, timeout=60, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT,
                              env={"PATH": f"{binary.parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
        assert done.stdout == output, command


def test_the_documented_policy_test_is_the_example():
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "policy.md").read_text(), re.M | re.S)
    shown = [document for block in blocks for document in yaml.safe_load_all(block) if document["kind"] == "PolicyTest"]
    example = yaml.safe_load((EXAMPLES / "expectations.yaml").read_text())
    assert len(shown) == 1
    assert shown[0]["tests"] == example["tests"][:1]
    assert {key: shown[0][key] for key in ("manifests", "mtls")} == {key: example[key] for key in ("manifests", "mtls")}


@pytest.mark.parametrize("command", ["", "eval", "explain", "diff", "test", "import", "import istio", "import cilium"])
def test_help_has_an_example(policy, command):
    done = policy(*command.split(), "--help")
    assert done.returncode == 0
    assert "Example:\n  " in done.stdout


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["explain"], ["explain", "-f", "now", "--from", "a/b"],
                                       ["diff", "now"], ["test"], ["import"], ["import", "istio"], ["eval", "--x"]])
def test_a_wrong_command_line_is_exit_2(policy, arguments):
    assert policy(*arguments).returncode == 2


# ---- eval ----

def case(policies, probes, **more):
    return {"id": "c", "policies": policies, "namespaces": [{"name": "x", "labels": {}}],
            "pods": [{"namespace": "x", "name": name, "labels": {"app": name}, "ip": f"10.0.0.{i}", "ports": []}
                     for i, name in enumerate(("a", "b"), 1)],
            "probes": [{"from": start, "to": end, "port": port, "proto": "TCP"} for start, end, port in probes], **more}


DENY_ALL = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: d, namespace: x}, " \
           "spec: {podSelector: {}}}"


def test_eval_answers_line_by_line(binary):
    """Each answer comes before the next question is asked."""
    with subprocess.Popen([str(binary), "policy", "eval"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as running:
        for expected, policies in ((True, []), (False, [DENY_ALL])):
            running.stdin.write(json.dumps(case(policies, [("x/a", "x/b", 80)])) + "\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline()) == {"id": "c", "results": [expected]}
        running.stdin.close()
        assert running.wait(30) == 0


def test_eval_goes_on_after_bad_lines(policy):
    good = json.dumps(case([DENY_ALL], [("x/a", "x/a", 80), ("x/a", "x/b", 80)]))
    bad = json.dumps(case(["kind: NetworkPolicy"], []))
    done = policy("eval", given=f"{bad}\nnot json\n\n{good}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert "error" in answers[0] and answers[0]["id"] == "c"
    assert list(answers[1]) == ["error"]
    assert answers[2] == {"id": "c", "results": [True, False]}
    assert policy("eval", given=f"{bad}\n{good}\n").returncode == 0
    assert policy("eval", "missing.jsonl").returncode == 2


@pytest.mark.skipif(not CASES.is_file(), reason="the shared test cases are not on this machine")
def test_eval_of_the_published_cases(policy):
    cases = [json.loads(line) for line in gzip.open(CASES, "rt")]
    begun = time.monotonic()
    done = policy("eval", given="".join(json.dumps(one) + "\n" for one in cases))
    seconds = time.monotonic() - begun
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert len(answers) == len(cases) == 336
    differences, probes = [], 0
    for one, answer in zip(cases, answers):
        assert answer["id"] == one["id"]
        if one.get("invalid"):
            differences += [] if "error" in answer else [one["id"]]
            continue
        expected = [probe["expect"] for probe in one["probes"]]
        probes += len(expected)
        if answer.get("results") != expected:
            differences.append((one["id"], answer.get("error")))
    print(f"{len(cases)} cases, {probes} probes, {len(differences)} differences, {seconds:.2f} s")
    assert differences == []
    assert probes > 110_000


# ---- explain ----

ASK = ["explain", "-f", "cluster.yaml", "-f", "now", "--from", "shop/web-0", "--to", "shop/orders-0", "--port", "8080"]


def test_explain_speaks_json(policy):
    done = policy(*ASK, "--mtls", "--method", "POST", "--path", "/orders/x", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["verdict"], answer["reason"]) == (0, "deny", "policy_denied")
    layers = {layer["layer"]: layer for layer in answer["layers"]}
    assert layers["L4 ingress"]["rule"] == "shop/orders/ingress[0]"
    considered = {rule["rule"]: rule for rule in layers["L7 ingress"]["considered"]}
    assert considered["shop/orders-api/ingress[0]"]["failed"] == "method"
    assert considered["shop/orders-api/ingress[0]"]["nearest"]
    assert not considered["shop/orders-api/ingress[1]"]["met"]


@pytest.mark.parametrize("arguments,code", [
    (["--mtls", "--path", "/orders", "--expect", "allow"], 0), (["--mtls", "--path", "/orders", "--expect", "deny"], 1),
    (["--path", "/orders", "--expect", "deny"], 0),
    (["--spiffe", "spiffe://cluster.local/ns/shop/sa/web", "--path", "/orders", "--expect", "allow"], 0),
    (["--spiffe", "spiffe://cluster.local/ns/ops/sa/batch", "--path", "/orders", "--expect", "deny"], 0),
    (["--spiffe", "nonsense"], 2), (["--header", "nonsense"], 2), (["--proto", "ICMP"], 2), (["--expect", "maybe"], 2),
    (["--proto", "UDP", "--expect", "deny"], 0), (["-f", "missing.yaml"], 2),
])
def test_explain_exits_as_expected(policy, arguments, code):
    done = policy(*ASK, *arguments)
    assert done.returncode == code, done.stdout + done.stderr


def test_explain_refuses_what_a_running_proxy_would_isolate(policy, examples):
    (examples / "now" / "typo.yaml").write_text(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: typo}\n"
        "spec: {podSelector: {}, ingress: [{form: []}]}\n")
    done = policy(*ASK)
    assert done.returncode == 2
    assert done.stderr.startswith("now/typo.yaml:1:spec.ingress[0].form: unknown field")


BAD_REGEX = """
---
apiVersion: gabion.dev/v1alpha1
kind: L7Policy
metadata: {namespace: shop, name: broken}
spec:
  podSelector: {matchLabels: {app: nobody}}
  ingress: [{ports: [{port: 8080}], protocol: HTTP, http: [{paths: [{regex: "/a("}]}]}]
"""


@pytest.mark.parametrize("arguments", [
    ["explain", "-f", "cluster.yaml", "-f", "now", "--from", "shop/web-0", "--to", "shop/orders-0", "--port", "8080"],
    ["diff", "--cluster", "cluster.yaml", "next", "now"], ["diff", "--cluster", "cluster.yaml", "now", "next"],
    ["test", "expectations.yaml"]])
def test_a_bad_regex_is_refused_whoever_is_asked_about(policy, examples, arguments):
    with (examples / "now" / "policies.yaml").open("a") as policies:
        policies.write(BAD_REGEX)
    done = policy(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("shop/broken/ingress[0].http[0].paths[0].regex: not a regular expression RE2 takes")


PATHS = {"//orders": "emptySegments=keep", "/orders;x": "semicolon=keep", "/ORDERS/7": "case=fold",
         "/orders%2f7": "encodedSlash=keep,semicolon=keep", "/orders%252f7": "doubleEncoding=keep"}


@pytest.mark.parametrize("path", PATHS)
def test_paths_are_read_as_the_sidecars_read_them(policy, path):
    """Asked with and without the option, where a rule allows prefix /orders."""
    asked = ["explain", "-f", "cluster.yaml", "-f", "now", "--from", "shop/web-0", "--to", "shop/orders-0", "--port",
             "8080", "--mtls", "--method", "GET", "--path", path, "--json"]
    without, said = (json.loads(policy(*asked, *more).stdout) for more in ([], ["--paths", PATHS[path]]))
    assert without["reason"] == ("policy_denied" if path == "/ORDERS/7" else "ambiguous_path")
    assert said["verdict"] == ("allow" if path == "/ORDERS/7" else "deny")
    assert said["reason"] != "ambiguous_path"
    assert json.loads(policy(*asked, "--path-level", "MERGE_SLASHES").stdout)["verdict"] == \
        ("allow" if path == "//orders" else "deny")


@pytest.mark.parametrize("option", [["--paths", "case=ignore"], ["--paths", "semicolon"], ["--paths", "dots=keep"],
                                    ["--path-level", "base"]])
def test_a_wrong_reading_of_paths_is_exit_2(policy, option):
    for command in (["diff", "now", "next"], ["test", "expectations.yaml"]):
        done = policy(*command, *option)
        assert done.returncode == 2 and option[0] in done.stderr


def test_manifests_come_from_standard_input(policy, examples):
    both = (examples / "cluster.yaml").read_text() + "---\n" + (examples / "now" / "policies.yaml").read_text()
    done = policy("explain", "-f", "-", *ASK[5:], "--mtls", "--path", "/orders", "--expect", "allow", given=both)
    assert done.returncode == 0, done.stdout + done.stderr


def test_explain_is_plain_when_it_is_no_terminal(policy):
    assert "\x1b" not in policy(*ASK).stdout


# ---- diff ----

def test_diff_speaks_json(policy):
    done = policy("diff", "-f", "now", "-f", "next", "--cluster", "cluster.yaml", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    denied = [change for change in answer["changes"] if change["now"] == "deny"]
    assert [(change["from"], change["to"], change["first_port"]) for change in denied] == \
        [(["ops/batch-0"], "shop/orders-0", 9090)]
    assert answer["allowed"] + answer["denied"] == len(answer["changes"])


def test_diff_of_the_same_is_exit_0(policy):
    done = policy("diff", "now", "now", "--cluster", "cluster.yaml")
    assert (done.returncode, done.stdout) == (0, "0 newly allowed, 0 newly denied\n")


def test_diff_can_be_narrowed(policy):
    done = policy("diff", "now", "next", "--cluster", "cluster.yaml", "--from", "ops/batch-0", "--json")
    assert {tuple(change["from"]) for change in json.loads(done.stdout)["changes"]} == {("ops/batch-0",)}
    assert policy("diff", "now", "next", "--cluster", "cluster.yaml", "--from", "ops/nobody").returncode == 2


def test_diff_without_pods_says_so(policy):
    done = policy("diff", "now", "next")
    assert done.returncode == 2
    assert "--cluster" in done.stderr


# ---- test ----

def test_a_failed_expectation_is_exit_1_and_tells_both(policy, examples):
    file = examples / "expectations.yaml"
    file.write_text(file.read_text().replace("expect: deny", "expect: allow", 1))
    done = policy("test", "expectations.yaml", "--junit", "results.xml")
    assert done.returncode == 1
    assert "FAIL  web does not delete" in done.stdout
    assert "want allow" in done.stdout and "got  deny, policy_denied" in done.stdout
    suite = xml.etree.ElementTree.parse(examples / "results.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("6", "1", "0")
    assert [one.get("name") for one in suite if one.find("failure") is not None] == ["web does not delete"]


def test_an_end_that_is_not_there_is_an_error_of_its_test(policy, examples):
    file = examples / "expectations.yaml"
    file.write_text(file.read_text().replace("from: shop/web-0", "from: shop/wbe-0", 1))
    done = policy("test", "expectations.yaml", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert (answer["passed"], answer["failed"], answer["errors"]) == (5, 0, 1)
    assert answer["tests"][0]["got"] == "shop/wbe-0: there is no such pod"


def test_other_manifests_can_be_tested(policy):
    assert policy("test", "expectations.yaml", "-f", "cluster.yaml", "-f", "next").returncode == 1


@pytest.mark.parametrize("text,named", [
    ("a: [", "expectations.yaml:1"), ("kind: PolicyTest\n", "apiVersion"),
    ("apiVersion: gabion.dev/v1alpha1\nkind: PolicyTest\nmanifests: [now]\ntests:\n"
     "- {from: a/b, to: a/c, port: 1, expect: allow, htpp: {}}\n", "tests[0].htpp: unknown field"),
])
def test_a_file_with_a_mistake_is_exit_2(policy, examples, text, named):
    (examples / "expectations.yaml").write_text(text)
    done = policy("test", "expectations.yaml")
    assert done.returncode == 2
    assert named in done.stderr


# ---- import ----

def test_import_writes_what_check_accepts_and_reports(policy, examples):
    done = policy("import", "istio", "istio.yaml", "--report", "report.json")
    assert done.returncode == 1
    assert re.fullmatch(r"istio\.yaml:2:spec\.rules\[0\]\.when\[0\]\.key: E_CONDITION: .*\n", done.stderr)
    report = json.loads((examples / "report.json").read_text())
    assert (report["imported"], report["refused"]) == (1, 1)
    assert report["findings"][0]["severity"] == "error"
    (examples / "imported.yaml").write_text(done.stdout)
    for path, verdict in (("/orders", "allow"), ("/other", "deny")):
        asked = policy("explain", "-f", "cluster.yaml", "-f", "imported.yaml", *ASK[5:], "--mtls", "--path", path,
                       "--expect", verdict)
        assert asked.returncode == 0, asked.stdout + asked.stderr


def test_import_reads_standard_input(policy, examples):
    done = policy("import", "cilium", "-", "--cluster-cidr", "10.0.0.0/8", given=(examples / "cilium.yaml").read_text())
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("kind: ") == 2


@pytest.mark.parametrize("arguments", [["istio", "missing.yaml"], ["cilium", "cilium.yaml", "--cluster-cidr", "10"]])
def test_import_that_cannot_begin_is_exit_2(policy, arguments):
    done = policy("import", *arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_host_without_port_is_a_remark_only(policy):
    source = ("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: shop}\n"
              "spec: {rules: [{to: [{operation: {hosts: [a.example], ports: ['80']}}]}]}\n")
    done = policy("import", "istio", "-", given=source)
    assert done.returncode == 0
    assert "W_HOST_PORT" in done.stderr and "hosts: [a.example]" in done.stdout
