// A request's or response's head, read by llhttp and checked again where llhttp 8.1 is laxer than RFC 9112.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/message.h"
#include "proxy/protocol/http1/field_id.h"
#include "proxy/protocol/http1/section_scanner.h"

namespace gabion::proxy::http1 {

enum class Role : std::uint8_t { kRequest, kResponse };

/// How the body's end is known (RFC 9112 §6.3).
enum class Framing : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

/// Views into the decoder's own copy of the head: valid until it reads the next one.
struct Head {
  std::string_view method;            ///< request
  std::string_view target;            ///< request: origin-form or "*"; absolute-form is reduced to its path
  std::string_view authority;         ///< request: Host; empty only in HTTP/1.0
  std::string_view connect_protocol;  ///< request: of an extended CONNECT (RFC 8441), else empty
  std::uint16_t status = 0;           ///< response
  std::string_view phrase;            ///< response
  std::uint8_t major_version = 1;     ///< 2: as it was, said with the words of HTTP/1.1
  std::uint8_t minor_version = 1;
  std::vector<inspect::HeaderField> fields;
  std::vector<FieldId> ids;  ///< of fields, same index
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;
  bool has_content_length = false;  ///< also in answers to HEAD, where framing is kNone
  bool is_chunked = false;
  bool connection_close = false;
  bool connection_keep_alive = false;
  bool names_connection_options = false;  ///< Connection lists more than close, keep-alive, te and upgrade
  bool expects_continue = false;
  bool expects_other = false;
  bool has_upgrade = false;
  bool te_trailers = false;

  [[nodiscard]] bool keeps_alive() const noexcept {
    return minor_version == 0 ? connection_keep_alive && !connection_close : !connection_close;
  }
  [[nodiscard]] std::string_view field(FieldId id) const noexcept;
  void clear() noexcept;
};

/// Reads one head at a time; owns the copy that `head()` views into.
class HeadParser {
 public:
  explicit HeadParser(Role role) noexcept : role_(role) {}

  /// `section` is complete (ends in an empty line) and passed SectionScanner. `answers_head`: for responses, the
  /// request was HEAD. kNone: head() is set.
  [[nodiscard]] DecodeError parse(std::string_view section, bool answers_head);

  [[nodiscard]] const Head& head() const noexcept { return head_; }
  /// Forgets the head and gives its memory back.
  void release() noexcept;
  [[nodiscard]] std::size_t kept_bytes() const noexcept;
  [[nodiscard]] const char* detail() const noexcept { return detail_; }

 private:
  struct Callbacks;
  [[nodiscard]] DecodeError fail(const char* detail) noexcept;
  [[nodiscard]] DecodeError run_llhttp();
  [[nodiscard]] DecodeError check_start_line() noexcept;
  [[nodiscard]] DecodeError read_fields();
  [[nodiscard]] DecodeError read_field(FieldId id, std::string_view value);
  [[nodiscard]] DecodeError read_transfer_encoding(std::string_view value) noexcept;
  [[nodiscard]] DecodeError read_content_length(std::string_view value);
  [[nodiscard]] DecodeError read_connection(std::string_view value) noexcept;
  [[nodiscard]] DecodeError check_target();
  [[nodiscard]] DecodeError reduce_absolute_form();
  [[nodiscard]] DecodeError frame_request() noexcept;
  [[nodiscard]] DecodeError frame_response(bool answers_head) noexcept;

  Role role_;
  std::string copy_;
  Head head_;
  std::uint32_t hosts_ = 0;
  std::uint32_t connection_options_ = 0;
  const char* detail_ = "";
};

}  // namespace gabion::proxy::http1
