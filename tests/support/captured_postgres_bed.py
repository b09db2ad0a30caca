"""Pods as in interception_bed with a real PostgreSQL in orders: its sidecar reads the sessions, psql knows of no proxy."""

import yaml

from certificates import write_file
from interception_bed import PODS, InterceptionBed
from l7_sql import l7_policy, sql_rule
from postgres_server import PostgresServer, psql

PORT = 5432
DATABASE = 243  # last byte of the addresses of service shop/db, which nobody on the network has
RULES = [f"host all all {network} scram-sha-256" for network in ("127.0.0.0/8", "::1/128", "::6/128")]
TABLES = """
CREATE TABLE items (id int PRIMARY KEY, note text); INSERT INTO items VALUES (1, 'first');
CREATE TABLE secret (word text); INSERT INTO secret VALUES ('hidden');
"""


class CapturedPostgresBed(InterceptionBed):
    """web has a sidecar and is known by identity, batch has none and is known by address; both may read `items`, web may
    also write it. Nobody may read `secret`."""

    def _start(self):
        self.server = self.own(PostgresServer(f"127.0.0.1:{PORT}", rules=RULES,
                                              settings="listen_addresses = '*'\nlog_statement = 'all'\n"))
        self.orders.inside(self.server.start)
        self.orders.inside(self.server.run, TABLES)
        self._start_sidecar("orders", {"capture": {"inbound": {}},
                                       "inbound": [{"port": PORT, "protocol": "postgres", "tls": "PERMISSIVE"}]})
        self._start_sidecar("web", {"capture": {"outbound": {}}})
        self.install(self.orders)
        self.install(self.web)

    def psql(self, pod, address, *statements, **options):
        """The finished psql in `pod`; the address is without brackets."""
        return pod.inside(psql, f"{address}:{PORT}", *statements, check=False, **options)

    def heard(self, words):
        """Whether the server was asked a statement with these words in it."""
        return words in self.server.output()

    def _write_manifests(self):
        objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("shop", "ops")]
        objects += [self._pod(name) for name in PODS]
        objects += [self._service(), self._network_policy(), self._statements()]
        write_file(self.folder / "policy" / "all.yaml", yaml.safe_dump_all(objects))

    def _service(self):
        addresses = [self.network.address(DATABASE), self.network.address(DATABASE, 6)]
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"},
                "spec": {"clusterIP": addresses[0], "clusterIPs": addresses, "ipFamilies": ["IPv4", "IPv6"],
                         "ipFamilyPolicy": "RequireDualStack", "selector": {"app": "orders"},
                         "ports": [{"name": "postgres", "port": PORT}]}}

    @staticmethod
    def _network_policy():
        peers = [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": name}}} for name in ("web", "batch")]
        return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "db", "namespace": "shop"},
                "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "policyTypes": ["Ingress"],
                         "ingress": [{"from": peers, "ports": [{"port": PORT, "protocol": "TCP"}]}]}}

    @staticmethod
    def _statements():
        reads = {"statements": ["SELECT"], "tables": ["public.items"], "functions": ["*"]}
        by_address = {**sql_rule(reads, name="batch"), "from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "batch"}}}]}
        return l7_policy(sql_rule({**reads, "statements": ["SELECT", "INSERT", "TCL"]}), by_address)
