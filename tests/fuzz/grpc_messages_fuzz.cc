// gRPC bodies of any bytes: the same messages at every cut, and what was changed is one message again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "config/grpc/schema.h"
#include "inspect/grpc/message_stream.h"

namespace {

using namespace gabion::inspect;
using namespace gabion::inspect::grpc;
using gabion::config::GrpcKind;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// A message that holds one field of every kind, itself and a map.
const gabion::config::GrpcSchema& schema() {
  static const auto made = [] {
    gabion::config::GrpcSchema schema;
    schema.enums.push_back({{{0, "ZERO"}, {1, "ONE"}}});
    auto& message = schema.messages.emplace_back();
    message.name = "fuzz.Message";
    for (std::uint32_t number = 1; number <= 15; ++number) {
      message.fields.push_back(
          {number, static_cast<GrpcKind>(number - 1), false, false, 0, "f" + std::to_string(number)});
    }
    for (std::uint32_t number = 16; number <= 30; ++number) {
      message.fields.push_back(
          {number, static_cast<GrpcKind>(number - 16), true, false, 0, "r" + std::to_string(number)});
    }
    auto& entry = schema.messages.emplace_back();
    entry.name = "fuzz.Message.Entry";
    entry.fields.push_back({1, GrpcKind::kString, false, false, 0, "key"});
    entry.fields.push_back({2, GrpcKind::kMessage, false, false, 0, "value"});
    schema.messages[0].fields.push_back({31, GrpcKind::kMessage, true, true, 1, "map"});
    return schema;
  }();
  return made;
}

std::string told(const MessageText& text) {
  std::string all;
  for (const TextField& field : text.fields) {
    require(field.begin <= field.end && field.end < text.text.size());
    require((field.kind == TextField::Kind::kOuter) == (field.begin >= text.outer_begin));
    all.append(field.name).append("=").append(text.value(field)).append("\n");
  }
  return all;
}

/// Replaces the first text of a message whose type is known: what leaves is one whole message of that type again.
void try_rewriting(MessageStream& stream, const MessageStream::Settings& settings, std::string_view change) {
  EditList edits;
  const MessageText text = stream.text(edits);
  const TextField* chosen = nullptr;
  for (const TextField& field : text.fields) {
    if (field.kind == TextField::Kind::kText && field.end > field.begin && settings.schema != nullptr) {
      chosen = &field;
      break;
    }
  }
  if (chosen == nullptr) {
    return;
  }
  const std::size_t size = chosen->end - chosen->begin;
  require(edits.replace(chosen->begin, static_cast<std::uint32_t>(size), change));
  std::string frame;
  require(stream.rewrite(edits, frame));
  MessageStream again;
  auto wide = settings;
  wide.message_bytes += 4096;
  again.begin(wide);
  const auto next = again.next(frame);
  require(next.found == MessageStream::Found::kMessage && next.size == frame.size());
}

std::vector<std::string> read(std::string_view body, std::size_t piece, const MessageStream::Settings& settings) {
  std::vector<std::string> events;
  MessageStream stream;
  stream.begin(settings);
  std::string held;
  EditList edits;
  while (!body.empty()) {
    held.append(body.substr(0, piece));
    body.remove_prefix(std::min(piece, body.size()));
    for (auto next = stream.next(held); next.found != MessageStream::Found::kMore; next = stream.next(held)) {
      if (next.found == MessageStream::Found::kFailed) {
        events.push_back("failed " + std::string(to_string(stream.failure())));
        return events;
      }
      events.push_back(told(stream.text(edits)));
      try_rewriting(stream, settings, "");
      try_rewriting(stream, settings, "another value that is rather longer than what stood there before it");
      require(next.size <= held.size());
      held.erase(0, next.size);
    }
  }
  events.push_back(held);
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 4096) {
    return 0;
  }
  MessageStream::Settings settings;
  settings.message_bytes = 2048;
  settings.ratio = 100;
  settings.encoding = static_cast<Encoding>(data[0] & 3U);
  settings.codec = (data[0] & 4U) != 0 ? Codec::kOther : Codec::kProtobuf;
  if ((data[0] & 8U) == 0) {
    settings.schema = &schema();
    settings.type = 0;
  }
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = read(body, body.size() + 1, settings);
  require(read(body, 1, settings) == whole);
  require(read(body, std::size_t{data[1] % 61U} + 1, settings) == whole);
  return 0;
}
