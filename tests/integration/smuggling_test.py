"""No request reaches a server that was not judged as that server reads it: raw streams, real servers, both logs compared.

Each stream is sent through the proxy to nginx, Apache, Node, Python and a strict recorder. Every request that passes
carries the id it was judged under, so what a server read is held against the access log line by line: method, path,
host, length of the body, order, count. Beside it, not judged, the same streams through nginx and haproxy as proxies.
"""

import re

import pytest

from h2_wire import SETTINGS, Wire
from mesh import FORWARDING, Mesh
from smuggling import SEED, all_streams
from smuggling.comparison import Comparison, number_of
from smuggling.downgrades import downgrades, send_downgrades
from smuggling.sender import send
from smuggling.servers import ORIGINS, PROXIES, found
from waiting import settled

PORTS = [{"port": 9000 + number} for number in range(len(ORIGINS))]
POLICY = {
    "apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": "streams", "namespace": "shop"},
    "spec": {
        "podSelector": {"matchLabels": {"app": "orders"}}, "ingress": [{"ports": PORTS, "protocol": "HTTP"}, {
            "name": "denied", "action": "Deny", "ports": PORTS, "protocol": "HTTP",
            "http": [{"paths": [{"prefix": "/denied"}]}]
        }]
    }
}
STREAMS = dict(enumerate(all_streams()))
DOWNGRADES = dict(enumerate(downgrades()))
# Node's words for a client that has left: within a body, or with answers unread.
BROKEN_OFF = ("HPE_INVALID_EOF_STATE", "ECONNRESET")
PEERS_EVERY = 4  # of the streams go through the peers


class Bed:
    """The sidecar with one listener for each origin that is installed."""
    def __init__(self, binary, folder):
        self.mesh = Mesh(binary, folder, FORWARDING)
        self.origins, self.listens = {}, {}

    def start(self):
        for name, (program, make) in ORIGINS.items():
            if not found(program):
                continue
            self.origins[name] = self.keep(
                make(self.mesh.folder / name.replace(", ", "-"), self.mesh.subnet.endpoint(21)))
            self.listens[name] = self.mesh.subnet.endpoint(20)
        self.mesh.put_policy(POLICY)
        self.mesh.start_inbound(limits={"requestLineBytes": "4KiB"},
                                inbound=[{
                                    "name": f"to-{number}", "listen": self.listens[name], "port": 9000 + number,
                                    "protocol": "http", "target": origin.endpoint, "tls": "DISABLE",
                                    "inspect": "default", "websocket": "allow"
                                } for number, (name, origin) in enumerate(self.origins.items())])

    def keep(self, thing):
        return self.mesh._keep(thing)

    def speaks_h2(self, name):
        try:
            with Wire(self.listens[name], source=self.mesh.address("web-0")) as wire:
                return bool(wire.start().of(SETTINGS))
        except OSError:
            return False

    def judged(self, mark):
        """What the sidecar let through since `mark` lines of its access log."""
        lines = [
            line for line in self.mesh.inbound.access()[mark:] if line["verdict"] == "allow" and line["upstream_host"]
        ]
        return [{
            "id": line["request_id"], "method": line["method"], "target": line["path"], "host": line["authority"] or "",
            "length": line["bytes_received"] if line["reason"] == "none" else None,
            "connection": None if line["protocol"] == "HTTP/2" else line["downstream_remote_address"],
            "status": line["response_code"], "reason": line["reason"]
        } for line in lines]


@pytest.fixture(scope="module")
def bed(binary, tmp_path_factory):
    made = Bed(binary, tmp_path_factory.mktemp("smuggling"))
    try:
        made.start()
        yield made
        crashes = made.mesh.crashes()
    finally:
        made.mesh.stop()
    assert crashes == []


def path_of(target):
    """The access log shows the path alone; a fragment is cut off before anything is judged or forwarded."""
    return target.partition("#")[0].partition("?")[0]


def without_authority(target):
    """haproxy forwards and logs absolute-form as it came; servers log the path of it."""
    return re.sub(r"^\w+://[^/]*/?", "/", target)


def first_refused(answers):
    return sum(1 for answer in answers.values() if b" 400 " in answer[:20] or not answer)


def check(bed, name, mark, before, streams):
    """Holds what the origin told since `before` records against the access log since `mark` lines."""
    origin = bed.origins[name]
    settled(lambda: (len(origin.lines()), len(bed.mesh.inbound.access())),
            lambda: len(origin.lines()) - before >= len(bed.judged(mark)), "the logs are quiet")
    told = origin.told()[before:]
    comparison = Comparison(bed.judged(mark), told, path_of)
    wrong = [
        f"{streams.get(number_of(record))}: written to the origin: {record}" for record in told if record.get("wrong")
    ]
    assert wrong == [], "\n".join(wrong[:20])
    differ = [f"{streams.get(number)}: {sentence}" for number, sentence in comparison.differences]
    assert differ == [], "\n".join(differ[:20])
    assert [record for record in comparison.read
            if "denied" in record["target"]] == [], "no spelling of the denied path passes"
    waiting = {(record["method"], path_of(record["target"])) for record in comparison.missing}
    stray = [record for record in comparison.refused  # nginx refuses a Host before it has read the id behind it
             if record.get("id") not in comparison.judged and record.get("why") not in BROKEN_OFF and
             (record.get("method"), path_of(record.get("target") or "")) not in waiting]
    assert stray == [], "what a server refused was let through as something else"
    lost = [record for record in comparison.missing if record["reason"] == "none" and record["status"] < 400]
    assert lost == [], "answered as if the origin had read it"
    assert bed.mesh.inbound.running()
    return comparison


def report(name, origin, streams, comparison, refused):
    print(
        f"{name} to {origin}: {len(streams)} streams, seed {SEED}; {len(comparison.forwarded())} forwarded, {refused} refused at first, "
        f"{len(comparison.judged)} requests let through, {len(comparison.read)} read, {len(comparison.refused)} refused by the origin, "
        f"{len(comparison.streams_that_differ())} streams with differences, {len(comparison.denied())} with a denied path"
    )


@pytest.mark.seconds(120)
@pytest.mark.parametrize("name", ORIGINS)
def test_what_a_server_reads_is_what_was_judged(bed, name):
    if name not in bed.origins:
        pytest.skip(f"{ORIGINS[name][0]} is not installed")
    mark, before = len(bed.mesh.inbound.access()), len(bed.origins[name].told())
    answers = send(bed.listens[name], STREAMS, bed.mesh.address("web-0"))
    comparison = check(bed, name, mark, before, STREAMS)
    report("gabion", name, STREAMS, comparison, first_refused(answers))
    assert len(comparison.forwarded()) > 100, "what is well-formed must pass and be compared"


@pytest.mark.seconds(120)
@pytest.mark.parametrize("name", ORIGINS)
def test_what_came_by_http2_is_read_as_it_was_judged(bed, name):
    """Requests of HTTP/2 that would be others where they are written as HTTP/1."""
    if name not in bed.origins:
        pytest.skip(f"{ORIGINS[name][0]} is not installed")
    assert bed.speaks_h2(name)
    mark, before = len(bed.mesh.inbound.access()), len(bed.origins[name].told())
    answers = send_downgrades(bed.listens[name], DOWNGRADES, bed.mesh.address("web-0"))
    comparison = check(bed, name, mark, before, DOWNGRADES)
    passed = [number for number, statuses in answers.items() if (statuses.get(1) or 500) < 400]
    report("gabion, HTTP/2", name, DOWNGRADES, comparison, len(DOWNGRADES) - len(passed))
    assert len(comparison.forwarded()) > 50, "what is well-formed must pass and be compared"


@pytest.mark.seconds(120)
def test_peers_before_the_same_servers(bed):
    """The yardstick: prints a table; asserts only that the peers were really asked, and that some stream is of use."""
    sample = {number: stream for number, stream in STREAMS.items() if number % PEERS_EVERY == 0}
    rows, leaks = [], 0
    for proxy, (program, make) in PROXIES.items():
        if not found(program):
            print(f"{program} is not installed")
            continue
        for name in bed.origins:
            origin = bed.keep(ORIGINS[name][1](bed.mesh.folder / f"{proxy}-{name.replace(', ', '-')}",
                                               bed.mesh.subnet.endpoint(21)))
            front = bed.keep(
                make(bed.mesh.folder / f"{proxy}-before-{name.replace(', ', '-')}", bed.mesh.subnet.endpoint(22),
                     origin.endpoint))
            answers = send(front.endpoint, sample)
            answered = sum(1 for answer in answers.values() if answer)
            settled(lambda: (len(origin.lines()), len(front.lines())), lambda: len(front.lines()) >= answered, "the logs are quiet")
            comparison = Comparison([record for record in front.told() if record["to"] not in ("", "<NOSRV>")],
                                    origin.told(), without_authority)
            rows.append((proxy, name, len(sample), len(comparison.forwarded()), len(comparison.streams_that_differ()),
                         len(comparison.denied()), len(comparison.improper)))
            leaks += len(comparison.streams_that_differ())
            assert answers and comparison.forwarded()
    print("proxy    origin          streams  forwarded  read differently  denied path read  not to the letter")
    for row in rows:
        print("{:8} {:14} {:8} {:10} {:17} {:17} {:18}".format(*row))
    assert not rows or leaks > 0, "streams that no proxy stumbles over show nothing"
