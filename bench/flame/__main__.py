"""./dev bench profile SCENARIO: a flame graph of one peer's hops while it serves a scenario."""

import argparse
import pathlib
import sys
import tempfile

import callgrind
import cores
import measure
import peers
from binaries import built
from compare import machine, scenario
from compare.fields import ScenarioError
from flame import picture, stacks
from generator import Generator
from peers.peer import HOPS, Scene
from world import World, raise_file_limit

BUILD = machine.ROOT / "build" / "bench"
COUNTED_REQUESTS = 1000


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench profile", description=__doc__.split(": ", 1)[1],
                                     epilog="Example: ./dev bench profile two_hop_post --peer gabion")
    parser.add_argument("scenario", nargs="?", default="two_hop_get", help="one of ./dev bench compare --list")
    parser.add_argument("--peer", default="gabion-forwarding", help="whose hops (default gabion-forwarding)")
    parser.add_argument("--seconds", type=int, default=5, help="how long perf samples (default 5)")
    parser.add_argument("--by", choices=("perf", "callgrind"), help="default: perf where the kernel allows it")
    parser.add_argument("--html", type=pathlib.Path, help="default build/bench/profile-SCENARIO-HOP.html")
    return parser.parse_args()


def sampled(options, point, peer, scene, bench, world):
    """{hop: stacks} by perf, under the scenario's own load."""
    generator = Generator(bench, world.cores[1])
    generator.start(point.load_for_warmup(), peer, scene, 1).finish()
    running = generator.start(point.load, peer, scene, options.seconds)
    records = [stacks.PerfRecord(measure.with_children([pid]), scene.folder / f"perf.{pid}") for pid in peer.pids]
    running.finish()
    return {hop: record.finish() for hop, record in zip(HOPS[scene.topology], records)}


def counted(point, peer, scene):
    """{hop: stacks} by callgrind, for the first of the scenario's requests, one after another."""
    if peer.endpoint == peer.mesh_endpoint:
        sys.exit("callgrind counts one plain-text client; this scenario's speaks mTLS")
    first = point.load.requests[0]
    wanted = (first.method, first.path, list(first.headers.items()), (first.body or "x" * first.body_bytes).encode())
    measure.ask_many(peer.endpoint, wanted, 200)
    profiles = callgrind.counted(peer.pids, scene.folder,
                                 lambda: measure.ask_many(peer.endpoint, wanted, COUNTED_REQUESTS))
    return {hop: stacks.folded_callgrind(profile) for hop, profile in zip(HOPS[scene.topology], profiles)}


def profile(options, chosen, gabion, bench):
    """({hop: stacks}, unit, by what)"""
    denied = stacks.perf_missing()
    by = options.by or ("callgrind" if denied else "perf")
    if by == "perf" and denied:
        sys.exit(denied)
    point, peer = chosen.points[0], peers.make(options.peer)
    if peer.missing():
        sys.exit(peer.missing())
    with tempfile.TemporaryDirectory(prefix="gabion-bench-") as folder:
        world = World(gabion, pathlib.Path(folder), cores.chosen())
        try:
            world.prepare(point.load)
            own = world.folder / options.peer
            own.mkdir()
            tool = callgrind.prefix(own) if by == "callgrind" else ()
            scene = Scene(world, chosen.topology, own, point.rules, tool, point.load.protocol)
            peer.start(scene)
            if by == "perf":
                return sampled(options, point, peer, scene, bench, world), "samples", by
            return counted(point, peer, scene), "instructions", by
        finally:
            peer.stop()
            world.stop()


def main():
    options = arguments()
    if options.scenario not in scenario.names() or options.peer not in peers.KNOWN:
        print(f"scenarios: {', '.join(scenario.names())}; peers: {', '.join(peers.KNOWN)}", file=sys.stderr)
        return 2
    chosen = scenario.load(scenario.FOLDER / f"{options.scenario}.yaml")
    gabion, bench = built("gabion", "GABION_BINARY"), built("gabion-bench", "GABION_BENCH_BINARY")
    raise_file_limit()
    found, unit, by = profile(options, chosen, gabion, bench)
    for hop, folded in found.items():
        path = options.html or BUILD / f"profile-{options.scenario}-{hop}.html"
        path = path.with_stem(f"{path.stem}-{hop}") if options.html and len(found) > 1 else path
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = [f"{chosen.description} By {by}: {sum(folded.values()):,.0f} {unit}; commit {machine.commit()}.",
                 "Width is cost; who calls is below who is called. A click looks closer, a click on all goes back."]
        path.write_text(picture.page(f"{options.peer}, {hop} hop", facts, unit, folded), encoding="utf-8")
        told = ", ".join(f"{name} {share:.1%}" for name, share in picture.own_shares(folded).items())
        print(f"{hop}: {told}\n  {path}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ScenarioError as error:
        sys.exit(f"bench/scenarios/{error}")
