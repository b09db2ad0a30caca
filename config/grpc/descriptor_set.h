// Reads what `protoc --include_imports --descriptor_set_out` wrote: the only user of libprotobuf.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "config/grpc/schema.h"
#include "config/result.h"

namespace gabion::config {

/// Every method of every service, with the messages they are made of. Errors: a file that cannot be read, is larger
/// than 16 MiB or no descriptor set, a type that is missing (--include_imports was left out) or clashes.
[[nodiscard]] Result<std::shared_ptr<const GrpcSchema>> load_descriptor_set(const std::filesystem::path& file);
[[nodiscard]] Result<std::shared_ptr<const GrpcSchema>> parse_descriptor_set(std::string_view bytes);

}  // namespace gabion::config
