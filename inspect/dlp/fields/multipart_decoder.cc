// Line by line: a boundary is looked for where lines begin, headers are kept until their empty line.
#include <algorithm>
#include <utility>

#include "inspect/dlp/fields/multipart.h"
#include "inspect/http/ascii.h"

namespace gabion::inspect::dlp {

void MultipartDecoder::begin(const ContentType& type) {
  const bool is_usable = !type.boundary.empty() && type.boundary.size() <= kMaxBoundaryBytes;
  delimiter_ = is_usable ? "--" + std::string(type.boundary) : std::string();
  headers_.clear();
  names_.clear();
  matched_ = 0;
  in_ = In::kOutside;
  is_line_start_ = true;
}

void MultipartDecoder::plain(std::string_view bytes) {
  while (!bytes.empty()) {
    if (is_line_start_ && in_ != In::kBoundary && !delimiter_.empty()) {
      bytes.remove_prefix(match_boundary(bytes));
      continue;
    }
    const std::size_t newline = std::min(bytes.find('\n'), bytes.size() - 1);
    const std::string_view line = bytes.substr(0, newline + 1);
    is_line_start_ = line.back() == '\n';
    bytes.remove_prefix(line.size());
    pass(line);
  }
}

/// A charset in front of the whole: nobody does that.
void MultipartDecoder::unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) {
  finish();
  in_ = In::kOutside;
  delimiter_.clear();
  out_.unit(flat, raw_bytes, level);
}

/// How many bytes belong to the boundary, or may.
std::size_t MultipartDecoder::match_boundary(std::string_view bytes) {
  const std::string_view rest = std::string_view(delimiter_).substr(matched_);
  const auto differs = std::mismatch(bytes.begin(), bytes.end(), rest.begin(), rest.end());
  const auto same = static_cast<std::size_t>(differs.first - bytes.begin());
  if (same == rest.size()) {
    matched_ = 0;
    take_boundary();
    return same;
  }
  if (same == bytes.size()) {
    matched_ += same;
    return same;
  }
  is_line_start_ = false;
  if (matched_ > 0) {
    const std::size_t kept = std::exchange(matched_, 0);
    pass(std::string_view(delimiter_).substr(0, kept));
  }
  return 0;
}

void MultipartDecoder::pass(std::string_view line) {
  switch (in_) {
    case In::kOutside:
      out_.plain(line);
      return;
    case In::kBoundary:
      for (std::size_t i = 0; i < line.size() && is_behind_dashes_; ++i) {
        is_behind_dashes_ = line[i] == '-';
        dashes_ += is_behind_dashes_ ? 1 : 0;
      }
      out_.plain(line);
      if (is_line_start_) {
        end_boundary_line();
      }
      return;
    case In::kHeaders:
      out_.plain(line);
      read_header(line);
      return;
    case In::kPart:
      transfer_.plain(line);
      return;
  }
}

void MultipartDecoder::take_boundary() {
  end_part();
  out_.mark(kOutside);
  out_.plain(delimiter_);
  in_ = In::kBoundary;
  is_line_start_ = false;
  dashes_ = 0;
  is_behind_dashes_ = true;
}

void MultipartDecoder::end_boundary_line() {
  if (dashes_ >= 2) {
    in_ = In::kOutside;
    return;
  }
  in_ = In::kHeaders;
  headers_.clear();
  line_size_ = 0;
  out_.mark(kHeaders);
}

void MultipartDecoder::read_header(std::string_view line) {
  headers_.append(line.substr(0, kMaxHeaderBytes - std::min(headers_.size(), kMaxHeaderBytes)));
  const std::string_view text = line.substr(0, line.size() - (line.back() == '\n' ? 1 : 0));
  line_size_ += static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c != '\r'; }));
  if (line.back() != '\n') {
    return;
  }
  if (line_size_ == 0) {
    begin_part();
  }
  line_size_ = 0;
}

void MultipartDecoder::begin_part() {
  TransferLayer::Encoding encoding = TransferLayer::Encoding::kNone;
  std::string_view name;
  std::string_view charset;
  std::string_view rest = headers_;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (http::equals_lower(line.substr(0, colon), "content-disposition")) {
      name = parameter_of(value, "name");
    } else if (http::equals_lower(line.substr(0, colon), "content-type")) {
      charset = parameter_of(value, "charset");
    } else if (http::equals_lower(line.substr(0, colon), "content-transfer-encoding")) {
      const std::string_view word = http::without_end_spaces(http::without_front_spaces(value));
      encoding = http::equals_lower(word, "base64")             ? TransferLayer::Encoding::kBase64
                 : http::equals_lower(word, "quoted-printable") ? TransferLayer::Encoding::kQuotedPrintable
                                                                : TransferLayer::Encoding::kNone;
    }
  }
  in_ = In::kPart;
  json_.begin_unknown();
  charset_.begin(charset);
  transfer_.begin(encoding);
  const bool has_room = names_.size() < kMaxNames;
  out_.mark(has_room ? kFirstPart + static_cast<std::uint32_t>(names_.size()) : std::uint32_t{kUnnamedPart});
  if (has_room) {
    names_.emplace_back(name.substr(0, NameStack::kMaxNameBytes));
  }
}

void MultipartDecoder::end_part() {
  if (in_ == In::kPart) {
    transfer_.finish();
    charset_.finish();
    json_.finish();
  }
}

void MultipartDecoder::finish() {
  const std::size_t kept = std::exchange(matched_, 0);
  if (kept > 0) {
    is_line_start_ = false;
    pass(std::string_view(delimiter_).substr(0, kept));
  }
  end_part();
}

std::string_view MultipartDecoder::part_name(std::uint32_t mark) const noexcept {
  return mark < kFirstPart || mark - kFirstPart >= names_.size() ? std::string_view() : names_[mark - kFirstPart];
}

}  // namespace gabion::inspect::dlp
