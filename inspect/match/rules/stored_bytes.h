// The bytes of a stored group: a header with a checksum, the engines, the serialised databases.
#pragma once

#include <string>
#include <string_view>

#include "config/result.h"
#include "inspect/match/rules/group_store.h"

namespace gabion::inspect::match {

/// Error: a database that cannot be serialised.
[[nodiscard]] config::Result<std::string> to_bytes(const Sha256::Digest& key, const std::vector<Engine>& engines,
                                                   const hs_database_t* regexes, const hs_database_t* phrases);

/// Takes any bytes; an error for all but what to_bytes() made for `key` with this version on such a processor.
[[nodiscard]] config::Result<StoredGroup> from_bytes(std::string_view bytes, const Sha256::Digest& key);

}  // namespace gabion::inspect::match
