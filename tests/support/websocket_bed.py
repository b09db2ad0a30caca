"""A mesh whose listeners allow WebSocket, with a real service behind, and a client that makes its frames by hand."""

import websocket_peers as ws
from raw_client import request
from websocket_peers import Client, Service

ALLOWING = {"websocket": "allow"}


def inbound_of(mesh, **more):
    return [{**entry, **ALLOWING, **more} for entry in mesh.inbound_entries()]


def start_websocket(mesh, service=True, outbound=False, inbound_more=None, **sections):
    mesh.start_inbound(inbound=inbound_of(mesh, **(inbound_more or {})), **sections)
    if outbound:
        mesh.start_outbound(outbound=[{"name": "calls", "listen": mesh.calls, "protocol": "http", **ALLOWING,
                                       "sourceAddress": mesh.address("web-0"), "inspect": "default",
                                       "routes": [mesh.route("orders.shop", "http")]}], **sections)
    return mesh._keep(Service(mesh.application_endpoint)) if service is True else None


def connect(mesh, port="plain", **options):
    options.setdefault("source", mesh.address("web-0"))
    return Client(mesh.listens[port], **options)


def switch(*fields, accept=ws.ACCEPT):
    """A service's 101 to ws.KEY."""
    lines = ["HTTP/1.1 101 Switching Protocols", f"Sec-WebSocket-Accept: {accept}", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


SWITCH = ("Upgrade: websocket", "Connection: Upgrade")


class Raw:
    """A client of the sidecar that makes its frames by hand, upgraded."""

    def __init__(self, mesh, port="plain", extensions=None, target="/"):
        self.client = mesh.peer(port) if port == "wild" else mesh.plain(port)
        more = [("Sec-WebSocket-Extensions", extensions)] if extensions else []
        host = "wild.shop" if port == "wild" else "orders.shop"
        self.client.send(request("GET", target, ws.UPGRADE + more, host=host))
        self.answer = self.client.read(interim=True)
        assert self.answer.status == 101, self.answer

    def send(self, *frames, **how):
        self.client.send(*frames, **how)
        return self

    def read(self):
        return ws.read_frame(self.client._take)

    def close_code(self):
        """Of the close frame, after whatever data came before."""
        while True:
            _, _, opcode, masked, payload = self.read()
            assert not masked
            if opcode == ws.CLOSE:
                return int.from_bytes(payload[:2], "big")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
