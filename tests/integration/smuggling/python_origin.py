"""Python's http.server as an origin, and a recorder of the raw bytes; each writes a JSON line for every request it read.

/usr/bin/python3 python_origin.py (http.server | recorder) ADDRESS PORT LOG
"""

import hashlib
import http.server
import json
import socketserver
import sys

from strict import read_strictly

KIND, ADDRESS, PORT, LOG = sys.argv[1:]
FILE = open(LOG, "a", buffering=1, encoding="latin-1")  # one write a line: threads do not mix


def tell(**line):
    FILE.write(json.dumps(line) + "\n")


class Reader(http.server.BaseHTTPRequestHandler):
    """Reads bodies as people do who write such servers: chunks when told so, else as much as Content-Length says."""

    protocol_version = "HTTP/1.1"

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self):
        line = {
            "event": "request", "id": self.headers.get("x-request-id", ""), "method": self.command,
            "target": self.requestline.split(" ")[1], "host": self.headers.get("host", "")
        }
        body = self.body()
        tell(**line, length=len(body), sha256=hashlib.sha256(body).hexdigest())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else b"ok")

    def body(self):
        if "chunked" not in self.headers.get("transfer-encoding", "").lower():
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        pieces = []
        while (size := int(self.rfile.readline().split(b";")[0], 16)):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline() not in (b"\r\n", b"\n", b""):
            pass
        return b"".join(pieces)

    def send_error(self, code, message=None, explain=None):
        tell(event="refused", why=f"{code} {message}", raw=self.raw_requestline.decode("latin-1")[:300])
        super().send_error(code, message, explain)

    def log_message(self, *unused):
        pass


class Recorder(socketserver.StreamRequestHandler):
    """Holds what came against the letter of RFC 9112 (see strict.py) and tells what is wrong with it."""
    def handle(self):
        while (line := read_strictly(self.rfile, self.wfile)):
            tell(**line)
            if line["wrong"]:
                return
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                             if line["method"] != "HEAD" else b"HTTP/1.1 200 OK\r\n\r\n")


class Server(socketserver.ThreadingTCPServer):
    """One thread a connection; a connection that breaks is nobody's business."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request, address):
        pass


if __name__ == "__main__":
    Server((ADDRESS, int(PORT)), Reader if KIND == "http.server" else Recorder).serve_forever(0.05)
