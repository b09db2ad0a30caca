// Names and values of gRPC's fields compare as RFC 9110 says; what is said twice differently counts as unknown.
#include "inspect/grpc/call_fields.h"

#include <algorithm>
#include <charconv>

#include "inspect/http/ascii.h"

namespace gabion::inspect::grpc {
namespace {

constexpr std::string_view kType = "application/grpc";

Encoding read_encoding(std::string_view value) noexcept {
  if (value.empty() || http::equals_lower(value, "identity")) {
    return Encoding::kIdentity;
  }
  if (http::equals_lower(value, "gzip")) {
    return Encoding::kGzip;
  }
  return http::equals_lower(value, "deflate") ? Encoding::kDeflate : Encoding::kUnknown;
}

}  // namespace

Codec codec_of(std::span<const HeaderField> fields) noexcept {
  const HeaderField* field = find_field(fields, "content-type");
  if (field == nullptr || field->value.size() < kType.size() ||
      !http::equals_lower(field->value.substr(0, kType.size()), kType)) {
    return Codec::kNone;
  }
  std::string_view rest = field->value.substr(kType.size());
  rest = rest.substr(0, rest.find(';'));
  rest = http::without_end_spaces(rest);
  if (rest.empty() || http::equals_lower(rest, "+proto")) {
    return Codec::kProtobuf;
  }
  return rest.front() == '+' ? Codec::kOther : Codec::kNone;
}

bool may_be_messages(std::span<const HeaderField> fields) noexcept {
  constexpr std::string_view kBase64Type = "application/grpc-web-text";
  std::size_t types = 0;
  bool names_grpc = false;
  for (const HeaderField& field : fields) {
    if (http::equals_lower(field.name, "content-type")) {
      ++types;
      names_grpc = names_grpc || http::equals_lower(field.value.substr(0, kType.size()), kType);
      if (http::equals_lower(field.value.substr(0, kBase64Type.size()), kBase64Type)) {
        return true;
      }
    }
  }
  return (types > 1 && names_grpc) || encoding_of(fields) != Encoding::kIdentity;
}

Encoding encoding_of(std::span<const HeaderField> fields) noexcept {
  std::optional<Encoding> found;
  for (const HeaderField& field : fields) {
    if (http::equals_lower(field.name, "grpc-encoding")) {
      const Encoding encoding = read_encoding(field.value);
      if (found && *found != encoding) {
        return Encoding::kUnknown;
      }
      found = encoding;
    }
  }
  return found.value_or(Encoding::kIdentity);
}

std::string narrow_encodings(std::string_view accepted) {
  std::string narrowed;
  while (!accepted.empty()) {
    const std::size_t comma = std::min(accepted.find(','), accepted.size());
    const std::string_view one = http::without_end_spaces(http::without_front_spaces(accepted.substr(0, comma)));
    accepted.remove_prefix(std::min(comma + 1, accepted.size()));
    if (!one.empty() && read_encoding(one) != Encoding::kUnknown) {
      narrowed.append(narrowed.empty() ? "" : ",").append(one);
    }
  }
  return narrowed.empty() ? "identity" : narrowed;
}

std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) noexcept {
  constexpr std::size_t kMostDigits = 8;
  if (text.size() < 2 || text.size() > kMostDigits + 1) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + (c - '0');
  }
  switch (text.back()) {  // 99,999,999 hours are more nanoseconds than there are
    case 'H':
      return std::chrono::hours(std::min<std::int64_t>(value, 24 * 365));
    case 'M':
      return std::chrono::minutes(std::min<std::int64_t>(value, 60 * 24 * 365));
    case 'S':
      return std::chrono::seconds(value);
    case 'm':
      return std::chrono::milliseconds(value);
    case 'u':
      return std::chrono::microseconds(value);
    case 'n':
      return std::chrono::nanoseconds(value);
    default:
      return std::nullopt;
  }
}

Timeout timeout_of(std::span<const HeaderField> fields) noexcept {
  Timeout timeout;
  for (const HeaderField& field : fields) {
    if (http::equals_lower(field.name, "grpc-timeout")) {
      timeout.value = timeout.is_present ? std::nullopt : parse_timeout(field.value);
      timeout.is_present = true;
    }
  }
  return timeout;
}

std::optional<std::uint8_t> status_of(std::span<const HeaderField> fields) noexcept {
  const HeaderField* field = find_field(fields, "grpc-status");
  if (field == nullptr || field->value.empty() || field->value.size() > 2) {
    return std::nullopt;
  }
  std::uint8_t status = 0;
  const char* const end = field->value.data() + field->value.size();
  const auto read = std::from_chars(field->value.data(), end, status);
  return read.ec == std::errc() && read.ptr == end ? std::optional(status) : std::nullopt;
}

}  // namespace gabion::inspect::grpc
