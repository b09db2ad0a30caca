// What becomes of a COPY … TO STDOUT: planned when it begins, its rows rewritten. See row_guard.h.
#include "inspect/wipe.h"
#include "proxy/protocol/postgres/rows/copy_planner.h"
#include "proxy/protocol/postgres/rows/row_guard.h"
#include "proxy/protocol/postgres/rows/side_channels.h"

namespace gabion::proxy::postgres {
namespace {

std::string_view text_of(std::span<const char> bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

constexpr std::size_t kCopyHeadBytes = 3;  // format, number of columns

CopyFormat format_of(const inspect::sql::CopyOptions& options) noexcept {
  using Format = inspect::sql::CopyOptions::Format;
  switch (options.format) {
    case Format::kText:
      return CopyFormat::kText;
    case Format::kCsv:
      return CopyFormat::kCsv;
    case Format::kBinary:
      return CopyFormat::kBinary;
  }
  return CopyFormat::kText;
}

CopyRewriter::Header header_of(const inspect::sql::CopyOptions& options) noexcept {
  return options.header == inspect::sql::CopyOptions::Header::kFirstLine ? CopyRewriter::Header::kFirstLine
                                                                         : CopyRewriter::Header::kNone;
}

}  // namespace

/// COPY tells no table of its columns: the text says what it reads, and the catalogue which columns those are.
RowGuard::Fate RowGuard::begin_copy(const FrameReader::Step& step, const Answering& answering) {
  if (!plans()) {
    return Fate::kPass;
  }
  const std::string_view body = text_of(step.body);
  const auto* const statement = only_statement(answering.rules);
  const bool is_whole = step.event == FrameReader::Event::kWhole && body.size() >= kCopyHeadBytes;
  const bool is_binary = is_whole && body[0] != 0;
  if (!is_whole || statement == nullptr ||
      is_binary != (answering.rules->copy.format == inspect::sql::CopyOptions::Format::kBinary)) {
    return end("a COPY of who knows what");
  }
  const auto columns =
      static_cast<std::size_t>(static_cast<unsigned char>(body[1])) << 8U | static_cast<unsigned char>(body[2]);
  auto plan = plan_copy(*statement, answering.rules->copy, columns, plan_rules());
  if (!plan) {
    return end("a COPY of who knows what");
  }
  plan_ = *std::move(plan);
  begin_answer();
  is_copied_ = !plan_.keeps_all();
  if (is_copied_) {
    copy_.begin(plan_, rules_.judge, format_of(answering.rules->copy), header_of(answering.rules->copy));
  }
  return Fate::kPass;
}

/// Who reads COPY takes a message for a row: what comes in pieces leaves whole, as far as that much may be held.
RowGuard::Fate RowGuard::feed_copy(const FrameReader::Step& step, const Answering& answering, std::string& out) {
  switch (copy_.feed(text_of(step.body), copied_)) {
    case RowResult::kOk:
      break;
    case RowResult::kRefused:
      inspect::wipe(copied_);
      return cut(limit_of(answering), Cut::kSensitive);
    case RowResult::kMalformed:
    case RowResult::kTooLong:
      return end("a COPY that does not fit its statement");
  }
  const bool ends = step.event == FrameReader::Event::kWhole || step.ends;
  if (copied_.empty() || (!ends && copied_.size() < rules_.bounds.hold_bytes)) {
    return Fate::kReplace;
  }
  put_message(out, 'd', copied_);
  inspect::wipe(copied_);
  return Fate::kReplace;
}

RowGuard::Fate RowGuard::end_copy() {
  if (is_cut_) {
    rest_ = Rest::kDrop;
    return Fate::kReplace;
  }
  const bool is_whole = !is_copied_ || copy_.end() == RowResult::kOk;
  is_copied_ = false;
  return is_whole ? Fate::kPass : end("a COPY that ends within a row");
}

}  // namespace gabion::proxy::postgres
