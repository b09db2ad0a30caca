"""One `gabion run` under test: its configuration, its life, its admin page, its logs."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess

import yaml

from addresses import split
from waiting import until


_REOPENED = '"logs opened again"'


class Sidecar:
    """Writes gabion.yaml into `folder` and runs it. `configuration` may be changed between write() and reload()."""

    def __init__(self, binary, folder, configuration, admin):
        self.binary, self.folder, self.configuration, self.admin = binary, folder, configuration, admin
        self.file = folder / "gabion.yaml"
        configuration.setdefault("admin", {})["listen"] = admin
        configuration.setdefault("log", {"level": "info", "access": "./access.log", "audit": "./audit.log"})
        configuration.setdefault("workers", 1)
        configuration.setdefault("timeouts", {}).setdefault("connect", "5s")  # not the default: a slow machine's handshakes
        self._process = None
        self._forgotten = {}
        self._lines_before = 0

    # ---- life -------------------------------------------------------------------------------------------------------

    def write(self):
        fresh = self.file.with_suffix(".new")
        fresh.write_text(yaml.safe_dump(self.configuration, sort_keys=False))
        os.replace(fresh, self.file)
        return self

    def start(self, ready=True, prefix=()):
        self.write()
        self._lines_before = self._lines()
        with open(self.folder / "output.log", "ab") as output:
            self._process = subprocess.Popen([*prefix, str(self.binary), "run", "-c", str(self.file)],
                                             stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder)
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=60.0):
        until(self._is_ready, lambda: f"sidecar ready: {self.output()[-3000:]}", seconds)
        return self

    def _is_ready(self):
        assert self._process.poll() is None, f"gabion ended with {self._process.returncode}: {self.output()[-3000:]}"
        return self.ready_status() == 200

    def ready_status(self):
        """What /ready answers; 0 when nobody answers."""
        try:
            return self.get("/ready")[0]
        except OSError:
            return 0

    @property
    def pid(self):
        return self._process.pid

    def running(self):
        return self._process is not None and self._process.poll() is None

    def signal(self, number):
        self._process.send_signal(number)

    def wait_exit(self, seconds=60.0):
        """The exit status; subprocess.TimeoutExpired if it does not end."""
        return self._process.wait(seconds)

    def stop(self):
        """Ends it now, however it is; returns its exit status when it had ended by itself."""
        if self._process is None:
            return None
        ended = self._process.poll()
        if ended is None:
            self._process.kill()
            self._process.wait(30)
        return ended

    def end(self, seconds=15.0):
        """In order, so that it leaves what it leaves at its end; now, where that takes longer."""
        if not self.running():
            return
        self.signal(signal.SIGTERM)
        try:
            self.wait_exit(seconds)
        except subprocess.TimeoutExpired:
            self.stop()

    def reload(self):
        """SIGHUP, and waits until the new configuration was taken by every worker, or refused. What changed on disk may be
        noticed and read besides: loads() may grow by more than one."""
        before = self.loads()
        self.signal(signal.SIGHUP)
        self.wait_load(before)

    def wait_load(self, before):
        """Until loads() is no more what it was `before`, and each worker goes by what was loaded: it was told so before it is
        asked once more."""
        until(lambda: self.loads() != before, "the load is counted")
        self.loads()

    def loads(self):
        """(generation, rejected): one of them changes with every load."""
        return self.metric("gabion_config_generation"), self.metric("gabion_config_rejected_total")

    # ---- what it says -----------------------------------------------------------------------------------------------

    def get(self, path, method="GET", headers=None):
        """(status, text) of the admin page."""
        connection = http.client.HTTPConnection(*split(self.admin), timeout=20)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self):
        """[(name, {label: value}, number)]"""
        status, text = self.get("/metrics")
        assert status == 200, text
        return list(_samples(text))

    def metric(self, name, **labels):
        """The sum over all series of `name` whose labels include `labels`; 0 when there is none."""
        return sum(number for sample, found, number in self.metrics()
                   if sample == name and all(_plain(found.get(key)) == _plain(value) for key, value in labels.items()))

    def connections_open(self):
        """Connections of clients, now."""
        return self.metric("gabion_connections_open", side="downstream")

    def output(self):
        path = self.folder / "output.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_output(self, *texts):
        """Until it has said each of them: events are written by a thread of their own."""
        until(lambda: all(text in self.output() for text in texts), lambda: f"{texts} in {self.output()[-3000:]}")

    @contextlib.contextmanager
    def passed_by(self):
        """Nobody comes to it meanwhile. A connection is counted as it is taken, before anybody is answered on it."""
        before = self.metric("gabion_connections_opened_total", side="downstream")
        yield
        assert self.metric("gabion_connections_opened_total", side="downstream") == before

    def forget(self):
        """Log lines about what has ended until now no longer count."""
        self._wait_for_access_lines()
        self._wait_for_audit_lines()
        for path in (self.folder / "access.log", self.folder / "audit.log"):
            self._forgotten[path] = path.stat().st_size if path.exists() else 0

    # Lines are made by workers and written by threads of their own. Who reads a log, and does not wait for a line, makes sure
    # that all is there: each worker answers between two turns, with what it has ended until then.

    def access(self, **wanted):
        """The lines with these values of all exchanges and sessions that it has ended, in order."""
        self._wait_for_access_lines()
        return self._matching("access.log", wanted)

    def audit(self, **wanted):
        """Likewise of what it has refused or noted."""
        self._wait_for_audit_lines()
        return self._matching("audit.log", wanted)

    def text(self, *logs):
        """What it has written to them, with all that it has to say of what has ended."""
        self._wait_for_access_lines()
        self._wait_for_audit_lines()
        return "".join((self.folder / log).read_text(errors="replace") for log in logs)

    def _wait_for_access_lines(self):
        if self.running():
            ended = self._ended()
            until(lambda: not self.running() or self._lines() - self._lines_before >= ended, lambda: f"{ended} access lines")

    def _wait_for_audit_lines(self):
        """Opening its logs again is told behind all that waits to be written."""
        if self.running():
            self._ended()
            told = self.output().count(_REOPENED)
            self.signal(signal.SIGUSR1)
            until(lambda: not self.running() or self.output().count(_REOPENED) > told, "it opens its logs again")

    def _ended(self):
        """Exchanges and sessions, each of which has a line in the access log if it was not dropped. 0: it ends, and writes all before it does."""
        try:
            signs = {"istio_requests_total": 1, "istio_tcp_connections_closed_total": 1, "gabion_audit_dropped_total": -1}
            return sum(signs.get(name, 0) * number for name, _, number in self.metrics())
        except (OSError, http.client.HTTPException):
            self.wait_exit(40)
            return 0

    def _lines(self):
        path = self.folder / "access.log"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def _matching(self, log, wanted):
        """The JSON lines of a log whose values equal `wanted`. A line that is not JSON is a failure of the writer."""
        path = self.folder / log
        if not path.exists():
            return []
        written, forgotten = path.read_bytes(), self._forgotten.get(path, 0)
        if forgotten and written[forgotten - 1:forgotten] != b"\n":  # the line being written as it was forgotten
            forgotten = written.find(b"\n", forgotten) + 1 or len(written)
        text = written[forgotten:].decode()
        lines = [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]
        return [line for line in lines if all(line.get(key) == value for key, value in wanted.items())]

    def crashes(self):
        """Sentences about an end by a signal other than ours, or a sanitizer's report."""
        found = []
        if self._process and (self._process.poll() or 0) < 0 and self._process.poll() != -signal.SIGKILL:
            found.append(f"{self.folder.name} ended with {self._process.returncode}: {self.output()[-3000:]}")
        if re.search(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer", self.output()):
            found.append(self.output()[-6000:])
        return found

    def wait_access(self, **wanted):
        """The first access line with these values, soon."""
        return self._wait("access.log", wanted)

    def wait_audit(self, **wanted):
        return self._wait("audit.log", wanted)

    def _wait(self, log, wanted):
        return until(lambda: self._matching(log, wanted), lambda: f"{log}: {wanted}, have {self._matching(log, {})[-5:]}")[0]

    def wait_told(self, *reasons):
        """The first line of the access or the audit log with one of these reasons, soon."""
        def lines():
            return self._matching("access.log", {}) + self._matching("audit.log", {})

        return until(lambda: [line for line in lines() if line["reason"] in reasons], lambda: f"{reasons} in {lines()[-5:]}")[0]

    def rss_bytes(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def _plain(label):
    """Label values without case and underscores: headerBytes is header_bytes."""
    return label.replace("_", "").lower() if isinstance(label, str) else label


def _samples(text):
    for line in text.splitlines():
        match = re.match(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)', line)
        if match and not line.startswith("#"):
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
            yield match.group(1), labels, float(match.group(3))
