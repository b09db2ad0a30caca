// A ClientHello that is looked at: its names, at every cut, and every broken length.
#include "proxy/protocol/sniff/client_hello.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::proxy::sniff {
namespace {

using namespace std::string_literals;

std::string sized(std::size_t bytes, const std::string& body) {
  std::string text;
  for (std::size_t i = bytes; i-- > 0;) {
    text.push_back(static_cast<char>(body.size() >> (8 * i)));
  }
  return text + body;
}

std::string record(const std::string& extensions) {
  const std::string body = "\3\3"s + std::string(32, 'r') + sized(1, "session") + sized(2, "\x13\x01"s) +
                           sized(1, "\0"s) + sized(2, extensions);
  return "\x16\3\1"s + sized(2, "\1"s + sized(3, body));
}

std::string alpn(const std::string& names) {
  return "\0\x10"s + sized(2, sized(2, names));
}

const std::string kServerName = "\0\0"s + sized(2, sized(2, "\0"s + sized(2, "orders.shop")));
const std::string kWhole = record(kServerName + "\0\x2b\0\3\2\3\4"s + alpn(sized(1, "h2") + sized(1, "istio")));

TEST(ClientHello, NamesItsServerAndItsProtocols) {
  ClientHello hello;
  ASSERT_EQ(read_client_hello(kWhole + "more", hello), HelloReading::kWhole);
  EXPECT_EQ(hello.server_name, "orders.shop");
  EXPECT_EQ(hello.protocols, "\2h2\5istio");
  EXPECT_TRUE(offers_prefix(hello.protocols, "istio"));
  EXPECT_FALSE(offers_prefix(hello.protocols, "http"));
  EXPECT_FALSE(offers_prefix("\x09h2", "h"));
}

TEST(ClientHello, IsWholeAtItsEndAndNotBefore) {
  ClientHello hello;
  for (std::size_t i = 0; i < kWhole.size(); ++i) {
    EXPECT_EQ(read_client_hello(kWhole.substr(0, i), hello), HelloReading::kNeedMore) << i;
  }
}

TEST(ClientHello, WithoutExtensionsNamesNobody) {
  ClientHello hello;
  EXPECT_EQ(read_client_hello(record(""), hello), HelloReading::kWhole);
  EXPECT_TRUE(hello.server_name.empty());
  EXPECT_TRUE(hello.protocols.empty());
}

/// A length that says more than there is, is never read beyond.
TEST(ClientHello, IsUnreadableWithABrokenLength) {
  ClientHello hello;
  EXPECT_EQ(read_client_hello("\x16\3\1\x40\1"s, hello), HelloReading::kUnreadable);
  EXPECT_EQ(read_client_hello("\x17\3\1\0\1x"s, hello), HelloReading::kUnreadable);
  EXPECT_EQ(read_client_hello("\x16\3\1\0\4\1\0\0\1"s, hello), HelloReading::kUnreadable);
  for (const std::size_t at : {8U, 43U, 52U, 55U, 57U, 61U}) {
    std::string broken = kWhole;
    broken[at] = '\xff';
    EXPECT_EQ(read_client_hello(broken, hello), HelloReading::kUnreadable) << at;
  }
}

}  // namespace
}  // namespace gabion::proxy::sniff
