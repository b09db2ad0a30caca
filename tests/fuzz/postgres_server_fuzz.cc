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
  const auto statement = std::make_shared<KnownStatement>();
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
