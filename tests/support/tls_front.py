"""TLS with ALPN h2 in front of a plain-text endpoint: for browsers, which have no certificate and speak no h2c."""

import socket
import ssl
import threading

from addresses import split
from http2_application import server_tls
from upstreams import Upstream


class TlsFront(Upstream):
    """Passes bytes on as they are. `agreed` are the protocols that clients chose."""

    def __init__(self, endpoint, target, certificate, key):
        self._target, self._tls, self.agreed = split(target), server_tls(certificate, key), []
        super().__init__(endpoint, self._serve)

    def _serve(self, connection):
        try:
            client = self._tls.wrap_socket(connection, server_side=True)
        except (OSError, ssl.SSLError):  # browsers try what they do not use
            return
        self.agreed.append(client.selected_alpn_protocol())
        with client, socket.create_connection(self._target) as service:
            back = threading.Thread(target=_pass, args=(service, client), daemon=True)
            back.start()
            _pass(client, service)
            back.join()


def _pass(source, target):
    try:
        while (piece := source.recv(65536)):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except (OSError, ValueError):
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
