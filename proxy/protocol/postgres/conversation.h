// What a session has said and not been answered yet, and which prepared statements and portals it may use.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/protocol/postgres/known_statement.h"
#include "proxy/protocol/postgres/messages.h"
#include "proxy/protocol/postgres/rows/row_rules.h"

namespace gabion::proxy::postgres {

/// What rules say of an answer.
struct RowUse {
  RowRulesRef rules{};
  PortalRowsRef portal{};  ///< of the portal that is executed or described: find_portals()
  RowLimitRef cursor{};    ///< of the cursor it takes rows from, if it does
  std::uint64_t tag = 0;   ///< of whoever wants to hear of the answer; 0: nobody
};

/// The bookkeeping of one session after its login; no I/O. Follows the server's own rules: answers come in the order of
/// the messages, after an error everything up to the next Sync is skipped. Every table is bounded.
class Conversation {
 public:
  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  static constexpr std::size_t kMostPending = 4096;
  static constexpr std::size_t kMostStatements = 10'000;  // with cursors, every meaning counted
  static constexpr std::size_t kMostMeanings = 8;         // of one name at a time
  static constexpr std::size_t kMostPortals = 1'000;
  static constexpr std::size_t kMostStatementBytes = 16U << 20U;  // texts of them all

  enum class Expect : std::uint8_t {
    kQuery,
    kParse,
    kBind,
    kDescribe,
    kExecute,
    kClose,
    kSync,
    kFunctionCall,
    kCopyEnd,  ///< no answer: where a CopyDone or CopyFail stood that no CopyIn had been told of
  };

  // What the client said, in the order in which it goes to the server.

  /// `denial` empty: it goes as it came. Else it was made to fail, and its error will say this.
  void said(Expect what, std::string_view denial = {});
  /// A Query or an Execute of `statement`: names that its text removes are forgotten when it is done.
  void said_run(Expect what, StatementRef statement, RowUse&& use = {});
  /// REQUIRES: can_prepare().
  void said_parse(std::string_view name, StatementRef statement);
  /// `meanings`: all that the statement's name may have meant. They are moved from.
  void said_bind(std::string_view portal, std::vector<StatementRef>&& meanings, PortalRowsRef rows = {});
  /// Of a Query, Describe or Execute.
  void said_with_rows(Expect what, RowUse&& use);
  void said_close(const TargetMessage& target);
  void said_copy_end();
  /// The message that is said next runs a text that makes `made`, unless it fails; what the name meant before it may
  /// mean still. False: there is no place to remember that, so it must not run.
  [[nodiscard]] bool may_make(const NameUse& made, const StatementRef& statement);
  /// Its bytes, and those of what its columns are described as, count until it is gone.
  void charge(KnownStatement& statement);
  /// What counts the rows taken from the cursor, whichever of its meanings it has; null: nobody declared it, or nothing
  /// of its answers is limited.
  [[nodiscard]] RowLimitRef find_cursor_limit(std::string_view name) const;
  /// The same, or of a portal, which FETCH takes rows from as well.
  [[nodiscard]] RowLimitRef find_limit(std::string_view name) const;

  [[nodiscard]] bool has_room() const noexcept { return count_ < kMostPending; }
  [[nodiscard]] bool can_prepare(std::size_t text_bytes) const noexcept;
  /// Those that are not answered yet are bounded by has_room().
  [[nodiscard]] bool can_bind() const noexcept { return portals_.size() < kMostPortals; }
  /// Every statement that `name` may mean when the server reads a message sent now. Empty: none.
  void find_statements(std::string_view name, std::vector<StatementRef>& found) const;
  struct Portal {
    PortalRowsRef rows;           ///< what is said of the answers of the portal that the name means; null: nothing
    bool may_be_another = false;  ///< its Bind waits for its answer behind a Sync: where that fails the name is
                                  ///< another portal's still
  };
  /// The same of a portal's or cursor's name.
  Portal find_portals(std::string_view name, std::vector<StatementRef>& found) const;

  // What the server answers.

  enum class Answer : std::uint8_t {
    kForward,
    kRewrite,  ///< an error in the place of a denied message: denial()
    kBroken,   ///< no server answers so: nothing after it can be told whose answer it is
  };
  /// `body`: of an error its beginning, else all that is needed.
  [[nodiscard]] Answer answered(char type, std::string_view body);
  [[nodiscard]] const std::string& denial() const noexcept { return denial_; }

  /// What the next message of the server is about; keeps alive what it is told by.
  struct Fronting {
    Answering::To to = Answering::To::kOther;
    RowRulesRef rules{};
    PortalRowsRef portal{};
    RowLimitRef cursor{};
    RowLimit::Following following = RowLimit::Following::kNothing;
    [[nodiscard]] Answering answering() const noexcept;
    /// As good as new.
    void forget() noexcept {
      to = Answering::To::kOther;
      rules.reset();
      portal.reset();
      cursor.reset();
      following = RowLimit::Following::kNothing;
    }
  };
  [[nodiscard]] Fronting fronting() const;
  /// Of what is being answered: whether more was said before its Sync.
  [[nodiscard]] RowLimit::Following following() const noexcept;
  /// Of what is being answered.
  [[nodiscard]] std::uint64_t front_tag() const noexcept { return count_ == 0 ? 0 : front().tag; }
  /// Rules for rows were ever named: until then fronting() tells nobody anything.
  [[nodiscard]] bool has_row_rules() const noexcept { return has_row_rules_; }

  [[nodiscard]] bool copies_in() const noexcept { return copy_in_; }
  /// Nothing is unanswered.
  [[nodiscard]] bool is_quiet() const noexcept { return count_ == 0 && !skipping_; }
  /// Nothing was said behind the last Sync or Query, and all is answered.
  [[nodiscard]] bool is_between_segments() const noexcept { return count_ == 0 && !in_segment_ && !copy_in_; }
  /// The server is answering something, and nothing waits behind it but the Sync of its segment.
  [[nodiscard]] bool is_last_answer() const noexcept;
  /// Of what was said the server will answer something yet.
  [[nodiscard]] bool awaits_answer() const noexcept { return count_ != 0; }
  [[nodiscard]] bool in_transaction() const noexcept { return transaction_ != 'I'; }
  [[nodiscard]] char transaction() const noexcept { return transaction_; }
  /// The server said that it ends the session.
  [[nodiscard]] bool has_ended() const noexcept { return ended_; }
  [[nodiscard]] std::uint64_t errors() const noexcept { return errors_; }
  /// Gives back what only a long pipeline needed.
  void rest();
  /// Heap bytes, nearly.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  struct Pending {
    Expect what = Expect::kSync;
    bool is_denied = false;
    bool has_failed = false;
    Target target = Target::kStatement;  // of a Close
    std::uint64_t number = 0;            // in the order of all messages
    std::uint64_t tag = 0;
    std::string name;
    std::string denial;
    RowRulesRef rows;
    PortalRowsRef portal;
    RowLimitRef cursor;
    std::vector<StatementRef> statements;  // of a Parse one, of a Bind all, of what runs at most one
  };
  /// Made by the message `number`, or, if SQL makes it, perhaps made.
  struct Meaning {
    StatementRef statement;
    std::uint64_t number = 0;
    bool may_outlive = false;  // a cursor its transaction
    PortalRowsRef rows = {};   // of a portal, where anything is said of its answers
    RowLimitRef limit = {};    // of a cursor, likewise: one for all its meanings
  };
  using Meanings = std::vector<Meaning>;
  /// None without a meaning, but for the unnamed one, which comes and goes with each statement: its place stays.
  struct Names {
    Meanings unnamed;
    std::map<std::string, Meanings, std::less<>> named;

    /// Null: it has no meaning.
    [[nodiscard]] const Meanings* find(std::string_view name) const {
      if (name.empty()) {
        return unnamed.empty() ? nullptr : &unnamed;
      }
      const auto known = named.find(name);
      return known == named.end() || known->second.empty() ? nullptr : &known->second;
    }
    [[nodiscard]] Meanings* find(std::string_view name) {
      return const_cast<Meanings*>(std::as_const(*this).find(name));
    }
    /// Where a meaning is put.
    [[nodiscard]] Meanings& place(const std::string& name) { return name.empty() ? unnamed : named[name]; }
    /// REQUIRES: no meaning is left.
    void drop(std::string_view name) {
      if (!name.empty()) {
        named.erase(named.find(name));
      }
    }
    void clear() noexcept {
      unnamed.clear();
      if (!named.empty()) {
        named.clear();
      }
    }
    [[nodiscard]] std::size_t size() const noexcept { return named.size() + (unnamed.empty() ? 0 : 1); }
  };
  /// Said and not answered yet, the last of a name.
  struct Newest {
    const Pending* pending = nullptr;
    bool behind_sync = false;
    bool has_older = false;  ///< likewise not answered
  };

  [[nodiscard]] Pending& push(Expect what);
  [[nodiscard]] RowLimitRef limit_of_cursor(const Meanings* known, const KnownStatement& statement);
  [[nodiscard]] Pending& at(std::size_t index) noexcept { return ring_.get()[(first_ + index) & (places_ - 1)]; }
  [[nodiscard]] const Pending& at(std::size_t index) const noexcept {
    return ring_.get()[(first_ + index) & (places_ - 1)];
  }
  /// What the next answer is to: at(0). Never a kCopyEnd, to which nothing is answered: those are only pushed behind
  /// something, and go with it. REQUIRES: there is one.
  [[nodiscard]] Pending& front() noexcept { return ring_.get()[first_]; }
  [[nodiscard]] const Pending& front() const noexcept { return ring_.get()[first_]; }
  void grow();
  void drop_front();
  /// The front is answered, or is not going to be.
  void pop() {
    do {
      drop_front();
    } while (count_ != 0 && front().what == Expect::kCopyEnd);
  }
  void skip_to_sync();
  [[nodiscard]] Answer on_error(std::string_view body);
  [[nodiscard]] Answer on_ready(std::string_view body);
  [[nodiscard]] Answer on_copy_in();
  [[nodiscard]] Answer complete(Expect what);
  [[nodiscard]] Answer within_rows() const noexcept;
  void commit(Pending& done);
  void remove_names(const KnownStatement& done, std::uint64_t number);
  /// What was made before message `number`.
  void forget(Names& names, std::string_view name, std::uint64_t number);
  void forget_all(Names& names, std::uint64_t number);
  void forget_transaction(std::uint64_t number);
  [[nodiscard]] Newest find(const Names& committed, Expect what, std::string_view name,
                            std::vector<StatementRef>& found) const;
  [[nodiscard]] bool runs_statement() const noexcept;

  std::size_t text_bytes_ = 0;  // of all statements that live: they give their share back when they go
  std::unique_ptr<Pending[]> ring_;
  std::size_t places_ = 0;  // in it: none, or a power of two
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t pending_statements_ = 0;
  std::size_t pending_portals_ = 0;
  std::uint64_t next_number_ = 1;
  std::size_t meanings_ = 0;  // in statements_ and cursors_
  Names statements_;          // the unnamed one under ""
  Names portals_;
  Names cursors_;
  bool skipping_ = false;  // the server ignores what comes until a Sync that was not sent yet
  bool copy_in_ = false;
  bool in_segment_ = false;  // what was said last is not behind a Sync yet
  bool has_row_rules_ = false;
  bool ended_ = false;
  char transaction_ = 'I';
  std::uint64_t errors_ = 0;
  std::string denial_;
};

}  // namespace gabion::proxy::postgres
