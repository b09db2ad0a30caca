// Look-ups in sorted tables.
#include "config/grpc/schema.h"

#include <algorithm>

namespace gabion::config {

const GrpcField* GrpcMessage::field(std::uint32_t number) const noexcept {
  // Numbers mostly run from 1 without gaps.
  if (number != 0 && number <= fields.size() && fields[number - 1].number == number) {
    return &fields[number - 1];
  }
  const auto found =
      std::lower_bound(fields.begin(), fields.end(), number,
                       [](const GrpcField& field, std::uint32_t wanted) { return field.number < wanted; });
  return found != fields.end() && found->number == number ? &*found : nullptr;
}

std::string_view GrpcEnum::name(std::int32_t number) const noexcept {
  const auto found = std::lower_bound(values.begin(), values.end(), number,
                                      [](const auto& value, std::int32_t wanted) { return value.first < wanted; });
  return found != values.end() && found->first == number ? std::string_view(found->second) : std::string_view();
}

const GrpcMethod* GrpcSchema::method(std::string_view path) const noexcept {
  const auto found =
      std::lower_bound(methods.begin(), methods.end(), path,
                       [](const GrpcMethod& method, std::string_view wanted) { return method.path < wanted; });
  return found != methods.end() && found->path == path ? &*found : nullptr;
}

}  // namespace gabion::config
