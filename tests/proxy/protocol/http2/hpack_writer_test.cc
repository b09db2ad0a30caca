// What is written as HPACK is read as the same fields by nghttp2, which keeps no table for it.
#include "proxy/protocol/http2/hpack_writer.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gabion::proxy::http2 {
namespace {

struct ReadField {
  std::string name;
  std::string value;
  bool never_indexed = false;
  bool operator==(const ReadField&) const = default;
};

using Fields = std::vector<std::pair<std::string, std::string>>;

struct InflaterDeleter {
  void operator()(nghttp2_hd_inflater* inflater) const noexcept { nghttp2_hd_inflate_del(inflater); }
};

class Reader {
 public:
  Reader() {
    nghttp2_hd_inflater* made = nullptr;
    EXPECT_EQ(nghttp2_hd_inflate_new(&made), 0);
    inflater_.reset(made);
  }

  std::vector<ReadField> read(const std::string& wire) {
    std::vector<ReadField> fields;
    const auto* at = reinterpret_cast<const std::uint8_t*>(wire.data());
    std::size_t left = wire.size();
    for (;;) {
      nghttp2_nv nv{};
      int flags = 0;
      const auto used = nghttp2_hd_inflate_hd2(inflater_.get(), &nv, &flags, at, left, 1);
      if (used < 0) {
        ADD_FAILURE() << nghttp2_strerror(static_cast<int>(used));
        return fields;
      }
      at += used;
      left -= static_cast<std::size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        fields.push_back({std::string(reinterpret_cast<const char*>(nv.name), nv.namelen),
                          std::string(reinterpret_cast<const char*>(nv.value), nv.valuelen),
                          (nv.flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0});
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        nghttp2_hd_inflate_end_headers(inflater_.get());
        return fields;
      }
    }
  }

  [[nodiscard]] std::size_t table_bytes() const { return nghttp2_hd_inflate_get_dynamic_table_size(inflater_.get()); }
  /// By index in the static table, from 1.
  [[nodiscard]] std::pair<std::string, std::string> entry(std::size_t index) const {
    const nghttp2_nv* nv = nghttp2_hd_inflate_get_table_entry(inflater_.get(), index);
    return {std::string(reinterpret_cast<const char*>(nv->name), nv->namelen),
            std::string(reinterpret_cast<const char*>(nv->value), nv->valuelen)};
  }

 private:
  std::unique_ptr<nghttp2_hd_inflater, InflaterDeleter> inflater_;
};

constexpr std::size_t kStaticFields = 61;

std::string wire_of(const Fields& fields) {
  FieldBlock block;
  for (const auto& [name, value] : fields) {
    block.append(name, value);
  }
  std::string wire;
  write_header_block(block, wire);
  return wire;
}

void expect_read_as_written(const Fields& fields) {
  Reader reader;
  const auto found = reader.read(wire_of(fields));
  ASSERT_EQ(found.size(), fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    EXPECT_EQ(found[i].name, fields[i].first);
    EXPECT_EQ(found[i].value, fields[i].second);
  }
  EXPECT_EQ(reader.table_bytes(), 0U);
}

TEST(HpackWriterTest, KnowsTheStaticTable) {
  const Reader reader;
  std::string before;
  std::size_t first = 0;
  for (std::size_t index = 1; index <= kStaticFields; ++index) {
    const auto [name, value] = reader.entry(index);
    first = name == before ? first : index;
    before = name;
    const StaticIndex found = static_index(name, value);
    EXPECT_EQ(found.name, first) << name;
    EXPECT_EQ(found.field, value.empty() ? 0 : index) << name << ": " << value;
    EXPECT_EQ(static_index(name, "another value").name, first) << name;
    EXPECT_EQ(static_index(name, "another value").field, 0) << name;
    EXPECT_EQ(static_index(name + "x", value).name, 0) << name;
  }
  EXPECT_EQ(static_index("", "").name, 0);
}

TEST(HpackWriterTest, WritesAnIndexAlone) {
  EXPECT_EQ(wire_of({{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":status", "404"}}),
            "\x82\x87\x84\x8d");
}

TEST(HpackWriterTest, WritesLiteralsThatNobodyIndexes) {
  EXPECT_EQ(wire_of({{":path", "/a"}, {"x-a", "b"}, {"via", ""}}), std::string("\x14\x02/a\x10\x03x-a\x01"
                                                                               "b\x1f\x2d\x00",
                                                                               14));
  Reader reader;
  for (const auto& field : reader.read(wire_of({{"authorization", "Basic c2VjcmV0"}, {"x-token", "secret"}}))) {
    EXPECT_TRUE(field.never_indexed) << field.name;
  }
}

TEST(HpackWriterTest, IsReadAsTheSameFields) {
  Fields fields = {{":status", "200"}};
  for (const std::size_t size : {0, 1, 126, 127, 128, 254, 255, 256, 16383, 16384, 16511, 16512, 65535}) {
    fields.emplace_back("x-size", std::string(size, 'v'));
    fields.emplace_back("n" + std::string(size, 'n'), "value");
    fields.emplace_back("user-agent", std::string(size, '\xff'));
  }
  expect_read_as_written(fields);
}

TEST(HpackWriterTest, IsReadBehindWhatWasThere) {
  FieldBlock block;
  block.append(":status", "200");
  std::string wire = "frame head";
  write_header_block(block, wire);
  EXPECT_EQ(wire, "frame head\x88");
}

}  // namespace
}  // namespace gabion::proxy::http2
