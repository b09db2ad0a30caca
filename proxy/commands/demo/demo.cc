// `gabion demo`: a CA, three sidecars, a web service and real requests between them, shown as a table.
#include <fmt/color.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <iostream>
#include <memory>

#include "proxy/commands/commands.h"
#include "proxy/commands/demo/mesh.h"
#include "proxy/commands/demo/scenes.h"
#include "proxy/commands/demo/service.h"

namespace gabion::proxy {
namespace {

struct Options {
  bool keep = false;
  bool json = false;
};

void print_json(const std::vector<demo::SceneResult>& results) {
  boost::json::array rows;
  for (const auto& row : results) {
    rows.push_back(boost::json::object{{"title", row.title},
                                       {"sent", row.sent},
                                       {"came_back", row.came_back},
                                       {"why", row.why},
                                       {"as_expected", row.as_expected}});
  }
  std::cout << rows << '\n';
}

void print_table(const std::vector<demo::SceneResult>& results) {
  const bool colour = ::isatty(STDOUT_FILENO) != 0;
  for (const auto& row : results) {
    const auto style =
        colour ? fmt::emphasis::bold | fmt::fg(row.as_expected ? fmt::terminal_color::green : fmt::terminal_color::red)
               : fmt::text_style();
    fmt::print(style, "{} {}\n", row.as_expected ? "ok  " : "FAIL", row.title);
    fmt::print("     sent       {}\n     came back  {}\n     why        {}\n\n", row.sent, row.came_back, row.why);
  }
}

void print_addresses(const demo::Mesh& mesh) {
  const auto& at = mesh.addresses();
  fmt::print("Try by hand:\n");
  fmt::print("  curl -i -H 'Host: orders.shop' http://{}/orders             # as shop/web: allowed\n",
             at.web_outbound.to_string());
  fmt::print("  curl -i -H 'Host: orders.shop' http://{}/customers/7        # the card number is masked\n",
             at.web_outbound.to_string());
  fmt::print("  curl -i -H 'Host: orders.shop' http://{}/orders             # as shop/guest: denied\n",
             at.guest_outbound.to_string());
  fmt::print("  curl http://{}/metrics                                      # the orders sidecar's admin port\n",
             at.orders_admin.to_string());
  fmt::print("Files (configuration, policies, certificates, logs): {}\n", mesh.folder().string());
}

/// SIGINT and SIGTERM wait until somebody asks for them: what is half built is taken down in order. Made before any
/// thread is, so that none of them is killed by one.
class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  /// Returns when one comes, or has come since.
  void wait() const noexcept {
    int number = 0;
    ::sigwait(&signals_, &number);
  }

 private:
  sigset_t signals_;
};

int run_demo(const Options& options) {
  const BlockedSignals signals;
  if (!options.json) {
    fmt::print("Making a CA and three identities, starting a web service and three sidecars on loopback ...\n\n");
  }
  std::fflush(stdout);
  auto service = demo::Service::start();
  if (service.has_error()) {
    std::cerr << service.error().to_string() << '\n';
    return kExitFailed;
  }
  auto mesh = demo::Mesh::start((*service)->endpoint());
  if (mesh.has_error()) {
    std::cerr << mesh.error().to_string() << '\n';
    return kExitFailed;
  }
  const auto results = demo::play(**mesh, **service);
  const bool good = std::all_of(results.begin(), results.end(), [](const auto& row) { return row.as_expected; });
  if (options.json) {
    print_json(results);
  } else {
    print_table(results);
    fmt::print("{}\n", good ? "All as it should be." : "Something is not as it should be.");
  }
  if (options.keep) {
    print_addresses(**mesh);
    fmt::print("Ctrl-C ends the demo and removes the files.\n");
    std::fflush(stdout);
    signals.wait();
  } else if (!options.json) {
    fmt::print("Run it with --keep to try by hand.\n");
  }
  return good ? kExitOk : kExitFailed;
}

}  // namespace

void add_demo(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("demo", "Show the main job on real traffic between throw-away sidecars");
  auto options = std::make_shared<Options>();
  command->add_flag("--keep", options->keep, "Leave everything running and print the addresses to try by hand");
  command->add_flag("--json", options->json, "Print the results as JSON");
  command->footer(
      "Uses loopback addresses and a temporary folder, and leaves nothing behind.\n"
      "Exit: 0 all as expected, 1 not.\nExample:\n  gabion demo --keep");
  command->callback([options, &chosen] { chosen = [options] { return run_demo(*options); }; });
}

}  // namespace gabion::proxy
