// What a client says after its login: messages checked, texts judged, what is denied made to fail in its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/net/send_queue.h"
#include "proxy/protocol/postgres/conversation.h"
#include "proxy/protocol/postgres/frame_reader.h"
#include "proxy/protocol/postgres/rows/bind_reader.h"
#include "proxy/session/statement_judge.h"

namespace gabion::proxy {

/// A statement, or the use of one, that was not let through.
struct PostgresDenial {
  std::string_view reason;
  std::string_view object;
  std::string_view rule;
  std::string_view text = {};  ///< of the statement, where there is one
};

/// Who hears of denials, for log and counters.
class PostgresFrontOwner {
 public:
  virtual void on_denied(const PostgresDenial& denial) = 0;
  /// DryRun policies would have denied it, or let it pass.
  virtual void on_dry_run(const StatementDryRun& dry_run) = 0;
  /// Something is said of a statement that passes.
  virtual void on_noted(const PostgresDenial& note) = 0;
  /// A statement goes to the server to be run. Answers the tag by which its answer is told of; 0: nobody wants to hear.
  [[nodiscard]] virtual std::uint64_t on_run(std::string_view text) = 0;

 protected:
  ~PostgresFrontOwner() = default;
};

/// Bytes in, bytes out; no sockets. Used on one worker; borrows everything.
class PostgresFront {
 public:
  struct Parts {
    postgres::Conversation& talk;
    SendQueue& out;  ///< to the server
    PostgresFrontOwner& owner;
    StatementJudge* judge = nullptr;  ///< null: no rule looks at statements
    std::string_view nowhere;         ///< a name nobody can have made
  };
  explicit PostgresFront(const Parts& parts);

  enum class State : std::uint8_t {
    kGoing,
    kHolding,   ///< what comes waits until all that was said is answered
    kEnded,     ///< the client said goodbye
    kViolated,  ///< violation(): nothing more is read
  };
  /// Takes what it can of `bytes`; answers how many it took.
  [[nodiscard]] std::size_t take(std::span<char> bytes);
  /// The same, out of a buffer of the pool that `out` has: where all of it passes as it came, nothing is copied.
  std::size_t take(Buffer& in);
  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] std::string_view violation() const noexcept { return violation_; }
  /// How many bytes must be there before take() gets any further.
  [[nodiscard]] std::size_t wanted() const noexcept { return reader_.wanted(); }
  [[nodiscard]] bool at_message_start() const noexcept { return reader_.at_message_start(); }
  /// The server's answers were followed: goes on once nothing is awaited.
  void on_answered() noexcept;
  /// Nothing more of the client goes to the server until resume().
  void pause() noexcept { is_paused_ = true; }
  [[nodiscard]] bool is_paused() const noexcept { return is_paused_ || awaits_text_; }
  [[nodiscard]] bool has_unread() const noexcept { return unread_.has_value(); }
  /// Once: a long text that has to be read before the message it is needed for can be taken. Nothing more is until
  /// go_on_with_text().
  [[nodiscard]] std::optional<std::string> take_unread() noexcept { return std::exchange(unread_, std::nullopt); }
  enum class TextRead : std::uint8_t { kYes, kRefused };
  /// The same message comes again; where its text was not read it is denied.
  void go_on_with_text(TextRead how) noexcept {
    awaits_text_ = false;
    has_waited_ = true;
    refuses_text_ = how == TextRead::kRefused;
  }
  /// Something was run since that may have changed what tables and views have.
  [[nodiscard]] bool has_redefined() const noexcept { return has_redefined_; }
  void forget_redefinition() noexcept { has_redefined_ = false; }
  void resume() noexcept { is_paused_ = false; }

  [[nodiscard]] std::uint64_t statements() const noexcept { return statements_; }
  [[nodiscard]] std::uint64_t denied() const noexcept { return denied_; }

 private:
  using Step = postgres::FrameReader::Step;
  enum class Fate : std::uint8_t {
    kPass,
    kReplace,  ///< by scratch_
    kDrop,
    kWait,  ///< a text has to be read first: as if nothing had come
    kStop,  ///< violated
  };
  enum class Extent : std::uint8_t { kWhole, kBeginning };  ///< of a message that is here
  /// How far take() got, and how much of that has left already.
  struct Taken {
    std::size_t bytes = 0;
    std::size_t told = 0;
  };
  [[nodiscard]] Taken take_all(std::span<char> bytes);
  [[nodiscard]] bool may_go_on() const noexcept;
  [[nodiscard]] Fate take_step(const Step& step);
  [[nodiscard]] Fate take_message(const Step& step);
  [[nodiscard]] Fate take_beginning(const Step& step);
  [[nodiscard]] Fate take_during_copy(const Step& step);
  [[nodiscard]] Fate take_query(std::string_view body);
  [[nodiscard]] Fate take_naming_query(const StatementVerdict& verdict, std::string_view text);
  [[nodiscard]] Fate take_parse(std::string_view body);
  [[nodiscard]] Fate take_bind(const std::optional<postgres::BindMessage>& message, Extent extent);
  [[nodiscard]] bool rows_of_bind(const postgres::BindMessage& message, Extent extent,
                                  const postgres::RowRulesRef& needed, postgres::PortalRowsRef& rows);
  [[nodiscard]] postgres::PortalRowsRef blank_rows(std::size_t formats);
  [[nodiscard]] Fate take_long_bind(const Step& step);
  [[nodiscard]] Fate follow_bind(const Step& step);
  [[nodiscard]] postgres::RowRulesRef strictest_of_needed(std::size_t direct) const;
  [[nodiscard]] bool find_rules_of_run();
  [[nodiscard]] Fate take_execute(std::string_view body);
  [[nodiscard]] Fate take_target(const Step& step);
  [[nodiscard]] Fate take_function_call(std::string_view beginning);  // postgres_front_calls.cc
  [[nodiscard]] postgres::StatementRef blank(std::size_t text_bytes);
  [[nodiscard]] StatementVerdict ask(std::string_view text);
  [[nodiscard]] StatementVerdict judged(std::string_view text);
  [[nodiscard]] StatementVerdict not_read(std::string_view text);
  [[nodiscard]] Fate violate(std::string_view what);
  [[nodiscard]] bool resolve();
  [[nodiscard]] bool still_allowed(postgres::KnownStatement& statement);
  [[nodiscard]] bool add_needed(const postgres::KnownStatement& statement, std::size_t& looked_up);
  [[nodiscard]] bool make_names(const postgres::KnownStatement& run, std::string_view text);
  [[nodiscard]] bool make_all_names();
  [[nodiscard]] bool meets_barrier() const noexcept;
  [[nodiscard]] bool refuse_use(std::string_view reason) noexcept;
  void hold() noexcept;
  [[nodiscard]] Fate deny_query(const PostgresDenial& denial);
  [[nodiscard]] Fate deny_parse(const PostgresDenial& denial);
  [[nodiscard]] Fate deny_use(postgres::Conversation::Expect what);
  void tell(const PostgresDenial& denial);
  void tell_note(const StatementVerdict& verdict);
  [[nodiscard]] std::uint64_t generation() const noexcept { return judge_ == nullptr ? 0 : judge_->generation(); }

  postgres::Conversation& talk_;
  SendQueue& out_;
  PostgresFrontOwner& owner_;
  StatementJudge* judge_;
  std::string nowhere_;
  postgres::FrameReader reader_;
  State state_ = State::kGoing;
  std::string_view violation_;
  bool is_paused_ = false;
  bool awaits_text_ = false;
  bool has_waited_ = false;            // the message that comes next, for its text
  bool refuses_text_ = false;          // the one that is asked for next
  std::optional<std::string> unread_;  // awaits_text_, and nobody has taken it
  bool has_redefined_ = false;
  bool drops_ = false;                             // the rest of a long message
  bool is_failed_ = false;                         // the server skips to the next Sync: a message was made to fail
  std::optional<postgres::BindReader> long_bind_;  // of which pieces come, for the formats at its end
  postgres::PortalRowsRef long_bind_rows_;         // … of this portal
  bool hold_at_sync_ = false;                      // a barrier is among what was parsed
  bool changes_ahead_ = false;                     // … and nothing more may be parsed before that Sync
  std::string scratch_;                            // what is sent instead
  std::string denial_;                             // what the client will read
  std::vector<postgres::StatementRef> meanings_;   // what is about to be used, and what that needs
  std::vector<postgres::StatementRef> needed_;
  std::vector<postgres::StatementRef> short_ones_;   // those that nobody else has any more are used again
  std::vector<postgres::PortalRowsRef> short_rows_;  // likewise
  postgres::RowRulesRef run_rules_;                  // of what is about to be run, with that of what it names
  postgres::RowLimitRef run_cursor_;                 // that it takes rows from
  PostgresDenial found_;                             // why resolve() or make_names() said no
  std::string found_reason_;
  std::string found_object_;
  std::string found_rule_;
  std::uint64_t statements_ = 0;
  std::uint64_t denied_ = 0;
};

}  // namespace gabion::proxy
