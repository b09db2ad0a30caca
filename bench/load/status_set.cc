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

StatusSet StatusSet::only(std::uint16_t status) {
  StatusSet set;
  set.bits_.set(status);
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
  const bool is_number = error == std::errc() && end == digits.data() + digits.size();
  const bool is_http = word.size() == 3 && first >= 100 && first < kEnd;
  const bool is_grpc = !is_class && number < kGrpcStatuses && word.size() == (number < 10 ? 1U : 2U);
  if (!is_number || !(is_http || is_grpc)) {
    return config::Error{
        fmt::format("\"{}\" is not a status (100 to 599, a class as in 2xx, or for gRPC 0 to 16)", word.substr(0, 64)),
        ""};
  }
  for (std::size_t status = first; status < first + (is_class ? 100U : 1U); ++status) {
    bits_.set(status);
  }
  return {};
}

bool StatusSet::names_grpc() const noexcept {
  return (bits_ << (kEnd - kGrpcStatuses)).any();
}

bool StatusSet::names_http() const noexcept {
  return (bits_ >> kGrpcStatuses).any();
}

}  // namespace gabion::bench
