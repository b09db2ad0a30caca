"""Where a statement of the gate is run: one connection, straight to the server or through a proxy in front of it."""

import collections

import corpus
import wire
from mesh import PODS, Mesh
from postgres_bed import PORT

ALONE = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "VACUUM", "DISCARD")  # cannot stand in our transaction, or end it
AFTER = ("ROLLBACK", "SET SESSION AUTHORIZATION DEFAULT", "RESET ALL", "DEALLOCATE ALL", "UNLISTEN *", "CLOSE ALL")
SEQUENCES = "; ".join(f"ALTER SEQUENCE {name} RESTART 1000" for name in (
    "people_id_seq", "orders_id_seq", "shop.items_id_seq", "shop.people_id_seq", '"Odd Name_id_seq"', "counter"))
COMPARED = "CZS123nsIGHAtdc"  # kinds of messages of which every byte is compared

Outcome = collections.namedtuple("Outcome", "answer rows error audit")  # rows in an order of ours


def prepare(server):
    client = wire.Client("127.0.0.1", server.port)
    for text in ("CREATE EXTENSION pgaudit", (corpus.FOLDER / "schema.txt").read_text()):
        client.send(wire.query(text))
        answer = client.answer()
        assert "E" not in [kind for kind, _ in answer], answer
    client.close()


def policy(name, mode, **fields):
    """An L7Policy with one Allow rule for the server's port."""
    rule = {"name": "db", "action": "Allow", "ports": [{"port": PORT}], "protocol": "PostgreSQL", **fields}
    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "mode": mode, "ingress": [rule]}}


def permissive():
    """An Allow without `sql` takes every statement that can be read. Of the DryRun policy beside it names are compared, which
    changes nothing."""
    narrow = {"databases": ["postgres"], "tables": ["public.people", "shop.*"], "columns": ["id", "a"], "requireWhere": ["DELETE"]}
    return [policy("everything", "Enforce"), policy("narrow", "DryRun", sql=[narrow])]


class Proxy:
    """`gabion run` in front of a server, in plain text."""

    def __init__(self, binary, folder, server, policies):
        self._mesh = Mesh(binary, folder)
        self._mesh.put_policy(*policies)
        self.address = self._mesh.address("orders-0")
        listen = self._mesh.subnet.endpoint(PODS["orders-0"][3])
        self.port = int(listen.rsplit(":", 1)[1])
        entry = {"name": "db", "listen": listen, "port": PORT, "protocol": "postgres", "tls": "DISABLE",
                 "target": f"127.0.0.1:{server.port}"}
        self.sidecar = self._mesh.sidecar("orders-0", inbound=[entry]).start()

    def put_policy(self, *policies):
        self._mesh.put_policy(*policies)
        self.sidecar.reload()

    def stop(self):
        crashes = self._mesh.crashes()
        self._mesh.stop()
        assert crashes == []


class Bed:
    """Runs each statement in a transaction of its own that is rolled back. `say` puts a text into messages."""

    def __init__(self, server, address, port, say):
        self._server, self._say = server, say
        self._client = wire.Client(address, port)
        self._before = [SEQUENCES]

    def run(self, text, kinds):
        """What stands around a statement is sent together with it: one wait for each."""
        around = [*self._before, *([] if set(kinds) & set(ALONE) else ["BEGIN"])]
        self._before = AFTER
        self._client.send(b"".join(map(wire.query, around)) + self._say(text))
        for sent in around:
            answer = self._client.answer()
            assert "E" not in [kind for kind, _ in answer], (sent, answer)
        answer = self._client.answer()
        errors = [wire.fields(body) for kind, body in answer if kind == "E"]
        return Outcome([told(*message) for message in answer if message[0] != "D"],
                       sorted(body for kind, body in answer if kind == "D"), errors[0] if errors else {}, self._server.audit())

    def close(self):
        self._client.close()


def told(kind, body):
    """What must be the same twice: the numbers of tables and types are not."""
    if kind in "EN":
        return kind, sorted(wire.fields(body).items())
    if kind == "T":
        return kind, wire.columns(body)
    return kind, body if kind in COMPARED else None
