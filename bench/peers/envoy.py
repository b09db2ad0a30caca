"""Envoy as a peer, where an `envoy` is on PATH; Debian 12 has no package, so its configuration is untested."""

import shutil

from peers.peer import TemplatePeer, first_line

BINARY = shutil.which("envoy")


class Envoy(TemplatePeer):
    name = folder = "envoy"
    suffix = "yaml"
    identity_field = "x-forwarded-client-cert"

    def missing(self):
        return "" if BINARY else "no envoy on PATH (its configuration is written but untested)"

    def version(self):
        return first_line(BINARY, "--version")

    def command(self, file, folder):
        return [BINARY, "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "-l", "off"]

    def rules_text(self, rules, folder):
        raise NotImplementedError("no scenario with rules names envoy")

    def names_client(self, headers, identity):
        return "URI=spiffe://cluster.local/ns/shop/sa/web" in headers.get(self.identity_field, "")
