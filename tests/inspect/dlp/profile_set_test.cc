// What profiles keep from one configuration to the next, and what they agree on with gabion.yaml.
#include "inspect/dlp/profile_set.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "config/proxy_config.h"

namespace gabion::inspect::dlp {
namespace {

const std::vector<std::string> kNeeded{"a"};

config::DlpConfig with_profile(std::uint32_t records) {
  config::DlpConfig config;
  config::DlpProfile& profile = config.profiles.emplace_back();
  profile.name = "a";
  profile.types.push_back({"pci", "test"});
  profile.budget.records = records;
  return config;
}

ProfileSet compiled(const config::DlpConfig& config, const ProfileSet* previous = nullptr) {
  auto set = ProfileSet::compile(config, kNeeded, previous);
  EXPECT_TRUE(set.has_value()) << set.error().front().to_string();
  return std::move(*set);
}

TEST(ProfileSet, WhatDidNotChangeIsTheSame) {
  const auto first = compiled(with_profile(5));
  const auto second = compiled(with_profile(5), &first);
  EXPECT_EQ(first.find("a"), second.find("a"));
  EXPECT_EQ(first.find("b"), nullptr);
}

TEST(ProfileSet, ABudgetGoesOnWhereTheRestOfItsProfileChanges) {
  const auto first = compiled(with_profile(5));
  auto config = with_profile(5);
  config.profiles.front().min_score = 60;
  const auto second = compiled(config, &first);
  EXPECT_NE(first.find("a"), second.find("a"));
  EXPECT_EQ(first.find("a")->budget(), second.find("a")->budget());
  EXPECT_EQ(&first.find("a")->hash(), &second.find("a")->hash());
  const auto third = compiled(with_profile(6), &second);
  EXPECT_NE(second.find("a")->budget(), third.find("a")->budget());
}

TEST(ProfileSet, AnotherKeyMakesOtherNames) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "gabion-dlp.key";
  const auto write = [&](const std::string& key) { std::ofstream(file) << key; };
  auto config = with_profile(0);
  config.key_file = file;
  write(std::string(32, 'a'));
  const auto first = compiled(config);
  const auto again = compiled(config, &first);
  EXPECT_EQ(first.find("a"), again.find("a"));
  write(std::string(32, 'b'));
  const auto second = compiled(config, &first);
  EXPECT_NE(first.find("a")->hash().key_id(), second.find("a")->hash().key_id());
  for (const std::string& bad : {std::string(), std::string(31, 'a')}) {
    write(bad);
    const auto refused = ProfileSet::compile(config, kNeeded, nullptr);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().front().where, file.string());
  }
  std::filesystem::remove(file);
}

/// gabion.yaml turns paymentCards off where a profile looks for cards, and knows so from names alone.
TEST(ProfileSet, WhoLooksForCardsIsKnownFromItsTypes) {
  const auto card = TypeSet::compile({.entities = {"all"}, .places = {}, .custom = {}})->find("CREDIT_CARD");
  ASSERT_TRUE(card.has_value());
  const std::vector<std::vector<std::string>> selections{{"default"},
                                                         {"pci"},
                                                         {"gdpr"},
                                                         {"hipaa"},
                                                         {"secrets"},
                                                         {"all"},
                                                         {"CREDIT_CARD"},
                                                         {"+CREDIT_CARD"},
                                                         {"IBAN_CODE"},
                                                         {"default", "-CREDIT_CARD"},
                                                         {"default", "-pci"},
                                                         {"secrets", "+pci"},
                                                         {"default", "-gdpr", "+CREDIT_CARD"}};
  for (const auto& types : selections) {
    std::string list;
    for (const auto& type : types) {
      list += (list.empty() ? "" : ", ") + type;
    }
    const auto parsed = config::parse_proxy_config(
        "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: a, pod: b}\npolicy: {directory: p}\n"
        "inbound:\n- {listen: \"127.0.0.1:1\", port: 80, protocol: http, target: \"127.0.0.1:2\", tls: DISABLE}\n"
        "inspection: {dlp: {profiles: {a: {types: [" +
            list + "]}}}, profiles: {default: {dlp: a}}}\n",
        "g.yaml", false);
    ASSERT_TRUE(parsed.has_value()) << list;
    const bool is_off = parsed->profiles.front().payment_cards == config::FindingAction::kOff;
    EXPECT_EQ(is_off, TypeSet::compile({.entities = types, .places = {}, .custom = {}})->is_selected(*card)) << list;
  }
}

}  // namespace
}  // namespace gabion::inspect::dlp
