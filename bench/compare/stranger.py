"""A TLS server with a certificate of an authority that nobody in the mesh trusts."""

import socket
import ssl
import threading


class Stranger:
    """Listens while it is entered; `received` holds what clients told it after their handshake."""

    def __init__(self, world):
        self.endpoint = world.subnet.endpoint(99)
        self.received = b""
        self._setting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._setting.load_cert_chain(world.stranger.certificate, world.stranger.key)

    def __enter__(self):
        host, port = self.endpoint.rsplit(":", 1)
        self._listener = socket.create_server((host, int(port)))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def _serve(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            try:
                plain.settimeout(5)
                with self._setting.wrap_socket(plain, server_side=True) as secured:
                    self.received += secured.recv(4096)
            except OSError:
                plain.close()

    def __exit__(self, *unused):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
