// What the demo shows: see scenes.h.
#include "proxy/commands/demo/scenes.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "proxy/commands/demo/client.h"

namespace gabion::proxy::demo {
namespace {

constexpr auto kLogWithin = std::chrono::seconds(3);
constexpr auto kPolicyWithin = std::chrono::seconds(10);
constexpr const char* kHost = "orders.shop";

template <class Predicate>
bool until(std::chrono::milliseconds limit, Predicate predicate) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

std::string text_of(const boost::json::object& line, std::string_view key) {
  const auto* value = line.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// The newest audit line for which `wanted` holds, as soon as it is there.
boost::json::object audit_line(const std::filesystem::path& log,
                               const std::function<bool(const boost::json::object&)>& wanted) {
  boost::json::object found;
  until(kLogWithin, [&] {
    std::ifstream file(log);
    for (std::string line; std::getline(file, line);) {
      boost::system::error_code error;
      auto value = boost::json::parse(line, error);
      if (!error && value.is_object() && wanted(value.get_object())) {
        found = value.get_object();
      }
    }
    return !found.empty();
  });
  return found;
}

/// What the audit log says of it, in one line.
std::string explain(const boost::json::object& line) {
  if (line.empty()) {
    return "";
  }
  std::string why = text_of(line, "reason");
  for (const char* key : {"rule", "detail"}) {
    if (const auto text = text_of(line, key); !text.empty()) {
      why += (why.empty() ? "" : ", ") + text;
    }
  }
  return why;
}

class Stage {
 public:
  Stage(Mesh& mesh, const Service& service) : mesh_(mesh), service_(service) {}

  void show(std::string title, const config::Endpoint& through, const char* caller, Question question, unsigned status,
            std::string_view body_has = {}, std::string_view body_lacks = {}) {
    question.request_id = fmt::format("demo-{}", ++number_);
    const auto seen_before = service_.requests();
    const auto answer = ask(through, question);
    SceneResult result;
    result.title = std::move(title);
    result.sent = fmt::format("{} {} as {}", question.method, question.target, caller);
    const bool reached = service_.requests() != seen_before;
    result.came_back = answer.status == 0 ? answer.error : fmt::format("{} {}", answer.status, first_line(answer.body));
    result.as_expected = answer.status == status && answer.body.find(body_has) != std::string::npos &&
                         (body_lacks.empty() || answer.body.find(body_lacks) == std::string::npos) &&
                         reached == (status == 200);
    const bool allowed_unchanged = status == 200 && body_lacks.empty();
    const auto line = allowed_unchanged ? boost::json::object{} : audit_line(mesh_.audit_log(), [&](const auto& entry) {
      return text_of(entry, "request_id") == question.request_id;
    });
    result.why = allowed_unchanged ? "allowed by policy" : why_of(line);
    result.as_expected = result.as_expected && !result.why.empty();
    results_.push_back(std::move(result));
  }

  void show_plain_text() {
    SceneResult result;
    result.title = "plain text refused";
    result.sent = "GET /orders without TLS, past the caller's sidecar";
    const auto seen_before = service_.requests();
    const auto answer = ask(mesh_.addresses().orders_inbound, {"GET", "/orders", kHost});
    result.came_back = answer.status == 0 ? "connection closed" : fmt::format("{}", answer.status);
    result.why = explain(
        audit_line(mesh_.audit_log(), [](const auto& entry) { return text_of(entry, "reason") == "mtls_required"; }));
    result.as_expected = answer.status == 0 && service_.requests() == seen_before && !result.why.empty();
    results_.push_back(std::move(result));
  }

  void change_policy() {
    const Question question{"DELETE", "/orders/1", kHost};
    SceneResult result;
    result.title = "policy changed live";
    result.sent = "DELETE /orders/1 as shop/web, after DELETE was added to the L7Policy file";
    const auto written = mesh_.write_policy(Permission::kReadAndDelete);
    const auto began = std::chrono::steady_clock::now();
    Answer answer;
    const bool changed = written.has_value() && until(kPolicyWithin, [&] {
                           answer = ask(mesh_.addresses().web_outbound, question);
                           return answer.status == 200;
                         });
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
    result.came_back = fmt::format("{} {}", answer.status, first_line(answer.body));
    result.why = fmt::format("the sidecar noticed the file; {} ms from write to allow", took);
    result.as_expected = changed;
    results_.push_back(std::move(result));
  }

  [[nodiscard]] std::vector<SceneResult> take() { return std::move(results_); }

 private:
  static std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

  static std::string why_of(const boost::json::object& line) {
    const auto why = explain(line);
    const auto* found = line.if_contains("pii");
    if (why.empty() && found != nullptr && found->is_array() && !found->get_array().empty() &&
        found->get_array()[0].is_object()) {
      const auto& finding = found->get_array()[0].get_object();
      return fmt::format("{} found in the response and masked: {}", text_of(finding, "rule"),
                         text_of(finding, "sample"));
    }
    return why;
  }

  Mesh& mesh_;
  const Service& service_;
  int number_ = 0;
  std::vector<SceneResult> results_;
};

}  // namespace

std::vector<SceneResult> play(Mesh& mesh, const Service& service) {
  const auto web = mesh.addresses().web_outbound;
  const auto guest = mesh.addresses().guest_outbound;
  Stage stage(mesh, service);
  stage.show("allowed", web, "shop/web", {"GET", "/orders", kHost}, 200, "lamp");
  stage.show("denied by method", web, "shop/web", {"DELETE", "/orders/1", kHost}, 403);
  stage.show("denied by identity", guest, "shop/guest", {"GET", "/orders", kHost}, 403);
  stage.show_plain_text();
  stage.show("SQL injection blocked", web, "shop/web",
             {"GET", "/orders?id=1%27%20UNION%20SELECT%20password%20FROM%20users--", kHost}, 403);
  stage.show("card number masked", web, "shop/web", {"GET", "/customers/7", kHost}, 200, "1111\"",
             "4111 1111 1111 1111");
  stage.change_policy();
  return stage.take();
}

}  // namespace gabion::proxy::demo
