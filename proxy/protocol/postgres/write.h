// Messages we write ourselves: answers, refusals, start-up packets, and what is sent in the place of what was denied.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace gabion::proxy::postgres {

/// Each appends one whole message to `out`.
struct ErrorText {
  std::string_view severity = "FATAL";
  std::string_view code;
  std::string_view message;
};
void write_error(std::string& out, const ErrorText& error);
void write_backend_key(std::string& out, std::uint32_t process, std::string_view key);
/// We speak 3.`minor`, and know none of `options`.
void write_negotiation(std::string& out, std::uint16_t minor, std::span<const std::string_view> options);
/// An answer to AuthenticationSASL's offer: the mechanisms without those that bind to a channel.
void write_sasl_offer(std::string& out, std::span<const std::string_view> mechanisms);

using StartupParameter = std::pair<std::string_view, std::string_view>;
/// Of version 3.`minor`.
void write_startup(std::string& out, std::uint16_t minor, std::span<const StartupParameter> parameters);
void write_cancel_request(std::string& out, std::uint32_t process, std::string_view key);
/// The whole packet.
inline constexpr std::string_view kSslRequestPacket{"\0\0\0\x08\x04\xd2\x16\x2f", 8};

/// What the server must fail at, in the place of what it must not see (poison substitution). `reason` is of letters,
/// digits, '/', '.', '-', '_', '[', ']' and ':' and stands in the server's log.
void write_poison_query(std::string& out, std::string_view reason);
/// `nowhere` is a name that no statement and no portal of the session has.
void write_poison_parse(std::string& out, std::string_view nowhere, std::string_view reason);
void write_poison_bind(std::string& out, std::string_view nowhere);
void write_poison_execute(std::string& out, std::string_view nowhere);
void write_poison_function_call(std::string& out);
void write_copy_fail(std::string& out, std::string_view reason);
void write_terminate(std::string& out);
void write_query(std::string& out, std::string_view text);
/// One statement by the extended protocol, its rows in text, and a Sync: statement and portal of that name come and go.
void write_named_query(std::string& out, std::string_view name, std::string_view text);

}  // namespace gabion::proxy::postgres
