// Looks for sensitive values in a head or in trailers, and writes fields anew where values are covered.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/detector.h"
#include "inspect/dlp/body_scanner.h"
#include "inspect/dlp/clean_memo.h"
#include "inspect/dlp/cover.h"
#include "inspect/dlp/dropped_field.h"
#include "inspect/dlp/head_text.h"
#include "inspect/dlp/ledger.h"
#include "inspect/heap_bytes.h"

namespace gabion::inspect::dlp {

/// Of one direction of an exchange; reused after begin(). No allocation after warm-up while nothing is found.
class HeadScan final : private BodyFindingSink {
 public:
  /// Borrows `profile`.
  explicit HeadScan(const Profile& profile);

  void begin() noexcept;

  /// Adds a value for scan() to look at. `index` as FieldEdit has it; `name` and `value` are borrowed until the next
  /// begin(). Values with percent escapes, and queries with +, are also looked at decoded.
  void add(std::string_view name, std::string_view value, std::size_t index);

  enum class Outcome : std::uint8_t {
    kDone,
    kRefused,  ///< a ruling says so
    kFailed,   ///< the pattern engine could not look
  };
  /// Every value that was added is judged by `ledger`; what is to be covered is in edits() afterwards.
  [[nodiscard]] Outcome scan(Ledger& ledger, Scratch& scratch);

  [[nodiscard]] std::span<const FieldEdit> edits() const noexcept { return edits_; }

  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return heap_bytes(fields_) + text_.held_bytes() + encoded_.held_bytes() + heap_bytes(matches_) +
           heap_bytes(noted_) + heap_bytes(edits_);
  }

 private:
  /// A value to cover: bytes of the value of a field.
  struct Noted {
    std::size_t field = 0;  ///< in fields_
    std::size_t begin = 0;
    std::size_t end = 0;
    TypeIndex type = 0;
    Spelling spelling = Spelling::kPlain;
    Ruling ruling;
  };
  struct Field {
    std::string_view name;
    std::string_view value;
    std::size_t index = 0;
    FlatOffset begin = 0;   ///< in text_
    bool is_known = false;  ///< to hold nothing: it is not in text_
    bool is_new = false;    ///< to the memo, which may keep it
    CleanMarks::Mark mark = CleanMarks::kNone;
    bool is_clean = true;  ///< nothing was found
  };
  void write_text(CleanMemo* memo);
  void look_up(Field& field, CleanMemo& memo);
  void remember(CleanMemo& memo);
  [[nodiscard]] Outcome scan_text(Scratch& scratch);
  [[nodiscard]] Outcome scan_encoded(std::size_t field, Scratch& scratch);
  void take(const BodyFinding& finding, const FieldReader& reader) override;
  void judge(const Sighting& sighting, std::size_t field, ByteRange covers, Spelling spelling);
  void write_edits();
  [[nodiscard]] std::string covered(const Noted& noted, std::string_view raw) const;

  const Profile& profile_;
  std::vector<Field> fields_;
  HeadText text_;
  Scanner scanner_;
  BodyScanner encoded_;
  std::vector<Match> matches_;
  std::vector<Noted> noted_;
  std::vector<FieldEdit> edits_;
  std::string name_;  ///< "header:x-card"
  Ledger* ledger_ = nullptr;
  std::size_t encoded_field_ = 0;
  bool refused_ = false;
};

}  // namespace gabion::inspect::dlp
