// A relay for tests: logs in to a real PostgreSQL by UpstreamLogin and rewrites what it answers.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proxy/protocol/postgres/rows/mask_catalogue.h"
#include "proxy/protocol/postgres/rows/row_planner.h"
#include "proxy/protocol/postgres/rows/row_rewriter.h"
#include "proxy/protocol/postgres/rows/side_channels.h"
#include "proxy/protocol/postgres/upstream_login.h"
#include "proxy/tls/scram_crypto.h"
#include "tests/postgres/peer.h"

namespace {

using namespace gabion::proxy::postgres;
using namespace gabion::tests;

struct Options {
  std::uint16_t server = 0;
  std::string role;
  std::string secret;
  bool tls = false;
  LostLineage lost = LostLineage::kDeny;
  bool by_numbers = false;  ///< as if no statement read what is withheld
  std::vector<MaskPattern> masks;
  std::size_t hold_bytes = std::size_t{64} * 1024;
};

/// Texts with "4111" become "[CARD]".
class CardJudge final : public gabion::inspect::RowJudge {
 public:
  void begin_answer() override {}
  [[nodiscard]] bool judge(std::span<const gabion::inspect::RowText> texts,
                           std::vector<gabion::inspect::RowCover>& covers) override {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (texts[i].text.find("4111") != std::string_view::npos) {
        covers.push_back({i, "[CARD]"});
      }
    }
    return true;
  }
};

class Session {
 public:
  Session(const Options& options, int client, ScramKeyCache& keys)
      : options_(options),
        client_(client),
        masks_(options.masks),
        rewriter_({.hold_bytes = options.hold_bytes}),
        keys_(keys) {}

  void run();

 private:
  std::string read_startup();
  void connect();
  void log_in(const std::string& database);
  void read_catalogue();
  void relay_client();
  void relay_server();
  void rewrite_row(const Message& message);
  void plan(const RowDescription& description);

  const Options& options_;
  Peer client_;
  std::unique_ptr<Peer> server_;
  std::string end_point_;
  MaskCatalogue masks_;
  RowRewriter rewriter_;
  ScramKeyCache& keys_;
  CardJudge judge_;
  RowPlan plan_;
  std::map<std::string, RowDescription> described_;
  std::string asked_;  // the statement a Describe was about
  bool asked_statement_ = false;
  std::mt19937 random_{1};
  std::string out_;
};

std::string Session::read_startup() {
  while (true) {
    const std::string packet = client_.read(number_at(client_.read(4)) - 4);
    if (number_at(packet) != 80877103 && number_at(packet) != 80877104) {
      return packet.substr(4);
    }
    client_.write("N");
  }
}

void Session::connect() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.server);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server_ = std::make_unique<Peer>(fd);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("no server");
  }
  if (options_.tls) {
    server_->write(number(8) + number(80877103));
    if (server_->read(1) != "S") {
      fail("the server has no TLS");
    }
    end_point_ = server_->start_tls();
  }
}

void Session::log_in(const std::string& parameters) {
  const std::string body = number(196608) + parameters;
  server_->write(number(body.size() + 4) + body);
  LoginMethods methods;
  methods.add(LoginMethod::kScram);
  UpstreamLogin login({options_.role, options_.secret, methods,
                       options_.tls ? UpstreamLogin::Channel::kTls : UpstreamLogin::Channel::kPlain, end_point_},
                      gabion::proxy::tls::scram_crypto(), &keys_);
  for (auto step = UpstreamLogin::Step::kWait; step != UpstreamLogin::Step::kDone;) {
    const Message message = read_message(*server_);
    step = login.on_message(message.type, message.body);
    if (step == UpstreamLogin::Step::kSend) {
      server_->write(login.to_send());
    } else if (step == UpstreamLogin::Step::kFailed) {
      const std::string text = std::string("SFATAL\0C28000\0M", 15) + std::string(to_string(login.failure()));
      client_.write(Message{'E', text + std::string(2, '\0')}.bytes());
      fail(std::string(to_string(login.failure())));
    }
  }
  client_.write(Message{'R', number(0)}.bytes());
}

/// Asked when the server is ready for the first time; that it is ready is told the client afterwards.
void Session::read_catalogue() {
  server_->write(Message{'Q', masks_.query() + '\0'}.bytes());
  while (true) {
    const Message message = read_message(*server_);
    if (message.type == 'Z') {
      return;
    }
    if (message.type == 'E') {
      fail("the catalogue cannot be read: " + message.body);
    }
    if (message.type != 'D') {
      continue;
    }
    std::vector<std::string_view> row;
    std::string_view rest = std::string_view(message.body).substr(2);
    while (!rest.empty()) {
      const std::uint32_t size = number_at(rest);
      row.push_back(rest.substr(4, size));
      rest.remove_prefix(4 + size);
    }
    if (!masks_.add(row)) {
      fail("a row of the catalogue is none");
    }
  }
}

void Session::plan(const RowDescription& description) {
  const gabion::inspect::sql::Statement reads_nothing;
  auto made =
      plan_rows(description, options_.by_numbers ? &reads_nothing : nullptr, {.masks = &masks_, .lost = options_.lost});
  if (!made) {
    const std::string text("SERROR\0C42501\0Mlost lineage\0\0", 29);
    client_.write(Message{'E', text}.bytes() + Message{'Z', "I"}.bytes());
    fail("lost lineage");
  }
  plan_ = *std::move(made);
  rewriter_.use(plan_, &judge_);
}

void Session::rewrite_row(const Message& message) {
  rewriter_.begin(static_cast<std::uint32_t>(message.body.size()));
  const std::size_t most = 1 + random_() % (message.body.size() < 10'000 ? 64 : 100'000);
  for (std::string_view rest = message.body; !rest.empty();) {
    const std::string_view piece = rest.substr(0, 1 + random_() % most);
    if (const RowResult result = rewriter_.feed(piece, out_); result != RowResult::kOk) {
      fail("row " + std::to_string(static_cast<int>(result)));
    }
    rest.remove_prefix(piece.size());
  }
}

void Session::relay_server() {
  bool is_first = true;
  while (true) {
    const Message message = read_message(*server_);
    out_.clear();
    switch (message.type) {
      case 'Z':
        if (is_first) {
          is_first = false;
          read_catalogue();
        }
        out_ = message.bytes();
        break;
      case 'T': {
        RowDescription description;
        if (!description.read(message.body)) {
          fail("a description is none");
        }
        if (asked_statement_) {
          described_[asked_] = description;
        }
        plan(description);
        out_ = message.bytes();
        break;
      }
      case 'D':
        rewrite_row(message);
        break;
      case 'E':
      case 'N':
        if (!append_without_values(out_, message.type, message.body)) {
          fail("an error is none");
        }
        break;
      case 'A':
        if (!append_notification_without_payload(out_, message.body)) {
          fail("a notification is none");
        }
        break;
      case 'S':
        if (!append_parameter_without_free_text(out_, message.body)) {
          fail("a parameter is none");
        }
        break;
      default:
        out_ = message.bytes();
    }
    client_.write(out_);
  }
}

/// Clients of the tests wait for an answer before they bind.
void Session::relay_client() {
  try {
    while (true) {
      const Message message = read_message(client_);
      if (message.type == 'D') {
        asked_statement_ = message.body[0] == 'S';
        asked_ = message.body.substr(1, message.body.size() - 2);
      } else if (message.type == 'B') {
        const std::string name = message.body.c_str() + message.body.find('\0') + 1;
        std::vector<Format> formats;
        if (const auto known = described_.find(name); known != described_.end()) {
          RowDescription description = known->second;
          if (!read_result_formats(message.body, formats) || !description.set_formats(formats)) {
            fail("a bind is none");
          }
          plan(description);
        }
      }
      server_->write(message.bytes());
    }
  } catch (const std::runtime_error&) {
    server_->shut();
  }
}

void Session::run() {
  const std::string parameters = read_startup();
  connect();
  log_in(parameters);
  std::thread client([this] { relay_client(); });
  try {
    relay_server();
  } catch (const std::runtime_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  client_.shut();
  server_->shut();
  client.join();
}

MaskPattern read_pattern(const std::string& text) {
  const std::size_t first = text.find('.');
  const std::size_t last = text.rfind('.');
  return {text.substr(0, first), text.substr(first + 1, last - first - 1), text.substr(last + 1)};
}

/// SERVER-PORT ROLE SECRET plain|tls deny|scan|numbers HOLD-BYTES [schema.table.column]…
Options read_options(const std::vector<std::string>& words) {
  if (words.size() < 7) {
    std::exit(2);
  }
  Options options;
  options.server = static_cast<std::uint16_t>(std::stoi(words[1]));
  options.role = words[2];
  options.secret = words[3];
  options.tls = words[4] == "tls";
  options.lost = words[5] == "scan" ? LostLineage::kScan : LostLineage::kDeny;
  options.by_numbers = words[5] == "numbers";
  options.hold_bytes = static_cast<std::size_t>(std::stoul(words[6]));
  std::transform(words.begin() + 7, words.end(), std::back_inserter(options.masks), read_pattern);
  return options;
}

}  // namespace

/// Prints the port it listens on.
int main(int argc, char** argv) {
  const Options options = read_options({argv, argv + argc});
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 16) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 1;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  ScramKeyCache keys(gabion::proxy::tls::scram_crypto());
  while (true) {
    const int client = accept(listener, nullptr, nullptr);
    if (client < 0) {
      return 1;
    }
    try {
      Session(options, client, keys).run();
    } catch (const std::runtime_error& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
  }
}
