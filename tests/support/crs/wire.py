"""Regression tests sent through a proxy: each request has an id of its own, by which its log line is found."""

import dataclasses
import json
import re

from raw_client import Closed, RawClient

# What go-ftw reads rule ids by, in whatever line of a log.
RULE_ID = re.compile(r'\[id "(\d+)"\]|"id":\s*"?(\d+)"?')
NAME = b"X-Request-Id"


def tagged(request, number):
    """The wire of the request with X-Request-Id: crs-NUMBER as its last field; given bytes get it before their first
    empty line, in the line ends they have."""
    tag = b"crs-%d" % number
    if request.verbatim is None:
        return dataclasses.replace(request, headers=(*request.headers, (NAME, tag))).wire()
    return re.sub(rb"(\r?\n)(\r?\n)", lambda ends: ends[1] + NAME + b": " + tag + ends[1] + ends[2], request.verbatim, count=1)


def ask(endpoint, source, wire, seconds):
    """{status} of the answer, or {status: 0, error}: closed, reset, or silent for so long."""
    try:
        with RawClient(endpoint, source=source, seconds=seconds) as client:
            client.send(wire)
            return {"status": client.read_head()[0]}
    except (Closed, OSError, ValueError) as error:
        return {"status": 0, "error": str(error)}


def ids_of(line):
    """The rule ids in one line of an audit log, a dict."""
    return list(dict.fromkeys(int(plain or quoted) for plain, quoted in RULE_ID.findall(json.dumps(line))))


def fired(lines):
    """{request id: [rule id]} of an audit log's lines; a request may have several lines."""
    found = {}
    for line in lines:
        ids = found.setdefault(line.get("request_id"), [])
        ids += [number for number in ids_of(line) if number not in ids]
    return found
