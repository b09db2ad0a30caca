// The demo's mesh: see mesh.h.
#include "proxy/commands/demo/mesh.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "proxy/commands/demo/client.h"
#include "proxy/net/socket.h"

namespace gabion::proxy::demo {
namespace {

constexpr auto kReadyWithin = std::chrono::seconds(20);
constexpr const char* kWebAddress = "127.0.0.21";
constexpr const char* kOrdersAddress = "127.0.0.22";
constexpr const char* kGuestAddress = "127.0.0.23";

config::Result<void> write_text(const std::filesystem::path& file, const std::string& text) {
  const auto fresh = file.string() + ".new";
  {
    std::ofstream stream(fresh, std::ios::binary);
    stream << text;
    if (!stream.flush()) {
      return config::Error{"cannot be written", fresh};
    }
  }
  std::filesystem::rename(fresh, file);  // at once: a reader sees the old or the new, never half
  return {};
}

/// A port that was free a moment ago.
config::Result<config::Endpoint> free_endpoint(const char* address) {
  const auto fd = open_listener({*config::IpAddress::parse(address), 0});
  if (fd.has_error()) {
    return fd.error();
  }
  const auto endpoint = local_endpoint(*fd);
  ::close(*fd);
  return endpoint;
}

std::string pod_manifest(const char* name, const char* address) {
  return fmt::format(
      "apiVersion: v1\nkind: Pod\n"
      "metadata: {{namespace: shop, name: {0}-0, uid: uid-{0}, labels: {{app: {0}}}}}\n"
      "spec: {{serviceAccountName: {0}, containers: [{{name: {0}, image: {0}, ports: [{{name: http, containerPort: "
      "8080}}]}}]}}\n"
      "status: {{phase: Running, podIP: {1}, podIPs: [{{ip: {1}}}]}}\n---\n",
      name, address);
}

constexpr std::string_view kNetworkPolicy = R"(apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shop, name: orders}
spec:
  podSelector: {matchLabels: {app: orders}}
  policyTypes: [Ingress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 8080}]
)";

std::string l7_policy(Permission permission) {
  return fmt::format(R"(apiVersion: gabion.dev/v1alpha1
kind: L7Policy
metadata: {{namespace: shop, name: orders-api}}
spec:
  podSelector: {{matchLabels: {{app: orders}}}}
  ingress:
  - action: Allow
    from: [{{serviceAccount: {{namespace: shop, name: web}}}}]
    ports: [{{port: 8080}}]
    protocol: HTTP
    http:
    - methods: {}
      paths: [{{prefix: /orders}}, {{prefix: /customers}}]
)",
                     permission == Permission::kRead ? "[GET]" : "[GET, DELETE]");
}

std::string common_configuration(const std::string& workload, const config::Endpoint& admin) {
  return fmt::format(R"(apiVersion: gabion.dev/v1alpha1
kind: Proxy
workload: {{namespace: shop, pod: {0}-0}}
identity: {{certificate: ../certs/{0}.crt, key: ../certs/{0}.key, trustBundle: ../certs/ca.crt, trustDomain: demo.gabion.dev}}
policy: {{directory: ../policy}}
admin: {{listen: "{1}"}}
log: {{level: warn, access: ./access.jsonl, audit: ./audit.jsonl}}
drain: {{notice: 1ms, grace: 1s}}
workers: 1
)",
                     workload, admin.to_string());
}

std::string outbound_configuration(const config::Endpoint& listen, const char* source,
                                   const config::Endpoint& destination) {
  return fmt::format(R"(outbound:
- name: calls
  listen: "{}"
  protocol: http
  sourceAddress: {}
  inspect: pass
  routes:
  - hosts: [orders.shop, "orders.shop.svc"]
    destination: "{}"
    port: 8080
    tls: {{mode: MUTUAL, serverIds: ["spiffe://demo.gabion.dev/ns/shop/sa/orders"]}}
inspection: {{profiles: {{pass: {{attacks: off, paymentCards: off}}}}}}
)",
                     listen.to_string(), source, destination.to_string());
}

std::string inbound_configuration(const config::Endpoint& listen, const config::Endpoint& service) {
  return fmt::format(R"(inbound:
- {{name: http, listen: "{}", port: 8080, protocol: http, target: "{}", tls: STRICT}}
inspection: {{profiles: {{default: {{attacks: block, paymentCards: mask}}}}}}
)",
                     listen.to_string(), service.to_string());
}

}  // namespace

config::Result<std::unique_ptr<Mesh>> Mesh::start(const config::Endpoint& service) {
  auto name = (std::filesystem::temp_directory_path() / "gabion-demo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return config::Error{"cannot make a temporary folder", name};
  }
  std::unique_ptr<Mesh> mesh(new Mesh(name));
  if (const auto written = mesh->write_files(service); written.has_error()) {
    return written.error();
  }
  const std::pair<const char*, config::Endpoint> workloads[] = {
      {"orders", mesh->addresses_.orders_admin}, {"web", mesh->web_admin_}, {"guest", mesh->guest_admin_}};
  for (const auto& [workload, admin] : workloads) {
    if (const auto launched = mesh->launch(workload, admin); launched.has_error()) {
      return launched.error();
    }
  }
  return mesh;
}

Mesh::~Mesh() {
  for (const pid_t process : processes_) {
    ::kill(process, SIGTERM);
  }
  for (const pid_t process : processes_) {
    ::waitpid(process, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

config::Result<void> Mesh::write_files(const config::Endpoint& service) {
  for (const char* folder : {"certs", "policy", "orders", "web", "guest"}) {
    std::filesystem::create_directories(folder_ / folder);
  }
  auto authority = Authority::create("gabion demo CA");
  if (authority.has_error()) {
    return authority.error();
  }
  if (const auto written = (*authority)->write_root(folder_ / "certs" / "ca.crt"); written.has_error()) {
    return written.error();
  }
  for (const char* workload : {"orders", "web", "guest"}) {
    const auto id = std::string("spiffe://demo.gabion.dev/ns/shop/sa/") + workload;
    if (const auto issued = (*authority)->issue(id, folder_ / "certs" / workload); issued.has_error()) {
      return issued.error();
    }
  }
  const std::pair<config::Endpoint*, const char*> wanted[] = {{&addresses_.orders_inbound, kOrdersAddress},
                                                              {&addresses_.web_outbound, "127.0.0.1"},
                                                              {&addresses_.guest_outbound, "127.0.0.1"},
                                                              {&addresses_.orders_admin, "127.0.0.1"},
                                                              {&web_admin_, "127.0.0.1"},
                                                              {&guest_admin_, "127.0.0.1"}};
  for (const auto& [endpoint, address] : wanted) {
    auto free = free_endpoint(address);
    if (free.has_error()) {
      return free.error();
    }
    *endpoint = *free;
  }
  const std::pair<std::filesystem::path, std::string> files[] = {
      {"policy/pods.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n" +
                               pod_manifest("web", kWebAddress) + pod_manifest("orders", kOrdersAddress) +
                               pod_manifest("guest", kGuestAddress)},
      {"policy/orders-networkpolicy.yaml", std::string(kNetworkPolicy)},
      {"orders/gabion.yaml", common_configuration("orders", addresses_.orders_admin) +
                                 inbound_configuration(addresses_.orders_inbound, service)},
      {"web/gabion.yaml", common_configuration("web", web_admin_) +
                              outbound_configuration(addresses_.web_outbound, kWebAddress, addresses_.orders_inbound)},
      {"guest/gabion.yaml",
       common_configuration("guest", guest_admin_) +
           outbound_configuration(addresses_.guest_outbound, kGuestAddress, addresses_.orders_inbound)}};
  for (const auto& [file, text] : files) {
    if (const auto written = write_text(folder_ / file, text); written.has_error()) {
      return written.error();
    }
  }
  return write_policy(Permission::kRead);
}

config::Result<void> Mesh::write_policy(Permission permission) const {
  return write_text(folder_ / "policy" / "orders-l7policy.yaml", l7_policy(permission));
}

config::Result<void> Mesh::launch(const std::string& workload, const config::Endpoint& admin) {
  const auto configuration = (folder_ / workload / "gabion.yaml").string();
  const auto output = (folder_ / workload / "output.log").string();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;  // a sidecar stops at SIGTERM, whatever is blocked here
  sigset_t nothing;
  sigemptyset(&nothing);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setsigmask(&attributes, &nothing);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string words[] = {"gabion", "run", "-c", configuration};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  pid_t process = 0;
  const int error = ::posix_spawn(&process, "/proc/self/exe", &actions, &attributes, arguments, environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return config::Error{"the sidecar cannot be started", workload};
  }
  processes_.push_back(process);
  const auto deadline = std::chrono::steady_clock::now() + kReadyWithin;
  while (std::chrono::steady_clock::now() < deadline) {
    if (ask(admin, {"GET", "/ready", "localhost"}).status == 200) {
      return {};
    }
    if (::waitpid(process, nullptr, WNOHANG) == process) {
      processes_.pop_back();
      std::ifstream log(output);
      return config::Error{"the sidecar ended: " + std::string(std::istreambuf_iterator<char>(log), {}), workload};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return config::Error{"the sidecar was not ready in time, see " + output, workload};
}

}  // namespace gabion::proxy::demo
