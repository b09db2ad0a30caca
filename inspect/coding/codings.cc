// Reads lists of content codings; what is malformed counts as a coding nobody knows.
#include "inspect/coding/codings.h"

#include <algorithm>
#include <optional>

#include "inspect/blanks.h"

namespace gabion::inspect::coding {
namespace {

std::string_view take_item(std::string_view& list) noexcept {
  const std::size_t comma = list.find(',');
  const std::string_view item = without_blanks(list.substr(0, comma));
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  return item;
}

std::optional<Coding> coding_named(std::string_view name) noexcept {
  struct Name {
    std::string_view text;
    Coding coding;
  };
  constexpr Name kNames[] = {{"gzip", Coding::kGzip},
                             {"x-gzip", Coding::kGzip},  // RFC 9110 §8.4.1.3: the same
                             {"deflate", Coding::kDeflate},
                             {"br", Coding::kBrotli},
                             {"zstd", Coding::kZstd}};
  for (const Name& known : kNames) {
    if (equals_without_case(name, known.text)) {
      return known.coding;
    }
  }
  return std::nullopt;
}

void add_codings(std::string_view list, CodingList& result) noexcept {
  while (!list.empty() && result.kind != CodingList::Kind::kUnknown) {
    const std::string_view name = take_item(list);
    if (name.empty() || equals_without_case(name, "identity")) {
      continue;
    }
    const auto coding = coding_named(name);
    if (!coding || result.count == CodingList::kMost) {
      result = {.kind = CodingList::Kind::kUnknown};
      return;
    }
    result.kind = CodingList::Kind::kKnown;
    result.codings[result.count++] = *coding;
  }
}

/// "*;q=0" forbids what is not named, and stays; any other "*" asks for codings we may not know.
bool is_wanted(std::string_view item) noexcept {
  const std::size_t semicolon = item.find(';');
  const std::string_view name = without_blanks(item.substr(0, semicolon));
  if (name == "*") {
    const std::string_view weight =
        semicolon == std::string_view::npos ? "" : without_blanks(item.substr(semicolon + 1));
    return weight.size() >= 3 && (weight[0] == 'q' || weight[0] == 'Q') &&
           weight.find_first_not_of("=0. \t", 1) == std::string_view::npos;
  }
  return equals_without_case(name, "identity") || coding_named(name).has_value();
}

}  // namespace

bool CodingList::holds(Coding coding) const noexcept {
  return std::find(items().begin(), items().end(), coding) != items().end();
}

CodingList read_codings(std::span<const HeaderField> fields) noexcept {
  CodingList result;
  for (const HeaderField& field : fields) {
    if (equals_without_case(field.name, "content-encoding")) {
      add_codings(field.value, result);
    }
  }
  return result;
}

void narrow_accept_encoding(std::span<const HeaderField> fields, std::string& narrowed) {
  narrowed.clear();
  for (const HeaderField& field : fields) {
    if (!equals_without_case(field.name, "accept-encoding")) {
      continue;
    }
    for (std::string_view list = field.value; !list.empty();) {
      if (const std::string_view item = take_item(list); is_wanted(item)) {
        narrowed.append(narrowed.empty() ? "" : ", ").append(item);
      }
    }
  }
  if (narrowed.empty()) {
    narrowed = "identity";
  }
}

}  // namespace gabion::inspect::coding
