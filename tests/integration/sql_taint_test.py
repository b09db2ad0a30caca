"""HTTP to SQL taint: one gabion sees the request of a client and the statement that the application makes of it."""

import concurrent.futures
import http.client
import json
import random
import subprocess
import urllib.parse

import pytest

import item_search
from addresses import Subnet, split
from item_search import SECRETS, ItemSearch
from mesh import APPLICATION, FORWARDING, PODS, Mesh
from postgres_server import OWNER, PASSWORD, PostgresServer

PORT = 8083
EVERYTHING = {"users": [OWNER], "databases": ["shop"], "tables": ["public.*", "pg_catalog.*", "information_schema.*"],
              "functions": ["*"], "stackedStatements": "Allow", "injection": "Off"}
CANARY = "canary-7f3a"


@pytest.fixture(scope="module")
def server():
    found = PostgresServer(Subnet().endpoint(30))
    try:
        found.start()
        item_search.fill(found)
        yield found
    finally:
        found.stop()


class Pod:
    """orders-0: the application between an inbound HTTP listener and an outbound PostgreSQL one of the same gabion."""

    def __init__(self, binary, folder, server):
        self.mesh = Mesh(binary, folder, profile=FORWARDING)
        self.entry = self.mesh.subnet.endpoint(PODS["orders-0"][3])
        self.database = self.mesh.subnet.endpoint(PODS["orders-0"][3])
        self.target = self.mesh.subnet.endpoint(APPLICATION)
        self.server = server
        self.gabion = self.application = None

    def start(self, taint):
        self.put_policy(taint)
        inbound = {"name": "http", "listen": self.entry, "port": PORT, "protocol": "http", "target": self.target,
                   "tls": "DISABLE"}
        route = {"name": "db", "destination": self.server.endpoint, "port": 5432, "pod": self.mesh.address("batch-0"),
                 "tls": {"mode": "DISABLE"}}
        outbound = {"name": "db", "listen": self.database, "protocol": "postgres", "routes": [route]}
        self.gabion = self.mesh.sidecar("orders-0", inbound=[inbound], outbound=[outbound], workers=2).start()
        self.application = ItemSearch(self.target, self.database, (OWNER, PASSWORD)).start()
        return self

    def put_policy(self, taint):
        item = {**EVERYTHING, "taint": taint}
        self.mesh.put_policy({
            "apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": "db", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "orders"}},
                     "egress": [{"name": "db", "to": [{"namespaceSelector": {"matchLabels": {"team": "ops"}}}],
                                 "ports": [{"port": 5432}], "protocol": "PostgreSQL", "sql": [item]}]}})

    def use(self, taint):
        self.put_policy(taint)
        self.gabion.reload()

    def ask(self, path, body=None, headers=None):
        """(status, answer of the application)"""
        connection = http.client.HTTPConnection(*split(self.entry), timeout=30)
        try:
            connection.request("GET" if body is None else "POST", path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def search(self, page, value):
        return self.ask(f"/{page}?" + urllib.parse.urlencode({"q": value}))

    def tainted(self):
        return self.gabion.metric("gabion_sql_tainted_total")

    def stop(self):
        if self.application is not None:
            self.application.stop()
        crashes = self.mesh.crashes()
        self.mesh.stop()
        assert crashes == []


@pytest.fixture
def pod(binary, tmp_path, server):
    found = Pod(binary, tmp_path, server)
    yield found
    found.stop()


INJECTIONS = {
    "named": "' UNION SELECT 1, password, 2 FROM accounts -- ",
    "numbered": "0 UNION SELECT 1, password, 2 FROM accounts, (SELECT 3 AS price) x WHERE 1=1",
    "sorted": "(SELECT CASE WHEN (SELECT count(*) FROM accounts) = 3 THEN id ELSE price END)",
}


@pytest.mark.parametrize("page", INJECTIONS)
def test_what_ends_a_literal_or_adds_to_a_statement_is_denied(pod, page):
    pod.start("Off")
    status, answer = pod.search(page, INJECTIONS[page])
    assert status == 200 and answer["rows"]
    pod.use("Log")
    assert pod.search(page, INJECTIONS[page])[0] == 200
    told = pod.gabion.wait_audit(event="statement", sampled=False, listener="db")
    assert told["detail"].startswith("statement, let through: taint: query:q, ")
    assert told["detail"].endswith("; rule shop/db/db; user owner; database shop")
    pod.use("Deny")
    status, answer = pod.search(page, INJECTIONS[page])
    assert (status, answer["state"]) == (500, "42501")
    assert answer["error"].startswith("denied by policy: taint: query:q, ")
    pod.gabion.wait_audit(reason="policy_denied", event="statement", sampled=False)
    assert pod.tainted() == 2
    assert pod.search("named", "item 1") == (200, {"rows": [[1, "item 1", 7]]})


def test_values_are_taken_from_everywhere_in_a_request(pod):
    pod.start("Deny")
    attacks = [f"{number}' OR '1'='1" for number in range(3)]  # equal values are told by the name of the first
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for told, answer in {
        "query:q": pod.search("named", attacks[0]),
        "body:q": pod.ask("/named", urllib.parse.urlencode({"q": attacks[1]}), form),
        "body:q, ": pod.ask("/named", json.dumps({"q": attacks[2]}), {"Content-Type": "application/json"}),
        "header:User-Agent": pod.ask("/visited", headers={"User-Agent": "x', 'y'), ('"}),
    }.items():
        assert answer[0] == 500 and f"taint: {told}" in answer[1]["error"], (told, answer)
    assert pod.tainted() == 4


def test_no_value_is_in_logs(pod):
    pod.start("Deny")
    assert pod.search("named", f"{CANARY}' OR '{CANARY}'='{CANARY}")[0] == 500
    pod.use("Log")
    assert pod.search("named", f"{CANARY}' OR '{CANARY}'='{CANARY}")[0] == 200
    pod.gabion.wait_audit(event="statement", sampled=False, listener="db")
    assert pod.tainted() == 2
    assert CANARY not in pod.gabion.text("audit.log", "output.log")
    assert CANARY not in pod.gabion.get("/metrics")[1]


def benign_requests():
    """2,000 of (page, value): quotes, SQL words, sort orders and numbers where an application takes them."""
    choose = random.Random(4711)
    words = ["O'Brien", "select", "rock 'n' roll", "union", "drop", "the 7\" one", "a or b", "--", "(new)", "50% off", ";",
             "x=1", "from", "it's", "1=1", "where", "/* */", "and", "red", "\\", "$$", "O''Neil", "null", "%27", "naïve"]
    plain = [word for word in words if "'" not in word and "\\" not in word]
    for number in range(2000):
        kind = number % 5
        if kind == 0:
            yield "numbered", str(choose.choice([-12345, 7, 123456, -1]))
        elif kind == 1:
            yield "sorted", choose.choice(["name, id", "price DESC, id", "name", "items.price asc, name desc"])
        elif kind == 2:
            yield "named", " ".join(choose.choices(plain, k=choose.randint(1, 6)))
        else:
            yield ("quoted", "bound")[kind % 2], " ".join(choose.choices(words, k=choose.randint(1, 6)))


def test_ordinary_requests_raise_no_alarm(pod):
    pod.start("Deny")
    requests = list(benign_requests())
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda one: pod.search(*one), requests))
    wrong = [(request, answer) for request, answer in zip(requests, answers) if answer[0] != 200]
    assert (len(requests), wrong[:3]) == (2000, [])
    assert pod.tainted() == 0


def sqlmap(pod, folder, page):
    """What sqlmap has to say about a page, with every technique it has."""
    command = ["sqlmap", "-u", f"http://{pod.entry}/{page}?q=7", "-p", "q", "--batch", "--flush-session", "--dump",
               "-T", "accounts", "-D", "public", "--dbms=postgresql", "--level=2", "--risk=2", "--time-sec=1",
               "--technique=BEUSTQ", "--disable-coloring", f"--output-dir={folder}", "--timeout=20", "--retries=0"]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, cwd=folder).stdout


@pytest.mark.parametrize("page", ["named", "numbered"])
def test_sqlmap_dumps_the_accounts_without_taint_and_nothing_with_it(pod, tmp_path, page):
    pod.start("Off")
    said = sqlmap(pod, tmp_path, page)
    for login, password in SECRETS:
        assert login in said and password in said, said[-3000:]
    pod.use("Deny")
    said = sqlmap(pod, tmp_path, page)
    assert "all tested parameters do not appear to be injectable" in said, said[-3000:]
    for _, password in SECRETS:
        assert password not in said
    assert pod.tainted() > 20
