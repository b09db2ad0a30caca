"""The agent's port: the kubelet's probes reach nginx, a Python server and a gRPC server at declared paths only."""

import concurrent.futures
import http.client
import http.server
import json
import socket
import subprocess
import threading
import time

import grpc
import pytest

from addresses import free_port, split
from certificates import Authority, spiffe
from nginx import Nginx
from waiting import until

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


class PythonApp:
    """Remembers what it was asked; /slow answers late, /held when it is released, /sick with 503, /away with a redirect."""

    def __init__(self, address="127.0.0.1"):
        seen = self.seen = []
        released = self.released = threading.Event()

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append((self.command, self.path, dict(self.headers)))
                if self.path == "/slow":
                    time.sleep(30)
                if self.path == "/held":
                    released.wait(30)
                self.send_response({"/sick": 503, "/away": 302}.get(self.path, 200))
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_):
                pass

        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        kind = type("Server", (http.server.ThreadingHTTPServer,), {"address_family": family, "daemon_threads": True})
        self.server = kind((address, 0), Answers)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class HealthServer:
    """grpc.health.v1.Health/Check of gRPC's own server; `answers` by the bytes of the request."""

    def __init__(self, answers):
        def check(request, call):
            if request not in answers:
                call.abort(grpc.StatusCode.NOT_FOUND, "no such service")
            return answers[request]

        class Health(grpc.GenericRpcHandler):
            def service(self, details):
                if details.method == "/grpc.health.v1.Health/Check":
                    return grpc.unary_unary_rpc_method_handler(check, lambda raw: raw, lambda raw: raw)
                return None

        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(2), handlers=[Health()])
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def stop(self):
        self.server.stop(None).wait()


@pytest.fixture
def applications(tmp_path):
    started = []

    def start(kind, *arguments):
        started.append(kind(*arguments))
        return started[-1]

    yield start
    for each in started:
        each.stop()


class Agent:
    """A sidecar with an agent's port and these probes."""

    def __init__(self, mesh, probes):
        self.endpoint = f"127.0.0.1:{free_port()}"
        self.sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries())
        mesh.inbound = self.sidecar
        self.prefix = ["env", f"GABION_AGENT_LISTEN={self.endpoint}", f"GABION_APP_PROBES={json.dumps(probes)}"]

    def start(self, **options):
        self.sidecar.start(prefix=self.prefix, **options)
        return self

    def ask(self, path, method="GET", body=None, host=None):
        connection = http.client.HTTPConnection(*split(self.endpoint), timeout=20)
        try:
            connection.request(method, path, body=body, headers={"Host": host} if host else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def status(self, path, **options):
        return self.ask(path, **options)[0]


def http_get(port, **fields):
    return {"httpGet": {"port": port, **fields}, "timeoutSeconds": 1}


def test_http_probes_reach_nginx_and_a_python_server(mesh, applications, tmp_path):
    nginx = applications(Nginx, tmp_path / "plain-nginx", f"127.0.0.1:{free_port()}")
    (nginx.www / "healthz").write_text("ok")
    leaf = Authority("anybody").leaf(spiffe("x", "y")).write(tmp_path / "leaf")
    secure = applications(Nginx, tmp_path / "tls-nginx", f"127.0.0.1:{free_port()}", (*leaf, None))
    python = applications(PythonApp)
    agent = Agent(mesh, {
        "/app-health/nginx/livez": http_get(int(nginx.endpoint.rpartition(":")[2]), path="/healthz"),
        "/app-health/nginx/readyz": http_get(int(nginx.endpoint.rpartition(":")[2]), path="/missing"),
        "/app-health/tls/livez": http_get(int(secure.endpoint.rpartition(":")[2]), path="/json", scheme="HTTPS"),
        "/app-health/app/livez": http_get(python.port, path="live?full=1", httpHeaders=[
            {"name": "X-Probe", "value": "a $(HOME) b"}, {"name": "Host", "value": "app.example"}]),
        "/app-health/app/readyz": http_get(python.port, path="/sick"),
        "/app-health/app/startupz": http_get(python.port, path="/away"),
    }).start()
    assert agent.status("/app-health/nginx/livez") == 200
    assert agent.status("/app-health/nginx/readyz") == 404
    assert agent.status("/app-health/tls/livez") == 200
    assert agent.status("/app-health/app/livez") == 200
    assert agent.status("/app-health/app/readyz") == 503
    assert agent.status("/app-health/app/startupz") == 302
    method, path, headers = python.seen[0]
    assert (method, path) == ("GET", "/live?full=1")
    assert headers["X-Probe"] == "a $(HOME) b" and headers["Host"] == "app.example"
    assert headers["User-Agent"].startswith("kube-probe/")


def test_nothing_but_the_declared_path_by_get_reaches_the_application(mesh, applications):
    python = applications(PythonApp)
    agent = Agent(mesh, {"/app-health/app/livez": http_get(python.port, path="/alive")}).start()
    for path in ("/app-health/app/readyz", "/app-health/app/livez/", "/app-health/app/livez?x=1", "/app-health/app",
                 "//app-health/app/livez", "/app-health/app/../app/livez", "/app-health/%61pp/livez", "/alive", "/", "/config",
                 "/quit", "/drain"):
        assert agent.status(path) == 404, path
    for method in ("POST", "HEAD", "PUT", "DELETE", "OPTIONS"):
        assert agent.status("/app-health/app/livez", method=method, body=b"x" if method == "POST" else None) == 405
    assert agent.status("/quit", method="POST") == 404
    assert python.seen == []
    assert agent.status("/app-health/app/livez", host="10.1.2.3:15020") == 200  # the kubelet asks the pod's address
    assert len(python.seen) == 1 and python.seen[0][1] == "/alive"


def test_tcp_probes_connect_also_where_only_ipv6_listens(mesh, applications):
    six = applications(PythonApp, "::1")
    closed = free_port()
    agent = Agent(mesh, {"/app-health/six/livez": {"tcpSocket": {"port": six.port}},
                         "/app-health/none/livez": {"tcpSocket": {"port": closed}}}).start()
    assert agent.status("/app-health/six/livez") == 200
    status, text = agent.ask("/app-health/none/livez")
    assert status == 500 and "refused" in text


def test_grpc_probes_ask_the_health_service(mesh, applications):
    named = b"\x0a\x0bshop.Orders"
    health = applications(HealthServer, {b"": SERVING, named: NOT_SERVING, b"\x0a\x01x": b""})
    python = applications(PythonApp)
    agent = Agent(mesh, {
        "/app-health/g/livez": {"grpc": {"port": health.port}},
        "/app-health/g/readyz": {"grpc": {"port": health.port, "service": "shop.Orders"}},
        "/app-health/g/startupz": {"grpc": {"port": health.port, "service": "unheard-of"}},
        "/app-health/unknown/livez": {"grpc": {"port": health.port, "service": "x"}},
        "/app-health/http/livez": {"grpc": {"port": python.port}, "timeoutSeconds": 1},
    }).start()
    assert agent.ask("/app-health/g/livez") == (200, "SERVING\n")
    assert agent.ask("/app-health/g/readyz") == (503, "not SERVING\n")
    assert agent.ask("/app-health/g/startupz") == (503, "no answer of a health service\n")
    assert agent.ask("/app-health/unknown/livez") == (503, "not SERVING\n")
    assert agent.status("/app-health/http/livez") in (500, 503)


def test_a_probe_runs_once_however_many_ask_and_others_are_not_in_its_way(mesh, applications):
    """32 slow runs used to be all there was: three addresses could keep the kubelet's probes from running."""
    python = applications(PythonApp)
    agent = Agent(mesh, {"/app-health/app/livez": {**http_get(python.port, path="/held"), "timeoutSeconds": 20},
                         "/app-health/app/readyz": http_get(python.port, path="/alive")}).start()
    askers = [socket.create_connection(split(agent.endpoint), 20, (f"127.0.0.{2 + number % 3}", 0)) for number in range(39)]
    try:
        for each in askers:
            each.sendall(b"GET /app-health/app/livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert agent.status("/app-health/app/readyz") == 200
        python.released.set()
        assert [each.recv(12) for each in askers] == [b"HTTP/1.1 200"] * 39
    finally:
        for each in askers:
            each.close()
    assert [path for _, path, _ in python.seen].count("/held") <= 2


def test_a_probe_ends_at_its_time(mesh, applications):
    python = applications(PythonApp)
    agent = Agent(mesh, {"/app-health/app/livez": http_get(python.port, path="/slow")}).start()
    began = time.monotonic()
    assert agent.status("/app-health/app/livez") == 500
    assert 0.9 <= time.monotonic() - began < 20
    assert agent.status("/live") == 200  # and nothing else waited


def test_one_client_cannot_keep_the_port_from_others(mesh):
    agent = Agent(mesh, {}).start()
    address, port = split(agent.endpoint)
    held = [socket.create_connection((address, port), source_address=("127.0.0.9", 0)) for _ in range(40)]
    try:
        assert agent.status("/live") == 200
    finally:
        for each in held:
            each.close()


def test_ready_says_503_while_draining_and_metrics_are_there(mesh):
    agent = Agent(mesh, {})
    agent.sidecar.configuration["drain"] = {"notice": "20s", "grace": "1s"}
    agent.start()
    assert agent.status("/ready") == 200
    assert "gabion_" in agent.ask("/metrics")[1]
    assert agent.sidecar.get("/drain", method="POST")[0] == 202
    until(lambda: agent.status("/ready") == 503, "not ready while draining")
    assert agent.status("/live") == 200


@pytest.mark.parametrize("probes", ["[]", "{", '{"/other/x": {"tcpSocket": {"port": 1}}}', '{"/app-health/a/b": {}}',
                                    '{"/app-health/a/b": {"httpGet": {"port": 0}}}',
                                    '{"/app-health/a/b": {"httpGet": {"port": 80, "path": "/a b"}}}',
                                    '{"/app-health/a/b": {"httpGet": {"port": 80, "httpHeaders": [{"name": "a\\r\\nb"}]}}}',
                                    '{"/app-health/a/b": {"tcpSocket": {"port": 80}, "timeoutSeconds": 0}}'])
def test_bad_probes_are_refused_at_the_start(mesh, probes):
    agent = Agent(mesh, {})
    agent.prefix[2] = f"GABION_APP_PROBES={probes}"
    agent.start(ready=False)
    assert agent.sidecar.wait_exit(40) == 2
    assert "probes" in agent.sidecar.output(), "it has ended: all is written"


def test_wait_ready_and_wait_closed(binary, mesh, applications):
    agent = Agent(mesh, {})
    port = agent.endpoint.rpartition(":")[2]
    wait = [str(binary), "wait"]
    late = subprocess.run([*wait, "ready", "--port", port, "--timeout", "500ms"], capture_output=True, timeout=20, check=False)
    assert late.returncode == 1 and b"not ready" in late.stderr
    waiting = subprocess.Popen([*wait, "ready", "--port", port, "--timeout", "40s"])
    agent.start()
    assert waiting.wait(30) == 0
    python = applications(PythonApp)
    command = [*wait, "closed", str(python.port), "--timeout"]
    assert subprocess.run([*command, "500ms"], capture_output=True, timeout=20, check=False).returncode == 1
    waiting = subprocess.Popen([*command, "40s"])
    python.server.shutdown()
    python.server.server_close()
    assert waiting.wait(30) == 0
    python.stop = lambda: None
