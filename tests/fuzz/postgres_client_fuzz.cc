// Any bytes as a client's: start-up packets and messages read the same at any cut, and nothing beyond an error.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "proxy/protocol/postgres/messages.h"
#include "proxy/protocol/postgres/startup_packet.h"
#include "proxy/protocol/postgres/startup_parameters.h"
#include "proxy/protocol/postgres/write.h"
#include "tests/proxy/protocol/postgres/reading.h"

namespace {

using namespace gabion::proxy::postgres;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void read_bodies(std::string_view body) {
  (void)read_query(body);
  (void)read_parse(body);
  (void)read_bind(body);
  (void)read_bind_beginning(body);
  (void)read_target(body);
  (void)read_execute(body);
}

void read_startup(std::string_view bytes) {
  StartupPacket packet;
  if (read_startup_packet(bytes, packet) != StartupReading::kPacket) {
    return;
  }
  require(packet.consumed <= bytes.size());
  StartupPacket shorter;
  require(read_startup_packet(bytes.substr(0, packet.consumed - 1), shorter) != StartupReading::kPacket);
  if (packet.kind != StartupKind::kStartup) {
    return;
  }
  const StartupParameters found = parse_startup_parameters(packet.parameters);
  if (found.refusal != StartupRefusal::kNone) {
    return;
  }
  // What we send on in its place says the same, and no more.
  std::vector<StartupParameter> parameters = {{"user", found.user}, {"database", found.database}};
  parameters.insert(parameters.end(), found.settings.begin(), found.settings.end());
  std::string ours;
  write_startup(ours, 0, parameters);
  require(read_startup_packet(ours, packet) == StartupReading::kPacket);
  const StartupParameters again = parse_startup_parameters(packet.parameters);
  require(again.refusal == StartupRefusal::kNone && again.user == found.user && again.database == found.database &&
          again.settings == found.settings);
}

}  // namespace

/// First byte: where to cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::string bytes(data + 1, data + size);
  read_startup(bytes);
  read_bodies(bytes);
  const std::string whole = read_messages(Sender::kClient, bytes, bytes.size() + 1);
  require(read_messages(Sender::kClient, bytes, 1) == whole);
  require(read_messages(Sender::kClient, bytes, 1 + data[0] % 32) == whole);
  return 0;
}
