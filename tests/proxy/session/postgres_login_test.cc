// The end of a login: what the server must have told, and how much it may say.
#include "proxy/session/postgres_login.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

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

TEST(PostgresLogin, RefusesWhatIsTooMuchBeforeItBegins) {
  const std::string begun = message('N', std::string(1'000'000, 'n'));
  const std::string refused = message('N', std::string(100'000, 'n'));
  for (const std::size_t cut : {std::size_t{1029}, std::size_t{5000}, refused.size() - 1, refused.size()}) {
    Login login;
    EXPECT_EQ(login.answer(begun), PostgresLogin::State::kGoing);
    EXPECT_EQ(login.answer(refused.substr(0, 1028)), PostgresLogin::State::kGoing) << "not enough to be told";
    std::string rest = refused.substr(0, cut);
    EXPECT_EQ(login.login.take_server(rest), 0U) << cut;
    EXPECT_TRUE(login.to_client.empty());
    EXPECT_EQ(login.login.detail(), "a login that does not end");
    EXPECT_FALSE(login.login.is_within_message());
  }
}

TEST(PostgresLogin, IsDeniedByTheWholeError) {
  const std::string error = message('E', "SFATAL\0C28000\0M"s + std::string(5000, 'm') + "\0\0"s);
  for (std::size_t cut = 0; cut < error.size(); ++cut) {
    Login login;
    std::string bytes = error.substr(0, cut);
    const std::size_t taken = login.login.take_server(bytes);
    EXPECT_EQ(login.login.state(), PostgresLogin::State::kGoing) << cut;
    EXPECT_EQ(login.login.is_within_message(), taken != 0);
    bytes = error.substr(taken);
    EXPECT_EQ(login.login.take_server(bytes), bytes.size());
    EXPECT_EQ(login.login.state(), PostgresLogin::State::kDenied);
    EXPECT_FALSE(login.login.is_within_message());
    EXPECT_EQ(login.to_client.pending(), error.size());
    EXPECT_EQ(login.login.sqlstate(), "28000");
  }
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

// Both sides say more than they were asked for, and in pieces.

const std::string kContinue = message('R', "\0\0\0\x0br=ab,s=c2FsdA==,i=4096"s);
const std::string kFinal = message('R', "\0\0\0\x0cv=proof"s);
const std::string kFirst = first_answer("SCRAM-SHA-256", "n,,");
const std::string kProof = message('p', "c=biws,r=ab,p=proof"s);

/// A relay as a session drives it: the server says each of `server` when the client has answered the one before, in two
/// parts where `server_cut` lies within; the client says all ahead, in two parts likewise.
PostgresLogin::State relay(Login& login, const std::vector<std::string>& server, const std::string& client,
                           std::size_t server_cut, std::size_t client_cut) {
  std::string from_server;
  std::string from_client = client.substr(0, client_cut);
  std::string later_client = client.substr(from_client.size());
  std::size_t said = 0;  // of all the server's bytes
  std::size_t next = 0;
  std::string later_server;
  for (int round = 0; round < 100 && login.login.state() == PostgresLogin::State::kGoing; ++round) {
    if (!login.login.waits_for_client() && from_server.empty() && later_server.empty() && next < server.size()) {
      const std::string& piece = server[next++];
      const std::size_t first = server_cut > said ? std::min(server_cut - said, piece.size()) : piece.size();
      from_server = piece.substr(0, first);
      later_server = piece.substr(first);
      said += piece.size();
    }
    const std::size_t taken = login.login.take_server(from_server);
    from_server.erase(0, taken);
    const std::size_t answered = login.login.take_client(from_client);
    from_client.erase(0, answered);
    if (taken + answered == 0) {
      from_server += std::exchange(later_server, {});
      from_client += std::exchange(later_client, {});
    }
  }
  return login.login.state();
}

TEST(PostgresLogin, IsTheSameWhereverEitherSideIsCut) {
  const std::vector<std::string> server = {kOne, kContinue, kFinal + kOk + kStrings + kEncoding + kReady};
  const std::string all = server[0] + server[1] + server[2];
  const std::string client = kFirst + kProof;
  for (std::size_t server_cut = 0; server_cut <= all.size(); ++server_cut) {
    for (std::size_t client_cut = 0; client_cut <= client.size(); ++client_cut) {
      Login login;
      ASSERT_EQ(relay(login, server, client, server_cut, client_cut), PostgresLogin::State::kDone)
          << server_cut << " and " << client_cut;
      ASSERT_EQ(login.to_server.unsent(), client);
      ASSERT_EQ(login.to_client.unsent(), all);
    }
  }
}

TEST(PostgresLogin, TakesOneAnswerForEachQuestionOfWhatAClientSaysAhead) {
  std::string ahead;
  for (int i = 0; i < 1000; ++i) {
    ahead += kProof;
  }
  Login login;
  EXPECT_EQ(login.login.take_client(ahead), 0U) << "nobody has asked";
  for (int questions = 1; questions <= 3; ++questions) {
    std::string question = kContinue;
    EXPECT_EQ(login.login.take_server(question), question.size());
    EXPECT_EQ(login.login.take_client(ahead), kProof.size());
    EXPECT_EQ(login.login.take_client(ahead), 0U);
  }
  EXPECT_EQ(login.to_server.pending(), 3 * kProof.size());
}

TEST(PostgresLogin, TakesNothingElseForAnAnswer) {
  struct Row {
    std::string said;
    PostgresLogin::State state;
  };
  for (const Row& row : {
           Row{message('p', std::string(65'536, 'x')).substr(0, 5), PostgresLogin::State::kFailed},
           Row{message('p', std::string(65'535, 'x')).substr(0, 5), PostgresLogin::State::kGoing},
           Row{message('Q', "SELECT 1\0"s), PostgresLogin::State::kFailed},
           Row{message('d', std::string(100, 'x')).substr(0, 50), PostgresLogin::State::kFailed},
           Row{std::string(100, '\0'), PostgresLogin::State::kFailed},
           Row{"p\0\0\0\3"s, PostgresLogin::State::kFailed},
           Row{message('X', ""), PostgresLogin::State::kEnded},
       }) {
    Login login;
    ASSERT_EQ(login.answer(kContinue), PostgresLogin::State::kGoing);
    std::string said = row.said;
    [[maybe_unused]] const std::size_t taken = login.login.take_client(said);
    EXPECT_EQ(login.login.state(), row.state) << row.said.substr(0, 20);
    EXPECT_TRUE(login.to_server.empty());
    if (row.state == PostgresLogin::State::kFailed) {
      EXPECT_EQ(login.login.reason(), Reason::kMalformedRequest);
    }
  }
}

TEST(PostgresLogin, EndsWhereAServerAsksAndAClientAnswersForever) {
  Login login;
  const std::string question = message('R', "\0\0\0\x0b"s + std::string(10'000, 'r'));
  int rounds = 0;
  while (login.answer(question) == PostgresLogin::State::kGoing) {
    std::string answer = kProof;
    EXPECT_EQ(login.login.take_client(answer), answer.size());
    ASSERT_LT(++rounds, 200);
  }
  EXPECT_EQ(login.login.reason(), Reason::kUpstreamMalformed);
  EXPECT_EQ(login.login.detail(), "a login that does not end");
}

}  // namespace
}  // namespace gabion::proxy
