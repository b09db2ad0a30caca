// Rows rewritten at every cut: what leaves is a row again, nothing of a withheld value is in it, little is held.
#include "proxy/protocol/postgres/rows/row_rewriter.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/proxy/protocol/postgres/rows/rows.h"

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;
using enum ColumnFate;

const std::string kCard = "4111111111111111";

struct Row {
  std::string name;
  std::vector<PlannedColumn> columns;
  std::vector<Value> values;
  std::vector<Value> leaves;
};

/// Of one dimension, as array_send writes it.
std::string array_of(std::uint32_t type, const std::vector<std::string>& elements) {
  std::string bytes;
  const auto put = [&bytes](std::uint32_t value) {
    for (unsigned shift = 32; shift != 0; shift -= 8) {
      bytes.push_back(static_cast<char>(value >> (shift - 8U)));
    }
  };
  for (const std::uint32_t value : {1U, 0U, type, static_cast<std::uint32_t>(elements.size()), 1U}) {
    put(value);
  }
  for (const std::string& element : elements) {
    put(static_cast<std::uint32_t>(element.size()));
    bytes += element;
  }
  return bytes;
}

std::vector<Row> rows() {
  return {
      {"nothing to do", {planned(kKeep), planned(kKeep)}, {{"a"}, {}}, {{"a"}, {}}},
      {"no columns", {}, {}, {}},
      {"text grows", {planned(kRedact)}, {{"x"}}, {{"[REDACTED]"}}},
      {"text shrinks", {planned(kRedact), planned(kKeep)}, {{std::string(300, 's')}, {"b"}}, {{"[REDACTED]"}, {"b"}}},
      {"NULL stays", {planned(kRedact), planned(kRedact)}, {{}, {"s"}}, {{}, {"[REDACTED]"}}},
      {"empty", {planned(kRedact)}, {{""}}, {{"[REDACTED]"}}},
      {"binary int8", {planned(kRedact, 20, Format::kBinary)}, {{"\0\0\0\0\0\0\1\2"s}}, {{"\0\0\0\0\0\0\0\0"s}}},
      {"unknown type", {planned(kRedact, 99999), planned(kKeep)}, {{"s"}, {"b"}}, {{}, {"b"}}},
      {"array", {planned(kRedact, 1009)}, {{"{a,b}"}}, {{"{}"}}},
      {"binary array of int4",
       {planned(kRedact, 1007, Format::kBinary)},
       {{"whatever"}},
       {{"\0\0\0\0\0\0\0\0\0\0\0\x17"s}}},
      {"jsonb", {planned(kRedact, 3802, Format::kBinary)}, {{"\1{}"}}, {{"\1\"[REDACTED]\""}}},
      {"scan keeps", {planned(kScan)}, {{"hello"}}, {{"hello"}}},
      {"scan covers", {planned(kScan), planned(kKeep)}, {{kCard}, {"b"}}, {{"[CARD]"}, {"b"}}},
      {"scan covers jsonb", {planned(kScan, 3802, Format::kBinary)}, {{"\1\"" + kCard + "\""}}, {{"\1[CARD]"}}},
      {"scan replaces a number", {planned(kScan, 1700)}, {{kCard}}, {{"0"}}},
      {"scan replaces a binary number",
       {planned(kScan, 20, Format::kBinary)},
       {{"\x00\x0e\x9b\x11\x30\xa7\x71\xc7"s}},  // 4111111111111111
       {{"\0\0\0\0\0\0\0\0"s}}},
      {"scan looks at no date", {planned(kScan, 1082)}, {{"4111-01-01"}}, {{"4111-01-01"}}},
      {"scan looks into a binary array and keeps its lengths true",
       {planned(kScan, 1009, Format::kBinary), planned(kScan, 1009, Format::kBinary)},
       {{"x"}, {"\0\0\0\x10" + kCard}},
       {{"x"}, {"\0\0\0\0\0\0\0\0\0\0\0\x19"s}}},
      {"scan reads bytea in hexadecimal", {planned(kScan, 17)}, {{"\\x34313131"}}, {{"\\x5b434152445d"}}},
      {"scan reads bytea with escapes", {planned(kScan, 17)}, {{"4111\\000"}}, {{"[CARD]"}}},
      {"scan reads a binary numeric",
       {planned(kScan, 1700, Format::kBinary)},
       {{"\0\4\0\3\0\0\0\0\x10\x0f\x04\x57\x04\x57\x04\x57"s}},  // 4111111111111111
       {{"\0\0\0\0\0\0\0\0"s}}},
      {"scan reads a binary double",
       {planned(kScan, 701, Format::kBinary)},
       {{"\x40\xb0\x0f\0\0\0\0\0"s}},  // 4111
       {{"\0\0\0\0\0\0\0\0"s}}},
      {"scan reads an array of int8 in binary",
       {planned(kScan, 1016, Format::kBinary), planned(kScan, 1016, Format::kBinary)},
       {{array_of(20, {"\0\0\0\0\0\0\0\7"s, "\x00\x0e\x9b\x11\x30\xa7\x71\xc7"s})},
        {array_of(20, {"\0\0\0\0\0\0\0\7"s})}},
       {{"\0\0\0\0\0\0\0\0\0\0\0\x14"s}, {array_of(20, {"\0\0\0\0\0\0\0\7"s})}}},
      {"scan reads an array of numeric in binary",
       {planned(kScan, 1231, Format::kBinary)},
       {{array_of(1700, {"\0\4\0\3\0\0\0\0\x10\x0f\x04\x57\x04\x57\x04\x57"s})}},
       {{"\0\0\0\0\0\0\0\0\0\0\x06\xa4"s}}},
      {"scan reads an array of double in binary",
       {planned(kScan, 1022, Format::kBinary)},
       {{array_of(701, {"\x40\xb0\x0f\0\0\0\0\0"s})}},
       {{"\0\0\0\0\0\0\0\0\0\0\x02\xbd"s}}},
      {"scan replaces an array of numbers in text as a whole",
       {planned(kScan, 1016), planned(kScan, 1016)},
       {{"{7," + kCard + "}"}, {"{7,8}"}},
       {{"{}"}, {"{7,8}"}}},
      {"scan reads numbers with an exponent",
       {planned(kScan, 701), planned(kScan), planned(kScan, 1022), planned(kScan, 1009), planned(kScan, 1022)},
       {{"4.111e+15"}, {"4.111e+15"}, {"{1e+15,4.111e+15}"}, {"{a,4.111e+15}"}, {"{1e+15,2}"}},
       {{"0"}, {"[CARD]"}, {"{}"}, {"{}"}, {"{1e+15,2}"}}},
      {"scan reads numbers with an exponent in arrays with bounds",
       {planned(kScan, 1022), planned(kScan, 1022)},
       {{"[0:1]={1e+15,4.111e+15}"}, {"[0:1]={1e+15,2}"}},
       {{"{}"}, {"[0:1]={1e+15,2}"}}},
      {"scan reads numbers with an exponent in JSON",
       {planned(kScan, 114), planned(kScan, 114), planned(kScan), planned(kScan, 114)},
       {{R"({"a": [4.111E15]})"}, {R"({"a": 4.112e3})"}, {R"( {"a": 4111e12})"}, {"4.111e15"}},
       {{"\"[REDACTED]\""}, {R"({"a": 4.112e3})"}, {"[REDACTED]"}, {"\"[REDACTED]\""}}},
      {"scan reads an array of numbers in a text", {planned(kScan)}, {{"{4.111e+15}"}}, {{"[REDACTED]"}}},
      {"scan reads bytea[] in text",
       {planned(kScan, 1001), planned(kScan, 1001), planned(kScan, 1001)},
       {{R"({"\\x00","\\x34313131"})"}, {R"({"\\x00",NULL})"}, {"{4111}"}},
       {{"{}"}, {R"({"\\x00",NULL})"}, {"{}"}}},
      {"scan looks at no array of int4",
       {planned(kScan, 1007, Format::kBinary)},
       {{array_of(23, {"4111"})}},
       {{array_of(23, {"4111"})}}},
      {"scan looks at a type it does not know", {planned(kScan, 99999)}, {{"plain"}}, {{"plain"}}},
      {"all at once",
       {planned(kKeep), planned(kRedact), planned(kScan), planned(kScan), planned(kRedact, 2950)},
       {{"a"}, {"secret"}, {"plain"}, {kCard}, {"c0ffee00-0000-4000-8000-000000000000"}},
       {{"a"}, {"[REDACTED]"}, {"plain"}, {"[CARD]"}, {"00000000-0000-0000-0000-000000000000"}}},
  };
}

TEST(RowRewriter, WritesTheSameRowAtEveryCut) {
  for (const Row& row : rows()) {
    const RowPlan plan{row.columns};
    StarJudge judge;
    RowRewriter rewriter({});
    rewriter.use(plan, &judge);
    const std::string body = row_body(row.values);
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
      const Rewritten rewritten = rewrite(rewriter, body, piece);
      ASSERT_EQ(rewritten.result, RowResult::kOk) << row.name << " in pieces of " << piece;
      ASSERT_EQ(rewritten.out, row_message(row.leaves)) << row.name << " in pieces of " << piece;
      ASSERT_FALSE(rewriter.is_under_way());
    }
  }
}

TEST(RowRewriter, TellsTheJudgeTextsAndNothingElse) {
  const RowPlan plan{{planned(kKeep), planned(kScan), planned(kRedact), planned(kScan, 20, Format::kBinary)}};
  StarJudge judge;
  RowRewriter rewriter({});
  rewriter.use(plan, &judge);
  const auto body = row_body({{"kept"}, {"shown"}, {"secret"}, {"\xff\xff\xff\xff\xff\xff\xff\xff"s}});
  EXPECT_EQ(rewrite(rewriter, body, body.size()).result, RowResult::kOk);
  EXPECT_EQ(judge.seen, "shown|1|");
}

TEST(RowRewriter, LetsNothingLeaveOfARowThatIsRefused) {
  const RowPlan plan{{planned(kScan)}};
  StarJudge judge;
  RowRewriter rewriter({});
  rewriter.use(plan, &judge);
  const Rewritten rewritten = rewrite(rewriter, row_body({{"refuse this"}}), 5);
  EXPECT_EQ(rewritten.result, RowResult::kRefused);
  EXPECT_EQ(rewritten.out, "");
  EXPECT_FALSE(rewriter.has_begun_to_leave());
}

TEST(RowRewriter, RefusesWhatIsNoRowOfThePlan) {
  const RowPlan plan{{planned(kRedact), planned(kKeep)}};
  const struct {
    std::string name, body;
  } bad[] = {
      {"empty", ""},
      {"half a count", "\0"s},
      {"fewer columns", row_body({{"a"}})},
      {"more columns", row_body({{"a"}, {"b"}, {"c"}})},
      {"a column is missing", row_body({{"a"}, {"b"}}).substr(0, 7)},
      {"half a length", row_body({{"a"}, {"b"}}).substr(0, 9)},
      {"half a value", row_body({{"a"}, {"bcd"}}).substr(0, 13)},
      {"bytes behind", row_body({{"a"}, {"b"}}) + "x"},
      {"a negative length", "\0\2\xff\xff\xff\xfe\0\0\0\0"s},
      {"a length beyond the end", "\0\2\x7f\xff\xff\xff\0\0\0\0"s},
  };
  for (const auto& row : bad) {
    for (const std::size_t hold : {8U, 64U}) {
      for (std::size_t piece = 1; piece <= row.body.size() + 1; ++piece) {
        RowRewriter rewriter({.hold_bytes = hold});
        rewriter.use(plan, nullptr);
        EXPECT_EQ(rewrite(rewriter, row.body, piece).result, RowResult::kMalformed) << row.name << " " << piece;
      }
    }
  }
}

TEST(RowRewriter, KeepsTheLengthOfWhatComesAfterTheRowBegan) {
  const std::string big(100, 'b');
  const struct {
    std::string name;
    PlannedColumn late;
    std::string value;
    RowResult result;
    std::string leaves;
  } table[] = {
      {"text", planned(kRedact), std::string(50, 's'), RowResult::kOk, std::string(50, '*')},
      {"numeric", planned(kRedact, 1700), "12345", RowResult::kOk, "00000"},
      {"json", planned(kRedact, 114), "{\"a\":1}", RowResult::kOk, "\"*****\""},
      {"short json", planned(kRedact, 114), "7", RowResult::kOk, "0"},
      {"jsonb", planned(kRedact, 3802, Format::kBinary), "\1{\"a\":1}", RowResult::kOk, "\1\"*****\""},
      {"uuid", planned(kRedact, 2950, Format::kBinary), std::string(16, 'u'), RowResult::kOk, std::string(16, '\0')},
      {"date", planned(kRedact, 1082), "2024-05-06", RowResult::kOk, "2000-01-01"},
      {"long date", planned(kRedact, 1082), "12024-05-06", RowResult::kTooLong, ""},
      {"array", planned(kRedact, 1009), "{a}", RowResult::kTooLong, ""},
      {"unknown type", planned(kRedact, 99999), "abc", RowResult::kTooLong, ""},
      {"empty", planned(kRedact, 99999), "", RowResult::kOk, ""},
      {"scanned", planned(kScan), "4111", RowResult::kOk, "****"},
      {"scanned date", planned(kScan, 1082), "4111-01-01", RowResult::kOk, "4111-01-01"},
      {"kept", planned(kKeep), "4111", RowResult::kOk, "4111"},
  };
  for (const auto& row : table) {
    const RowPlan plan{{planned(kRedact), planned(kKeep), row.late}};
    const std::string body = row_body({{"secret"}, {big}, {row.value}});
    for (std::size_t piece = 1; piece < 40; ++piece) {
      StarJudge judge;
      RowRewriter rewriter({.hold_bytes = 40});
      rewriter.use(plan, &judge);
      const Rewritten rewritten = rewrite(rewriter, body, piece);
      ASSERT_EQ(rewritten.result, row.result) << row.name;
      if (row.result == RowResult::kOk) {
        EXPECT_EQ(rewritten.out, row_message({{"[REDACTED]"}, {big}, {row.leaves}})) << row.name << " " << piece;
      }
      EXPECT_EQ(rewritten.out.find("secret"), std::string::npos);
    }
  }
}

TEST(RowRewriter, ReplacesAnOversizedValueAtItsStartAndSkipsTheRest) {
  const RowPlan plan{{planned(kRedact), planned(kKeep)}};
  RowRewriter rewriter({.hold_bytes = 64});
  rewriter.use(plan, nullptr);
  constexpr std::uint32_t kBig = 1U << 30U;
  std::string out;
  std::string start;
  put_number(start, 2, 2);
  put_number(start, kBig - 7, 4);
  rewriter.begin(2 + 4 + (kBig - 7) + 4 + 3);
  ASSERT_EQ(rewriter.feed(start, out), RowResult::kOk);
  const std::string piece(1U << 20U, 's');
  for (std::uint64_t rest = kBig - 7; rest != 0;) {
    const std::size_t size = std::min<std::uint64_t>(piece.size(), rest);
    ASSERT_EQ(rewriter.feed({piece.data(), size}, out), RowResult::kOk);
    rest -= size;
    ASSERT_LT(out.size(), 100U);
    ASSERT_LE(rewriter.held_bytes(), 4096U + piece.size());
  }
  ASSERT_EQ(rewriter.feed("\0\0\0\3end"s, out), RowResult::kOk);
  EXPECT_EQ(out, row_message({{"[REDACTED]"}, {"end"}}));
}

/// What leaves re-parses, lengths add up, no byte of what is withheld is in it: rows of any shape at any cut.
TEST(RowRewriter, HoldsItsPropertiesForRowsOfAnyShape) {
  std::mt19937 random(20261126);
  const std::uint32_t types[] = {25, 20, 1700, 114, 3802, 2950, 17, 99999, 1009, 1082};
  for (int round = 0; round < 4000; ++round) {
    RowPlan plan;
    std::vector<Value> values;
    for (auto i = random() % 6; i != 0; --i) {
      const auto fate = static_cast<ColumnFate>(random() % 3);
      plan.columns.push_back(planned(fate, types[random() % std::size(types)], static_cast<Format>(random() % 2)));
      const char letter = fate == kKeep ? 'k' : '\x7f';
      values.push_back(random() % 7 == 0 ? Value() : Value(std::string(random() % 90, letter)));
    }
    StarJudge judge;
    RowRewriter rewriter({.hold_bytes = 8 + random() % 120});
    rewriter.use(plan, &judge);
    const Rewritten rewritten = rewrite(rewriter, row_body(values), 1 + random() % 60);
    if (rewritten.result != RowResult::kOk) {
      ASSERT_EQ(rewritten.result, RowResult::kTooLong);
      continue;
    }
    const auto leaves = read_row(rewritten.out);
    ASSERT_TRUE(leaves && leaves->size() == values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (plan.columns[i].fate == kKeep) {
        ASSERT_EQ((*leaves)[i], values[i]);
      } else if (plan.columns[i].fate == kRedact) {
        ASSERT_EQ((*leaves)[i].value_or("").find('\x7f'), std::string::npos);
        ASSERT_TRUE(values[i] || !(*leaves)[i]);
      }
    }
  }
}

}  // namespace
}  // namespace gabion::proxy::postgres
