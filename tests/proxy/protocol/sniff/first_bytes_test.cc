// What is spoken, by the first bytes: the same at every cut, and nothing hidden behind what a detector might dislike.
#include "proxy/protocol/sniff/first_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::proxy::sniff {
namespace {

using namespace std::string_literals;

struct Opening {
  const char* name;
  std::string bytes;
  Spoken is;
};

std::string named(const testing::TestParamInfo<Opening>& info) {
  return info.param.name;
}

class FirstBytes : public testing::TestWithParam<Opening> {};

/// One byte more at a time: "not yet" until some byte decides, and that decision whatever follows.
TEST_P(FirstBytes, AreDecidedOnceAndForAll) {
  const Opening& opening = GetParam();
  Spoken decided = Spoken::kNeedMore;
  for (std::size_t i = 0; i <= opening.bytes.size(); ++i) {
    const Spoken now = spoken(std::string_view(opening.bytes).substr(0, i));
    if (decided == Spoken::kNeedMore) {
      decided = now;
    }
    EXPECT_EQ(now, decided) << "of the first " << i << " bytes";
  }
  EXPECT_EQ(decided, opening.is);
  for (const char more : {'\0', '\n', 'x', '/', '\xff'}) {
    EXPECT_EQ(spoken(opening.bytes + more),
              opening.is == Spoken::kNeedMore ? spoken(opening.bytes + more) : opening.is);
  }
}

const std::string kHello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s;

INSTANTIATE_TEST_SUITE_P(
    All, FirstBytes,
    testing::Values(Opening{"Nothing", "", Spoken::kNeedMore}, Opening{"Get", "GET / HTTP/1.1\r\n", Spoken::kHttp1},
                    Opening{"Options", "OPTIONS * HTTP/1.1\r\n", Spoken::kHttp1},
                    Opening{"Absolute", "GET http://a/ HTTP/1.1\r\n", Spoken::kHttp1},
                    Opening{"AbsoluteTls", "GET HTTPS://a/ HTTP/1.1\r\n", Spoken::kHttp1},
                    Opening{"Connect", "CONNECT a:443 HTTP/1.1\r\n", Spoken::kHttp1},
                    Opening{"LowerCase", "get / http/1.1\r\n", Spoken::kHttp1},
                    Opening{"UnknownMethod", "M-SEARCH * HTTP/1.1\r\n", Spoken::kHttp1},
                    Opening{"EmptyLines", "\r\n\n\r\nGET / HTTP/1.1\r\n", Spoken::kHttp1},
                    Opening{"ManyEmptyLines", std::string(40, '\n') + "GET / HTTP/1.1\r\n", Spoken::kHttp1},
                    Opening{"LongTarget", "GET /" + std::string(9000, 'a'), Spoken::kHttp1},
                    Opening{"Http09", "GET /denied\r\n", Spoken::kHttp1},
                    Opening{"Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Spoken::kHttp2},
                    Opening{"HalfAPreface", "PRI * HTTP/2.0\r\n\r\n", Spoken::kNeedMore},
                    Opening{"AnotherPreface", "PRI * HTTP/2.0\r\n\r\nXX", Spoken::kHttp1},
                    Opening{"PrefaceOf3", "PRI * HTTP/3.0\r\n", Spoken::kHttp1}, Opening{"Tls", kHello, Spoken::kTls},
                    Opening{"TlsAlert", "\x15\x03\x01\x00\x02\x02\x28"s, Spoken::kOther},
                    Opening{"TlsOfNothing", "\x16\x03\x01\x00\x00\x01"s, Spoken::kOther},
                    Opening{"ServerHello", "\x16\x03\x03\x00\x7a\x02"s, Spoken::kOther},
                    Opening{"Ssl2", "\x80\x2e\x01\x00\x02"s, Spoken::kOther},
                    Opening{"PgStart", "\0\0\0\x17\0\3\0\0user\0orders\0\0\0"s, Spoken::kPostgres},
                    Opening{"PgSsl", "\0\0\0\x08\x04\xd2\x16\x2f"s, Spoken::kPostgres},
                    Opening{"PgGss", "\0\0\0\x08\x04\xd2\x16\x30"s, Spoken::kPostgres},
                    Opening{"PgCancel", "\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\1\0\0\0\2"s, Spoken::kPostgres},
                    Opening{"PgVersion2", "\0\0\1\x28\0\2\0\0"s, Spoken::kOther},
                    Opening{"PgTooLong", "\0\0\x27\x11\0\3\0\0"s, Spoken::kOther},
                    Opening{"PgTooShort", "\0\0\0\7\0\3\0\0"s, Spoken::kOther},
                    Opening{"PgOtherCode", "\0\0\0\x08\x04\xd2\x16\x31"s, Spoken::kOther},
                    Opening{"Redis", "*1\r\n$4\r\nPING\r\n", Spoken::kOther},
                    Opening{"RedisInline", "SET key value\r\n", Spoken::kOther},
                    Opening{"Smtp", "EHLO orders.shop\r\n", Spoken::kOther},
                    Opening{"Ssh", "SSH-2.0-OpenSSH_9.2\r\n", Spoken::kOther},
                    Opening{"Mqtt", "\x10\x0e\0\4MQTT\4\2"s, Spoken::kOther},
                    Opening{"Zeros", std::string(64, '\0'), Spoken::kOther},
                    Opening{"Proxy2", "\r\n\r\n\0\r\nQUIT\n"s, Spoken::kOther},
                    Opening{"Blank", " GET / HTTP/1.1\r\n", Spoken::kOther},
                    Opening{"LongWord", std::string(64, 'A'), Spoken::kOther}),
    named);

/// What is looked at is bounded: nobody keeps a connection undecided.
TEST(FirstBytesBound, SixtyFourBytesDecide) {
  const std::string starts[] = {"",
                                "G",
                                "GET ",
                                "GET h",
                                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
                                "\x16\x03",
                                "\0\0\0"s,
                                "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
                                std::string(24, 'A') + " http:/"};
  for (const std::string& start : starts) {
    for (int byte = 0; byte < 256; ++byte) {
      const std::string opening = start + std::string(64 - start.size(), static_cast<char>(byte));
      EXPECT_NE(spoken(opening), Spoken::kNeedMore) << start << byte;
    }
  }
}

TEST(ServerFirst, IsKnownByPort) {
  for (const int port : {25, 587, 3306, 4444, 6379, 9300, 11211}) {
    EXPECT_TRUE(is_server_first(static_cast<std::uint16_t>(port))) << port;
  }
  EXPECT_FALSE(is_server_first(5432));
  EXPECT_FALSE(is_server_first(80));
}

}  // namespace
}  // namespace gabion::proxy::sniff
