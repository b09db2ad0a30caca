// The scanner finds the same values wherever a text is cut, and holds no more than it says.
#include "inspect/dlp/scanner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "inspect/dlp/catalogue.h"
#include "tests/support/malloc_count.h"

namespace gabion::inspect::dlp {
namespace {

using match::ScanStatus;

/// "CREDIT_CARD 5-24 100"
std::string describe(const TypeSet& set, const Match& found) {
  return std::string(set.name(found.type)) + " " + std::to_string(found.begin) + "-" + std::to_string(found.end) + " " +
         std::to_string(found.score) + (found.validated ? " valid " : " ") + std::string(found.cue);
}

class ScannerTest : public ::testing::Test {
 protected:
  static TypeSet compile(const Selection& selection) {
    auto set = TypeSet::compile(selection);
    if (!set) {
      for (const auto& error : set.error()) {
        ADD_FAILURE() << error.to_string();
      }
    }
    return std::move(set.value());
  }

  static Selection everything() {
    Selection selection;
    selection.entities = {"all"};
    selection.custom.push_back({.name = "EMPLOYEE_NUMBER",
                                .pattern = R"(\bEMP-[0-9]{6}[A-Z]\b)",
                                .validator = "none",
                                .cues = {"employee", "personnel"},
                                .fields = {"emp_no"},
                                .cue = CustomType::Cue::kRequired,
                                .ignore = {"EMP-000000A"},
                                .match = {"employee EMP-123456K"},
                                .no_match = {"employee TEMP-123456K", "employee EMP-000000A"},
                                .where = "test"});
    selection.custom.push_back({.name = "ORDER",
                                .pattern = "ORD[0-9]{5,12}",
                                .validator = "",
                                .cues = {},
                                .fields = {},
                                .ignore = {},
                                .match = {"ORD12345"},
                                .no_match = {},
                                .where = "test"});
    return selection;
  }

  ScannerTest() : set_(compile(everything())), scanner_(set_) { EXPECT_TRUE(set_.prepare(scratch_).has_value()); }

  /// Feeds pieces that end at `cuts`, gives undecided bytes again, and checks the contract on the way.
  std::vector<std::string> scan(std::string_view text, const std::vector<std::size_t>& cuts) {
    std::vector<Match> found;
    EXPECT_EQ(scanner_.begin(), ScanStatus::kDone);
    std::size_t reported = 0;
    for (std::size_t piece = 0; piece <= cuts.size(); ++piece) {
      const bool is_last = piece == cuts.size();
      const std::size_t to = is_last ? text.size() : cuts[piece];
      const auto from = static_cast<std::size_t>(scanner_.decided());
      // A copy, so that a read outside of it is seen by the address sanitizer.
      const std::vector<char> given(text.begin() + static_cast<std::ptrdiff_t>(from),
                                    text.begin() + static_cast<std::ptrdiff_t>(to));
      EXPECT_EQ(scanner_.scan({given.data(), given.size()}, from,
                              is_last ? Scanner::More::kEnd : Scanner::More::kFollows, NoFields(), scratch_, found),
                ScanStatus::kDone);
      for (; reported < found.size(); ++reported) {
        EXPECT_GE(found[reported].begin, from) << "reported after its bytes had left";
      }
      EXPECT_LE(to - scanner_.decided(), Scanner::kMaxTail);
    }
    EXPECT_EQ(scanner_.decided(), text.size());
    std::vector<std::string> lines;
    std::sort(found.begin(), found.end(), [](const Match& one, const Match& other) {
      return std::tie(one.begin, one.end, one.type) < std::tie(other.begin, other.end, other.type);
    });
    for (const Match& match : found) {
      lines.push_back(describe(set_, match));
    }
    return lines;
  }

  static std::vector<std::size_t> every(std::size_t step, std::size_t size) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = step; at < size; at += step) {
      cuts.push_back(at);
    }
    return cuts;
  }

  Scratch scratch_;
  TypeSet set_;
  Scanner scanner_;
};

std::string filler(std::size_t size) {
  std::string text;
  while (text.size() < size) {
    text += R"({"name":"value","id":17,"ok":true} )";
  }
  return text;
}

std::string base64_lines(std::size_t lines) {
  std::string text;
  for (std::size_t line = 0; line < lines; ++line) {
    text += "MIIEpAIBAAKCAQEA7bq0nq3dCkZr0mJpnLqXw2v9J1Z4yGk3T8h5RfYt6uEoPs0A\n";
  }
  return text;
}

std::vector<std::string> texts() {
  const std::string jwt =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
      "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
  return {
      "",
      "7",
      "card 4111 1111 1111 1111, and 378282246310005.",
      "4012888888881881 4012-8888-8888-1881 4012 8888 8888 1881",
      "ssn: 078-05-1123 or 078 05 1123; no ssn 078051123456",
      filler(300) + "card=4111111111111111&x=1" + filler(300),
      "\xEF\xBC\x94\xEF\xBC\x91\xEF\xBC\x91\xEF\xBC\x91 1111\xC2\xA0"
      "1111 1111 4111\xE2\x80\x8B"
      "1111\xE2\x80\x8B"
      "11111111",
      "iban GB82 WEST 1234 5698 7654 32 and FR1420041010050500013M02606 X",
      "mail a.b+c@example.co.uk, x@y, user@xn--80ak6aa92e.com. a@b@c.org",
      "call +1 415 555 0132 or (415) 555-0132 or +33 1 42 68 53 00 2 times",
      "nino AB 12 34 56 C, CF RSSMRA85T10A562S, 12345678Z X1234567L",
      "身份证11010519491231002X，周",
      "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
      "Authorization: Bearer " + jwt + " and " + jwt + ".",
      "key -----BEGIN RSA PRIVATE KEY-----\n" + base64_lines(30) +
          "-----END RSA PRIVATE KEY-----\nrest 4111111111111111",
      "-----BEGIN PRIVATE KEY-----\n" + base64_lines(3) + "\"cut off",
      "postgres://app:s3cr3tPa55w0rd@db.internal:5432/x AccountKey=" + std::string(86, 'k') + "==",
      "password=\"hG7kq9Zx2Lm4\" token: aB3dE5fG7hJ9kL1mN3pQ ghp_0123456789abcdefghijABCDEFGHIJ012345",
      "xoxb-123456789012-abcdefABCDEF xoxb-123456789012-abcdefxoxb-1234567890123",
      "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
      "aws secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYzKq8rT3vLp",
      "16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297",
      "employee EMP-123456K EMP-000000A TEMP-123456K ORD123456789 ORD12345",
      std::string(400, 'a') + "1" + std::string(200, 'b') + " 4111111111111111 " + std::string(500, '7') +
          " 5555555555554444",
      std::string(90, '<') + "4111111111111111 " + std::string(150, '1') + "-" + std::string(30, '@'),
      "10.0.0.1 2001:db8::1 00:1B:44:11:3A:B7 1990-02-28 SW1A 1AA dob 28.02.1990",
      R"({"clientSSN":"078051123","ts":1690000000000,"user_id":130692544,"sin":"130692544","patient_nhs":9434765919})",
  };
}

TEST_F(ScannerTest, FindsTheSameAtEveryCut) {
  for (const std::string& text : texts()) {
    const auto whole = scan(text, {});
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      ASSERT_EQ(scan(text, {cut}), whole) << text << " cut at " << cut;
    }
    ASSERT_EQ(scan(text, every(1, text.size())), whole) << text;
    ASSERT_EQ(scan(text, every(7, text.size())), whole) << text;
  }
}

TEST_F(ScannerTest, FindsTheSameInRandomPieces) {
  std::string all;
  for (const std::string& text : texts()) {
    all += text + "\n" + filler(40);
  }
  const auto whole = scan(all, {});
  EXPECT_GT(whole.size(), 60U);
  std::mt19937 random(6);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::size_t> cuts;
    std::uniform_int_distribution<std::size_t> size(1, round % 3 == 0 ? 40 : 700);
    for (std::size_t at = size(random); at < all.size(); at += size(random)) {
      cuts.push_back(at);
    }
    ASSERT_EQ(scan(all, cuts), whole) << "round " << round;
  }
}

TEST_F(ScannerTest, HoldsLittle) {
  EXPECT_LE(set_.scanner_bytes(), TypeSet::kMaxScannerBytes);
}

TEST_F(ScannerTest, AllocatesNothingAfterTheFirstMessage) {
  if (!test::counts_mallocs()) {
    GTEST_SKIP() << "the sanitizer brings its own malloc";
  }
  const std::string text = texts()[14] + texts()[17] + texts()[22] + filler(3000);
  std::vector<Match> found;
  const auto message = [&] {
    found.clear();
    bool scanned = scanner_.begin() == ScanStatus::kDone;
    for (std::size_t given = 0; given < text.size();) {
      given = std::min(text.size(), given + 700);
      const auto from = static_cast<std::size_t>(scanner_.decided());
      const auto more = given == text.size() ? Scanner::More::kEnd : Scanner::More::kFollows;
      scanned = scanned && scanner_.scan(std::string_view(text).substr(from, given - from), from, more, NoFields(),
                                         scratch_, found) == ScanStatus::kDone;
    }
    return scanned;
  };
  const std::size_t at_start = test::mallocs_so_far();
  EXPECT_TRUE(message());
  EXPECT_GT(test::mallocs_so_far(), at_start) << "the first opens the stream: the count works";
  EXPECT_FALSE(found.empty());
  const std::size_t before = test::mallocs_so_far();
  for (int round = 0; round < 20; ++round) {
    EXPECT_TRUE(message());
  }
  EXPECT_EQ(test::mallocs_so_far() - before, 0U);
}

/// One value from byte `begin` to `end`, named.
class OneField final : public FieldSource {
 public:
  OneField(FlatOffset begin, FlatOffset end, std::string_view name) : name_(name), begin_(begin), end_(end) {}
  [[nodiscard]] FieldPlace at(FlatOffset at) const noexcept override {
    if (at < begin_) {
      return {.names = {}, .begin = 0, .end = begin_};
    }
    return at < end_ ? FieldPlace{.names = {&name_, 1}, .begin = begin_, .end = end_}
                     : FieldPlace{.names = {}, .begin = end_};
  }

 private:
  std::string_view name_;
  FlatOffset begin_;
  FlatOffset end_;
};

TEST_F(ScannerTest, AValueEndsWhereItsFieldEndsAndTheFieldsNameIsACue) {
  const auto scan_field = [&](std::string_view text, const FieldSource& fields) {
    std::vector<Match> found;
    EXPECT_EQ(scanner_.begin(), ScanStatus::kDone);
    EXPECT_EQ(scanner_.scan(text, 0, Scanner::More::kEnd, fields, scratch_, found), ScanStatus::kDone);
    std::vector<std::string> lines;
    for (const Match& match : found) {
      if (set_.name(match.type) == "CA_SIN" || set_.name(match.type) == "CREDIT_CARD") {
        lines.push_back(describe(set_, match));
      }
    }
    return lines;
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(scan_field("sin 130692544 ", OneField(4, 13, "x")), Lines{"CA_SIN 4-13 40 valid "});
  EXPECT_EQ(scan_field("abc 130692544 ", OneField(4, 13, "customerSIN")), Lines{"CA_SIN 4-13 75 valid sin"});
  EXPECT_EQ(scan_field("abc 130692544 ", OneField(4, 13, "single")), Lines{"CA_SIN 4-13 40 valid "});
  EXPECT_EQ(scan_field("abc 130692544 ", OneField(4, 13, "updated_ms")), Lines{"CA_SIN 4-13 10 valid "});
  EXPECT_EQ(scan_field("4111 1111 1111 1111", OneField(5, 19, "x")), Lines{});
}

struct Case {
  std::string_view type;
  std::string_view text;
  int begin;  ///< -1: not found
  int end;
  int score;
};

TEST_F(ScannerTest, FindsAndScores) {
  const std::vector<Case> cases{
      {"CREDIT_CARD", "4111 1111 1111 1111", 0, 19, 95},
      {"CREDIT_CARD", "card 4111-1111-1111-1111", 5, 24, 100},
      {"CREDIT_CARD", "4111 1111-1111 1111", -1, 0, 0},
      {"CREDIT_CARD", "x4111111111111111", -1, 0, 0},
      {"CREDIT_CARD", "0.4111111111111111", -1, 0, 0},
      {"CREDIT_CARD", "4111111111111111.5", -1, 0, 0},
      {"CREDIT_CARD", "4111111111111111.", 0, 16, 95},
      {"CREDIT_CARD", "postcards 4111111111111111", 10, 26, 95},
      {"US_SSN", "078-05-1123", 0, 11, 65},
      {"US_SSN", "078051123", 0, 9, 20},
      {"US_SSN", "clientSSN=078051123", 10, 19, 55},
      {"US_SSN", "session 078051123", 8, 17, 20},
      {"CA_SIN", "130692544", 0, 9, 40},
      {"CA_SIN", "sin 130692544", 4, 13, 75},
      {"CA_SIN", "timestamp=130692544", 10, 19, 10},
      {"IN_AADHAAR", "3998 7654 3211", 0, 14, 65},
      {"IN_AADHAAR", "399876543211", 0, 12, 40},
      {"PL_PESEL", "44051401458", 0, 11, 45},
      {"PL_PESEL", "pesel 44051401458", 6, 17, 100},
      {"CN_RESIDENT_ID", "身份证11010519491231002X", 9, 27, 100},
      {"EMAIL_ADDRESS", "<a.b@example.com>", 1, 16, 65},
      {"EMPLOYEE_NUMBER", "employee EMP-123456K", 9, 20, 100},
      {"EMPLOYEE_NUMBER", "EMP-123456K", 0, 11, 45},
      {"EMPLOYEE_NUMBER", "employee EMP-000000A", -1, 0, 0},
      {"ORDER", "ORD123456789", 0, 12, 65},
  };
  for (const Case& one : cases) {
    std::vector<Match> found;
    ASSERT_EQ(scanner_.begin(), ScanStatus::kDone);
    ASSERT_EQ(scanner_.scan(one.text, 0, Scanner::More::kEnd, NoFields(), scratch_, found), ScanStatus::kDone);
    const TypeIndex type = *set_.find(one.type);
    const auto at = std::find_if(found.begin(), found.end(), [&](const Match& match) { return match.type == type; });
    if (one.begin < 0) {
      EXPECT_EQ(at, found.end()) << one.type << " in " << one.text;
      continue;
    }
    ASSERT_NE(at, found.end()) << one.type << " in " << one.text;
    EXPECT_EQ(static_cast<int>(at->begin), one.begin) << one.text;
    EXPECT_EQ(static_cast<int>(at->end), one.end) << one.text;
    EXPECT_EQ(static_cast<int>(at->score), one.score) << one.type << " in " << one.text;
  }
}

}  // namespace
}  // namespace gabion::inspect::dlp
