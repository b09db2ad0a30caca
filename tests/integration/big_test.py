"""Bodies larger than any buffer pass both ways in memory that does not grow with them."""

import subprocess
import threading

import pytest

from mesh import INSPECTING

MIB = 1 << 20
GIB = 1 << 30


@pytest.fixture
def pair(mesh):
    inspection = {"profiles": {"default": INSPECTING}}
    mesh.start_inbound(inspection=inspection)
    mesh.start_outbound(inspection=inspection)
    return mesh


class MemoryWatch(threading.Thread):
    """The most resident memory of some sidecars while it runs, each beyond what it had at the start."""

    def __init__(self, *sidecars):
        super().__init__(daemon=True)
        self._start = {sidecar: sidecar.rss_bytes() for sidecar in sidecars}
        self.growth, self._done = 0, threading.Event()

    def run(self):
        while not self._done.wait(0.05):
            self.growth = max(self.growth, *(sidecar.rss_bytes() - start for sidecar, start in self._start.items()))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self._done.set()
        self.join()


def curl(pair, path, *arguments, seconds=100):
    told = "%{http_code} %{size_download} %{size_upload}"
    done = subprocess.run(["curl", "-sS", "--fail", "-o", "/dev/null", "-w", told, "-H", "Host: orders.shop", *arguments,
                           f"http://{pair.calls}{path}"], capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()]


def download(pair, size, seconds=100):
    pair.start_nginx().put_file("big.bin", size)
    with MemoryWatch(pair.inbound, pair.outbound) as memory:
        assert curl(pair, "/big.bin", seconds=seconds) == [200, size, 0]
    assert memory.growth < 16 * MIB


def upload(pair, size, *arguments, seconds=100):
    """The application reads it all; nginx would answer before the end."""
    application, source = pair.start_application(), pair.folder / "source.bin"
    with open(source, "wb") as file:
        file.truncate(size)
    with MemoryWatch(pair.inbound, pair.outbound) as memory:
        code, _, sent = curl(pair, "/upload", "-T", str(source), "-X", "POST", *arguments, seconds=seconds)
    assert code == 200 and sent >= size
    assert application.requests[0]["body_length"] == size
    assert pair.inbound.wait_access(path="/upload")["bytes_received"] == size
    assert memory.growth < 16 * MIB


@pytest.mark.seconds(120)
def test_a_large_answer_passes_in_bounded_memory(honest_memory, pair):
    download(pair, 200 * MIB)


@pytest.mark.seconds(120)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_large_request_passes_in_bounded_memory(honest_memory, pair, framing):
    upload(pair, 200 * MIB, *(["-H", "Transfer-Encoding: chunked"] if framing == "chunked" else []))


@pytest.mark.seconds(3600)
@pytest.mark.parametrize("way", [download, upload])
def test_ten_gibibytes_pass_in_bounded_memory(pair, request, way):
    if not request.config.getoption("--big"):
        pytest.skip("only with --big")
    way(pair, 10 * GIB, seconds=1700)
