// Finds the values of a TypeSet in a stream of text: the same ones wherever it is cut.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "inspect/dlp/field_place.h"
#include "inspect/dlp/held_text.h"
#include "inspect/dlp/long_value.h"
#include "inspect/dlp/match.h"
#include "inspect/dlp/pending.h"
#include "inspect/dlp/token.h"
#include "inspect/dlp/type_tables.h"
#include "inspect/scratch.h"

namespace gabion::inspect::dlp {

/// One direction of an exchange, on one worker. Allocates in the first begin() only, and where `out` grows. A match is
/// reported before its first byte is decided. A value longer than kMaxValueBytes (a key, a token) comes as several
/// matches of its type that touch: see join_touching().
class Scanner {
 public:
  /// Most bytes that stay undecided while more follows.
  static constexpr std::size_t kMaxTail = 256;

  /// Borrows `set`, which must outlive the scanner.
  explicit Scanner(const TypeSet& set) noexcept;
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  /// Another message begins. REQUIRED before the first scan().
  [[nodiscard]] match::ScanStatus begin() noexcept;

  enum class More : std::uint8_t { kFollows, kEnd };

  /// `flat` begins at `offset` == decided(): the bytes not decided yet and then new ones, at most 4 GiB. `fields`
  /// answers for all of them. Adds to `out`. kFailed: the pattern engine could not look; nothing is decided then.
  [[nodiscard]] match::ScanStatus scan(std::string_view flat, FlatOffset offset, More more, const FieldSource& fields,
                                       Scratch& scratch, std::vector<Match>& out);

  /// Bytes before it are decided: every match that begins there was reported.
  [[nodiscard]] FlatOffset decided() const noexcept { return decided_; }

 private:
  struct Call;
  static constexpr std::size_t kHistoryBytes = 72;
  static constexpr std::size_t kMostAnchors = 64;
  static constexpr std::size_t kMostLong = 4;
  static constexpr std::size_t kAnchoredTypes = 16;

  /// Ends of literals, the form in the last 16 bits.
  class AnchorQueue {
   public:
    void push(FlatOffset end, FormIndex form) noexcept {
      items_[(first_ + size_++) % kMostAnchors] = end << 16U | form;
    }
    void pop() noexcept {
      first_ = (first_ + 1) % kMostAnchors;
      --size_;
    }
    [[nodiscard]] bool is_full() const noexcept { return size_ == kMostAnchors; }
    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
    [[nodiscard]] FlatOffset end() const noexcept { return items_[first_] >> 16U; }
    [[nodiscard]] FormIndex form() const noexcept { return static_cast<FormIndex>(items_[first_] & 0xFFFFU); }
    void clear() noexcept { size_ = 0; }

   private:
    std::array<std::uint64_t, kMostAnchors> items_{};
    std::size_t first_ = 0;
    std::size_t size_ = 0;
  };

  /// Where the last value of an anchored type ends: the leftmost wins, what begins inside it is part of it.
  struct Taken {
    TypeIndex type = 0;
    FlatOffset end = 0;
  };

  [[nodiscard]] match::ScanStatus scan_patterns(Call& call);
  void accept(Call& call, std::span<const match::Match> hits);
  void follow_long_values(Call& call);
  void follow_long_value(Call& call, std::size_t index);
  void decide(Call& call);
  void keep_history(const HeldText& text) noexcept;

  // Of tokens (scan_tokens.cc).
  void scan_tokens(Call& call);
  [[nodiscard]] FlatOffset look_at_token(Call& call, FlatOffset digit);
  /// `end`: of every value the forms have there, where that is known before. `outline`: of the text from `begin` on.
  void try_forms(Call& call, std::span<const TokenForm> forms, const Outline& outline, FlatOffset begin,
                 std::optional<FlatOffset> end);
  void try_form(Call& call, const CompiledForm& form, FlatOffset begin);
  void propose(Call& call, const CompiledForm& form, FlatOffset begin, FlatOffset end);
  void try_after_letters(Call& call, FlatOffset token);
  [[nodiscard]] bool may_spread(const Call& call, const Token& token) const noexcept;
  void try_spread(Call& call, FlatOffset digit);
  void try_iban(Call& call, FlatOffset begin);
  void try_phone(Call& call, FlatOffset begin);
  void try_email(Call& call, FlatOffset at_sign);

  // Of literals (scan_anchors.cc).
  void scan_anchors(Call& call);
  void look_at_anchor(Call& call, FlatOffset end, const CompiledForm& form);
  void try_literal(Call& call, FlatOffset end, const CompiledForm& form);
  void try_key_name(Call& call, FlatOffset end, const CompiledForm& form);
  void try_user_info(Call& call, FlatOffset end, const CompiledForm& form);
  void try_mrz(Call& call, FlatOffset end, const CompiledForm& form);
  void try_pem(Call& call, FlatOffset end, const CompiledForm& form);
  void try_putty(Call& call, FlatOffset end, const CompiledForm& form);
  void try_jwt(Call& call, FlatOffset end, const CompiledForm& form);
  void try_custom(Call& call, FlatOffset end, const CompiledCustom& custom);
  void start_long(Call& call, const CompiledForm& form, LongValue::Kind kind, FlatOffset begin, FlatOffset seen);
  void report_anchored(Call& call, const CompiledForm& form, FlatOffset begin, FlatOffset end);
  [[nodiscard]] FlatOffset taken_until(TypeIndex type) const noexcept;
  void take(TypeIndex type, FlatOffset end) noexcept;

  const TypeSet::Tables* tables_;
  std::optional<match::Stream> stream_;  ///< nothing: the set has no patterns
  FlatOffset decided_ = 0;
  FlatOffset fed_ = 0;     ///< to the patterns
  FlatOffset cursor_ = 0;  ///< tokens before it are done
  bool in_long_token_ = false;
  std::uint8_t history_size_ = 0;
  std::uint8_t taken_size_ = 0;
  std::array<char, kHistoryBytes> history_{};
  AnchorQueue anchors_;
  std::array<Taken, kAnchoredTypes> taken_{};
  std::array<LongValue, kMostLong> long_values_{};
  std::array<TypeIndex, kMostLong> long_types_{};
  std::array<FlatOffset, kMostLong> long_places_{};  ///< where the place that holds each begins
  PendingMatches pending_;
};

/// By begin, end and type.
void sort_matches(std::vector<Match>& matches);
/// Joins matches of one type that touch: the pieces of long values. Sorts them.
void join_touching(std::vector<Match>& matches);

}  // namespace gabion::inspect::dlp
