// A reader put together from what undoes a format's escapes and what follows its structure.
#pragma once

#include <string_view>

#include "inspect/dlp/fields/charset_layer.h"
#include "inspect/dlp/fields/field_reader.h"

namespace gabion::inspect::dlp {

/// Decoder: Decoder(FlatText&), begin(type), input() the sink it is fed by, finish(). Lexer, copied as a whole:
/// begin(), read(bytes, offset, level, places or null), resume(offset, places), end(offset, places), notes(), and, if
/// the decoder makes marks, mark(id, offset, decoder, places or null).
template <class Decoder, class Lexer>
class FormatReader final : public FieldReader {
 public:
  FormatReader() = default;
  explicit FormatReader(Lexer lexer) : lexer_(lexer), probe_(lexer) {}

 private:
  void begin_decoding(const ContentType& type) override {
    decoder_.begin(type);
    charset_.begin(type.charset);
  }
  void decode(std::string_view raw) override { charset_.plain(raw); }
  void end_decoding() override {
    charset_.finish();
    decoder_.finish();
  }
  void begin_structure() override { lexer_.begin(); }

  void follow(FlatOffset to) override {
    lex(lexer_, to, nullptr);
    note(lexer_.notes() | charset_.notes());
  }

  void list(FlatOffset to, PlaceList& places) const override {
    probe_ = lexer_;
    probe_.resume(text().begin(), places);
    lex(probe_, to, &places);
    if (has_ended() && to == text().end()) {
      probe_.end(text().end(), places);
    }
  }

  void lex(Lexer& lexer, FlatOffset to, PlaceList* places) const {
    walk(
        to,
        [&lexer, places](std::string_view bytes, FlatOffset at, EscapeLevel level) {
          lexer.read(bytes, at, level, places);
        },
        [&lexer, places, this](const Mark& mark) {
          if constexpr (requires { lexer.mark(mark.id, mark.at, decoder_, places); }) {
            lexer.mark(mark.id, mark.at, decoder_, places);
          }
        });
  }

  Decoder decoder_{text()};
  CharsetLayer charset_{decoder_.input()};
  Lexer lexer_;
  mutable Lexer probe_;
};

}  // namespace gabion::inspect::dlp
