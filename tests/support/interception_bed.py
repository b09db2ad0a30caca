"""Three pods and a node: web and orders have a sidecar that nobody inside knows of, batch has none."""

import os
import socket

import yaml

from certificates import Authority, spiffe, write_file
from namespace_bed import NamespaceBed
from nginx import Nginx
from pods import PROXY_UID, PodNetwork, as_user
from seen_log import LOG, seen
from sidecar import Sidecar

PODS = {"web": ("shop", "web"), "orders": ("shop", "orders"), "batch": ("ops", "batch")}
MUTUAL, PLAIN, UNDECLARED, EXCLUDED = 8080, 8081, 9090, 9191
SERVICE = 240  # last byte of an address that is nobody's, for which orders has a route to itself
STRANGER = 200

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
  """ + LOG + """
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    {listens}
    location / {{ return 200 "$remote_addr\\n"; }}
  }}
}}
"""


class PodSidecar(Sidecar):
    """One inside a pod, as `uid` in a group with no capability but these; `uid` may be changed while it does not run."""

    def __init__(self, pod, binary, folder, configuration, capabilities=(), uid=PROXY_UID):
        super().__init__(binary, folder, configuration, "127.0.0.1:15000")
        self.pod, self.uid, self.capabilities = pod, uid, capabilities

    def start(self, ready=True, prefix=()):
        for folder, _, files in os.walk(self.folder):
            for path in (folder, *(os.path.join(folder, file) for file in files)):
                os.chown(path, self.uid, self.uid)
        return self.pod.inside(super().start, ready, (*prefix, *as_user(self.uid, self.capabilities, self.uid or PROXY_UID)))

    def get(self, path, method="GET", headers=None):
        return self.pod.inside(super().get, path, method, headers)


class InterceptionBed(NamespaceBed):
    """With a `fixed_port` there are no policies, and the sidecar of orders listens there too, for what is not captured. What
    comes in to orders is led by `inbound`: redirect or tproxy, its sidecar then runs as `transparent_uid`.
    """

    def __init__(self, binary, backend, fixed_port=None, inbound="redirect", transparent_uid=PROXY_UID):
        self.backend, self._fixed_port, self.inbound = backend, fixed_port, inbound
        self._transparent_uid = transparent_uid
        self.root = Authority("mesh root")
        self.sidecars = {}
        super().__init__(binary)

    def _build(self):
        self.network = self.own(PodNetwork(PODS))
        self.web, self.orders, self.batch = (self.network.pods[name] for name in PODS)
        self._write_manifests()
        self._start()

    def proxies(self):
        return list(self.sidecars.values())

    def _start(self):
        self.own(self.orders.inside(self._make_nginx))
        self._start_sidecar("orders", {
            "capture": {"inbound": {"mode": self.inbound}, "outbound": {}},
            "inbound": self._inbound(),
            "outbound": [{"name": "own-service", "protocol": "http", "routes": [
                {"destination": f"{self.orders.v4}:{MUTUAL}", "pod": self.network.address(SERVICE),
                 "tls": {"mode": "MUTUAL", "serverIds": [spiffe("shop", "orders")]}}]}]})
        self._start_sidecar("web", {
            "capture": {"outbound": {}},
            "outbound": [{"name": "plain", "protocol": "http", "routes": [
                {"destination": f"{self.orders.v4}:{PLAIN}", "tls": {"mode": "DISABLE"}},
                {"destination": f"[{self.orders.v6}]:{PLAIN}", "tls": {"mode": "DISABLE"}}]}]})
        excluded = [EXCLUDED] + ([self._fixed_port] if self._fixed_port else [])
        self.install(self.orders, "--mode", self.inbound, "--exclude-inbound-ports", ",".join(map(str, excluded)))
        self.install(self.web)

    def _inbound(self):
        entries = [{"port": MUTUAL, "protocol": "http"}, {"port": PLAIN, "protocol": "http", "tls": "DISABLE"}]
        if self._fixed_port:
            entries.append({"listen": f"{self.orders.v4}:{self._fixed_port}", "port": self._fixed_port, "protocol": "http",
                            "target": f"127.0.0.1:{PLAIN}", "tls": "DISABLE"})
        return entries

    def install(self, pod, *options):
        done = pod.run(self.binary, "net", "install", "--backend", self.backend, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _make_nginx(self):
        folder = self.folder / "nginx"
        ports = (MUTUAL, PLAIN, UNDECLARED, EXCLUDED)
        listens = "".join(f"listen 0.0.0.0:{port}; listen [::]:{port} ipv6only=on; " for port in ports)
        return Nginx(folder, f"127.0.0.1:{MUTUAL}", configuration=NGINX.format(folder=folder, listens=listens))

    def seen(self, path):
        """(client's address, port) of each request for `path` that nginx has answered."""
        return seen(self.orders, self.folder / "nginx", MUTUAL, path)

    def _start_sidecar(self, name, sections):
        namespace, account = PODS[name]
        folder = self.folder / name
        self.root.leaf(spiffe(namespace, account)).write(folder / "certs")
        write_file(folder / "certs" / "ca.crt", self.root.pem)
        configuration = {
            "apiVersion": "gabion.dev/v1alpha1", "kind": "Proxy", "workload": {"namespace": namespace, "pod": name},
            "identity": {"certificate": "certs/tls.crt", "key": "certs/tls.key", "trustBundle": "certs/ca.crt",
                         "trustDomain": "cluster.local"},
            "policy": {"directory": str(self.folder / "policy")},
            "inspection": {"profiles": {"default": {"attacks": "off", "paymentCards": "off"}}},
            "timeouts": {"unknownPeer": "0ms"}, **sections}
        transparent = name == "orders" and self.inbound == "tproxy"
        self.sidecars[name] = self.own(PodSidecar(self.network.pods[name], self.binary, folder, configuration,
                                                  ["net_admin"] if transparent else [],
                                                  self._transparent_uid if transparent else PROXY_UID))
        self.sidecars[name].start()

    def _write_manifests(self):
        objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("shop", "ops")]
        objects += [self._pod(name) for name in PODS]
        objects += [] if self._fixed_port else [
            _network_policy("orders-in", "orders", {"ingress": [
                {"from": [_peer("web"), _peer("orders")], "ports": [{"protocol": "TCP", "port": MUTUAL}]},
                {"from": [_peer("web")], "ports": [{"protocol": "TCP", "port": PLAIN}]}]}),
            _network_policy("web-out", "web", {"egress": [
                {"to": [_peer("orders")], "ports": [{"protocol": "TCP", "port": port} for port in (MUTUAL, PLAIN)]}]})]
        write_file(self.folder / "policy" / "all.yaml", yaml.safe_dump_all(objects))

    def allow_everybody(self):
        """To call orders at PLAIN, whoever it is, until allow_no_more()."""
        write_file(self.folder / "policy" / "everybody.yaml", yaml.safe_dump(_network_policy(
            "everybody", "orders", {"ingress": [{"ports": [{"protocol": "TCP", "port": PLAIN}]}]})))
        self.sidecars["orders"].reload()

    def allow_no_more(self):
        (self.folder / "policy" / "everybody.yaml").unlink()
        self.sidecars["orders"].reload()

    def _pod(self, name):
        namespace, account = PODS[name]
        pod = self.network.pods[name]
        return {"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}, "uid": f"uid-{name}"},
                "spec": {"serviceAccountName": account, "nodeName": "node-1", "containers": [{"name": "main", "image": "main"}]},
                "status": {"phase": "Running", "podIP": pod.v4, "podIPs": [{"ip": pod.v4}, {"ip": pod.v6}],
                           "hostIP": self.network.node.v4,
                           "hostIPs": [{"ip": self.network.node.v4}, {"ip": self.network.node.v6}]}}


def url(address, port, path="/"):
    """Of either family."""
    return f"http://{'[' + address + ']' if ':' in address else address}:{port}{path}"


def meets_an_end(address, port):
    """Whether a connection that can be made is closed by the other end before it says anything."""
    with socket.create_connection((address, port), 20) as stream:
        try:
            return stream.recv(1) == b""
        except ConnectionResetError:
            return True


def _peer(name):
    return {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": name}}}


def _network_policy(name, pod, rules):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": PODS[pod][0]},
            "spec": {"podSelector": {"matchLabels": {"app": pod}}, "policyTypes": [kind.capitalize() for kind in rules], **rules}}
