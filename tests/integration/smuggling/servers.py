"""Real servers as origins that tell what they parsed, and real proxies that tell what they judged: one JSON line each."""

import json
import pathlib
import re
import shutil
import signal
import subprocess

from addresses import listening, split
from waiting import until

HERE = pathlib.Path(__file__).resolve().parent
MODULES = pathlib.Path("/usr/lib/apache2/modules")

NGINX_HEAD = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  keepalive_requests 1000000; keepalive_timeout 60s; client_body_in_single_buffer on; client_body_buffer_size 1m;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  log_format told escape=json '{{"event":"request","id":"{id}","method":"$request_method","target":"$request_uri",'
    '"host":"$http_host","body":"$request_body","status":"$status","to":"$upstream_addr","line":"$request"}}';
"""
NGINX_ORIGIN = NGINX_HEAD + """
  access_log {folder}/told.log told;
  server {{ listen {endpoint} backlog=1024; location / {{ proxy_pass http://unix:{folder}/sink; }} }}
  server {{ listen unix:{folder}/sink; access_log off; return 200 "ok"; }}
}}
"""
NGINX_PROXY = NGINX_HEAD + """
  access_log {folder}/told.log told;
  upstream origin {{ server {origin}; keepalive 16; }}
  server {{ listen {endpoint} backlog=1024;
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_read_timeout 2s; proxy_next_upstream off;
    proxy_set_header X-Request-ID $request_id;
    location / {{ proxy_pass http://origin; }} location /denied {{ return 403; }} }}
}}
"""
HAPROXY = """
global
  log stdout len 16384 format raw local0
  maxconn 2000
defaults
  mode http
  log global
  timeout client 5s
  timeout server 2s
  timeout connect 1s
  unique-id-format %[uuid()]
  unique-id-header X-Request-ID
  log-format '{{"event":"request","id":"%ID","status":"%ST","to":"%s","line":%{{+Q,+E}}r,"host":"%[capture.req.hdr(0),json(utf8s)]"}}'
frontend in
  bind {endpoint}
  declare capture request len 300
  http-request capture req.hdr(host) id 0
  http-request del-header x-request-id
  http-request deny if {{ path_beg /denied }}
  default_backend origin
backend origin
  server origin {origin}
"""
APACHE_ORIGIN = """
ServerRoot {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule reflector_module {modules}/mod_reflector.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule setenvif_module {modules}/mod_setenvif.so
Listen {endpoint}
ServerName orders.shop
DocumentRoot {folder}
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
StartServers 1
ThreadsPerChild 64
AllowEncodedSlashes NoDecode
<Location />
  SetHandler reflector
</Location>
LogFormat "%{{X-Request-Id}}i\\t%m\\t%{{Host}}i\\t%B\\t%>s\\t%X\\t%r" told
CustomLog {folder}/told.log told
"""


class Server:
    """A process on `endpoint` whose log told() reads. Files are below `folder`."""
    def __init__(self, folder, endpoint, configuration, command, output=None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.endpoint, self.log = folder, endpoint, folder / "told.log"
        (folder / "server.conf").write_text(configuration)
        self._output = open(output, "ab") if output else subprocess.DEVNULL
        self._process = subprocess.Popen(command,
                                         stdin=subprocess.DEVNULL,
                                         stdout=self._output,
                                         stderr=subprocess.DEVNULL)
        until(self._accepts, lambda: f"{command[0]} listens: {self._error()}")

    def _error(self):
        path = self.folder / "error.log"
        return path.read_text()[-2000:] if path.exists() else ""

    def _accepts(self):
        assert self._process.poll() is None, f"{self._process.args[0]} ended: {self._error()}"
        return listening(self.endpoint)

    def lines(self):
        text = self.log.read_bytes().decode("latin-1") if self.log.exists() else ""
        return text[:text.rfind("\n") + 1].splitlines()

    def told(self):
        """The records so far: {event, id, method, target, host, length (None: not known), ...}"""
        return [json.loads(line) for line in self.lines()]

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)
        if self._output is not subprocess.DEVNULL:
            self._output.close()


def found(program):
    return shutil.which(program, path="/usr/sbin:/usr/bin")


class Nginx(Server):
    """nginx, as origin or with `origin` as a proxy before one."""
    def __init__(self, folder, endpoint, origin=None):
        folder.mkdir(parents=True, exist_ok=True)
        template = NGINX_PROXY if origin else NGINX_ORIGIN
        text = template.format(folder=folder,
                               endpoint=endpoint,
                               origin=origin,
                               id="$request_id" if origin else "$http_x_request_id")
        super().__init__(
            folder, endpoint, text,
            [found("nginx"), "-p",
             str(folder), "-c",
             str(folder / "server.conf"), "-e",
             str(folder / "error.log")])

    def told(self):
        records = super().told()
        for record in records:
            record["length"] = None if record["status"] == "405" else len(
                record["body"])  # TRACE: answered before its body
            if not record["method"]:  # of a line it could not read nginx shows the line alone
                record["event"] = "refused"
                record["method"], record["target"] = (record["line"].split(" ") + [""])[:2]
            if record["status"] in ("400", "408", "413", "414", "494", "505", "501", "499"):
                record["event"] = "refused"
        return records


class Apache(Server):
    """Apache, which answers with the body it read; `length` is that of the answer."""
    def __init__(self, folder, endpoint):
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder, endpoint, APACHE_ORIGIN.format(folder=folder, endpoint=endpoint, modules=MODULES),
                         [found("apache2"), "-X", "-f", str(folder / "server.conf")])

    def told(self):
        records = []
        for line in self.lines():
            identity, method, host, length, status, _, start = (unescape(part) for part in line.split("\t", 6))
            records.append({
                "event": "request" if status in ("200", "403", "404", "405") else "refused",
                "id": identity.replace("-", "", identity == "-"), "method": method,
                "target": start.split(" ")[1] if start.count(" ") else start,
                "host": host.replace("-", "", host == "-"),
                "length": int(length) if status == "200" and method not in ("HEAD", "OPTIONS") else None,
                "status": status, "line": start
            })
        return records


def unescape(text):
    r"""Apache's log escapes: \xhh, \", \\ and the letters of C."""
    letters = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "v": "\v", "f": "\f"}
    return re.sub(
        r"\\(x[0-9a-f]{2}|.)", lambda match: chr(int(match[1][1:], 16))
        if match[1][0] == "x" and len(match[1]) == 3 else letters.get(match[1], match[1]), text)


class Script(Server):
    """Node or Python with one of the scripts beside this file."""
    def __init__(self, folder, endpoint, *command, mode=()):
        folder.mkdir(parents=True, exist_ok=True)
        address, port = split(endpoint)
        super().__init__(folder,
                         endpoint,
                         "",
                         [*command, address, str(port), str(folder / "told.log"), *mode],
                         output=folder / "error.log")

    def told(self):
        """Node names a request that it refused by its bytes alone."""
        records = super().told()
        for record in records:
            if (found_id := re.search(r"\r\nx-request-id: (\S+)", record.get("raw", ""), re.IGNORECASE)):
                record["id"] = found_id[1]
        return records


class Haproxy(Server):
    """haproxy as a proxy before `origin`."""
    def __init__(self, folder, endpoint, origin):
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder,
                         endpoint,
                         HAPROXY.format(endpoint=endpoint, origin=origin),
                         [found("haproxy"), "-db", "-f", str(folder / "server.conf")],
                         output=folder / "told.log")

    def told(self):
        records = []
        for line in self.lines():
            if line.startswith("{"):
                record = json.loads(line, strict=False)
                words = record["line"].split(" ")
                record["method"], record["target"] = words[0], words[1] if len(words) > 1 else ""
                record["length"], record["host"] = None, record["host"].replace("-", "", record["host"] == "-")
                records.append(record)
        return records


ORIGINS = {
    "nginx": ("nginx", Nginx),
    "apache": ("apache2", Apache),
    "node": ("node", lambda folder, endpoint: Script(folder, endpoint, found("node"), str(HERE / "origin.js"))),
    "node, lenient": (
        "node",
        lambda folder, endpoint: Script(folder, endpoint, found("node"), str(HERE / "origin.js"), mode=["lenient"])),
    "python": ("python3", lambda folder, endpoint: Script(folder, endpoint, "/usr/bin/python3",
                                                          str(HERE / "python_origin.py"), "http.server")),
    "recorder": ("python3", lambda folder, endpoint: Script(folder, endpoint, "/usr/bin/python3",
                                                            str(HERE / "python_origin.py"), "recorder")),
}
PROXIES = {"nginx": ("nginx", Nginx), "haproxy": ("haproxy", Haproxy)}
