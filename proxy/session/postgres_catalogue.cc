// Asks a server again which columns are withheld: see postgres_catalogue.h.
#include "proxy/session/postgres_catalogue.h"

#include <array>
#include <utility>

#include "proxy/protocol/postgres/body_reader.h"
#include "proxy/protocol/postgres/write.h"
#include "proxy/session/postgres_back.h"

namespace gabion::proxy {
namespace {

using postgres::FrameReader;

constexpr std::size_t kMostBytes = 32U << 20U;
constexpr std::size_t kMostBodyBytes = 1024;

}  // namespace

PostgresCatalogue::PostgresCatalogue(postgres::MaskCatalogue& masks, SendQueue& to_client, SendQueue& to_server,
                                     std::string_view name)
    : masks_(masks), fresh_(masks.patterns()), to_client_(to_client), reader_(postgres::Sender::kServer, 0) {
  std::string question;
  postgres::write_named_query(question, name, masks.query());
  to_server.append(question);
}

std::size_t PostgresCatalogue::take(std::span<char> bytes) {
  std::size_t at = 0;
  while (state_ == State::kGoing) {
    const Step step = reader_.next(bytes.subspan(at));
    if (step.event == FrameReader::Event::kNeedMore) {
      break;
    }
    bytes_ += step.consumed;
    if (step.event == FrameReader::Event::kError || bytes_ > kMostBytes) {
      state_ = State::kFailed;
      break;
    }
    take_step(step, bytes.subspan(at, step.consumed));
    at += step.consumed;
  }
  return at;
}

/// `bytes`: of the step, as they came.
void PostgresCatalogue::take_step(const Step& step, std::span<const char> bytes) {
  if (step.event != FrameReader::Event::kPiece) {
    body_.clear();
  }
  body_.append(step.body.data(), body_.size() < kMostBodyBytes ? step.body.size() : 0);
  const bool is_whole = step.event == FrameReader::Event::kWhole || step.ends;
  switch (step.type) {
    case '1':
    case '2':
    case '3':
    case 'C':
    case 'N':  // of ours: of no interest to the client
      return;
    case 'A':
      to_client_.append({bytes.data(), bytes.size()});
      return;
    case 'S':
      to_client_.append({bytes.data(), bytes.size()});
      state_ = is_whole && !is_safe_setting(body_) ? State::kFailed : state_;
      return;
    case 'D':
      if (body_.size() > kMostBodyBytes || (is_whole && !add_row())) {
        state_ = State::kFailed;
      }
      return;
    case 'Z':
      masks_ = std::move(fresh_);
      state_ = State::kDone;
      return;
    default:
      state_ = State::kFailed;
  }
}

bool PostgresCatalogue::add_row() {
  postgres::BodyReader reader(body_);
  std::array<std::string_view, postgres::MaskCatalogue::kQueryColumns> values;
  if (reader.int16() != values.size()) {
    return false;
  }
  for (std::string_view& value : values) {
    const auto size = reader.int32();
    const auto text = size ? reader.bytes(*size) : std::nullopt;
    if (!text) {
      return false;
    }
    value = *text;
  }
  return reader.at_end() && fresh_.add(values);
}

}  // namespace gabion::proxy
