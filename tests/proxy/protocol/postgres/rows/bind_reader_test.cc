// A Bind by pieces says what the whole one says, wherever it is cut.
#include "proxy/protocol/postgres/rows/bind_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/protocol/postgres/messages.h"

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;

/// "-": it is none.
std::string read_cut(const std::string& body, std::size_t piece) {
  BindReader reader;
  for (std::size_t at = 0; at < body.size(); at += piece) {
    if (!reader.feed(std::string_view(body).substr(at, piece))) {
      return "-";
    }
  }
  std::string found;
  for (const Format format : reader.take_formats()) {
    found += format == Format::kText ? 't' : 'b';
  }
  return reader.is_whole() ? found : "-";
}

TEST(BindReader, ReadsWhatIsBehindTheValuesWhereverItIsCut) {
  const std::string names = "portal\0name\0"s;
  const std::string two_values = "\0\2\0\0\0\3abc\xff\xff\xff\xff"s;
  const std::string bodies[] = {
      names + "\0\1\0\1"s + two_values + "\0\2\0\0\0\1"s,
      names + "\0\0"s + two_values + "\0\1\0\1"s,
      names + "\0\2\0\0\0\1"s + two_values + "\0\0"s,
      "\0\0\0\0\0\0\0\0"s,
      "\0\0\0\0\0\1\0\0\0\0\0\1\0\0"s,
      names + "\0\3\0\0\0\0\0\0"s + two_values + "\0\0"s,  // formats for three values
      names + "\0\0"s + two_values + "\0\1\0\2"s,          // a format there is not
      names + "\0\0"s + two_values + "\0\0x"s,             // more behind it
      names + "\0\0\0\1\xff\xff\xff\xfe"s,                 // a value without an end
      names + "\0\0\0\0\6\x81"s + std::string(2 * 1665, '\0'),
  };
  const std::string told[] = {"tb", "b", "", "", "t", "-", "-", "-", "-", "-"};
  for (std::size_t i = 0; i < std::size(bodies); ++i) {
    EXPECT_EQ(read_bind(bodies[i]).has_value() && told[i] != "-", told[i] != "-") << i;
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, bodies[i].size()}) {
      EXPECT_EQ(read_cut(bodies[i], piece), told[i]) << i << " in pieces of " << piece;
    }
  }
  for (std::size_t cut = 0; cut < bodies[0].size(); ++cut) {
    EXPECT_EQ(read_cut(bodies[0].substr(0, cut), 5), "-") << cut;
  }
}

}  // namespace
}  // namespace gabion::proxy::postgres
