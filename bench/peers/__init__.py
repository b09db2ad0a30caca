"""The peers of a comparison, ours first; each serves the same topologies with the same certificates."""

from peers.envoy import Envoy
from peers.gabion import OURS, Gabion
from peers.haproxy import Haproxy
from peers.nginx import Nginx, NginxModSecurity

KNOWN = {**{name: (lambda name=name: Gabion(name)) for name in OURS},
         **{peer.name: peer for peer in (Haproxy, Nginx, NginxModSecurity, Envoy)}}


def make(name):
    """A fresh peer of that name, not started."""
    return KNOWN[name]()
