"""Loopback addresses and ports that nobody else uses, so that several test runs may share a machine."""

import random
import socket


class Subnet:
    """A random 127.a.b.0/24: `address(20)` is 127.a.b.20. Pods of one test get one address each."""

    def __init__(self):
        source = random.SystemRandom()
        self.prefix = f"127.{source.randrange(16, 250)}.{source.randrange(1, 255)}"
        self._given = set()

    def address(self, host):
        return f"{self.prefix}.{host}"

    def endpoint(self, host):
        """"address:port" with a port that was free a moment ago, never the same twice: the kernel may offer it again."""
        while (endpoint := f"{self.address(host)}:{free_port(self.address(host))}") in self._given:
            pass
        self._given.add(endpoint)
        return endpoint


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def split(endpoint):
    """("127.0.0.1", 80) of "127.0.0.1:80"."""
    host, port = endpoint.rsplit(":", 1)
    return host, int(port)


def listening(endpoint):
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection(split(endpoint), 1).close()
        return True
    except OSError:
        return False
