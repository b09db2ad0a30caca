"""The tree keeps its architecture, and the check that says so notices each way of breaking it."""

import pathlib

import pytest

import architecture

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIRST = "// Something with one sentence.\n"
HOME = "/" + "home/someone/gabion"


def test_the_tree_is_clean():
    files, violations = architecture.check_tree(ROOT)
    assert files > 10
    assert violations == []


GOOD = [
    ("config/kube/parse.cc", "#include <yaml-cpp/yaml.h>\n"),
    ("inspect/match/pattern_set.cc", "#include <hs.h>\n#include <re2/re2.h>\n#include \"config/result.h\"\n"),
    ("proxy/tls/stream.cc", "#include <openssl/ssl.h>\n"),
    ("proxy/commands/demo_certificates.cc", "#include <openssl/x509.h>\n#include <CLI/CLI.hpp>\n"),
    ("inspect/waf/transform/digest.cc", "#include <openssl/md5.h>\n#include <openssl/sha.h>\n"),
    ("proxy/protocol/http1/decoder.cc", "#include <llhttp.h>\n#include \"inspect/message.h\"\n"),
    ("proxy/server_signals.cc", "#include <boost/asio/signal_set.hpp>\n#include <spdlog/spdlog.h>\n"),
    ("proxy/admin/metrics.cc", "#include <prometheus/text_serializer.h>\n#include <boost/beast/http.hpp>\n"),
    ("proxy/main.cc", "#include <CLI/CLI.hpp>\n"),
    ("tests/proxy/tls/stream_test.cc", "#include <openssl/ssl.h>\n"),
    ("bench/load/tls_client.cc", "#include <openssl/ssl.h>\n#include \"proxy/net/socket.h\"\n"),
    ("proxy/session/connection.cc", "void f() {\n  co_await g();\n  co_return co_await g();\n}\n"),
    ("proxy/session/connection.cc", "void f() {\n  bool ok = co_await g();\n  if (!ok) {\n    co_await g();\n  }\n}\n"),
    ("proxy/session/connection.cc", "void f() {\n  const auto [a, b] = co_await g();\n  set<int> c = co_await g();\n}\n"),
    ("proxy/session/connection.cc", "void f() {\n  // never if (co_await g())\n  log(\"f(co_await g())\");\n}\n"),
    ("docs/page.md", "See https://example.com/home/page and ./work/there.\n"),
]


@pytest.mark.parametrize("path,body", GOOD)
def test_accepts(path, body):
    assert architecture.check_file(path, FIRST + body) == []


BAD = [
    ("config/proxy_config.cc", "#include \"inspect/message.h\"\n", "must not include inspect/message.h"),
    ("config/proxy_config.cc", "#include \"proxy/net/socket.h\"\n", "must not include proxy/net/socket.h"),
    ("proxy/net/socket.cc", "#include \"bench/load/tally.h\"\n", "must not include bench/load/tally.h"),
    ("bench/load/mix_file.cc", "#include <yaml-cpp/yaml.h>\n", "yaml-cpp/yaml.h belongs to"),
    ("bench/load/client.cc", "#include <openssl/ssl.h>\n", "openssl/ssl.h belongs to"),
    ("inspect/pipeline.cc", "#include \"proxy/session/reason.h\"\n", "must not include proxy/session/reason.h"),
    ("inspect/pipeline.cc", "  #  include <proxy/session/reason.h>\n", "must not include"),
    ("proxy/protocol/http1/decoder.cc", "#include <boost/asio/awaitable.hpp>\n", "must not include boost/asio"),
    ("proxy/protocol/http1/decoder.cc", "#include <openssl/ssl.h>\n", "must not include openssl"),
    ("proxy/protocol/http1/decoder.cc", "#include \"proxy/net/socket.h\"\n", "must not include proxy/net"),
    ("config/kube/parse.h", "#include <yaml-cpp/yaml.h>\n", "yaml-cpp/yaml.h belongs to"),
    ("inspect/policy/decide.cc", "#include <re2/re2.h>\n", "re2/re2.h belongs to"),
    ("inspect/attack/patterns.cc", "#include <hs.h>\n", "hs.h belongs to"),
    ("inspect/attack/patterns.cc", "#include <pcre2.h>\n", "pcre2.h belongs to"),
    ("inspect/pipeline.cc", "#include <openssl/sha.h>\n", "openssl/sha.h belongs to"),
    ("inspect/waf/transform/digest.cc", "#include <openssl/evp.h>\n", "openssl/evp.h belongs to"),
    ("proxy/session/connection.cc", "#include <openssl/ssl.h>\n", "openssl/ssl.h belongs to"),
    ("proxy/session/connection.cc", "#include <llhttp.h>\n", "llhttp.h belongs to"),
    ("proxy/session/connection.cc", "#include <boost/asio/io_context.hpp>\n", "boost/asio/io_context.hpp belongs to"),
    ("proxy/upstream/pool.cc", "#include <boost/beast/core.hpp>\n", "boost/beast/core.hpp belongs to"),
    ("proxy/listener.cc", "#include <CLI/CLI.hpp>\n", "CLI/CLI.hpp belongs to"),
    ("proxy/session/exchange.cc", "#include <prometheus/counter.h>\n", "prometheus/counter.h belongs to"),
    ("proxy/session/exchange.cc", "#include <spdlog/spdlog.h>\n", "spdlog/spdlog.h belongs to"),
    ("inspect/pipeline.cc", "void f() { co_await g(); }\n", "co_await lives in proxy/"),
    ("proxy/protocol/http1/decoder.cc", "void f() { co_await g(); }\n", "sans-I/O"),
    ("proxy/session/connection.cc", "void f() {\n  if (co_await g()) {\n  }\n}\n", "co_await stands alone"),
    ("proxy/session/connection.cc", "void f() {\n  while (!co_await g()) {\n  }\n}\n", "co_await stands alone"),
    ("proxy/session/connection.cc", "void f() {\n  switch (co_await g()) {\n  }\n}\n", "co_await stands alone"),
    ("proxy/session/connection.cc", "void f() {\n  for (auto x : co_await g()) {\n  }\n}\n", "co_await stands alone"),
    ("proxy/session/connection.cc", "void f() {\n  if (const bool ok = co_await g(); ok) {\n  }\n}\n", "stands alone"),
    ("proxy/session/connection.cc", "void f() {\n  h(co_await g());\n}\n", "co_await stands alone"),
    ("proxy/session/connection.cc", "void f() {\n  const int x = h(co_await g());\n}\n", "co_await stands alone"),
    ("proxy/session/connection.cc", "void f() {\n  const int x = 1 +\n      co_await g();\n}\n", "stands alone"),
    ("proxy/session/connection.cc", "void f() {\n  co_return 1 + co_await g();\n}\n", "co_await stands alone"),
    ("docs/page.md", f"Run {HOME}/build.\n", "path of somebody's machine"),
    ("dev", f"cd {HOME}\n", "path of somebody's machine"),
]


@pytest.mark.parametrize("path,body,message", BAD)
def test_refuses(path, body, message):
    violations = architecture.check_file(path, FIRST + body)
    assert violations and len({violation.split(": ")[0] for violation in violations}) == 1
    assert any(message in violation for violation in violations)


@pytest.mark.parametrize("first", ["#pragma once", "", "// no full stop", "//No blank.", "/* Another style. */"])
def test_refuses_a_first_line_that_is_no_sentence(first):
    assert len(architecture.check_file("config/result.h", first + "\n#pragma once\n")) == 1


def test_an_include_in_a_comment_is_no_include():
    assert architecture.check_file("config/a.cc", FIRST + "// #include \"proxy/net/socket.h\"\n") == []
