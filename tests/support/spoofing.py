"""A pod that sends from another pod's addresses, on a network that lets it: what a CNI without source checks allows."""

import re


class Spoofing:
    """While it lasts `thief` holds the addresses of `owner`, and `victim` answers to `thief` when those ask."""

    def __init__(self, thief, owner, victim):
        self._thief, self._victim = thief, victim
        self._addresses = ((owner.v4, "32"), (owner.v6, "128"))

    def __enter__(self):
        link = self._run(self._thief, "link", "show", "eth0")
        mac = re.search(r"link/ether (\S+)", link).group(1)
        for address, bits in self._addresses:
            self._run(self._thief, "address", "add", f"{address}/{bits}", "dev", "eth0", *(["nodad"] if bits == "128" else []))
            self._run(self._victim, "neighbour", "replace", address, "lladdr", mac, "dev", "eth0", "nud", "permanent")
        return self

    def __exit__(self, *_):
        for address, bits in self._addresses:
            self._run(self._victim, "neighbour", "del", address, "dev", "eth0")
            self._run(self._thief, "address", "del", f"{address}/{bits}", "dev", "eth0")

    @staticmethod
    def _run(pod, *words):
        done = pod.run("ip", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout
