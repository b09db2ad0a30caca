// Where the values of each SecLang variable are kept while a transaction runs.
#pragma once

#include <cstddef>
#include <cstdint>

#include "inspect/waf/seclang/words.h"

namespace gabion::inspect::waf::engine {

/// Lists of named values; several variables may show the same list.
enum class List : std::uint8_t {
  kArgs,
  kCookies,
  kRequestHeaders,
  kResponseHeaders,
  kFiles,
  kFilesSizes,
  kFilesTmpNames,
  kMultipartFilename,
  kMultipartName,
  kPartHeaders,
  kXmlText,
  kXmlAttributes,
};
inline constexpr std::size_t kLists = 12;
inline constexpr std::size_t kVariables = static_cast<std::size_t>(seclang::Variable::kXml) + 1;

struct Shape {
  enum class Form : std::uint8_t {
    kSingle,  ///< one text, always there, maybe empty
    kItems,   ///< the values of a list
    kNames,   ///< its names
    kXml,     ///< the list its XPath selects
    kTx,
    kPersistent,  ///< IP, GLOBAL, …: the record initcol chose
    kMatched,     ///< MATCHED_VARS and its three relatives
    kComputed,    ///< clocks
    kRule,        ///< of the rule that is running
    kNothing,     ///< has no values here
  };
  enum class Part : std::uint8_t { kWhole, kQuery, kBody };

  Form form = Form::kSingle;
  List list = List::kArgs;
  Part part = Part::kWhole;  ///< of kArgs
};

[[nodiscard]] Shape shape_of(seclang::Variable variable) noexcept;

/// Its values have names of their own, so that it reads VARIABLE:name.
[[nodiscard]] bool is_collection(seclang::Variable variable) noexcept;

}  // namespace gabion::inspect::waf::engine
