"""Loopback addresses and ports that nobody else uses, so that several test runs may share a machine."""

import errno
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
        """"address:port" with a free port, never the same twice."""
        while (endpoint := f"{self.address(host)}:{free_port(self.address(host))}") in self._given:
            pass
        self._given.add(endpoint)
        return endpoint


def free_port(address="127.0.0.1"):
    """One that nobody has at `address`, for a server that starts later: below those that the kernel gives to whoever dials,
    which it would give away until then."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(10_000, _first_given_to_callers())
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
                return port
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
    raise AssertionError(f"no free port at {address}")


def _first_given_to_callers():
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        return max(20_000, int(file.read().split()[0]))


def split(endpoint):
    """("127.0.0.1", 80) of "127.0.0.1:80"."""
    host, port = endpoint.rsplit(":", 1)
    return host, int(port)


def listening(endpoint):
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection(split(endpoint), 5).close()
        return True
    except OSError:
        return False
