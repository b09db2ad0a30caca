"""The Core Rule Set's regression tests (FTW format) as requests, built by the rules of go-ftw."""

import base64
import dataclasses
import gzip
import json
import re
import urllib.parse

# Upstream's own configuration of the 3.3.4 suite leaves these out.
DISABLED_FILES = ("920250.yaml", "920360.yaml", "920370.yaml", "920380.yaml", "920390.yaml")
FORM = "application/x-www-form-urlencoded"
# go-ftw's expression as it stands: ^ binds to POST and $ to DELETE only.
METHODS_WITH_BODY = re.compile(r"^POST|PUT|PATCH|DELETE$")
# What the tests' backend answers to everything.
EMPTY_ANSWER = {"status": 200, "headers": [["Content-Length", "0"]], "body_b64": ""}


@dataclasses.dataclass(frozen=True)
class Case:
    """One test: a name of its own, what to send, what to expect."""

    name: str
    file: str
    input: dict
    output: dict


@dataclasses.dataclass(frozen=True)
class Request:
    """What goes out. `verbatim` is the whole request where the test gives its bytes; the other fields are empty then."""

    method: bytes = b""
    uri: bytes = b""
    version: bytes = b""
    headers: tuple = ()
    body: bytes = b""
    verbatim: bytes | None = None

    def wire(self):
        """The bytes on the connection."""
        if self.verbatim is not None:
            return self.verbatim
        head = [b" ".join((self.method, self.uri, self.version))]
        head += [name + b": " + value for name, value in self.headers]
        return b"\r\n".join(head) + b"\r\n\r\n" + self.body


def read_cases(path):
    """[Case] of a .jsonl or .jsonl.gz file, without the disabled ones. A name that occurs again gets #2."""
    opened = gzip.open(path, "rt", encoding="utf-8") if str(path).endswith(".gz") else open(path, encoding="utf-8")
    cases, seen = [], {}
    with opened as lines:
        for line in lines:
            said = json.loads(line)
            if said["file"] in DISABLED_FILES:
                continue
            title = said["title"]
            seen[title] = seen.get(title, 0) + 1
            name = title if seen[title] == 1 else f"{title}#{seen[title]}"
            cases.append(Case(name, said["file"], said["input"], said["output"]))
    return cases


def request_of(said):
    """The Request of a test's `input`."""
    if said.get("encoded_request"):
        return Request(verbatim=base64.b64decode(said["encoded_request"]))
    if said.get("raw_request"):
        return Request(verbatim=said["raw_request"].encode())
    headers = [(name, str(value)) for name, value in (said.get("headers") or {}).items()]
    method, body = said.get("method", "GET"), _body_of(said)
    completes = not said.get("stop_magic") and said.get("autocomplete_headers") is not False
    if completes and body:
        _add(headers, "Content-Type", FORM)
        if _value(headers, "Content-Type") == FORM:
            body = escaped_form(body)
    if (_value(headers, "Content-Type") or "").startswith("multipart/form-data;"):
        body = re.sub(rb"\r?\n", b"\r\n", body)
    if completes:
        _add(headers, "Connection", "close")
        if body or METHODS_WITH_BODY.search(method):
            _add(headers, "Content-Length", str(len(body)))
    return Request(method.encode(), said.get("uri", "/").encode(), said.get("version", "HTTP/1.1").encode(),
                   tuple((name.encode(), value.encode()) for name, value in headers), body)


def escaped_form(body):
    """Names and values query-escaped pair by pair, unless unescaping changes the whole: then it is escaped already."""
    if _unescaped(body) != body:
        return body
    return b"&".join(b"=".join(urllib.parse.quote_plus(part).encode() for part in pair.split(b"=", 1))
                     for pair in body.removesuffix(b"&").split(b"&"))


def _unescaped(body):
    """As Go's url.QueryUnescape; None where it would report an error."""
    if re.search(rb"%(?![0-9A-Fa-f]{2})", body):
        return None
    return urllib.parse.unquote_to_bytes(body.replace(b"+", b" "))


def _body_of(said):
    given = said.get("data")
    if given is None:
        return b""
    return ("\r\n".join(given) if isinstance(given, list) else str(given)).encode()


def _value(headers, wanted):
    return next((value for name, value in headers if name.lower() == wanted.lower()), None)


def _add(headers, name, value):
    if not _value(headers, name):
        headers.append((name, value))


def replay_line(name, request, answer=EMPTY_ANSWER, raw=False):
    """The line of replay input for a request. Its parts are given, so that no HTTP parser comes before the rules; with
    `raw`, and where parts are no UTF-8 or the test gives bytes, the bytes are."""
    if not raw and request.verbatim is None:
        try:
            return {"id": name, "method": request.method.decode(), "uri": request.uri.decode(),
                    "version": request.version.decode(),
                    "headers": [[key.decode(), value.decode()] for key, value in request.headers],
                    "body_b64": base64.b64encode(request.body).decode(), "response": answer}
        except UnicodeDecodeError:
            pass
    return {"id": name, "request_b64": base64.b64encode(request.wire()).decode(), "response": answer}
