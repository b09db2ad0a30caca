"""One `gabion run` under test: its configuration, its life, its admin page, its logs."""

import http.client
import json
import os
import re
import signal
import subprocess

import yaml

from addresses import split
from waiting import until


class Sidecar:
    """Writes gabion.yaml into `folder` and runs it. `configuration` may be changed between write() and reload()."""

    def __init__(self, binary, folder, configuration, admin):
        self.binary, self.folder, self.configuration, self.admin = binary, folder, configuration, admin
        self.file = folder / "gabion.yaml"
        configuration.setdefault("admin", {})["listen"] = admin
        configuration.setdefault("log", {"level": "info", "access": "./access.log", "audit": "./audit.log"})
        configuration.setdefault("workers", 1)
        self._process = None
        self._forgotten = {}

    # ---- life -------------------------------------------------------------------------------------------------------

    def write(self):
        fresh = self.file.with_suffix(".new")
        fresh.write_text(yaml.safe_dump(self.configuration, sort_keys=False))
        os.replace(fresh, self.file)
        return self

    def start(self, ready=True, prefix=()):
        self.write()
        with open(self.folder / "output.log", "ab") as output:
            self._process = subprocess.Popen([*prefix, str(self.binary), "run", "-c", str(self.file)],
                                             stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder)
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=30.0):
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
            self._process.wait(10)
        return ended

    def reload(self):
        """SIGHUP, and waits until the new configuration was taken or refused."""
        before = self.loads()
        self.signal(signal.SIGHUP)
        until(lambda: self.loads() != before, "the reload is counted")

    def loads(self):
        """(generation, rejected): one of them changes with every load."""
        return self.metric("gabion_config_generation"), self.metric("gabion_config_rejected_total")

    # ---- what it says -----------------------------------------------------------------------------------------------

    def get(self, path, method="GET", headers=None):
        """(status, text) of the admin page."""
        connection = http.client.HTTPConnection(*split(self.admin), timeout=10)
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

    def forget(self):
        """Log lines written until now no longer count."""
        for path in (self.folder / "access.log", self.folder / "audit.log"):
            self._forgotten[path] = path.stat().st_size if path.exists() else 0

    def access(self, **wanted):
        return self._matching(self.folder / "access.log", wanted)

    def audit(self, **wanted):
        return self._matching(self.folder / "audit.log", wanted)

    def _matching(self, path, wanted):
        """The JSON lines of a log whose values equal `wanted`. A line that is not JSON is a failure of the writer."""
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
        return until(lambda: self.access(**wanted), lambda: f"access line {wanted}, have {self.access()[-5:]}", 5)[0]

    def wait_audit(self, **wanted):
        return until(lambda: self.audit(**wanted), lambda: f"audit line {wanted}, have {self.audit()[-5:]}", 5)[0]

    def wait_told(self, *reasons):
        """The first line of the access or the audit log with one of these reasons, soon."""
        def told():
            return [line for line in self.access() + self.audit() if line["reason"] in reasons]

        return until(told, lambda: f"a line with {reasons}, have {self.access()[-3:]} {self.audit()[-3:]}", 5)[0]

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
