"""A service of a mesh: endpoints on loopback addresses of their own, told by a Service and an EndpointSlice."""

import pathlib
import signal
import threading

from addresses import free_port
from nginx import Nginx
from raw_client import Closed

CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen {endpoint}{http2};
    location / {{ default_type text/plain; return {status} "$server_addr"; }}
  }}
}}
"""
FIRST_HOST = 30


class ServiceBed:
    """Service shop/orders of `mesh`, port 80 named http; endpoint i is at `address(i)`, all with one port."""

    def __init__(self, mesh, count, port=None):
        self.mesh, self.count = mesh, count
        self.port = port or free_port(self.address(0))
        self._running = {}
        self._starts = 0
        self.write_service()

    def address(self, index):
        return self.mesh.subnet.address(FIRST_HOST + index)

    def endpoint(self, index):
        return f"{self.address(index)}:{self.port}"

    # ---- manifests --------------------------------------------------------------------------------------------------

    def write_service(self, **spec):
        spec = {"clusterIP": "10.96.0.10", "ports": [{"name": "http", "port": 80, "targetPort": self.port}], **spec}
        self.mesh.put_policy({"apiVersion": "v1", "kind": "Service",
                              "metadata": {"name": "orders", "namespace": "shop"}, "spec": spec}, name="service.yaml")

    def write_slice(self, indexes=None, conditions=None):
        """`conditions` by index; who is not in it is ready."""
        indexes = range(self.count) if indexes is None else indexes
        entries = [{"addresses": [self.address(index)], "conditions": (conditions or {}).get(index, {"ready": True})}
                   for index in indexes]
        self.mesh.put_policy({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                              "metadata": {"name": "orders-a", "namespace": "shop",
                                           "labels": {"kubernetes.io/service-name": "orders"}},
                              "ports": [{"name": "http", "port": self.port}], "endpoints": entries},
                             name="slice.yaml")

    def write_pods(self, labels):
        """Endpoint i is pod orders-<10 + i> with `labels[i]`."""
        self.mesh.put_policy(*[{"apiVersion": "v1", "kind": "Pod",
                                "metadata": {"name": f"orders-{10 + index}", "namespace": "shop", "labels": found},
                                "spec": {"nodeName": "node-2", "containers": [{"name": "main"}]},
                                "status": {"phase": "Running", "podIP": self.address(index)}}
                               for index, found in enumerate(labels)], name="endpoints.yaml")

    def route(self, **more):
        return {"hosts": ["orders.shop"], "service": {"namespace": "shop", "name": "orders", "port": "http"},
                "tls": {"mode": "DISABLE"}, **more}

    # ---- endpoints --------------------------------------------------------------------------------------------------

    def start(self, *indexes, status=200, http2=False):
        for index in indexes:
            self._starts += 1
            folder = pathlib.Path(self.mesh.folder) / f"endpoint-{index}-{self._starts}"
            configuration = CONFIGURATION.format(folder=folder, endpoint=self.endpoint(index), status=status,
                                                 http2=" http2" if http2 else "")
            self._running[index] = Nginx(folder, self.endpoint(index), configuration=configuration)

    def kill(self, index):
        """As a node that loses power: its sockets are reset, nothing is said."""
        nginx = self._running.pop(index)
        nginx._process.send_signal(signal.SIGKILL)
        nginx._process.wait(30)

    def stop(self):
        for nginx in self._running.values():
            nginx.stop()
        self._running = {}

    # ---- calls ------------------------------------------------------------------------------------------------------

    def ask(self, count, method="GET", body=b""):
        """[(status, who served)] of requests one after another on one connection."""
        with self.mesh.caller() as client:
            answers = [client.ask(method, "/", [], body) for _ in range(count)]
        return [(answer.status, answer.body.decode()) for answer in answers]

    def load(self, threads, count, method="GET", body=b""):
        """A running load of threads × count requests."""
        return Load(self.mesh, threads, count, method, body)


class Load:
    """Requests of several connections at once, each counted. `half.wait()` returns when half of them are done."""

    def __init__(self, mesh, threads, count, method, body):
        self.statuses, self.half = {}, threading.Event()
        self._mesh, self._method, self._body = mesh, method, body
        self._lock, self._half = threading.Lock(), threads * count // 2
        self._threads = [threading.Thread(target=self._run, args=(count,)) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, count):
        client = None
        try:
            for _ in range(count):
                client = client or self._mesh.caller()
                try:
                    status = client.ask(self._method, "/", [], self._body).status
                except (Closed, OSError):
                    status, client = "closed", None
                self._note(status)
        finally:
            if client:
                client.close()

    def _note(self, status):
        with self._lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if sum(self.statuses.values()) >= self._half:
                self.half.set()

    def finish(self):
        for thread in self._threads:
            thread.join()
        return self.statuses
