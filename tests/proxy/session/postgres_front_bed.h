// A front and a back of a session without sockets, and messages for them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "proxy/protocol/postgres/write.h"
#include "proxy/session/postgres_back.h"
#include "proxy/session/postgres_front.h"
#include "tests/proxy/protocol/postgres/reading.h"

namespace gabion::proxy {

using namespace std::string_literals;
using postgres::message;

/// Denies what holds the word "secret"; SET is a barrier; PREPARE x / EXECUTE x name x.
class WordJudge final : public StatementJudge {
 public:
  StatementVerdict judge(std::string_view text) override {
    ++asked;
    std::vector<StatementName>().swap(names_);  // views into the last verdict end
    StatementVerdict verdict;
    const bool is_denied = text.find("secret") != std::string_view::npos || denied.contains(std::string(text));
    verdict.allowed = !is_denied;
    verdict.reason = is_denied ? "table" : "allowed";
    verdict.object = is_denied ? "public.secret" : "";
    verdict.rule = is_denied ? "shop/orders-db/secrets" : "";
    verdict.dry_run = {text.find("doubtful") != std::string_view::npos, false, "table", {}, {}};
    verdict.is_barrier = text.starts_with("SET");
    if (text.starts_with("PREPARE ")) {
      names_.push_back({StatementName::Use::kPrepares, text.substr(8, 1)});
    } else if (text.starts_with("EXECUTE ")) {
      names_.push_back({StatementName::Use::kNeedsPrepared, text.substr(8, 1)});
    }
    if (const auto also = text.find("; PREPARE "); also != std::string_view::npos) {
      names_.push_back({StatementName::Use::kPrepares, text.substr(also + 10, 1)});
    }
    verdict.names = names_;
    if (const auto found = limited.find(text); found != limited.end()) {
      verdict.rows = counting != nullptr ? counting : postgres::make_local<postgres::RowRules>();
      verdict.rows->limits.rows = found->second;
    }
    return verdict;
  }
  bool must_read(std::string_view text) override { return unread.contains(std::string(text)); }
  [[nodiscard]] std::uint64_t generation() const noexcept override { return rules; }
  [[nodiscard]] std::uint32_t most_bytes() const noexcept override { return 1000; }

  std::set<std::string> denied;
  std::set<std::string> unread;                               // long ones, that somebody else has to read first
  std::map<std::string, std::uint64_t, std::less<>> limited;  // rules for the rows of its answer; 0: no limit
  postgres::RowRulesRef counting;                             // those of all that are limited
  std::uint64_t rules = 1;
  int asked = 0;

 private:
  std::vector<StatementName> names_;
};

struct Session final : PostgresFrontOwner, PostgresBackOwner {
  void on_denied(const PostgresDenial& denial) override { told.emplace_back(denial.reason); }
  void on_dry_run(const StatementDryRun& dry_run) override { dry.emplace_back(dry_run.reason); }
  void on_noted(const PostgresDenial& note) override { noted.emplace_back(note.reason); }
  std::uint64_t on_run(std::string_view) override { return ++tag; }
  void on_answered(const PostgresAnswer& answer) override { answers.emplace_back(answer.tag, answer.rows); }

  /// Given in pieces; what went to the server.
  std::string say(const std::string& bytes, std::size_t piece = 1 << 20) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      pending += bytes.substr(at, piece);
      pending.erase(0, front.take(pending));
    }
    return drain(out);
  }
  std::string answer(const std::string& bytes) {
    std::string copy = bytes;
    [[maybe_unused]] const std::size_t taken = back.take(copy);
    front.on_answered();
    return drain(to_client);
  }
  static std::string drain(SendQueue& queue) {
    std::string found(queue.unsent());
    queue.clear();
    return found;
  }

  BufferPool pool;
  SendQueue out{pool, 1 << 20};
  SendQueue to_client{pool, 1 << 20};
  postgres::Conversation talk;
  WordJudge judge;
  PostgresFront front{{talk, out, *this, &judge, "nowhere"}};
  PostgresBack back{talk, to_client, {}, this};
  std::uint64_t tag = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> answers;  // tag, rows
  std::vector<std::string> told;
  std::vector<std::string> dry;
  std::vector<std::string> noted;
  std::string pending;
};

inline std::string query(const std::string& text) {
  return message('Q', text + "\0"s);
}
inline std::string parse(const std::string& name, const std::string& text) {
  return message('P', name + "\0"s + text + "\0\0\0"s);
}
inline std::string bind(const std::string& portal, const std::string& name) {
  return message('B', portal + "\0"s + name + "\0\0\0\0\0\0\0"s);
}
inline std::string execute(const std::string& portal) {
  return message('E', portal + "\0\0\0\0\0"s);
}
inline const std::string kSync = message('S', "");
inline const std::string kError = message('E', "SERROR\0VERROR\0C42601\0Msyntax error\0\0"s);

template <class Write, class... Arguments>
std::string written(Write write, const Arguments&... arguments) {
  std::string found;
  write(found, arguments...);
  return found;
}

}  // namespace gabion::proxy
