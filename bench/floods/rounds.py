"""One proxy, one well-behaved client: its latencies alone and while it is attacked, in turns."""

import time

import cores
import measure
from floods.attackers import Attackers
from floods.attacks import LARGE, LARGE_BYTES
from floods.priority import undisturbed
from generator import LoadFailed
from load_generator import BenchRun
from mesh import APPLICATION, FORWARDING, PORTS, Mesh
from nginx import Nginx

CONNECTIONS = 8
RATE = 1000
# What stands still is to be cut while it is looked at.
TIMEOUTS = {"requestHeader": "1s", "requestBody": "1s", "responseBody": "1s"}
UNDER_WAY_SECONDS = 0.3  # before an attack counts


class Bed:
    """A sidecar with one worker, until stop(): a port for the attackers and one for the client, an nginx behind each, since
    the proxy's worker is all that they are to share."""

    def __init__(self, gabion, bench, folder, chosen_cores):
        self._bench, self.cores = bench, chosen_cores
        self.mesh, self._services = Mesh(gabion, folder, FORWARDING), []
        try:
            core = chosen_cores[1]
            self.endpoint = self._port(folder, "permissive", undisturbed(core))
            self.attacked = self._port(folder, "plain", cores.pinned(core))  # what attackers cost it is not the proxy's
            self.sidecar = self.mesh.sidecar(
                "orders-0", timeouts=TIMEOUTS, log={"level": "warn", "access": "off", "audit": "off"},
                inbound=[{"name": service.folder.name, "listen": self.mesh.listens[service.folder.name],
                          "port": PORTS[service.folder.name], "protocol": "http", "target": service.endpoint,
                          "tls": "DISABLE", "inspect": "default"} for service in self._services])
            self.sidecar.start(prefix=undisturbed(chosen_cores[0]))
        except BaseException:
            self.stop()
            raise

    def _port(self, folder, name, prefix):
        service = Nginx(folder / name, self.mesh.subnet.endpoint(APPLICATION), prefix=prefix)
        self._services.append(service)
        service.put_file("index.html", 1024)
        service.put_file(LARGE.lstrip("/"), LARGE_BYTES)
        return self.mesh.listens[name]

    def load(self, seconds):
        """{p50, p99, requests, errors} of a client that asks RATE times a second whatever the answers do."""
        words = ["--quiet", "-t", 1, "-c", CONNECTIONS, "--rate", f"{RATE}/s", "-d", f"{int(seconds * 1000)}ms",
                 "--http2", "--timeout", "10s", "--max-errors", "100%", "--json", "-", "-H", "Host: orders.shop",
                 "--source", self.mesh.address("batch-0"), f"http://{self.endpoint}/"]
        run = BenchRun(*undisturbed(self.cores[1]), self._bench, *words).finish(seconds + 30)
        if run.json is None:
            raise LoadFailed(run.errors[-500:])
        return told(run.json)

    def attack(self, attack):
        return Attackers(attack, self.attacked, self.mesh.address("web-0"), self.cores[1])

    def rss(self):
        return measure.rss_bytes([self.sidecar.pid])

    def stop(self):
        self.mesh.stop()
        for service in self._services:
            service.stop()


def told(found):
    """The figures of a run of gabion-bench that are looked at."""
    latency = found["latency_us"]
    return {"p50_us": latency["p50"], "p99_us": latency["p99"], "requests": found["requests"],
            "errors": sum(found["errors"].values())}


def measured_once(bed, attack, seconds):
    """A round: alone, then attacked."""
    alone, before = bed.load(seconds), bed.rss()
    attackers = bed.attack(attack)
    time.sleep(UNDER_WAY_SECONDS)
    try:
        attacked = bed.load(seconds)
        after = bed.rss()
    finally:
        endings = attackers.stop()
    return {"alone": alone, "attacked": attacked, "rss_before": before, "rss_after": after, "endings": endings}


def measured(bed, attacks, rounds, seconds, say):
    """{attack: [round]}; every attack once, then again."""
    found = {attack.name: [] for attack in attacks}
    for number in range(rounds):
        for attack in attacks:
            say(f"round {number + 1} of {rounds}: {attack.name}")
            found[attack.name].append(measured_once(bed, attack, seconds))
            if not bed.sidecar.running():
                raise LoadFailed(f"{attack.name} ended the proxy: {bed.sidecar.output()[-2000:]}")
    return found


def summed(rounds):
    """The least p99 of an attack's rounds, since what else the machine does only adds to it, and all its endings."""
    alone, attacked = (min(each[which]["p99_us"] for each in rounds) for which in ("alone", "attacked"))
    endings = {}
    for each in rounds:
        for name, count in each["endings"].items():
            endings[name] = endings.get(name, 0) + count
    return {
        "alone_us": alone, "attacked_us": attacked, "ratio": attacked / max(1, alone),
        "most_alone_us": max(each["alone"]["p99_us"] for each in rounds),
        "most_attacked_us": max(each["attacked"]["p99_us"] for each in rounds),
        "errors": sum(each["attacked"]["errors"] + each["alone"]["errors"] for each in rounds),
        "rss_before": min(each["rss_before"] for each in rounds),
        "rss_after": max(each["rss_after"] for each in rounds), "endings": endings,
    }
