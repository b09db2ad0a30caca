"""gabion-bench as the load of a comparison: a scenario's load in its words, its JSON back."""

import json
import subprocess

import cores
import yaml
from world import HOST, SERVER

# As a client of today would call: without them a rule set counts points against the request.
FIELDS = (f"Host: {HOST}", "User-Agent: gabion-bench", "Accept: */*")
TIMEOUT_SECONDS = 30


class LoadFailed(Exception):
    """The generator did not finish, or counted nothing."""


def mix_of(load):
    """The LoadMix document of a load's requests."""
    def entry(each):
        found = {"name": each.name, "weight": each.weight, "method": each.method, "path": each.path,
                 "headers": each.headers, "expect": list(each.expect)}
        if each.body:
            found["body"] = each.body
        elif each.body_bytes:
            found["bodyBytes"] = each.body_bytes
        return found

    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "LoadMix", "requests": [entry(each) for each in load.requests]}


class Generator:
    """Runs `binary` on its core against one peer after the other."""

    def __init__(self, binary, core):
        self.binary, self._core = binary, core

    def command(self, load, peer, scene, seconds, warmup):
        """The words of one run; its mix is written into the peer's folder."""
        file = scene.folder / "mix.yaml"
        file.write_text(yaml.safe_dump(mix_of(load), sort_keys=False), encoding="utf-8")
        secured = peer.endpoint == peer.mesh_endpoint
        words = [str(self.binary), "--quiet", "-t", "1", "-c", str(load.connections), "-d", f"{int(seconds * 1000)}ms",
                 "--warmup", f"{int(warmup * 1000)}ms", "--timeout", f"{TIMEOUT_SECONDS}s", "--max-errors", "100%",
                 "--json", "-", "-m", str(file)]
        for field in FIELDS:
            words += ["-H", field]
        for option, value in (("--idle", load.idle), ("--slow", load.slow)):
            words += [option, str(value)] if value else []
        words += ["--slow-rate", load.slow_rate] if load.slow else []
        words += [] if load.protocol == "http1" else [f"--{load.protocol}"]
        words += ["--churn"] if load.churn else []
        words += ["--source", peer.source] if scene.topology != "two_hop" else []
        if secured:
            own, world = scene.world.client, scene.world
            words += ["--ca", str(world.bundle), "--cert", str(own.certificate), "--key", str(own.key),
                      "--server-id", SERVER]
        return [*words, f"{'https' if secured else 'http'}://{peer.endpoint}/"]

    def start(self, load, peer, scene, seconds, warmup=0):
        """A run that has begun; it counts after `warmup` seconds."""
        command = [*cores.pinned(self._core), *self.command(load, peer, scene, seconds, warmup)]
        return Run(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    text=True), seconds)


class Run:
    """finish() waits and returns what was counted; running() does not wait."""

    def __init__(self, process, seconds):
        self._process, self._seconds = process, seconds

    def running(self):
        return self._process.poll() is None

    def finish(self):
        try:
            output, said = self._process.communicate(timeout=self._seconds + 4 * TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            raise LoadFailed(f"gabion-bench did not end after {self._seconds} s") from None
        finally:
            self.stop()
        try:
            return json.loads(output)
        except ValueError:
            said = (said or output).strip()[-500:]
            raise LoadFailed(f"gabion-bench ended with {self._process.returncode}: {said}") from None

    def stop(self):
        """Ends it now, if it still runs."""
        if self.running():
            self._process.kill()
            self._process.wait(10)
