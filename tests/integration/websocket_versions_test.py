"""WebSocket beside HTTP/2: an upgrade has HTTP/1.1 on both sides, whatever others speak there."""

import pytest

import websocket_peers as ws
from http2_client import Http2Client
from raw_client import request
from waiting import until
from websocket_bed import connect, start_websocket
from websocket_peers import Client

PROTOCOL_ERROR = 1
HTTP_ANSWER = 426  # of a service that knows nothing but WebSocket


def plain_request(mesh):
    with mesh.caller() as client:
        client.send(request("GET", "/", host="orders.shop"))
        return client.read(interim=True).status


def test_an_upgrade_does_not_join_a_shared_connection(mesh):
    """Between the sidecars requests share HTTP/2; upgrades, before and after and meanwhile, have sockets of their own."""
    start_websocket(mesh, outbound=True)
    for round_number in range(3):
        assert plain_request(mesh) == HTTP_ANSWER
        with Client(mesh.calls) as first, Client(mesh.calls) as second:
            assert plain_request(mesh) == HTTP_ANSWER
            assert (first.ask("a"), second.ask("b")) == ("a", "b")
            assert first.close()[0] == second.close()[0] == 1000
        until(lambda: len(mesh.inbound.access(response_code=101)) == 2 * (round_number + 1), "both are logged")
    assert plain_request(mesh) == HTTP_ANSWER
    assert {line["protocol"] for line in mesh.inbound.access(response_code=HTTP_ANSWER)} == {"HTTP/2"}
    assert {line["protocol"] for line in mesh.inbound.access(response_code=101)} == {"HTTP/1.1"}
    assert not [line for line in mesh.outbound.access() if line["reason"] != "none"]


def test_an_upgrade_is_the_first_to_reach_a_service(mesh):
    """It says nothing of what the service speaks: requests after it share HTTP/2."""
    start_websocket(mesh, outbound=True)
    with Client(mesh.calls) as client:
        assert client.ask("x") == "x"
        assert plain_request(mesh) == HTTP_ANSWER
        assert client.close()[0] == 1000
    assert mesh.inbound.wait_access(response_code=HTTP_ANSWER)["protocol"] == "HTTP/2"


@pytest.mark.parametrize("headers", [ws.UPGRADE, ws.UPGRADE[:3] + [("Sec-WebSocket-Version", "8")]])
def test_a_service_declared_as_http2_is_not_upgraded(mesh, headers):
    service = start_websocket(mesh, inbound_more={"targetProtocol": "http2"})
    with mesh.plain() as client:
        client.send(request("GET", "/", headers, host="orders.shop"))
        answer = client.read(interim=True)
    assert (answer.status, b"upgrade_refused" in answer.body) == (501, True)
    assert mesh.inbound.wait_access(response_code=501)["reason"] == "upgrade_refused"
    assert service.paths == []


def test_a_stream_of_http2_is_not_upgraded(mesh):
    """RFC 9113 §8.2.2: there is no Upgrade there; :protocol (RFC 8441) was not offered by our settings."""
    service = start_websocket(mesh)
    pseudo = [(":method", "CONNECT"), (":scheme", "http"), (":path", "/"), (":authority", "orders.shop"),
              (":protocol", "websocket")]
    asking = [(name.lower(), value) for name, value in ws.UPGRADE]
    with Http2Client(mesh.listens["plain"], source=mesh.address("web-0")) as client:
        assert client.read(client.begin(pseudo=pseudo)).reset == PROTOCOL_ERROR
        assert client.ask(headers=asking, authority="orders.shop").reset == PROTOCOL_ERROR
        assert client.ask(headers=asking[2:], authority="orders.shop").status == HTTP_ANSWER
    assert service.paths == []
    with connect(mesh) as client:
        assert client.ask("x") == "x"
