"""Meshes whose inbound sidecar looks for sensitive values, what is sent through them, and what may come of it."""

import json

from mesh import FORWARDING, Mesh
from raw_client import Closed, request

CARD, MASKED_CARD = "4111111111111111", "************1111"
KEY = b"0123456789abcdef0123456789abcdef"
TOKEN = r"tok_[0-9a-f]{8}_[0-9a-hj-km-np-tv-z]{16}"


def start(binary, folder, profile, own="mine", key=None, policies=(), **choices):
    """A mesh with `inspection.dlp.profiles.mine`; `own` is what its listeners use, `choices` more of their profile."""
    folder.mkdir(parents=True, exist_ok=True)
    dlp = {"profiles": {"mine": profile}}
    if key is not None:
        (folder / "dlp.key").write_bytes(key)
        dlp["keyFile"] = str(folder / "dlp.key")
    found = Mesh(binary, folder, {**FORWARDING, **({"dlp": own} if own else {}), **choices}, {"dlp": dlp})
    found.put_policy(*policies)
    found.start_application()
    found.start_inbound()
    return found


def acting(action, **more):
    """A profile of all default types with one rule."""
    return {"types": ["default"], "rules": [{"action": action, **more}]}


class Running:
    """Meshes of a file, one for each profile."""

    def __init__(self, binary, folders):
        self._binary, self._folders, self._meshes = binary, folders, {}

    def get(self, profile, **choices):
        key = json.dumps([profile, choices], default=repr)
        if key not in self._meshes:
            self._meshes[key] = start(self._binary, self._folders.mktemp("dlp"), profile, **choices)
        self._meshes[key].forget()
        return self._meshes[key]

    def stop(self):
        crashes = [crash for mesh in self._meshes.values() for crash in mesh.crashes()]
        for mesh in self._meshes.values():
            mesh.stop()
        assert crashes == []


def answer_of(body, content_type="application/json", chunk=None, fields=(), status="200 OK"):
    """The bytes of an answer; `chunk`: in chunks of so many bytes."""
    body = body if isinstance(body, bytes) else body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in fields)
    if chunk is None:
        return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body
    pieces = [body[at:at + chunk] for at in range(0, len(body), chunk)]
    return head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(map(chunk_of, pieces)) + b"0\r\n\r\n"


def chunk_of(piece):
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def ask_wild(mesh, *steps, headers=(), method="GET", pod="web-0"):
    """The answer of a scripted upstream as `pod` sees it; what came of it where it was cut short."""
    upstream = mesh.start_wild(*steps)
    try:
        with mesh.peer("wild", pod) as client:
            client.send(request(method, "/", headers, host="wild.shop"))
            try:
                return client.read(method)
            except Closed as closed:
                return closed.received
    finally:
        upstream.stop()


def post(mesh, body, content_type, headers=(), target="/"):
    """(answer, the request as the service got it or None)"""
    seen = len(mesh.application.requests)
    with mesh.plain() as client:
        answer = client.ask("POST", target, [("Content-Type", content_type), *headers], body)
    arrived = mesh.application.requests[seen:]
    return answer, arrived[0] if arrived else None
