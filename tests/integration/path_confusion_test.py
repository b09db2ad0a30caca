"""A denied path stays denied however it is spelt: nginx, Apache and a lenient server behind the proxy serve no secret.

Every spelling is made of the denied path by mutations that servers are known to undo. For each, either the proxy refuses
it, or what the rule saw is what the server served. GABION_PATH_SPELLINGS sets how many, GABION_PATH_SEED which.
"""

import os
import random
import re
import shutil
import urllib.parse

import pytest

from mesh import FORWARDING, Mesh
from path_servers import SECRET, ApacheFiles, NginxFiles, PythonFiles, PythonRoutes
from raw_client import Closed

SPELLINGS = int(os.environ.get("GABION_PATH_SPELLINGS", "400"))
SEED = int(os.environ.get("GABION_PATH_SEED", "1"))

SERVERS = {
    "nginx": (NginxFiles, "", "nginx"),
    "nginx that keeps empty segments": (NginxFiles, "merge_slashes off;", "nginx"),
    "apache": (ApacheFiles, "", "apache2"),
    "apache that decodes slashes": (ApacheFiles, "AllowEncodedSlashes On\nMergeSlashes Off", "apache2"),
    "a lenient server": (PythonFiles, "", None),
}
IGNORES_CASE = """LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
RewriteEngine On
RewriteMap small int:tolower
RewriteRule "^(.*)$" "${small:$1}" [PT]
"""
KEEP = {"encodedSlash": "keep", "doubleEncoding": "keep", "emptySegments": "keep", "semicolon": "keep"}
FOLD = {"case": "fold"}

# What each server does with a path, said in `paths`. No server of files takes emptySegments: their file system merges.
READINGS = {
    "nginx": (NginxFiles, "", "nginx", [{"doubleEncoding": "keep"}, {"semicolon": "keep"},
                                        {"doubleEncoding": "keep", "semicolon": "keep"}]),
    "apache": (ApacheFiles, "", "apache2", [{"doubleEncoding": "keep"}, {"semicolon": "keep"},
                                            {"doubleEncoding": "keep", "semicolon": "keep"}]),
    "apache that keeps slashes encoded": (ApacheFiles, "AllowEncodedSlashes NoDecode", "apache2", [
        {"encodedSlash": "keep"}, {name: "keep" for name in KEEP if name != "emptySegments"}]),
    "apache that ignores case": (ApacheFiles, IGNORES_CASE, "apache2", [FOLD]),
    "a lenient server that ignores case": (PythonFiles, "ignore case", None, [FOLD]),
    "a strict server": (PythonRoutes, "", None, [{name: "keep"} for name in KEEP] + [KEEP, {**KEEP, **FOLD}]),
}
LEVELS = ["NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"]
ALLOWED = ["/public/page.txt", "/public/admin/page.txt"]
DENIED = ["/admin/secret.txt", "/admin/users/list.txt", "/admin/", "/admin/index.html"]

# Spellings somebody has shipped a hole for; the rest is generated.
KNOWN = ["/admin/secret.txt", "/admin//secret.txt", "//admin/secret.txt", "/./admin/secret.txt", "/admin/./secret.txt",
         "/public/../admin/secret.txt", "/public/%2e%2e/admin/secret.txt", "/public/.%2e/admin/secret.txt",
         "/public/..%2fadmin/secret.txt", "/public/..%5cadmin/secret.txt", "/public/..\\admin/secret.txt",
         "/%61dmin/secret.txt", "/%2561dmin/secret.txt", "/%25%36%31dmin/secret.txt", "/%%36%31dmin/secret.txt",
         "/admin%2fsecret.txt", "/admin%252fsecret.txt", "/admin%5csecret.txt", "\\admin\\secret.txt",
         "/admin;x/secret.txt", "/admin;/secret.txt", "/;/admin/secret.txt", "/public/..;/admin/secret.txt",
         "/admin/secret.txt;x=y", "/admin/secret.txt%3bx", "/%c0%aeadmin/secret.txt", "/public/%c0%ae%c0%ae/admin/secret.txt",
         "/admin/secret.txt%00", "/admin%00/secret.txt", "/admin/secret.txt#x", "/admin/secret.txt?x", "/admin?/../public",
         "http://orders.shop/admin/secret.txt", "/public/%2e%2e%2fadmin/secret.txt", "/public/admin/../../admin/secret.txt",
         "/x/y/../../admin/secret.txt", "/%2e/admin/secret.txt", "/%2fadmin/secret.txt", "/admin/%2e/secret.txt",
         "/ADMIN/secret.txt", "/admin/secret.txt%20", "/admin/secret.txt.", "/admin%09/secret.txt", "/admin%0d%0a/secret.txt",
         "/admin\u0000/secret.txt", "///admin///secret.txt", "/..//admin/secret.txt", "/public/..//../admin/secret.txt"]


def escape(rng, char):
    text = f"%{ord(char):02x}"
    return text.upper() if rng.random() < 0.5 else text


def encode_some(rng, path):
    return "".join(escape(rng, char) if rng.random() < 0.25 and char not in "/%" else char for char in path)


def encode_percents(rng, path):
    return "".join("%25" if char == "%" and rng.random() < 0.7 else char for char in path)


def replace_slash(rng, path):
    other = rng.choice(["//", "/./", "%2f", "%2F", "%5c", "%5C", "\\", "/x/../", "/;/", ";x/", "/%2e/", "/x/%2e%2e/",
                        "/x/..;/", "%252f", "/.%2e/public/", "/%c0%af/"])
    places = [index for index, char in enumerate(path) if char == "/"]
    place = rng.choice(places)
    return path[:place] + other + path[place + 1:]


def prepend(rng, path):
    return rng.choice(["/public/..", "/.", "/%2e", "/public/%2e%2e", "/;", "/x/y/../..", "/public/.%2E", "/%2f", "/",
                       "/public/..;", "/..", "http://orders.shop", "/public/..%2f..", "/%5c.."]) + path


def append(rng, path):
    return path + rng.choice(["", ";x", "?x=1", "#x", "/", "/.", "%00", "%20", ".", "/..", "%3bx", "//", "/x/.."])


def change_case(rng, path):
    return "".join(char.swapcase() if rng.random() < 0.2 else char for char in path)


MUTATIONS = [encode_some, encode_some, encode_percents, replace_slash, replace_slash, prepend, append, change_case]


def spellings(paths=None, known=KNOWN):
    rng = random.Random(SEED)
    made = list(known)
    while len(made) < SPELLINGS:
        path = rng.choice(paths or DENIED)
        for _ in range(rng.randint(1, 4)):
            path = rng.choice(MUTATIONS)(rng, path) if path.startswith(("/", "http", "%", "\\")) and "/" in path else path
        made.append(path)
    return made


def put_behind(binary, folder, kind, options, program):
    """Yields (mesh, server) with the server behind port `http`, everything allowed but /admin."""
    if program and not shutil.which(program, path="/usr/sbin:/usr/bin"):
        pytest.skip(f"{program} is not installed")
    mesh = Mesh(binary, folder, FORWARDING)
    server = kind(mesh.folder / "server", mesh.application_endpoint, options)
    try:
        mesh.put_policy({
            "apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": "paths", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "ingress": [
                {"ports": [{"port": 8080}], "protocol": "HTTP"},
                {"name": "no-admin", "action": "Deny", "ports": [{"port": 8080}], "protocol": "HTTP",
                 "http": [{"paths": [{"prefix": "/admin"}]}]}]}})
        mesh.start_inbound()
        yield mesh, server
        assert mesh.crashes() == []
    finally:
        mesh.stop()
        server.stop()


@pytest.fixture(scope="module", params=SERVERS)
def behind(request, binary, tmp_path_factory):
    """(mesh, server) with one of the servers behind port `http`."""
    yield from put_behind(binary, tmp_path_factory.mktemp("paths"), *SERVERS[request.param])


@pytest.fixture(scope="module", params=READINGS)
def well_read(request, binary, tmp_path_factory):
    """(mesh, server, the `paths` that say what the server does)"""
    kind, options, program, readings = READINGS[request.param]
    for mesh, server in put_behind(binary, tmp_path_factory.mktemp("paths"), kind, options, program):
        yield mesh, server, readings


class Asker:
    """Asks over one connection as long as it lasts."""

    def __init__(self, mesh):
        self._mesh, self._client = mesh, None

    def ask(self, target):
        """The answer, or None when the connection ended instead of one."""
        for _ in range(2):
            fresh = self._client is None
            if fresh:
                self._client = self._mesh.peer("http")
            try:
                answer = self._client.ask("GET", target)
                if answer.headers.get("connection") == "close":
                    self.close()
                return answer
            except (Closed, OSError):
                self.close()
                if fresh:
                    return None
        return None

    def close(self):
        if self._client is not None:
            self._client.close()
            self._client = None


def what_the_rule_saw(raw, paths):
    """The decoded view of a target as it was forwarded (policy guide, paths)."""
    path = raw.partition("?")[0]
    if paths.get("encodedSlash") == "keep":
        path = re.sub("%(2f|5c)", lambda found: "%25" + found[1].upper(), path, flags=re.I)
    return comparable(urllib.parse.unquote(path, encoding="latin-1"), paths)


def comparable(path, paths):
    """A server's path in the view's spelling: slashes that stay encoded, and letters where their case is nothing."""
    if paths.get("encodedSlash") == "keep":
        path = re.sub("%(2f|5c)", lambda found: found[0].upper(), path.replace("\\", "%5C"), flags=re.I)
    return path.lower() if paths.get("case") == "fold" else path


def merged(path):
    while "//" in path:
        path = path.replace("//", "/")
    return path


class Outcome:
    """What became of many spellings."""

    def __init__(self, mesh, server, paths):
        self.told, self.leaks, self.differences, self.compared, self._paths = {}, [], [], 0, paths
        asker = Asker(mesh)
        control = asker.ask("/public/page.txt")
        assert control.status == 200 and control.body == b"for everybody"
        assert asker.ask("/admin/secret.txt").status == 403
        for target in spellings() + spellings(ALLOWED, []):
            self._add(target, asker.ask(target), server)
        asker.close()

    def _add(self, target, answer, server):
        status = answer.status if answer else "closed"
        self.told[status] = self.told.get(status, 0) + 1
        if answer is None:
            return
        if SECRET in answer.body:
            self.leaks.append(target)
        if "x-served" in answer.headers:
            raw, served = server.served(answer.headers)
            saw, served = what_the_rule_saw(raw, self._paths), comparable(served, self._paths)
            if saw.startswith("/admin/") or saw == "/admin":
                self.leaks.append(target)
            self.compared += 1
            if merged(served).rstrip("/") != merged(saw).rstrip("/"):
                self.differences.append((target, raw, served))

    def __str__(self):
        return (f"{sum(self.told.values())} spellings, seed {SEED}, answers {self.told}, {len(self.leaks)} leaks, "
                f"{self.compared} paths compared, {len(self.differences)} differences")


def configure(mesh, **profile):
    """Reloads the sidecar with these keys in its profile, beside those of the mesh."""
    mesh.inbound.configuration["inspection"]["profiles"]["default"] = {**FORWARDING, **profile}
    mesh.inbound.write().reload()


@pytest.mark.seconds(240)
@pytest.mark.parametrize("level", LEVELS)
def test_no_spelling_reaches_what_is_denied(behind, level):
    mesh, server = behind
    configure(mesh, pathLevel=level)
    outcome = Outcome(mesh, server, {})
    print(f"{level}: {outcome}")
    assert outcome.leaks == []
    assert outcome.differences == []
    assert outcome.compared > 50 and outcome.told.get(200, 0) > 20, "what is allowed must be served and compared"
    assert outcome.told.get(400, 0) > 50 and outcome.told.get(403, 0) > 20, "the spellings must be refused"


@pytest.mark.seconds(300)
def test_a_profile_that_says_what_the_server_does_leaks_nothing(well_read):
    mesh, server, readings = well_read
    configure(mesh)
    without = Outcome(mesh, server, {})
    print(f"nothing said: {without}")
    for paths in readings:
        configure(mesh, paths=paths)
        outcome = Outcome(mesh, server, paths)
        print(f"{paths}: {outcome}")
        assert outcome.leaks == []
        assert outcome.differences == []
        assert outcome.compared > 50 and outcome.told.get(200, 0) > 20 and outcome.told.get(403, 0) > 20
        if "keep" in paths.values():
            assert outcome.told[400] < without.told[400], "what is kept is not refused"
    if readings == [FOLD]:
        assert without.leaks != [], "such a server leaks unless it is said that case is nothing to it"


def test_the_path_is_forwarded_in_the_case_it_came_in(binary, tmp_path):
    for mesh, server in put_behind(binary, tmp_path, PythonRoutes, "", None):
        configure(mesh, paths=FOLD)
        asker = Asker(mesh)
        assert server.served(asker.ask("/Public/PAGE.txt").headers)[0] == "/Public/PAGE.txt"
        assert asker.ask("/aDmIn/secret.txt").status == 403
        asker.close()


def test_a_wrong_word_is_refused_and_changes_nothing(binary, tmp_path):
    for mesh, _ in put_behind(binary, tmp_path, PythonRoutes, "", None):
        before = mesh.inbound.loads()
        mesh.inbound.configuration["inspection"]["profiles"]["default"] = {**FORWARDING, "paths": {"semicolon": "cut"}}
        mesh.inbound.write().reload()
        assert mesh.inbound.loads() != before
        mesh.inbound.wait_output("gabion.yaml:19: inspection.profiles.default.paths.semicolon: must be one of refuse, keep")
        asker = Asker(mesh)
        assert asker.ask("/public/page.txt;x").status == 400
        asker.close()


def test_the_servers_do_leak_without_the_proxy(behind):
    """The test would pass with servers that serve nothing: asked directly, each gives the secret for many spellings."""
    mesh, server = behind
    from raw_client import RawClient
    leaks = 0
    for target in spellings()[:200]:
        try:
            with RawClient(mesh.application_endpoint) as client:
                client.send(f"GET {target} HTTP/1.1\r\nHost: orders.shop\r\nConnection: close\r\n\r\n")
                leaks += SECRET in client.read_to_end()
        except (Closed, OSError, UnicodeError):
            continue
    assert leaks > 20
