"""A small shop over HTTP whose statements are glued together from what clients send: the application that sqlmap breaks.

Runs in threads of the test. `/quoted` and `/bound` are the same search done right, once with quoted literals and once
with parameters that are bound on the server.
"""

import http.server
import json
import threading
import urllib.parse

import psycopg2

from addresses import split

SECRETS = [("alice", "correct horse battery"), ("bob", "hunter-2-hunter"), ("carol", "s3cr3t-of-carol")]

SCHEMA = """
CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL, price int NOT NULL);
CREATE TABLE accounts (login text PRIMARY KEY, password text NOT NULL);
INSERT INTO items SELECT n, 'item ' || n, n * 7 % 100 FROM generate_series(1, 50) n;
CREATE TABLE visits (agent text);
"""


def fill(server):
    """Makes the tables with psql; `server` is a PostgresServer."""
    server.run(SCHEMA)
    for login, password in SECRETS:
        server.run(f"INSERT INTO accounts VALUES ('{login}', '{password}')")


class Statements:
    """Each method makes one statement of a client's value: (text, bound values)."""

    @staticmethod
    def named(value):
        return f"SELECT id, name, price FROM items WHERE name = '{value}' AND price < 1000", None

    @staticmethod
    def numbered(value):
        return f"SELECT id, name, price FROM items WHERE id = {value} AND price < 1000", None

    @staticmethod
    def sorted(value):
        return f"SELECT id, name, price FROM items ORDER BY {value} LIMIT 20", None

    @staticmethod
    def visited(value):
        return f"INSERT INTO visits VALUES ('{value}') RETURNING 1, agent, 2", None

    @staticmethod
    def quoted(value):
        return "SELECT id, name, price FROM items WHERE name = %s OR name LIKE %s", (value, f"%{value}%")

    @staticmethod
    def bound(value):
        return "EXECUTE by_name(%s)", (value,)


class _Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        name = url.path.strip("/")
        if name == "visited":
            value = self.headers.get("User-Agent", "")
        else:
            value = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True)).get("q", "")
        self._answer(name, value)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if "json" in self.headers.get("Content-Type", ""):
            try:
                value = json.loads(body)["q"]
            except (ValueError, KeyError, TypeError):
                return self._send(400, {"error": "no q"})
        else:
            value = dict(urllib.parse.parse_qsl(body, keep_blank_values=True)).get("q", "")
        return self._answer(urllib.parse.urlsplit(self.path).path.strip("/"), str(value))

    def _answer(self, name, value):
        if not hasattr(Statements, name):
            return self._send(404, {"error": "no such page"})
        text, values = getattr(Statements, name)(value)
        try:
            rows = self.server.shop.run(text, values)
        except psycopg2.Error as error:
            return self._send(500, {"error": str(error), "state": error.pgcode})
        return self._send(200, {"rows": rows})

    def _send(self, status, answer):
        body = json.dumps(answer, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class ItemSearch:
    """Serves on `endpoint`, asks the database at `database` (host:port), as `login` = (user, password)."""

    def __init__(self, endpoint, database, login, name="shop"):
        self.endpoint = endpoint
        self._database, self._login, self._name = database, login, name
        self._local = threading.local()
        self._server = None

    def start(self):
        self._server = _Server(split(self.endpoint), _Page)
        self._server.shop = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def _connection(self):
        """One for each thread, which is one for each connection of a client's."""
        connection = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            host, port = split(self._database)
            user, password = self._login
            connection = psycopg2.connect(host=host, port=port, user=user, password=password, dbname=self._name,
                                          connect_timeout=20)
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("PREPARE by_name(text) AS SELECT id, name, price FROM items WHERE name = $1")
            self._local.connection = connection
        return connection

    def run(self, text, values):
        with self._connection().cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchmany(100) if cursor.description else []

    def stop(self):
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
