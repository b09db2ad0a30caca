"""Fixtures of the integration tests: the binary, a mesh for one test, a mesh shared by a file, a time limit."""

import os
import pathlib
import signal

import pytest

from mesh import FORWARDING, Mesh

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pytest_addoption(parser):
    parser.addoption("--big", action="store_true", help="also stream 10 GiB each way")
    parser.addoption("--long", action="store_true", help="30 s instead of 5 s under load, a slow reader for 75 s")


@pytest.fixture(scope="session")
def binary():
    """The gabion under test: $GABION_BINARY, else the release build, else the debug build."""
    named = os.environ.get("GABION_BINARY")
    built = [ROOT / "build" / preset / "gabion" for preset in ("release", "debug")]
    candidates = [pathlib.Path(named)] if named else built
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    pytest.exit(f"no gabion to test: {' '.join(map(str, candidates))} is missing", 3)


@pytest.fixture
def honest_memory(binary):
    """For tests that judge resident memory: a sanitizer keeps freed memory on purpose, so its numbers say nothing."""
    code = binary.read_bytes()
    if b"__asan_init" in code or b"__tsan_init" in code:
        pytest.skip("resident memory means nothing under a sanitizer")


@pytest.fixture(autouse=True)
def time_limit(request):
    """Stops a test that hangs; `@pytest.mark.seconds(n)` gives it longer than two minutes."""
    mark = request.node.get_closest_marker("seconds")
    seconds = max(mark.args[0] if mark else 0, 120)

    def stop(*_):
        raise TimeoutError(f"the test took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def mesh(binary, tmp_path):
    """A mesh of this test's own; nothing runs yet. Without detectors, whose compilation would slow each start."""
    found = Mesh(binary, tmp_path, FORWARDING)
    yield found
    crashes = found.crashes()
    found.stop()
    assert crashes == []


class SharedMesh:
    """Starts a mesh when first asked, and again when a test has brought it down."""

    def __init__(self, binary, folders):
        self._binary, self._folders, self._mesh = binary, folders, None

    def get(self):
        if self._mesh is None:
            self._mesh = Mesh(self._binary, self._folders.mktemp("shared"))
            try:
                self._mesh.start()
            except BaseException:
                self.stop()
                raise
        return self._mesh

    def stop(self):
        if self._mesh is not None:
            self._mesh.stop()
            self._mesh = None


@pytest.fixture(scope="module")
def shared_mesh(binary, tmp_path_factory):
    found = SharedMesh(binary, tmp_path_factory)
    yield found
    found.stop()


@pytest.fixture
def shared(shared_mesh):
    """A running mesh shared by the tests of a file, with empty logs. Nobody changes its configuration."""
    found = shared_mesh.get()
    found.forget()
    yield found
    crashes = found.crashes()
    if crashes:
        shared_mesh.stop()
    assert crashes == []


@pytest.fixture
def wild(shared):
    """Starts a scripted upstream behind the shared mesh's port `wild`, for the length of the test."""
    started = []

    def start(*steps):
        started.append(shared.start_wild(*steps))
        return started[-1]

    yield start
    for upstream in started:
        upstream.stop()


@pytest.fixture
def load_seconds(request):
    return 30 if request.config.getoption("--long") else 5


@pytest.fixture(scope="session")
def waf_cache(tmp_path_factory):
    """Where compiled rules of this run are kept, so that each rule set is compiled once."""
    return tmp_path_factory.mktemp("waf-cache")
