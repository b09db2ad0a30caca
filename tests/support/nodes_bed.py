"""Two nodes with a gateway each, their pods behind veths of their own, and nowhere a sidecar."""

import ipaddress
import os
import pathlib
import random
import subprocess

import yaml

from certificates import Authority, spiffe, write_file
from namespace_bed import NamespaceBed
from nginx import Nginx
from pods import PROXY_UID, Pod
from seen_log import LOG, seen
from sidecar import Sidecar

GATEWAY_ID = spiffe("gabion-system", "gabion-gateway")
# name: (namespace, service account, node)
PODS = {"web": ("shop", "web", "a"), "cart": ("shop", "cart", "a"), "free": ("ops", "free", "a"),
        "orders": ("shop", "orders", "b"), "other": ("ops", "other", "b")}
SERVERS = ("cart", "free", "orders", "other")
PORT, CLOSED = 8080, 9090
HTTP2 = 8082  # in plain text, and nothing else
HOP, SERVICE_PORT = 15008, 80
NET_ADMIN_ONLY = ["setpriv", f"--reuid={PROXY_UID}", f"--regid={PROXY_UID}", "--clear-groups", "--inh-caps=-all,+net_admin",
                  "--ambient-caps=-all,+net_admin", "--bounding-set=-all,+net_admin", "--no-new-privs"]

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
  """ + LOG + """
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    {listens}
    location / {{ return 200 "{name} $remote_addr $http_x_forwarded_client_cert\\n"; }}
  }}
  server {{
    listen 0.0.0.0:{h2} http2; listen [::]:{h2} ipv6only=on http2;
    location / {{ return 200 "{name} $remote_addr $server_protocol\\n"; }}
  }}
}}
"""


def ip(*words):
    subprocess.run(["ip", *map(str, words)], check=True, stdin=subprocess.DEVNULL)


class Wire:
    """Namespaces: a bridge between nodes, each of which routes for its pods. remove() leaves nothing."""

    def __init__(self):
        source = random.SystemRandom()
        self._prefix = f"gabion-{os.getpid()}-{source.randrange(1 << 16):x}"
        self._net = (f"10.{source.randrange(64, 127)}", f"fd00:{source.randrange(1 << 16):x}:{source.randrange(1 << 16):x}")
        self._namespaces = []
        self.nodes, self.pods = {}, {}
        try:
            self._build()
        except BaseException:
            self.remove()
            raise

    def address(self, network, host, version=4):
        v4, v6 = self._net
        return str(ipaddress.ip_address(f"{v4}.{network}.{host}" if version == 4 else f"{v6}:{network:x}::{host:x}"))

    def network_of(self, node, version=4):
        """The pods' network of a node."""
        number = 1 + list(self.nodes).index(node)
        return f"{self._net[0]}.{number}.0/24" if version == 4 else f"{self._net[1]}:{number:x}::/64"

    def _namespace(self, name, network, host):
        full = f"{self._prefix}-{name}"
        ip("netns", "add", full)
        self._namespaces.append(full)
        ip("-n", full, "link", "set", "lo", "up")
        pod = Pod(full, self.address(network, host), self.address(network, host, 6))
        for key in ("all", "default"):  # link-local addresses are used at once
            pod.inside(pathlib.Path("/proc/sys/net/ipv6/conf", key, "accept_dad").write_text, "0")
        return pod

    def _build(self):
        bridge = self._namespace("wire", 0, 254)
        ip("-n", bridge.namespace, "link", "add", "br0", "type", "bridge")
        ip("-n", bridge.namespace, "link", "set", "br0", "up")
        self.outside = self._namespace("outside", 0, 200)  # a machine of no cluster
        for number, name in enumerate(("a", "b")):
            self.nodes[name] = self._namespace(f"node-{name}", 0, 1 + number)
        for number, machine in enumerate((*self.nodes.values(), self.outside)):
            ip("-n", bridge.namespace, "link", "add", f"port{number}", "type", "veth", "peer", "name", "up0", "netns",
               machine.namespace)
            ip("-n", bridge.namespace, "link", "set", f"port{number}", "master", "br0", "up")
            ip("-n", machine.namespace, "link", "set", "up0", "up")
            ip("-n", machine.namespace, "address", "add", f"{machine.v4}/24", "dev", "up0")
            ip("-n", machine.namespace, "address", "add", f"{machine.v6}/64", "dev", "up0", "nodad")
        for name, node in self.nodes.items():
            self._forwards(node)
            for other in (*(each for each in self.nodes.values() if each is not node), self.outside):
                ip("-n", other.namespace, "route", "add", self.network_of(name), "via", node.v4)
                ip("-n", other.namespace, "-6", "route", "add", self.network_of(name, 6), "via", node.v6)
        for number, (name, (_, _, node)) in enumerate(PODS.items()):
            self._add_pod(name, node, 10 + number)

    @staticmethod
    def _forwards(node):
        for key in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"):
            node.inside(pathlib.Path("/proc/sys", key).write_text, "1")
        for key in ("all", "default"):  # what drops a spoofed source here are the gateway's rules
            node.inside(pathlib.Path("/proc/sys/net/ipv4/conf", key, "rp_filter").write_text, "0")

    def _add_pod(self, name, node, host):
        network = 1 + list(self.nodes).index(node)
        pod = self.pods[name] = self._namespace(name, network, host)
        where, port = self.nodes[node].namespace, f"veth{host}"
        ip("-n", where, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", pod.namespace)
        ip("-n", where, "link", "set", port, "up")
        ip("-n", where, "address", "add", "169.254.1.1/32", "dev", port)
        ip("-n", where, "-6", "address", "add", "fe80::1/64", "dev", port, "nodad")
        ip("-n", where, "route", "add", f"{pod.v4}/32", "dev", port)
        ip("-n", where, "-6", "route", "add", f"{pod.v6}/128", "dev", port)
        ip("-n", pod.namespace, "link", "set", "eth0", "up")
        ip("-n", pod.namespace, "address", "add", f"{pod.v4}/32", "dev", "eth0")
        ip("-n", pod.namespace, "-6", "address", "add", f"{pod.v6}/128", "dev", "eth0", "nodad")
        ip("-n", pod.namespace, "route", "add", "169.254.1.1", "dev", "eth0")
        ip("-n", pod.namespace, "route", "add", "default", "via", "169.254.1.1", "dev", "eth0")
        ip("-n", pod.namespace, "-6", "route", "add", "default", "via", "fe80::1", "dev", "eth0")

    def remove(self):
        for namespace in reversed(self._namespaces):
            subprocess.run(["ip", "netns", "del", namespace], check=False)
        self._namespaces = []


class Gateway(Sidecar):
    """One of a node, with NET_ADMIN and nothing else."""

    def __init__(self, node, binary, folder, configuration):
        super().__init__(binary, folder, configuration, "127.0.0.1:15000")
        self.node = node

    def start(self, ready=True, prefix=()):
        return self.node.inside(super().start, ready, (*prefix, *NET_ADMIN_ONLY))

    def get(self, path, method="GET", headers=None):
        return self.node.inside(super().get, path, method, headers)


class NodesBed(NamespaceBed):
    """`sections` are more of each gateway's configuration."""

    def __init__(self, binary, **sections):
        self._sections = sections
        super().__init__(binary)

    def _build(self):
        self.root = Authority("mesh root")
        self.gateways = {}
        self.wire = self.own(Wire())
        self.nodes, self.pods, self.outside = self.wire.nodes, self.wire.pods, self.wire.outside
        self.write_manifests()
        for name in SERVERS:
            self.own(self.pods[name].inside(self._make_nginx, name))
        self.own(self.outside.inside(self._make_nginx, "outside"))
        for node in self.nodes:
            self._start_gateway(node)
            self.install(node)

    def proxies(self):
        return list(self.gateways.values())

    def install(self, node):
        done = self.nodes[node].run(self.binary, "net", "install", "--mode", "tproxy", "--layout", "gateway", "--interfaces",
                                    "veth+", "--node", f"node-{node}", "--manifests", self.folder / "policy")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _make_nginx(self, name):
        folder = self.folder / f"nginx-{name}"
        listens = "".join(f"listen 0.0.0.0:{port}; listen [::]:{port} ipv6only=on; " for port in (PORT, CLOSED))
        return Nginx(folder, f"127.0.0.1:{PORT}", configuration=NGINX.format(folder=folder, listens=listens, name=name, h2=HTTP2))

    def seen(self, name, path):
        """(client's address, port) of each request for `path` that the pod's nginx has answered."""
        return seen(self.outside if name == "outside" else self.pods[name], self.folder / f"nginx-{name}", PORT, path)

    def certificates(self, identity, folder):
        """Of the mesh's root, for whoever is to be `identity`."""
        self.root.leaf(identity).write(folder)
        write_file(folder / "ca.crt", self.root.pem)
        return folder

    def _start_gateway(self, node):
        folder = self.folder / f"gateway-{node}"
        self.certificates(GATEWAY_ID, folder / "certs")
        configuration = {
            "apiVersion": "gabion.dev/v1alpha1", "kind": "Proxy", "mode": "gateway",
            "gateway": {"node": f"node-{node}", "peers": [GATEWAY_ID]},
            "identity": {"certificate": "certs/tls.crt", "key": "certs/tls.key", "trustBundle": "certs/ca.crt",
                         "trustDomain": "cluster.local"},
            "capture": {"inbound": {}, "outbound": {}},
            "policy": {"directory": str(self.folder / "policy")},
            "inspection": {"profiles": {"default": {"attacks": "off", "paymentCards": "off"}}},
            "timeouts": {"unknownPeer": "0ms"}, **self._sections}
        for folder_of_it, _, files in os.walk(folder):
            for path in (folder_of_it, *(os.path.join(folder_of_it, file) for file in files)):
                os.chown(path, PROXY_UID, PROXY_UID)
        self.gateways[node] = self.own(Gateway(self.nodes[node], self.binary, folder, configuration))
        self.gateways[node].start()

    def write_manifests(self, without=(), policies=None, more=()):
        objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("shop", "ops")]
        objects += [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{name}"},
                     "spec": {"podCIDRs": [self.wire.network_of(name), self.wire.network_of(name, 6)]},
                     "status": {"addresses": [{"type": "InternalIP", "address": node.v4},
                                              {"type": "InternalIP", "address": node.v6}]}}
                    for name, node in self.nodes.items()]
        objects += [self._pod(name) for name in PODS if name not in without]
        objects += [self.service("orders", 240), *more]
        write_file(self.folder / "policy" / "inventory.yaml", yaml.safe_dump_all(objects))
        write_file(self.folder / "policy" / "rules.yaml", yaml.safe_dump_all(rules() if policies is None else policies))

    def service_address(self, version=4, host=240):
        return self.wire.address(9, host, version)

    def service(self, name, host, namespace="shop", selector=None, port=PORT, **of_port):
        """At service_address(host=host), of the pods with these labels, by default those with that name."""
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
                "spec": {"selector": selector or {"app": name}, "clusterIP": self.wire.address(9, host),
                         "clusterIPs": [self.wire.address(9, host), self.wire.address(9, host, 6)],
                         "ipFamilies": ["IPv4", "IPv6"],
                         "ports": [{"name": "http", "port": SERVICE_PORT, "targetPort": port, **of_port}]}}

    def _pod(self, name):
        namespace, account, node = PODS[name]
        pod = self.pods[name]
        return {"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": name, "namespace": namespace, "labels": {"app": name, "of": namespace}, "uid": f"uid-{name}"},
                "spec": {"serviceAccountName": account, "nodeName": f"node-{node}",
                         "containers": [{"name": "main", "image": "main"}]},
                "status": {"phase": "Running", "podIP": pod.v4, "podIPs": [{"ip": pod.v4}, {"ip": pod.v6}],
                           "hostIP": self.nodes[node].v4}}

    def reload(self):
        for gateway in self.gateways.values():
            gateway.reload()


def _peer(name):
    return {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": name}}}


def rules():
    """web may call cart and orders at PORT; only web may call them; GET alone of orders."""
    ports = [{"protocol": "TCP", "port": PORT}]

    def policy(name, pod, rules):
        return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": name, "namespace": PODS[pod][0]},
                "spec": {"podSelector": {"matchLabels": {"app": pod}},
                         "policyTypes": [kind.capitalize() for kind in rules], **rules}}

    return [policy("cart-in", "cart", {"ingress": [{"from": [_peer("web")], "ports": ports}]}),
            policy("orders-in", "orders", {"ingress": [{"from": [_peer("web")], "ports": ports}]}),
            policy("web-out", "web", {"egress": [{"to": [_peer("cart"), _peer("orders")], "ports": ports}]}),
            {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": "orders-reads", "namespace": "shop"},
             "spec": {"podSelector": {"matchLabels": {"app": "orders"}},
                      "ingress": [{"from": [{"serviceAccount": {"namespace": "shop", "name": "web"}}],
                                   "ports": [{"port": PORT}], "protocol": "HTTP", "http": [{"methods": ["GET"]}]}]}}]
