"""The servers that the conformance suite is run against: Gabion, if it speaks HTTP/2, and nghttpd and nginx."""

import os
import pathlib

import pytest

from mesh import FORWARDING, Mesh
from nginx import CONFIGURATION, Nginx
from raw_client import tls_setting

from peers import start_peers
from suite import Server, speaks_h2

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Without "asterisk": nginx refuses OPTIONS *, whoever asks.
HAS = frozenset({"body", "big", "upload"})
# The application: a page, a big file, and a place that takes bodies.
TAKES = "location / { if ($request_method = POST) { return 200 'taken'; } if ($request_method = OPTIONS) { return 204; } }"


@pytest.fixture(scope="session")
def binary():
    """$GABION_BINARY, else the release build, else the debug build."""
    named = os.environ.get("GABION_BINARY")
    candidates = [pathlib.Path(named)
                  ] if named else [ROOT / "build" / preset / "gabion" for preset in ("release", "debug")]
    found = next((candidate.resolve() for candidate in candidates if candidate.is_file()), None)
    return found or pytest.skip(f"no gabion to test: {' '.join(map(str, candidates))}")


@pytest.fixture(scope="session")
def gabion_mesh(binary, tmp_path_factory):
    """A sidecar before nginx that speaks HTTP/2 downstream; skips when the binary does not."""
    mesh = Mesh(binary, tmp_path_factory.mktemp("h2"), FORWARDING)
    try:
        folder = mesh.folder / "nginx"
        text = CONFIGURATION.replace("location / {{ }}", TAKES.replace("{", "{{").replace("}", "}}"))
        application = mesh._keep(
            Nginx(folder,
                  mesh.application_endpoint,
                  configuration=text.format(folder=folder,
                                            endpoint=mesh.application_endpoint,
                                            listen_options="",
                                            tls="")))
        (application.www / "index.html").write_text("a page of some bytes\n" * 10)
        application.put_file("big", 200_000)
        mesh.start_inbound(inbound=[{**entry, "websocket": "allow"} for entry in mesh.inbound_entries()])
        yield mesh
        crashes = mesh.crashes()
    finally:
        mesh.stop()
    assert crashes == []


def gabion_server(mesh, port):
    tls = tls_setting(mesh.root.pem, mesh.identity_of("web-0"), alpn=("h2", )) if port == "http" else None
    has = HAS if tls else HAS | {"upgrade"}
    return Server(mesh.listens[port], tls=tls, source=mesh.address("web-0"), has=has)


@pytest.fixture(scope="session", params=["plain", "http"])
def gabion(gabion_mesh, request):
    """Gabion in clear text (prior knowledge) and over mTLS (ALPN)."""
    server = gabion_server(gabion_mesh, request.param)
    assert speaks_h2(server)
    return server


@pytest.fixture(scope="session")
def peers(tmp_path_factory):
    """{name: Server} of those that are installed."""
    started = list(start_peers(tmp_path_factory.mktemp("peers")))
    yield {name: server for name, server, _ in started}
    for _, _, stop in started:
        stop()
