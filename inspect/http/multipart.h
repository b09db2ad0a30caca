// A multipart/form-data body as arguments, files and part headers, with every doubt ModSecurity v3 has a flag for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "inspect/http/byte_arena.h"
#include "inspect/http/named_values.h"

namespace gabion::inspect::http {

/// One variable each: MULTIPART_ and the name in capitals.
struct MultipartFlags {
  bool boundary_quoted = false;
  bool boundary_whitespace = false;
  bool data_before = false;
  bool data_after = false;
  bool header_folding = false;
  bool invalid_header_folding = false;
  bool crlf_line = false;  ///< no variable: half of CRLF_LF_LINES
  bool lf_line = false;
  bool missing_semicolon = false;
  bool invalid_quoting = false;
  bool invalid_part = false;
  bool file_limit_exceeded = false;
  bool broken_boundary = false;  ///< no variable: in the content type or a line of the body; counts as a strict error
  /// MULTIPART_UNMATCHED_BOUNDARY. 1: a line before the first part begins with "--" and is not the boundary;
  /// 2: the same inside a part, which is ordinary in a PEM file; 0: neither.
  std::uint8_t unmatched_boundary = 0;

  [[nodiscard]] bool crlf_lf_lines() const noexcept { return crlf_line && lf_line; }
  /// MULTIPART_STRICT_ERROR
  [[nodiscard]] bool strict_error() const noexcept {
    return boundary_quoted || boundary_whitespace || data_before || data_after || header_folding ||
           invalid_header_folding || lf_line || missing_semicolon || invalid_quoting || invalid_part ||
           file_limit_exceeded || broken_boundary;
  }
};

struct MultipartLimits {
  std::uint32_t parts = 1000;
  std::uint32_t files = 0;  ///< SecUploadFileLimit, 0 = as many as parts; further ones are flagged and not listed
};

/// One thread.
class Multipart {
 public:
  void reset() noexcept;

  /// `content_type` is the whole header value. An empty body is no error and has no parts.
  /// Answers the first error. Reads on behind it where it can (all but a missing boundary and the limits), so that
  /// rules see what a lenient application may see. Both texts must outlive the values.
  BodyError parse(std::string_view content_type, std::string_view body, MultipartLimits limits);

  [[nodiscard]] const MultipartFlags& flags() const noexcept { return flags_; }
  /// Parts without a file name: ARGS_POST. Values are the bytes of the part, line breaks included.
  [[nodiscard]] std::span<const NamedValue> arguments() const noexcept { return arguments_; }
  [[nodiscard]] std::size_t arguments_combined_size() const noexcept { return arguments_combined_size_; }

  /// Parts with a file name that is not empty. name: the field; value: the file's name (FILES). A filename* that says
  /// something else is a second value of the same part: some applications take the one, some the other.
  [[nodiscard]] std::span<const NamedValue> files() const noexcept { return files_; }
  /// FILES_NAMES: name and value are the field.
  [[nodiscard]] std::span<const NamedValue> file_fields() const noexcept { return file_fields_; }
  /// FILES_SIZES: decimal, named by the field.
  [[nodiscard]] std::span<const NamedValue> file_sizes() const noexcept { return file_sizes_; }
  [[nodiscard]] std::uint64_t files_combined_size() const noexcept { return files_combined_size_; }

  /// MULTIPART_PART_HEADERS: named by the part's field; whole header lines with their line break, or, of a folded
  /// one, its lines joined by a space.
  [[nodiscard]] std::span<const NamedValue> part_headers() const noexcept { return part_headers_; }
  /// MULTIPART_NAME and MULTIPART_FILENAME: every name= and filename= read, name and value the same.
  [[nodiscard]] std::span<const NamedValue> names() const noexcept { return names_; }
  [[nodiscard]] std::span<const NamedValue> filenames() const noexcept { return filenames_; }

  static constexpr std::size_t kMaxBoundaryBytes = 200;
  static constexpr std::size_t kMaxHeaderBytes = 4096;  ///< of one part header, folded lines included
  static constexpr std::size_t kMaxPartHeaders = 64;    ///< of one part

  /// Heap bytes kept, for this body and the next.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

 private:
  enum class State : std::uint8_t { kBefore, kHeaders, kFirstLine, kContent, kAfter };

  BodyError read_boundary(std::string_view content_type);
  BodyError read_lines(std::string_view body);
  BodyError read_line(std::size_t start, std::size_t end);
  BodyError read_outside_headers(std::size_t start, std::size_t end);
  BodyError read_boundary_line(std::size_t start, std::string_view rest);
  void check_unmatched(std::string_view line);
  BodyError read_header_line(std::string_view line);
  BodyError fold_header(std::string_view line);
  BodyError end_headers();
  BodyError read_disposition(std::string_view value);
  BodyError read_parameter(std::string_view& rest);
  BodyError read_extended_filename(std::string_view& rest);
  BodyError read_parameter_value(std::string_view& rest, std::string_view& value);
  BodyError read_quoted(std::string_view& rest, std::string_view& value);
  BodyError finish(std::size_t tail);
  void end_part(std::size_t content_end);
  void add_file(std::size_t size);
  void note_line_end(std::string_view line) noexcept;
  void note(BodyError error) noexcept { error_ = error_ == BodyError::kNone ? error : error_; }

  ByteArena arena_;
  std::vector<NamedValue> arguments_;
  std::vector<NamedValue> files_;
  std::vector<NamedValue> file_fields_;
  std::vector<NamedValue> file_sizes_;
  std::vector<NamedValue> part_headers_;
  std::vector<NamedValue> names_;
  std::vector<NamedValue> filenames_;
  MultipartFlags flags_;
  MultipartLimits limits_;
  std::string_view body_;
  std::string_view boundary_;
  State state_ = State::kBefore;
  BodyError error_ = BodyError::kNone;  ///< the first one that did not stop the parser
  std::size_t boundaries_ = 0;
  std::size_t parts_ = 0;
  // The part being read.
  std::size_t first_header_ = 0;  ///< in part_headers_
  std::string_view field_;
  std::string_view filename_;
  std::string_view extended_filename_;  ///< of filename*
  std::size_t content_start_ = 0;
  std::size_t arguments_combined_size_ = 0;
  std::uint64_t files_combined_size_ = 0;
};

}  // namespace gabion::inspect::http
