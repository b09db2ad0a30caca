"""gabion-bench as the load: one run and what it answered."""

import json
import signal
import subprocess


class BenchRun:
    """A started gabion-bench. finish() waits; then `code`, `output`, `errors` are set, and `json` if it printed some."""

    def __init__(self, binary, *arguments):
        self.code = self.json = None
        self.output = self.errors = ""
        self._process = subprocess.Popen([binary, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, seconds=30):
        self.output, self.errors = self._process.communicate(timeout=seconds)
        self.code = self._process.returncode
        if self.output.startswith("{"):
            self.json = json.loads(self.output)
        return self

    def running(self):
        return self._process.poll() is None

    def interrupt(self):
        self._process.send_signal(signal.SIGINT)

    def stop(self):
        if self.running():
            self._process.kill()
        self._process.communicate()
