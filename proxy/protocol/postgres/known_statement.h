// A statement that was allowed: its text, what it does to names, and what it counts towards its session's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/protocol/postgres/byte_share.h"
#include "proxy/protocol/postgres/local_ref.h"
#include "proxy/protocol/postgres/rows/row_rules.h"

namespace gabion::proxy::postgres {

inline constexpr std::size_t kMostNameBytes = 63;  // a server cuts longer names, and then they are another's

/// What running a statement does with a name of the space that SQL and the protocol share.
struct NameUse {
  enum class How : std::uint8_t {
    kPrepares,
    kDeclares,
    kNeedsPrepared,
    kNeedsCursor,
    kRemovesPrepared,  ///< name empty: all of them
    kRemovesCursor,    ///< likewise
  } how = How::kPrepares;
  std::string name;
};

/// Shared by all that may mean it; judged again when the rules change.
struct KnownStatement {
  std::string text;
  std::uint64_t generation = 0;     ///< of the rules that allowed it last
  bool is_barrier = false;          ///< running it changes what later statements mean
  bool redefines = false;           ///< running it may change what tables and views have
  std::vector<NameUse> names = {};  ///< in the text's order
  ByteShare share = {};
  RowRulesRef rows = {};  ///< null: nothing of its answers is withheld or counted
};
using StatementRef = LocalRef<KnownStatement>;

}  // namespace gabion::proxy::postgres
