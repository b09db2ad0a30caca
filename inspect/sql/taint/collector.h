// Takes the values of a request that could be structure in a statement, as they came and decoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/sql_taint_config.h"
#include "inspect/http/byte_arena.h"
#include "inspect/http/json_body.h"
#include "inspect/sql/taint/candidate.h"

namespace gabion::inspect::sql::taint {

/// One request at a time, one thread. A value counts if, trimmed, it has the least length and holds a byte that is no
/// letter, digit or '_'; each is also decoded (percent and '+', JSON, base64), and what comes out again, at most
/// kMostLayers deep. Keeps at most config.values of them and config.request_bytes; the rest is only counted.
class Collector {
 public:
  static constexpr unsigned kMostLayers = 3;

  explicit Collector(const config::SqlTaintConfig& config) : config_(config) {}

  /// Begins a request.
  void reset() noexcept;
  /// Gives back what only a large request needed.
  void release() noexcept;

  /// Where a value came from: "query" and "q" make the source "query:q".
  struct Place {
    std::string_view part;
    std::string_view name;  ///< foreign bytes: what is no plain character of a name becomes '?'
  };

  void add(const Place& place, std::string_view value) { add_layer(place, value, 0); }
  /// name=value pieces between '&', of a query or a form.
  void add_form(std::string_view part, std::string_view text);
  /// Pieces between ';'.
  void add_cookies(std::string_view text);
  /// Segments of a path without its query, and the rest of it from each on: what a route calls a value may hold '/'.
  void add_path(std::string_view path);
  /// Every string of a JSON text, also of one that breaks off or has another behind it.
  void add_json(const Place& place, std::string_view text);
  void add_multipart(std::string_view content_type, std::string_view body);

  /// What was found since the last taken(); valid until the next call.
  [[nodiscard]] std::span<const Candidate> fresh() const noexcept { return std::span(found_).subspan(taken_); }
  void taken() noexcept { taken_ = found_.size(); }

  /// Values that were one too many, since reset().
  [[nodiscard]] std::uint32_t cut() const noexcept { return cut_; }
  [[nodiscard]] std::size_t held_bytes() const noexcept;

 private:
  void add_layer(const Place& place, std::string_view value, unsigned layer);
  void add_piece(std::string_view part, std::string_view piece);
  http::BodyError add_document(const Place& place, std::string_view text, unsigned layer);
  void keep(const Place& place, std::string_view value);
  [[nodiscard]] std::string_view source_of(const Place& place);

  const config::SqlTaintConfig config_;
  http::ByteArena arena_;
  /// A parser for each layer: what it found is read while the next one is at work. Made when needed.
  std::array<std::unique_ptr<http::JsonBody>, kMostLayers + 1> documents_;
  std::vector<Candidate> found_;
  std::size_t taken_ = 0;
  std::size_t bytes_ = 0;
  std::uint32_t cut_ = 0;
};

}  // namespace gabion::inspect::sql::taint
