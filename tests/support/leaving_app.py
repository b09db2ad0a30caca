"""An application that ends well: on SIGTERM it takes nobody new, answers who waits, says goodbye to another service, exits.

Usage: leaving_app.py PORT FOLDER URL   (GET /held is answered once FOLDER/release is there; the goodbye's status is written
to FOLDER/goodbye, that of a call at the very start to FOLDER/hello)
"""

import http.server
import pathlib
import signal
import sys
import threading
import time
import urllib.error
import urllib.request


def status_of(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return opener.open(url, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        return str(error)


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 1  # of a kept connection

    def do_GET(self):
        body = b"x" * 100_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.close_connection = self.path == "/held"
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self.end_headers()
        self.wfile.write(body[:50_000])
        if self.path == "/held":
            (folder / "asked").touch()
            while not (folder / "release").exists():
                time.sleep(0.02)
        self.wfile.write(body[50_000:])

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # server_close() waits for them


port, folder, url = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
(folder / "hello").write_text(str(status_of(f"{url}/hello")))
server = Server(("0.0.0.0", port), Answers)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.socket.close()
(folder / "closed").touch()
server.server_close()
time.sleep(0.3)  # there is always something left to do
(folder / "goodbye").write_text(str(status_of(f"{url}/goodbye")))
