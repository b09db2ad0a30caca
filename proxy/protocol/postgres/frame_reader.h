// One direction's messages found in its bytes, cut anywhere: what must be judged whole, what is long piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "proxy/protocol/postgres/body_reader.h"

namespace gabion::proxy::postgres {

enum class Sender : std::uint8_t { kClient, kServer };

enum class FrameError : std::uint8_t {
  kNone,
  kUnknownType,  ///< no message of this protocol begins so
  kBadLength,    ///< below 4, or a body where there must be none, or of another size than the type has
  kTooLong,      ///< longer than any such message may be
};

/// "an unknown message type", …
[[nodiscard]] std::string_view to_string(FrameError error) noexcept;

/// After the start-up. Strict where PostgreSQL is: what it would end the connection for is an error here, and after an
/// error nothing more is read. Keeps no bytes.
class FrameReader {
 public:
  static constexpr std::size_t kHeaderBytes = 5;               ///< type, length
  static constexpr std::uint32_t kMostBytes = 0x3fffffff;      ///< of a body: PostgreSQL's own limit
  static constexpr std::uint32_t kMostShortBytes = 10'000;     ///< of messages that are always short
  static constexpr std::uint32_t kMostPasswordBytes = 65'535;  ///< of an answer to an authentication request
  static constexpr std::uint32_t kBeginBytes = 8 * 1024;       ///< that kBegin of a Bind has at least
  static constexpr std::uint32_t kErrorBytes = 1024;           ///< likewise of an error or a notice

  /// A statement's text is given whole up to `whole_bytes`.
  FrameReader(Sender sender, std::uint32_t whole_bytes) noexcept;

  /// How long a body of a type may be, how short it must not be, and how much of it must be there before it is told.
  struct Shape {
    std::uint32_t least = 0;
    std::uint32_t most = 0;
    std::uint32_t need = 0;  ///< at most its length
  };

  enum class Event : std::uint8_t {
    kNeedMore,  ///< wanted() bytes are needed to go on
    kWhole,     ///< a message: type, body
    kBegin,     ///< of a message that is not all here: type, length, and the body's beginning
    kPiece,     ///< the next of it
    kError,     ///< error()
  };
  struct Step {
    Event event = Event::kNeedMore;
    char type = 0;
    bool ends = false;          ///< kPiece: the message's last
    std::uint32_t length = 0;   ///< of the whole body
    std::span<char> body = {};  ///< what is here of it
    std::size_t consumed = 0;   ///< bytes this step is about; the next one begins behind them
  };
  /// Most calls find a whole message, or nothing at all; the others, and all that is wrong, are next_other()'s.
  [[nodiscard, gnu::always_inline]] Step next(std::span<char> bytes) noexcept {
    if (rest_ == 0 && error_ == FrameError::kNone) {
      if (bytes.size() >= kHeaderBytes) {
        char* const at = bytes.data();
        const Shape& shape = shapes_[static_cast<unsigned char>(*at)];
        const std::uint32_t length = read_uint32(at + 1) - 4;  // below 4: longer than any
        if (length >= shape.least && length <= shape.most && length <= bytes.size() - kHeaderBytes) {
          return {.event = Event::kWhole,
                  .type = *at,
                  .length = length,
                  .body = {at + kHeaderBytes, length},
                  .consumed = kHeaderBytes + length};
        }
      } else if (bytes.empty()) {
        wanted_ = kHeaderBytes;
        return {};
      }
    }
    return next_other(bytes);
  }

  /// Whole messages of one type, one behind the other.
  struct Run {
    std::size_t bytes = 0;  ///< that they are here, headers too
    std::uint64_t count = 0;
    std::uint64_t body_bytes = 0;
  };
  /// What of `bytes` next() would tell as whole messages of `type`, one that may be of any length; ends before what
  /// goes beyond `most_count` or `most_body_bytes`. Nothing is looked at but headers. REQUIRES: at_message_start().
  [[nodiscard]] static Run run_of(char type, std::span<const char> bytes, std::uint64_t most_count,
                                  std::uint64_t most_body_bytes) noexcept;

  /// The last step, kWhole or kBegin, was not taken: the next one is it again.
  void take_back() noexcept { rest_ = 0; }

  /// After kNeedMore: how many bytes must be there, counted from the first that was not consumed.
  [[nodiscard]] std::size_t wanted() const noexcept { return wanted_; }
  [[nodiscard]] FrameError error() const noexcept { return error_; }
  [[nodiscard]] bool at_message_start() const noexcept { return rest_ == 0; }

 private:
  [[nodiscard]] Step begin(std::span<char> bytes) noexcept;
  [[nodiscard]] Step next_other(std::span<char> bytes) noexcept;
  [[nodiscard]] Step present(std::span<char> body, std::uint32_t need, Step step) noexcept;
  [[nodiscard]] Step fail(FrameError error) noexcept;

  std::span<const Shape, 256> shapes_;  // by type
  Sender sender_;
  std::uint32_t whole_bytes_;
  FrameError error_ = FrameError::kNone;
  char type_ = 0;
  std::uint32_t length_ = 0;
  std::uint32_t rest_ = 0;  // of a message begun
  std::size_t wanted_ = kHeaderBytes;
};

}  // namespace gabion::proxy::postgres
