// Pieces that objects of the inventory share: see inventory_parts.h.
#include "config/kube/inventory_parts.h"

#include <algorithm>

#include "config/kube/parts.h"

namespace gabion::config::kube {

Fields part(const YamlValue& object, std::string_view key, const std::string& path, const YamlValue& empty,
            Report& report) {
  const auto* value = object.find(key);
  return Fields(value == nullptr ? empty : *value, path + std::string(key), report, Nulls::kAbsent);
}

void add_address(const std::optional<std::string>& text, Fields& fields, std::string_view key,
                 std::vector<IpAddress>& out) {
  if (!text || text->empty() || *text == "None") {
    return;
  }
  const auto address = IpAddress::parse(*text);
  if (!address) {
    fields.report(key, address.error().what);
  } else if (std::find(out.begin(), out.end(), *address) == out.end()) {
    out.push_back(*address);
  }
}

std::optional<std::uint16_t> read_port_number(Fields& fields, std::string_view key) {
  fields.require(key);
  const auto number = fields.integer(key);
  if (!number) {
    return std::nullopt;
  }
  if (*number < 1 || *number > 65535) {
    fields.report(key, "must be a number from 1 to 65535");
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(*number);
}

IpProtocol read_protocol(Fields& fields) {
  return static_cast<IpProtocol>(fields.word("protocol", {"TCP", "UDP", "SCTP"}).value_or(0));
}

Labels labels_of(const YamlValue& object, const std::string& path, Report& report) {
  const YamlValue empty;
  Fields metadata = part(object, "metadata", path, empty, report);
  const auto* labels = metadata.map("labels");
  return labels == nullptr ? Labels{} : read_labels(*labels, metadata.path_of("labels"), report);
}

}  // namespace gabion::config::kube
