"""The command line of ./dev bench compare: chooses scenarios and peers, runs them, prints and writes the result."""

import argparse
import json
import pathlib
import signal
import sys
import tempfile

import cores
import peers
from binaries import built
from compare import machine, plan, report, rounds, scenario, table
from compare.fields import ScenarioError
from generator import Generator
from peers.gabion import OURS
from world import World, raise_file_limit

BUILD = machine.ROOT / "build" / "bench"


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench compare", description="Gabion beside its peers, round by round.")
    parser.add_argument("--scenario", nargs="+", metavar="NAME", default=[], help="these instead of the default set")
    parser.add_argument("--rounds", type=_count, metavar="N", help="rounds of every peer, in turns")
    parser.add_argument("--seconds", type=_count, metavar="N", help="length of a round")
    parser.add_argument("--peers", metavar="A,B", help="only these of a scenario's peers")
    parser.add_argument("--list", action="store_true", help="scenarios and peers, and what is missing here")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", default=BUILD / "compare.json",
                        help="where the numbers go (default build/bench/compare.json)")
    parser.add_argument("--html", type=pathlib.Path, metavar="FILE", default=BUILD / "compare.html",
                        help="where the report goes (default build/bench/compare.html)")
    return parser.parse_args()


def _count(text):
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number from 1")
    return int(text)


def chosen_peers(text):
    """The names of --peers, or None; an unknown one ends the program."""
    if text is None:
        return None
    names = tuple(text.split(","))
    unknown = [name for name in names if name not in peers.KNOWN]
    if unknown:
        sys.exit(f"no peer {', '.join(unknown)}; there are {', '.join(peers.KNOWN)}")
    return names


def chosen_scenarios(names, wish):
    """Those named, or the default set; (chosen, left out because they are long)."""
    known = scenario.names()
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"no scenario {', '.join(unknown)}; there are {', '.join(known)}")
    loaded = [wish.applied(scenario.load(scenario.FOLDER / f"{name}.yaml")) for name in names or known]
    taken = [each for each in loaded if each.peers and (names or each.quick)]
    return taken, [each.name for each in loaded if each not in taken and each.peers]


def print_list(wish):
    for each in chosen_scenarios(scenario.names(), wish)[0]:
        print(f"{each.name:<22}{'' if each.quick else '(only when named) '}{each.description}")
        print(f"{'':<22}peers: {', '.join(each.peers)}; {plan.clock(plan.seconds_of(each, len(each.peers)))} in all")
    for name in peers.KNOWN:
        reason = peers.make(name).missing()
        print(f"peer {name}: {reason or 'here'}")


def say_plan(chosen, left_out):
    """Prints it and returns its seconds."""
    present = {name for name in peers.KNOWN if not peers.make(name).missing()}
    seconds = {each.name: plan.seconds_of(each, len(present.intersection(each.peers))) for each in chosen}
    total = sum(seconds.values())
    parts = ", ".join(f"{name} {plan.clock(took)}" for name, took in seconds.items())
    print(f"planned: {plan.clock(total)} for {parts}", file=sys.stderr)
    if left_out:
        print(f"left out, too long for the default set: {', '.join(left_out)} (name them with --scenario)",
              file=sys.stderr)
    return total


def run(chosen, world, generator, progress):
    """The scenarios as they stand in the JSON."""
    found = []
    for each in chosen:
        points = []
        for number, point in enumerate(each.points):
            world.prepare(point.load)
            field = rounds.contestants(world, each, point, [peers.KNOWN[name] for name in each.peers],
                                       world.folder / each.name / str(number))
            results = rounds.run_point(each, point, field, generator, each.rounds, progress)
            points.append({"value": point.value, "label": point.label, "peers": results,
                           "ratios": rounds.ratios(each, results, OURS)})
        found.append({"name": each.name, "description": each.description, "topology": each.topology, "unit": each.unit,
                      "rounds": each.rounds, "seconds": each.seconds, "connections": each.points[0].load.connections,
                      "checks": list(each.checks), "parameter": each.parameter, "points": points})
    return found


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"written: {path}", file=sys.stderr)


def main():
    options = arguments()
    wish = plan.Wish(options.rounds, options.seconds, chosen_peers(options.peers))
    if options.list:
        print_list(wish)
        return 0
    chosen, left_out = chosen_scenarios(options.scenario, wish)
    if not chosen:
        sys.exit("none of these peers takes part in any of these scenarios")
    gabion, bench = built("gabion", "GABION_BINARY"), built("gabion-bench", "GABION_BENCH_BINARY")
    planned = say_plan(chosen, left_out)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # an exception, so that all peers are stopped too
    raise_file_limit()
    with tempfile.TemporaryDirectory(prefix="gabion-bench-") as folder:
        world = World(gabion, pathlib.Path(folder), cores.chosen())
        try:
            scenarios = run(chosen, world, Generator(bench, world.cores[1]), plan.Progress(planned))
        finally:
            world.stop()
    result = {"machine": machine.described(sys.argv[1:], gabion, bench), "scenarios": scenarios}
    print("\n".join(table.lines_of(result, table.paint_for(sys.stdout))))
    write(options.json, json.dumps(result, indent=2) + "\n")
    write(options.html, report.page(result))
    return 1 if any(peer["status"] == "failed" for each in scenarios for point in each["points"]
                    for peer in point["peers"].values()) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ScenarioError as error:
        sys.exit(f"bench/scenarios/{error}")
