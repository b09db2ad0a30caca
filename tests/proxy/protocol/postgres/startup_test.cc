// Start-up packets cut anywhere, their parameters, and what a session must not begin with.
#include <gtest/gtest.h>

#include "proxy/protocol/postgres/startup_packet.h"
#include "proxy/protocol/postgres/startup_parameters.h"
#include "proxy/protocol/postgres/write.h"

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;

std::string packet(std::uint32_t code, const std::string& body) {
  std::string made;
  for (const std::uint32_t number : {static_cast<std::uint32_t>(body.size() + 8), code}) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      made.push_back(static_cast<char>(number >> static_cast<unsigned>(shift)));
    }
  }
  return made + body;
}

TEST(PostgresStartup, EveryPacketIsFoundOnceItIsWhole) {
  const struct {
    std::string bytes;
    StartupKind kind;
  } cases[] = {{packet(80'877'103, ""), StartupKind::kSslRequest},
               {packet(80'877'104, ""), StartupKind::kGssRequest},
               {packet(80'877'102, "12345678"), StartupKind::kCancel},
               {packet(80'877'102, std::string(260, 'k')), StartupKind::kCancel},
               {packet(196'608, "user\0u\0\0"s), StartupKind::kStartup},
               {packet(131'072, ""), StartupKind::kOldVersion},
               {packet(262'144, ""), StartupKind::kUnknownVersion}};
  for (const auto& one : cases) {
    StartupPacket found;
    for (std::size_t size = 0; size < one.bytes.size(); ++size) {
      EXPECT_EQ(read_startup_packet(one.bytes.substr(0, size), found), StartupReading::kNeedMore) << size;
    }
    ASSERT_EQ(read_startup_packet(one.bytes + "more", found), StartupReading::kPacket);
    EXPECT_EQ(found.kind, one.kind);
    EXPECT_EQ(found.consumed, one.bytes.size());
  }
}

TEST(PostgresStartup, WhatIsNoPacketIsAnErrorAtOnce) {
  StartupPacket found;
  for (const std::string& bytes : {"GET"s, "\x16"s, "\0\0\0\7"s, "\0\0\x27\x11"s, packet(80'877'103, "x"),
                                   packet(80'877'102, "1234567"), packet(80'877'102, std::string(261, 'k'))}) {
    EXPECT_EQ(read_startup_packet(bytes, found), StartupReading::kError);
  }
}

TEST(PostgresStartup, AllowedSettingsGoOnAndOptionsAreTakenApart) {
  const auto found = parse_startup_parameters(
      "user\0app\0DateStyle\0ISO\0options\0-c statement_timeout=5s -cintervalstyle=iso_8601 --lock-timeout=1\\ s\0"
      "client_encoding\0'utf-8'\0application_name\0x\0_pq_.a\0b\0\0"s);
  ASSERT_EQ(found.refusal, StartupRefusal::kNone) << found.what;
  EXPECT_EQ(found.user, "app");
  EXPECT_EQ(found.database, "app");
  EXPECT_EQ(found.application_name, "x");
  EXPECT_EQ(found.protocol_options, std::vector<std::string>{"_pq_.a"});
  const std::vector<std::pair<std::string, std::string>> settings = {
      {"datestyle", "ISO"},    {"statement_timeout", "5s"},    {"intervalstyle", "iso_8601"},
      {"lock_timeout", "1 s"}, {"client_encoding", "'utf-8'"}, {"application_name", "x"}};
  EXPECT_EQ(found.settings, settings);
}

TEST(PostgresStartup, WhatChangesTheMeaningOfTextsIsRefusedByName) {
  const struct {
    std::string parameters;
    StartupRefusal refusal;
    const char* what;
  } cases[] = {
      {"search_path\0evil\0"s, StartupRefusal::kParameter, "search_path"},
      {"SEARCH_PATH\0evil\0"s, StartupRefusal::kParameter, "SEARCH_PATH"},
      {"session_authorization\0x\0"s, StartupRefusal::kParameter, "session_authorization"},
      {"standard_conforming_strings\0on\0"s, StartupRefusal::kParameter, "standard_conforming_strings"},
      {"options\0-c  role=x\0"s, StartupRefusal::kParameter, "role"},
      {"options\0--search-path=x\0"s, StartupRefusal::kParameter, "search_path"},
      {"options\0-c\0"s, StartupRefusal::kOptions, "options"},
      {"options\0-c search_path\0"s, StartupRefusal::kOptions, "options"},
      {"options\0-O\0"s, StartupRefusal::kOptions, "options"},
      {"options\0--\0"s, StartupRefusal::kOptions, "options"},
      {"options\0-\\c search_path=x\0"s, StartupRefusal::kParameter, "search_path"},
      {"client_encoding\0GBK\0"s, StartupRefusal::kEncoding, "client_encoding"},
      {"options\0-c client-encoding=sjis\0"s, StartupRefusal::kEncoding, "client_encoding"},
      {"replication\0database\0"s, StartupRefusal::kReplication, ""},
      {"replication\0on\0"s, StartupRefusal::kReplication, ""},
      {"user\0b\0"s, StartupRefusal::kMalformed, ""},
  };
  for (const auto& one : cases) {
    const auto found = parse_startup_parameters("user\0a\0"s + one.parameters + "\0"s);
    EXPECT_EQ(found.refusal, one.refusal) << one.parameters;
    EXPECT_EQ(found.what, one.what);
  }
  EXPECT_EQ(parse_startup_parameters("user\0a\0replication\0off\0\0"s).refusal, StartupRefusal::kNone);
}

TEST(PostgresStartup, NamesThatAServerWouldCutAreRefused) {
  const std::string fits(63, 'n');
  EXPECT_EQ(parse_startup_parameters("user\0"s + fits + "\0database\0"s + fits + "\0\0"s).refusal,
            StartupRefusal::kNone);
  const auto user = parse_startup_parameters("user\0"s + fits + "n\0\0"s);
  EXPECT_EQ(user.refusal, StartupRefusal::kNameTooLong);
  EXPECT_EQ(user.what, "user");
  const auto database = parse_startup_parameters("user\0a\0database\0"s + fits + "n\0\0"s);
  EXPECT_EQ(database.refusal, StartupRefusal::kNameTooLong);
}

TEST(PostgresStartup, WhatDoesNotEndWhereItSaysIsMalformed) {
  EXPECT_EQ(parse_startup_parameters("database\0x\0\0"s).refusal, StartupRefusal::kNoUser);
  for (const std::string& bytes : {""s, "user\0a\0"s, "user\0a\0\0x"s, "user\0"s, "user"s}) {
    EXPECT_EQ(parse_startup_parameters(bytes).refusal, StartupRefusal::kMalformed) << bytes;
  }
}

TEST(PostgresStartup, WhatWeWriteReadsBack) {
  std::string bytes;
  const std::vector<StartupParameter> parameters = {{"user", "u"}, {"database", "d"}, {"datestyle", "ISO"}};
  write_startup(bytes, 0, parameters);
  StartupPacket found;
  ASSERT_EQ(read_startup_packet(bytes, found), StartupReading::kPacket);
  const auto read = parse_startup_parameters(found.parameters);
  EXPECT_EQ(read.refusal, StartupRefusal::kNone);
  EXPECT_EQ(read.database, "d");
  bytes.clear();
  write_cancel_request(bytes, 7, "abcd");
  ASSERT_EQ(read_startup_packet(bytes, found), StartupReading::kPacket);
  EXPECT_EQ(found.kind, StartupKind::kCancel);
  EXPECT_EQ(found.process, 7U);
  EXPECT_EQ(found.key, "abcd");
}

}  // namespace
}  // namespace gabion::proxy::postgres
