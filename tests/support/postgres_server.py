"""A real PostgreSQL on a free loopback port: its own data folder, SCRAM, no fsync, gone with the test."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

from addresses import split
from waiting import until

BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")
OWNER, PASSWORD = "owner", "a password of the owner"

SETTINGS = """
listen_addresses = '{address}'
port = {port}
unix_socket_directories = ''
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 50
password_encryption = scram-sha-256
log_min_messages = warning
"""


class PostgresServer:
    """Runs as an unprivileged user; `endpoint` is ours to choose. Role `owner` owns database `shop`.

    With `leaf` it speaks TLS; `rules` are lines of pg_hba.conf, by default `method` for every TCP connection;
    `environment` is what psql needs to be let in; `settings` are more lines of postgresql.conf, `prefix` words before the
    command.
    """

    def __init__(self, endpoint, method="scram-sha-256", leaf=None, client_roots=None, rules=(), environment=None,
                 settings="", prefix=()):
        self.endpoint = endpoint
        self.address, self.port = split(endpoint)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gabion-postgres-"))
        self.log = self.folder / "log"
        self._method = method
        self._leaf, self._client_roots = leaf, client_roots
        self._environment = environment
        self._rules = rules or (f"host all all 127.0.0.0/8 {method}",)
        self._settings, self._prefix = settings, prefix
        self._process = None

    def _command(self, *arguments):
        return [*(["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []), *map(str, arguments)]

    def start(self):
        data = self.folder / "data"
        password = self.folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            for path in (self.folder, password):
                os.chown(path, user.pw_uid, user.pw_gid)
        subprocess.run(self._command(BINARIES / "initdb", "-D", data, "-U", OWNER, f"--pwfile={password}", "-A",
                                     self._method, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
                       check=True, capture_output=True, cwd="/", timeout=120)
        (data / "pg_hba.conf").write_text("".join(f"{rule}\n" for rule in self._rules))
        with open(data / "postgresql.conf", "a", encoding="ascii") as settings:
            settings.write(SETTINGS.format(address=self.address, port=self.port) + self._settings)
            settings.write(self._write_certificates(data))
        with open(self.log, "ab") as output:
            self._process = subprocess.Popen([*self._prefix, *self._command(BINARIES / "postgres", "-D", data)], stdout=output,
                                             stderr=output, stdin=subprocess.DEVNULL, cwd="/")
        until(self.is_ready, lambda: f"PostgreSQL ready: {self.output()[-2000:]}", 60)
        self.run("CREATE DATABASE shop", database="postgres")
        return self

    def _write_certificates(self, data):
        """The settings that name them."""
        settings = ""
        if self._leaf is not None:
            for path in self._leaf.write(data, "server"):
                path.chmod(0o600)
                if os.geteuid() == 0:
                    shutil.chown(path, "postgres", "postgres")
            settings = "ssl = on\n"
        if self._client_roots is not None:
            (data / "clients.crt").write_text(self._client_roots)
            settings += "ssl_ca_file = 'clients.crt'\n"
        return settings

    def is_ready(self):
        assert self._process.poll() is None, f"PostgreSQL ended: {self.output()[-2000:]}"
        return subprocess.run([BINARIES / "pg_isready", "-q", "-h", self.address, "-p", str(self.port)],
                              check=False).returncode == 0

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def run(self, statement, database="shop"):
        """What psql prints when it asks the server itself."""
        return psql(self.endpoint, statement, database=database, environment=self._environment).stdout.strip()

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            subprocess.run(self._command(BINARIES / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop"),
                           check=False, capture_output=True, cwd="/", timeout=30)
            self._process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def psql(endpoint, *statements, database="shop", user=OWNER, password=PASSWORD, options=(), environment=None,
         check=True, text=None):
    """psql without any file of the user's; `statements` as one -c each, or `text` as its input."""
    address, port = split(endpoint)
    command = ["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", address, "-p", str(port), "-U", user,
               "-d", database, *options]
    for statement in statements:
        command += ["-c", statement]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=50,
                          env={"PATH": os.environ["PATH"], "PGPASSWORD": password, "LC_ALL": "C.UTF-8",
                               "PGCONNECT_TIMEOUT": "20", **(environment or {})}, check=False)
    assert not check or done.returncode == 0, f"psql ended with {done.returncode}: {done.stderr}"
    return done
