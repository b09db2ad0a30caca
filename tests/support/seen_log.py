"""What an nginx in a pod has served, by its access log: it answers first and writes the line then, so a reader makes sure."""

import itertools
import socket

from waiting import until

LOG = "log_format seen '$remote_addr $server_port $request_uri'; access_log {folder}/seen.log seen; lingering_close off;"
_MARKER = "/marker-"
_markers = (f"{_MARKER}{number}" for number in itertools.count())


def seen(pod, folder, port, path):
    """(client's address, port) of each request for `path` that was answered before this call: see asked()."""
    return [(address, at) for address, at, target in asked(pod, folder, port) if target == path]


def asked(pod, folder, port):
    """(client's address, port, path) of each request that was answered before this call, in order. `folder` is that of an
    nginx in `pod`, with LOG and one process, which listens at `port` of the pod's loopback.

    It is asked for one path more, by nobody else: a process writes the line of what it has answered before it looks at
    another connection, so all that is awaited stands before that path's line.
    """
    marker = next(_markers)
    with pod.inside(socket.create_connection, ("127.0.0.1", port), 10) as stream:
        stream.sendall(f"GET {marker} HTTP/1.0\r\n\r\n".encode())
        while stream.recv(4096):
            pass
    lines = until(lambda: _before(marker, folder / "seen.log"), f"nginx logs {marker}")
    return [(address, int(at), path) for address, at, path in lines if not path.startswith(_MARKER)]


def _before(marker, file):
    """The lines in front of the marker's and that one, each in its words; nothing as long as it is not there."""
    text = file.read_text()
    lines = [line.split() for line in text[:text.rfind("\n") + 1].splitlines()]
    places = [number for number, line in enumerate(lines) if line[2] == marker]
    return lines[:places[0] + 1] if places else []
