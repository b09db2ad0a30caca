"""nghttpd and nginx as servers of HTTP/2 in clear text, for the suite to be tried on."""

import shutil
import signal
import subprocess

from addresses import Subnet, listening, split
from waiting import until

from suite import Server

PATH = "/usr/sbin:/usr/bin"
NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{ worker_connections 512; }}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_requests 100000; proxy_request_buffering on;
  server {{ listen {endpoint} http2; root {folder}/www; error_page 405 =200 /index.html;
    location / {{ if ($request_method = POST) {{ proxy_pass http://unix:{folder}/sink; }} }} }}
  server {{ listen unix:{folder}/sink; return 200 "taken"; }}
}}
"""


def _files(folder):
    (folder / "www").mkdir(parents=True)
    (folder / "www" / "index.html").write_text("a page of some bytes\n" * 10)
    (folder / "www" / "big").write_bytes(b"x" * 200_000)


def _start(folder, command, endpoint):
    started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop():
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait(30)

    until(lambda: listening(endpoint), f"{command[0]} listens")
    return stop


def start_peers(folder):
    """Yields (name, Server, stop) for each that is installed."""
    net, has = Subnet(), frozenset({"body", "big", "upload", "asterisk"})
    if (program := shutil.which("nghttpd", path=PATH)):
        _files(folder / "nghttpd")
        endpoint = net.endpoint(1)
        address, port = split(endpoint)
        yield "nghttpd", Server(endpoint, has=has, seconds=3.0), _start(
            folder, [program, "--no-tls", "-a", address, "-d",
                     str(folder / "nghttpd" / "www"), str(port)], endpoint)
    if (program := shutil.which("nginx", path=PATH)):
        _files(folder / "nginx")
        endpoint, home = net.endpoint(2), folder / "nginx"
        (home / "nginx.conf").write_text(NGINX.format(folder=home, endpoint=endpoint))
        yield "nginx", Server(endpoint, has=has, seconds=3.0), _start(
            folder,
            [program, "-p", str(home), "-c",
             str(home / "nginx.conf"), "-e",
             str(home / "error.log")], endpoint)
