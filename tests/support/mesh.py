"""A small mesh on loopback: pods web-0 and batch-0 call pod orders-0, each end with a sidecar of ours."""

import copy

import yaml

from addresses import Subnet, free_port
from certificates import Authority, spiffe, write_file
from nginx import Nginx
from raw_client import RawClient, tls_setting
from sidecar import Sidecar
from upstreams import EchoApplication, EmptyApplication, scripted

# pod: (namespace, service account, labels, last byte of its address)
PODS = {
    "web-0": ("shop", "web", {"app": "web"}, 10),
    "batch-0": ("ops", "batch", {"app": "batch"}, 11),
    "orders-0": ("shop", "orders", {"app": "orders"}, 20),
}
APPLICATION, STRANGER = 21, 99
PORTS = {"http": 8080, "wild": 8081, "permissive": 8082, "plain": 8083}
INSPECTING = {"attacks": "block", "paymentCards": "mask"}
FORWARDING = {"attacks": "off", "paymentCards": "off"}
ORDERS_ID = spiffe("shop", "orders")


class Mesh:
    """Owns everything it started. The server's sidecar has four inbound ports of pod orders-0:

    http (8080, STRICT, the echo application), wild (8081, STRICT, whatever a test puts there),
    permissive (8082) and plain (8083), both with the echo application behind.
    """

    def __init__(self, binary, folder, profile=INSPECTING, rules=None):
        """`profile` is the default inspection profile of its sidecars, `rules` what inspection has beside profiles."""
        self.binary, self.folder, self._profile, self._rules = binary, folder, profile, rules or {}
        self.subnet = Subnet()
        self.root = Authority("mesh root")
        self.policy = folder / "policy"
        self.application_endpoint = self.subnet.endpoint(APPLICATION)
        self.wild_endpoint = self.subnet.endpoint(APPLICATION)
        self.listens = {name: self.subnet.endpoint(PODS["orders-0"][3]) for name in PORTS}
        self.calls = self.subnet.endpoint(PODS["web-0"][3])
        self.application = self.inbound = self.outbound = None
        self._started = []
        self._leaves = 0
        self.write_inventory()

    # ---- manifests --------------------------------------------------------------------------------------------------

    def address(self, pod):
        return self.subnet.address(PODS[pod][3])

    def write_inventory(self):
        objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": name}}}
                   for name in ("shop", "ops")]
        objects += [self._pod(name) for name in PODS]
        write_file(self.policy / "inventory.yaml", yaml.safe_dump_all(objects))

    def _pod(self, name):
        namespace, account, labels, _ = PODS[name]
        ports = [{"name": port, "containerPort": number} for port, number in PORTS.items()]
        return {"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": name, "namespace": namespace, "labels": labels, "uid": f"uid-{name}"},
                "spec": {"serviceAccountName": account, "nodeName": "node-1",
                         "containers": [{"name": "main", "image": "main", "ports": ports}]},
                "status": {"phase": "Running", "podIP": self.address(name), "podIPs": [{"ip": self.address(name)}],
                           "hostIP": "192.0.2.1"}}

    def put_policy(self, *objects, name="policy.yaml"):
        """Writes manifests beside the inventory; the sidecars take them by reload() or when they notice."""
        write_file(self.policy / name, yaml.safe_dump_all(list(objects)))

    def remove_policy(self, name="policy.yaml"):
        (self.policy / name).unlink()

    # ---- identities -------------------------------------------------------------------------------------------------

    def write_leaf(self, leaf, folder=None):
        """Paths of the leaf's certificate and key."""
        self._leaves += 1
        return leaf.write(folder or self.folder / f"leaf-{self._leaves}")

    def identity_of(self, pod):
        """Paths of a fresh certificate and key of a pod."""
        namespace, account = PODS[pod][:2]
        return self.write_leaf(self.root.leaf(spiffe(namespace, account)))

    def write_identity(self, pod, leaf=None, bundle=None):
        """The `identity` section for a pod's sidecar, its files written."""
        namespace, account = PODS[pod][:2]
        folder = self.folder / pod / "certs"
        (leaf or self.root.leaf(spiffe(namespace, account))).write(folder)
        write_file(folder / "ca.crt", bundle or self.root.pem)
        return {"certificate": "certs/tls.crt", "key": "certs/tls.key", "trustBundle": "certs/ca.crt",
                "trustDomain": "cluster.local"}

    # ---- what runs --------------------------------------------------------------------------------------------------

    def sidecar(self, pod, **sections):
        """A sidecar of `pod`, not started; `sections` go into its gabion.yaml as they are."""
        configuration = {
            "apiVersion": "gabion.dev/v1alpha1", "kind": "Proxy",
            "workload": {"namespace": PODS[pod][0], "pod": pod},
            "identity": sections["identity"] if "identity" in sections else self.write_identity(pod),
            "policy": {"directory": str(self.policy)},
            "inspection": {"profiles": {"default": self._profile}, **self._rules},
        }
        configuration.update(copy.deepcopy(sections))
        found = Sidecar(self.binary, self.folder / pod, configuration, f"127.0.0.1:{free_port()}")
        self._started.append(found)
        return found

    def inbound_entries(self):
        modes = {"http": "STRICT", "wild": "STRICT", "permissive": "PERMISSIVE", "plain": "DISABLE"}
        targets = {"wild": self.wild_endpoint}
        return [{"name": name, "listen": self.listens[name], "port": number, "protocol": "http",
                 "target": targets.get(name, self.application_endpoint), "tls": modes[name], "inspect": "default"}
                for name, number in PORTS.items()]

    def start_inbound(self, ready=True, **sections):
        sections.setdefault("inbound", self.inbound_entries())
        self.inbound = self.sidecar("orders-0", **sections).start(ready=ready)
        return self.inbound

    def route(self, host, port, **more):
        """A route to one of the server's ports."""
        mode = {"mode": "DISABLE"} if port == "plain" else {"mode": "MUTUAL", "serverIds": [ORDERS_ID]}
        found = {"hosts": [host], "destination": self.listens[port], "port": PORTS[port],
                 "pod": self.address("orders-0"), "tls": mode}
        found.update(more)
        return found

    def start_outbound(self, ready=True, routes=None, **sections):
        if routes is None:
            routes = [self.route("orders.shop", "http"), self.route("*.shop.svc", "http"),
                      self.route("wild.shop", "wild"), self.route("plain.shop", "plain")]
        sections.setdefault("outbound", [{"name": "calls", "listen": self.calls, "protocol": "http",
                                          "sourceAddress": self.address("web-0"), "inspect": "default",
                                          "routes": routes}])
        self.outbound = self.sidecar("web-0", **sections).start(ready=ready)
        return self.outbound

    def start_application(self):
        self.application = self._keep(EchoApplication(self.application_endpoint))
        return self.application

    def start_empty_application(self):
        self.application = self._keep(EmptyApplication(self.application_endpoint))
        return self.application

    def start_nginx(self):
        self.application = self._keep(Nginx(self.folder / "nginx", self.application_endpoint))
        return self.application

    def start_wild(self, *steps):
        """A scripted upstream behind port `wild`; stop() it at the end of the test, or leave that to the mesh."""
        return self._keep(scripted(self.wild_endpoint, *steps))

    def _keep(self, thing):
        self._started.append(thing)
        return thing

    def start(self, **sections):
        """Application, inbound and outbound, both sidecars with the same further sections."""
        self.start_application()
        self.start_inbound(**sections)
        self.start_outbound(**sections)
        return self

    # ---- clients ----------------------------------------------------------------------------------------------------

    def peer(self, port="http", pod="web-0", leaf_paths="own", **options):
        """A raw mTLS connection to the server's sidecar, from the address and with the certificate of `pod`."""
        if leaf_paths == "own":
            leaf_paths = self.identity_of(pod)
        options.setdefault("source", self.address(pod))
        return RawClient(self.listens[port], tls=tls_setting(self.root.pem, leaf_paths), **options)

    def plain(self, port="plain", pod="web-0", **options):
        """A raw plain connection to the server's sidecar, from the address of `pod`."""
        options.setdefault("source", self.address(pod))
        return RawClient(self.listens[port], **options)

    def caller(self, **options):
        """A raw plain connection to the client's sidecar: what the application of web-0 opens."""
        return RawClient(self.calls, **options)

    # ---- between and after tests ------------------------------------------------------------------------------------

    def sidecars(self):
        return [thing for thing in self._started if isinstance(thing, Sidecar)]

    def forget(self):
        """Logs written until now no longer count."""
        for sidecar in self.sidecars():
            sidecar.forget()

    def crashes(self):
        """What went wrong inside the sidecars themselves: a crash, a sanitizer's report."""
        return [sentence for sidecar in self.sidecars() for sentence in sidecar.crashes()]

    def stop(self):
        for thing in reversed(self._started):
            thing.stop()
