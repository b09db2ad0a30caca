"""Ten thousand connections at once through TPROXY to one listener."""

import re

import pytest

from gateway_bed import PORT, GatewayBed
from many_connections import ManyConnections, allow_descriptors
from pods import require_namespaces
from waiting import until

COUNT = 10_000


@pytest.fixture
def bed(binary):
    require_namespaces()
    try:
        allow_descriptors(COUNT + 2_000)
    except (ValueError, OSError) as error:
        pytest.skip(f"{COUNT} descriptors may not be had here: {error}")
    found = GatewayBed(binary, "nft", limits={"connections": COUNT + 1_000})
    yield found
    found.stop()


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1])


def test_ten_thousand_are_open_at_once_and_answered(bed):
    before = resident_kib(bed.proxy.pid)
    many = bed.outside.inside(ManyConnections, (bed.a.v4, PORT), COUNT)
    try:
        assert bed.outside.inside(many.open_all) == COUNT
        assert bed.proxy.connections_open() == COUNT, "all of them are the proxy's, at this moment"
        assert many.ask_all() == COUNT, "each is still there, and answered again"
        during = resident_kib(bed.proxy.pid)
    finally:
        many.close()
    assert set(bed.seen("a", "/many")) == {(bed.outside.v4, PORT)}, "nginx saw one caller, by its own address"
    assert len(bed.seen("a", "/many")) == 2 * COUNT
    until(lambda: bed.proxy.connections_open() == 0, "they are all gone again", 30)
    print(f"{COUNT} connections through TPROXY: RSS {before} KiB before, {during} KiB with them, "
          f"{(during - before) * 1024 / COUNT:.0f} bytes each")
