// Stands in the server's messages of one session: plans results when they are described, rewrites, counts and hides.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "inspect/row_judge.h"
#include "proxy/protocol/postgres/frame_reader.h"
#include "proxy/protocol/postgres/rows/copy_rewriter.h"
#include "proxy/protocol/postgres/rows/mask_catalogue.h"
#include "proxy/protocol/postgres/rows/row_description.h"
#include "proxy/protocol/postgres/rows/row_limit.h"
#include "proxy/protocol/postgres/rows/row_planner.h"
#include "proxy/protocol/postgres/rows/row_rewriter.h"
#include "proxy/protocol/postgres/rows/row_rules.h"

namespace gabion::proxy::postgres {

/// No I/O; holds what a message needs while it is under way. Sees what goes to the client, message by message.
class RowGuard {
 public:
  struct Rules {
    const MaskCatalogue* masks = nullptr;  ///< null or empty: nothing is withheld from this session
    inspect::RowJudge* judge = nullptr;    ///< null: no texts are looked at
    LostLineage lost = LostLineage::kDeny;
    RowBounds bounds{};
  };
  explicit RowGuard(const Rules& rules) noexcept : rules_(rules), rewriter_(rules.bounds), copy_(rules.bounds) {}

  enum class Fate : std::uint8_t {
    kPass,
    kReplace,  ///< what was appended to `out` leaves instead, which may be nothing
    kCut,      ///< an error leaves instead: cut_by() tells why
    kEnd,      ///< why(): the session must end
  };
  /// `answering` as it was before the message.
  [[nodiscard]] Fate take(const FrameReader::Step& step, const Answering& answering, std::string& out);

  /// Rows are only counted, and take() would pass this message and have nothing of it to remember: who asks need not
  /// call that.
  [[nodiscard]] bool ignores(const FrameReader::Step& step) const noexcept {
    return step.event == FrameReader::Event::kWhole && !counts(step.type) && !is_silent_ && !plans();
  }

  /// What counts the rows behind one that passed just now, where that is all that is done to them: as many as it has
  /// room for need not be shown. Null: each has to be.
  [[nodiscard]] RowLimit* only_counts_rows(const Answering& answering);

  [[nodiscard]] std::string_view why() const noexcept { return why_; }
  [[nodiscard]] Cut cut_by() const noexcept { return cut_by_; }
  /// An answer was cut since this was asked last: the server need not go on with what it is doing.
  [[nodiscard]] bool take_wish_to_cancel() noexcept { return std::exchange(wants_cancel_, false); }
  /// Rows have to be read, not only counted.
  [[nodiscard]] bool plans() const noexcept { return has_masks() || rules_.judge != nullptr; }
  /// After kEnd: some of a row has left, and the rest of it never will.
  [[nodiscard]] bool is_torn() const noexcept { return rest_ == Rest::kRow && rewriter_.has_begun_to_leave(); }
  /// Something was answered since this was asked last that the catalogue does not know.
  [[nodiscard]] bool take_wish_for_catalogue() noexcept { return std::exchange(wants_catalogue_, false); }
  /// Of columns that are withheld.
  [[nodiscard]] std::uint64_t withheld_values() const noexcept {
    return rewriter_.withheld_values() + copy_.withheld_values();
  }
  /// In which something was found and covered.
  [[nodiscard]] std::uint64_t covered_values() const noexcept {
    return rewriter_.covered_values() + copy_.covered_values();
  }
  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return rewriter_.held_bytes() + copy_.held_bytes() + gathered_.capacity() + copied_.capacity();
  }

 private:
  /// What becomes of the rest of a message that comes in pieces.
  enum class Rest : std::uint8_t { kPass, kGather, kRow, kCopy, kDrop };
  /// Every type that begin_message() does something about where not plans().
  [[nodiscard]] static bool counts(char type) noexcept {
    switch (type) {
      case 'C':
      case 'D':
      case 'E':
      case 'H':
      case 'I':
      case 'W':
      case 'Z':
      case 'c':
      case 'd':
      case 's':
        return true;
      default:
        return false;
    }
  }
  [[nodiscard]] bool has_masks() const noexcept { return rules_.masks != nullptr && !rules_.masks->empty(); }
  [[nodiscard]] Fate begin_message(const FrameReader::Step& step, const Answering& answering, std::string& out);
  [[nodiscard]] PlanRules plan_rules() const noexcept;
  [[nodiscard]] Fate begin_copy(const FrameReader::Step& step, const Answering& answering);
  [[nodiscard]] Fate feed_copy(const FrameReader::Step& step, const Answering& answering, std::string& out);
  [[nodiscard]] Fate end_copy();
  [[nodiscard]] Fate take_rest(const FrameReader::Step& step, const Answering& answering, std::string& out);
  [[nodiscard]] Fate gather(const FrameReader::Step& step, const Answering& answering, std::string& out);
  [[nodiscard]] Fate take_whole(char type, std::string_view body, const Answering& answering, std::string& out);
  [[nodiscard]] bool append_side_message(std::string& out, char type, std::string_view body);
  [[nodiscard]] Fate take_description(std::string_view body, const Answering& answering);
  [[nodiscard]] Fate take_row(const FrameReader::Step& step, const Answering& answering, std::string& out);
  [[nodiscard]] Fate feed_row(std::string_view bytes, const Answering& answering, std::string& out);
  [[nodiscard]] bool plan_execute(const Answering& answering);
  [[nodiscard]] Fate cut(RowLimit& limit, Cut why);
  void begin_answer();
  [[nodiscard]] Fate take_end(RowLimit::Ended how, const Answering& answering);
  [[nodiscard]] RowLimit& limit_of(const Answering& answering);
  [[nodiscard]] bool plan(const RowDescription& description, const RowRules* of);
  [[nodiscard]] Fate end(std::string_view why) noexcept;

  Rules rules_;
  RowRewriter rewriter_;
  CopyRewriter copy_;
  RowPlan plan_;
  bool is_planned_ = false;  ///< plan_ is of the answer under way
  bool is_copied_ = false;   ///< … which is a COPY whose rows are rewritten
  bool is_cut_ = false;      ///< what is left of it is swallowed
  bool wants_cancel_ = false;
  bool wants_catalogue_ = false;
  Gap gap_ = Gap::kNone;  ///< of the last plan
  Cut cut_by_ = Cut::kNone;
  bool is_silent_ = false;  ///< an error was told instead of a success: nothing more of this query
  std::optional<RowLimit> own_limit_;
  Rest rest_ = Rest::kPass;
  char type_ = 0;
  std::string gathered_;
  std::string copied_;  ///< rows of a COPY that leave with the end of their message
  std::string_view why_;
};

}  // namespace gabion::proxy::postgres
