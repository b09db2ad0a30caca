// The end of a login: what the server must have told, and how much it may say.
#include "proxy/session/postgres_login.h"

#include <gtest/gtest.h>

#include "tests/proxy/protocol/postgres/reading.h"

namespace gabion::proxy {
namespace {

using namespace std::string_literals;
using postgres::message;

struct Login final : PostgresLoginOwner {
  PostgresKey replace_key(const PostgresKey& servers) override { return servers; }
  PostgresLogin::State answer(std::string bytes) {
    [[maybe_unused]] const std::size_t taken = login.take_server(bytes);
    to_client.clear();
    return login.state();
  }

  BufferPool pool;
  SendQueue to_client{pool, 1 << 20};
  SendQueue to_server{pool, 1 << 20};
  PostgresLogin login{{to_client, to_server, *this, PasswordRoad::kReadable}};
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

}  // namespace
}  // namespace gabion::proxy
