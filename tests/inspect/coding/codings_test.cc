// What Content-Encoding and Accept-Encoding say, as tables.
#include "inspect/coding/codings.h"

#include <gtest/gtest.h>

#include <vector>

namespace gabion::inspect::coding {
namespace {

using Kind = CodingList::Kind;
using Fields = std::vector<HeaderField>;

TEST(Codings, AreReadFromAllFields) {
  struct Row {
    Fields fields;
    Kind kind;
    std::vector<Coding> codings;
  };
  const std::vector<Row> rows{
      {{}, Kind::kNone, {}},
      {{{"content-encoding", ""}}, Kind::kNone, {}},
      {{{"Content-Encoding", "identity"}}, Kind::kNone, {}},
      {{{"Content-Encoding", "gzip"}}, Kind::kKnown, {Coding::kGzip}},
      {{{"Content-Encoding", "X-GZip"}}, Kind::kKnown, {Coding::kGzip}},
      {{{"Content-Encoding", "deflate , br"}}, Kind::kKnown, {Coding::kDeflate, Coding::kBrotli}},
      {{{"Content-Encoding", "zstd"}, {"CONTENT-ENCODING", "gzip"}}, Kind::kKnown, {Coding::kZstd, Coding::kGzip}},
      {{{"Content-Encoding", ",identity,, gzip,"}}, Kind::kKnown, {Coding::kGzip}},
      {{{"Content-Encoding", "gzip, gzip, gzip"}}, Kind::kUnknown, {}},
      {{{"Content-Encoding", "compress"}}, Kind::kUnknown, {}},
      {{{"Content-Encoding", "gzip, aws-chunked"}}, Kind::kUnknown, {}},
      {{{"Content-Encoding", "gzip;q=1"}}, Kind::kUnknown, {}},
      {{{"Content-Encoding", "gz ip"}}, Kind::kUnknown, {}},
      {{{"Accept-Encoding", "gzip"}}, Kind::kNone, {}},
  };
  for (const Row& row : rows) {
    const CodingList got = read_codings(row.fields);
    EXPECT_EQ(got.kind, row.kind) << (row.fields.empty() ? "" : row.fields[0].value);
    EXPECT_EQ(std::vector<Coding>(got.items().begin(), got.items().end()), row.codings);
  }
}

TEST(Codings, AcceptEncodingIsNarrowedToWhatCanBeUndone) {
  const std::pair<Fields, std::string_view> rows[] = {
      {{}, "identity"},
      {{{"accept-encoding", "gzip, deflate, br, zstd"}}, "gzip, deflate, br, zstd"},
      {{{"Accept-Encoding", "gzip;q=0.5, br;q=1.0, dcb, dcz"}}, "gzip;q=0.5, br;q=1.0"},
      {{{"Accept-Encoding", "compress, sdch"}}, "identity"},
      {{{"Accept-Encoding", "*"}}, "identity"},
      {{{"Accept-Encoding", "*;q=0.1, gzip"}}, "gzip"},
      {{{"Accept-Encoding", "gzip, *;q=0"}}, "gzip, *;q=0"},
      {{{"Accept-Encoding", "identity;q=0, zstd"}}, "identity;q=0, zstd"},
      {{{"Accept-Encoding", "gzip"}, {"accept-encoding", "br"}}, "gzip, br"},
      {{{"Accept-Encoding", ""}}, "identity"},
  };
  for (const auto& [fields, expected] : rows) {
    std::string narrowed = "rest of the last";
    narrow_accept_encoding(fields, narrowed);
    EXPECT_EQ(narrowed, expected);
  }
}

}  // namespace
}  // namespace gabion::inspect::coding
