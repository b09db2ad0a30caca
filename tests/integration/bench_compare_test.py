"""./dev bench compare from end to end, one short round: what it writes, never how fast."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from programs import beside

pytestmark = pytest.mark.seconds(120)
ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS, OTHER = "gabion-forwarding", "haproxy"


@pytest.fixture
def compare(binary, tmp_path):
    """Runs the command with arguments; both binaries are those of the build under test."""
    generator = beside(binary, "gabion-bench")
    environment = {**os.environ, "GABION_BINARY": str(binary), "GABION_BENCH_BINARY": str(generator),
                   "PYTHONPATH": f"{ROOT / 'bench'}:{ROOT / 'tests' / 'support'}"}

    def run(*arguments):
        command = [sys.executable, "-P", "-m", "compare", "--json", tmp_path / "out.json",
                   "--html", tmp_path / "out.html", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)

    return run


def test_one_short_round_is_checked_measured_and_reported(compare, tmp_path):
    if not shutil.which(OTHER, path="/usr/sbin:/usr/bin"):
        pytest.skip(f"no {OTHER} on this machine")
    done = compare("--scenario", "two_hop_get", "--rounds", "1", "--seconds", "1", "--peers", f"{OURS},{OTHER},envoy")
    assert done.returncode == 0, done.stderr
    assert "planned: " in done.stderr
    result = json.loads((tmp_path / "out.json").read_text())
    (scenario,), (point,) = result["scenarios"], result["scenarios"][0]["points"]
    assert (scenario["name"], scenario["rounds"], scenario["topology"]) == ("two_hop_get", 1, "two_hop")
    assert list(point["peers"]) == [OURS, OTHER, "envoy"]
    for name in (OURS, OTHER):
        peer = point["peers"][name]
        assert (peer["status"], len(peer["rounds"])) == ("measured", 1), peer
        one = peer["rounds"][0]
        assert one["requests"] > 10 and one["errors"] == 0 and one["cpu"] > 0 and one["rate"] > 0
        assert 0 < one["p50"] <= one["p99"] <= one["p99.9"] and one["rss"] >= one["pss"] > 1 << 20
    ratio = point["ratios"][OURS][OTHER]["cpu"]
    assert ratio["why"] == "one round" and not ratio["steady"]
    assert {"cpu", "commit", "date", "command", "gabion"} <= set(result["machine"])
    assert OURS in done.stdout and "one round" in done.stdout and "×" not in done.stdout
    page = (tmp_path / "out.html").read_text()
    assert "<svg" in page and "http://" not in page and "https://" not in page


@pytest.mark.parametrize("name", ["two_hop_grpc", "two_hop_websocket"])
def test_calls_and_messages_are_measured_beside_both_peers(compare, tmp_path, name):
    missing = [each for each in (OTHER, "nginx") if not shutil.which(each, path="/usr/sbin:/usr/bin")]
    if missing:
        pytest.skip(f"no {' and '.join(missing)} on this machine")
    names = ("gabion", OURS, OTHER, "nginx")
    done = compare("--scenario", name, "--rounds", "1", "--seconds", "1", "--peers", ",".join(names))
    assert done.returncode == 0, done.stderr
    (scenario,) = json.loads((tmp_path / "out.json").read_text())["scenarios"]
    for point in scenario["points"]:
        assert list(point["peers"]) == list(names)
        for peer in point["peers"].values():
            assert peer["status"] == "measured", peer
            one = peer["rounds"][0]
            assert one["requests"] > 10 and one["errors"] == 0 and one["cpu"] > 0 and one["rate"] > 0


def test_who_is_unknown_is_named(compare):
    for wrong in (("--scenario", "two_hop"), ("--peers", "gabion,traefik"), ("--rounds", "0")):
        done = compare(*wrong)
        assert done.returncode != 0 and wrong[1].split(",")[-1] in done.stderr, done.stderr


def test_the_list_names_scenarios_and_peers(compare):
    done = compare("--list")
    assert done.returncode == 0, done.stderr
    assert "two_hop_get" in done.stdout and "(only when named)" in done.stdout and "peer gabion: here" in done.stdout
