"""Reads the sources and says where they break the architecture: layers, third parties, co_await, first lines, paths."""

import pathlib
import re
import sys

LAYERS = ("config", "inspect", "proxy")
SOURCE_FOLDERS = LAYERS + ("tests", "bench")
CODE = (".h", ".c", ".cc")
TEXT = CODE + (".py", ".sh", ".yaml", ".yml", ".json", ".txt", ".cmake", ".md", ".cfg", ".conf", ".in", ".ini", "")

# Who may include from whom: a file below the first prefix includes nothing below the others.
FORBIDDEN_LAYERS = (
    ("config/", ("inspect/", "proxy/", "bench/")),
    ("inspect/", ("proxy/", "bench/")),
    ("proxy/", ("bench/",)),
    ("proxy/protocol/", ("boost/asio", "boost/beast", "openssl/", "proxy/net/", "proxy/tls/", "proxy/upstream/",
                         "proxy/admin/", "proxy/session/connection")),
)

# Third parties: included header (prefix) -> regular expressions of the product and bench files that own it; the first
# line that fits counts.
OWNERS = (
    ("google/protobuf/", (r"config/grpc/descriptor_set\.cc", r"inspect/sql/tokens\.cc")),
    ("pg_query.h", (r"inspect/sql/(tokens|fingerprint)\.cc", r"inspect/sql/pg/tree\.h")),
    ("pg_query/", (r"inspect/sql/pg/tree\.h",)),
    ("postgres.h", (r"inspect/sql/pg/tree\.h",)),
    ("nodes/", (r"inspect/sql/pg/tree\.h",)),
    ("yaml-cpp/", (r"config/.*\.cc",)),
    ("hs.h", (r"inspect/match/.*",)),
    ("hs/", (r"inspect/match/.*",)),
    ("sodium", (r"inspect/dlp/clean_marks\.cc",)),
    ("re2/", (r"inspect/match/.*",)),
    ("pcre2", (r"inspect/match/.*",)),
    ("zlib.h", (r"inspect/coding/zlib_.*\.cc",)),
    ("brotli/", (r"inspect/coding/brotli_.*\.cc",)),
    ("zstd", (r"inspect/coding/zstd_.*\.cc",)),
    ("openssl/md5.h", (r"inspect/waf/transform/digest\.cc",)),
    ("openssl/sha.h", (r"inspect/waf/transform/digest\.cc", r"inspect/dlp/checks/sha256\.cc",
                       r"proxy/session/websocket_upgrade\.cc", r"inspect/sql/fingerprint\.cc")),
    ("openssl/evp.h", (r"proxy/tls/.*", r"proxy/commands/demo.*", r"inspect/match/rules/.*",
                       r"inspect/dlp/keyed_hash\.cc",
                       r"proxy/session/websocket_upgrade\.cc", r"proxy/commands/waf/base64\.cc", r"bench/load/tls_client\..*")),
    ("openssl/", (r"proxy/tls/.*", r"proxy/commands/demo.*", r"inspect/match/rules/.*", r"inspect/dlp/keyed_hash\.cc",
                  r"bench/load/tls_client\..*")),
    ("llhttp.h", (r"proxy/protocol/http1/.*",)),
    ("nghttp2/", (r"proxy/protocol/http2/session.*", r"bench/load/.*")),
    ("boost/asio", (r"proxy/admin/.*", r"proxy/server.*", r"proxy/commands/.*")),
    ("boost/beast", (r"proxy/admin/.*", r"proxy/server.*", r"proxy/commands/.*")),
    ("CLI/", (r"proxy/main\.cc", r"proxy/commands/.*", r"bench/load/command_line\.cc")),
    ("prometheus/", (r"proxy/admin/.*",)),
    ("spdlog/", (r"proxy/admin/.*", r"proxy/commands/.*", r"proxy/server.*")),
)

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
AWAIT = re.compile(r"\bco_await\b")
# Alone, returned, assigned to or initialising a name; nothing but whitespace may stand before it in its statement.
AWAIT_ALLOWED = re.compile(
    r"^(?:co_return|\(void\)"
    r"|(?:[\w:<>,*&\s]+?[\s&*])?\w+\s*="
    r"|(?:const\s+)?auto\s*(?:&&?)?\s*\[[\w\s,]+\]\s*=)?$")
COMMENT_SENTENCE = re.compile(r"^// \S.*[.!?]$")
MACHINE_PATH = re.compile(r"(?<![\w./$}-])/(?:home|Users|work|root)/[\w.-]+")


def uncommented(text):
    """The text with comments and literals blanked out, line breaks kept."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\((?:.*?)\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\''

    def blank(match):
        return "".join("\n" if char == "\n" else " " for char in match.group(0))

    return re.sub(pattern, blank, text, flags=re.DOTALL)


def includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def check_layers(path, text):
    for prefix, forbidden in FORBIDDEN_LAYERS:
        if not path.startswith(prefix):
            continue
        for number, header in includes(text):
            if header.startswith(forbidden):
                yield f"{path}:{number}: {prefix} must not include {header}"


def check_owners(path, text):
    if not path.startswith(tuple(layer + "/" for layer in LAYERS + ("bench",))):
        return
    for number, header in includes(text):
        for prefix, owners in OWNERS:
            owned = header == prefix or (not prefix.endswith(".h") and header.startswith(prefix))
            if owned and not any(re.fullmatch(owner, path) for owner in owners):
                yield f"{path}:{number}: {header} belongs to {' '.join(owners)}"
            if owned:
                break


def statement_before(code, position):
    """What stands before `position` in its statement: back to the last ; { } that ends one."""
    start = max(code.rfind(mark, 0, position) for mark in ";{}") + 1
    return " ".join(code[start:position].split())


def check_awaits(path, text):
    code = uncommented(text)
    for match in AWAIT.finditer(code):
        number = code.count("\n", 0, match.start()) + 1
        if not path.startswith("proxy/"):
            yield f"{path}:{number}: co_await lives in proxy/ only"
        elif path.startswith("proxy/protocol/"):
            yield f"{path}:{number}: proxy/protocol/ is sans-I/O: no co_await"
        elif not AWAIT_ALLOWED.match(re.sub(r"^(?:case\s+[\w:]+|default|else|do)\s*:?\s*", "",
                                            statement_before(code, match.start()))):
            yield f"{path}:{number}: co_await stands alone or initialises a named local"


def check_first_line(path, text):
    first = text.split("\n", 1)[0]
    if not COMMENT_SENTENCE.match(first):
        yield f"{path}:1: the first line is one sentence in a // comment"


def check_machine_paths(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = MACHINE_PATH.search(line)
        if match:
            yield f"{path}:{number}: path of somebody's machine: {match.group(0)}"


CODE_CHECKS = (check_layers, check_owners, check_awaits, check_first_line)


def check_file(path, text):
    """Every violation in one file; `path` is relative to the root, with slashes."""
    violations = list(check_machine_paths(path, text))
    if path.endswith(CODE) and path.startswith(tuple(folder + "/" for folder in SOURCE_FOLDERS)):
        for check in CODE_CHECKS:
            violations += check(path, text)
    return violations


def skipped(path):
    return (path.parts[0] in ("build", ".git", ".cache") or "__pycache__" in path.parts
            or "corpus" in path.parts or path.suffix not in TEXT)


def check_tree(root):
    """(files read, violations) of everything below `root` that is ours."""
    violations, files = [], 0
    for file in sorted(pathlib.Path(root).rglob("*")):
        relative = file.relative_to(root)
        if skipped(relative) or not file.is_file():
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        files += 1
        violations += check_file(relative.as_posix(), text)
    return files, violations


def main(root):
    files, violations = check_tree(root)
    print("\n".join(violations + [f"{files} files, {len(violations)} violations"]))
    return 1 if violations or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "."))
