// std::to_chars and std::from_chars, and the bits in between.
#include "inspect/grpc/protobuf/number_text.h"

#include <bit>
#include <charconv>

#include "inspect/grpc/protobuf/wire.h"

namespace gabion::inspect::grpc {
namespace {

using config::GrpcKind;

template <class Number>
Number parse(std::string_view text) noexcept {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? number : Number{};
}

constexpr std::size_t kWord = 4;

}  // namespace

template <class Number>
void NumberText::write(Number number) noexcept {
  const auto written = std::to_chars(text_.data(), text_.data() + text_.size(), number);
  size_ = static_cast<std::size_t>(written.ptr - text_.data());
}

NumberText::NumberText(GrpcKind kind, std::uint64_t bits, const config::GrpcEnum* names) noexcept {
  switch (kind) {
    case GrpcKind::kEnum:
      name_ = names == nullptr ? std::string_view() : names->name(static_cast<std::int32_t>(bits));
      write(static_cast<std::int32_t>(bits));
      break;
    case GrpcKind::kBool:
      name_ = bits != 0 ? "true" : "false";
      break;
    case GrpcKind::kSigned:
    case GrpcKind::kSignedFixed64:
      write(static_cast<std::int64_t>(bits));
      break;
    case GrpcKind::kZigzag:
      write(unzigzag(bits));
      break;
    case GrpcKind::kSignedFixed32:
      write(static_cast<std::int32_t>(bits));
      break;
    case GrpcKind::kFloat:
      write(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
      break;
    case GrpcKind::kDouble:
      write(std::bit_cast<double>(bits));
      break;
    case GrpcKind::kUnsigned:
    case GrpcKind::kFixed32:
    case GrpcKind::kFixed64:
    case GrpcKind::kString:
    case GrpcKind::kBytes:
    case GrpcKind::kMessage:
    case GrpcKind::kGroup:
      write(bits);
      break;
  }
}

void write_number(std::string& out, GrpcKind kind, std::string_view text, std::size_t least) {
  switch (kind) {
    case GrpcKind::kSigned:
    case GrpcKind::kEnum:
      write_varint(out, static_cast<std::uint64_t>(parse<std::int64_t>(text)), least);
      break;
    case GrpcKind::kZigzag:
      write_varint(out, zigzag(parse<std::int64_t>(text)), least);
      break;
    case GrpcKind::kFixed64:
      write_fixed(out, parse<std::uint64_t>(text), 2 * kWord);
      break;
    case GrpcKind::kSignedFixed64:
      write_fixed(out, static_cast<std::uint64_t>(parse<std::int64_t>(text)), 2 * kWord);
      break;
    case GrpcKind::kDouble:
      write_fixed(out, std::bit_cast<std::uint64_t>(parse<double>(text)), 2 * kWord);
      break;
    case GrpcKind::kFixed32:
      write_fixed(out, parse<std::uint32_t>(text), kWord);
      break;
    case GrpcKind::kSignedFixed32:
      write_fixed(out, static_cast<std::uint32_t>(parse<std::int32_t>(text)), kWord);
      break;
    case GrpcKind::kFloat:
      write_fixed(out, std::bit_cast<std::uint32_t>(parse<float>(text)), kWord);
      break;
    case GrpcKind::kUnsigned:
    case GrpcKind::kBool:
    case GrpcKind::kString:
    case GrpcKind::kBytes:
    case GrpcKind::kMessage:
    case GrpcKind::kGroup:
      write_varint(out, parse<std::uint64_t>(text), least);
      break;
  }
}

}  // namespace gabion::inspect::grpc
