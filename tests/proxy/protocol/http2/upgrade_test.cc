// Offers of h2c: which are taken, and that every other one is as if it had not been made.
#include "proxy/protocol/http2/upgrade.h"

#include <gtest/gtest.h>

#include "proxy/protocol/http1/decoder.h"
#include "wire.h"

namespace gabion::proxy::http2 {
namespace {

const std::string kConnection = "Connection: Upgrade, HTTP2-Settings\r\n";
const std::string kUpgrade = "Upgrade: h2c\r\n";
const std::string kOffered = "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n";  // as curl says it

std::optional<std::string> offer(const std::string& lines, const std::string& start = "GET /a HTTP/1.1") {
  http1::Decoder decoder(http1::Role::kRequest, {});
  std::string bytes = start + "\r\nHost: a\r\n" + lines + "\r\n";
  EXPECT_EQ(decoder.next(bytes).event, http1::Decoder::Event::kHead) << bytes;
  return read_h2c_offer(decoder.head());
}

TEST(H2cOffer, IsTakenToTheLetter) {
  const std::string payload("\0\3\0\0\0\144\0\4\2\0\0\0\0\2\0\0\0\0", 18);
  EXPECT_EQ(offer(kConnection + kUpgrade + kOffered), payload);
  EXPECT_EQ(offer("connection: upgrade\r\nConnection: keep-alive, http2-settings\r\nUPGRADE: H2C\r\n" + kOffered),
            payload);
  EXPECT_EQ(offer(kConnection + kUpgrade + kOffered + "Content-Length: 0\r\n"), payload);
  EXPECT_EQ(offer(kConnection + kUpgrade + kOffered, "OPTIONS * HTTP/1.1"), payload);
}

struct NoOffer {
  const char* name;
  std::string lines;
  std::string start = "GET /a HTTP/1.1";
};

class NoOffers : public testing::TestWithParam<NoOffer> {};

TEST_P(NoOffers, AreIgnored) {
  EXPECT_EQ(offer(GetParam().lines, GetParam().start), std::nullopt);
}

std::string settings(const std::string& value) {
  return kConnection + kUpgrade + "HTTP2-Settings: " + value + "\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Heads, NoOffers,
    testing::Values(NoOffer{"Nothing", ""}, NoOffer{"NoSettings", kConnection + kUpgrade},
                    NoOffer{"TwoSettings", kConnection + kUpgrade + kOffered + kOffered},
                    NoOffer{"NoUpgrade", kConnection + kOffered},
                    NoOffer{"TwoUpgrades", kConnection + kUpgrade + kUpgrade + kOffered},
                    NoOffer{"BothUpgrades", kConnection + "Upgrade: h2c, websocket\r\n" + kOffered},
                    NoOffer{"OverTls", kConnection + "Upgrade: h2\r\n" + kOffered},
                    NoOffer{"UpgradeNotNamed", "Connection: HTTP2-Settings\r\n" + kUpgrade + kOffered},
                    NoOffer{"SettingsNotNamed", "Connection: Upgrade\r\n" + kUpgrade + kOffered},
                    NoOffer{"Close", "Connection: close\r\n" + kConnection + kUpgrade + kOffered},
                    NoOffer{"Http10", kConnection + kUpgrade + kOffered, "GET / HTTP/1.0"},
                    NoOffer{"Body", kConnection + kUpgrade + kOffered + "Content-Length: 1\r\n", "POST / HTTP/1.1"},
                    NoOffer{"Chunked", kConnection + kUpgrade + kOffered + "Transfer-Encoding: chunked\r\n",
                            "POST / HTTP/1.1"},
                    NoOffer{"Empty", settings("")}, NoOffer{"Padded", settings("AAMAAABkAAQ=")},
                    NoOffer{"NoBase64Url", settings("AAMAAABk+AQC")}, NoOffer{"CutEntry", settings("AAMAAABkAAQC")},
                    NoOffer{"OneDigitMore", settings("AAMAAABkA")}, NoOffer{"SpareBits", settings("AAMAAABkAB")},
                    NoOffer{"PushOfTwo", settings("AAIAAAAC")}, NoOffer{"WindowTooLarge", settings("AASAAAAA")},
                    NoOffer{"FrameTooSmall", settings("AAUAAAAB")},
                    NoOffer{"TooMany", settings(std::string(33 * 8, 'A'))}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(H2cOffer, DecodesBase64Url) {
  EXPECT_EQ(decode_base64url(""), "");
  EXPECT_EQ(decode_base64url("_-8"), "\xff\xef");
  EXPECT_EQ(decode_base64url("Zg"), "f");
  EXPECT_EQ(decode_base64url("Zm8"), "fo");
  EXPECT_EQ(decode_base64url("Zm9v"), "foo");
  for (const char* wrong : {"Z", "Zh", "Zm9", "Zg==", "Zm9vY", "Z m9", "Zm9v\n"}) {
    EXPECT_EQ(decode_base64url(wrong), std::nullopt) << wrong;
  }
}

/// The request is stream 1, and what the client says next is read as HTTP/2, however it is cut.
TEST(H2cOffer, BecomesStreamOne) {
  std::string whole;
  for (std::size_t cut = 200; cut > 0; --cut) {
    End server(Role::kServer);
    FieldBlock block;
    for (const auto& [name, value] : {std::pair{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}) {
      block.append(name, value);
    }
    server.session.upgrade(std::string("\0\4\0\0\0\5", 6), block);
    const std::string bytes = std::string(kClientPreface) + frame(kSettings, 0, 0, "");
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      EXPECT_TRUE(server.session.feed(std::string_view(bytes).substr(at, cut), {}));
    }
    whole = whole.empty() ? server.transcript : whole;
    EXPECT_EQ(server.transcript, whole) << cut;
  }
  EXPECT_EQ(whole, "head :method=GET :scheme=http :path=/\nend\n");
}

TEST(H2cOffer, IsNotFollowedByARequestOfHttp1) {
  End server(Role::kServer);
  FieldBlock block;
  block.append(":method", "GET");
  server.session.upgrade({}, block);
  EXPECT_FALSE(server.session.feed(std::string_view("GET /admin HTTP/1.1\r\nhost: a\r\n\r\n"), {}));
  EXPECT_EQ(server.session.failure(), Session::kNotThePreface);
}

}  // namespace
}  // namespace gabion::proxy::http2
