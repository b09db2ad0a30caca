"""A node with rules of a gateway, and pods that send what no kernel would: none of it arrives."""

import contextlib
import socket
import threading

import pytest

from gateway_bed import EXCLUDED, PORT, GatewayBed
from interception_bed import url
from namespace_bed import FAMILIES, bed, running_bed
from raw_packets import SYN, Sniffer, datagram, mac_of, segment, send_frame, send_from_stack
from waiting import until

running = running_bed(GatewayBed, params=["nft", "legacy"])
FORGED, LAST = b"this was never judged", b"and this is the last one"


class Thrower:
    """Sends from a pod, or from outside, past everything that its own kernel would say to it."""

    def __init__(self, bed, place):
        self.place, self.device = place, "eth0"
        beside = "up0" if place is bed.outside else f"veth{list(bed.network.pods.values()).index(place)}"
        self.mac = mac_of(bed.node, beside)

    def __call__(self, packet):
        send_frame(self.place, self.device, self.mac, packet)


def arrives(bed, family, sender, receiver, packet):
    """Whether it gets from one to the other, known by a datagram behind it: those nobody takes."""
    throw = Thrower(bed, sender)
    with Sniffer(receiver, "eth0") as sniffer:
        throw(packet)
        throw(datagram((getattr(sender, family), 7), (getattr(receiver, family), 7), LAST))
        return sniffer.saw_before(FORGED, LAST)


@contextlib.contextmanager
def connected(caller, server):
    """(an open connection, the caller's port, the numbers with which the server would go on): a friend may tell them."""
    with Sniffer(caller, "eth0") as sniffer, caller.inside(socket.create_connection, server, 20) as stream:
        yield stream, *sniffer.handshake(server)


@FAMILIES
def test_a_pod_does_not_answer_on_a_connection_that_the_proxy_took(bed, family):
    """From outside, let in by whom it may; what the pod says there goes to the proxy or nowhere."""
    pod, caller = getattr(bed.a, family), getattr(bed.outside, family)
    with connected(bed.outside, (pod, PORT)) as (stream, port, numbers):
        assert not arrives(bed, family, bed.a, bed.outside, segment((pod, PORT), (caller, port), FORGED, numbers=numbers))
        stream.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert stream.recv(12) == b"HTTP/1.1 200", "and it goes on"


@FAMILIES
def test_nor_does_who_is_called_by_a_pod(bed, family):
    pod, called = getattr(bed.b, family), getattr(bed.outside, family)
    with connected(bed.b, (called, PORT)) as (_, port, numbers):
        assert not arrives(bed, family, bed.outside, bed.b, segment((called, PORT), (pod, port), FORGED, numbers=numbers))


@FAMILIES
def test_nor_on_a_connection_of_the_proxys_that_has_ended(bed, family):
    """It had the caller's address, and the kernel remembers it for minutes."""
    pod, caller = getattr(bed.b, family), getattr(bed.outside, family)

    def answer_once(server):
        with server, server.accept()[0] as stream:
            stream.recv(4096)
            stream.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    server = bed.b.inside(socket.create_server, (pod, PORT), family=socket.AF_INET if family == "v4" else socket.AF_INET6)
    thread = threading.Thread(target=answer_once, args=(server,))
    with Sniffer(bed.b, "eth0") as sniffer:
        thread.start()
        assert bed.outside.curl(url(pod, PORT))[1] == 200
        thread.join()
        port, numbers = sniffer.handshake((pod, PORT))
    assert not arrives(bed, family, bed.b, bed.outside, segment((pod, PORT), (caller, port), FORGED, numbers=numbers))


@FAMILIES
def test_where_nothing_is_taken_answers_pass(bed, family):
    """What the tests above would see if rules let it by."""
    pod, caller = getattr(bed.a, family), getattr(bed.outside, family)
    with connected(bed.outside, (pod, EXCLUDED)) as (_, port, numbers):
        assert arrives(bed, family, bed.a, bed.outside, segment((pod, EXCLUDED), (caller, port), FORGED, numbers=numbers))


# ---- sources ----------------------------------------------------------------------------------------------------------

@FAMILIES
@pytest.mark.parametrize("whose", ["another pod", "the node, on its link", "the node, towards others", "somebody outside"])
@pytest.mark.parametrize("kind", ["first packet", "in the middle", "datagram"])
def test_a_packet_with_anothers_source_gets_nowhere(bed, family, whose, kind):
    source = getattr({"another pod": bed.b, "the node, on its link": bed.node, "the node, towards others": bed.network.uplink,
                      "somebody outside": bed.outside}[whose], family)
    receiver = bed.b if whose == "somebody outside" else bed.outside
    ends = ((source, 4000), (getattr(receiver, family), EXCLUDED))  # a port that rules would let by
    packet = {"first packet": lambda: segment(*ends, FORGED, SYN), "in the middle": lambda: segment(*ends, FORGED),
              "datagram": lambda: datagram(*ends, FORGED)}[kind]()
    before = bed.dropped_spoofs(family)
    assert not arrives(bed, family, bed.a, receiver, packet)
    assert bed.dropped_spoofs(family) == before + 1


@FAMILIES
def test_nor_into_a_connection_of_another_pod(bed, family):
    """The proxy has a socket for exactly these ends."""
    pod, called = getattr(bed.b, family), getattr(bed.outside, family)
    with bed.b.inside(socket.create_connection, (called, PORT), 20) as stream:
        for thief in (bed.a, bed.outside):
            before = bed.dropped_spoofs(family)
            Thrower(bed, thief)(segment((pod, stream.getsockname()[1]), (called, PORT), FORGED))
            until(lambda: bed.dropped_spoofs(family) == before + 1, "it is dropped")


# ---- what others lead to a pod ------------------------------------------------------------------------------------------

@FAMILIES
@pytest.mark.parametrize("port, passes", [(PORT, False), (EXCLUDED, True)])
def test_what_the_node_sends_on_for_others_is_not_let_to_a_pod(bed, family, port, passes):
    """IPVS sends on what came to an address of a service as if the node had: FORWARD never sees it."""
    pod, caller = getattr(bed.a, family), getattr(bed.outside, family)
    with Sniffer(bed.a, "eth0") as sniffer:
        send_from_stack(bed.node, segment((caller, 5000), (pod, port), FORGED, SYN))
        Thrower(bed, bed.outside)(datagram((caller, 7), (pod, 7), LAST))
        assert sniffer.saw_before(FORGED, LAST) is passes


@FAMILIES
def test_what_the_node_itself_sends_is(bed, family):
    assert bed.node.curl(url(getattr(bed.a, family), PORT))[1] == 200
