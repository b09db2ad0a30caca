// The texts of one gRPC message as a reader: they are flat already, and their places are told, not read.
#pragma once

#include "inspect/dlp/fields/field_reader.h"
#include "inspect/message_text.h"

namespace gabion::inspect::dlp {

/// set_message() before begin(); the message is given to read() whole.
class MessageReader final : public FieldReader {
 public:
  /// Borrows its fields until the next.
  void set_message(const MessageText& message) noexcept { fields_ = message.fields; }

 private:
  void begin_decoding(const ContentType& /*type*/) override {}
  void decode(std::string_view raw) override { text().plain(raw); }
  void end_decoding() override {}
  void begin_structure() override {}
  void follow(FlatOffset /*to*/) override {}
  void list(FlatOffset to, PlaceList& places) const override;

  std::span<const TextField> fields_;
};

}  // namespace gabion::inspect::dlp
