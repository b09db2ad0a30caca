// How a COPY writes its rows, in every way its options may be spelt.
#include "inspect/sql/copy_options.h"

#include <gtest/gtest.h>

#include "tests/inspect/sql/one_parser.h"

namespace gabion::inspect::sql {
namespace {

using Format = CopyOptions::Format;
using Header = CopyOptions::Header;

TEST(SqlCopyOptions, AreReadInBothGrammars) {
  (void)one_parser();
  const struct {
    const char* text;
    Format format;
    Header header;
    std::vector<std::string> columns;
  } rows[] = {
      {"COPY t TO STDOUT", Format::kText, Header::kNone, {}},
      {"copy public.t (a, \"B\"\"c\") to stdout;", Format::kText, Header::kNone, {"a", "B\"c"}},
      {"COPY t TO STDOUT WITH (FORMAT csv, HEADER)", Format::kCsv, Header::kFirstLine, {}},
      {"COPY t TO STDOUT (format 'csv', header false, force_quote (a, b))", Format::kCsv, Header::kNone, {}},
      {"COPY t TO STDOUT CSV HEADER FORCE QUOTE a, b", Format::kCsv, Header::kFirstLine, {}},
      {"COPY t TO STDOUT WITH BINARY", Format::kBinary, Header::kNone, {}},
      {"COPY BINARY t TO STDOUT", Format::kBinary, Header::kNone, {}},
      {"COPY binary TO STDOUT", Format::kText, Header::kNone, {}},
      {"COPY (SELECT ')' FROM (SELECT 1) s) TO STDOUT /* x */ (FORMAT text) -- y", Format::kText, Header::kNone, {}},
      {"COPY t TO STDOUT (ENCODING 'UTF8')", Format::kText, Header::kNone, {}},
  };
  for (const auto& row : rows) {
    const CopyOptions options = read_copy_options(row.text);
    EXPECT_TRUE(options.is_plain) << row.text;
    EXPECT_EQ(options.format, row.format) << row.text;
    EXPECT_EQ(options.header, row.header) << row.text;
    EXPECT_EQ(options.columns, row.columns) << row.text;
  }
}

TEST(SqlCopyOptions, WhatIsNotTheDefaultIsNotPlain) {
  (void)one_parser();
  for (const char* text :
       {"COPY t TO STDOUT (DELIMITER ';')", "COPY t TO STDOUT DELIMITER ';'", "COPY t TO STDOUT USING DELIMITERS ';'",
        "COPY t TO STDOUT (NULL 'x')", "COPY t TO STDOUT (FORMAT csv, QUOTE 'x')",
        "COPY t TO STDOUT (ENCODING 'LATIN1')", "COPY t TO STDOUT (FORMAT other)", "COPY t FROM STDIN",
        "COPY t TO '/tmp/x'", "SELECT 1", "COPY t (U&\"a\") TO STDOUT", "COPY t TO STDOUT (FORMAT csv",
        "COPY t TO STDOUT CSV ESCAPE 'x'", ""}) {
    EXPECT_FALSE(read_copy_options(text).is_plain) << text;
  }
}

}  // namespace
}  // namespace gabion::inspect::sql
