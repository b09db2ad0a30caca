"""HAProxy as a peer: bench/peers/haproxy, one thread a hop."""

import shutil

from peers.peer import TemplatePeer, first_line

BINARY = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


class Haproxy(TemplatePeer):
    name = folder = "haproxy"
    suffix = "cfg"

    def missing(self):
        return "" if BINARY else "no haproxy on this machine"

    def version(self):
        return first_line(BINARY, "-v").split(" - ")[0]

    def command(self, file, folder):
        return [BINARY, "-db", "-f", str(file)]

    def more_values(self, scene, hop, folder):
        return {**super().more_values(scene, hop, folder), "SERVES": " proto h2" if scene.protocol == "grpc" else ""}

    def rules_text(self, rules, folder):
        """Exact paths in a file: haproxy looks them up in a tree."""
        return ("acl allowed path -f " + str(rules.write_list(folder / "paths.lst"))
                + "\n  http-request deny unless METH_GET allowed")
