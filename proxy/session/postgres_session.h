// A client's session of PostgreSQL: start-up, admission, login, statements and answers, the end.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "inspect/row_inspection.h"
#include "proxy/protocol/postgres/conversation.h"
#include "proxy/protocol/postgres/startup_packet.h"
#include "proxy/protocol/postgres/startup_parameters.h"
#include "proxy/protocol/postgres/write.h"
#include "proxy/session/downstream.h"
#include "proxy/session/postgres_back.h"
#include "proxy/session/postgres_catalogue.h"
#include "proxy/session/postgres_front.h"
#include "proxy/session/postgres_login.h"
#include "proxy/session/postgres_stop.h"
#include "proxy/session/result_pace.h"
#include "proxy/session/session_endpoint.h"
#include "proxy/session/sql_statement_judge.h"
#include "proxy/tls/database_stream.h"

namespace gabion::proxy {

/// Belongs to a Connection, whose fiber steps it: see postgres_opening.cc for how it begins, postgres_session.cc for
/// how it goes on. One connection to the server is one session's, never shared and never used again.
class PostgresSession final : private PostgresLoginOwner, private PostgresFrontOwner, private PostgresBackOwner {
 public:
  enum class Progress : std::uint8_t {
    kWait,   ///< step again after a wake
    kClose,  ///< over; close in order
    kReset,  ///< over; the client does not read or is gone
  };
  struct Deadline {
    EventLoop::Clock::time_point at;
    Reason reason = Reason::kNone;
  };

  /// `down` is the connection's: its snapshot and plan are the newest when step() is called. `sleeper` is woken.
  /// `first`: what was read of the client already; it is copied.
  PostgresSession(WorkerState& worker, Client& client, const Downstream& down, Wakeable& sleeper,
                  std::string_view first = {});
  ~PostgresSession();

  [[nodiscard]] Progress step();
  [[nodiscard]] Deadline deadline() const noexcept;
  /// Ends it, telling the client why; a second time: now.
  void end(Reason reason);
  /// The time of deadline() is over.
  void on_deadline(Reason reason);
  void revalidate(std::chrono::system_clock::time_point now, bool new_snapshot);
  /// Memory of the worker's, for whoever has to end the largest.
  [[nodiscard]] std::uint64_t held_bytes() const noexcept;
  [[nodiscard]] std::size_t kept_bytes() const noexcept;
  [[nodiscard]] EventLoop::Clock::time_point moved_at() const noexcept { return last_move_; }
  /// A statement or a transaction is under way.
  [[nodiscard]] bool busy() const noexcept;

 private:
  enum class Phase : std::uint8_t {
    kOpening,     ///< start-up packets
    kSecuring,    ///< TLS with an application outside the mesh
    kWaiting,     ///< for a place below limits.upstreamConnections
    kConnecting,  ///< to the server
    kLogin,
    kTalking,
    kCancelled,  ///< a cancel request is on its way
    kLeaving,    ///< the client said goodbye: the server has to hear it
    kEnding,     ///< the client has to hear why
    kOver,
  };
  enum class Reading : std::uint8_t { kMore, kNothing, kGone };

  static constexpr std::string_view kPinnedPath = "public";
  static constexpr std::uint16_t kLongKeysMinor = 2;  // the newest that is spoken; 3.1 was never one

  // How it begins: postgres_opening.cc.
  [[nodiscard]] bool open();
  void take_packet(const postgres::StartupPacket& packet);
  void begin(const postgres::StartupPacket& packet);
  void begin_cancel(const postgres::StartupPacket& packet);
  [[nodiscard]] bool admit();
  [[nodiscard]] inspect::ConnectionFacts facts() const noexcept;
  [[nodiscard]] inspect::policy::SqlAccess access(const Snapshot& snapshot) const;
  [[nodiscard]] bool make_judge(inspect::policy::SqlAccess found);
  void refuse_startup();

  // Encryption that the client wants: postgres_encryption.cc.
  enum class FirstByte : std::uint8_t { kNotYet, kTls, kOther };
  [[nodiscard]] bool offers_tls() const noexcept;
  [[nodiscard]] bool needs_tls() const noexcept;
  [[nodiscard]] FirstByte look_for_tls();
  void answer_encryption(postgres::StartupKind kind);
  void begin_securing(tls::DatabaseStream::Alpn alpn);
  [[nodiscard]] bool secure();
  [[nodiscard]] bool take_over_socket();

  enum class Account : std::uint8_t {
    kNone,     ///< the client proves itself to the server
    kOwn,      ///< the proxy holds the secret
    kForeign,  ///< the role is none of the client's
  };
  [[nodiscard]] Account find_account(const ListenerPlan& plan, const DatabaseLoginPlan** found) const noexcept;
  void refuse_role();
  [[nodiscard]] bool pump_cancel();

  // How it finds its server: postgres_dialling.cc.
  /// Whom this session calls: the endpoint that was picked, else the listener's only target.
  [[nodiscard]] const UpstreamPlan& upstream() const noexcept;
  /// The same under another plan; null: the endpoint is none of its service any more.
  [[nodiscard]] const UpstreamPlan* upstream_of(const ListenerPlan& plan) const noexcept;
  [[nodiscard]] bool pick_endpoint();
  [[nodiscard]] bool pick_server_of_cancel();
  [[nodiscard]] bool connect_elsewhere();
  [[nodiscard]] bool dial();
  [[nodiscard]] bool connect();
  void on_connected();
  void begin_login();
  [[nodiscard]] postgres::UpstreamLogin::Channel server_channel() const noexcept;
  [[nodiscard]] PasswordRoad password_road() const noexcept;
  [[nodiscard]] ChannelBinding channel_binding() const noexcept;
  void settle_version(std::uint16_t minor) override;
  [[nodiscard]] PostgresKey replace_key(const PostgresKey& servers) override;

  // What is made of its answers: postgres_answers.cc.
  /// A statement under way whose answer is told of.
  struct Trace {
    std::uint64_t tag = 0;
    bool is_sampled = false;
    EventLoop::Clock::time_point begun;
    std::chrono::system_clock::time_point begun_wall;
    std::uint64_t text_bytes = 0;
    std::string text;  // empty: too long to be kept
  };
  [[nodiscard]] inspect::RowInspection::Subject row_subject(const Snapshot& snapshot, std::size_t profile,
                                                            std::span<const inspect::DlpDemand> demands) const;
  void make_row_inspection(const inspect::policy::SqlAccess& found);
  [[nodiscard]] bool renew_row_inspection(const inspect::policy::SqlAccess& found, const Snapshot& snapshot,
                                          const ListenerPlan& plan);
  [[nodiscard]] postgres::RowGuard::Rules row_rules() noexcept;
  [[nodiscard]] bool is_sampled();
  [[nodiscard]] std::uint64_t on_run(std::string_view text) override;
  void forget_trace() noexcept;
  void on_answered(const PostgresAnswer& answer) override;
  void tell_answer(const Trace& trace, const PostgresAnswer& answer);
  void tell(StatementEvent& event, std::string_view text);
  void tell(Reason reason, std::string detail, const PostgresDenial& about);
  void count_answers() noexcept;
  void stop_what_was_cut();
  [[nodiscard]] bool pump_stop();
  void renew_catalogue();
  [[nodiscard]] bool pump_catalogue();
  [[nodiscard]] std::size_t much_of_result() const noexcept;
  void make_room_for_result();
  void pace_result(Reading reading, std::uint64_t bytes) noexcept;

  // How it goes on: postgres_session.cc.
  [[nodiscard]] bool advance();
  [[nodiscard]] bool pump_login();
  [[nodiscard]] std::string name_of_nothing();
  void after_login();
  [[nodiscard]] bool pump_front();
  bool take_from_client();
  void give_text_away();
  [[nodiscard]] bool take_text_back();
  [[nodiscard]] bool after_front();
  [[nodiscard]] bool pump_back();
  [[nodiscard]] bool has_nothing_of_server() const noexcept;
  [[nodiscard]] bool pump_leaving();
  [[nodiscard]] bool goes_on_alone() const noexcept;
  [[nodiscard]] bool leave();
  [[nodiscard]] Reading read(Transport& from, Buffer& in, std::size_t wanted, std::uint64_t& counter);
  [[nodiscard]] bool flush_both();
  [[nodiscard]] bool flush(SendQueue& queue, Transport& peer, std::uint64_t& counter);
  void on_client_gone();
  void on_server_gone();
  void on_denied(const PostgresDenial& denial) override;
  void on_dry_run(const StatementDryRun& dry_run) override;
  void on_noted(const PostgresDenial& note) override;
  void count_taint(std::string_view reason) noexcept;
  void follow_drain();
  void rest() noexcept;

  // How it ends: postgres_end.cc.
  [[nodiscard]] bool is_server_trusted(std::chrono::system_clock::time_point now) const noexcept;
  [[nodiscard]] bool is_server_of(const UpstreamPlan& plan) const noexcept;
  [[nodiscard]] bool server_fits(const ListenerPlan& plan) const noexcept;
  [[nodiscard]] bool fits(const ListenerPlan& plan) const noexcept;
  void refuse(Reason reason, std::string_view detail);
  void refuse(Reason reason, std::string_view detail, const postgres::ErrorText& text);
  void release_server();
  void finish();
  [[nodiscard]] Progress outcome();
  [[nodiscard]] PostgresTotals totals() const;
  void record();

  WorkerState& worker_;
  Client& client_;
  const Downstream& down_;
  Wakeable& sleeper_;
  Phase phase_ = Phase::kOpening;
  Buffer from_client_;
  SendQueue to_client_;
  SendQueue to_server_;
  std::unique_ptr<UpstreamConnection> server_;
  SessionEndpoint endpoint_;
  config::Endpoint dialled_;  // server_ is, or was to be; a plan may change while it is dialled
  config::UpstreamTls dialled_tls_ = config::UpstreamTls::kDisable;
  std::string server_spiffe_;
  postgres::StartupParameters startup_;
  std::optional<PostgresCancel> cancel_;
  std::optional<PostgresKey> key_;  // in worker_.cancels
  std::optional<PostgresKey> server_key_;
  std::optional<PostgresStop> stop_;
  std::optional<PostgresCatalogue> asked_again_;
  EventLoop::Clock::time_point asked_at_;
  bool wants_catalogue_ = false;
  std::optional<PostgresLogin> login_;
  postgres::Conversation talk_;
  std::optional<PostgresFront> front_;
  std::optional<PostgresBack> back_;
  ResultPace pace_;
  std::unique_ptr<SqlStatementJudge> judge_;
  std::unique_ptr<LongTexts::Reading> reading_;   // of a text that front_ awaits
  std::optional<postgres::MaskCatalogue> masks_;  // nothing: no column is withheld
  std::unique_ptr<inspect::RowInspection> rows_;  // null: no profile looks at answers
  bool pinned_ = false;                           // names without a schema are in kPinnedPath
  Charge charge_;

  std::shared_ptr<const Snapshot> admitted_under_;  // verdict_ views it
  inspect::Verdict verdict_;
  bool is_judged_ = false;
  tls::DatabaseStream* application_ = nullptr;  // client_.transport, when it is such
  tls::DatabaseStream::Alpn alpn_ = tls::DatabaseStream::Alpn::kOptional;
  std::shared_ptr<const tls::DatabaseServerContext> application_tls_;  ///< kSecuring: what it was told 'S' by
  std::uint16_t startup_minor_ = 0;                                    // of version 3, that the client asked for
  std::uint16_t minor_ = 0;                                            // that is spoken
  bool looked_for_tls_ = false;
  bool rests_on_own_login_ = false;
  bool asked_ssl_ = false;
  bool asked_gss_ = false;
  bool begun_ = false;   // there is something to tell in the log
  bool talked_ = false;  // the login is done
  bool client_gone_ = false;
  bool recorded_ = false;
  bool cut_ = false;
  Reason reason_ = Reason::kNone;
  std::string detail_;
  EventLoop::Clock::time_point start_;
  std::chrono::system_clock::time_point start_wall_;
  EventLoop::Clock::time_point since_;  // of the phase
  EventLoop::Clock::time_point last_move_;
  std::uint64_t counted_ = 0;  // statements
  std::uint64_t counted_cut_ = 0;
  std::uint64_t counted_withheld_ = 0;
  std::uint64_t counted_covered_ = 0;
  std::deque<Trace> traces_;  // in the order of their tags
  std::size_t trace_bytes_ = 0;
  std::uint64_t last_tag_ = 0;
  std::uint64_t sample_state_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace gabion::proxy
