// Identifiers of one message: their shapes, and that no search would have found anything in one.
#include "inspect/dlp/message_id.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "inspect/dlp/head_text.h"
#include "inspect/dlp/held_text.h"
#include "inspect/dlp/keyed_hash.h"
#include "inspect/dlp/profile.h"
#include "inspect/dlp/scanner.h"

namespace gabion::inspect::dlp {
namespace {

TEST(MessageId, HasOneOfTwoShapes) {
  const std::string uuid = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
  const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_TRUE(is_message_id("x-request-id", uuid));
  EXPECT_TRUE(is_message_id("X-Request-ID", uuid));
  EXPECT_TRUE(is_message_id("traceparent", parent));
  EXPECT_FALSE(is_message_id("x-other-id", uuid));
  EXPECT_FALSE(is_message_id("traceparent", uuid));
  EXPECT_FALSE(is_message_id("x-request-id", parent));
  for (std::string broken : {uuid, parent}) {
    const std::string_view name = broken == uuid ? "x-request-id" : "traceparent";
    for (std::size_t at = 0; at < broken.size(); ++at) {
      for (const char other : {'-', 'g', 'A', ' ', '\0', '/', ':'}) {
        if (std::string changed = broken; std::exchange(changed[at], other) != other) {
          EXPECT_FALSE(is_message_id(name, changed)) << changed;
        }
      }
      EXPECT_FALSE(is_message_id(name, broken.substr(0, at)));
    }
    EXPECT_FALSE(is_message_id(name, broken + "a"));
  }
  EXPECT_FALSE(is_message_id("x-request-id", "41111111-1111-1111-883f-0016d3cca427"));
  EXPECT_FALSE(is_message_id("x-request-id", "1b4e28ba-2fa1-11d2-883f-411111111111"));
  EXPECT_FALSE(is_message_id("traceparent", "00-0af7651916cd43dd8448eb211c80319c-4111111111111111-01"));
}

/// Digits where `letters` has no bit for the group, else a letter or more among them.
std::string drawn(std::mt19937_64& random, std::initializer_list<std::size_t> groups, unsigned letters) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  unsigned number = 0;
  for (const std::size_t size : groups) {
    text += text.empty() ? "" : "-";
    const std::size_t at = text.size();
    for (std::size_t i = 0; i < size; ++i) {
      text += kDigits[random() % 10];
    }
    for (std::size_t more = (letters >> number & 1U) != 0 ? 1 + random() % 3 : 0; more != 0; --more) {
      text[at + random() % size] = kDigits[10 + random() % 6];
    }
    ++number;
  }
  return text;
}

TEST(MessageId, HoldsNothingThatASearchWouldFind) {
  const auto profile =
      *Profile::compile(built_in_profile("default"), std::make_shared<const KeyedHash>(*KeyedHash::random()), nullptr);
  Scratch scratch;
  ASSERT_TRUE(profile->types().prepare(scratch).has_value());
  Scanner scanner(profile->types());
  std::mt19937_64 random(20261126);
  std::size_t looked_at = 0;
  for (int round = 0; round < 60'000; ++round) {
    const auto letters = static_cast<unsigned>(round) & 31U;
    const bool is_uuid = round % 3 != 0;
    const std::string_view name = is_uuid ? "x-request-id" : "traceparent";
    const std::string value =
        is_uuid ? drawn(random, {8, 4, 4, 4, 12}, letters) : drawn(random, {2, 32, 16, 2}, letters);
    if (!is_message_id(name, value)) {
      continue;
    }
    ++looked_at;
    HeadText text;
    text.add(name, value, 0);
    std::vector<Match> found;
    ASSERT_EQ(scanner.begin(), match::ScanStatus::kDone);
    ASSERT_EQ(scanner.scan(text.text(), 0, Scanner::More::kEnd, text, scratch, found), match::ScanStatus::kDone);
    ASSERT_TRUE(found.empty()) << value << " is taken for " << profile->types().name(found.front().type);
  }
  EXPECT_GT(looked_at, 10'000U);
}

}  // namespace
}  // namespace gabion::inspect::dlp
