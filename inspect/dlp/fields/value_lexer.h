// One value of a format that is not JSON: text, or JSON if it begins so.
#pragma once

#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/json_lexer.h"

namespace gabion::inspect::dlp {

/// Copied as a whole.
class ValueLexer {
 public:
  /// A value comes, in text of which `level` layers of escapes are undone.
  void begin(EscapeLevel level) noexcept {
    level_ = level;
    in_ = In::kBefore;
  }
  void read(std::string_view text, FlatOffset at, EscapeLevel level, Trail trail);
  void resume(FlatOffset at, Trail trail);
  /// The value ends.
  void end(FlatOffset at, Trail trail);
  [[nodiscard]] bool is_json() const noexcept { return in_ == In::kJson; }

 private:
  enum class In : std::uint8_t { kBefore, kText, kJson };
  void open(std::string_view text, FlatOffset at, EscapeLevel level, Trail trail);

  JsonLexer json_;
  JsonLexer inner_;
  FlatOffset begin_ = 0;
  EscapeLevel level_ = 0;
  In in_ = In::kBefore;
};

}  // namespace gabion::inspect::dlp
