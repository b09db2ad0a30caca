"""Pods as network namespaces on a bridge, made and removed by the test that needs them; whoever is inside is told nothing."""

import ctypes
import os
import pathlib
import random
import shutil
import subprocess
import threading

import pytest

from programs import ALL_BUILT

PROXY_UID = 1337
APPLICATION_UID = 1000
_CLONE_NEWNET = 0x40000000


def require_namespaces():
    """Skips where this machine lets nobody make network namespaces. Where all was installed, missing programs fail."""
    missing = [name for name in ("ip", "iptables-nft", "iptables-legacy", "setpriv")
               if shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin") is None]
    if missing and os.environ.get(ALL_BUILT):
        pytest.fail(f"{', '.join(missing)} missing, where everything was to be installed")
    if missing:
        pytest.skip(f"{', '.join(missing)} missing: apt-get install iptables iproute2 util-linux")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    name = f"gabion-{os.getpid()}-probe"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if tried.returncode != 0:
        pytest.skip(f"no network namespaces here: {tried.stderr.strip()}")
    try:
        for tool in ("iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy"):
            asked = subprocess.run(["ip", "netns", "exec", name, tool, "-t", "nat", "-L", "-n"], capture_output=True, text=True)
            if asked.returncode != 0:
                pytest.skip(f"no nat table here: {tool}: {asked.stderr.strip()}")
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def _ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL)


class Pod:
    """A namespace with eth0, an IPv4 and an IPv6 address of its own, and a loopback."""

    def __init__(self, namespace, v4, v6):
        self.namespace, self.v4, self.v6 = namespace, v4, v6

    def inside(self, function, *arguments, **named):
        """Calls `function` in a thread of this namespace; sockets and children it makes are the pod's."""
        outcome = []

        def call():
            with open(f"/run/netns/{self.namespace}", "rb") as file:
                if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), _CLONE_NEWNET) != 0:
                    outcome.extend((None, OSError(ctypes.get_errno(), "setns")))
                    return
            try:
                outcome.extend((function(*arguments, **named), None))
            except BaseException as error:  # for the thread that waits
                outcome.extend((None, error))

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        if outcome[1] is not None:
            raise outcome[1]
        return outcome[0]

    def run(self, *words, uid=0):
        """The finished process of a command, as a user without capabilities where `uid` is not 0."""
        prefix = as_user(uid) if uid else []
        return subprocess.run(["ip", "netns", "exec", self.namespace, *prefix, *map(str, words)], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=50)

    def curl(self, url, *options, uid=APPLICATION_UID):
        """(curl's exit status, HTTP status or 0, body)"""
        done = self.run("curl", "-s", "-g", "--noproxy", "*", "-m", "20", "-w", "\n%{http_code}", *options, url, uid=uid)
        body, _, status = done.stdout.rpartition("\n")
        return done.returncode, int(status or 0), body


def as_user(uid, capabilities=(), gid=None):
    """The words before a command that runs as this user and its group, with these capabilities alone ("net_admin")."""
    kept = ",".join(["-all", *(f"+{name}" for name in capabilities)])
    return ["setpriv", f"--reuid={uid}", f"--regid={uid if gid is None else gid}", "--clear-groups", f"--inh-caps={kept}", f"--ambient-caps={kept}",
            f"--bounding-set={kept}", "--no-new-privs"]


class PodNetwork:
    """A node: a bridge in a namespace of its own, and a pod for each name. remove() leaves nothing."""

    def __init__(self, names):
        source = random.SystemRandom()
        self._prefix = f"gabion-{os.getpid()}-{source.randrange(1 << 16):x}"
        self._v4 = f"10.{source.randrange(64, 127)}.{source.randrange(256)}"
        self._v6 = f"fd00:{source.randrange(1 << 16):x}:{source.randrange(1 << 16):x}:"
        self._namespaces = []
        self.pods = {}
        try:
            self.node = self._make("node", 1)
            self._in(self.node, "link", "add", "br0", "type", "bridge")
            self._address(self.node, "br0")
            for number, name in enumerate(names):
                self.pods[name] = self._make(name, 10 + number)
                self._connect(self.pods[name], f"pod{number}")
        except BaseException:
            self.remove()
            raise

    def address(self, host, version=4):
        """One on this network; nobody's unless a pod's."""
        return f"{self._v4}.{host}" if version == 4 else f"{self._v6}:{host:x}"

    def _make(self, name, host):
        namespace = f"{self._prefix}-{name}"
        _ip("netns", "add", namespace)
        self._namespaces.append(namespace)
        pod = Pod(namespace, self.address(host), self.address(host, 6))
        self._in(pod, "link", "set", "lo", "up")
        return pod

    @staticmethod
    def _in(pod, *words):
        _ip("-n", pod.namespace, *words)

    def _address(self, pod, device):
        self._in(pod, "link", "set", device, "up")
        self._in(pod, "address", "add", f"{pod.v4}/24", "dev", device)
        self._in(pod, "address", "add", f"{pod.v6}/64", "dev", device, "nodad")

    def _connect(self, pod, port):
        _ip("-n", self.node.namespace, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", pod.namespace)
        self._in(self.node, "link", "set", port, "master", "br0", "up")
        self._address(pod, "eth0")
        self._in(pod, "route", "add", "default", "via", self.node.v4)
        self._in(pod, "-6", "route", "add", "default", "via", self.node.v6)

    def remove(self):
        for namespace in reversed(self._namespaces):
            subprocess.run(["ip", "netns", "del", namespace], check=False)
        self._namespaces = []


def reachable_by_all(binary, folder):
    """A gabion that any user may execute, wherever the build is."""
    copy = pathlib.Path(folder) / "gabion"
    try:
        os.link(binary, copy)
    except OSError:
        shutil.copy2(binary, copy)
    return copy
