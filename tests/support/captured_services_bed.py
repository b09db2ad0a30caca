"""Pods as in interception_bed, whose sidecars know services, serve ports that nobody declared, and let strangers be called."""

import yaml

from certificates import write_file
from interception_bed import MUTUAL, UNDECLARED, InterceptionBed

BANNER, CLOSED = 7777, 7778  # of the node, which is no pod: one where egress rules let web go, one where not
CLUSTER_IP, BOTH_IP = 241, 242  # last bytes of addresses that are services', and nobody's on the network


class CapturedServicesBed(InterceptionBed):
    """orders is a service by its selector; both is one by slices: orders, and batch, where nobody listens."""

    def _start(self):
        self.own(self.orders.inside(self._make_nginx))
        self._start_sidecar("orders", {
            "capture": {"inbound": {"undeclared": "auto", "tls": "PERMISSIVE"}},
            "timeouts": {"unknownPeer": "0ms", "sniff": "1s"},
            "inbound": [{"port": MUTUAL, "protocol": "http"}]})
        self._start_sidecar("web", {"capture": {"outbound": {"unknown": "allow"}},
                                    "endpoints": {"consecutiveFailures": 0}})  # so that it is asked each time
        self.install(self.orders)
        self.install(self.web)

    def _write_manifests(self):
        objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("shop", "ops")]
        objects += [self._pod(name) for name in self.network.pods]
        objects += [self._service("orders", CLUSTER_IP, {"app": "orders"}), self._service("both", BOTH_IP, None)]
        objects += [self._slice(4), self._slice(6), self._egress()]
        write_file(self.folder / "policy" / "all.yaml", yaml.safe_dump_all(objects))

    def deny_batch(self):
        """From now on nobody but web may call orders; undone by allow_batch()."""
        only_web = [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}]
        write_file(self.folder / "policy" / "deny.yaml", yaml.safe_dump(
            {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "only-web", "namespace": "shop"},
             "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "policyTypes": ["Ingress"],
                      "ingress": [{"from": only_web}]}}))

    def allow_batch(self):
        (self.folder / "policy" / "deny.yaml").unlink()

    def _service(self, name, host, selector):
        addresses = [self.network.address(host), self.network.address(host, 6)]
        port = {"name": "http", "port": 80, "targetPort": MUTUAL}
        chosen = {"selector": selector} if selector else {}
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
                "spec": {"clusterIP": addresses[0], "clusterIPs": addresses, "ipFamilies": ["IPv4", "IPv6"],
                         "ipFamilyPolicy": "RequireDualStack", "ports": [port], **chosen}}

    def _slice(self, version):
        pods = [self.orders, self.batch]
        return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": {"name": f"both-{version}", "namespace": "shop", "labels": {"kubernetes.io/service-name": "both"}},
                "addressType": f"IPv{version}", "ports": [{"name": "http", "port": MUTUAL, "protocol": "TCP"}],
                "endpoints": [{"addresses": [pod.v4 if version == 4 else pod.v6]} for pod in pods]}

    def _egress(self):
        pods = [{"namespaceSelector": {}}]  # rules that cannot tell endpoints apart: one may answer for another
        node = {"ipBlock": {"cidr": f"{self.network.node.v4}/32"}}
        rules = [{"to": pods, "ports": [{"port": MUTUAL}, {"port": UNDECLARED}]}, {"to": [node], "ports": [{"port": BANNER}]}]
        return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "web-out", "namespace": "shop"},
                "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"], "egress": rules}}
