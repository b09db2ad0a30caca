"""A node with rules of a gateway and a proxy behind them; nginx in pod a and outside, which know nothing of it."""

import os

import yaml

from certificates import write_file
from interception_bed import NGINX, PodSidecar
from namespace_bed import NamespaceBed
from nginx import Nginx
from pods import PROXY_UID
from routed_pods import RoutedNode
from seen_log import seen

PORT, EXCLUDED, UNDECLARED = 8080, 9191, 9090


class GatewayBed(NamespaceBed):
    """Nothing is denied but by what rules and proxy are."""

    def __init__(self, binary, backend, **sections):
        self.backend, self._sections = backend, sections
        super().__init__(binary)

    def _build(self):
        self.network = self.own(RoutedNode(["a", "b"]))
        self.node, self.outside = self.network.node, self.network.outside
        self.a, self.b = self.network.pods["a"], self.network.pods["b"]
        for pod in (self.a, self.outside):
            self.own(pod.inside(self._make_nginx, pod))
        self.install()
        self._start(self._sections)

    def proxies(self):
        return [self.proxy]

    def options(self):
        return ["--mode", "tproxy", "--layout", "gateway", "--interfaces", "veth+", "--pod-cidrs", ",".join(self.network.pod_cidrs),
                "--exclude-inbound-ports", str(EXCLUDED), "--exclude-outbound-ports", str(EXCLUDED)]

    def net(self, verb, *options):
        return self.node.run(self.binary, "net", verb, *options)

    def install(self):
        done = self.net("install", "--backend", self.backend, *self.options())
        assert done.returncode == 0, done.stderr

    def table(self, name, family="v4", *options):
        """Of a table, what iptables says of it."""
        tool = f"{'iptables' if family == 'v4' else 'ip6tables'}-{self.backend}"
        done = self.node.run(tool, "-t", name, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def dropped_spoofs(self, family):
        """Packets that the rule for spoofed sources has dropped."""
        lines = self.table("mangle", family, "-L", "GABION_IN", "-v", "-x", "-n").splitlines()
        return sum(int(line.split()[0]) for line in lines if "rpfilter" in line)

    def _make_nginx(self, pod):
        folder = self.folder / ("outside" if pod is self.outside else "a")
        listens = "".join(f"listen 0.0.0.0:{port}; listen [::]:{port} ipv6only=on; " for port in (PORT, EXCLUDED, UNDECLARED))
        return Nginx(folder, f"127.0.0.1:{PORT}", configuration=NGINX.format(folder=folder, listens=listens))

    def seen(self, where, path):
        """(client's address, port) of each request for `path` that nginx has answered, in "a" or "outside"."""
        return seen(self.outside if where == "outside" else self.a, self.folder / where, PORT, path)

    def _start(self, sections):
        folder = self.folder / "proxy"
        write_file(self.folder / "policy" / "all.yaml", yaml.safe_dump_all(
            [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}] +
            [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}"},
              "spec": {"nodeName": "node-1", "containers": [{"name": "main", "image": "main"}]},
              "status": {"phase": "Running", "podIP": pod.v4, "podIPs": [{"ip": pod.v4}, {"ip": pod.v6}]}}
             for name, pod in self.network.pods.items()]))
        configuration = {
            "apiVersion": "gabion.dev/v1alpha1", "kind": "Proxy", "workload": {"namespace": "shop", "pod": "a"},
            "policy": {"directory": str(self.folder / "policy")},
            "inspection": {"profiles": {"default": {"attacks": "off", "paymentCards": "off"}}},
            "timeouts": {"unknownPeer": "0ms"},
            "capture": {"inbound": {"mode": "tproxy"}, "outbound": {"mode": "tproxy", "tls": "DISABLE", "unknown": "allow"}},
            "inbound": [{"port": PORT, "protocol": "http", "tls": "DISABLE"}], **sections}
        folder.mkdir(parents=True)
        for folder_of_it, _, files in os.walk(folder):
            for path in (folder_of_it, *(os.path.join(folder_of_it, file) for file in files)):
                os.chown(path, PROXY_UID, PROXY_UID)
        self.proxy = self.own(PodSidecar(self.node, self.binary, folder, configuration, ["net_admin"])).start()
