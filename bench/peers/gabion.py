"""Gabion as a peer of its own comparison: one worker a hop, logs off, with inspection or only forwarding."""

import signal
import subprocess

import cores
from mesh import FORWARDING, INSPECTING, Mesh
from peers.peer import HOPS, START_SECONDS, Peer, first_line
from waiting import until
from world import CLIENT

# The inspection profile of each; both hops of a pair use it, but rules only the inbound one, as nginx-modsecurity does.
CRS = {**FORWARDING, "waf": {"rules": "crs", "mode": "block"}}
DLP = {**FORWARDING, "dlp": "default"}
OURS = {"gabion": INSPECTING, "gabion-forwarding": FORWARDING, "gabion-crs": CRS, "gabion-dlp": DLP}
RULE_SETS = {"waf": {"crs": {"entry": "/usr/share/modsecurity-crs/owasp-crs.load"}}}
MANY = 60_000


class Gabion(Peer):
    """One of OURS. Each has a mesh of its own (addresses, inventory), with the world's certificates."""

    identity_field = "x-forwarded-client-cert"

    def __init__(self, name):
        self.name = name
        self.blocks_attacks, self.masks_cards = OURS[name] in (INSPECTING, CRS), OURS[name] in (INSPECTING, DLP)
        self._sidecars = []
        self._binary = None

    def missing(self):
        return ""

    def version(self):
        return "" if self._binary is None else first_line(str(self._binary), "version")

    def start(self, scene):
        self._prepare(scene)
        mesh, hops = self._mesh, HOPS[scene.topology]
        if "outbound" in hops:
            self._add_outbound(mesh.listens["http"])
        mode = "DISABLE" if hops == ("plain",) else "STRICT"
        self._sidecars.append(mesh.sidecar("orders-0", inbound=[{
            "name": "http", "listen": mesh.listens["http"], "port": 8080, "protocol": "http",
            "target": mesh.application_endpoint, "tls": mode, "inspect": "default",
            **({"targetProtocol": "grpc"} if scene.protocol == "grpc" else {}), **self._upgrades}],
            **self._sections("orders-0", scene.world.server)))
        self.source = mesh.address("web-0")
        self.endpoint = mesh.calls if "outbound" in hops else mesh.listens["http"]
        self.mesh_endpoint = None if mode == "DISABLE" else mesh.listens["http"]
        return self._run(scene)

    def start_outbound(self, scene, destination):
        """Only the calling hop, to an endpoint of somebody's choice: a server that must not be believed."""
        self._prepare(scene)
        self._add_outbound(destination)
        self.endpoint = self._mesh.calls
        return self._run(scene)

    def _prepare(self, scene):
        self._binary, self._world = scene.world.binary, scene.world
        self._upgrades = {"websocket": "allow"} if scene.protocol == "websocket" else {}
        rule_sets = RULE_SETS if OURS[self.name] is CRS else None
        self._mesh = Mesh(scene.world.binary, scene.folder, OURS[self.name], rule_sets)
        self._mesh.root = scene.world.root
        self._mesh.application_endpoint = scene.world.target(scene.protocol)
        scene.rules.write_manifests(self._mesh.policy)

    def _add_outbound(self, destination):
        mesh = self._mesh
        route = mesh.route("orders.shop", "http", destination=destination)
        self._sidecars.append(mesh.sidecar("web-0", outbound=[{
            "name": "calls", "listen": mesh.calls, "protocol": "http", "sourceAddress": mesh.address("web-0"),
            "inspect": "default", "routes": [route], **self._upgrades}],
            **({"inspection": {"profiles": {"default": FORWARDING}}} if OURS[self.name] is CRS else {}),
            **self._sections("web-0", self._world.client)))

    def _sections(self, pod, identity):
        return {"identity": self._mesh.write_identity(pod, leaf=identity.leaf), "workers": 1,
                "log": {"level": "warn", "access": "off", "audit": "off"},
                "limits": {"connections": MANY, "connectionsPerIdentity": MANY, "idleUpstreamConnections": 1024},
                "timeouts": {"requestHeader": "5m"},
                "drain": {"notice": "50ms", "grace": "1s"}}

    def _run(self, scene):
        prefix = [*cores.pinned(scene.world.cores[0]), *scene.tool]
        for sidecar in self._sidecars:
            sidecar.start(ready=False, prefix=prefix)
        for sidecar in self._sidecars:
            sidecar.wait_ready(START_SECONDS)
        if OURS[self.name] is CRS:  # until its databases are compiled a sidecar serves on something slower
            for sidecar in self._sidecars:
                until(lambda sidecar=sidecar: sidecar.metric("gabion_provisional_rules") == 0,
                      f"{self.name} has its pattern databases", START_SECONDS)
        return self

    @property
    def pids(self):
        return [sidecar.pid for sidecar in self._sidecars]

    def names_client(self, headers, identity):
        """XFCC carries the verified SPIFFE id, and only that."""
        return headers.get(self.identity_field, "").count(f"URI={CLIENT}") == 1

    def stop(self):
        running = [sidecar for sidecar in self._sidecars if sidecar.running()]
        for sidecar in running:
            sidecar.signal(signal.SIGTERM)
        for sidecar in running:
            try:
                sidecar.wait_exit(15)
            except subprocess.TimeoutExpired:
                sidecar.stop()
        found = [sidecar.output() for sidecar in self._sidecars]
        self._sidecars = []
        return found
