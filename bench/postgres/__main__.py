"""./dev bench postgres: CPU of a transaction and memory of a session, ours and pgbouncer's in turns."""

import argparse
import dataclasses
import json
import pathlib
import shlex
import socket
import statistics
import struct
import sys
import tempfile

import cores
import measure
from addresses import Subnet, split
from binaries import built, shown
from compare import figures, machine
from compare.table import Table, plain
from postgres import loads, peers
from postgres_server import OWNER, PostgresServer
from world import raise_file_limit

WARM_UP = 1  # seconds of each load through each peer, not counted
BYTES_A_SESSION = 64 * 1024


@dataclasses.dataclass
class World:
    binary: pathlib.Path
    folder: pathlib.Path
    subnet: Subnet
    server: str  # its endpoint
    core: int    # of the proxies; None: any
    load_core: int


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench postgres", description=__doc__.split(": ", 1)[1])
    parser.add_argument("--rounds", type=int, default=7, help="how often each peer's turn comes (default 7)")
    parser.add_argument("--seconds", type=int, default=5, help="length of a turn (default 5)")
    parser.add_argument("--scale", type=int, default=10, help="of pgbench's tables (default 10: 1,000,000 accounts)")
    parser.add_argument("--load", action="append", choices=list(loads.LOADS), help="only this one; may be repeated")
    parser.add_argument("--peers", default="gabion,gabion-rules,pgbouncer", help=f"of {', '.join(peers.NAMES)}")
    parser.add_argument("--sessions", type=int, default=1000, help="idle sessions whose memory is counted (default 1000; 0: none)")
    parser.add_argument("--json", type=pathlib.Path, default=machine.ROOT / "build" / "bench" / "postgres.json",
                        help="where the numbers go (default build/bench/postgres.json)")
    options = parser.parse_args()
    options.peers = options.peers.split(",")
    unknown = set(options.peers) - set(peers.NAMES)
    if unknown or options.rounds < 2:
        parser.error(f"no peer {', '.join(unknown)}" if unknown else "one round is no ratio")
    return options


def turn(name, peer, world, options, seconds):
    """What one load through one peer cost."""
    before = measure.cpu_seconds(peer.pids)
    done = loads.load(name, peer.endpoint, seconds, options.scale, world.load_core)
    spent = measure.cpu_seconds(peer.pids) - before
    return {"cpu": spent * 1e6 / done.transactions, "rate": done.per_second, "p50": done.p50, "p99": done.p99}


def rounds_of(name, started, world, options):
    """{peer: [figures of a round]}; A B C, C B A, and so on: nobody comes behind the same one each time."""
    for peer in started:
        loads.load(name, peer.endpoint, WARM_UP, options.scale, world.load_core)
    found = {peer.name: [] for peer in started}
    for number in range(1, options.rounds + 1):
        print(f"{name}: round {number} of {options.rounds}", file=sys.stderr)
        for peer in started if number % 2 else reversed(started):
            found[peer.name].append(turn(name, peer, world, options, options.seconds))
    return found


def idle_bytes(world, name, count):
    """Resident bytes of the proxy for each session that stands still after its login and one statement."""
    peer = peers.start(name, World(world.binary, world.folder / "idle", world.subnet, world.server, world.core, world.load_core))
    sessions = []
    try:
        sessions += [session(peer.endpoint) for _ in range(10)]  # what the first ones make for all
        before = measure.rss_bytes(peer.pids)
        sessions += [session(peer.endpoint) for _ in range(count)]
        return (measure.rss_bytes(peer.pids) - before) / count
    finally:
        for one in sessions:
            one.close()
        peer.stop()


def session(endpoint):
    """A client that is logged in and has been answered once."""
    made = socket.create_connection(split(endpoint), 30)
    named = b"".join(word.encode() + b"\0" for word in ("user", OWNER, "database", peers.DATABASE)) + b"\0"
    made.sendall(struct.pack(">II", len(named) + 8, 196608) + named)
    wait_ready(made)
    text = b"SELECT abalance FROM pgbench_accounts WHERE aid = 1\0"
    made.sendall(b"Q" + struct.pack(">I", len(text) + 4) + text)
    wait_ready(made)
    return made


def wait_ready(made):
    said = b""
    while not said.endswith(b"Z\0\0\0\5I"):
        got = made.recv(65536)
        if not got:
            raise RuntimeError(f"the session ended: {said[-300:]!r}")
        said += got


def ratios_of(found):
    """{our peer: what paired rounds say of it ÷ pgbouncer}"""
    theirs = [one["cpu"] for one in found.get("pgbouncer", [])]
    return {name: figures.ratio([one["cpu"] for one in rounds], theirs) for name, rounds in found.items()
            if name != "pgbouncer" and theirs}


def judged(ratio, bar):
    """Nothing is said of rounds that disagree, and where there is no bar."""
    return "" if bar is None or not ratio["steady"] else "met" if ratio["median"] <= bar else "missed"


def missed(found):
    """What was measured steadily and costs more than it may."""
    return [f"{name}, {peer}" for name, load in found["loads"].items() for peer, ratio in load["ratios"].items()
            if peer in peers.JUDGED and judged(ratio, loads.LOADS[name][2]) == "missed"]


def told(name, found, ratios):
    """A table of one load."""
    bar = loads.LOADS[name][2]
    table = Table([f"{name}", "CPU µs/transaction", "transactions/s", "p50 ms", "p99 ms", "÷ pgbouncer",
                   "no bar" if bar is None else f"at most {bar}"], plain)
    for peer, rounds in found.items():
        middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        ratio = ratios.get(peer)
        verdict = judged(ratio, bar) if peer in peers.JUDGED and ratio is not None else ""
        table.add(peer, f"{middle['cpu']:,.1f}", f"{middle['rate']:,.0f}", f"{middle['p50'] / 1000:.2f}", f"{middle['p99'] / 1000:.2f}",
                  "" if ratio is None else figures.ratio_text(ratio), verdict)
    return "\n".join(table.lines())


def measured(world, options):
    loads_found, memory = {}, {}
    started = [peers.start(name, world) for name in options.peers]
    try:
        for name in options.load or loads.LOADS:
            found = rounds_of(name, started, world, options)
            loads_found[name] = {"rounds": found, "ratios": ratios_of(found)}
            print(told(name, found, loads_found[name]["ratios"]) + "\n", flush=True)
    finally:
        for peer in started:
            peer.stop()
    for name in options.peers if options.sessions else ():
        memory[name] = idle_bytes(world, name, options.sessions)
        bar = "" if name.startswith("pgbouncer") else ", at most 64: " + ("met" if memory[name] <= BYTES_A_SESSION else "missed")
        print(f"  {name}: {memory[name] / 1024:.1f} KiB a session ({options.sessions} idle{bar})", flush=True)
    return {"loads": loads_found, "session_bytes": memory}


def main():
    options = arguments()
    binary = built("gabion", "GABION_BINARY")
    raise_file_limit()
    core, load_core = cores.chosen()
    subnet = Subnet()
    server = PostgresServer(subnet.endpoint(40), "trust", settings=f"shared_buffers = 256MB\nmax_connections = {options.sessions + 200}\n",
                            prefix=cores.pinned(load_core))
    with tempfile.TemporaryDirectory(prefix="gabion-bench-") as folder:
        pathlib.Path(folder).chmod(0o755)
        try:
            server.start().run(f"CREATE DATABASE {peers.DATABASE}", database="postgres")
            loads.prepare(server.endpoint, options.scale)
            world = World(binary, pathlib.Path(folder), subnet, server.endpoint, core, load_core)
            found = measured(world, options)
        finally:
            server.stop()
    found["machine"] = {"command": shlex.join(["./dev", "bench", "postgres", *sys.argv[1:]]), "commit": machine.commit(), "gabion": shown(binary),
                        "cpu": machine.cpu_model(), "pgbouncer": peers.version("pgbouncer")}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    for what in missed(found):
        print(f"missed: {what}", file=sys.stderr)
    return 1 if missed(found) else 0


if __name__ == "__main__":
    sys.exit(main())
