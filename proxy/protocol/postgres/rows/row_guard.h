// Stands in the server's messages of one session: plans results when they are described, rewrites, counts and hides.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "inspect/row_judge.h"
#include "proxy/protocol/postgres/frame_reader.h"
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
  explicit RowGuard(const Rules& rules) noexcept : rules_(rules), rewriter_(rules.bounds) {}

  enum class Fate : std::uint8_t {
    kPass,
    kReplace,   ///< what was appended to `out` leaves instead, which may be nothing
    kRowLimit,  ///< an error leaves instead: the answer was cut
    kEnd,       ///< why(): the session must end
  };
  /// `answering` as it was before the message.
  [[nodiscard]] Fate take(const FrameReader::Step& step, const Answering& answering, std::string& out);

  [[nodiscard]] std::string_view why() const noexcept { return why_; }
  /// Rows have to be read, not only counted.
  [[nodiscard]] bool plans() const noexcept { return has_masks() || rules_.judge != nullptr; }
  /// After kEnd: some of a row has left, and the rest of it never will.
  [[nodiscard]] bool is_torn() const noexcept { return rest_ == Rest::kRow && rewriter_.has_begun_to_leave(); }
  [[nodiscard]] std::uint64_t withheld_values() const noexcept { return rewriter_.withheld_values(); }

 private:
  /// What becomes of the rest of a message that comes in pieces.
  enum class Rest : std::uint8_t { kPass, kGather, kRow, kDrop };
  [[nodiscard]] bool has_masks() const noexcept { return rules_.masks != nullptr && !rules_.masks->empty(); }
  [[nodiscard]] Fate begin_message(const FrameReader::Step& step, const Answering& answering, std::string& out);
  [[nodiscard]] bool may_copy(const RowRules* of) const;
  [[nodiscard]] Fate take_rest(const FrameReader::Step& step, const Answering& answering, std::string& out);
  [[nodiscard]] Fate gather(const FrameReader::Step& step, const Answering& answering, std::string& out);
  [[nodiscard]] Fate take_whole(char type, std::string_view body, const Answering& answering, std::string& out);
  [[nodiscard]] Fate take_description(std::string_view body, const Answering& answering);
  [[nodiscard]] Fate take_row(const FrameReader::Step& step, const Answering& answering, std::string& out);
  [[nodiscard]] Fate feed_row(std::string_view bytes, std::string& out);
  [[nodiscard]] Fate take_end(RowLimit::Ended how, const Answering& answering);
  [[nodiscard]] RowLimit* limit_of(const Answering& answering);
  [[nodiscard]] bool plan(const RowDescription& description, const RowRules* of);
  [[nodiscard]] Fate end(std::string_view why) noexcept;

  Rules rules_;
  RowRewriter rewriter_;
  RowPlan plan_;
  bool is_planned_ = false;  ///< plan_ is of the answer under way
  bool is_silent_ = false;   ///< an error was told instead of a success: nothing more of this query
  std::optional<RowLimit> own_limit_;
  Rest rest_ = Rest::kPass;
  char type_ = 0;
  std::string gathered_;
  std::string_view why_;
};

}  // namespace gabion::proxy::postgres
