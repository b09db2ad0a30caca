"""The peers of a comparison: each a pair of processes, outbound and inbound hop, in front of the same nginx."""

import pathlib
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from addresses import listening  # noqa: E402
from certificates import spiffe  # noqa: E402
from mesh import FORWARDING, INSPECTING, Mesh  # noqa: E402
from waiting import until  # noqa: E402

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin")
VALGRIND = shutil.which("valgrind")
WORLD_POLICY = {
    "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "orders", "namespace": "shop"},
    "spec": {"podSelector": {"matchLabels": {"app": "orders"}},
             "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]},
}


class World:
    """What all peers share: addresses, certificates, nginx with a file of 1 KiB, a policy."""

    def __init__(self, binary, folder):
        self.mesh = Mesh(binary, folder)
        self.mesh.put_policy(WORLD_POLICY)
        self.folder = folder
        self.mesh.start_nginx().put_file("index.txt", 1024)
        (folder / "ca.crt").write_text(self.mesh.root.pem)

    def pem(self, namespace, account):
        """One file with certificate and key, as haproxy wants it."""
        leaf = self.mesh.root.leaf(spiffe(namespace, account))
        path = self.folder / f"{account}.pem"
        path.write_text(leaf.chain + leaf.key)
        return path

    def stop(self):
        self.mesh.stop()


def pinned(core):
    """The words before a command that keep it on one core, when there is a choice."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(core)] if taskset and core is not None else []


class Gabion:
    """Two sidecars with one worker each; `profile` is the inspection profile both use."""

    def __init__(self, world, name, profile, cores, tool=()):
        self.name, self._world, self._profile, self._cores, self._tool = name, world, profile, cores, tool

    def start(self):
        mesh = self._world.mesh
        sections = {"workers": 1, "log": {"level": "warn", "access": "off", "audit": "off"},
                    "inspection": {"profiles": {"default": self._profile}},
                    "limits": {"connectionsPerIdentity": 5000},
                    "drain": {"notice": "50ms", "grace": "2s"}}
        inbound = mesh.sidecar("orders-0", inbound=mesh.inbound_entries()[:1], **sections)
        outbound = mesh.sidecar("web-0", outbound=[{
            "name": "calls", "listen": mesh.calls, "protocol": "http", "sourceAddress": mesh.address("web-0"),
            "inspect": "default", "routes": [mesh.route("orders.shop", "http")]}], **sections)
        self._sidecars = [sidecar.start(ready=False, prefix=[*pinned(core), *self._tool])
                          for sidecar, core in zip((outbound, inbound), self._cores)]
        for sidecar in self._sidecars:
            sidecar.wait_ready(120)
        return self

    @property
    def pids(self):
        return [sidecar.pid for sidecar in self._sidecars]

    def stop(self):
        """Ends both; returns what they wrote to standard error."""
        for sidecar in self._sidecars:
            sidecar.signal(signal.SIGTERM)
        for sidecar in self._sidecars:
            try:
                sidecar.wait_exit(60)
            except subprocess.TimeoutExpired:
                sidecar.stop()
        return [sidecar.output() for sidecar in self._sidecars]


class Haproxy:
    """haproxy on both hops, configured from bench/peers/haproxy."""

    name = "haproxy"

    def __init__(self, world, cores, tool=()):
        self._world, self._cores, self._tool = world, cores, tool

    def start(self):
        mesh, folder = self._world.mesh, self._world.folder
        values = {"CA": folder / "ca.crt", "SOURCE": mesh.address("web-0"), "DESTINATION": mesh.listens["http"],
                  "TARGET": mesh.application_endpoint}
        own = {"outbound": {"LISTEN": mesh.calls, "CERTIFICATE": self._world.pem("shop", "web")},
               "inbound": {"LISTEN": mesh.listens["http"], "CERTIFICATE": self._world.pem("shop", "orders")}}
        self._outputs, self._processes = [], []
        for hop, core in zip(("outbound", "inbound"), self._cores):
            file = folder / f"haproxy-{hop}.cfg"
            file.write_text(self._filled(hop, {**values, **own[hop]}))
            output = open(folder / f"haproxy-{hop}.log", "w+", encoding="utf-8")
            self._outputs.append(output)
            self._processes.append(subprocess.Popen(
                [*pinned(core), *self._tool, HAPROXY, "-db", "-q", "-f", str(file)], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output))
        for endpoint in (mesh.calls, mesh.listens["http"]):
            until(lambda: self._listens(endpoint), lambda: f"haproxy listens: {self._said()}", 120)
        return self

    @staticmethod
    def _filled(hop, values):
        text = (ROOT / "bench" / "peers" / "haproxy" / f"{hop}.cfg.in").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def _listens(self, endpoint):
        assert all(process.poll() is None for process in self._processes), f"haproxy ended: {self._said()}"
        return listening(endpoint)

    def _said(self):
        said = []
        for output in self._outputs:
            output.seek(0)
            said.append(output.read())
        return said

    @property
    def pids(self):
        return [process.pid for process in self._processes]

    def stop(self):
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        return self._said()


def peers(world, cores=(0, 1), tool=()):
    """The peers that can be started here, ours first, and the names of those that are absent."""
    found = [Gabion(world, "gabion", INSPECTING, cores, tool),
             Gabion(world, "gabion-forwarding", FORWARDING, cores, tool)]
    if not HAPROXY:
        return found, ["haproxy"]
    return found + [Haproxy(world, cores, tool)], []
