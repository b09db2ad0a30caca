"""What a run costs: CPU time from /proc, instructions from callgrind, resident memory."""

import os
import re
import resource
import ssl
import statistics

from load import Load, failures
from raw_client import RawClient, request, tls_setting

TICKS = os.sysconf("SC_CLK_TCK")
JSON_BODY = '{"order":' + '{"id":4711,"customer":"Grace Hopper","lines":[' + ",".join(
    f'{{"sku":"A-{number:04d}","count":{number},"price":"{number}.99"}}' for number in range(1, 9)) + ']}}'
JSON_BODY = JSON_BODY[:-1] + ',"note":"' + "n" * (430 - len(JSON_BODY) - 10) + '"}'
assert len(JSON_BODY) == 430

SCENARIOS = {
    "GET 1 KiB": {"path": "/index.txt", "method": "GET", "body": ""},
    "POST 430 B JSON": {"path": "/json", "method": "POST", "body": JSON_BODY},
}


def cpu_seconds(pids):
    """utime + stime of all threads of these processes (proc(5))."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def rss_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024


def script_of(scenario):
    if scenario["method"] == "GET":
        return ""
    return (f'wrk.method = "{scenario["method"]}"\nwrk.headers["Content-Type"] = "application/json"\n'
            f"wrk.body = '{scenario['body']}'\n")


def run_load(world, scenario, seconds, connections):
    return Load(world.folder, f"http://{world.mesh.calls}{scenario['path']}", seconds, connections,
                script=script_of(scenario)).finish()


def cpu_round(world, peer, scenario, seconds, connections):
    """One round with a fresh pair: {requests, rps, cpu_us}; a failed request makes the round worthless and raises."""
    peer.start()
    try:
        run_load(world, scenario, 1, connections)
        before = cpu_seconds(peer.pids)
        counted = run_load(world, scenario, seconds, connections)
        spent = cpu_seconds(peer.pids) - before
    finally:
        peer.stop()
    if failures(counted) or not counted["requests"]:
        raise RuntimeError(f"{peer.name}: {counted}")
    return {"requests": counted["requests"], "rps": counted["requests"] / counted["seconds"],
            "cpu_us": spent * 1e6 / counted["requests"]}


def summary(rounds):
    """Median, least and most of each number over the rounds."""
    return {key: {"median": statistics.median(values), "min": min(values), "max": max(values)}
            for key in rounds[0] for values in [[one[key] for one in rounds]]}


def ask_many(world, scenario, count):
    """`count` requests one after another over one connection."""
    headers = [("Content-Type", "application/json")] if scenario["body"] else []
    wire = request(scenario["method"], scenario["path"], headers, scenario["body"].encode())
    with RawClient(world.mesh.calls, seconds=60) as client:
        for _ in range(count):
            client.send(wire)
            answer = client.read()
            if answer.status != 200:
                raise RuntimeError(f"{scenario['path']}: {answer}")


def instructions_of(world, peer, scenario, count):
    """User-space instructions of both hops for a whole life with `count` requests."""
    peer.start()
    try:
        ask_many(world, scenario, count)
    finally:
        said = peer.stop()
    collected = [re.findall(r"Collected : (\d+)", text)[-1] for text in said]
    return sum(map(int, collected))


def instructions_per_request(world, peer, scenario, few, many):
    """The difference of two runs, so that start and stop cancel out."""
    return (instructions_of(world, peer, scenario, many) - instructions_of(world, peer, scenario, few)) / (many - few)


def memory(world, peer, count):
    """{start_bytes, idle_connection_bytes}: the inbound hop right after start, and per idle mTLS connection."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    mesh = world.mesh
    setting = tls_setting(mesh.root.pem, mesh.identity_of("web-0"))
    setting.options |= ssl.OP_NO_TICKET
    peer.start()
    clients = []
    try:
        start = rss_bytes(peer.pids[1])
        for _ in range(count):
            clients.append(RawClient(mesh.listens["http"], source=mesh.address("web-0"), tls=setting))
        return {"start_bytes": start, "idle_connection_bytes": (rss_bytes(peer.pids[1]) - start) / count}
    finally:
        for client in clients:
            client.close()
        peer.stop()
