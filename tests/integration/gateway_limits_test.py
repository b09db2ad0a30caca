"""What one pod, or who reaches the port of gateways, may take of a gateway's connections: its share, and not others'."""

import contextlib
import re
import socket

import pytest

from interception_bed import meets_an_end, url
from namespace_bed import running_bed
from nodes_bed import HOP, PORT, NodesBed
from waiting import until


running = running_bed(NodesBed)


@pytest.fixture
def bed(running):
    until(lambda: not any(gateway.connections_open() for gateway in running.gateways.values()), "hops of before are gone")
    running.forget()
    yield running
    for gateway in running.gateways.values():
        gateway.configuration.pop("limits", None)
        gateway.configuration["gateway"].pop("pendingHops", None)
        gateway.configuration["timeouts"].pop("tlsHandshake", None)
        gateway.write()
    running.reload()


def limit(gateway, pending_hops=None, **limits):
    gateway.configuration["limits"] = limits
    gateway.configuration["timeouts"]["tlsHandshake"] = "60s"
    if pending_hops:
        gateway.configuration["gateway"]["pendingHops"] = pending_hops
    gateway.write()
    gateway.reload()


def path_of(request):
    """One that no other test asks for."""
    return "/" + re.sub(r"\W+", "-", request.node.name)


def kept(stack, pod, address, path):
    """A connection of the pod that was answered, and stays."""
    stream = stack.enter_context(pod.inside(socket.create_connection, (address, PORT), 20))
    stream.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = stream.recv(4096)
        assert more, "closed"
        answer += more
    return int(answer.split()[1])


def closed_for_share(gateway):
    return (gateway.metric("gabion_reason_total", scope="connection", reason="pod_connection_limit"),
            gateway.metric("gabion_limit_total", limit="connectionsPerPod"))


def test_a_pod_that_calls_has_its_share_and_others_have_theirs(bed, request):
    gateway, free, other, path = bed.gateways["a"], bed.pods["free"], bed.pods["other"].v4, path_of(request)
    limit(gateway, connectionsPerPod=3)
    before = closed_for_share(gateway)
    with contextlib.ExitStack() as stack:
        assert [kept(stack, free, other, path) for _ in range(3)] == [200] * 3
        assert free.inside(meets_an_end, other, PORT)
        line = gateway.wait_audit(reason="pod_connection_limit")
        assert (line["pod"], line["listener"]) == ("ops/free", "capture-outbound")
        assert closed_for_share(gateway) == (before[0] + 1, before[1] + 1)
        assert bed.pods["cart"].curl(url(other, PORT, path))[1] == 200
        assert bed.outside.curl(url(free.v4, PORT, path))[1] == 200, "what is for the pod has a share of its own"
    until(lambda: free.curl(url(other, PORT, path))[1] == 200, "what ends is given back")


def test_a_pod_that_is_called_has_its_share_whoever_calls(bed, request):
    """By a hop and from outside; other pods of the node are served on."""
    gateway, free, other, path = bed.gateways["b"], bed.pods["free"], bed.pods["other"].v4, path_of(request)
    limit(gateway, connectionsPerPod=2)
    before = closed_for_share(gateway)
    with contextlib.ExitStack() as stack:
        assert kept(stack, free, other, path) == 200 and kept(stack, bed.outside, other, path) == 200
        assert bed.outside.inside(meets_an_end, other, PORT)
        assert gateway.wait_audit(reason="pod_connection_limit", listener="capture-inbound")["pod"] == "ops/other"
        assert bed.pods["cart"].curl(url(other, PORT, path))[1] == 503
        assert gateway.wait_audit(reason="pod_connection_limit", listener="hop")["pod"] == "ops/other"
        assert closed_for_share(gateway)[0] >= before[0] + 2
        assert bed.pods["web"].curl(url(bed.pods["orders"].v4, PORT, path))[1] == 200


def test_who_calls_from_no_nodes_address_takes_no_place(bed, request):
    gateway, path = bed.gateways["b"], path_of(request)
    limit(gateway, connections=10)
    refused = gateway.metric("gabion_reason_total", scope="connection", reason="hop_refused")
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(bed.outside.inside(socket.create_connection, (bed.nodes["b"].v4, HOP), 20))
                  for _ in range(20)]
        for stream in silent:
            stream.settimeout(20)
            assert has_ended(stream)
        gateway.wait_audit(reason="hop_refused", detail="the peer's address is no node's")
        assert gateway.metric("gabion_reason_total", scope="connection", reason="hop_refused") == refused + 20
        assert bed.pods["free"].curl(url(bed.pods["other"].v4, PORT, path))[1] == 200


def has_ended(stream):
    try:
        return stream.recv(1) == b""
    except ConnectionResetError:
        return True


def test_handshakes_that_do_not_end_are_bounded_for_each_address(bed, request):
    """A process of node a says nothing; pods of node b go on calling each other, and so do those of a once it is gone."""
    gateway, path = bed.gateways["b"], path_of(request)
    limit(gateway, pending_hops=2)
    other, orders = bed.pods["other"], bed.pods["orders"]
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(bed.nodes["a"].inside(socket.create_connection, (bed.nodes["b"].v4, HOP), 20))
                  for _ in range(2)]
        third = stack.enter_context(bed.nodes["a"].inside(socket.create_connection, (bed.nodes["b"].v4, HOP), 20))
        third.settimeout(20)
        assert has_ended(third)
        gateway.wait_audit(reason="hop_refused", detail="too many of this address are shaking hands")
        assert gateway.metric("gabion_limit_total", limit="pendingHops") >= 1
        assert bed.pods["free"].curl(url(other.v4, PORT, path))[1] == 503
        assert orders.curl(url(other.v4, PORT, path))[1] == 200
        for stream in silent:
            stream.close()
        until(lambda: bed.pods["free"].curl(url(other.v4, PORT, path))[1] == 200, "their places are free again")
