"""WebSocket beside and over HTTP/2 towards services: which leg speaks what."""

from h2.settings import SettingCodes

import websocket_peers as ws
from http2_application import Http2Application
from http2_client import Http2Client
from raw_client import request
from waiting import until
from websocket_bed import connect, inbound_of, start_websocket
from websocket_h2 import Stream, connection
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


def start_http2_service(mesh, announces=True):
    mesh.start_inbound(inbound=inbound_of(mesh, targetProtocol="http2"))
    settings = {SettingCodes.ENABLE_CONNECT_PROTOCOL: 1} if announces else {}
    return mesh._keep(Http2Application(mesh.application_endpoint, settings=settings))


def test_a_service_of_http2_that_announces_it_gets_an_extended_connect(mesh):
    service = start_http2_service(mesh)
    with connect(mesh, path="/chat?n=1") as client:
        assert client.ask("from HTTP/1.1") == "from HTTP/1.1"
        assert client.close(4321) == (4321, "")
    with connection(mesh) as client:
        stream = Stream(client, path="/chat?n=2").opened()
        assert stream.ask("from HTTP/2") == "from HTTP/2"
        assert stream.close() == 1000
    until(lambda: service.closes == [4321, 1000], "the service is told")
    assert service.connections == 1  # shared, as requests share it
    for number, request_seen in enumerate(service.requests, 1):
        told = dict(request_seen["fields"])
        assert (told[":method"], told[":protocol"], told[":path"]) == ("CONNECT", "websocket", f"/chat?n={number}")
        assert (told[":authority"], told["sec-websocket-version"]) == ("orders.shop", "13")
        assert not {"connection", "upgrade", "sec-websocket-key", "content-length", "te"} & set(told)
    assert mesh.inbound.wait_access(response_code=101)["websocket_close_code"] == 4321
    assert mesh.inbound.wait_access(response_code=200)["websocket_close_code"] == 1000


def test_a_service_of_http2_that_announces_nothing_is_not_asked(mesh):
    service = start_http2_service(mesh, announces=False)
    for _ in range(2):
        with mesh.plain() as client:
            client.send(request("GET", "/", ws.UPGRADE, host="orders.shop"))
            answer = client.read(interim=True)
        assert (answer.status, b"upgrade_refused" in answer.body) == (501, True)
        with connection(mesh) as client:
            assert Stream(client).read_end().status == 501
    with mesh.plain() as client:
        assert client.ask("GET", "/").status == 200
    assert [one["path"] for one in service.requests] == ["/"] and service.requests[0]["method"] == "GET"


def test_answers_of_a_service_of_http2(mesh):
    service = start_http2_service(mesh)
    with connection(mesh) as client:
        assert Stream(client, path="/no").read_end().status == 403
        assert Stream(client, path="/odd").read_end().status == 502
        stream = Stream(client, path="/vanish").opened().text("go")
        assert stream.close_code() == 1014
    with connect(mesh, path="/vanish") as client:
        client.send("go")
        assert client.wait_closed()[0] == 1014
    assert len(service.requests) == 4


def test_a_client_whose_connection_goes_is_logged_whatever_the_service_speaks(mesh):
    start_http2_service(mesh)
    with connection(mesh) as client:
        assert Stream(client, path="/gone").opened().ask("x") == "x"
    line = mesh.inbound.wait_access(path="/gone")
    assert (line["reason"], line["websocket_closed_by"]) == ("client_closed", "client")
    assert mesh.inbound.metric("gabion_websocket_connections") == 0


def test_a_service_may_end_its_stream_behind_ours(mesh):
    """No reset, which would count against us."""
    service = start_http2_service(mesh)
    for _ in range(2):
        with connect(mesh, path="/slow") as client:
            assert client.ask("x") == "x"
            assert client.close() == (1000, "")
        with connection(mesh) as client:
            stream = Stream(client, path="/slow").opened()
            assert stream.ask("x") == "x" and stream.close() == 1000
    until(lambda: len(mesh.inbound.access(path="/slow")) == 4, "all are logged")
    assert service.closes == [1000] * 4 and service.resets == []


def test_an_accept_of_a_service_of_http2_is_not_passed_on(mesh):
    start_http2_service(mesh)
    with connect(mesh, path="/accepts") as client:  # which takes one accept, and the right one
        assert client.ask("x") == "x"


def test_an_upgrade_between_sidecars_is_a_stream_where_the_route_says_http2(mesh):
    start_websocket(mesh)
    mesh.start_outbound(outbound=[{"name": "calls", "listen": mesh.calls, "protocol": "http", "websocket": "allow",
                                   "sourceAddress": mesh.address("web-0"), "inspect": "default",
                                   "routes": [mesh.route("orders.shop", "http", protocol="http2")]}])
    with Client(mesh.calls, path="/chat") as client:
        assert client.ask("x" * 100_000) == "x" * 100_000
        assert plain_request(mesh) == HTTP_ANSWER
        assert client.close()[0] == 1000
    line = mesh.inbound.wait_access(path="/chat")
    assert (line["protocol"], line["response_code"], line["mutual_tls"]) == ("HTTP/2", 200, True)
    line = mesh.outbound.wait_access(path="/chat")
    assert (line["protocol"], line["response_code"], line["reason"]) == ("HTTP/1.1", 101, "none")


def test_a_version_that_is_not_ours_is_told_whatever_the_service_speaks(mesh):
    start_http2_service(mesh)
    with mesh.plain() as client:
        client.send(request("GET", "/", ws.UPGRADE[:3] + [("Sec-WebSocket-Version", "8")], host="orders.shop"))
        assert client.read(interim=True).status == 426


def test_a_stream_of_http2_is_not_upgraded_by_fields(mesh):
    """RFC 9113 §8.2.2: there is no Upgrade there; RFC 8441 has another way (websocket_h2_test.py)."""
    service = start_websocket(mesh)
    asking = [(name.lower(), value) for name, value in ws.UPGRADE]
    with Http2Client(mesh.listens["plain"], source=mesh.address("web-0")) as client:
        assert client.ask(headers=asking, authority="orders.shop").reset == PROTOCOL_ERROR
        assert client.ask(headers=asking[2:], authority="orders.shop").status == HTTP_ANSWER
    assert service.paths == []
    with connect(mesh) as client:
        assert client.ask("x") == "x"
