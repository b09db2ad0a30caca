"""What beds of pods in network namespaces have in common, and the fixtures of tests on one: `running` is a file's, `bed` a test's."""

import contextlib
import pathlib
import re
import shutil
import tempfile

import pytest

from pods import reachable_by_all, require_namespaces

FAMILIES = pytest.mark.parametrize("family", ["v4", "v6"])


class NamespaceBed:
    """Owns all that it was given to own, and a folder: stop() ends them, the last first, whatever fails. A bed says how it is
    built, and which proxies are in it."""

    def __init__(self, binary):
        self._ends = contextlib.ExitStack()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gabion-bed-"))
        self._ends.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)
        try:
            self.binary = reachable_by_all(binary, self.folder)
            self._build()
        except BaseException:
            self.stop()
            raise

    def _build(self):
        raise NotImplementedError

    def proxies(self):
        raise NotImplementedError

    def own(self, thing):
        """`thing`, which is stopped or removed at the end."""
        self._ends.callback(thing.stop if hasattr(thing, "stop") else thing.remove)
        return thing

    def forget(self):
        for proxy in self.proxies():
            proxy.forget()

    def crashes(self):
        return [sentence for proxy in self.proxies() for sentence in proxy.crashes()]

    def stop(self):
        self._ends.close()


def running_bed(make, **fixture):
    """The fixture `running`: make(binary), or make(binary, parameter) if the fixture has `params`."""
    @pytest.fixture(scope="module", **fixture)
    def running(binary, request):
        require_namespaces()
        found = make(binary, *([request.param] if "params" in fixture else []))
        yield found
        crashes = found.crashes()
        found.stop()
        assert crashes == []

    return running


@pytest.fixture
def bed(running):
    """With empty logs."""
    running.forget()
    return running


def path_of(request):
    """One that no other test asks for."""
    return "/" + re.sub(r"\W+", "-", request.node.name)
