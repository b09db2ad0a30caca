// A login as it passes: what the server asks, what the client answers, and what neither may say (sql.md §2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proxy/database_secret.h"
#include "proxy/net/send_queue.h"
#include "proxy/protocol/postgres/frame_reader.h"
#include "proxy/protocol/postgres/rows/mask_catalogue.h"
#include "proxy/session/reason.h"

namespace gabion::proxy {

/// What a client must name to cancel what it runs.
struct PostgresKey {
  std::uint32_t process = 0;
  std::string key;
};

/// Who hands out keys of our own in the place of the server's.
class PostgresLoginOwner {
 public:
  /// Once, before anything of the server's goes to the client: the server speaks 3.`minor`.
  virtual void settle_version(std::uint16_t minor) = 0;
  [[nodiscard]] virtual PostgresKey replace_key(const PostgresKey& servers) = 0;

 protected:
  ~PostgresLoginOwner() = default;
};

/// Whether both ways that a password would go are encrypted, to a server that was verified.
enum class PasswordRoad : std::uint8_t { kEncrypted, kReadable };

/// What becomes of mechanisms that bind to the channel.
enum class ChannelBinding : std::uint8_t {
  kTakenOut,  ///< the channel ends here
  kKept,      ///< the client was shown the server's own certificate
};

/// A login that the proxy makes itself, with a secret the client never sees.
struct OwnLogin {
  DatabaseLoginPlan plan;
  postgres::UpstreamLogin::Channel channel = postgres::UpstreamLogin::Channel::kPlain;
  std::string end_point;  ///< of the server's certificate; empty: nothing to bind to
  const postgres::ScramCrypto* crypto = nullptr;
  postgres::ScramKeyCache* keys = nullptr;
};

/// From the start-up packet to the first ReadyForQuery. Bytes in, bytes out; no sockets.
class PostgresLogin {
 public:
  struct Parts {
    SendQueue& to_client;
    SendQueue& to_server;
    PostgresLoginOwner& owner;
    PasswordRoad road = PasswordRoad::kReadable;
    postgres::MaskCatalogue* masks = nullptr;  ///< to be filled before the client is told that it may begin
    std::uint16_t minor = 0;                   ///< of version 3, which the server was asked for
    ChannelBinding binding = ChannelBinding::kTakenOut;
  };
  /// `own`: the client is told that it is let in, and asked for nothing.
  explicit PostgresLogin(const Parts& parts, std::optional<OwnLogin> own = {});

  enum class State : std::uint8_t {
    kGoing,
    kDone,    ///< ReadyForQuery has gone to the client
    kDenied,  ///< the server's own error has gone to the client: sqlstate()
    kEnded,   ///< the client said goodbye
    kFailed,  ///< reason(), detail()
  };
  /// Each answers how many bytes it took. What the client says unasked stays where it is.
  [[nodiscard]] std::size_t take_server(std::span<char> bytes);
  [[nodiscard]] std::size_t take_client(std::span<char> bytes);

  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] bool waits_for_client() const noexcept { return asked_; }
  [[nodiscard]] Reason reason() const noexcept { return reason_; }
  [[nodiscard]] std::string_view detail() const noexcept { return detail_; }
  /// What the client may be told of kFailed; empty: what its reason says.
  [[nodiscard]] std::string_view advice() const noexcept { return advice_; }
  [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }
  /// Of one message the client was given the beginning: what it is told now it would read as the rest.
  [[nodiscard]] bool is_within_message() const noexcept { return is_within_message_; }

 private:
  using Step = postgres::FrameReader::Step;
  enum class Fate : std::uint8_t { kPass, kReplaced, kStop };
  void pass(const Step& step, std::string_view bytes);
  [[nodiscard]] Fate take_answer(const Step& step);
  [[nodiscard]] Fate take_version(std::string_view body);
  [[nodiscard]] Fate take_catalogue(const Step& step);
  [[nodiscard]] bool add_catalogue_row();
  [[nodiscard]] Fate take_request(std::string_view body);
  [[nodiscard]] Fate take_own_request(std::string_view body);
  [[nodiscard]] Fate take_sasl(std::string_view mechanisms);
  [[nodiscard]] Fate take_setting(std::string_view body);
  [[nodiscard]] Fate take_end(std::string_view body);
  [[nodiscard]] Fate take_key(std::string_view body);
  [[nodiscard]] bool can_answer(std::string_view body) noexcept;
  [[nodiscard]] Fate fail(Reason reason, std::string_view detail) noexcept;

  Parts parts_;
  std::optional<OwnLogin> own_;
  std::optional<postgres::UpstreamLogin> own_login_;  // views own_
  postgres::FrameReader from_server_;
  postgres::FrameReader from_client_;
  State state_ = State::kGoing;
  bool settled_ = false;   // the version is
  bool took_out_ = false;  // a mechanism of the server's offer
  bool chooses_ = false;   // the client, a mechanism
  bool asked_ = false;
  bool accepted_ = false;       // AuthenticationOk
  bool told_strings_ = false;   // standard_conforming_strings
  bool told_encoding_ = false;  // client_encoding
  bool reads_catalogue_ = false;
  bool denied_ = false;  // by an error that may not be all here
  bool is_within_message_ = false;
  std::size_t passed_ = 0;  // that the server said, a message that has begun in full
  std::string row_;         // of the catalogue
  std::size_t catalogue_bytes_ = 0;
  Reason reason_ = Reason::kNone;
  std::string_view detail_;
  std::string_view advice_;
  std::string sqlstate_;
};

}  // namespace gabion::proxy
