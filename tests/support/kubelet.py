"""Plays the kubelet for one pod of a manifest: its containers as processes of a network namespace, in its order."""

import http.client
import os
import pathlib
import subprocess
import threading

from pods import as_user
from waiting import until

PROGRAM = "/usr/bin/gabion"


class Container:
    """One container's process. What it says is in `output`."""

    def __init__(self, kubelet, spec):
        self.spec, self.name = spec, spec["name"]
        self._kubelet = kubelet
        self.output = kubelet.folder / f"{self.name}.log"
        self.process = None

    @property
    def is_sidecar(self):
        return self.spec.get("restartPolicy") == "Always"

    def command(self, words):
        """`words` as a process of this container: as its user, with its volumes under their paths."""
        replaced = [self._kubelet.resolve(word, self.spec) for word in words]
        security = self.spec.get("securityContext") or {}
        uid = security.get("runAsUser", 0)
        if not uid and "capabilities" not in security:
            return replaced
        # What is added reaches root alone.
        added = [name.lower() for name in security.get("capabilities", {}).get("add", [])] if not uid else []
        return [*as_user(uid, added, security.get("runAsGroup", uid)), *replaced]

    def environment(self):
        given = {entry["name"]: self._kubelet.value_of(entry) for entry in self.spec.get("env", [])}
        return {"PATH": os.environ["PATH"], **given}

    def start(self):
        image = [PROGRAM] if self.name.startswith("gabion") else []  # its entry point
        words = [*image, *self.spec.get("command", []), *self.spec.get("args", [])]
        with open(self.output, "ab") as output:
            self.process = self._kubelet.pod.inside(subprocess.Popen, self.command(words), stdin=subprocess.DEVNULL, stdout=output,
                                                    stderr=output, env=self.environment(), cwd=self._kubelet.folder)
        self._hook("postStart")

    def _hook(self, name):
        """Runs a hook to its end, as the kubelet does: nothing goes on before."""
        words = ((self.spec.get("lifecycle") or {}).get(name) or {}).get("exec", {}).get("command")
        if words:
            self._kubelet.pod.inside(subprocess.run, self.command(words), env=self.environment(), check=False,
                                     stdin=subprocess.DEVNULL, timeout=50)

    def wait_started(self):
        """Until its startup probe succeeds."""
        probe = self.spec["startupProbe"]["httpGet"]
        until(lambda: self._asked(probe), lambda: f"{self.name} has started: {self.said()[-2000:]}", 40)

    def _asked(self, probe):
        assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}: {self.said()[-2000:]}"
        return self._kubelet.node.inside(_get, self._kubelet.pod.v4, probe["port"], probe["path"]) == 200

    def wait_exit(self, seconds=50):
        return self.process.wait(seconds)

    def terminate(self):
        """preStop, then SIGTERM; returns when it has ended, its exit status."""
        if self.process.poll() is None:
            self._hook("preStop")
            self.process.terminate()
        return self.wait_exit()

    def said(self):
        return self.output.read_text(errors="replace") if self.output.exists() else ""


def _get(address, port, path):
    connection = http.client.HTTPConnection(address, port, timeout=3)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


class Kubelet:
    """Runs the pod of `manifest` (a Pod, or what has a template) in `pod`. `volumes`: their folders by name; `fields`: what
    fieldRefs say; `program` stands for /usr/bin/gabion."""

    def __init__(self, node, pod, manifest, folder, volumes, program, fields):
        self.node, self.pod, self.folder = node, pod, pathlib.Path(folder)
        self._volumes, self._program, self._fields = volumes, program, fields
        self.spec = manifest["spec"] if manifest["kind"] == "Pod" else manifest["spec"]["template"]["spec"]
        self.init = [Container(self, each) for each in self.spec.get("initContainers", [])]
        self.containers = [Container(self, each) for each in self.spec["containers"]]

    def __getitem__(self, name):
        return next(each for each in self.init + self.containers if each.name == name)

    def resolve(self, word, spec):
        """Paths of a container as this machine has them."""
        for mount in spec.get("volumeMounts", []):
            if mount["name"] in self._volumes:
                word = word.replace(mount["mountPath"] + "/", f"{self._volumes[mount['name']]}/")
        return str(self._program) if word == PROGRAM else word

    def value_of(self, entry):
        if "value" in entry:
            return entry["value"]
        return self._fields.get(entry["valueFrom"]["fieldRef"]["fieldPath"], "")

    def start(self):
        for each in self.init:
            each.start()
            if each.is_sidecar:
                each.wait_started()
            else:
                assert each.wait_exit() == 0, each.said()
        for each in self.containers:
            each.start()
        return self

    def delete(self):
        """All containers at once, each with its hook; then native sidecars, the last one first. Exit statuses by name."""
        threads = [threading.Thread(target=each.terminate) for each in self.containers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self._end_sidecars()

    def wait_completed(self):
        """A pod whose containers end by themselves: then its sidecars are ended. Exit statuses by name."""
        for each in self.containers:
            each.wait_exit()
        return self._end_sidecars()

    def _end_sidecars(self):
        for each in reversed(self.init):
            if each.is_sidecar:
                each.terminate()
        return {each.name: each.process.returncode for each in self.init + self.containers}

    def kill(self):
        for each in self.init + self.containers:
            if each.process is not None and each.process.poll() is None:
                each.process.kill()
                each.process.wait(30)
