// A message is looked at when all of it is there: until then its prefix says how much is missing.
#include "inspect/grpc/message_stream.h"

#include <algorithm>

#include "inspect/grpc/frame.h"
#include "inspect/grpc/message_coding.h"
#include "inspect/grpc/protobuf/rewrite.h"

namespace gabion::inspect::grpc {
namespace {

using coding::DecodeError;

Failure failure_of(DecodeError error) noexcept {
  switch (error) {
    case DecodeError::kNone:
      return Failure::kNone;
    case DecodeError::kBytes:
      return Failure::kSize;
    case DecodeError::kRatio:
      return Failure::kExpansion;
    case DecodeError::kBroken:
    case DecodeError::kTrailing:
    case DecodeError::kTruncated:
    case DecodeError::kWindow:
    case DecodeError::kMemory:
      return Failure::kCoding;
  }
  return Failure::kCoding;
}

}  // namespace

std::string_view to_string(Failure failure) noexcept {
  switch (failure) {
    case Failure::kNone:
      return "none";
    case Failure::kFraming:
      return "framing";
    case Failure::kSize:
      return "message-size";
    case Failure::kEncoding:
      return "encoding";
    case Failure::kUnmarked:
      return "compressed-without-encoding";
    case Failure::kCoding:
      return "coding";
    case Failure::kExpansion:
      return "expansion";
    case Failure::kProtobuf:
      return "protobuf";
    case Failure::kFields:
      return "fields";
  }
  return "none";
}

void MessageStream::begin(const Settings& settings) noexcept {
  settings_ = settings;
  message_ = {};
  failure_ = Failure::kNone;
  failed_size_ = unread_ = messages_ = 0;
}

MessageStream::Next MessageStream::fail(Failure failure, std::uint64_t size) noexcept {
  failure_ = failure;
  failed_size_ = size;
  return {Found::kFailed, 0};
}

MessageStream::Next MessageStream::next(std::string_view bytes) {
  if (unread_ != 0) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(unread_, bytes.size()));
    unread_ -= unread_ == kAll ? 0 : size;
    return {size == 0 ? Found::kMore : Found::kUnread, size};
  }
  const Prefix prefix = read_prefix(bytes);
  switch (prefix.status) {
    case Prefix::Status::kMore:
      return {};
    case Prefix::Status::kBroken:
      return fail(Failure::kFraming, kAll);
    case Prefix::Status::kWhole:
      break;
  }
  const std::size_t frame = kPrefixBytes + prefix.size;
  if (prefix.size > settings_.message_bytes) {
    return fail(Failure::kSize, frame);
  }
  if (bytes.size() < frame) {
    return {};
  }
  is_compressed_ = prefix.is_compressed;
  const Failure failure =
      read(bytes.substr(kPrefixBytes, prefix.size), prefix.is_compressed ? settings_.encoding : Encoding::kIdentity);
  if (failure != Failure::kNone) {
    return fail(failure, frame);
  }
  ++messages_;
  return {Found::kMessage, frame};
}

Failure MessageStream::read(std::string_view payload, Encoding encoding) {
  message_ = payload;
  if (is_compressed_) {
    if (encoding == Encoding::kUnknown || encoding == Encoding::kIdentity) {
      return encoding == Encoding::kUnknown ? Failure::kEncoding : Failure::kUnmarked;
    }
    const coding::DecodeLimits limits{settings_.message_bytes, settings_.ratio};
    if (const auto error = decode_message(encoding, payload, limits, decoded_); error != DecodeError::kNone) {
      return failure_of(error);
    }
    message_ = decoded_;
  }
  if (settings_.codec == Codec::kOther) {
    fields_.clear();
    const FieldSource source{0, message_.size(), 0, Enclosure::kNone, config::GrpcKind::kBytes};
    const bool added = fields_.add("message", 0, source, message_, TextField::Kind::kText);
    fields_.seal();
    return added ? Failure::kNone : Failure::kFields;
  }
  switch (reader_.read(message_, settings_.schema, settings_.type, fields_)) {
    case ReadError::kNone:
      return Failure::kNone;
    case ReadError::kMalformed:
      return Failure::kProtobuf;
    case ReadError::kDepth:
    case ReadError::kFields:
      return Failure::kFields;
  }
  return Failure::kProtobuf;
}

MessageText MessageStream::text(EditList& edits) {
  edits.clear();
  edits.set_text_limit(std::max<std::size_t>(EditList::kMaxTextBytes, settings_.message_bytes));
  edits.begin_window(0, fields_.text().size());
  return {message_, fields_.text(), fields_.outer_begin(), fields_.fields(), &edits};
}

bool MessageStream::rewrite(EditList& edits, std::string& frame) {
  frame.clear();
  if (edits.empty()) {
    return true;
  }
  [[maybe_unused]] const auto end = edits.settle(fields_.text().size(), EditList::Part::kLast);
  std::string message;
  rewrite_message(message_, fields_, edits, message);
  edits.clear();
  std::string coded;
  if (is_compressed_ && !encode_message(settings_.encoding, message, coded)) {
    return false;
  }
  const std::string& payload = is_compressed_ ? coded : message;
  write_prefix(frame, is_compressed_ ? Compressed::kYes : Compressed::kNo, payload.size());
  frame.append(payload);
  return true;
}

void MessageStream::release() noexcept {
  constexpr std::size_t kLittle = 16U * 1024U;
  message_ = {};
  fields_.release();
  if (decoded_.capacity() > kLittle) {
    decoded_ = std::string();
  }
  if (reader_.memory_bytes() > kLittle) {
    reader_ = MessageReader();
  }
}

}  // namespace gabion::inspect::grpc
