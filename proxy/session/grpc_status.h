// What a gRPC client is told of a reason: its status, and a message that a header field can hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/session/reason.h"

namespace gabion::proxy {

/// The call's status for a refusal or an error (mesh.md §6): 7 what may not be, 16 no identity, 8 a limit, 4 a
/// deadline, 14 the service is away, 13 malformed, 12 what nobody here can do. Nothing: the connection's end says it.
[[nodiscard]] std::optional<std::uint8_t> grpc_status(Reason reason) noexcept;
/// The same as a field's value; of a reason without status "2" (unknown).
[[nodiscard]] std::string_view grpc_status_text(Reason reason) noexcept;

/// "access denied by policy (policy_denied)", then rule and detail if they are not empty; percent-encoded.
[[nodiscard]] std::string grpc_message(Reason reason, std::string_view rule, std::string_view detail);

}  // namespace gabion::proxy
