"""Requests are built as go-ftw builds them."""

import base64
import json

import pytest

from crs.ftw import EMPTY_ANSWER, escaped_form, read_cases, replay_line, request_of

HOST = {"Host": "localhost"}


def wire(**said):
    return request_of(said).wire()


@pytest.mark.parametrize("said,expected", [
    ({}, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
    ({"method": "", "version": "", "headers": HOST}, b" / \r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    ({"uri": "/é", "headers": {"X": 7}}, "GET /é HTTP/1.1\r\nX: 7\r\nConnection: close\r\n\r\n".encode()),
    ({"headers": {"cOnnection": "keep-alive"}}, b"GET / HTTP/1.1\r\ncOnnection: keep-alive\r\n\r\n"),
    ({"stop_magic": True, "data": "a=b c"}, b"GET / HTTP/1.1\r\n\r\na=b c"),
    ({"autocomplete_headers": False, "method": "POST"}, b"POST / HTTP/1.1\r\n\r\n"),
    ({"stop_magic": False, "method": "POST"}, b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    ({"method": "XPUT"}, b"XPUT / HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    ({"method": "XPOST"}, b"XPOST / HTTP/1.1\r\nConnection: close\r\n\r\n"),
    ({"method": "POST", "data": "a=b;c"}, b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                                          b"Connection: close\r\nContent-Length: 7\r\n\r\na=b%3Bc"),
    ({"data": "a", "headers": {"Content-Length": "50", "content-type": "text/plain"}},
     b"GET / HTTP/1.1\r\nContent-Length: 50\r\ncontent-type: text/plain\r\nConnection: close\r\n\r\na"),
    ({"data": ["--x", "a", "--x--"], "headers": {"Content-Type": "multipart/form-data; boundary=x"}, "stop_magic": True},
     b"GET / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\na\r\n--x--"),
    ({"data": "--x\na\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}, "stop_magic": True},
     b"GET / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\na\r\n"),
    ({"data": "a\nb", "headers": {"Content-Type": "text/plain"}, "stop_magic": True},
     b"GET / HTTP/1.1\r\nContent-Type: text/plain\r\n\r\na\nb"),
])
def test_a_request(said, expected):
    assert wire(**said) == expected


@pytest.mark.parametrize("said", [
    {"encoded_request": base64.b64encode(b"BROKEN\n\xff").decode(), "headers": HOST, "data": "not this"},
    {"raw_request": "BROKEN\n", "stop_magic": True},
])
def test_given_bytes_go_out_as_they_are(said):
    assert wire(**said).startswith(b"BROKEN\n")
    line = replay_line("x", request_of(said))
    assert base64.b64decode(line["request_b64"]) == wire(**said) and "method" not in line


@pytest.mark.parametrize("body,expected", [
    (b"a=b", b"a=b"),
    (b"a=1&b=<x>", b"a=1&b=%3Cx%3E"),
    (b"a=b=c&d", b"a=b%3Dc&d"),
    (b"a=%20<", b"a=%20<"),            # escaped already: unescaping changes it
    (b"a=b+c<", b"a=b+c<"),
    (b"a=100%", b"a=100%"),            # no escape: Go reports an error, and nothing is changed
    (b"a=<&", b"a=%3C"),
    (b"a~-._=\xc3\xa9", b"a~-._=%C3%A9"),
])
def test_a_form_is_escaped_once(body, expected):
    assert escaped_form(body) == expected


def test_a_line_has_parts_or_bytes():
    request = request_of({"method": "POST", "data": "a", "headers": {"Content-Type": "text/plain"}})
    line = replay_line("n", request)
    assert line == {"id": "n", "method": "POST", "uri": "/", "version": "HTTP/1.1", "body_b64": "YQ==", "response": EMPTY_ANSWER,
                    "headers": [["Content-Type", "text/plain"], ["Connection", "close"], ["Content-Length", "1"]]}
    assert base64.b64decode(replay_line("n", request, raw=True)["request_b64"]) == request.wire()


def test_names_are_unique_and_disabled_files_left_out(tmp_path):
    tests = [("941160.yaml", "941160-10"), ("920380.yaml", "920380-1"), ("941160.yaml", "941160-10")]
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps({"file": name, "title": title, "input": {}, "output": {}}) + "\n" for name, title in tests))
    assert [case.name for case in read_cases(file)] == ["941160-10", "941160-10#2"]
