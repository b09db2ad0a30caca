// Reads a request body as its media type says and matches what it says.
#pragma once

#include <string_view>

#include "inspect/attack/body_scanner.h"
#include "inspect/attack/decoders.h"
#include "inspect/attack/signatures.h"
#include "inspect/body_type.h"

namespace gabion::inspect::attack {

/// Belongs to one connection; used for its exchanges one after another.
class BodyReader {
 public:
  /// Borrows `sets`.
  explicit BodyReader(const SignatureSets& sets) noexcept;

  /// Starts a body. What is declared otherwise and begins with '{' or '[' is read as JSON, too.
  void begin(MediaType type) noexcept;
  /// Adds the signatures found in `bytes` to `matches`, which must be empty; pattern = signature id. Those of other
  /// places than places() may be among them.
  [[nodiscard]] match::ScanStatus feed(std::string_view bytes, Scratch& scratch, match::MatchList& matches);
  [[nodiscard]] match::ScanStatus finish(Scratch& scratch, match::MatchList& matches);

  /// Which signatures count.
  [[nodiscard]] unsigned places() const noexcept { return places_; }

 private:
  enum class Decoder : std::uint8_t { kNone, kForm, kJson };
  [[nodiscard]] match::ScanStatus open(Scratch& scratch, match::MatchList& matches);
  [[nodiscard]] BodyScanner& scanner() noexcept { return places_ == kRaw ? raw_ : text_; }
  void sniff(std::string_view& bytes) noexcept;
  void to_signatures(match::MatchList& matches) const noexcept;

  const SignatureSets& sets_;
  BodyScanner text_;
  BodyScanner raw_;
  PercentDecoder form_{PercentSyntax::kForm};
  JsonUnescaper json_;
  Decoder decoder_ = Decoder::kNone;
  unsigned places_ = kRaw;
  bool is_sniffing_ = false;
  bool is_open_ = false;
};

}  // namespace gabion::inspect::attack
