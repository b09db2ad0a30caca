"""nginx as a peer, alone and with ModSecurity and the OWASP Core Rule Set: bench/peers/nginx, one worker a hop."""

import pathlib
import shutil
import subprocess

from peers.peer import TEMPLATES, TemplatePeer, first_line
from template import filled

BINARY = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")
# Fields to an upstream that keep a connection, or let it change to WebSocket with buffers as large as haproxy's.
KEEPING = 'proxy_set_header Connection "";'
UPGRADING = ('proxy_set_header Connection "upgrade"; proxy_set_header Upgrade $http_upgrade; '
             "proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k;")
RULE_SET = pathlib.Path("/usr/share/modsecurity-crs/rules")


class Nginx(TemplatePeer):
    name = folder = "nginx"
    suffix = "conf"

    def missing(self):
        return "" if BINARY else "no nginx on this machine"

    def version(self):
        return first_line(BINARY, "-v")

    def command(self, file, folder):
        return [BINARY, "-p", str(folder), "-c", str(file), "-e", str(folder / "error.log")]

    def more_values(self, scene, hop, folder):
        return {**super().more_values(scene, hop, folder), "MODULES": "", "INSPECTION": "",
                "SPEAKS": " http2" if scene.protocol in ("http2", "grpc") else "",
                "MESH_SPEAKS": " http2" if scene.protocol == "grpc" else "",
                "VIA": "grpc" if scene.protocol == "grpc" else "proxy",
                "SCHEME": "grpc" if scene.protocol == "grpc" else "http",
                "CONNECTION": UPGRADING if scene.protocol == "websocket" else KEEPING,
                "ALLOWED": self._allowed(scene.rules, hop, folder)}

    def rules_text(self, rules, folder):
        return "if ($allowed = 0) { return 403; }"

    @staticmethod
    def _allowed(rules, hop, folder):
        """A hash of exact paths, large enough that nginx builds it."""
        if not rules.rules or hop == "outbound":
            return ""
        size = 64
        while size < 2 * rules.rules:
            size *= 2
        listed = rules.write_map(folder / "paths.map")
        return (f"map_hash_max_size {size};\n  map_hash_bucket_size 128;\n"
                f"  map \"$request_method$uri\" $allowed {{ default 0; include {listed}; }}")


class NginxModSecurity(Nginx):
    """The same nginx whose inbound (or only) hop asks libmodsecurity with the Core Rule Set, blocking."""

    name = "nginx-modsecurity"
    blocks_attacks = True

    def missing(self):
        absent = [str(path) for path in (MODULE, RULE_SET) if not path.exists()]
        return super().missing() or (f"{' and '.join(absent)} missing" if absent else "")

    def version(self):
        packages = ("libmodsecurity3", "modsecurity-crs")
        said = subprocess.run(["dpkg-query", "-W", *packages], capture_output=True, text=True, check=False).stdout
        return ", ".join([super().version(), *said.replace("\t", " ").strip().split("\n")])

    def more_values(self, scene, hop, folder):
        values = super().more_values(scene, hop, folder)
        if hop != "outbound":
            rules = folder / "modsecurity.conf"
            template = TEMPLATES / self.name / "modsecurity.conf.in"
            rules.write_text(filled(template, {"FOLDER": folder, "RULE_SET": RULE_SET}))
            values["MODULES"] = f"load_module {MODULE};"
            values["INSPECTION"] = f"modsecurity on;\n    modsecurity_rules_file {rules};"
        return values
