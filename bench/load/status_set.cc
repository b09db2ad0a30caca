// Which statuses are a good answer: see status_set.h.
#include "bench/load/status_set.h"

#include <fmt/format.h>

#include <charconv>

namespace gabion::bench {

StatusSet StatusSet::successes() {
  StatusSet set;
  for (std::uint16_t status = 200; status < 300; ++status) {
    set.bits_.set(status);
  }
  return set;
}

config::Result<StatusSet> StatusSet::parse(std::string_view list) {
  StatusSet set;
  while (true) {
    const auto comma = list.find(',');
    if (const auto added = set.add(list.substr(0, comma)); added.has_error()) {
      return added.error();
    }
    if (comma == std::string_view::npos) {
      return set;
    }
    list.remove_prefix(comma + 1);
  }
}

config::Result<void> StatusSet::add(std::string_view word) {
  const bool is_class = word.size() == 3 && word.substr(1) == "xx";
  const auto digits = is_class ? word.substr(0, 1) : word;
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const std::uint16_t first = is_class ? static_cast<std::uint16_t>(number * 100) : number;
  if (word.size() != 3 || error != std::errc() || end != digits.data() + digits.size() || first < 100 ||
      first >= kEnd) {
    return config::Error{fmt::format("\"{}\" is not a status (100 to 599, or a class as in 2xx)", word.substr(0, 64)),
                         ""};
  }
  for (std::size_t status = first; status < first + (is_class ? 100U : 1U); ++status) {
    bits_.set(status);
  }
  return {};
}

}  // namespace gabion::bench
