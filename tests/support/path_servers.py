"""Web servers that read paths each in its own way, serving the same files and telling which path they acted on."""

import base64
import http.server
import os
import pathlib
import posixpath
import shutil
import signal
import subprocess
import threading
import urllib.parse

from addresses import listening, split
from waiting import until

SECRET = b"the secret of the administrators"
FILES = {"admin/secret.txt": SECRET, "admin/users/list.txt": SECRET, "admin/index.html": SECRET,
         "public/page.txt": b"for everybody", "public/admin/page.txt": b"for everybody", "index.html": b"welcome"}

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off; keepalive_requests 1000000; types {{ }} default_type text/plain;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen {endpoint}; root {folder}/www; {options}
    add_header X-Raw $request_uri always; add_header X-Served "$uri|" always;
  }}
}}
"""

APACHE = """
ServerRoot {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule dir_module {modules}/mod_dir.so
Listen {endpoint}
ServerName orders.shop
DocumentRoot {folder}/www
KeepAlive On
MaxKeepAliveRequests 0
StartServers 1
{options}
<Directory {folder}/www>
  Require all granted
</Directory>
Header always set X-Raw "expr=%{{base64:%{{THE_REQUEST}}}}"
Header always set X-Served "expr=%{{base64:%{{REQUEST_URI}}}}"
"""


def lay_out(folder):
    """Writes the files below folder/www."""
    for name, content in FILES.items():
        path = folder / "www" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class _Process:
    """A server in the foreground, its files below `folder`."""

    def __init__(self, folder, endpoint, configuration, command):
        folder.mkdir(parents=True)
        lay_out(folder)
        self.endpoint, self.log = endpoint, folder / "error.log"
        (folder / "server.conf").write_text(configuration)
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        until(self._accepts, lambda: f"it listens: {self._told()}")

    def _told(self):
        return self.log.read_text()[-2000:] if self.log.exists() else ""

    def _accepts(self):
        assert self._process.poll() is None, f"it ended: {self._told()}"
        return listening(self.endpoint)

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)


class NginxFiles(_Process):
    """Decodes once, resolves dots, merges slashes unless told not to."""

    def __init__(self, folder, endpoint, options=""):
        text = NGINX.format(folder=folder, endpoint=endpoint, options=options)
        binary = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        super().__init__(folder, endpoint, text,
                         [binary, "-p", str(folder), "-c", str(folder / "server.conf"), "-e", str(folder / "error.log")])

    @staticmethod
    def served(headers):
        """(target as it came, path acted on)"""
        return headers["x-raw"], headers["x-served"][:-1]  # the mark keeps a blank at the end of a path


class ApacheFiles(_Process):
    """Decodes once, resolves dots, merges slashes; refuses %2F unless told not to."""

    modules = pathlib.Path("/usr/lib/apache2/modules")

    def __init__(self, folder, endpoint, options=""):
        text = APACHE.format(folder=folder, endpoint=endpoint, options=options, modules=self.modules)
        binary = shutil.which("apache2", path="/usr/sbin:/usr/bin")
        super().__init__(folder, endpoint, text, [binary, "-X", "-f", str(folder / "server.conf")])

    @staticmethod
    def served(headers):
        """(target as it came, path acted on)"""
        raw, served = (base64.b64decode(headers[name]).decode("latin-1") for name in ("x-raw", "x-served"))
        return raw.split(" ")[1], served


class _PythonServer:
    """Answers with what find(path as it came) finds: (the path it acted on, the content or None)."""

    def __init__(self, folder, endpoint, options=""):
        folder.mkdir(parents=True)
        lay_out(folder)
        self.root, self.options, find = folder / "www", options, self.find

        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                raw = self.requestline.split(" ")[1]  # self.path has lost slashes at its beginning
                path, found = find(raw.split("?")[0])
                body = b"no such file" if found is None else found
                self.send_response(404 if found is None else 200)
                self.send_header("X-Raw", base64.b64encode(raw.encode("latin-1")).decode())
                self.send_header("X-Served", base64.b64encode(path.encode()).decode())
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *unused):
                pass

        self._server = http.server.ThreadingHTTPServer(split(endpoint), Answer)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    @staticmethod
    def served(headers):
        """(target as it came, path acted on)"""
        return tuple(base64.b64decode(headers[name]).decode("latin-1") for name in ("x-raw", "x-served"))


class PythonFiles(_PythonServer):
    """A lenient one of the kind people write: decodes twice, takes '\\' for '/', cuts at ';', merges slashes; told to,
    it takes any letter for its small one."""

    def find(self, raw):
        path = urllib.parse.unquote(urllib.parse.unquote(raw, errors="replace"))
        path = "/".join(segment.split(";")[0] for segment in path.replace("\\", "/").split("/"))
        path = posixpath.normpath("/" + path.lstrip("/"))
        path = path.lower() if self.options == "ignore case" else path
        file = pathlib.Path(os.path.join(self.root, path.replace("\0", "").lstrip("/")))
        found = file.is_file() and file.resolve().is_relative_to(self.root)
        return path, file.read_bytes() if found else None


class PythonRoutes(_PythonServer):
    """A strict one: splits at '/', decodes each segment once, and looks the list of segments up as it is."""

    def find(self, raw):
        segments = [urllib.parse.unquote(segment) for segment in raw.split("/")]
        wanted = "/".join(segment.replace("/", "%2F") for segment in segments)
        return wanted, FILES.get(wanted[1:])
