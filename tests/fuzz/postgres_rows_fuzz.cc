// Any bytes as a server's rows, descriptions and errors: one reading at any cut, what leaves is a row again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "proxy/protocol/postgres/rows/json_numbers.h"
#include "proxy/protocol/postgres/rows/row_description.h"
#include "proxy/protocol/postgres/rows/side_channels.h"
#include "proxy/protocol/postgres/rows/value_text.h"
#include "tests/proxy/protocol/postgres/rows/rows.h"

namespace {

using namespace gabion::proxy::postgres;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// Four columns of fates and types that the first bytes choose.
RowPlan make_plan(std::string_view choices) {
  constexpr std::uint32_t kTypes[] = {25, 20, 1700, 114, 3802, 2950, 17, 1009, 1007, 99999, 1082, 869};
  RowPlan plan;
  for (const char c : choices) {
    const auto choice = static_cast<unsigned char>(c);
    plan.columns.push_back(planned(static_cast<ColumnFate>(choice % 3), kTypes[choice / 3 % std::size(kTypes)],
                                   static_cast<Format>(choice >> 7U)));
  }
  return plan;
}

Rewritten rewrite_held(const RowPlan& plan, std::string_view body, std::size_t hold, std::size_t piece) {
  StarJudge judge;
  RowRewriter rewriter({.hold_bytes = hold});
  rewriter.use(plan, &judge);
  return rewrite(rewriter, body, piece);
}

void require_row(const RowPlan& plan, const Rewritten& rewritten) {
  if (rewritten.result != RowResult::kOk) {
    return;
  }
  const auto values = read_row(rewritten.out);
  require(values && values->size() == plan.columns.size());
}

void read_others(std::string_view bytes) {
  RowDescription description;
  if (description.read(bytes)) {
    for (const ResultColumn& column : description.columns()) {
      require(description.name(column).size() <= bytes.size());
    }
  }
  if (const auto digits = json_without_exponents(bytes)) {
    require(!json_without_exponents(*digits));
  }
  (void)without_exponents(bytes);
  std::vector<Format> formats;
  (void)read_result_formats(bytes, formats);
  for (const char type : {'E', 'N'}) {
    std::string out;
    if (append_without_values(out, type, bytes)) {
      std::string again;
      require(append_without_values(again, type, std::string_view(out).substr(5)));
      require(again == out || bytes.size() > out.size() || again.size() <= out.size());
    }
  }
  std::string out;
  (void)append_notification_without_payload(out, bytes);
  (void)append_parameter_without_free_text(out, bytes);
}

}  // namespace

/// Four bytes of plan, one of hold, one of cut, then a row's body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 6) {
    return 0;
  }
  const std::string bytes(data, data + size);
  const RowPlan plan = make_plan(bytes.substr(0, 4));
  const std::string body = bytes.substr(6);
  const std::size_t whole = body.size() + 8;
  const Rewritten first = rewrite_held(plan, body, whole, whole);
  require_row(plan, first);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1} + data[5] % 32U}) {
    const Rewritten other = rewrite_held(plan, body, whole, piece);
    require(other.result == first.result && other.out == first.out);
  }
  const std::size_t hold = 8 + data[4] % 64U;
  require_row(plan, rewrite_held(plan, body, hold, 1 + data[5] % 32U));
  require_row(plan, rewrite_held(plan, body, hold, whole));
  read_others(body);
  return 0;
}
