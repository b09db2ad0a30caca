// Values longer than a scanner holds: once their head is seen they are covered piece by piece as bytes pass.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "inspect/dlp/held_text.h"
#include "inspect/dlp/match.h"

namespace gabion::inspect::dlp {

/// Follows one value to its end. Its pieces are matches of the same type that touch, all kPieceBytes long but the last:
/// the same wherever the text was cut.
class LongValue {
 public:
  static constexpr std::size_t kPieceBytes = 96;
  static constexpr std::size_t kMaxBytes = 16U << 10;  ///< longer ones are covered so far and no further

  /// kToken: base64url and single dots. kPem: base64 and line ends to the END line. kPutty: lines to Private-MAC.
  enum class Kind : std::uint8_t { kToken, kPem, kPutty };

  [[nodiscard]] bool is_active() const noexcept { return is_active_; }
  /// What it may not be left without: the first byte of the piece not reported yet.
  [[nodiscard]] FlatOffset piece_begin() const noexcept { return piece_.begin; }
  [[nodiscard]] FlatOffset end() const noexcept { return at_; }

  /// `head` reaches from the first byte to where the following is to be looked at.
  void start(Kind kind, const Match& head) noexcept;
  void stop() noexcept { is_active_ = false; }

  enum class More : std::uint8_t { kFollows, kEnd };
  /// Looks at what is new in `text`; adds the pieces that are complete. The value goes no further than the place that
  /// holds it, which ends at `place_end` (FieldPlace::kUnknownEnd: not in `text`).
  void follow(const HeldText& text, More more, FlatOffset place_end, std::vector<Match>& out);

 private:
  enum class Step : std::uint8_t { kTake, kEnd, kWait };
  [[nodiscard]] Step take(const HeldText& text, More more, FlatOffset place_end) noexcept;
  [[nodiscard]] Step take_token(char c, const HeldText& text, More more, FlatOffset place_end) noexcept;
  [[nodiscard]] Step take_pem(char c) noexcept;
  [[nodiscard]] Step take_putty(char c) noexcept;
  void finish(std::vector<Match>& out);

  Kind kind_ = Kind::kToken;
  bool is_active_ = false;
  bool is_last_line_ = false;  ///< the END line, the Private-MAC line
  bool is_free_line_ = false;  ///< a header of PEM: anything to its end
  std::uint8_t dashes_ = 0;    ///< in a row; also: characters of "Private-MAC" seen
  FlatOffset at_ = 0;
  FlatOffset begin_ = 0;
  Match piece_;
};

}  // namespace gabion::inspect::dlp
