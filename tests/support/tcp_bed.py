"""A server of bytes behind one sidecar or a pair, on a port that is not HTTP: who calls is pod web-0 or batch-0."""

import socket
import ssl
import struct

from mesh import APPLICATION, ORDERS_ID, PODS, Mesh
from raw_client import dial, tls_setting
from upstreams import Upstream

PORT = 7000


class TcpBed:
    """Owns a mesh. `serve(connection)` is the application, unless the server is `elsewhere`."""

    def __init__(self, binary, folder):
        self.mesh = Mesh(binary, folder)
        self.target = self.mesh.subnet.endpoint(APPLICATION)
        self.listen = self.mesh.subnet.endpoint(PODS["orders-0"][3])
        self.calls = self.mesh.subnet.endpoint(PODS["web-0"][3])
        self.near = self.far = self.application = None

    def serve(self, serve):
        self.application = self.mesh._keep(Upstream(self.target, serve))
        return self

    def start_far(self, protocol="tcp", tls="STRICT", port=PORT, target=None, **sections):
        entry = {"name": "bytes", "listen": self.listen, "port": port, "protocol": protocol,
                 "target": target or self.target, "tls": tls}
        self.far = self.mesh.sidecar("orders-0", inbound=[entry], **sections).start()
        return self

    def start_near(self, protocol="tcp", port=PORT, mode=None, **sections):
        route = {"name": "orders-bytes", "destination": self.listen, "port": port, "pod": self.mesh.address("orders-0"),
                 "tls": mode or {"mode": "MUTUAL", "serverIds": [ORDERS_ID]}}
        listener = {"name": "calls", "listen": self.calls, "protocol": protocol,
                    "sourceAddress": self.mesh.address("web-0"), "routes": [route]}
        self.near = self.mesh.sidecar("web-0", outbound=[listener], **sections).start()
        return self

    def start(self, protocol="tcp", port=PORT, target=None, **sections):
        return self.start_far(protocol, port=port, target=target, **sections).start_near(protocol, port=port, **sections)

    def call(self, seconds=20.0, **options):
        """Through the pair: what the application of web-0 opens."""
        return dial(self.calls, seconds=seconds, **options)

    def peer(self, pod="web-0", alpn=("istio",), seconds=20.0):
        """Over mTLS straight to the server's sidecar, as the sidecar of `pod` would."""
        tls = tls_setting(self.mesh.root.pem, self.mesh.identity_of(pod), alpn=alpn)
        return dial(self.listen, source=self.mesh.address(pod), tls=tls, seconds=seconds)

    def plain(self, pod="web-0", seconds=20.0):
        """Without TLS straight to the server's sidecar."""
        return dial(self.listen, source=self.mesh.address(pod), seconds=seconds)

    def sidecars(self):
        return [sidecar for sidecar in (self.near, self.far) if sidecar is not None]

    def put_policy(self, *objects):
        self.mesh.put_policy(*objects)
        for sidecar in self.sidecars():
            sidecar.reload()


def read_all(connection):
    """To the end of its stream."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def read_exactly(connection, count):
    taken = b""
    while len(taken) < count:
        piece = connection.recv(count - len(taken))
        assert piece, f"ended after {taken[:100]!r}"
        taken += piece
    return taken


def is_reset(connection, after=b""):
    """Whether its end is a reset and not a FIN, `after` that is sent; what came before is read and dropped. A reset is
    told once, by whichever call comes to it first. Of TLS Python tells only that the end was not said (close_notify),
    whichever way the connection broke."""
    if isinstance(connection, ssl.SSLSocket):
        connection.suppress_ragged_eofs = False
    try:
        connection.sendall(after)
        read_all(connection)
    except (ConnectionResetError, ssl.SSLEOFError):
        return True
    return False


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def echo(connection):
    while piece := connection.recv(65536):
        connection.sendall(piece)


def rules(*found, name="bytes"):
    """An L7Policy for orders-0."""
    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "ingress": list(found)}}


def allow(account="web", port=PORT, protocol="TCP"):
    return {"from": [{"serviceAccount": {"namespace": "shop", "name": account}}], "ports": [{"port": port}],
            "protocol": protocol}
