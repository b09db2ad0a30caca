"""The strictest reader of requests: accepts what a proxy should write (RFC 9112) and names everything else."""

import hashlib
import re

TOKEN = rb"[!#$%&'*+.^`|~0-9A-Za-z-]+"  # without '_': many servers read it as '-'
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") (/[!-~]*|\*) HTTP/1\.1\r\n")
FIELD = re.compile(rb"(" + TOKEN + rb"): ?((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)\r\n")
NEVER = {b"http2-settings", b"proxy-connection", b"keep-alive"}


def _fields(stream, wrong):
    fields = []
    while (line := stream.readline(1 << 17)) != b"\r\n":
        match = FIELD.fullmatch(line)
        if not match:
            wrong.append(f"field {line[:200]!r}")
        if not line or not line.endswith(b"\n") or line == b"\n":
            break
        if match:
            fields.append((match[1].lower(), match[2]))
    return fields


def _framing(fields, wrong):
    """(length, chunked)"""
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    if len(lengths) + len(codings) > 1:
        wrong.append(f"framed twice: {lengths} {codings}")
    if any(not re.fullmatch(rb"0|[1-9][0-9]{0,18}", value) for value in lengths):
        wrong.append(f"length {lengths}")
    if any(value != b"chunked" for value in codings):
        wrong.append(f"coding {codings}")
    return (int(lengths[0]) if lengths and not wrong else 0), bool(codings)


def _chunks(stream, wrong):
    pieces = []
    while True:
        line = stream.readline(1 << 12)
        if not re.fullmatch(rb"[0-9a-fA-F]{1,16}\r\n", line):
            wrong.append(f"chunk line {line[:100]!r}")
            return b"".join(pieces)
        size = int(line, 16)
        if size == 0:
            break
        pieces.append(stream.read(size))
        if (end := stream.read(2)) != b"\r\n":
            wrong.append(f"end of a chunk {end!r}")
            return b"".join(pieces)
    for name, _ in _fields(stream, wrong):
        if name in (b"content-length", b"transfer-encoding", b"host", b"connection", b"trailer", b"authorization",
                    b"x-request-id"):
            wrong.append(f"trailer {name!r}")
    return b"".join(pieces)


def read_strictly(stream, answers):
    """The next request as a record with what is `wrong` with it; None at the end of the stream."""
    line = stream.readline(1 << 17)
    if not line:
        return None
    match, wrong = REQUEST_LINE.fullmatch(line), []
    if not match:
        return {
            "event": "request", "id": "", "method": "", "target": line.decode("latin-1"), "host": "", "length": 0,
            "sha256": None, "wrong": [f"request line {line[:200]!r}"]
        }
    fields = _fields(stream, wrong)
    named = dict(fields)
    hosts = [value for name, value in fields if name == b"host"]
    if len(hosts) != 1:
        wrong.append(f"hosts {hosts}")
    wrong += [f"field {name!r} must not pass" for name, _ in fields if name in NEVER]
    if b"upgrade" in named and named[b"upgrade"].lower() != b"websocket":
        wrong.append(f"upgrade {named[b'upgrade']!r}")
    wrong += [
        f"connection {value!r}" for name, value in fields
        if name == b"connection" and value.lower() not in (b"close", b"keep-alive", b"upgrade", b"te")
    ]
    length, is_chunked = _framing(fields, wrong)
    if named.get(b"expect", b"").lower() == b"100-continue":
        answers.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = b"" if wrong else _chunks(stream, wrong) if is_chunked else stream.read(length)
    broken = not is_chunked and len(body) < length or wrong and wrong[-1] == "chunk line b''"
    return {
        "event": "request", "id": named.get(b"x-request-id", b"").decode("latin-1"), "method": match[1].decode(),
        "target": match[2].decode("latin-1"), "host": b",".join(hosts).decode("latin-1"),
        "length": None if broken else len(body), "sha256": None if broken else hashlib.sha256(body).hexdigest(),
        "wrong": [] if broken else wrong
    }
