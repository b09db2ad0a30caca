"""The application behind every peer: nginx with files and gRPC calls, an echo of requests, an echo of WebSocket messages."""

import pathlib
import subprocess

import cores
from addresses import listening
from nginx import Nginx
from template import filled
from upstreams import EchoApplication
from waiting import until

TEMPLATE = pathlib.Path(__file__).with_name("backend.conf.in")
CARD = "4111 1111 1111 1111"


class Backend:
    """Runs until stop(). Files: /index.txt (1 KiB), /card.json (a card number), /bytes/N (N bytes, made when named).

    /echo tells which request really arrived. Every unary gRPC call is answered with its own message.
    """

    def __init__(self, folder, subnet, core):
        self.endpoint = subnet.endpoint(21)
        self.echo = EchoApplication(subnet.endpoint(22))
        calls, self._messages, self._core = subnet.endpoint(21), None, core
        self.endpoints = {"http1": self.endpoint, "http2": self.endpoint, "grpc": calls,
                          "websocket": subnet.endpoint(21)}
        values = {"FOLDER": folder, "LISTEN": self.endpoint, "CALLS": calls, "ECHO": self.echo.endpoint}
        self._nginx = Nginx(folder, self.endpoint, configuration=filled(TEMPLATE, values), prefix=cores.pinned(core))
        self._nginx.put_file("index.txt", 1024)
        (folder / "www" / "card.json").write_text(f'{{"customer":"Grace Hopper","card":"{CARD}","paid":true}}\n')
        (folder / "www" / "bytes").mkdir()

    def serve(self, paths):
        """Makes the files that /bytes/N among `paths` speak of."""
        for path in paths:
            name = path.split("?")[0]
            if name.startswith("/bytes/"):
                self._nginx.put_file(name.lstrip("/"), int(name.rsplit("/", 1)[1]))

    def start_messages(self, binary):
        """The service that echoes WebSocket messages; once."""
        if self._messages is None:
            endpoint = self.endpoints["websocket"]
            self._messages = subprocess.Popen([*cores.pinned(self._core), binary, endpoint], stdin=subprocess.DEVNULL)
            until(lambda: listening(endpoint), f"{binary} listens")

    def stop(self):
        if self._messages is not None:
            self._messages.kill()
            self._messages.wait(10)
        self._nginx.stop()
        self.echo.stop()
