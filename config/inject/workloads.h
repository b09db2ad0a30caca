// Which objects hold a pod, and where in them.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace gabion::config::inject {

struct PodPlace {
  std::string object;   ///< "Deployment shop/orders"
  std::string pointer;  ///< RFC 6901, of what has `metadata` and `spec`; empty: the document itself
  std::string unknown;  ///< why it cannot be injected although it holds a pod: an API version nobody serves
};

/// All pods of a document, those in Lists too.
[[nodiscard]] std::vector<PodPlace> find_pods(const boost::json::value& document);

/// The value at a pointer that find_pods() gave.
[[nodiscard]] const boost::json::value& at_pointer(const boost::json::value& document, const std::string& pointer);

}  // namespace gabion::config::inject
