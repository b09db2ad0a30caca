"""A request keeps its bytes when it is given its id, and the log's ids are read however they are written."""

import pytest

from crs.ftw import Request
from crs.wire import fired, ids_of, tagged


@pytest.mark.parametrize("request_,wire", [
    (Request(b"GET", b"/", b"HTTP/1.1", ((b"Host", b"h"),), b"b"), b"GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: crs-7\r\n\r\nb"),
    (Request(verbatim=b"GET / HTTP/1.1\r\nHost: h\r\n\r\na\r\n\r\nb"), b"GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: crs-7\r\n\r\na\r\n\r\nb"),
    (Request(verbatim=b"GET /\nHost: h\n\na"), b"GET /\nHost: h\nX-Request-Id: crs-7\n\na"),
    (Request(verbatim=b"GET /\r\n"), b"GET /\r\n"),
])
def test_a_request_is_tagged(request_, wire):
    assert tagged(request_, 7) == wire


def test_ids_are_read_in_order_and_once():
    assert ids_of({"request_id": "crs-1", "generation": 3, "waf": [{"id": 942100}, {"id": "920300"}, {"id": 942100}]}) == [942100, 920300]
    assert ids_of({"message": 'x [id "949110"] y'}) == []  # quotes are escaped inside JSON text
    assert ids_of({"request_id": "1", "peer_id": 5}) == []


def test_the_lines_of_a_request_are_joined():
    lines = [{"request_id": "a", "rules": [{"id": 1}]}, {"request_id": "b"}, {"request_id": "a", "rules": [{"id": 2}, {"id": 1}]}]
    assert fired(lines) == {"a": [1, 2], "b": []}
