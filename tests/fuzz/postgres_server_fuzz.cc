// Any bytes as a server's: messages read the same at any cut, and answers that fit no question are broken, never lost.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "proxy/protocol/postgres/conversation.h"
#include "tests/proxy/protocol/postgres/reading.h"

namespace {

using namespace gabion::proxy::postgres;
using Expect = Conversation::Expect;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// What a client may have said, by the bits of a byte.
void say(Conversation& talk, std::uint8_t what) {
  const auto statement = make_local<KnownStatement>();
  const std::string denial = (what & 16U) != 0 ? "no" : "";
  switch (what % 9) {
    case 0:
      talk.said_parse("a", statement);
      break;
    case 1:
      talk.said_bind("", {statement});
      break;
    case 2:
      talk.said_close({Target::kStatement, "a"});
      break;
    case 3:
      talk.said_copy_end();
      break;
    default:
      talk.said(static_cast<Expect>(what % 9 == 8 ? 6 : what % 9), denial);
      break;
  }
}

/// The rows that `bytes` begin with, told one by one and as a run, are the same.
void compare_run(std::string bytes, std::uint64_t most_count, std::uint64_t most_body_bytes) {
  const FrameReader::Run run = FrameReader::run_of('D', bytes, most_count, most_body_bytes);
  FrameReader reader(Sender::kServer, 0);
  FrameReader::Run told;
  auto step = reader.next(bytes);
  while (step.event == FrameReader::Event::kWhole && step.type == 'D' && told.count < most_count &&
         step.length <= most_body_bytes - told.body_bytes) {
    told.bytes += step.consumed;
    told.body_bytes += step.length;
    ++told.count;
    step = reader.next(std::span(bytes).subspan(told.bytes));
  }
  require(run.bytes == told.bytes && run.count == told.count && run.body_bytes == told.body_bytes);
}

}  // namespace

/// First byte: where to cut. Second: how many bytes say what the client said.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::size_t said = std::min<std::size_t>(data[1] % 64, size - 2);
  Conversation talk;
  for (std::size_t i = 0; i < said; ++i) {
    say(talk, data[2 + i]);
  }
  const std::string bytes(data + 2 + said, data + size);
  const std::string whole = read_messages(Sender::kServer, bytes, bytes.size() + 1);
  require(read_messages(Sender::kServer, bytes, 1) == whole);
  require(read_messages(Sender::kServer, bytes, 1 + data[0] % 32) == whole);
  compare_run(bytes, data[0], 16U * data[0]);
  compare_run(bytes, bytes.size(), bytes.size());
  FrameReader reader(Sender::kServer, 0);
  std::string rest = bytes;
  for (auto step = reader.next(rest); step.consumed != 0; step = reader.next(rest)) {
    if (step.event != FrameReader::Event::kPiece &&
        talk.answered(step.type, {step.body.data(), step.body.size()}) == Conversation::Answer::kBroken) {
      break;
    }
    rest.erase(0, step.consumed);
    std::vector<StatementRef> found;
    talk.find_statements("a", found);
    talk.find_portals("", found);
  }
  return 0;
}
