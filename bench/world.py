"""What all peers of a comparison share: the application, one authority, one certificate for each end, the cores."""

import pathlib
import resource

from addresses import Subnet
from backend import Backend
from binaries import built
from certificates import Authority, spiffe
from cryptography import x509

CLIENT, SERVER = spiffe("shop", "web"), spiffe("shop", "orders")
SERVER_NAME = "orders.shop.svc"
HOST = "orders.shop"


class Identity:
    """A certificate on disk: `certificate`, `key`, and `pem` with both, as haproxy wants it."""

    def __init__(self, leaf, folder, stem):
        self.leaf = leaf
        self.certificate, self.key = leaf.write(folder, stem)
        self.pem = folder / f"{stem}.pem"
        self.pem.write_text(leaf.chain + leaf.key)

    @property
    def serial(self):
        return x509.load_pem_x509_certificate(self.leaf.chain.encode()).serial_number


class World:
    """Owns the application and what is below `folder`. `binary` is the gabion to measure."""

    def __init__(self, binary, folder, cores=(None, None)):
        self.binary, self.folder, self.cores = pathlib.Path(binary), folder, cores
        self.subnet = Subnet()
        self.root, stranger = Authority("mesh root"), Authority("stranger")
        certificates = folder / "certificates"
        self.client = Identity(self.root.leaf(CLIENT), certificates, "web")
        self.server = Identity(self.root.leaf(SERVER, dns=[SERVER_NAME]), certificates, "orders")
        self.stranger = Identity(stranger.leaf(CLIENT), certificates, "stranger")
        self.bundle = certificates / "ca.crt"
        self.bundle.write_text(self.root.pem)
        self.backend = Backend(folder / "backend", self.subnet, cores[1])

    def prepare(self, load):
        """What the requests of a scenario's load ask for is there afterwards."""
        self.backend.serve(request.path for request in load.requests)
        if load.protocol == "websocket":
            self.backend.start_messages(built("gabion-bench", "GABION_BENCH_BINARY").with_name("gabion-bench-echo"))

    def target(self, protocol):
        """Where the application is spoken to in one of the protocols of a load."""
        return self.backend.endpoints[protocol]

    def stop(self):
        self.backend.stop()


def raise_file_limit():
    """As many open files as this user may have: ten thousand connections need twice that, on both sides."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
