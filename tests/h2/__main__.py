"""python3 -m tests.h2 [--table] [HOST:PORT]: the conformance table of a server; without one, of nghttpd and nginx."""

import argparse
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from suite import CASES, Server, run, table  # noqa: E402


def main():
    options = argparse.ArgumentParser(prog="python3 -m tests.h2", description=__doc__)
    options.add_argument("endpoint",
                         nargs="?",
                         help="host:port that speaks h2c by prior knowledge; default: nghttpd and nginx")
    options.add_argument("--table", action="store_true", help="the table by section (also the default)")
    options.add_argument("--has",
                         default="body,big,upload",
                         help="what GET / and POST / have there (default: %(default)s)")
    options.add_argument("-k", default="", help="only cases whose id contains this")
    options.add_argument("--list", action="store_true", help="the cases, each with what is expected")
    asked = options.parse_args()
    cases = [case for case in CASES if asked.k in case.id]
    if asked.list:
        print("\n".join(f"{case.id:36} {case.sentence}; expected: {case.expected}" for case in cases))
        return 0
    if asked.endpoint:
        return show(asked.endpoint, Server(asked.endpoint, has=frozenset(asked.has.split(","))), cases)
    from peers import start_peers
    status = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, server, stop in start_peers(pathlib.Path(folder)):
            try:
                status |= show(name, server, cases)
            finally:
                stop()
    return status


def show(name, server, cases):
    results = [run(case, server) for case in cases]
    print(f"{name}: {len(results)} cases")
    print(table(results), flush=True)
    return int(any(one.passed is False for one in results))


if __name__ == "__main__":
    sys.exit(main())
