// The formats that a long Bind asks its answer in, read behind its values as they pass by piece for piece.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/protocol/postgres/rows/row_description.h"

namespace gabion::proxy::postgres {

/// Keeps nothing of names and values. As strict as read_bind().
class BindReader {
 public:
  /// The next bytes of the body. False: it is none, or asks for more formats than an answer may have columns.
  [[nodiscard]] bool feed(std::string_view bytes);
  /// After the last: all was there.
  [[nodiscard]] bool is_whole() const noexcept { return at_ == At::kEnd; }
  [[nodiscard]] std::vector<Format> take_formats() noexcept { return std::move(formats_); }

 private:
  enum class At : std::uint8_t {
    kPortal,
    kStatement,
    kGivenCount,
    kGiven,
    kValueCount,
    kLength,
    kValue,
    kResultCount,
    kResult,
    kEnd
  };
  [[nodiscard]] bool on_number();
  void next_value() noexcept;

  At at_ = At::kPortal;
  std::uint32_t given_ = 0;   ///< formats of values
  std::uint32_t left_ = 0;    ///< values or formats that are to come
  std::uint32_t skip_ = 0;    ///< bytes that are to come and say nothing
  std::uint32_t number_ = 0;  ///< under way
  std::uint32_t digits_ = 0;  ///< bytes of it that were read
  std::vector<Format> formats_;
};

}  // namespace gabion::proxy::postgres
