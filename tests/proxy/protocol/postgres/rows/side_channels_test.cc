// Messages beside rows that carried values on the wire of a real server, and what is left of them.
#include "proxy/protocol/postgres/rows/side_channels.h"

#include <gtest/gtest.h>

#include "proxy/protocol/postgres/rows/row_limit.h"
#include "tests/proxy/protocol/postgres/rows/rows.h"

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;

std::string message(char type, const std::string& body) {
  std::string out(1, type);
  put_number(out, body.size() + 4, 4);
  return out + body;
}

std::string fields(std::initializer_list<std::string> texts) {
  std::string body;
  for (const std::string& text : texts) {
    body += text + '\0';
  }
  return body + '\0';
}

TEST(SideChannels, TakesValuesOutOfErrorsAndNotices) {
  const struct {
    std::string name, body, leaves;
  } rows[] = {
      {"a cast quotes the value",
       fields({"SERROR", "VERROR", "C22P02", "Minvalid input syntax for type integer: \"ada@x.org\"", "P8",
               "Fnumutils.c", "L232", "Rpg_strtoint32"}),
       fields({"SERROR", "VERROR", "C22P02", "Minvalid input syntax for type integer: (withheld by gabion)", "P8",
               "Fnumutils.c", "L232", "Rpg_strtoint32"})},
      {"the value holds a quotation mark", fields({"C22P02", "Minvalid: \"a\" secret\" for x"}),
       fields({"C22P02", "Minvalid: (withheld by gabion) for x"})},
      {"a unique violation has it in DETAIL",
       fields({"SERROR", "C23505", "Mduplicate key value violates unique constraint \"people_email_key\"",
               "DKey (email)=(ada@x.org) already exists.", "spublic", "tpeople", "npeople_email_key"}),
       fields({"SERROR", "C23505", "Mduplicate key value violates unique constraint (withheld by gabion)", "spublic",
               "tpeople", "npeople_email_key"})},
      {"HINT, internal query and unknown fields",
       fields({"C1", "Mx", "Hsecret", "qsecret", "p1", "zsecret", "Wsecret"}), fields({"C1", "M(withheld by gabion)"})},
      {"RAISE says anything", fields({"CP0001", "Mada at x.org", "Fpl_exec.c", "Rexec_stmt_raise"}),
       fields({"CP0001", "M(withheld by gabion)", "Fpl_exec.c", "Rexec_stmt_raise"})},
      {"a translated message", fields({"C22P02", "Mung\xc3\xbcltig \xc2\xbbsecret\xc2\xab hier"}),
       fields({"C22P02", "Mung(withheld by gabion) hier"})},
      {"nothing to hide", fields({"C22012", "Mdivision by zero"}), fields({"C22012", "Mdivision by zero"})},
      {"no fields", "\0"s, "\0"s},
  };
  for (const auto& row : rows) {
    for (const char type : {'E', 'N'}) {
      std::string out = "before";
      EXPECT_TRUE(append_without_values(out, type, row.body)) << row.name;
      EXPECT_EQ(out, "before" + message(type, row.leaves)) << row.name;
    }
    for (std::size_t cut = 0; cut < row.body.size(); ++cut) {
      std::string out;
      EXPECT_FALSE(append_without_values(out, 'E', row.body.substr(0, cut))) << row.name;
      EXPECT_EQ(out, "");
    }
  }
  std::string out;
  EXPECT_FALSE(append_without_values(out, 'E', "C1\0\0x"s));
}

TEST(SideChannels, TakesThePayloadOutOfNotifications) {
  const std::string body = "\0\0\1\2channel\0ada@x.org\0"s;
  std::string out;
  EXPECT_TRUE(append_notification_without_payload(out, body));
  EXPECT_EQ(out, message('A', "\0\0\1\2channel\0\0"s));
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    EXPECT_FALSE(append_notification_without_payload(out, body.substr(0, cut)));
  }
  EXPECT_FALSE(append_notification_without_payload(out, body + "x"));
}

TEST(SideChannels, TakesFreeTextOutOfParameters) {
  const struct {
    std::string body, leaves;
  } rows[] = {{"application_name\0ada@x.org\0"s, "application_name\0\0"s},
              {"search_path\0secret\0"s, "search_path\0\0"s},
              {"a_later_setting\0secret\0"s, "a_later_setting\0\0"s},
              {"client_encoding\0UTF8\0"s, "client_encoding\0UTF8\0"s},
              {"TimeZone\0Etc/UTC\0"s, "TimeZone\0Etc/UTC\0"s}};
  for (const auto& row : rows) {
    std::string out;
    EXPECT_TRUE(append_parameter_without_free_text(out, row.body));
    EXPECT_EQ(out, message('S', row.leaves));
    EXPECT_FALSE(append_parameter_without_free_text(out, row.body + "x"));
    EXPECT_FALSE(append_parameter_without_free_text(out, row.body.substr(0, row.body.size() - 1)));
  }
}

TEST(RowLimit, CutsAtTheFirstRowBeyondAndTellsTheTruth) {
  using Row = RowLimit::Row;
  using End = RowLimit::End;
  using Ended = RowLimit::Ended;
  using Following = RowLimit::Following;
  RowLimit by_rows({.rows = 2}, Effect::kReads);
  EXPECT_EQ(by_rows.row(10), Row::kPasses);
  EXPECT_EQ(by_rows.row(10), Row::kPasses);
  EXPECT_EQ(by_rows.end(Ended::kComplete, Following::kNothing), End::kAsItIs);
  EXPECT_EQ(by_rows.row(10), Row::kIsOver);
  EXPECT_EQ(by_rows.row(10), Row::kSwallowed);
  EXPECT_EQ(by_rows.rows(), 3U);
  EXPECT_EQ(by_rows.end(Ended::kByError, Following::kMessages), End::kOurError);
  EXPECT_EQ(by_rows.end(Ended::kComplete, Following::kNothing), End::kErrorInstead);
  EXPECT_EQ(by_rows.end(Ended::kSuspended, Following::kMessages), End::kClose);
  RowLimit by_bytes({.bytes = 25}, Effect::kWrites);
  EXPECT_EQ(by_bytes.row(25), Row::kPasses);
  EXPECT_EQ(by_bytes.row(1), Row::kIsOver);
  EXPECT_EQ(by_bytes.end(Ended::kComplete, Following::kNothing), End::kClose);
  RowLimit none({}, Effect::kReads);
  EXPECT_EQ(none.row(0xffffffff), Row::kPasses);
}

}  // namespace
}  // namespace gabion::proxy::postgres
