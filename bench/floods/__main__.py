"""./dev bench floods: p99 of a well-behaved client's requests alone and beside each flood, and what the attackers got."""

import argparse
import json
import os
import pathlib
import sys
import tempfile

import cores
from binaries import built
from compare import machine
from floods.attacks import ATTACKS
from floods.rounds import Bed, measured, summed
from generator import LoadFailed

MOST = 2.0  # times the p99 alone


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench floods", description=__doc__.split(": ", 1)[1])
    parser.add_argument("--flood", nargs="+", metavar="NAME", help="only these, or what begins so; --list names them")
    parser.add_argument("--list", action="store_true", help="what there is, and nothing else")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the least p99 counts (default 3)")
    parser.add_argument("--seconds", type=float, default=1.5, help="of a round's halves (default 1.5)")
    parser.add_argument("--json", type=pathlib.Path, default=machine.ROOT / "build" / "bench" / "floods.json",
                        help="where the numbers go (default build/bench/floods.json)")
    return parser.parse_args()


def chosen(wanted):
    """The attacks asked for; ends the program where a name is none's."""
    unknown = [name for name in wanted or () if not any(each.name.startswith(name) for each in ATTACKS)]
    if unknown:
        sys.exit(f"no flood is called {', '.join(unknown)}: see --list")
    return [each for each in ATTACKS if not wanted or any(each.name.startswith(name) for name in wanted)]


def lines_of(found, attacks):
    """The table: a line an attack."""
    yield (f"{'attack':<28}{'p99 alone, µs (most)':>22}{'with (most)':>18}{'ratio':>7}{'failed':>8}{'RSS MiB':>10}"
           "  connections that ended so")
    for attack in attacks:
        row = found[attack.name]
        endings = ", ".join(f"{count} {name}" for name, count in sorted(row["endings"].items(), key=lambda one: -one[1]))
        alone = f"{row['alone_us']:,.0f} ({row['most_alone_us']:,.0f})"
        attacked = f"{row['attacked_us']:,.0f} ({row['most_attacked_us']:,.0f})"
        memory = f"{row['rss_before'] >> 20} → {row['rss_after'] >> 20}"
        yield (f"{attack.name:<28}{alone:>22}{attacked:>18}{row['ratio']:>7.2f}{row['errors']:>8}{memory:>10}  {endings}")


def verdict(found, attacks):
    """Names of the judged attacks that cost a neighbour too much."""
    return [each.name for each in attacks
            if each.is_judged and (found[each.name]["ratio"] > MOST or found[each.name]["errors"])]


def main():
    options = arguments()
    if options.list:
        print("\n".join(each.name for each in ATTACKS))
        return 0
    attacks = chosen(options.flood)
    gabion, bench = built("gabion", "GABION_BINARY"), built("gabion-bench", "GABION_BENCH_BINARY")
    with tempfile.TemporaryDirectory(prefix="gabion-bench-") as folder:
        bed = Bed(gabion, bench, pathlib.Path(folder), cores.chosen())
        try:
            rounds = measured(bed, attacks, options.rounds, options.seconds, lambda text: print(text, file=sys.stderr))
        except LoadFailed as failed:
            sys.exit(str(failed))
        finally:
            bed.stop()
    found = {name: summed(each) for name, each in rounds.items()}
    print("\n".join(lines_of(found, attacks)))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    described = {"cpu": machine.cpu_model(), "commit": machine.commit(), "load": os.getloadavg()[0], "gabion": str(gabion)}
    options.json.write_text(json.dumps({"machine": described, "floods": found, "rounds": rounds}, indent=2) + "\n",
                            encoding="utf-8")
    too_much = verdict(found, attacks)
    if too_much:
        print(f"\nmore than {MOST} times the p99 alone, or requests that failed: {', '.join(too_much)}")
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(main())
