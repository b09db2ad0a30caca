"""How a pod with a sidecar begins and ends: a kubelet's steps played with the manifest that `gabion inject` wrote."""

import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading

import psycopg2
import pytest
import yaml

import websocket_peers as ws
from addresses import listening, split
from http2_client import Http2Client
from interception_bed import url
from kubelet import Kubelet
from nginx import Nginx
from pods import PodNetwork, reachable_by_all, require_namespaces
from postgres_server import OWNER, PASSWORD, PostgresServer
from raw_client import RawClient, request
from seen_log import LOG, asked
from upstreams import scripted
from waiting import until

PORT = 8080
REFUSED = 7  # curl: could not connect
FORMS = pytest.mark.parametrize("form", ["native", "classic"])
NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
http {{
  """ + LOG + """
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen {port}; location / {{ return 200 "here"; }} }}
}}
"""
CONFIGURATION = """
apiVersion: gabion.dev/v1alpha1
kind: Proxy
workload: {{namespace: $(GABION_POD_NAMESPACE), pod: $(GABION_POD_NAME)}}
capture: {{inbound: {{mode: $(GABION_INBOUND_MODE)}}, outbound: {{tls: DISABLE}}}}
inbound:
- {{port: 8080, protocol: http, tls: DISABLE}}
policy: {{directory: {policy}}}
inspection: {{profiles: {{default: {{attacks: "off", paymentCards: "off"}}}}}}
log: {{access: {folder}/access.log, audit: {folder}/audit.log}}
workers: 1
timeouts: {{unknownPeer: 0ms, connect: 5s}}
drain: {{notice: 300ms, grace: 20s}}
"""


class LifeBed:
    """web is a pod whose containers a test chooses; orders is a service of another pod, without a sidecar."""

    def __init__(self, binary, folder):
        self.folder = folder
        for path in (folder, *folder.parents):  # other users must get there
            if path.stat().st_mode & 0o055 != 0o055:
                path.chmod(0o755)
        self.program = reachable_by_all(binary, folder)
        self.network = PodNetwork({"web": None, "orders": None})
        self.web, self.orders = self.network.pods["web"], self.network.pods["orders"]
        self._kubelets = []
        self._nginx = None
        try:
            self._nginx = self.orders.inside(self._serve)
        except BaseException:
            self.stop()
            raise

    def _serve(self):
        return Nginx(self.folder / "nginx", f"127.0.0.1:{PORT}",
                     configuration=NGINX.format(folder=self.folder / "nginx", port=PORT))

    def seen(self):
        """What orders was asked."""
        return [path for *_, path in asked(self.orders, self.folder / "nginx", PORT)]

    @property
    def service(self):
        return f"http://{self.orders.v4}:{PORT}"

    def pod(self, form, kind="Pod", options=(), **spec):
        """A kubelet for what `gabion inject`, with these options, makes of a pod with this spec."""
        meta = {"name": "web", "namespace": "shop"}
        manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec} if kind == "Pod" else {
            "apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"template": {"spec": spec}}}
        done = subprocess.run([self.program, "inject", "-f", "-", *(["--classic"] if form == "classic" else []), *options],
                              input=yaml.safe_dump(manifest), capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        found = Kubelet(self.network.node, self.web, yaml.safe_load(done.stdout), self._volume("out"),
                        {"gabion-config": self._write_configuration(), "gabion-policy": self._write_policy()}, self.program,
                        {"metadata.name": "web", "metadata.namespace": "shop"})
        self._kubelets.append(found)
        return found

    def _volume(self, name):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        return folder

    def _write_configuration(self):
        folder = self._volume("config")
        (folder / "gabion.yaml").write_text(CONFIGURATION.format(policy=self._volume("policy"), folder=self._volume("logs")))
        return folder

    def _write_policy(self):
        pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
                 "spec": {"containers": [{"name": "main"}]},
                 "status": {"phase": "Running", "podIP": pod.v4, "podIPs": [{"ip": pod.v4}, {"ip": pod.v6}]}}
                for name, pod in self.network.pods.items()]
        (self._volume("policy") / "all.yaml").write_text(yaml.safe_dump_all(pods))
        return self._volume("policy")

    def called_through_the_sidecar(self, path):
        log = self.folder / "logs" / "access.log"
        whole = log.read_text().rpartition("\n")[0] if log.exists() else ""
        return any(line.get("path") == path and line["side"] == "egress" for line in map(yaml.safe_load, whole.splitlines()))

    def stop(self):
        for kubelet in self._kubelets:
            kubelet.kill()
        if self._nginx:
            self._nginx.stop()
        self.network.remove()


@pytest.fixture
def bed(binary, tmp_path):
    require_namespaces()
    found = LifeBed(binary, tmp_path)
    yield found
    found.stop()


def calling(bed, path):
    return ["curl", "-sf", "--noproxy", "*", "-m", "10", "-o", "/dev/null", f"{bed.service}{path}"]


def application(bed, folder):
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    return {"name": "app", "image": "app", "securityContext": {"runAsUser": 1000}, "ports": [{"containerPort": PORT}],
            "command": [sys.executable, str(bed.folder / "leaving_app.py"), str(PORT), str(folder), bed.service]}


@pytest.fixture
def leaving(bed):
    """The program of an application that ends well, where every user may read it."""
    source = __file__.replace("integration/lifecycle_test.py", "support/leaving_app.py")
    (bed.folder / "leaving_app.py").write_bytes(open(source, "rb").read())
    return bed.folder / "leaving"


@FORMS
def test_the_proxy_is_ready_before_the_applications_first_call(bed, form):
    """One try, at once, and nobody waits for anything but the kubelet."""
    app = {"name": "app", "image": "app", "securityContext": {"runAsUser": 1000}, "command": calling(bed, "/first")}
    first = {"name": "prepare", "image": "app", "securityContext": {"runAsUser": 1000}, "command": calling(bed, "/init")}
    kubelet = bed.pod(form, containers=[app], initContainers=[first]).start()
    assert kubelet["app"].wait_exit() == 0
    assert bed.seen() == ["/init", "/first"]
    until(lambda: bed.called_through_the_sidecar("/first"), "the sidecar has seen it")
    assert bed.called_through_the_sidecar("/init") == (form == "native"), "docs/injection.md says which"


SEEN = """
import http.server, socket
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.client_address[0].removeprefix("::ffff:").encode())
Server(("::", 8080), Answer).serve_forever()
"""


@FORMS
@pytest.mark.parametrize("interception", ["redirect", "tproxy"])
def test_an_application_sees_its_caller_by_tproxy_alone(bed, form, interception):
    """With what `gabion inject` gives the proxy for it: root, NET_ADMIN, a group."""
    app = {"name": "app", "image": "app", "securityContext": {"runAsUser": 1000}, "command": [sys.executable, "-c", SEEN]}
    kubelet = bed.pod(form, options=["--interception", interception], containers=[app]).start()
    for address, own in ((bed.web.v4, bed.orders.v4), (bed.web.v6, bed.orders.v6)):
        by_redirect = "::6" if ":" in address else "127.0.0.6"
        seen = until(lambda: (got := bed.orders.curl(url(address, PORT)))[1] == 200 and got[2], "the application serves")
        assert seen.strip() == (own if interception == "tproxy" else by_redirect)
    assert bed.web.curl(f"{bed.service}/out")[1] == 200
    until(lambda: bed.called_through_the_sidecar("/out"), "what it calls is led as ever")
    status = pathlib.Path(f"/proc/{kubelet['gabion'].process.pid}/status").read_text(encoding="ascii")
    assert re.search(r"CapEff:\s+0*1000\n" if interception == "tproxy" else r"CapEff:\s+0+\n", status)
    assert re.search(r"CapBnd:\s+0*1000\n" if interception == "tproxy" else r"CapBnd:\s+0+\n", status)
    assert re.search(r"Gid:\s+1337\s+1337", status)


def test_the_pod_of_a_job_ends_when_its_container_ends(bed):
    app = {"name": "app", "image": "app", "securityContext": {"runAsUser": 1000}, "command": calling(bed, "/work")}
    kubelet = bed.pod("native", kind="Job", restartPolicy="Never", containers=[app]).start()
    assert kubelet.wait_completed() == {"gabion-init": 0, "gabion": 0, "app": 0}
    assert bed.seen() == ["/work"] and bed.called_through_the_sidecar("/work")


def test_a_job_that_fails_stays_failed(bed):
    """The sidecar's own end says nothing else."""
    app = {"name": "app", "image": "app", "securityContext": {"runAsUser": 1000}, "command": ["/bin/false"]}
    kubelet = bed.pod("native", kind="Job", restartPolicy="Never", containers=[app]).start()
    assert kubelet.wait_completed() == {"gabion-init": 0, "gabion": 0, "app": 1}


def test_a_job_in_classic_form_is_refused(bed):
    with pytest.raises(AssertionError, match="keep"):
        bed.pod("classic", kind="Job", restartPolicy="Never", containers=[{"name": "app", "image": "app"}])


@FORMS
def test_a_pod_that_is_deleted_answers_who_waits_and_says_goodbye(bed, leaving, form):
    kubelet = bed.pod(form, containers=[application(bed, leaving)]).start()
    until(lambda: bed.orders.curl(url(bed.web.v4, PORT, "/up"))[1] == 200, "the application serves")
    with bed.orders.inside(socket.create_connection, (bed.web.v4, PORT), 20) as stream:
        stream.sendall(request("GET", "/held", headers=[("Connection", "close")]))
        until((leaving / "asked").exists, "it is under way")
        statuses = []
        deleting = threading.Thread(target=lambda: statuses.append(kubelet.delete()))
        deleting.start()
        until((leaving / "closed").exists, "the application takes nobody new")
        if form == "classic":  # its proxy ends beside the application
            until(lambda: bed.orders.curl(url(bed.web.v4, PORT))[0] == REFUSED, "the proxy takes nobody new")
        (leaving / "release").touch()
        answer = b""
        while piece := stream.recv(65536):
            answer += piece
    deleting.join(50)
    assert answer.startswith(b"HTTP/1.1 200") and len(answer.partition(b"\r\n\r\n")[2]) == 100_000
    assert (leaving / "hello").read_text() == "200" and (leaving / "goodbye").read_text() == "200"
    assert statuses == [{"gabion-init": 0, "gabion": 0, "app": 0}]
    assert bed.called_through_the_sidecar("/goodbye"), "its last call was judged as every other"
    assert bed.network.node.curl(url(bed.web.v4, PORT), uid=0)[1] == 0, "rules stay: what is led to nobody is refused"


# ---- one sidecar, everything under way at once ------------------------------------------------------------------------

@pytest.fixture
def database(mesh):
    found = PostgresServer(mesh.subnet.endpoint(30))
    try:
        yield found.start()
    finally:
        found.stop()


def test_one_stop_ends_each_kind_of_work_in_its_own_way(mesh, database):
    released = threading.Event()
    mesh.start_wild(b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"x" * 10000, lambda _: released.wait(30), b"y" * 10000)
    mesh.start_application()
    echo = mesh._keep(ws.Service(mesh.subnet.endpoint(22)))
    echo_endpoint = "%s:%d" % echo._server.sockets[0].getsockname()[:2]
    entries = {"http": {"protocol": "http", "target": mesh.wild_endpoint},
               "ws": {"protocol": "http", "target": echo_endpoint, "websocket": "allow"},
               "db": {"protocol": "postgres", "target": database.endpoint}}
    listens = {name: mesh.subnet.endpoint(20) for name in entries}
    calls = mesh.subnet.endpoint(20)
    sidecar = mesh.sidecar(
        "orders-0", drain={"notice": "200ms", "grace": "30s"},
        inbound=[{"name": name, "listen": listens[name], "port": split(listens[name])[1], "tls": "DISABLE", **entry}
                 for name, entry in entries.items()],
        outbound=[{"name": "calls", "listen": calls, "protocol": "http", "routes": [
            {"hosts": ["*"], "destination": mesh.application_endpoint, "tls": {"mode": "DISABLE"}}]}]).start()
    mesh.inbound = sidecar
    database.run("CREATE TABLE kept (id int)")
    host, port = split(listens["db"])
    with RawClient(listens["http"]) as one, Http2Client(listens["http"]) as two:
        one.send(request("GET", "/one"))
        assert one.read_head()[0] == 200
        stream = two.begin(path="/two")
        until(lambda: two.step() or len(two.answers[stream].body) == 10000, "half of the stream is here")
        session = psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop", connect_timeout=20)
        cursor = session.cursor()
        cursor.execute("INSERT INTO kept VALUES (1)")
        talk = RawClient(listens["ws"])
        talk.send(request("GET", "/", ws.UPGRADE))
        assert talk.read(interim=True).status == 101
        talk.send(ws.frame(ws.TEXT, "begun, ", fin=False))

        sidecar.signal(signal.SIGTERM)
        until(lambda: not any(map(listening, listens.values())), "nobody new is taken")
        with RawClient(calls) as own:
            assert own.ask("GET", "/while-it-ends").status == 200, "the application's own calls go on"
        cursor.execute("INSERT INTO kept VALUES (2)")
        session.commit()
        talk.send(ws.frame(ws.CONTINUATION, "ended"))
        codes = []
        while not codes:
            _, _, opcode, _, payload = ws.read_frame(talk._take)
            codes += [int.from_bytes(payload[:2], "big")] if opcode == ws.CLOSE else []
        talk.send(ws.frame(ws.CLOSE, ws.close_payload(1001)))
        released.set()
        assert one._take(20000) == b"x" * 10000 + b"y" * 10000
        assert two.read(stream).body == b"x" * 10000 + b"y" * 10000
        assert sidecar.wait_exit(40) == 0
    talk.close()
    session.close()
    assert codes == [1001] and echo.messages == ["begun, ended"]
    assert database.run("SELECT count(*) FROM kept") == "2"
    assert two.goaways and two.answers[stream].reset is None
    assert {line["path"] for line in sidecar.access(response_code=200)} >= {"/one", "/two", "/while-it-ends"}
