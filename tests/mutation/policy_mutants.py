"""Breaks each of the policy guide's twenty edge cases in a copy of the tree and shows that the tests notice.

    ./dev mutants            every mutant        ./dev mutants E4 E13   only these

A mutant that does not apply any more, or that does not compile, is a failure as well: it would prove nothing.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build" / "mutants"
TREE = SCRATCH / "tree"
BUILD = SCRATCH / "debug"
COPIED = ("CMakeLists.txt", "CMakePresets.json", "cmake", "config", "inspect", "proxy", "tests", "bench", "deploy")
UNIT = "policy_tests"
INTEGRATION = ("tests/integration/policy_change_test.py", "tests/integration/policy_test.py")

NOBODY = """peers && std::none_of(objects_.pods.begin(), objects_.pods.end(), [&](const kube::Pod& pod) {
    return std::any_of(peers->begin(), peers->end(), [&](const kube::PeerSpec& peer) {
      return peer.ip_block || peer.namespace_selector || peer.service_account ||
             (peer.pod_selector && peer.pod_selector->matches(pod.labels));
    });
  }) ? kAnyPeer : """
NO_ADDRESS = """for (const auto& each : objects.pods) {
    if (each.addresses.empty()) {
      return Errors{Error{"a pod has no address", each.name.to_string()}};
    }
  }
  Compilation compilation("""

# (edge, what is broken, file, text, text instead, what must notice)
MUTANTS = [
    ("E1", "NotIn needs the key", "config/kube/objects.cc", "return !listed;", "return present && !listed;", UNIT),
    ("E2", "an empty value meets a missing key", "config/kube/objects.cc",
     "if (found == labels.end() || found->second != value) {",
     "if ((found == labels.end() ? std::string() : found->second) != value) {", UNIT),
    ("E3", "expressions are ORed", "config/kube/objects.cc", "return std::all_of(match_expressions.begin()",
     "return match_expressions.empty() || std::any_of(match_expressions.begin()", UNIT),
    ("E3", "expressions are ignored", "config/kube/objects.cc", "return requirement.matches(labels); });",
     "return requirement.matches(labels) || true; });", UNIT),
    ("E3", "only the first value of In counts", "config/kube/objects.cc",
     "std::find(values.begin(), values.end(), found->second) != values.end();",
     "!values.empty() && values.front() == found->second;", UNIT),
    ("E4", "except is a deny for other blocks", "config/policy/block_table.cc", "blocks_[bound.block];",
     "blocks_[bound.term];", UNIT),
    ("E5", "blocks do not meet pods", "config/policy/peer_classes.cc", "if (address != nullptr) {",
     "if (address != nullptr && pods.empty()) {", UNIT),
    ("E6", "blocks do not meet nodes", "config/policy/address_book.cc",
     "classes.of_address(classes.blocks().terms_at(address), MayBePod::kNobody)",
     "classes.of_address({}, MayBePod::kNobody)", UNIT),
    ("E7", "an egress port's name is looked up on the source", "config/policy/compilation.cc",
     "if (way == Way::kIngress && own.name == port.name", "if (own.name == port.name", UNIT),
    ("E8", "a name's number holds for every pod with the name", "config/policy/peer_terms.cc",
     "own.port == number &&", "own.port != 0 &&", UNIT),
    ("E8", "only one number of a name counts", "config/policy/address_book.cc",
     "if (at->second > 0) {", "if (at->second > 0 && numbers.empty()) {", UNIT),
    ("E9", "endPort is ignored", "config/kube/parts.cc", "port.last = static_cast<std::uint16_t>(*last);",
     "static_cast<void>(*last);", UNIT),
    ("E10", "every port is a TCP port", "config/kube/network_policy.cc",
     "port.protocol = static_cast<IpProtocol>(*protocol);", "static_cast<void>(*protocol);", UNIT),
    ("E11", "a selector of nobody is dropped", "config/policy/compilation.cc",
     "const TermId term = terms_.intern(peers, std::nullopt);",
     "const TermId term = " + NOBODY + "terms_.intern(peers, std::nullopt);", UNIT),
    ("E12", "finished pods keep their address", "config/policy/address_book.cc",
     "return !pod.terminal && !pod.addresses.empty();", "return !pod.addresses.empty();", UNIT),
    ("E13", "a late delete takes the pod made again", "config/policy/live_rules.cc",
     "found->second->uid != uid;", "found->second->uid.empty();", UNIT),
    ("E13", "the pod before keeps a reused address", "config/policy/live_rules.cc",
     "if (!stored.terminal && !stored.host_network) {", "if (stored.terminal && stored.host_network) {", UNIT),
    ("E14", "one pod without address stops all", "config/policy/compile.cc", "Compilation compilation(", NO_ADDRESS,
     UNIT),
    ("E15", "hostNetwork pods are isolated", "config/policy/compilation.cc", "if (pod_.host_network) {",
     "if (pod_.host_network && pod_.addresses.empty()) {", UNIT),
    ("E15", "hostNetwork pods are met by selectors", "config/policy/peer_terms.cc",
     "if (pod.host_network || (peer.pod_selector", "if ((peer.pod_selector", UNIT),
    ("E16", "the own node is shut out", "inspect/policy/peer_index.cc",
     "return side == Side::kIngress ? Peer::Kind::kOwnNode : Peer::Kind::kOther;", "return Peer::Kind::kOther;", UNIT),
    ("E17", "streams outlive a change", "proxy/session/connection_end.cc",
     "} else if (new_snapshot && !exchange_.still_allowed(*worker_.newest_of(down_.snapshot))) {",
     "} else if (new_snapshot && worker_.snapshot == nullptr) {", INTEGRATION),
    ("E17", "open connections keep the old rules", "proxy/session/connection.cc",
     "if (down_.snapshot == newest) {", "if (down_.snapshot != nullptr) {", INTEGRATION),
    ("E17", "pooled connections outlive a change", "proxy/upstream/pool.cc",
     "if (outdated || !group->second->reachable ||", "if (outdated ||", INTEGRATION),
    ("E18", "an address of a node is certainly no pod behind it", "config/policy/address_book.cc",
     "MayBePod::kNobody)", "MayBePod::kKnown)", UNIT),
    ("E18", "a certificate is not compared with the address", "inspect/policy/peer_index.cc",
     "peer.kind = Peer::Kind::kMismatch;", "peer.kind = Peer::Kind::kOther;", UNIT),
    ("E19", "the port before DNAT is judged", "proxy/snapshot.cc", "facts.port = route.port;",
     "facts.port = route.destination.port;", INTEGRATION),
    ("E20", "no types: both directions", "config/kube/defaults.cc", "return PolicyTypes{true, has_egress_rules};",
     "return PolicyTypes{true, true};", UNIT),
    ("E20", "no types: never egress", "config/kube/defaults.cc", "return PolicyTypes{true, has_egress_rules};",
     "return PolicyTypes{true, has_egress_rules && false};", UNIT),
    ("E20", "no types: egress rules only isolate egress", "config/kube/defaults.cc",
     "return PolicyTypes{true, has_egress_rules};", "return PolicyTypes{!has_egress_rules, has_egress_rules};", UNIT),
    ("PATHS", "folded letters stay what they are", "inspect/policy/http_match.cc",
     "return lower(one) == lower(other);", "return one == other;", UNIT),
    ("PATHS", "the index knows no folded letters", "inspect/policy/path_keys.h",
     "return word | (((from_a ^ above_z)", "return word | (0 * ((from_a ^ above_z)", UNIT),
    ("PATHS", "a slash that is kept encoded ends its segment", "inspect/policy/path_view.cc",
     "if (slash && reading.encoded_slash == DoubtfulPath::kKeep) {",
     "if (slash && reading.encoded_slash == DoubtfulPath::kKeep && at == 0) {", UNIT),
    ("PATHS", "letters beyond ASCII are trusted where they are folded", "inspect/policy/path_view.cc",
     "(letters_ == PathCase::kFold && std::any_of", "(letters_ != PathCase::kFold && std::any_of", UNIT),
    ("REGEX", "a bad regex is no reason to refuse", "inspect/policy/close_bad_regexes.cc",
     "objects.refusals.insert(objects.refusals.end(), why.begin(), why.end());", "static_cast<void>(why);",
     UNIT),
    ("IMPORT", "an ALLOW of Istio closes no other port", "config/policy/import_istio.cc",
     "policy.ingress.push_back(closing_rule());", "static_cast<void>(closing_rule());", UNIT),
    ("IMPORT", "an ALLOW also means the other spelling of a path", "config/policy/istio_operation.cc",
     "return std::nullopt;  // Istio compares", "return decoded(text);  // Istio compares", UNIT),
    ("IMPORT", "a DENY of Istio is lost where no HTTP is spoken", "config/policy/import_istio.cc",
     "if (action_ == RuleAction::kAllow || known.empty()) {", "if (action_ != RuleAction::kAllow || known.empty()) {",
     UNIT),
    ("IMPORT", "a header of Istio may be empty", "config/policy/istio_operation.cc",
     'return HeaderMatch{name, Kind::kRegex, ".+"};', 'return HeaderMatch{name, Kind::kPresent, ""};', UNIT),
    ("IMPORT", "two identities need not both hold", "config/policy/istio_source.cc",
     "result.accounts->clear();", "static_cast<void>(result);", UNIT),
    ("IMPORT", "no endpoints means everybody", "config/policy/cilium_peers.cc",
     "rule.nobody = kinds == 1 && peers.empty() && !all;", "rule.nobody = false;", UNIT),
    ("IMPORT", "an empty rule of Cilium allows everything", "config/policy/import_cilium.cc",
     "rule.nobody = rule.nobody || value.entries().empty();", "rule.nobody = rule.nobody && value.entries().empty();",
     UNIT),
    ("IMPORT", "an HTTP rule stays where Cilium ignores it", "config/policy/import_cilium.cc",
     "const bool shadows = may_overlap(", "const bool shadows = false && may_overlap(", UNIT),
    ("IMPORT", "one alternative of a pattern ends open, all do", "config/policy/cilium_http.cc",
     "&& regex.find('|') == std::string_view::npos;", ";", UNIT),
    ("IMPORT", "characters are counted that may come escaped", "config/policy/cilium_http.cc",
     'return inside == "^/" ? next_is("*+")', 'return inside == "^/" ? true', UNIT),
    ("IMPORT", "CIDR rules of Cilium mean pods", "config/policy/cilium_peers.cc",
     "if (cluster.empty() || may_hold_pods) {", "if (cluster.empty() && may_hold_pods) {", UNIT),
]


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def copy_tree():
    """Brings the scratch tree up to date; files that did not change keep their time, so little is built."""
    TREE.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source, target = ROOT / name, TREE / name
        files = [source] if source.is_file() else [file for file in source.rglob("*") if file.is_file()]
        wanted = {TREE / file.relative_to(ROOT) for file in files if "__pycache__" not in file.parts}
        for stale in [] if source.is_file() or not target.exists() else set(target.rglob("*")) - wanted:
            if stale.is_file():
                stale.unlink()
        for file in files:
            place = TREE / file.relative_to(ROOT)
            if "__pycache__" in file.parts or (place.exists() and place.read_bytes() == file.read_bytes()):
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)


def build(target):
    """None, or the end of what the compiler said."""
    if not (BUILD / "build.ninja").exists():
        made = run(["cmake", "-S", str(TREE), "-B", str(BUILD), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                    "-DCMAKE_CXX_FLAGS=-Og -g1", "-DCMAKE_C_COMPILER=gcc", "-DCMAKE_CXX_COMPILER=g++"])
        if made.returncode:
            return made.stdout[-3000:]
    environment = dict(os.environ, CCACHE_BASEDIR=str(TREE), CCACHE_NOHASHDIR="1")
    made = run(["cmake", "--build", str(BUILD), "--target", target], env=environment)
    return made.stdout[-3000:] if made.returncode else None


def first_failure(notice):
    """The name of the first test that fails; None when all pass."""
    if notice == UNIT:
        done = run([str(BUILD / "tests" / UNIT), "--gtest_fail_fast", "--gtest_brief=1"], timeout=600)
        failed = [line for line in done.stdout.splitlines() if line.startswith("[  FAILED  ]")]
        return None if done.returncode == 0 else (failed[0][13:].split(" (")[0] if failed else "the test binary died")
    environment = dict(os.environ, GABION_BINARY=str(BUILD / "gabion"), PYTHONDONTWRITEBYTECODE="1")
    done = run([sys.executable, "-m", "pytest", *notice, "-q", "-x", "--no-header", "-p", "no:cacheprovider"],
               cwd=TREE, env=environment, timeout=1200)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    if done.returncode == 0:
        return None
    return failed[0].split("::")[-1].split(" - ")[0] if failed else f"pytest ended with {done.returncode}"


def build_target(notice):
    return UNIT if notice == UNIT else "gabion"


def judge(file, text, instead, notice):
    """(noticed, by what or why not)"""
    path = TREE / file
    original = path.read_text()
    if original.count(text) != 1:
        return False, f"does not apply: its text is there {original.count(text)} times"
    path.write_text(original.replace(text, instead))
    try:
        if (wrong := build(build_target(notice))) is not None:
            return False, f"does not compile: {wrong[-600:]}"
        failure = first_failure(notice)
        return failure is not None, failure or "NOBODY NOTICED"
    finally:
        path.write_text(original)


def main(wanted):
    started = time.monotonic()
    copy_tree()
    chosen = [mutant for mutant in MUTANTS if not wanted or mutant[0] in wanted]
    for notice in dict.fromkeys(mutant[5] for mutant in chosen):
        wrong = build(build_target(notice)) or first_failure(notice)
        if wrong:
            print(f"without a mutant: {wrong}")
            return 1
    unnoticed = 0
    for edge, sentence, file, text, instead, notice in chosen:
        noticed, by = judge(file, text, instead, notice)
        unnoticed += not noticed
        print(f"{edge:4} {'noticed' if noticed else 'MISSED ':7}  {sentence:52} {by}", flush=True)
    print(f"{len(chosen)} mutants of {len({mutant[0] for mutant in chosen})} edge cases, {unnoticed} unnoticed, "
          f"{time.monotonic() - started:.0f} s")
    return 1 if unnoticed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
