"""./dev bench waf: CPU time of a transaction under the Core Rule Set, ours and libmodsecurity's in turns."""

import argparse
import datetime
import json
import pathlib
import shlex
import sys

from compare import machine
from crs import engines
from peers.peer import first_line
from waf import rounds
from waf.requests import ROWS


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench waf", description=__doc__.split(": ", 1)[1])
    parser.add_argument("--rounds", type=int, default=5, help="how often each engine's turn comes (default 5, at least 5)")
    parser.add_argument("--repeat", type=int, default=200, help="transactions of each request in a round (default 200)")
    parser.add_argument("--paranoia", type=int, choices=(1, 2, 3, 4), default=1, help="paranoia level (default 1)")
    parser.add_argument("--rules", type=pathlib.Path, default=engines.RULES / "defaults.conf", help="entry file")
    parser.add_argument("--engines", default="gabion,modsecurity", help="one or two; the ratio is first ÷ second")
    parser.add_argument("--only", help="only requests whose name contains this")
    parser.add_argument("--json", type=pathlib.Path, default=machine.ROOT / "build" / "bench" / "waf.json",
                        help="where the numbers go (default build/bench/waf.json)")
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error("fewer than five rounds say nothing about their spread")
    if not 1 <= len(options.engines.split(",")) <= 2:
        parser.error("one engine or two")
    return options


def able(names):
    """The engines that can replay; says why another cannot."""
    found = []
    for name in names:
        try:
            engines.replay(name, engines.RULES / "engine.conf", [ROWS[0]], "--cpu")
            found.append(name)
        except (OSError, RuntimeError) as error:
            print(f"{name} is absent: {error}", file=sys.stderr)
    return found


def described(options):
    """On what it was measured."""
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "cpu": machine.cpu_model(),
            "commit": machine.commit(), "command": shlex.join(["./dev", "bench", "waf", *sys.argv[1:]]),
            "system": machine.system(), "rules": options.rules.name,
            "crs": first_line("dpkg-query", "-W", "-f", "${Version}", "modsecurity-crs"),
            "libmodsecurity": first_line("dpkg-query", "-W", "-f", "${Version}", "libmodsecurity3")}


def main():
    options = arguments()
    names = able(options.engines.split(","))
    rows = [row for row in ROWS if not options.only or options.only in row["id"]]
    if not names or not rows:
        print("nothing to measure", file=sys.stderr)
        return 1
    found = rounds.turns(names, rows, options.rules, options.rounds,
                         ["--repeat", options.repeat, "--paranoia", options.paranoia],
                         tell=lambda text: print(text, file=sys.stderr))
    numbers = rounds.summary(found)
    print(f"{options.rounds} rounds of {options.repeat} transactions in turns, {options.rules.name}, paranoia level {options.paranoia}")
    print(rounds.table(numbers, names))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    ratios = {request: rounds.compared(one, *names) for request, one in numbers.items()} if len(names) == 2 else {}
    options.json.write_text(json.dumps({"machine": described(options), "rounds": options.rounds, "repeat": options.repeat,
                                        "paranoia": options.paranoia, "requests": numbers, "ratios": ratios}, indent=2) + "\n",
                            encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
