"""Frames that no library sends, and compression that is broken or a bomb: what closes a WebSocket with which code."""

import random
import zlib

import pytest

import websocket_peers as ws
from mesh import FORWARDING, Mesh
from waiting import until
from websocket_bed import SWITCH, Raw, connect, start_websocket, switch


@pytest.fixture(scope="module")
def echo(binary, tmp_path_factory):
    """A mesh without detectors whose service echoes."""
    mesh = Mesh(binary, tmp_path_factory.mktemp("echo"), FORWARDING)
    mesh.service = start_websocket(mesh, outbound=True)
    yield mesh
    crashes = mesh.crashes()
    mesh.stop()
    assert crashes == []


# ---- frames ---------------------------------------------------------------------------------------------------------


BAD_FRAMES = {
    "not masked": (ws.frame(ws.TEXT, "x", mask=None), 1002),
    "reserved bit 1": (ws.frame(ws.TEXT, "x", reserved=4), 1002),
    "reserved bit 3": (ws.frame(ws.TEXT, "x", reserved=1), 1002),
    "reserved opcode": (ws.frame(3, "x"), 1002),
    "reserved control opcode": (ws.frame(11, "x"), 1002),
    "a long ping": (ws.frame(ws.PING, "x" * 126), 1002),
    "a fragmented ping": (ws.frame(ws.PING, "x", fin=False), 1002),
    "a length of 16 bits that fits 7": (ws.frame(ws.TEXT, "x" * 5, length=b"\x7e\x00\x05"), 1002),
    "a length of 64 bits that fits 16": (ws.frame(ws.TEXT, "x", length=b"\x7f" + b"\x00" * 7 + b"\x01"), 1002),
    "a length of 2^63": (ws.frame(ws.TEXT, "x", length=b"\x7f\x80" + b"\x00" * 7), 1002),
    "a length above the limit": (ws.frame(ws.TEXT, "x", length=b"\x7f" + (1 << 30).to_bytes(8, "big")), 1009),
    "a continuation of nothing": (ws.frame(ws.CONTINUATION, "x"), 1002),
    "a message in a message": (ws.frame(ws.TEXT, "x", fin=False) + ws.frame(ws.TEXT, "y"), 1002),
    "a close of one byte": (ws.frame(ws.CLOSE, b"\x03"), 1002),
    "a close with 1005": (ws.frame(ws.CLOSE, ws.close_payload(1005)), 1002),
    "a close with 999": (ws.frame(ws.CLOSE, ws.close_payload(999)), 1002),
    "a close with no UTF-8": (ws.frame(ws.CLOSE, b"\x03\xe8\xff"), 1007),
    "no UTF-8": (ws.frame(ws.TEXT, b"\xc0\xaf"), 1007),
    "a surrogate cut in two": (ws.frame(ws.TEXT, b"\xed", fin=False) + ws.frame(ws.CONTINUATION, b"\xa0\x80"), 1007),
    "half a character": (ws.frame(ws.TEXT, b"\xe2\x82"), 1007),
}


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "bytewise"])
@pytest.mark.parametrize("case", BAD_FRAMES)
def test_a_malformed_frame_closes_with_its_code(echo, case, whole):
    sent, code = BAD_FRAMES[case]
    with Raw(echo) as raw:
        raw.send(*([sent] if whole else [sent[at:at + 1] for at in range(min(len(sent), 40))] + [sent[40:]]))
        assert raw.close_code() == code
    line = echo.inbound.wait_access(websocket_close_code=code, websocket_closed_by="proxy")
    assert line["reason"] in ("malformed_frame", "message_too_large")
    echo.forget()


def test_a_masked_frame_of_a_service_is_an_error_of_the_service(echo):
    echo.forget()
    wild = echo.start_wild(switch(*SWITCH), ws.frame(ws.TEXT, "x"), "hang")
    try:
        with Raw(echo, "wild") as raw:
            assert raw.close_code() == 1014
        assert echo.inbound.wait_access(reason="upstream_malformed")["websocket_closed_by"] == "proxy"
    finally:
        wild.stop()


def test_a_frame_byte_by_byte_is_the_same_message(echo):
    sent = ws.frame(ws.TEXT, "gr\u00fc", fin=False) + ws.frame(ws.PING, "p") + ws.frame(ws.CONTINUATION, "n" * 200)
    with Raw(echo) as raw:
        raw.send(*[sent[at:at + 1] for at in range(len(sent))])
        frames = [raw.read() for _ in range(2)]
    assert (frames[0][2], frames[0][4]) == (ws.PONG, b"p")
    assert frames[1] == (True, 0, ws.TEXT, False, ("gr\u00fc" + "n" * 200).encode())


def test_a_service_that_vanishes_is_told_as_1014(echo):
    wild = echo.start_wild(switch(*SWITCH), ws.frame(ws.TEXT, "x", mask=None))
    try:
        with Raw(echo, "wild") as raw:
            assert raw.read()[4] == b"x"
            assert raw.close_code() == 1014
        assert echo.inbound.wait_access(websocket_closed_by="service")["reason"] == "upstream_truncated"
    finally:
        wild.stop()


def test_a_client_that_vanishes_is_told_to_the_service(echo):
    client = connect(echo)
    assert client.ask("x") == "x"
    client.stop()
    until(lambda: echo.service.closes and echo.service.closes[-1][0] == 1001, lambda: f"1001: {echo.service.closes}")
    assert echo.inbound.wait_access(reason="client_closed")["websocket_close_code"] == 1006


# ---- compression ----------------------------------------------------------------------------------------------------


def deflated(data, context=None):
    compressor = context or zlib.compressobj(9, zlib.DEFLATED, -15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def test_a_bomb_is_1009_and_bounded(echo, honest_memory):
    payload = deflated(b"\x00" * (64 << 20))
    before = echo.inbound.rss_bytes()
    with Raw(echo, extensions="permessage-deflate") as raw:
        raw.send(ws.frame(ws.BINARY, payload, reserved=4))
        assert raw.close_code() == 1009
    assert echo.inbound.rss_bytes() - before < 8 << 20
    assert echo.inbound.wait_access(websocket_close_code=1009)["reason"] == "decoded_ratio"


def test_what_inflates_above_the_limit_of_a_message_is_1009(mesh):
    start_websocket(mesh, limits={"websocketMessageBytes": "64KiB"})
    with Raw(mesh, extensions="permessage-deflate") as raw:
        raw.send(ws.frame(ws.BINARY, deflated(random.Random(3).randbytes(100) * 700), reserved=4))
        assert raw.close_code() == 1009
    assert mesh.inbound.wait_access(websocket_close_code=1009)["reason"] == "message_too_large"
    assert mesh.inbound.metric("gabion_limit_total", limit="websocketMessageBytes") == 1


@pytest.mark.parametrize("payload", [b"\xff\xff\xff", b"\x00\x05"], ids=["broken", "truncated"])
def test_broken_compression_is_1007(echo, payload):
    with Raw(echo, extensions="permessage-deflate") as raw:
        raw.send(ws.frame(ws.TEXT, payload, reserved=4))
        assert raw.close_code() == 1007
