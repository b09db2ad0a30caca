// The end of a login: what the server must have told, and how much it may say.
#include "proxy/session/postgres_login.h"

#include <gtest/gtest.h>

#include "tests/proxy/protocol/postgres/reading.h"

namespace gabion::proxy {
namespace {

using namespace std::string_literals;
using postgres::message;

struct Login final : PostgresLoginOwner {
  void settle_version(std::uint16_t minor) override { told_minor = minor; }
  PostgresKey replace_key(const PostgresKey& servers) override { return servers; }
  PostgresLogin::State answer(std::string bytes) {
    [[maybe_unused]] const std::size_t taken = login.take_server(bytes);
    to_client.clear();
    return login.state();
  }

  std::optional<std::uint16_t> told_minor;
  BufferPool pool;
  SendQueue to_client{pool, 1 << 20};
  SendQueue to_server{pool, 1 << 20};
  PostgresLogin login{{.to_client = to_client, .to_server = to_server, .owner = *this, .minor = 2}};
};

const std::string kOk = message('R', "\0\0\0\0"s);
const std::string kStrings = message('S', "standard_conforming_strings\0on\0"s);
const std::string kEncoding = message('S', "client_encoding\0UTF8\0"s);
const std::string kReady = message('Z', "I");

TEST(PostgresLogin, EndsOnceBothSettingsWereTold) {
  Login login;
  EXPECT_EQ(login.answer(kOk + kStrings + kEncoding + kReady), PostgresLogin::State::kDone);
}

TEST(PostgresLogin, FailsWithoutTheServersWordOnASetting) {
  for (const std::string& told : {""s, kStrings, kEncoding}) {
    Login login;
    EXPECT_EQ(login.answer(kOk + told + kReady), PostgresLogin::State::kFailed);
    EXPECT_EQ(login.login.reason(), Reason::kUnsafeSetting);
  }
}

TEST(PostgresLogin, ThatDoesNotEndFails) {
  Login login;
  const std::string notice = message('N', std::string(100'000, 'n'));
  int rounds = 0;
  while (login.answer(notice) == PostgresLogin::State::kGoing) {
    ASSERT_LT(++rounds, 20);
  }
  EXPECT_EQ(login.login.reason(), Reason::kUpstreamMalformed);
}

std::string version(std::uint32_t told, std::string_view unknown = {}) {
  std::string body;
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    body.push_back(static_cast<char>(told >> (shift - 8U)));
  }
  body.append(unknown.empty() ? "\0\0\0\0"s : "\0\0\0\1"s).append(unknown);
  return message('v', body);
}

TEST(PostgresLogin, SettlesTheVersionByTheServersFirstWord) {
  const std::string ordinary = kOk + kStrings + kEncoding + kReady;
  const std::pair<std::string, std::uint16_t> rows[] = {
      {ordinary, 2}, {version(0x30002) + ordinary, 2}, {version(0x30000) + ordinary, 0}};
  for (const auto& [bytes, minor] : rows) {
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      Login login;
      std::string all = bytes.substr(0, cut);
      const std::size_t taken = login.login.take_server(all);
      all = all.substr(taken) + bytes.substr(cut);
      EXPECT_EQ(login.answer(all), PostgresLogin::State::kDone) << cut;
      EXPECT_EQ(login.told_minor, minor);
    }
  }
}

TEST(PostgresLogin, TakesNoVersionThatNobodyAskedFor) {
  for (const std::string& told :
       {version(0x30003), version(0x20000), version(0x40000), version(0x30000, "_pq_.x\0"s),
        message('v', "\0\3\0\0\0\0\0\0x"s), version(0x30000) + version(0x30000), kOk + version(0x30000)}) {
    Login login;
    EXPECT_EQ(login.answer(told), PostgresLogin::State::kFailed);
    EXPECT_EQ(login.login.reason(), Reason::kUpstreamMalformed);
  }
}

const std::string kBoth = message('R', "\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"s);
const std::string kOne = message('R', "\0\0\0\x0aSCRAM-SHA-256\0\0"s);

std::string first_answer(std::string_view mechanism, std::string_view header) {
  return message('p', std::string(mechanism) + "\0\0\0\0\x08"s + std::string(header) + "n=,r=a");
}

TEST(PostgresLogin, TellsAClientThatItsChannelEndsHere) {
  struct Row {
    const std::string* offer;
    std::string answer;
    bool passes;
  };
  const Row rows[] = {{&kBoth, first_answer("SCRAM-SHA-256", "n,,"), true},
                      {&kBoth, first_answer("SCRAM-SHA-256", "y,,"), false},
                      {&kOne, first_answer("SCRAM-SHA-256", "y,,"), true},
                      {&kBoth, first_answer("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,"), false}};
  for (const Row& row : rows) {
    Login login;
    ASSERT_EQ(login.answer(*row.offer), PostgresLogin::State::kGoing);
    std::string answer = row.answer;
    [[maybe_unused]] const std::size_t taken = login.login.take_client(answer);
    EXPECT_EQ(login.login.state() == PostgresLogin::State::kGoing, row.passes) << row.answer;
    EXPECT_EQ(login.to_server.empty(), !row.passes);
    EXPECT_EQ(login.login.advice().empty(), row.passes);
  }
}

TEST(PostgresLogin, OffersWhatBindsOnlyWhereBindingCanHold) {
  for (const auto binding : {ChannelBinding::kTakenOut, ChannelBinding::kKept}) {
    Login login;
    PostgresLogin relayed{
        {.to_client = login.to_client, .to_server = login.to_server, .owner = login, .binding = binding}};
    std::string offer = kBoth;
    [[maybe_unused]] const std::size_t taken = relayed.take_server(offer);
    EXPECT_EQ(login.to_client.unsent(), binding == ChannelBinding::kKept ? kBoth : kOne);
  }
}

TEST(PostgresLogin, LetsAPasswordInClearTextThroughOnAPrivateRoadOnly) {
  for (const auto road : {PasswordRoad::kReadable, PasswordRoad::kEncrypted}) {
    Login login;
    PostgresLogin relayed{{.to_client = login.to_client, .to_server = login.to_server, .owner = login, .road = road}};
    std::string request = message('R', "\0\0\0\3"s);
    [[maybe_unused]] const std::size_t taken = relayed.take_server(request);
    EXPECT_EQ(relayed.state() == PostgresLogin::State::kGoing, road == PasswordRoad::kEncrypted);
    EXPECT_EQ(relayed.advice().empty(), road == PasswordRoad::kEncrypted);
  }
}

}  // namespace
}  // namespace gabion::proxy
