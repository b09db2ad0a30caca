"""./dev bench instructions: user-space instructions per request of each hop, the number to watch between commits."""

import argparse
import json
import pathlib
import sys
import tempfile

import callgrind
import measure
import peers
from binaries import built
from compare import machine
from peers.peer import HOPS, Scene
from world import World

PEERS = ("gabion-forwarding", "gabion", "haproxy", "nginx")
WARM_UP = 200


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench instructions", description=__doc__.split(": ", 1)[1])
    parser.add_argument("--requests", type=int, default=1000, help="requests counted, over one connection (default 1000)")
    parser.add_argument("--peers", default=",".join(PEERS), help=f"which to count (default {','.join(PEERS)})")
    parser.add_argument("--json", type=pathlib.Path, default=machine.ROOT / "build" / "bench" / "instructions.json",
                        help="where the numbers go (default build/bench/instructions.json)")
    return parser.parse_args()


def instructions(world, peer, folder, count):
    """{request: {hop: instructions of one}}"""
    folder.mkdir(parents=True)
    found = {}
    try:
        peer.start(Scene(world, "two_hop", folder, tool=callgrind.prefix(folder)))
        for name, wanted in measure.REQUESTS.items():
            measure.ask_many(peer.endpoint, wanted, WARM_UP)
            pids = [measure.with_children([pid])[-1] for pid in peer.pids]  # nginx: the worker, not its master
            profiles = callgrind.counted(pids, folder, lambda: measure.ask_many(peer.endpoint, wanted, count))
            found[name] = {hop: callgrind.total(profile) / count for hop, profile in zip(HOPS["two_hop"], profiles)}
    finally:
        peer.stop()
    return found


def print_table(found):
    names = list(measure.REQUESTS)
    print(f"{'instructions per request':<26}" + "".join(f"{name:>32}" for name in names))
    print(f"{'peer':<26}" + "".join(f"{'outbound':>12}{'inbound':>10}{'both':>10}" for _ in names))
    for peer, numbers in found.items():
        if "absent" in numbers:
            print(f"{peer:<26}absent: {numbers['absent']}")
            continue
        hops = [[numbers[name][hop] for hop in HOPS["two_hop"]] for name in names]
        print(f"{peer:<26}" + "".join(f"{out:>12,.0f}{in_:>10,.0f}{out + in_:>10,.0f}" for out, in_ in hops))


def main():
    options = arguments()
    binary = built("gabion", "GABION_BINARY")
    unknown = [name for name in options.peers.split(",") if name not in peers.KNOWN]
    if unknown:
        print(f"no peer is called {', '.join(unknown)}; there are {', '.join(peers.KNOWN)}", file=sys.stderr)
        return 2
    found = {}
    with tempfile.TemporaryDirectory(prefix="gabion-bench-") as folder:
        world = World(binary, pathlib.Path(folder))
        try:
            for name in options.peers.split(","):
                peer = peers.make(name)
                absent = peer.missing()
                print(f"counting {name}", file=sys.stderr)
                found[name] = ({"absent": absent} if absent
                               else instructions(world, peer, world.folder / name, options.requests))
        finally:
            world.stop()
    print_table(found)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"requests": options.requests, "machine": {"cpu": machine.cpu_model(), "commit": machine.commit()},
                                        "peers": found}, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
