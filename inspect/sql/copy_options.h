// How a COPY … TO STDOUT writes its rows, and which columns it lists: what its options say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gabion::inspect::sql {

struct CopyOptions {
  enum class Format : std::uint8_t { kText, kCsv, kBinary };
  enum class Header : std::uint8_t { kNone, kFirstLine };
  /// False: other delimiters, quotes, escapes, NULLs or encodings than the defaults, or what is no COPY … TO STDOUT.
  bool is_plain = false;
  Format format = Format::kText;
  Header header = Header::kNone;
  std::vector<std::string> columns = {};  ///< of COPY t (a, b), as the server folds them; empty: none are listed
};

/// `statement`: the bytes of one statement that was parsed without an error. On a thread that has a Parser.
[[nodiscard]] CopyOptions read_copy_options(std::string_view statement);

}  // namespace gabion::inspect::sql
