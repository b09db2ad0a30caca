// One message of a stream as named texts: what detectors are given of it, and where they ask for changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "inspect/body_edits.h"

namespace gabion::inspect {

/// One value of a message.
struct TextField {
  enum class Kind : std::uint8_t {
    kText,    ///< the bytes of the message: a string, or bytes
    kNumber,  ///< made from a number: "4111111111111111", "-1.5", an enum's name
    kOuter,   ///< text that is also a message whose fields stand for themselves: to rules only, nothing may be changed
  };
  std::string_view name;      ///< "shop.Order.items.0.name"; by numbers "1.2.3" where no descriptor is known
  std::size_t begin = 0;      ///< in MessageText::text
  std::size_t end = 0;        ///< likewise
  std::size_t root_size = 0;  ///< of `name`: the message's own, "shop.Order"; 0: none is known
  Kind kind = Kind::kText;
};

/// Valid during the call that is given it. Edits of a number are read as one; of text whose length nobody knows how to
/// change, an edit that changes it becomes a mask.
struct MessageText {
  std::string_view bytes;             ///< all of the message, decoded
  std::string_view text;              ///< of all fields, one after the other, a line feed behind each; kOuter last
  std::size_t outer_begin = 0;        ///< in `text`: where kOuter begins
  std::span<const TextField> fields;  ///< in the order of their texts
  EditList* edits = nullptr;          ///< offsets are those of `text`

  [[nodiscard]] std::string_view value(const TextField& field) const noexcept {
    return text.substr(field.begin, field.end - field.begin);
  }
};

}  // namespace gabion::inspect
