// Any JSON body: what Boost.JSON accepts is no error here, names begin with "json", bounds hold.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inspect/http/json_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gabion::inspect::http::BodyError;
  static gabion::inspect::http::JsonBody json;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const BodyError error = json.parse(text, {30, 100});
  std::size_t bytes = 0;
  for (const auto& [name, value] : json.values()) {
    bytes += name.size() + value.size();
    if (!name.starts_with("json") || value.size() > size) {
      std::abort();
    }
  }
  if (bytes != json.combined_size() || json.values().size() > 100) {
    std::abort();
  }
  const bool bounded = error == BodyError::kTooManyValues || error == BodyError::kTooDeep;
  boost::json::error_code failed;
  boost::json::parse_options options;
  options.max_depth = 30;
  static_cast<void>(boost::json::parse(text, failed, {}, options));
  if (!failed && error != BodyError::kNone && !bounded) {
    std::abort();
  }
  return 0;
}
