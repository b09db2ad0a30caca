"""A node whose pods each have an interface and a route of their own, and somebody outside; made and removed by the test."""

import os
import random
import subprocess

from pods import Pod, _ip
from waiting import until

OUTSIDE = "outside"


class RoutedNode:
    """`node` has veth0, veth1 … to `pods`, in the order of their names, and up0 to `outside`. remove() leaves nothing."""

    def __init__(self, names):
        source = random.SystemRandom()
        self._prefix = f"gabion-{os.getpid()}-{source.randrange(1 << 16):x}"
        first, second = source.randrange(64, 127), source.randrange(256)
        self._v4 = f"10.{first}.{second}"
        self._v6 = f"fd00:{first:x}:{second:x}"
        self.pod_cidrs = [f"{self._v4}.0/25", f"{self._v6}:1::/64"]
        self._namespaces = []
        self.pods = {}
        try:
            self.node = self._make("node", *self._pod_addresses(1))
            self._in(self.node.namespace, "link", "set", "lo", "up")
            self.outside = self._make(OUTSIDE, *self._outside_addresses(2))
            self._connect_outside()
            for number, name in enumerate(names):
                self.pods[name] = self._make(name, *self._pod_addresses(10 + number))
                self._connect(self.pods[name], f"veth{number}")
            for setting in ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"):
                self.node.run("sysctl", "-qw", setting).check_returncode()
            until(self._has_settled, "each link-local address is known to be nobody else's: neighbours are asked from it")
        except BaseException:
            self.remove()
            raise

    def _has_settled(self):
        return not any(pod.run("ip", "-6", "address", "show", "tentative").stdout
                       for pod in (self.node, self.outside, *self.pods.values()))

    def _pod_addresses(self, host):
        return f"{self._v4}.{host}", f"{self._v6}:1::{host:x}"

    def _outside_addresses(self, host):
        return f"{self._v4}.{128 + host}", f"{self._v6}:2::{host:x}"

    def service(self, host, version=4):
        """An address that is nobody's, outside the pods' networks."""
        return f"10.{self._v4.split('.')[1]}.{(int(self._v4.split('.')[2]) + 1) % 256}.{host}" if version == 4 else f"{self._v6}:9::{host:x}"

    def _make(self, name, v4, v6):
        namespace = f"{self._prefix}-{name}"
        _ip("netns", "add", namespace)
        self._namespaces.append(namespace)
        self._in(namespace, "link", "set", "lo", "up")
        return Pod(namespace, v4, v6)

    @staticmethod
    def _in(namespace, *words):
        _ip("-n", namespace, *words)

    def _connect_outside(self):
        node, outside = self.node.namespace, self.outside.namespace
        _ip("-n", node, "link", "add", "up0", "type", "veth", "peer", "name", "eth0", "netns", outside)
        own = self._outside_addresses(1)
        for namespace, device, (v4, v6) in ((node, "up0", own), (outside, "eth0", (self.outside.v4, self.outside.v6))):
            self._in(namespace, "link", "set", device, "up")
            self._in(namespace, "address", "add", f"{v4}/25", "dev", device)
            self._in(namespace, "address", "add", f"{v6}/64", "dev", device, "nodad")
        self._in(outside, "route", "add", "default", "via", own[0])
        self._in(outside, "-6", "route", "add", "default", "via", own[1])
        self.uplink = Pod(node, *own)

    def _connect(self, pod, device):
        """As CNIs with a route for each pod do: no bridge, whoever comes in there is that pod."""
        node = self.node.namespace
        _ip("-n", node, "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", pod.namespace)
        for namespace, name in ((node, device), (pod.namespace, "eth0")):
            self._in(namespace, "link", "set", name, "up")
        for family, address, gateway, bits in (("-4", pod.v4, self.node.v4, 32), ("-6", pod.v6, self.node.v6, 128)):
            nodad = ["nodad"] if family == "-6" else []
            self._in(node, family, "address", "add", f"{gateway}/{bits}", "dev", device, *nodad)
            self._in(node, family, "route", "add", f"{address}/{bits}", "dev", device)
            self._in(pod.namespace, family, "address", "add", f"{address}/{bits}", "dev", "eth0", *nodad)
            self._in(pod.namespace, family, "route", "add", f"{gateway}/{bits}", "dev", "eth0")
            self._in(pod.namespace, family, "route", "add", "default", "via", gateway)

    def remove(self):
        for namespace in reversed(self._namespaces):
            subprocess.run(["ip", "netns", "del", namespace], check=False)
        self._namespaces = []
