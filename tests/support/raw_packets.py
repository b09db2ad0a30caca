"""Packets as no kernel would send them, by raw sockets, and who gets to see them: what a pod with NET_RAW may try."""

import contextlib
import ipaddress
import json
import socket
import struct
import time

ACK, PSH, SYN = 0x10, 0x08, 0x02
_TCP, _UDP = 6, 17
_ETHERTYPES = {4: 0x0800, 6: 0x86DD}


def segment(source, destination, payload=b"", flags=ACK | PSH, numbers=(1, 1)):
    """A TCP segment with its IP header; ends are (address, port), numbers what it sends first and what it has seen."""
    head = struct.pack(">HHIIBBHHH", source[1], destination[1], *numbers, 5 << 4, flags, 8192, 0, 0) + payload
    return _in_ip(source[0], destination[0], _TCP, head, 16)


def datagram(source, destination, payload=b""):
    """Likewise of UDP."""
    return _in_ip(source[0], destination[0], _UDP, struct.pack(">HHHH", source[1], destination[1], 8 + len(payload), 0) + payload, 6)


def _in_ip(source, destination, protocol, inner, checksum_at):
    source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    pseudo = source.packed + destination.packed + struct.pack(">II", len(inner), protocol)
    inner = inner[:checksum_at] + struct.pack(">H", _checksum(pseudo + inner)) + inner[checksum_at + 2:]
    if source.version == 6:
        return struct.pack(">IHBB", 6 << 28, len(inner), protocol, 64) + source.packed + destination.packed + inner
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(inner), 7, 0, 64, protocol, 0) + source.packed + destination.packed
    return head[:10] + struct.pack(">H", _checksum(head)) + head[12:] + inner


def _checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send_frame(pod, device, to_mac, packet):
    """From `device` of the pod, past its routes and rules."""
    def send():
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
            raw.bind((device, 0))
            own = raw.getsockname()[4]
            raw.send(bytes.fromhex(to_mac.replace(":", "")) + own + struct.pack(">H", _ETHERTYPES[packet[0] >> 4]) + packet)

    pod.inside(send)


def send_from_stack(machine, packet):
    """As the machine's own, through its rules for what it sends itself, whatever source the packet has. They may drop it."""
    version = packet[0] >> 4
    to = str(ipaddress.ip_address(packet[24:40] if version == 6 else packet[16:20]))

    def send():
        kind = socket.AF_INET6 if version == 6 else socket.AF_INET
        with socket.socket(kind, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            with contextlib.suppress(PermissionError):  # how the kernel tells that a rule dropped it
                raw.sendto(packet, (to, 0))

    machine.inside(send)


def mac_of(pod, device):
    return json.loads(pod.run("ip", "-j", "link", "show", device).stdout)[0]["address"]


def _accepted(packet):
    """(the server's end, the client's port, the numbers of what the server says next) if it is a SYN and ACK."""
    version, long = packet[0] >> 4, packet[0] >> 4 == 6
    if version not in _ETHERTYPES or packet[6 if long else 9] != _TCP:
        return None
    source = packet[8:24] if long else packet[12:16]
    tcp = packet[40 if long else (packet[0] & 15) * 4:]
    from_port, to_port, first, seen = struct.unpack(">HHII", tcp[:12])
    if tcp[13] & (SYN | ACK) != SYN | ACK:
        return None
    return (str(ipaddress.ip_address(source)), from_port), to_port, ((first + 1) % (1 << 32), seen)


class Sniffer:
    """Sees what passes `device` of a pod from its making on. A context manager."""

    def __init__(self, pod, device):
        self._socket = pod.inside(socket.socket, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._socket.bind((device, 3))
        self._socket.settimeout(0.2)
        self._frames = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def handshake(self, server, seconds=30):
        """(port of the client, numbers of what the server says next) of the next connection to `server`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for frame, _ in self._next():
                found = _accepted(frame[14:])
                if found and found[0] == server:
                    return found[1:]
        raise AssertionError("nobody has accepted a connection there")

    def _next(self):
        """A frame and where it came from, or nothing for now."""
        try:
            return [self._socket.recvfrom(65536)]
        except TimeoutError:
            return []

    def saw_before(self, wanted, last, seconds=30):
        """Whether a packet with the bytes `wanted` came before one with `last`, which must come."""
        end = time.monotonic() + seconds
        seen = False
        while time.monotonic() < end:
            for frame, address in self._next():
                if address[2] == socket.PACKET_OUTGOING:
                    continue
                if last in frame:
                    return seen
                seen = seen or wanted in frame
        raise AssertionError("the last packet did not arrive: nothing is known of the others")
