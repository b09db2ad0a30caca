"""nginx as the application: static files and a small JSON answer, one worker, on one loopback address."""

import os
import shutil
import signal
import subprocess

from addresses import listening
from waiting import until

BINARY = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")

CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000; keepalive_timeout 300s; client_max_body_size 0;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; types {{ application/json json; text/plain txt; }}
  server {{
    listen {endpoint} backlog=1024{listen_options};
    {tls}
    root {folder}/www;
    location / {{ }}
    location = /json {{ default_type application/json; return 200 '{{"ok":true}}'; }}
  }}
}}
"""


def _tls_lines(certificate, key, authority):
    clients = f"ssl_verify_client on; ssl_client_certificate {authority};" if authority else ""
    return f"ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_session_tickets off; {clients}"


class Nginx:
    """A running nginx. Files go to `www`; POST /json answers small JSON. `prefix` are words before its command.

    `tls` is (certificate, key, authority of clients or None): with an authority only clients it vouches for are served.
    A `configuration` of one's own says all that itself.
    """

    def __init__(self, folder, endpoint, tls=None, configuration=None, prefix=()):
        self.folder, self.endpoint = folder, endpoint
        self.www = folder / "www"
        self.www.mkdir(parents=True)
        (folder / "nginx.conf").write_text(configuration or CONFIGURATION.format(
            folder=folder, endpoint=endpoint, listen_options=" ssl" if tls else "", tls=_tls_lines(*tls) if tls else ""))
        self._process = subprocess.Popen(
            [*prefix, BINARY, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._accepts, lambda: f"nginx listens: {self._log()}")

    @property
    def pid(self):
        return self._process.pid

    def _accepts(self):
        assert self._process.poll() is None, f"nginx ended: {self._log()}"
        return listening(self.endpoint)

    def _log(self):
        log = self.folder / "error.log"
        return log.read_text()[-2000:] if log.exists() else ""

    def put_file(self, name, size):
        """A file of `size` bytes, sparse when large."""
        path = self.www / name
        with open(path, "wb") as file:
            if size <= 1 << 20:
                file.write(b"x" * size)
            else:
                os.truncate(path, size)
        return path

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)
