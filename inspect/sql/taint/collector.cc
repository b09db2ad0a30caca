// Splits, decodes and keeps.
#include "inspect/sql/taint/collector.h"

#include <algorithm>

#include "inspect/http/multipart.h"
#include "inspect/sql/taint/decodings.h"

namespace gabion::inspect::sql::taint {
namespace {

constexpr std::uint32_t kMostJsonDepth = 64;
constexpr std::uint32_t kMostJsonValues = 10'000;
constexpr std::size_t kMostDocuments = 1000;  ///< lines of newline-delimited JSON
constexpr std::size_t kMostRests = 8;         ///< of a path

bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'f');
}

/// Of a value that could end a literal or add to a statement: not one token wherever it stands. An escape that was not
/// decoded could not.
bool has_structure(std::string_view value) noexcept {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%' && i + 2 < value.size() && is_hex(value[i + 1]) && is_hex(value[i + 2])) {
      i += 2;
    } else if (!is_word_byte(value[i])) {
      return true;
    }
  }
  return false;
}

/// Of a part of a path with '/' in it: it may be more than segments.
bool may_be_one_value(std::string_view rest) noexcept {
  return rest.find_first_of("'\"*=()<>|;%+ ") != std::string_view::npos || rest.find("--") != std::string_view::npos;
}

bool is_plain(char c) noexcept {
  constexpr std::string_view kOthers = "_.-[]$";
  const bool is_ascii = (static_cast<unsigned char>(c) & 0x80U) == 0;
  return is_ascii && (is_word_byte(c) || kOthers.find(c) != std::string_view::npos);
}

}  // namespace

void Collector::reset() noexcept {
  arena_.reset();
  found_.clear();
  taken_ = bytes_ = 0;
  cut_ = 0;
}

void Collector::release() noexcept {
  constexpr std::size_t kFew = 256;
  reset();
  documents_ = {};
  if (found_.capacity() > kFew) {
    found_ = {};
  }
}

std::size_t Collector::held_bytes() const noexcept {
  std::size_t bytes = arena_.held_bytes() + found_.capacity() * sizeof(Candidate);
  for (const auto& document : documents_) {
    bytes += document == nullptr ? 0 : document->held_bytes();
  }
  return bytes;
}

void Collector::add_layer(const Place& place, std::string_view value, unsigned layer) {
  const std::string_view trimmed = trim(value);
  if (trimmed.size() < config_.min_length || trimmed.size() > config_.request_bytes) {
    cut_ += trimmed.size() > config_.request_bytes ? 1 : 0;
    return;
  }
  if (layer < kMostLayers && bytes_ < config_.request_bytes) {
    if (const auto decoded = decode_percent(trimmed, arena_)) {
      add_layer(place, *decoded, layer + 1);
    }
    if (looks_like_json(trimmed)) {
      add_document(place, trimmed, layer + 1);
    } else if (const auto decoded = decode_base64(trimmed, arena_)) {
      add_layer(place, *decoded, layer + 1);
    }
  }
  if (has_structure(trimmed)) {
    keep(place, trimmed);
  }
}

void Collector::keep(const Place& place, std::string_view value) {
  const bool known =
      std::any_of(found_.begin(), found_.end(), [value](const Candidate& earlier) { return earlier.value == value; });
  if (known) {
    return;
  }
  if (found_.size() >= config_.values || bytes_ + value.size() > config_.request_bytes) {
    ++cut_;
    return;
  }
  bytes_ += value.size();
  found_.push_back({arena_.copy(value), source_of(place)});
}

std::string_view Collector::source_of(const Place& place) {
  const std::string_view name = place.name.substr(0, kMaxSourceBytes - place.part.size() - 1);
  const std::size_t size = place.part.size() + (name.empty() ? 0 : 1 + name.size());
  char* const begin = arena_.allocate(size);
  char* out = std::copy(place.part.begin(), place.part.end(), begin);
  if (!name.empty()) {
    *out++ = ':';
    std::transform(name.begin(), name.end(), out, [](char c) { return is_plain(c) ? c : '?'; });
  }
  return {begin, size};
}

void Collector::add_piece(std::string_view part, std::string_view piece) {
  const std::size_t equals = piece.find('=');
  const std::string_view name = piece.substr(0, equals);
  if (equals != std::string_view::npos) {
    add({part, name}, piece.substr(equals + 1));
  }
  add({part, {}}, name);
}

void Collector::add_form(std::string_view part, std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('&'), text.size());
    add_piece(part, text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
}

void Collector::add_cookies(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find(';'), text.size());
    add_piece("cookie", trim(text.substr(0, size)));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
}

void Collector::add_path(std::string_view path) {
  std::size_t rests = 0;
  while (!path.empty()) {
    const std::size_t size = std::min(path.find('/'), path.size());
    add({"path", {}}, path.substr(0, size));
    if (size != 0 && size < path.size() && rests < kMostRests && may_be_one_value(path)) {
      ++rests;
      add({"path", {}}, path);
    }
    path.remove_prefix(std::min(size + 1, path.size()));
  }
}

void Collector::add_json(const Place& place, std::string_view text) {
  if (add_document(place, text, 0) != http::BodyError::kTrailingBytes) {
    return;
  }
  for (std::size_t lines = 0; !text.empty() && lines < kMostDocuments; ++lines) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    add_document(place, text.substr(0, size), 0);
    text.remove_prefix(std::min(size + 1, text.size()));
  }
}

/// On an error strings before the mistake were taken all the same.
http::BodyError Collector::add_document(const Place& place, std::string_view text, unsigned layer) {
  auto& document = documents_[layer];
  if (document == nullptr) {
    document = std::make_unique<http::JsonBody>();
  }
  document->reset();
  const auto error = document->parse(text, {kMostJsonDepth, kMostJsonValues});
  for (const auto& value : document->values()) {
    constexpr std::string_view kRoot = "json.";
    const std::string_view name = value.name.substr(value.name.starts_with(kRoot) ? kRoot.size() : 0);
    add_layer({place.part, layer == 0 ? name : place.name}, value.value, layer);
  }
  return error;
}

void Collector::add_multipart(std::string_view content_type, std::string_view body) {
  http::Multipart parts;
  (void)parts.parse(content_type, body, {});
  for (const auto& argument : parts.arguments()) {
    add({"body", argument.name}, argument.value);
  }
  for (const auto& file : parts.files()) {
    add({"body", file.name}, file.value);
  }
}

}  // namespace gabion::inspect::sql::taint
