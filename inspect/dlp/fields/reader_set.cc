// Made on demand: most connections carry one format.
#include "inspect/dlp/fields/reader_set.h"

namespace gabion::inspect::dlp {

FieldReader& ReaderSet::body(Format format) {
  std::unique_ptr<FieldReader>& reader = readers_[static_cast<std::size_t>(format)];
  if (reader == nullptr) {
    reader = make_body_reader(format);
  }
  return *reader;
}

void ReaderSet::release() noexcept {
  for (const std::unique_ptr<FieldReader>& reader : readers_) {
    if (reader != nullptr) {
      reader->release();
    }
  }
}

std::size_t ReaderSet::held_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const std::unique_ptr<FieldReader>& reader : readers_) {
    bytes += reader == nullptr ? 0 : reader->held_bytes();
  }
  return bytes;
}

}  // namespace gabion::inspect::dlp
