"""./dev bench memory: the inbound hop's resident memory right after start, and per idle mTLS connection."""

import argparse
import json
import pathlib
import ssl
import sys
import tempfile

import cores
import measure
import peers
from binaries import ROOT, built
from peers.peer import Scene
from raw_client import RawClient, tls_setting
from world import World, raise_file_limit

PEERS = ("gabion", "gabion-forwarding", "haproxy", "nginx")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench memory", description=__doc__.split(": ", 1)[1])
    parser.add_argument("--idle", type=int, default=1000, help="idle mTLS connections (default 1000)")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build" / "bench" / "memory.json",
                        help="where the numbers go (default build/bench/memory.json)")
    return parser.parse_args()


def memory(world, peer, folder, count):
    """{start_bytes, idle_connection_bytes} of one peer; its clients stand still after their handshake."""
    setting = tls_setting(world.root.pem, (world.client.certificate, world.client.key))
    setting.options |= ssl.OP_NO_TICKET
    clients = []
    try:
        peer.start(Scene(world, "one_hop_mtls", folder))
        start = measure.rss_bytes(peer.pids)
        for _ in range(count):
            clients.append(RawClient(peer.endpoint, source=peer.source, tls=setting))
        return {"start_bytes": start, "idle_connection_bytes": (measure.rss_bytes(peer.pids) - start) / count}
    finally:
        for client in clients:
            client.close()
        peer.stop()


def main():
    options = arguments()
    binary = built("gabion", "GABION_BINARY")
    raise_file_limit()
    found = {}
    with tempfile.TemporaryDirectory(prefix="gabion-bench-") as folder:
        world = World(binary, pathlib.Path(folder), cores.chosen())
        try:
            for name in PEERS:
                peer = peers.make(name)
                absent = peer.missing()
                found[name] = {"absent": absent} if absent else memory(world, peer, world.folder / name, options.idle)
        finally:
            world.stop()
    print(f"{'peer':<20}{'after start, MiB':>20}{'KiB per connection':>22}   ({options.idle} idle mTLS connections)")
    for name, numbers in found.items():
        told = numbers.get("absent") or (f"{numbers['start_bytes'] / (1 << 20):>20.1f}"
                                         f"{numbers['idle_connection_bytes'] / 1024:>22.1f}")
        print(f"{name:<20}{told}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"idle": options.idle, "peers": found}, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
