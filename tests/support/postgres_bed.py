"""PostgreSQL behind a pair of sidecars: the application's calls go to web-0's, over mTLS to orders-0's, to the server."""

from mesh import ORDERS_ID, PODS, Mesh
from postgres_server import psql

PORT = 5432


class PostgresBed:
    """Owns a mesh whose sidecars speak PostgreSQL and borrows a server."""

    def __init__(self, binary, folder, server):
        self.server = server
        self.mesh = Mesh(binary, folder)
        self.listen = self.mesh.subnet.endpoint(PODS["orders-0"][3])
        self.calls = self.mesh.subnet.endpoint(PODS["web-0"][3])
        self.near = self.far = None  # the application's sidecar, the server's

    def start_far(self, tls="STRICT", logins=None, target_tls=None, client_tls=None, **sections):
        given = {"logins": logins, "targetTls": target_tls, "clientTls": client_tls}
        entry = {"name": "db", "listen": self.listen, "port": PORT, "protocol": "postgres",
                 "target": self.server.endpoint, "tls": tls, **{key: value for key, value in given.items() if value}}
        self.far = self.mesh.sidecar("orders-0", inbound=[entry], **sections).start()
        return self.far

    def start_near(self, client_tls=None, **sections):
        route = {"name": "orders-db", "destination": self.listen, "port": PORT, "pod": self.mesh.address("orders-0"),
                 "tls": {"mode": "MUTUAL", "serverIds": [ORDERS_ID]}}
        listener = {"name": "calls", "listen": self.calls, "protocol": "postgres",
                    "sourceAddress": self.mesh.address("web-0"), "routes": [route]}
        if client_tls:
            listener["clientTls"] = client_tls
        self.near = self.mesh.sidecar("web-0", outbound=[listener], **sections).start()
        return self.near

    def start(self, logins=None, target_tls=None, client_tls=None, **sections):
        """`target_tls` is the far sidecar's to the server, `client_tls` the near one's to the application."""
        self.start_far(logins=logins, target_tls=target_tls, **sections)
        self.start_near(client_tls=client_tls, **sections)
        return self

    def psql(self, *statements, **options):
        return psql(self.calls, *statements, **options)

    def put_policy(self, *objects):
        self.mesh.put_policy(*objects)
        for sidecar in (self.near, self.far):
            if sidecar is not None:
                sidecar.reload()

    def forget(self):
        self.mesh.forget()

    def crashes(self):
        return self.mesh.crashes()

    def stop(self):
        self.mesh.stop()


def network_policy(name, *accounts_or_labels, port=PORT):
    """Only pods with one of these `app` labels reach orders-0 on `port`."""
    peers = [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": label}}} for label in accounts_or_labels]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "policyTypes": ["Ingress"],
                     "ingress": [{"from": peers, "ports": [{"port": port, "protocol": "TCP"}]}] if peers else []}}
