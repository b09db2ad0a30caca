"""What stands before the server: nothing, gabion without and with rules, pgbouncer; one worker and one core each, no TLS."""

import os
import shutil
import signal
import subprocess

import cores
from addresses import listening, split
from mesh import PODS, Mesh
from peers.peer import first_line
from postgres_bed import PORT
from postgres_server import OWNER
from waiting import until

DATABASE = "bench"
NAMES = ("gabion", "gabion-rules", "gabion-mask", "pgbouncer", "pgbouncer-kept")
JUDGED = ("gabion", "gabion-rules")  # by the bars
SESSIONS = 20_000

# What an application of these tables would be given; the limits have every row of an answer counted.
ITEM = {"users": [OWNER], "databases": [DATABASE], "statements": ["SELECT", "UPDATE", "INSERT", "TCL"],
        "tables": ["public.pgbench_*"], "columns": ["aid", "bid", "tid", "delta", "mtime", "abalance", "tbalance", "bbalance", "filler"],
        "requireWhere": ["UPDATE", "DELETE"], "injection": "Deny", "limits": {"rows": 100_000, "bytes": 1 << 30}}
MASKED = {**ITEM, "mask": [{"column": "public.pgbench_accounts.filler", "with": "Redact"}]}
RULES = {"gabion": None, "gabion-rules": ITEM, "gabion-mask": MASKED}


class Gabion:
    """A sidecar beside the server that an application reaches in plain text."""

    def __init__(self, name, binary, folder, server, core):
        self.name = name
        self._mesh = Mesh(binary, folder)
        self.endpoint = self._mesh.subnet.endpoint(PODS["orders-0"][3])
        if RULES[name] is not None:
            self._mesh.put_policy(policy(RULES[name]))
        entry = {"name": "db", "listen": self.endpoint, "port": PORT, "protocol": "postgres", "tls": "DISABLE",
                 "target": server}
        self._sidecar = self._mesh.sidecar(
            "orders-0", inbound=[entry], workers=1, log={"level": "warn", "access": "off", "audit": "off"},
            limits={"connections": SESSIONS, "connectionsPerIdentity": SESSIONS, "upstreamConnections": SESSIONS})
        self._sidecar.start(prefix=cores.pinned(core))

    @property
    def pids(self):
        return [self._sidecar.pid]

    def stop(self):
        self._sidecar.end()  # one that counts for a profile writes it then
        self._mesh.stop()


class PgBouncer:
    """In session mode: a client keeps its server's connection, as with us, and that ends with it (server_lifetime), as with us:
    servers of earlier clients would have the tables' pages mapped already, and wake the peer in another rhythm. `pgbouncer-kept`
    keeps them, as it does by itself."""

    def __init__(self, name, folder, endpoint, server, core):
        lifetime = 3600 if name == "pgbouncer-kept" else 0
        self.name, self.endpoint = name, endpoint
        folder.mkdir(parents=True)
        (address, port), (target, target_port) = split(endpoint), split(server)
        users = folder / "users.txt"
        users.write_text(f'"{OWNER}" ""\n')
        file = folder / "pgbouncer.ini"
        file.write_text(f"""[databases]
{DATABASE} = host={target} port={target_port} dbname={DATABASE} user={OWNER}
[pgbouncer]
listen_addr = {address}
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = session
max_client_conn = {SESSIONS}
default_pool_size = {SESSIONS}
server_lifetime = {lifetime}
log_connections = 0
log_disconnections = 0
ignore_startup_parameters = extra_float_digits
logfile = {folder / "log"}
""", encoding="ascii")
        as_user = []
        if os.geteuid() == 0:  # it refuses root
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, "postgres")
            as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._process = subprocess.Popen([*cores.pinned(core), *as_user, "pgbouncer", "-q", str(file)], cwd="/",
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: listening(endpoint), lambda: f"pgbouncer listens: {(folder / 'log').read_text()[-2000:]}", 20)

    @property
    def pids(self):
        return [self._process.pid]

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


def policy(item):
    rule = {"name": "bench", "action": "Allow", "ports": [{"port": PORT}], "protocol": "PostgreSQL", "sql": [item]}
    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": "bench", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "ingress": [rule]}}


def start(name, world):
    """`world` has binary, folder, subnet, server (its endpoint) and core."""
    if name.startswith("pgbouncer"):
        host = 30 if name == "pgbouncer" else 31
        return PgBouncer(name, world.folder / name, world.subnet.endpoint(host), world.server, world.core)
    return Gabion(name, world.binary, world.folder / name, world.server, world.core)


def version(name):
    return first_line("pgbouncer", "--version") if name == "pgbouncer" else ""
