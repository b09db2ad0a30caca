// What a server answers after the login: followed message by message, errors of what was denied put into our words.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "proxy/net/send_queue.h"
#include "proxy/protocol/postgres/conversation.h"
#include "proxy/protocol/postgres/frame_reader.h"
#include "proxy/protocol/postgres/rows/row_guard.h"

namespace gabion::proxy {

/// What was answered to one statement.
struct PostgresAnswer {
  std::uint64_t tag = 0;
  std::uint64_t rows = 0;          ///< that the server sent
  std::uint64_t bytes = 0;         ///< of rows and COPY data
  std::string_view sqlstate = {};  ///< of the error it ended with; empty: none
  postgres::Cut cut = postgres::Cut::kNone;
};

/// Who hears of answers to statements with a tag.
class PostgresBackOwner {
 public:
  virtual void on_answered(const PostgresAnswer& answer) = 0;

 protected:
  ~PostgresBackOwner() = default;
};

/// Bytes in, bytes out; no sockets. Used on one worker; borrows everything.
class PostgresBack {
 public:
  /// `out`: to the client.
  PostgresBack(postgres::Conversation& talk, SendQueue& out, const postgres::RowGuard::Rules& rows,
               PostgresBackOwner* owner = nullptr) noexcept
      : talk_(talk), out_(out), owner_(owner), reader_(postgres::Sender::kServer, 0), guard_(rows) {}

  enum class State : std::uint8_t {
    kGoing,
    kBroken,    ///< detail(): no server answers so
    kUnsafe,    ///< detail(): it went over to settings under which texts mean something else
    kWithheld,  ///< detail(): an answer that may not be told
  };
  /// Takes what it can of `bytes`; answers how many it took.
  [[nodiscard]] std::size_t take(std::span<char> bytes);
  /// The same, out of a buffer of the pool that `out` has: what passes as it came is not copied, if it is much.
  void take(Buffer& in);
  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] std::string_view detail() const noexcept { return detail_; }
  /// What was taken last is of a row or of COPY data: the server will say more without being asked.
  [[nodiscard]] bool is_in_result() const noexcept { return in_rows_ || in_copy_; }
  [[nodiscard]] std::size_t wanted() const noexcept { return reader_.wanted(); }
  /// Nothing of a message has left without the rest.
  [[nodiscard]] bool at_message_start() const noexcept { return reader_.at_message_start() && !guard_.is_torn(); }
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::uint64_t cut_answers() const noexcept { return cut_answers_; }
  [[nodiscard]] std::uint64_t withheld_values() const noexcept { return guard_.withheld_values(); }
  [[nodiscard]] std::uint64_t covered_values() const noexcept { return guard_.covered_values(); }
  [[nodiscard]] std::size_t held_bytes() const noexcept { return guard_.held_bytes() + scratch_.capacity(); }
  /// An answer was cut since this was asked last, and the server goes on with it.
  [[nodiscard]] bool take_wish_to_cancel() noexcept { return guard_.take_wish_to_cancel(); }
  /// Something was answered since this was asked last that the catalogue does not know.
  [[nodiscard]] bool take_wish_for_catalogue() noexcept { return guard_.take_wish_for_catalogue(); }
  [[nodiscard]] std::uint64_t rewritten() const noexcept { return rewritten_; }

 private:
  using Step = postgres::FrameReader::Step;
  enum class Fate : std::uint8_t { kPass, kReplace, kDrop, kStop };
  /// How far take() got, and how much of that has left already.
  struct Taken {
    std::size_t bytes = 0;
    std::size_t told = 0;
  };
  [[nodiscard]] Taken take_all(std::span<char> bytes);
  [[nodiscard]] std::size_t pass_rows(std::span<const char> bytes);
  [[nodiscard]] Fate take_step(const Step& step);
  [[nodiscard]] Fate guard(const Step& step);
  [[nodiscard]] bool guards() const noexcept { return guard_.plans() || talk_.has_row_rules(); }
  [[nodiscard]] Fate fail(State state, std::string_view detail) noexcept;
  void remember_front(char type);
  void follow_front() {
    if (const std::uint64_t tag = talk_.front_tag(); tag != answer_.tag) {
      tell_answer(tag);
    }
  }
  void tell_answer(std::uint64_t next_tag);

  postgres::Conversation& talk_;
  SendQueue& out_;
  PostgresBackOwner* owner_;
  postgres::FrameReader reader_;
  State state_ = State::kGoing;
  std::string_view detail_;
  bool drops_ = false;
  postgres::RowGuard guard_;
  postgres::Conversation::Fronting fronting_;  // of the message under way
  postgres::Answering answering_;              // … which lives as long as that
  bool in_rows_ = false;                       // … which is a row, as the one before was
  bool in_copy_ = false;                       // … or COPY data
  std::string scratch_;
  PostgresAnswer answer_;  // under way
  std::string sqlstate_;
  std::uint64_t rows_ = 0;
  std::uint64_t rewritten_ = 0;
  std::uint64_t cut_answers_ = 0;
};

/// Whether the server's word on a setting leaves every text with the meaning it is judged by
/// (standard_conforming_strings, client_encoding).
[[nodiscard]] bool is_safe_setting(std::string_view body);

}  // namespace gabion::proxy
