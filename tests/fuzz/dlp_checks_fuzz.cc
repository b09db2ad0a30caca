// Any bytes to every check: no crash, the same answer for a copy, each narrower rule within its wider one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "inspect/dlp/checks/checks.h"
#include "inspect/dlp/checks/entropy.h"

namespace {

using gabion::inspect::dlp::NamedCheck;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool passes(std::string_view name, std::string_view text) {
  return gabion::inspect::dlp::find_check(name)->passes(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // A copy of exactly this size: the sanitizer sees a byte read behind it.
  const std::vector<char> copy(text.begin(), text.end());
  const std::string_view again(copy.data(), copy.size());
  for (const NamedCheck& check : gabion::inspect::dlp::all_checks()) {
    require(check.passes(text) == check.passes(again));
  }
  require(!passes("credit_card", text) || passes("credit_card_cued", text));
  require(!passes("kr_rrn_checksum", text) || passes("kr_rrn", text));
  require(!(passes("de_tax_id", text) && passes("de_tax_id_one", text)));
  require(!passes("btc_address", text) || passes("base58check", text));
  require(!passes("credit_card", text) || passes("luhn", text));
  const double bits = gabion::inspect::dlp::entropy_bits(text);
  require(bits >= 0 && bits <= 8.000001);
  const auto rule = gabion::inspect::dlp::parse_entropy_rule(text);
  require(!rule || (*rule >= 0 && *rule <= 8));
  return 0;
}
