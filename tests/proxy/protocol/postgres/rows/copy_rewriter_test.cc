// COPY's answers rewritten at every cut, in its three formats.
#include "proxy/protocol/postgres/rows/copy_rewriter.h"

#include <gtest/gtest.h>

#include "tests/proxy/protocol/postgres/rows/rows.h"

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;
using enum ColumnFate;
using Header = CopyRewriter::Header;

struct Case {
  std::string name;
  CopyFormat format;
  std::vector<PlannedColumn> columns;
  std::string stream;
  RowResult result;
  std::string leaves;
  Header header = Header::kNone;
};

const std::string kHead = "PGCOPY\n\xff\r\n\0"s + "\0\0\0\0\0\0\0\0"s;

std::string tuple(const std::vector<Value>& values) {
  return row_body(values);
}

std::vector<Case> cases() {
  const std::vector<PlannedColumn> three{planned(kKeep), planned(kRedact), planned(kScan)};
  return {
      {"text", CopyFormat::kText, three, "1\tada@x\tplain\n2\t\\N\t4111\n", RowResult::kOk,
       "1\t\\N\tplain\n2\t\\N\t[CARD]\n"},
      {"text with escapes", CopyFormat::kText, three, "a\\\tb\tse\\\ncr\\\\et\tx\\ty\n", RowResult::kOk,
       "a\\\tb\t\\N\tx\\ty\n"},
      {"an escaped value is judged as it is",
       CopyFormat::kText,
       {planned(kScan)},
       "41\\\n4\\11\n41\\t4111\n",
       RowResult::kOk,
       "41\\\n4\\11\n[CARD]\n"},
      {"numbers with an exponent are judged by their digits",
       CopyFormat::kText,
       {planned(kScan), planned(kScan)},
       "4.111e+15\t{1,4.111e+15}\n5e+15\t{1,5e+15}\n",
       RowResult::kOk,
       "[CARD]\t\\N\n5e+15\t{1,5e+15}\n"},
      {"those in JSON, too",
       CopyFormat::kText,
       {planned(kScan), planned(kScan)},
       "{\"a\": 4.111E15}\t[4.2e15]\n",
       RowResult::kOk,
       "\\N\t[4.2e15]\n"},
      {"likewise in csv",
       CopyFormat::kCsv,
       {planned(kScan), planned(kScan)},
       "4.111e+15,\"{1,4.111e+15}\"\n",
       RowResult::kOk,
       "\"[CARD]\",\n"},
      {"NULL is not judged", CopyFormat::kText, {planned(kScan)}, "\\N\n", RowResult::kOk, "\\N\n"},
      {"csv", CopyFormat::kCsv, three, "1,ada@x,plain\n2,\"a,\"\"b\nc\",\"x 4111\"\n", RowResult::kOk,
       "1,,plain\n2,,\"[CARD]\"\n"},
      {"csv with a header", CopyFormat::kCsv, three, "id,email,card\n1,ada@x,4111\n", RowResult::kOk,
       "id,email,card\n1,,\"[CARD]\"\n", Header::kFirstLine},
      {"csv with quotes kept",
       CopyFormat::kCsv,
       {planned(kScan), planned(kKeep)},
       "\"a\"\"b\",\"c\nd\"\n",
       RowResult::kOk,
       "\"a\"\"b\",\"c\nd\"\n"},
      {"no columns", CopyFormat::kText, {}, "\n\n", RowResult::kOk, "\n\n"},
      {"no rows", CopyFormat::kText, three, "", RowResult::kOk, ""},
      {"too few fields", CopyFormat::kText, three, "1\t2\n", RowResult::kMalformed, ""},
      {"too many fields", CopyFormat::kText, three, "1\t2\t3\t4\n", RowResult::kMalformed, ""},
      {"no end of line", CopyFormat::kText, three, "1\t2\t3", RowResult::kMalformed, ""},
      {"no end of quotes", CopyFormat::kCsv, {planned(kKeep)}, "\"a\n", RowResult::kMalformed, ""},
      {"refused", CopyFormat::kText, {planned(kScan)}, "refuse\n", RowResult::kRefused, ""},
      {"binary", CopyFormat::kBinary, three,
       kHead + tuple({{"1"}, {"ada@x"}, {"plain"}}) + tuple({{}, {}, {"4111"}}) + "\xff\xff", RowResult::kOk,
       kHead + tuple({{"1"}, {}, {"plain"}}) + tuple({{}, {}, {"[CARD]"}}) + "\xff\xff"},
      {"binary of a type nobody can read",
       CopyFormat::kBinary,
       {planned(kScan, 99999, Format::kBinary)},
       kHead + tuple({{"4111"}}) + "\xff\xff",
       RowResult::kOk,
       kHead + tuple({{}}) + "\xff\xff"},
      {"an empty value",
       CopyFormat::kBinary,
       {planned(kScan), planned(kRedact)},
       kHead + tuple({{""}, {""}}) + "\xff\xff",
       RowResult::kOk,
       kHead + tuple({{""}, {}}) + "\xff\xff"},
      {"an extension",
       CopyFormat::kBinary,
       {planned(kKeep)},
       kHead.substr(0, 18) + "\3abc" + tuple({{"1"}}) + "\xff\xff",
       RowResult::kOk,
       kHead.substr(0, 18) + "\3abc" + tuple({{"1"}}) + "\xff\xff"},
      {"no trailer", CopyFormat::kBinary, {planned(kKeep)}, kHead + tuple({{"1"}}), RowResult::kMalformed, ""},
      {"bytes behind the trailer", CopyFormat::kBinary, {}, kHead + "\xff\xff\0"s, RowResult::kMalformed, ""},
      {"another signature", CopyFormat::kBinary, {}, "PGCOPX", RowResult::kMalformed, ""},
      {"unknown flags", CopyFormat::kBinary, {}, kHead.substr(0, 11) + "\0\1\0\0"s, RowResult::kMalformed, ""},
      {"a negative length",
       CopyFormat::kBinary,
       {planned(kKeep)},
       kHead + "\0\1\xff\xff\xff\xfe"s,
       RowResult::kMalformed,
       ""},
      {"other columns",
       CopyFormat::kBinary,
       {planned(kKeep)},
       kHead + tuple({{"1"}, {"2"}}),
       RowResult::kMalformed,
       ""},
  };
}

RowResult copy(const Case& row, std::size_t piece, const RowBounds& bounds, std::string& out) {
  const RowPlan plan{row.columns};
  StarJudge judge;
  CopyRewriter rewriter(bounds);
  rewriter.begin(plan, &judge, row.format, row.header);
  for (std::size_t at = 0; at < row.stream.size(); at += piece) {
    const std::string copy(row.stream.substr(at, piece));
    if (const RowResult result = rewriter.feed(copy, out); result != RowResult::kOk) {
      return result;
    }
  }
  return rewriter.end();
}

TEST(CopyRewriter, WritesTheSameAtEveryCut) {
  for (const Case& row : cases()) {
    for (std::size_t piece = 1; piece <= row.stream.size() + 1; ++piece) {
      std::string out;
      ASSERT_EQ(copy(row, piece, {}, out), row.result) << row.name << " in pieces of " << piece;
      if (row.result == RowResult::kOk) {
        ASSERT_EQ(out, row.leaves) << row.name << " in pieces of " << piece;
      }
    }
  }
}

TEST(CopyRewriter, HoldsNoMoreOfAFieldThanItMay) {
  const std::string big(1000, '4');
  for (const CopyFormat format : {CopyFormat::kText, CopyFormat::kCsv, CopyFormat::kBinary}) {
    const bool is_binary = format == CopyFormat::kBinary;
    const std::string comma(1, format == CopyFormat::kCsv ? ',' : '\t');
    const std::string stream = is_binary ? kHead + tuple({{big}, {"x"}}) + "\xff\xff" : big + comma + "x\n";
    Case row{"", format, {planned(kScan), planned(kScan)}, stream, RowResult::kOk, ""};
    std::string kept;
    EXPECT_EQ(copy(row, 7, {.hold_bytes = 100, .unread = Unread::kKeep}, kept), RowResult::kOk);
    EXPECT_EQ(kept, stream);
    std::string redacted;
    EXPECT_EQ(copy(row, 7, {.hold_bytes = 100, .unread = Unread::kRedact}, redacted), RowResult::kOk);
    EXPECT_EQ(redacted.find(big.substr(0, 50)), std::string::npos);
    EXPECT_NE(redacted.find('x'), std::string::npos);
  }
}

}  // namespace
}  // namespace gabion::proxy::postgres
