"""wrk as the load, and what it counted."""

import re
import shutil
import subprocess

SCRIPT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    e.connect, e.read, e.write, e.status, e.timeout))
end
"""


class Load:
    """A running wrk. finish() waits and returns what it counted."""

    def __init__(self, folder, url, seconds, connections=32, host="orders.shop", headers=(), script="", prefix=()):
        self._file = folder / "load.lua"
        self._file.write_text(script + SCRIPT)
        self._seconds = seconds
        command = [*prefix, shutil.which("wrk"), "-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "10s",
                   "-s", str(self._file), "-H", f"Host: {host}"]
        for header in headers:
            command += ["-H", header]
        self._process = subprocess.Popen([*command, url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def running(self):
        return self._process.poll() is None

    def finish(self):
        """{requests, seconds, connect, read, write, status, timeout}: counts, the last five of failures."""
        output, _ = self._process.communicate(timeout=self._seconds + 30)
        match = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", output)
        assert match, output
        numbers = [int(group) for group in match.groups()]
        counted = dict(zip(("requests", "seconds", "connect", "read", "write", "status", "timeout"), numbers))
        counted["seconds"] /= 1e6
        return counted

    def stop(self):
        if self.running():
            self._process.kill()
        self._process.communicate()


def failures(counted):
    """What failed, by kind; empty when nothing did."""
    return {kind: counted[kind] for kind in ("connect", "read", "write", "status", "timeout") if counted[kind]}
