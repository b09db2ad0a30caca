// Any request and any statement keep the bounds of collector, store and judge, and a bound value taints nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inspect/sql/taint/collector.h"
#include "inspect/sql/taint/taint_judge.h"

namespace {

using namespace gabion::inspect::sql::taint;  // NOLINT

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void collect(Collector& collector, std::uint8_t how, std::string_view text) {
  switch (how % 6) {
    case 0:
      collector.add_form("query", text);
      break;
    case 1:
      collector.add_json({"body", {}}, text);
      break;
    case 2:
      collector.add_multipart("multipart/form-data; boundary=b", text);
      break;
    case 3:
      collector.add_cookies(text);
      break;
    case 4:
      collector.add_path(text);
      break;
    case 5:
      collector.add({"header", text}, text);
      break;
  }
}

std::string quoted(std::string_view value) {
  std::string literal = "'";
  for (const char c : value) {
    literal.append(c == '\'' ? "''" : std::string(1, c));
  }
  return literal + "'";
}

}  // namespace

/// The first byte says what the request is, a line feed ends it; the rest is the statement.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  static gabion::config::SqlTaintConfig config;
  static TaintJudge judge;
  const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view request = all.substr(0, all.find('\n'));
  const std::string_view statement = all.substr(request.size());
  Collector collector(config);
  collect(collector, data[0], request);
  std::size_t bytes = 0;
  CandidateStore store(config);
  CandidateStore::Request open;
  const auto now = CandidateStore::Clock::time_point(std::chrono::hours(1));
  for (const Candidate& candidate : collector.fresh()) {
    bytes += candidate.value.size();
    require(candidate.value.size() >= config.min_length && candidate.source.size() <= kMaxSourceBytes);
    require(trim(candidate.value) == candidate.value);
  }
  require(collector.fresh().size() <= config.values && bytes <= config.request_bytes);
  store.add(open, nullptr, collector.fresh(), now);
  require(store.counts().values <= collector.fresh().size());
  const Judgement found = judge.check(store, statement, now);
  require(!found.is_tainted() || found.taint == Taint::kTooLong || found.offset < statement.size());
  for (const Candidate& candidate : collector.fresh()) {
    if (candidate.value.find('\0') == std::string_view::npos && collector.fresh().size() == 1) {
      constexpr std::string_view kBefore = "SELECT ";  // a value that is the same by chance begins in it
      const Judgement bound = judge.check(store, std::string(kBefore) + quoted(candidate.value), now);
      require(!bound.is_tainted() || bound.offset < kBefore.size());
    }
  }
  store.close(open, now);
  store.add(open, nullptr, collector.fresh(), now + std::chrono::minutes(1));
  store.close(open, now + std::chrono::minutes(1));
  return 0;
}
