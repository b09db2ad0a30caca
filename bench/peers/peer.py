"""What a comparison asks of a peer, and the life of peers that are made of hops from templates."""

import dataclasses
import pathlib
import signal
import subprocess

import cores
from addresses import listening, split
from rules import Rules
from template import filled
from waiting import until
from world import HOST, SERVER_NAME, World

TEMPLATES = pathlib.Path(__file__).parent
# The hops of a topology, in the order of a request.
HOPS = {"one_hop": ("plain",), "one_hop_mtls": ("inbound",), "two_hop": ("outbound", "inbound")}
# What both ends of a hop with TLS offer.
ALPN = {"http1": "http/1.1", "http2": "h2", "grpc": "h2", "websocket": "http/1.1"}
START_SECONDS = 120


@dataclasses.dataclass(frozen=True)
class Scene:
    """Where a peer stands: `folder` is its own, `tool` are words before each of its commands (valgrind), `protocol` what
    the load speaks."""

    world: World
    topology: str
    folder: pathlib.Path
    rules: Rules = Rules()
    tool: tuple = ()
    protocol: str = "http1"


class Peer:
    """After start(): `endpoint` takes the load, dialled from `source`; `mesh_endpoint` is the mTLS port, if any."""

    name = ""
    # What it promises beside forwarding, each a check of its own.
    blocks_attacks = masks_cards = False
    endpoint = mesh_endpoint = source = None
    # Where its inbound hop tells the application who called, lower case.
    identity_field = "x-client-serial"

    def missing(self):
        """Why it cannot run here; empty when it can."""
        raise NotImplementedError

    def version(self):
        raise NotImplementedError

    def start(self, scene):
        raise NotImplementedError

    def stop(self):
        """Ends all it started, also after a failed start; returns what each hop wrote to standard error."""
        raise NotImplementedError

    @property
    def pids(self):
        """Of each hop, in the order of HOPS."""
        raise NotImplementedError

    def names_client(self, headers, identity):
        """Whether the headers that reached the application name the verified client `identity`."""
        return int(headers.get(self.identity_field) or "0", 16) == identity.serial


class TemplatePeer(Peer):
    """A program that reads one file: bench/peers/<folder>/<hop>.<suffix>.in, one process a hop."""

    folder = suffix = ""

    def command(self, file, folder):
        """The words that run it in the foreground."""
        raise NotImplementedError

    def rules_text(self, rules, folder):
        """What its inbound hop says for a policy; empty without rules."""
        raise NotImplementedError

    def __init__(self):
        self._processes, self._outputs = [], []

    def start(self, scene):
        world, hops = scene.world, HOPS[scene.topology]
        listens = {hop: world.subnet.endpoint(10 if hop == "outbound" else 20) for hop in hops}
        self.endpoint, self.source = listens[hops[0]], world.subnet.address(10)
        self.mesh_endpoint = listens.get("inbound")
        for hop in hops:
            self._start_hop(scene, hop, listens[hop], listens.get("inbound"))
        for endpoint in listens.values():
            until(lambda: self._accepts(endpoint), lambda: f"{self.name} listens: {self.said()}", START_SECONDS)
        return self

    def start_outbound(self, scene, destination):
        """Only the calling hop, to an endpoint of somebody's choice: a server that must not be believed."""
        self.endpoint = scene.world.subnet.endpoint(10)
        self._start_hop(scene, "outbound", self.endpoint, destination)
        until(lambda: self._accepts(self.endpoint), lambda: f"{self.name} listens: {self.said()}", START_SECONDS)
        return self

    def _start_hop(self, scene, hop, listen, destination):
        world, folder = scene.world, scene.folder / hop
        folder.mkdir(parents=True, exist_ok=True)
        own = world.client if hop == "outbound" else world.server
        endpoints = {"LISTEN": listen, "TARGET": world.target(scene.protocol), "DESTINATION": destination}
        values = {**endpoints, **_parts(endpoints),
                  "SOURCE": world.subnet.address(10), "CA": world.bundle, "CERTIFICATE": own.certificate,
                  "KEY": own.key, "PEM": own.pem, "SERVER_NAME": SERVER_NAME, "HOST": HOST, "FOLDER": folder,
                  **self.more_values(scene, hop, folder)}
        file = folder / f"{hop}.{self.suffix}"
        file.write_text(self.configuration(hop, values), encoding="utf-8")
        output = open(folder / "output.log", "w+", encoding="utf-8", errors="replace")
        self._outputs.append(output)
        self._processes.append(subprocess.Popen(
            [*cores.pinned(world.cores[0]), *scene.tool, *self.command(file, folder)], stdin=subprocess.DEVNULL,
            stdout=output, stderr=output))

    def configuration(self, hop, values):
        """The text that a hop reads."""
        return filled(TEMPLATES / self.folder / f"{hop}.{self.suffix}.in", values)

    def more_values(self, scene, hop, folder):
        """Values of its own templates beyond those of all."""
        ruled = scene.rules.rules and hop != "outbound"
        return {"ALPN": ALPN[scene.protocol], "RULES": self.rules_text(scene.rules, folder) if ruled else ""}

    def _accepts(self, endpoint):
        assert all(process.poll() is None for process in self._processes), f"{self.name} ended: {self.said()}"
        return listening(endpoint)

    def said(self):
        found = []
        for output in self._outputs:
            output.seek(0)
            found.append(output.read()[-3000:])
        return found

    @property
    def pids(self):
        return [process.pid for process in self._processes]

    def stop(self):
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        found = self.said()
        for output in self._outputs:
            output.close()
        self._processes, self._outputs = [], []
        return found


def _parts(endpoints):
    """NAME_ADDRESS and NAME_PORT of each endpoint, for those who write them apart."""
    return {f"{name}_{part}": piece for name, endpoint in endpoints.items() if endpoint
            for part, piece in zip(("ADDRESS", "PORT"), split(endpoint))}


def first_line(*command):
    """The first line a command says on either stream, for versions."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except OSError as error:
        return str(error)
    return (done.stdout + done.stderr).strip().split("\n")[0]
