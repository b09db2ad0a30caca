// Pieces that objects of the inventory share: a member that is a map, addresses, ports, labels.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/kube/fields.h"
#include "config/kube/objects.h"

namespace gabion::config::kube {

/// The fields of a member that is a map; missing and null count as an empty one. `empty` outlives the result.
[[nodiscard]] Fields part(const YamlValue& object, std::string_view key, const std::string& path,
                          const YamlValue& empty, Report& report);

/// Adds the address that `text` is, once; nothing, "" and "None" are none.
void add_address(const std::optional<std::string>& text, Fields& fields, std::string_view key,
                 std::vector<IpAddress>& out);

/// 1 to 65535; required.
[[nodiscard]] std::optional<std::uint16_t> read_port_number(Fields& fields, std::string_view key);
/// TCP unless told otherwise.
[[nodiscard]] IpProtocol read_protocol(Fields& fields);

/// metadata.labels of `object`.
[[nodiscard]] Labels labels_of(const YamlValue& object, const std::string& path, Report& report);

}  // namespace gabion::config::kube
