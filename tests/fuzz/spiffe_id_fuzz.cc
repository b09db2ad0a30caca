// Any text as a SPIFFE id: what is accepted is exactly its canonical form.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/dns_name.h"
#include "config/spiffe_id.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gabion::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto id = SpiffeId::parse(text);
  if (!id) {
    return id.error().what.empty() ? std::abort(), 0 : 0;
  }
  const bool sound = id->to_string() == text && is_dns_label(id->name_space) && is_dns_subdomain(id->service_account) &&
                     is_trust_domain(id->trust_domain) && SpiffeId::parse(id->to_string()).value() == *id;
  if (!sound) {
    std::abort();
  }
  return 0;
}
