"""The application behind every peer: nginx with files of every size; /echo tells which request really arrived."""

import pathlib

import cores
from nginx import Nginx
from template import filled
from upstreams import EchoApplication

TEMPLATE = pathlib.Path(__file__).with_name("backend.conf.in")
CARD = "4111 1111 1111 1111"


class Backend:
    """Runs until stop(). Files: /index.txt (1 KiB), /card.json (a card number), /bytes/N (N bytes, made when named)."""

    def __init__(self, folder, subnet, core):
        self.endpoint = subnet.endpoint(21)
        self.echo = EchoApplication(subnet.endpoint(22))
        values = {"FOLDER": folder, "LISTEN": self.endpoint, "ECHO": self.echo.endpoint}
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

    def stop(self):
        self._nginx.stop()
        self.echo.stop()
