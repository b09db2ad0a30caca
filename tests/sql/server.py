"""A PostgreSQL 15 of the test's own, with pgaudit, on a free port of the loopback address."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

from addresses import free_port

BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
max_prepared_transactions = 4
shared_preload_libraries = 'pgaudit'
pgaudit.log = 'all'
pgaudit.log_relation = on
pgaudit.log_catalog = on
pgaudit.log_statement = off
log_line_prefix = ''
log_min_error_statement = panic
log_min_messages = log
standard_conforming_strings = on
"""


class Server:
    """Runs from `with` to its end. `audit()` gives what pgaudit has written since it was last asked."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gabion-postgres-"))
        self.port = free_port()
        self.log = self.folder / "log"
        self.read_to = 0
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        """PostgreSQL refuses root: then it runs as the user of the package."""
        self.user = []
        if os.geteuid() == 0:
            postgres = pwd.getpwnam("postgres")
            os.chown(self.folder, postgres.pw_uid, postgres.pw_gid)
            self.user = ["setpriv", f"--reuid={postgres.pw_uid}", f"--regid={postgres.pw_gid}", "--clear-groups"]
        self.run("initdb", "-D", self.folder / "cluster", "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        with open(self.folder / "cluster" / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(SETTINGS + f"port = {self.port}\n")
        self.run("pg_ctl", "-D", self.folder / "cluster", "-l", self.log, "-w", "-t", "60", "start")

    def run(self, program, *arguments):
        subprocess.run([*self.user, BINARIES / program, *arguments], check=True, cwd="/", timeout=120,
                       stdout=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})

    def __exit__(self, *_):
        try:
            if (self.folder / "cluster" / "postmaster.pid").exists():
                self.run("pg_ctl", "-D", self.folder / "cluster", "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def audit(self):
        """A backend writes its line before it answers: nothing to wait for."""
        with open(self.log, "rb") as log:
            log.seek(self.read_to)
            fresh = log.read()
        self.read_to += len(fresh)
        marker = "AUDIT: SESSION,"
        return [line.split(marker, 1)[1].split(",") for line in fresh.decode().splitlines() if marker in line]
