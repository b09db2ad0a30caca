// The messages of one direction of a call: taken from its body one by one, decoded, read, and written again if changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/grpc/schema.h"
#include "inspect/coding/body_decoder.h"
#include "inspect/grpc/call_fields.h"
#include "inspect/grpc/protobuf/reader.h"
#include "inspect/message_text.h"

namespace gabion::inspect::grpc {

/// Why a message cannot be judged.
enum class Failure : std::uint8_t {
  kNone,
  kFraming,    ///< a prefix that is none, or the body ends within a message
  kSize,       ///< more than MessageStream::Settings::message_bytes, as it came or decoded
  kEncoding,   ///< grpc-encoding is one nobody can undo
  kUnmarked,   ///< marked compressed, but no grpc-encoding says how
  kCoding,     ///< not compressed as it says
  kExpansion,  ///< decodes to too much for its size
  kProtobuf,   ///< not a message of its type
  kFields,     ///< too many fields, or too deep
};
/// For findings: "framing", "message-size", ….
[[nodiscard]] std::string_view to_string(Failure failure) noexcept;

/// begin() starts the next body. Holds one message decoded and its texts; the body's bytes stay with the caller, who
/// gives those from the last boundary on each time. The same bytes give the same messages however they are cut.
class MessageStream {
 public:
  struct Settings {
    Codec codec = Codec::kProtobuf;
    Encoding encoding = Encoding::kIdentity;
    const config::GrpcSchema* schema = nullptr;  ///< outlives the body; null: none
    std::uint32_t type = MessageReader::kNoType;
    std::uint32_t message_bytes = 0;
    std::uint32_t ratio = 0;
  };

  void begin(const Settings& settings) noexcept;

  enum class Found : std::uint8_t {
    kMore,     ///< the message at the front is not whole
    kMessage,  ///< text() is the message of the first `size` bytes
    kUnread,   ///< the first `size` bytes are of what pass_unread() let go
    kFailed,   ///< failure() says why the message at the front cannot be judged
  };
  struct Next {
    Found found = Found::kMore;
    std::size_t size = 0;
  };
  [[nodiscard]] Next next(std::string_view bytes);
  [[nodiscard]] Failure failure() const noexcept { return failure_; }
  /// After kFailed: what could not be judged passes; after kFraming all that comes.
  void pass_unread() noexcept { unread_ = failed_size_; }

  /// After kMessage, until next(). Edits are asked of `edits`, which is emptied.
  [[nodiscard]] MessageText text(EditList& edits);
  /// What the frame of that message leaves as with the edits, which are settled here; empty: as it came. False: the
  /// compressor failed.
  [[nodiscard]] bool rewrite(EditList& edits, std::string& frame);

  [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return decoded_.capacity() + fields_.memory_bytes() + reader_.memory_bytes();
  }
  void release() noexcept;

 private:
  static constexpr std::uint64_t kAll = ~0ULL;
  [[nodiscard]] Next fail(Failure failure, std::uint64_t size) noexcept;
  [[nodiscard]] Failure read(std::string_view payload, Encoding encoding);

  Settings settings_;
  MessageReader reader_;
  FieldList fields_;
  std::string decoded_;
  std::string_view message_;  ///< views the caller's bytes, or decoded_
  bool is_compressed_ = false;
  Failure failure_ = Failure::kNone;
  std::uint64_t failed_size_ = 0;
  std::uint64_t unread_ = 0;  ///< so many bytes pass as they are
  std::uint64_t messages_ = 0;
};

}  // namespace gabion::inspect::grpc
