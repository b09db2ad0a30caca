// What SCRAM derives from a password: see scram_keys.h.
#include "proxy/protocol/postgres/scram_keys.h"

#include <string>

#include "inspect/wipe.h"

namespace gabion::proxy::postgres {

bool derive_scram_keys(const ScramCrypto& crypto, std::string_view password, std::string_view salt,
                       std::uint32_t iterations, ScramKeys& out) noexcept {
  Digest salted{};
  const bool done = crypto.derive(password, salt, iterations, salted) &&
                    crypto.hmac(to_text(salted), "Client Key", out.client) &&
                    crypto.hmac(to_text(salted), "Server Key", out.server);
  crypto.wipe(salted);
  return done;
}

ScramKeyCache::~ScramKeyCache() {
  for (Entry& entry : entries_) {
    crypto_.wipe(entry.keys.client);
    crypto_.wipe(entry.keys.server);
    crypto_.wipe(entry.name);
  }
}

bool ScramKeyCache::get(std::string_view password, std::string_view salt, std::uint32_t iterations, ScramKeys& out) {
  std::string text = std::to_string(iterations);
  text.append(1, ',').append(std::to_string(salt.size())).append(1, ',').append(salt);
  Digest name{};
  const bool named = crypto_.hmac(password, text, name);
  inspect::wipe(text);
  if (!named) {
    return false;
  }
  for (const Entry& entry : entries_) {
    if (entry.is_used && crypto_.equal(entry.name, name)) {
      out = entry.keys;
      return true;
    }
  }
  ++derivations_;
  if (!derive_scram_keys(crypto_, password, salt, iterations, out)) {
    return false;
  }
  Entry& taken = entries_[next_++ % kMost];
  taken = {true, name, out};
  return true;
}

}  // namespace gabion::proxy::postgres
