// What a head says about the text of its body: media type, charset.
#pragma once

#include <cstdint>
#include <span>

#include "inspect/message.h"

namespace gabion::inspect {

enum class MediaType : std::uint8_t {
  kForm,  ///< application/x-www-form-urlencoded
  kJson,  ///< application/json, text/json, application/….+json, newline-delimited JSON
  kOther  ///< text, XML, multipart, binary, unknown, absent
};

/// True when there is more than one Content-Type field: which of them counts is for each server to guess.
[[nodiscard]] bool has_several_types(std::span<const HeaderField> fields) noexcept;

/// By the first Content-Type field.
[[nodiscard]] MediaType media_type(std::span<const HeaderField> fields) noexcept;

/// True when the Content-Type names a charset in which ASCII is not ASCII (UTF-16, UTF-32, UTF-7, EBCDIC).
[[nodiscard]] bool has_unreadable_charset(std::span<const HeaderField> fields) noexcept;

}  // namespace gabion::inspect
