"""./dev bench gateway: CPU of a node's gateway for requests and new connections of pods that know of nothing, beside none."""

import argparse
import json
import pathlib
import resource
import statistics
import subprocess

import callgrind
from binaries import ROOT, place
from interception_bed import url
from nodes_bed import CLOSED, PORT, SERVICE_PORT, NodesBed
from pods import require_namespaces
from sidecar import Sidecar

# gateways that a request passes: (who calls, who is called)
ROADS = {"none: pods of two nodes": ("free", "other"), "one: a pod calls outside": ("free", "outside"),
         "one, twice: pods of one node": ("cart", "free"), "two: pods of two nodes": ("free", "other")}
WITHOUT = next(iter(ROADS))
# So few new ones that no round waits for ports that earlier ones used.
LOADS = {"request on a kept connection": ["-c", "16"], "new connection with a request": ["-c", "4", "--churn", "-n", "2500"]}
QUIET = {"log": {"level": "warn", "access": "off", "audit": "off"}}
ENDPOINTS, CONNECTIONS = (1, 10, 1000), 50


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench gateway", description=__doc__.split(": ", 1)[1])
    parser.add_argument("--gabion", type=pathlib.Path, default=place("gabion", "GABION_BINARY"))
    parser.add_argument("--load", type=pathlib.Path, default=place("gabion-bench", "GABION_BENCH_BINARY"))
    parser.add_argument("--rounds", type=int, default=5, help="the roads are taken in turns (default 5; 0: services alone)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of requests on kept connections in a round (default 1)")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build" / "bench" / "gateway.json")
    return parser.parse_args()


def spent_us(pids):
    """CPU time of these processes until now, all threads, and the kernel's work for them."""
    return sum(int(task.read_text().split()[0]) for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e3


def callers_us():
    """Of what has ended: the load."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1e6


def one(bed, road, words, options):
    """µs of CPU a request: of the gateways; of them, the load and the servers together."""
    caller, called = ROADS[road]
    # Without a gateway another port: no connection meets one that is still waiting to be forgotten on another road.
    to = url((bed.outside if called == "outside" else bed.pods[called]).v4, CLOSED if road == WITHOUT else PORT)
    command = [options.load, "--quiet", "-t", "1", "-d", f"{int(options.seconds * 1000)}ms" if "-n" not in words else "20s", "--max-errors", "0", "--json", "-",
               *words, to]
    gateways, servers = [each.pid for each in bed.gateways.values()], bed.server_pids()
    before = spent_us(gateways), spent_us(servers) + callers_us()
    done = bed.pods[caller].run(*command)
    after = spent_us(gateways), spent_us(servers) + callers_us()
    assert done.returncode == 0, f"{road}: {done.stdout[-2000:]} {done.stderr[-500:]}"
    requests = json.loads(done.stdout)["requests"]
    spent = (after[0] - before[0]) / requests
    return {"gateways": spent, "all": spent + (after[1] - before[1]) / requests, "requests": requests}


def slices(bed, name, count):
    """`count` endpoints of a service, all of them the machine outside, which has an address for each."""
    addresses = [bed.wire.address(16 + number // 250, 1 + number % 250) for number in range(count)]
    return [{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
             "metadata": {"name": f"{name}-{number}", "namespace": "shop", "labels": {"kubernetes.io/service-name": name}},
             "ports": [{"name": "http", "port": PORT}],
             "endpoints": [{"addresses": [address]} for address in addresses[number:number + 1000]]}
            for number in range(0, count, 1000)]


def lead_outside(bed):
    """Where slices() are, on the way of each node."""
    network = f"{bed.wire.address(16, 0)}/20"
    bed.outside.run("ip", "route", "add", "local", network, "dev", "lo").check_returncode()
    for node in bed.nodes.values():
        node.run("ip", "route", "add", network, "via", bed.outside.v4).check_returncode()


def services(bed, options):
    """Instructions in user space that the gateway spends on a new connection with a request, by endpoints of the service."""
    lead_outside(bed)
    more = []
    for number, count in enumerate(ENDPOINTS):
        service = bed.service(f"s{count}", 10 + number)
        del service["spec"]["selector"]
        more += [service, *slices(bed, f"s{count}", count)]
    bed.write_manifests(more=more)
    gateway, found = bed.gateways["a"], {}
    gateway.stop()
    gateway.node.inside(Sidecar.start, gateway, True, callgrind.prefix(gateway.folder))  # as root: it is asked by ptrace
    for number, count in enumerate(ENDPOINTS):
        to, caller = url(bed.service_address(host=10 + number), SERVICE_PORT), bed.pods["free"]
        ask = [options.load, "--quiet", "-t", "1", "-c", "1", "-d", "5m", "-n", str(CONNECTIONS), "--churn", "--max-errors", "0", to]
        caller.run(*ask).check_returncode()  # what is planned once is planned
        (profile,) = callgrind.counted([gateway.pid], gateway.folder, lambda: caller.run(*ask).check_returncode())
        found[count] = callgrind.total(profile) / CONNECTIONS
    return found


def without_rules(bed):
    for node in bed.nodes.values():
        subprocess.run(["ip", "netns", "exec", node.namespace, bed.binary, "net", "remove"], check=True, capture_output=True)


def measure(bed, options):
    found = {road: {load: [] for load in LOADS} for road in ROADS}
    for _ in range(options.rounds):
        for road in ROADS:
            if road == WITHOUT:
                without_rules(bed)
            for load, words in LOADS.items():
                found[road][load].append(one(bed, road, words, options))
            if road == WITHOUT:
                for node in bed.nodes:
                    bed.install(node)
    return found


def figures(values):
    return {"p50": statistics.median(values), "least": min(values), "most": max(values)}


def main():
    options = arguments()
    require_namespaces()
    bed = NodesBed(options.gabion, **QUIET)
    try:
        found = measure(bed, options) if options.rounds else {}
        planned = services(bed, options) if callgrind.VALGRIND else {}
    finally:
        bed.stop()
    rows = {road: {load: {what: figures([each[what] for each in rounds]) for what in ("gateways", "all", "requests")}
                   for load, rounds in loads.items()} for road, loads in found.items()}
    for load in LOADS if rows else ():
        print(f"{load + ', CPU µs':<44}{'gateways p50':>13}{'(least–most)':>17}{'all p50':>13}{'(least–most)':>17}")
        for road, row in rows.items():
            print(f"  {road:<42}" + "".join(f"{row[load][what]['p50']:>13.1f}{row[load][what]['least']:>10.1f}–{row[load][what]['most']:<6.1f}"
                                           for what in ("gateways", "all")))
    for count, instructions in planned.items():
        print(f"a new connection with a request to a service of {count} endpoints: {instructions:,.0f} instructions of the gateway")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"roads": rows, "services": planned}, indent=1))


if __name__ == "__main__":
    main()
