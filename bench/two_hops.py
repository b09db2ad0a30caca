"""Compares two hops of ours with two hops of haproxy: client, sidecar, mTLS, sidecar, nginx; A-B-A-B in one run."""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import peers as known
from measure import SCENARIOS, cpu_round, instructions_per_request, memory, summary

ROOT = pathlib.Path(__file__).resolve().parents[1]


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--binary", type=pathlib.Path, required=True, help="the gabion to measure")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of every peer, alternating (default 3)")
    parser.add_argument("--seconds", type=int, default=5, help="length of a round (default 5)")
    parser.add_argument("--connections", type=int, default=32, help="keep-alive connections (default 32)")
    parser.add_argument("--instructions", action="store_true", help="count instructions with callgrind, not CPU")
    parser.add_argument("--memory", action="store_true", help="only resident memory")
    parser.add_argument("--idle", type=int, default=1000, help="idle mTLS connections (default 1000)")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build" / "bench" / "two_hops.json",
                        help="where the numbers go (default build/bench/two_hops.json)")
    return parser.parse_args()


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout.split("\n")[0]
    except OSError:
        return "absent"


def machine(binary):
    model = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return {"cpu": model[0] if model else platform.machine(), "cores": os.cpu_count(), "kernel": platform.release(),
            "gabion": first_line(str(binary), "version"),
            "haproxy": first_line(known.HAPROXY, "-v") if known.HAPROXY else "absent"}


def measure_cpu(world, chosen, options):
    """{scenario: {peer: summary}}; the peers take turns within every round."""
    found = {}
    for name, scenario in SCENARIOS.items():
        rounds = {peer.name: [] for peer in chosen}
        for number in range(options.rounds):
            for peer in chosen:
                result = cpu_round(world, peer, scenario, options.seconds, options.connections)
                rounds[peer.name].append(result)
                print(f"  {name} {number + 1}/{options.rounds} {peer.name}: {result['cpu_us']:.1f} us CPU, "
                      f"{result['rps']:.0f} requests/s", file=sys.stderr)
        found[name] = {peer: summary(results) for peer, results in rounds.items()}
    return found


def measure_instructions(world, options):
    tool = [known.VALGRIND, "--tool=callgrind", f"--callgrind-out-file={world.folder}/callgrind.%p"]
    chosen, absent = known.peers(world, cores=(None, None), tool=tool)
    found = {name: {peer.name: {"instructions": instructions_per_request(world, peer, scenario, 100, 1100)}
                    for peer in chosen} for name, scenario in SCENARIOS.items()}
    return found, absent


def value(numbers, key):
    found = numbers[key]
    return found["median"] if isinstance(found, dict) else found


def ratios(table, key):
    """{scenario: {our peer: ours / haproxy}}; empty where haproxy is absent."""
    return {scenario: {peer: value(numbers, key) / value(results["haproxy"], key)
                       for peer, numbers in results.items() if peer != "haproxy"}
            for scenario, results in table.items() if "haproxy" in results}


def print_table(table, absent, keys, ratio_key):
    width = 24
    titles = "".join(f"{key:>{width}}" for key in keys)
    print(f"{'scenario':<{width}}{'peer':<{width}}{titles}{'to haproxy':>12}")
    share = ratios(table, ratio_key)
    for scenario, results in table.items():
        for peer, numbers in results.items():
            ratio = share.get(scenario, {}).get(peer)
            print(f"{scenario:<{width}}{peer:<{width}}"
                  + "".join(f"{value(numbers, key):>{width}.1f}" for key in keys)
                  + (f"{ratio:>12.2f}" if ratio is not None else f"{'':>12}"))
        for peer in absent:
            print(f"{scenario:<{width}}{peer:<{width}}" + f"{'absent':>{width}}" * len(keys))
    return share


def run(world, options):
    """(what was measured, the numbers)"""
    if options.instructions:
        if not known.VALGRIND:
            sys.exit("valgrind is absent: ./dev bench installs it")
        table, absent = measure_instructions(world, options)
        share = print_table(table, absent, ["instructions"], "instructions")
        return {"instructions": table, "ratio": share, "absent": absent}
    chosen, absent = known.peers(world, cores=(0, 1 % os.cpu_count()))
    numbers = {"absent": absent}
    if not options.memory:
        numbers["cpu"] = measure_cpu(world, chosen, options)
        numbers["ratio"] = print_table(numbers["cpu"], absent, ["cpu_us", "rps"], "cpu_us")
    numbers["memory"] = {"one sidecar": {peer.name: memory(world, peer, options.idle) for peer in chosen}}
    print_table(numbers["memory"], absent, ["start_bytes", "idle_connection_bytes"], "idle_connection_bytes")
    return numbers


def main():
    options = arguments()
    if not options.binary.is_file():
        sys.exit(f"no gabion at {options.binary}")
    with tempfile.TemporaryDirectory(prefix="gabion-bench-") as folder:
        world = known.World(options.binary.resolve(), pathlib.Path(folder))
        try:
            numbers = {"machine": machine(options.binary), "rounds": options.rounds, "seconds": options.seconds,
                       "connections": options.connections, **run(world, options)}
        finally:
            world.stop()
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(numbers, indent=2) + "\n")
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
