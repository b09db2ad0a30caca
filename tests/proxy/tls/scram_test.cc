// Logging in by SCRAM: the vector of RFC 7677, what a hostile server may say, and every other way of PostgreSQL.
#include "proxy/protocol/postgres/scram.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proxy/protocol/postgres/base64.h"
#include "proxy/protocol/postgres/upstream_login.h"
#include "proxy/tls/scram_crypto.h"
#include "tests/proxy/tls/certificates.h"

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;

constexpr std::string_view kNonce = "rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view kServerFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr std::string_view kServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

const ScramCrypto& crypto() {
  return tls::scram_crypto();
}

TEST(Scram, SpeaksTheExchangeOfRfc7677) {
  ScramClient client(crypto(), "pencil", nullptr);
  ASSERT_EQ(client.begin({}, kNonce, "user"), ScramError::kNone);
  EXPECT_EQ(client.client_message(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  ASSERT_EQ(client.on_server_first(kServerFirst), ScramError::kNone);
  EXPECT_EQ(
      client.client_message(),
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_EQ(client.on_server_final(kServerFinal), ScramError::kNone);
}

TEST(Scram, RefusesWhatAServerMustNotSayFirst) {
  const struct {
    std::string message;
    ScramError error;
  } rows[] = {
      {"", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==", ScramError::kMalformed},
      {"s=W22ZaJ0SNY7soEsUEjb6gQ==,r=rOprNGfwEbeRWgbNEkqOx,i=4096", ScramError::kMalformed},
      {"m=ext,r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,x=1", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ=,i=4096", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gR==,i=4096", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqO\x01,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=04096", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-1", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999", ScramError::kMalformed},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095", ScramError::kIterations},
      {"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=600001", ScramError::kIterations},
      {"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", ScramError::kNonce},
      {"r=somebodyelses,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", ScramError::kNonce},
      {"r=rOprNGfwEbeRWgbNEkqO" + std::string(5000, 'x') + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
       ScramError::kMalformed},
  };
  for (const auto& row : rows) {
    ScramClient client(crypto(), "pencil", nullptr);
    ASSERT_EQ(client.begin({}, kNonce, "user"), ScramError::kNone);
    EXPECT_EQ(client.on_server_first(row.message), row.error) << row.message.substr(0, 100);
  }
}

TEST(Scram, BelievesNoServerThatDoesNotKnowThePassword) {
  const struct {
    std::string message;
    ScramError error;
  } rows[] = {
      {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", ScramError::kMalformed},  // another spelling
      {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G8=", ScramError::kForged},
      {"v=AAAA", ScramError::kMalformed},
      {"v=", ScramError::kMalformed},
      {"", ScramError::kMalformed},
      {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=,x=1", ScramError::kMalformed},
      {"e=invalid-proof", ScramError::kRefused},
  };
  for (const auto& row : rows) {
    ScramClient client(crypto(), "pencil", nullptr);
    ASSERT_EQ(client.begin({}, kNonce, "user"), ScramError::kNone);
    ASSERT_EQ(client.on_server_first(kServerFirst), ScramError::kNone);
    EXPECT_EQ(client.on_server_final(row.message), row.error) << row.message;
  }
}

TEST(Scram, BindsToTheEndPointOfTheChannel) {
  ScramClient client(crypto(), "pencil", nullptr);
  const std::string hash("\x00\x01\x02", 3);
  ASSERT_EQ(client.begin({ScramChannel::Binding::kEndPoint, hash}, kNonce, ""), ScramError::kNone);
  EXPECT_EQ(client.client_message(), "p=tls-server-end-point,,n=,r=rOprNGfwEbeRWgbNEkqO");
  ASSERT_EQ(client.on_server_first(kServerFirst), ScramError::kNone);
  std::string bound;
  append_base64(bound, "p=tls-server-end-point,," + hash);
  EXPECT_TRUE(client.client_message().starts_with("c=" + bound + ",r="));
}

TEST(ScramKeyCache, DerivesOnceForEachPasswordSaltAndCount) {
  ScramKeyCache cache(crypto());
  const struct {
    std::string password, salt;
    std::uint32_t iterations;
    std::uint64_t derivations;
  } rows[] = {{"a", "salt", 4096, 1}, {"a", "salt", 4096, 1}, {"b", "salt", 4096, 2},
              {"a", "tlas", 4096, 3}, {"a", "salt", 4097, 4}, {"b", "salt", 4096, 4}};
  for (const auto& row : rows) {
    ScramKeys kept;
    ScramKeys fresh;
    ASSERT_TRUE(cache.get(row.password, row.salt, row.iterations, kept));
    ASSERT_TRUE(derive_scram_keys(crypto(), row.password, row.salt, row.iterations, fresh));
    EXPECT_EQ(kept.client, fresh.client);
    EXPECT_EQ(kept.server, fresh.server);
    EXPECT_EQ(cache.derivations(), row.derivations);
  }
}

TEST(Base64, HasOneSpelling) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "\xff\x00\x80"}) {
    std::string coded;
    append_base64(coded, text);
    EXPECT_EQ(read_base64(coded), text);
  }
  for (const std::string text : {"Zg", "Zg=", "Zh==", "Zg==\n", "Z===", "====", "Zm8=Zm8=", "Zm9v=", "-_8="}) {
    EXPECT_EQ(read_base64(text), std::nullopt) << text;
  }
}

TEST(ServerEndPoint, IsTheHashOfTheCertificate) {
  const tls::TestAuthority authority("root");
  const tls::KeyPair pair = authority.issue({});
  const std::string hash = tls::server_end_point(*pair.certificate);
  const tls::Fingerprint sha256 = tls::fingerprint(*pair.certificate);
  EXPECT_EQ(hash, std::string(sha256.begin(), sha256.end()));
}

// UpstreamLogin.

LoginMethods all_methods() {
  LoginMethods methods;
  for (const auto method : {LoginMethod::kScram, LoginMethod::kMd5, LoginMethod::kCleartext, LoginMethod::kTrust}) {
    methods.add(method);
  }
  return methods;
}

LoginMethods only(LoginMethod method) {
  LoginMethods methods;
  methods.add(method);
  return methods;
}

using Step = UpstreamLogin::Step;
using Channel = UpstreamLogin::Channel;

struct FirstAnswer {
  std::string name;
  LoginMethods methods;
  Channel channel;
  std::string end_point;
  std::string said;  // body of R
  Step step;
  LoginFailure failure;
  std::string sent;  // how to_send() begins
};

TEST(UpstreamLogin, AnswersOnlyWhatItMay) {
  const std::string md5 = "\0\0\0\5salt"s;
  const std::string cleartext = "\0\0\0\3"s;
  const std::string ok = "\0\0\0\0"s;
  const std::string sasl = "\0\0\0\x0aSCRAM-SHA-256\0\0"s;
  const std::string both = "\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"s;
  const FirstAnswer rows[] = {
      {"scram, plain", only(LoginMethod::kScram), Channel::kPlain, "", sasl, Step::kSend, LoginFailure::kNone,
       "p\0\0\0\x36SCRAM-SHA-256\0\0\0\0\x20n,,n=,r="s},
      {"scram over TLS that cannot be bound to", only(LoginMethod::kScram), Channel::kTls, "", both, Step::kSend,
       LoginFailure::kNone, "p\0\0\0\x36SCRAM-SHA-256\0\0\0\0\x20n,,n=,r="s},
      {"bound", only(LoginMethod::kScram), Channel::kTls, "hash", both, Step::kSend, LoginFailure::kNone,
       "p\0\0\0\x50SCRAM-SHA-256-PLUS\0\0\0\0\x35p=tls-server-end-point,,n=,r="s},
      {"the offer was stripped", only(LoginMethod::kScram), Channel::kTls, "hash", sasl, Step::kSend,
       LoginFailure::kNone, "p\0\0\0\x36SCRAM-SHA-256\0\0\0\0\x20y,,n=,r="s},
      {"only unknown mechanisms", all_methods(), Channel::kTls, "", "\0\0\0\x0aOAUTHBEARER\0\0"s, Step::kFailed,
       LoginFailure::kMethod, ""},
      {"a list without an end", all_methods(), Channel::kTls, "", "\0\0\0\x0aSCRAM-SHA-256\0"s, Step::kFailed,
       LoginFailure::kMalformed, ""},
      {"bytes behind the list", all_methods(), Channel::kTls, "", sasl + "x", Step::kFailed, LoginFailure::kMalformed,
       ""},
      {"md5 over TLS", only(LoginMethod::kMd5), Channel::kTls, "", md5, Step::kSend, LoginFailure::kNone,
       "p\0\0\0\x28md5"s},
      {"md5 in plain text", only(LoginMethod::kMd5), Channel::kPlain, "", md5, Step::kFailed, LoginFailure::kNeedsTls,
       ""},
      {"md5 not allowed", only(LoginMethod::kScram), Channel::kTls, "", md5, Step::kFailed, LoginFailure::kMethod, ""},
      {"md5 with a short salt", all_methods(), Channel::kTls, "", "\0\0\0\5sal"s, Step::kFailed,
       LoginFailure::kMalformed, ""},
      {"cleartext over TLS", only(LoginMethod::kCleartext), Channel::kTls, "", cleartext, Step::kSend,
       LoginFailure::kNone, "p\0\0\0\x0bsecret\0"s},
      {"cleartext in plain text", all_methods(), Channel::kPlain, "", cleartext, Step::kFailed, LoginFailure::kNeedsTls,
       ""},
      {"cleartext not allowed", only(LoginMethod::kScram), Channel::kTls, "", cleartext, Step::kFailed,
       LoginFailure::kMethod, ""},
      {"trust", only(LoginMethod::kTrust), Channel::kPlain, "", ok, Step::kDone, LoginFailure::kNone, ""},
      {"trust not allowed", only(LoginMethod::kScram), Channel::kPlain, "", ok, Step::kFailed, LoginFailure::kMethod,
       ""},
      {"GSSAPI", all_methods(), Channel::kTls, "", "\0\0\0\7"s, Step::kFailed, LoginFailure::kMethod, ""},
      {"SASL goes on before it began", all_methods(), Channel::kTls, "", "\0\0\0\x0br=x"s, Step::kFailed,
       LoginFailure::kUnexpected, ""},
      {"SASL ends before it began", all_methods(), Channel::kTls, "", "\0\0\0\x0cv=x"s, Step::kFailed,
       LoginFailure::kUnexpected, ""},
      {"too short", all_methods(), Channel::kTls, "", "\0\0\0"s, Step::kFailed, LoginFailure::kMalformed, ""},
  };
  for (const auto& row : rows) {
    UpstreamLogin login({"orders", "secret", row.methods, row.channel, row.end_point}, crypto(), nullptr);
    EXPECT_EQ(login.on_message('R', row.said), row.step) << row.name;
    EXPECT_EQ(login.failure(), row.failure) << row.name;
    EXPECT_EQ(login.to_send().substr(0, row.sent.size()), row.sent) << row.name;
    EXPECT_EQ(login.to_send().empty(), row.sent.empty()) << row.name;
  }
}

TEST(UpstreamLogin, HashesAsMd5AuthenticationDoes) {
  UpstreamLogin login({"orders", "secret", only(LoginMethod::kMd5), Channel::kTls, ""}, crypto(), nullptr);
  ASSERT_EQ(login.on_message('R', "\0\0\0\5salt"s), Step::kSend);
  // python3: "md5" + md5(md5("secretorders").hexdigest() + "salt").hexdigest()
  EXPECT_EQ(login.to_send().substr(5), "md5324fd87b99207b9692482feefecd27d4\0"s);
  EXPECT_EQ(login.on_message('R', "\0\0\0\0"s), Step::kDone);
}

TEST(UpstreamLogin, IsNotLetInByAServerThatLeavesItsProofOut) {
  UpstreamLogin login({"orders", "secret", all_methods(), Channel::kPlain, ""}, crypto(), nullptr);
  ASSERT_EQ(login.on_message('R', "\0\0\0\x0aSCRAM-SHA-256\0\0"s), Step::kSend);
  EXPECT_EQ(login.on_message('R', "\0\0\0\0"s), Step::kFailed);
  EXPECT_EQ(login.failure(), LoginFailure::kUnproven);
  EXPECT_EQ(login.on_message('R', "\0\0\0\0"s), Step::kFailed);
}

TEST(UpstreamLogin, DoesNotShowAPasswordAfterScramBegan) {
  UpstreamLogin login({"orders", "secret", all_methods(), Channel::kTls, ""}, crypto(), nullptr);
  ASSERT_EQ(login.on_message('R', "\0\0\0\x0aSCRAM-SHA-256\0\0"s), Step::kSend);
  EXPECT_EQ(login.on_message('R', "\0\0\0\3"s), Step::kFailed);
  EXPECT_EQ(login.failure(), LoginFailure::kUnexpected);
}

TEST(UpstreamLogin, TellsTheCodeOfARefusalAndNoText) {
  UpstreamLogin login({"orders", "secret", all_methods(), Channel::kTls, ""}, crypto(), nullptr);
  EXPECT_EQ(login.on_message('N', "SNOTICE\0\0"s), Step::kWait);
  EXPECT_EQ(login.on_message('E', "SFATAL\0C28P01\0Mpassword of \"orders\"\0\0"s), Step::kFailed);
  EXPECT_EQ(login.failure(), LoginFailure::kRefused);
  EXPECT_EQ(login.server_code(), "28P01");
}

TEST(UpstreamLogin, TakesNothingElseForALogin) {
  for (const char type : {'Z', 'K', 'S', 'T', 'D', '\0', 'v'}) {
    UpstreamLogin login({"orders", "secret", all_methods(), Channel::kTls, ""}, crypto(), nullptr);
    EXPECT_EQ(login.on_message(type, "\0\0\0\0"s), Step::kFailed);
    EXPECT_EQ(login.failure(), LoginFailure::kUnexpected);
  }
}

}  // namespace
}  // namespace gabion::proxy::postgres
