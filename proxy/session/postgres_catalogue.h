// Asks a server again which columns are withheld, between two statements of its client, who hears nothing of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proxy/net/send_queue.h"
#include "proxy/protocol/postgres/frame_reader.h"
#include "proxy/protocol/postgres/rows/mask_catalogue.h"

namespace gabion::proxy {

/// Bytes in, bytes out; no sockets. By the extended protocol and under a name nobody can guess: the client's unnamed
/// statement stays what it is. Within the client's transaction, so that what it defined there is seen.
class PostgresCatalogue {
 public:
  /// Borrows all; `masks` keeps what it knew until kDone. `name`: of nothing.
  PostgresCatalogue(postgres::MaskCatalogue& masks, SendQueue& to_client, SendQueue& to_server, std::string_view name);

  enum class State : std::uint8_t { kGoing, kDone, kFailed };
  /// Takes what it can of `bytes`; answers how many it took. Beyond kDone it takes nothing.
  [[nodiscard]] std::size_t take(std::span<char> bytes);
  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] std::size_t wanted() const noexcept { return reader_.wanted(); }

 private:
  using Step = postgres::FrameReader::Step;
  void take_step(const Step& step, std::span<const char> bytes);
  [[nodiscard]] bool add_row();

  postgres::MaskCatalogue& masks_;
  postgres::MaskCatalogue fresh_;
  SendQueue& to_client_;
  postgres::FrameReader reader_;
  State state_ = State::kGoing;
  std::string body_;
  std::size_t bytes_ = 0;
};

}  // namespace gabion::proxy
