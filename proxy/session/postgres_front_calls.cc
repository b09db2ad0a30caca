// Calls of functions without SQL: those of large objects are judged as the statements they could be, others denied.
#include <algorithm>
#include <array>
#include <utility>

#include "proxy/protocol/postgres/body_reader.h"
#include "proxy/protocol/postgres/write.h"
#include "proxy/session/postgres_front.h"

namespace gabion::proxy {
namespace {

using Expect = postgres::Conversation::Expect;

/// Numbers that PostgreSQL gives its own functions for good; libpq calls these no other way. Sorted.
constexpr std::array<std::pair<std::uint32_t, std::string_view>, 13> kLargeObjectCalls{
    {{715, "SELECT pg_catalog.lo_create(0)"},
     {952, "SELECT pg_catalog.lo_open(0, 0)"},
     {953, "SELECT pg_catalog.lo_close(0)"},
     {954, "SELECT pg_catalog.loread(0, 0)"},
     {955, "SELECT pg_catalog.lowrite(0, '')"},
     {956, "SELECT pg_catalog.lo_lseek(0, 0, 0)"},
     {957, "SELECT pg_catalog.lo_creat(0)"},
     {958, "SELECT pg_catalog.lo_tell(0)"},
     {964, "SELECT pg_catalog.lo_unlink(0)"},
     {1004, "SELECT pg_catalog.lo_truncate(0, 0)"},
     {3170, "SELECT pg_catalog.lo_lseek64(0, 0, 0)"},
     {3171, "SELECT pg_catalog.lo_tell64(0)"},
     {3172, "SELECT pg_catalog.lo_truncate64(0, 0)"}}};

/// Empty: none of these.
std::string_view statement_for(std::optional<std::uint32_t> function) noexcept {
  const auto found = std::find_if(kLargeObjectCalls.begin(), kLargeObjectCalls.end(),
                                  [&](const auto& call) { return function && call.first == *function; });
  return found == kLargeObjectCalls.end() ? std::string_view() : found->second;
}

}  // namespace

/// `beginning` is of any length; the frame's bounds are the server's to compare with its arguments.
PostgresFront::Fate PostgresFront::take_function_call(std::string_view beginning) {
  const std::string_view text = statement_for(postgres::BodyReader(beginning).int32());
  PostgresDenial denial{"function-call", {}, {}};
  if (judge_ != nullptr && !changes_ahead_ && !text.empty()) {
    const StatementVerdict verdict = ask(text);
    if (verdict.allowed && !verdict.rows) {
      ++statements_;
      tell_note(verdict);
      talk_.said(Expect::kFunctionCall);
      return Fate::kPass;
    }
    // Its answer is one value of any size, which nothing counts or covers.
    denial = {verdict.allowed ? std::string_view("row-limit") : verdict.reason, verdict.object, verdict.rule};
  }
  tell(denial);
  talk_.said(Expect::kFunctionCall, denial_);
  scratch_.clear();
  postgres::write_poison_function_call(scratch_);
  return Fate::kReplace;
}

}  // namespace gabion::proxy
