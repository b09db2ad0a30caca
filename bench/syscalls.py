"""./dev bench syscalls: system calls per request of each hop under load, as strace -c counts them."""

import argparse
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import cores
import measure
import peers
from binaries import built
from compare import machine, scenario
from generator import Generator
from peers.peer import HOPS, Scene
from world import World

PEERS = ("gabion-forwarding", "gabion", "haproxy", "nginx")
STRACE = shutil.which("strace")
ATTACH_SECONDS = 1
# Calls rarer than this are not the request's.
LEAST_PER_REQUEST = 0.02


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench syscalls", description=__doc__.split(": ", 1)[1])
    parser.add_argument("--scenario", default="two_hop_get", help="one of ./dev bench compare --list (default two_hop_get)")
    parser.add_argument("--seconds", type=int, default=4, help="how long the load runs (default 4)")
    parser.add_argument("--peers", default=",".join(PEERS), help=f"which to count (default {','.join(PEERS)})")
    parser.add_argument("--json", type=pathlib.Path, default=machine.ROOT / "build" / "bench" / "syscalls.json",
                        help="where the numbers go (default build/bench/syscalls.json)")
    return parser.parse_args()


def counts_of(text):
    """{call: times} of what strace -c wrote."""
    found = {}
    for line in text.split("\n"):
        row = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
        if row and row.group(2) != "total":
            found[row.group(2)] = int(row.group(1))
    return found


class Strace:
    """Counts the calls of a process, its threads and children, from now until finish()."""

    def __init__(self, pid, file):
        self._file = file
        words = [word for each in measure.with_children([pid]) for word in ("-p", str(each))]
        self._process = subprocess.Popen([STRACE, "-f", "-c", "-o", str(file), *words], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def finish(self):
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)
        return counts_of(self._file.read_text(encoding="ascii"))


def per_request(world, peer, folder, chosen, generator, seconds):
    """{hop: {call: times a request}}; every hop is traced, so the load is slower and the calls are the same."""
    point = chosen.points[0]
    scene = Scene(world, chosen.topology, folder, point.rules, protocol=point.load.protocol)
    folder.mkdir(parents=True)
    try:
        peer.start(scene)
        generator.start(point.load_for_warmup(), peer, scene, 1).finish()
        running = generator.start(point.load, peer, scene, seconds + ATTACH_SECONDS)
        traces = [Strace(pid, folder / f"strace.{pid}") for pid in peer.pids]
        requests = running.finish()["requests"]
        return {hop: {call: times / requests for call, times in trace.finish().items()
                      if times >= LEAST_PER_REQUEST * requests}
                for hop, trace in zip(HOPS[chosen.topology], traces)}
    finally:
        peer.stop()


def lines_of(found):
    """The table: a line for each hop of each peer."""
    yield f"{'peer':<20}{'hop':<10}{'calls':>7}  system calls per request"
    for peer, hops in found.items():
        if "absent" in hops:
            yield f"{peer:<20}absent: {hops['absent']}"
            continue
        for hop, calls in hops.items():
            told = ", ".join(f"{call} {times:.2f}" for call, times in sorted(calls.items(), key=lambda each: -each[1]))
            yield f"{peer:<20}{hop:<10}{sum(calls.values()):>7.2f}  {told}"


def main():
    options = arguments()
    names = options.peers.split(",")
    unknown = [name for name in names if name not in peers.KNOWN]
    if unknown or options.scenario not in scenario.names():
        print(f"scenarios: {', '.join(scenario.names())}; peers: {', '.join(peers.KNOWN)}", file=sys.stderr)
        return 2
    if STRACE is None:
        sys.exit("strace is not installed")
    chosen = scenario.load(scenario.FOLDER / f"{options.scenario}.yaml")
    gabion, bench = built("gabion", "GABION_BINARY"), built("gabion-bench", "GABION_BENCH_BINARY")
    found = {}
    with tempfile.TemporaryDirectory(prefix="gabion-bench-") as folder:
        world = World(gabion, pathlib.Path(folder), cores.chosen())
        world.prepare(chosen.points[0].load)
        try:
            for name in names:
                print(f"counting {name}", file=sys.stderr)
                peer = peers.make(name)
                absent = peer.missing()
                found[name] = {"absent": absent} if absent else per_request(
                    world, peer, world.folder / name, chosen, Generator(bench, world.cores[1]), options.seconds)
        finally:
            world.stop()
    print("\n".join(lines_of(found)))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"scenario": chosen.name, "machine": {"cpu": machine.cpu_model(),
                                        "commit": machine.commit()}, "peers": found}, indent=2) + "\n",
                            encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
