"""./dev bench interception: what REDIRECT and TPROXY add to a new connection, and to a request on one that is kept."""

import argparse
import json
import pathlib
import socket
import statistics
import time

from binaries import ROOT, place
from interception_bed import EXCLUDED, PLAIN, InterceptionBed
from pods import require_namespaces

FIXED = 18081
ROADS = {"nginx itself": ("redirect", EXCLUDED), "sidecar, called by its address": ("redirect", FIXED),
         "sidecar, led there by REDIRECT": ("redirect", PLAIN), "sidecar, led there by TPROXY": ("tproxy", PLAIN)}
REQUEST = b"GET /bench HTTP/1.1\r\nhost: orders\r\n\r\n"


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench interception", description=__doc__.split(": ", 1)[1])
    parser.add_argument("--gabion", type=pathlib.Path, default=place("gabion", "GABION_BINARY"))
    parser.add_argument("--rounds", type=int, default=10, help="the roads are taken in turns (default 10)")
    parser.add_argument("--each", type=int, default=200, help="connections, and requests, of a round and road (default 200)")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build" / "bench" / "interception.json")
    return parser.parse_args()


def ask(stream):
    stream.sendall(REQUEST)
    answer = b""
    while not answer.partition(b"\r\n\r\n")[2].endswith(b"\n"):
        more = stream.recv(4096)
        assert more, "closed"
        answer += more
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]


def new_connections(address, count):
    """Microseconds until each is answered its first request."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        with socket.create_connection(address, 5) as stream:
            ask(stream)
            taken.append((time.perf_counter() - began) * 1e6)
    return taken


def kept_connection(address, count):
    """Microseconds of each request on one connection, but for the first."""
    taken = []
    with socket.create_connection(address, 5) as stream:
        ask(stream)
        for _ in range(count):
            began = time.perf_counter()
            ask(stream)
            taken.append((time.perf_counter() - began) * 1e6)
    return taken


def measure(beds, options):
    found = {road: {"connect": [], "request": []} for road in ROADS}
    for _ in range(options.rounds):
        for road, (mode, port) in ROADS.items():
            bed = beds[mode]
            address = (bed.orders.v4, port)
            found[road]["connect"] += bed.batch.inside(new_connections, address, options.each)
            found[road]["request"] += bed.batch.inside(kept_connection, address, options.each)
    return found


def figures(values):
    return {"p50": statistics.median(values), "p99": statistics.quantiles(values, n=100)[98], "least": min(values)}


def main():
    options = arguments()
    require_namespaces()
    beds = {}
    try:
        for mode in ("redirect", "tproxy"):
            beds[mode] = InterceptionBed(options.gabion, "nft", fixed_port=FIXED, inbound=mode)
        found = measure(beds, options)
    finally:
        for bed in beds.values():
            bed.stop()
    rows = {road: {what: figures(values) for what, values in kinds.items()} for road, kinds in found.items()}
    print(f"{'µs, of ' + str(options.rounds * options.each) + ' each':<34}{'connection p50':>15}{'p99':>9}{'least':>8}"
          f"{'request p50':>15}{'p99':>9}{'least':>8}")
    for road, row in rows.items():
        print(f"{road:<34}" + "".join(f"{row[what]['p50']:>15.0f}{row[what]['p99']:>9.0f}{row[what]['least']:>8.0f}"
                                      for what in ("connect", "request")))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
