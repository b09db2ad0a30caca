"""Holds what an origin read against what the proxy before it judged: who differs, in which stream, and how."""

import collections
import re

NUMBER = re.compile(r"/(\d{4})(?!\d)")


def number_of(record):
    """The number of the stream a record is of, as far as its target tells; None else."""
    match = NUMBER.search(record.get("target") or record.get("line") or record.get("raw") or "")
    return int(match[1]) if match else None


class Comparison:
    """`judged`: what the proxy let through, in order, each {id, method, target, host, length}; `read`: what the origin
    told. None in `length` is not compared: the origin did not read to the end, or nobody knows. `shown` makes of a
    target what the proxy's log shows of it."""
    def __init__(self, judged, read, shown=lambda target: target):
        self.judged = {record["id"]: record for record in judged}
        self.read = [record for record in read if record["event"] == "request"]
        self.refused = [record for record in read if record["event"] == "refused"]
        self.differences = []  # (number of the stream or None, sentence)
        self.improper = set()  # numbers of the streams of which something was written that is not to the letter
        self._shown = shown
        seen = collections.Counter()
        for record in self.read:
            seen[record["id"]] += 1
            self._compare(record, seen[record["id"]])
        self._order()
        self.missing = [record for record in judged if record["id"] not in seen]

    def _differ(self, record, sentence):
        self.differences.append((number_of(record), f"{sentence}: {record}"))

    def _compare(self, record, times):
        judged = self.judged.get(record["id"])
        if self._shown(record["target"]).startswith("/denied"):
            self._differ(record, "a denied path reached the origin")
        if judged is None or times > 1:
            self._differ(record, "the origin read a request that was not judged")
            return
        for what, theirs, ours in (("method", record["method"], judged["method"]),
                                   ("host", record["host"], judged["host"]), ("target", self._shown(record["target"]),
                                                                              self._shown(judged["target"]))):
            if theirs != ours:
                self._differ(record, f"{what} was judged as {ours!r}")
        if None not in (record.get("length"), judged["length"]) and record["length"] != judged["length"]:
            self._differ(record, f"length was judged as {judged['length']}")
        if record.get("wrong"):
            self.improper.add(number_of(record))

    def _order(self):
        """Requests of one connection must arrive in the order they were judged in."""
        places = {identity: place for place, identity in enumerate(self.judged)}
        last = {}
        for record in self.read:
            judged = self.judged.get(record["id"])
            if judged is None or judged.get("connection") is None:
                continue
            if places[record["id"]] < last.get(judged["connection"], -1):
                self._differ(record, "out of order")
            last[judged["connection"]] = places[record["id"]]

    def forwarded(self):
        """Numbers of the streams of which something was read."""
        return {number_of(record) for record in self.read} - {None}

    def denied(self):
        """Numbers of the streams of which a denied path was read, spelt as the rule has it."""
        return {number_of(record) for record in self.read if self._shown(record["target"]).startswith("/denied")}

    def streams_that_differ(self):
        return {number for number, _ in self.differences}
