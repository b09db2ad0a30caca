// llhttp's own test streams: what llhttp 9.4 refuses we refuse, what it reads we read alike, or a row says why not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "tests/proxy/protocol/http1/cuts.h"

namespace gabion::proxy::http1 {
namespace {

const std::filesystem::path kFile = GABION_SOURCE_DIR "/../shared/cases/http_llhttp.jsonl";

struct LlhttpCase {
  std::string id;    ///< without the leading "llhttp/"
  std::string mode;  ///< "request", "response-lenient-headers", …
  Role role = Role::kRequest;
  int error = 0;             ///< llhttp's number, 0 for none
  std::size_t messages = 0;  ///< ended
  std::string bytes;
};

/// Why we refuse a stream that llhttp reads in a strict mode.
const std::map<std::string_view, std::string_view> kRefused = {
    {"request/connection/4", "one empty line before a request is ignored (RFC 9112 §2.2), not two"},
    {"request/content-length/10", "llhttp 8.1 takes no tab behind a length"},
    {"response/content-length/3", "llhttp 8.1 takes no tab behind a length"},
    {"request/method/4", "asterisk-form is for OPTIONS (RFC 9112 §3.2.4)"},
    {"request/method/11", "not HTTP: ICE"},
    {"request/method/12", "not HTTP: RTSP"},
    {"request/method/13", "not HTTP: RTSP"},
    {"response/sample/1", "not HTTP: RTSP"},
    {"response/sample/2", "not HTTP: ICE"},
    {"request/method/15", "llhttp 8.1 does not know QUERY"},
    {"request/sample/9", "HTTP/0.9"},
    {"response/sample/17", "HTTP/0.9"},
    {"request/transfer-encoding/19", "Transfer-Encoding is exactly \"chunked\""},
    {"request/transfer-encoding/20", "Transfer-Encoding is exactly \"chunked\""},
    {"response/transfer-encoding/1", "Transfer-Encoding is exactly \"chunked\""},
    {"response/transfer-encoding/2", "Transfer-Encoding is exactly \"chunked\""},
    {"response/transfer-encoding/3", "Transfer-Encoding is exactly \"chunked\""},
    {"request/uri/2", "absolute-form without a path before its query"},
    {"request/uri/3", "absolute-form without a path before its query"},
    {"request/uri/9", "user info in the target"},
};

/// Streams of strict modes whose count was recorded under conditions of llhttp's test, with our count.
const std::map<std::string_view, std::pair<std::size_t, std::string_view>> kCountedOtherwise = {
    {"request/content-length/15", {0, "recorded with a callback that skips bodies; here the second head is body"}},
    {"response/content-length/2", {0, "recorded with a callback that skips bodies; here the second head is body"}},
};

std::string base64_decoded(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").find(c);
    if (value == std::string_view::npos) {
      break;
    }
    bits = bits << 6U | static_cast<unsigned>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> static_cast<unsigned>(count) & 0xffU));
    }
  }
  return bytes;
}

LlhttpCase case_of(const std::string& line) {
  const auto row = boost::json::parse(line).as_object();
  LlhttpCase read;
  read.id = std::string(row.at("id").as_string()).substr(std::string_view("llhttp/").size());
  read.mode = row.at("mode").as_string();
  read.role = row.at("kind").as_string() == "request" ? Role::kRequest : Role::kResponse;
  read.error = row.at("error").is_null() ? 0 : static_cast<int>(row.at("error").as_array().at(0).as_int64());
  read.messages = static_cast<std::size_t>(row.at("messages").as_int64());
  read.bytes = base64_decoded(row.at("raw_b64").as_string());
  return read;
}

bool has_host(std::string_view bytes) {
  for (std::size_t at = 0; at + 7 <= bytes.size(); ++at) {
    if (equals_lower(bytes.substr(at, 7), "\r\nhost:")) {
      return true;
    }
  }
  return false;
}

/// The authority of an absolute-form request line, else "a".
std::string host_for(std::string_view request_line) {
  const auto scheme = request_line.find(" http://");
  if (scheme == std::string_view::npos) {
    return "a";
  }
  const auto rest = request_line.substr(scheme + 8);
  return std::string(rest.substr(0, rest.find_first_of("/? ")));
}

/// Most streams lack a Host, and their subject is something else: each request of those gets one.
std::string with_hosts(const LlhttpCase& tested) {
  if (tested.role == Role::kResponse || has_host(tested.bytes)) {
    return tested.bytes;
  }
  std::string bytes;
  std::string_view rest = tested.bytes;
  while (!rest.empty()) {
    const auto end = std::min(rest.find("\r\n"), rest.size());
    const auto line = rest.substr(0, end);
    const std::size_t size = std::min(end + 2, rest.size());
    bytes += rest.substr(0, size);
    rest.remove_prefix(size);
    if (size == end + 2 && line.find(" HTTP/1.") != std::string_view::npos && line.find(':') > line.find(' ')) {
      bytes += "Host: " + host_for(line) + "\r\n";
    }
  }
  return bytes;
}

enum class Refusal : std::uint8_t {
  kNone,
  kMalformed,   ///< by the decoder
  kBySession,   ///< CONNECT, an upgrade, 101: heads that the session refuses
  kAfterClose,  ///< bytes behind a message that said Connection: close: the session has closed
};

/// In whose hands a case with this llhttp error number is.
std::vector<Refusal> refusals_for(int error) {
  constexpr int kClosedConnection = 5;
  constexpr int kPausedUpgrade = 22;
  if (error == kClosedConnection) {
    return {Refusal::kAfterClose};
  }
  if (error == kPausedUpgrade) {
    return {Refusal::kBySession, Refusal::kMalformed};
  }
  return {Refusal::kMalformed};
}

struct Reading {
  Refusal refusal = Refusal::kNone;
  std::string detail;
  std::size_t messages = 0;  ///< ended, informational responses included
};

/// Plays decoder and session over the bytes, one at a time, so that nothing behind a refusal counts.
class Reader {
 public:
  explicit Reader(Role role)
      : role_(role), recorder_(Stream{.role = role, .bytes = {}}, [this](const Head& head) { on_head(head); }) {}

  void read(std::string_view bytes) {
    for (const char byte : bytes) {
      if (reading_.refusal != Refusal::kNone) {
        return;
      }
      if (closes_ && recorder_.decoder().at_message_start()) {
        reading_.refusal = Refusal::kAfterClose;
        return;
      }
      if (!recorder_.feed({&byte, 1})) {
        reading_.refusal = Refusal::kMalformed;
        reading_.detail = recorder_.so_far().detail;
      }
    }
  }

  [[nodiscard]] bool is_inside_a_message() const { return !recorder_.decoder().at_message_start(); }

  [[nodiscard]] Reading reading() const {
    Reading result = reading_;
    result.messages = recorder_.so_far().ended() + informational_;
    return result;
  }

  Decoder::Event close() { return recorder_.close().at_eof; }

 private:
  void on_head(const Head& head) {
    const bool is_request = role_ == Role::kRequest;
    if (is_request ? head.has_upgrade || head.method == "CONNECT" : head.status == 101) {
      reading_.refusal = Refusal::kBySession;
    }
    informational_ += !is_request && head.status < 200 ? 1 : 0;
    closes_ = closes_ || (!head.keeps_alive() && (is_request || head.status >= 200));
  }

  Role role_;
  Recorder recorder_;
  Reading reading_;
  bool closes_ = false;
  std::size_t informational_ = 0;
};

/// The file's streams have lost the line ends they ended in: gives up to two back while a message is under way.
Reading read(const LlhttpCase& tested) {
  Reader reader(tested.role);
  const std::string bytes = with_hosts(tested);
  reader.read(bytes);
  const int missing = tested.error != 0 ? 2 : (bytes.ends_with("\r\n") ? 1 : 0);
  for (int i = 0; i < missing && reader.is_inside_a_message(); ++i) {
    reader.read("\r\n");
  }
  return reader.reading();
}

std::vector<LlhttpCase> load() {
  std::vector<LlhttpCase> cases;
  std::ifstream file(kFile);
  for (std::string line; std::getline(file, line);) {
    cases.push_back(case_of(line));
  }
  return cases;
}

bool is_strict(const LlhttpCase& tested) {
  return tested.mode == "request" || tested.mode == "response";
}
bool is_finish(const LlhttpCase& tested) {
  return tested.mode.ends_with("-finish");
}

/// Lenient modes that only keep reading behind Connection: close. The decoder reads on, the session does not.
bool reads_behind_close(const LlhttpCase& tested) {
  return tested.mode.ends_with("-keep-alive") || tested.mode.ends_with("-data-after-close");
}

class LlhttpCasesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kFile)) {
      GTEST_SKIP() << "the shared cases are not present";
    }
    cases_ = load();
    ASSERT_EQ(cases_.size(), 251U);
  }
  std::vector<LlhttpCase> cases_;
};

TEST_F(LlhttpCasesTest, WhatLlhttpRefusesWeRefuse) {
  std::size_t tried = 0;
  for (const auto& tested : cases_) {
    if (tested.error == 0 || !is_strict(tested)) {
      continue;
    }
    ++tried;
    const Reading reading = read(tested);
    EXPECT_THAT(refusals_for(tested.error), ::testing::Contains(reading.refusal)) << tested.id;
    EXPECT_NE(reading.detail, "no Host in HTTP/1.1") << tested.id << " is refused for another reason than its own";
    EXPECT_LE(reading.messages, tested.messages) << tested.id;
  }
  EXPECT_GT(tried, 80U);
}

TEST_F(LlhttpCasesTest, WhatLlhttpReadsWeReadAlike) {
  std::map<std::string_view, bool> used;
  std::size_t alike = 0;
  for (const auto& tested : cases_) {
    if (tested.error != 0 || !is_strict(tested)) {
      continue;
    }
    const Reading reading = read(tested);
    if (const auto refused = kRefused.find(tested.id); refused != kRefused.end()) {
      used[refused->first] = true;
      EXPECT_EQ(reading.refusal, Refusal::kMalformed) << tested.id << ": " << refused->second;
      continue;
    }
    const auto otherwise = kCountedOtherwise.find(tested.id);
    EXPECT_EQ(reading.refusal, Refusal::kNone) << tested.id << ": " << reading.detail;
    EXPECT_EQ(reading.messages, otherwise == kCountedOtherwise.end() ? tested.messages : otherwise->second.first)
        << tested.id;
    ++alike;
  }
  EXPECT_EQ(used.size(), kRefused.size()) << "a row of kRefused has no case";
  std::cout << alike << " streams read alike, " << used.size() << " refused with a reason\n";
}

TEST_F(LlhttpCasesTest, WhatOnlyLenientModesReadWeRefuse) {
  std::size_t tried = 0;
  for (const auto& tested : cases_) {
    if (is_strict(tested) || is_finish(tested)) {
      continue;
    }
    ++tried;
    const Reading reading = read(tested);
    EXPECT_NE(reading.detail, "no Host in HTTP/1.1") << tested.id;
    if (reads_behind_close(tested)) {
      EXPECT_EQ(reading.refusal, Refusal::kAfterClose) << tested.id;
      EXPECT_EQ(reading.messages, 1U) << tested.id;
    } else {
      EXPECT_EQ(reading.refusal, Refusal::kMalformed) << tested.id;
    }
  }
  EXPECT_GT(tried, 30U);
}

TEST_F(LlhttpCasesTest, TheEndOfTheStreamIsJudgedAlike) {
  const std::map<std::string_view, Decoder::Event> expected = {
      {"request/finish/0", Decoder::Event::kNeedMore},
      {"request/finish/1", Decoder::Event::kError},
      {"request/finish/2", Decoder::Event::kError},
      {"response/finish/0", Decoder::Event::kEnd},
  };
  std::size_t tried = 0;
  for (const auto& tested : cases_) {
    if (!is_finish(tested)) {
      continue;
    }
    ++tried;
    Reader reader(tested.role);
    reader.read(with_hosts(tested) + (tested.bytes.ends_with("\r\n") ? "\r\n" : ""));
    EXPECT_EQ(reader.reading().messages, tested.messages) << tested.id;
    EXPECT_EQ(reader.close(), expected.at(tested.id)) << tested.id;
  }
  EXPECT_EQ(tried, expected.size());
}

TEST_F(LlhttpCasesTest, EveryStreamReadsTheSameAtEveryCut) {
  for (const auto& tested : cases_) {
    SCOPED_TRACE(tested.id);
    record_at_every_cut({.role = tested.role, .bytes = with_hosts(tested) + "\r\n"});
  }
}

}  // namespace
}  // namespace gabion::proxy::http1
