// Sends bodies through the detector cut at every place and byte by byte: findings and sent bytes must not differ.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/dlp/dlp_detector.h"
#include "inspect/dlp/keyed_hash.h"
#include "inspect/dlp/profile.h"
#include "tests/inspect/detector_driver.h"

namespace gabion::inspect::dlp {
namespace {

using config::DlpAction;

constexpr std::size_t kHold = std::size_t{64} * 1024;
constexpr std::size_t kMostDifferences = 20;

struct Body {
  std::string id;
  std::string type;
  std::string text;
};

/// What became of a body: what the outside sees.
struct Outcome {
  std::string sent;
  std::vector<std::string> findings;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

DlpDetector detector_that(DlpAction action) {
  config::DlpProfile profile;
  profile.name = "cuts";
  profile.types.push_back({"default", "cuts"});
  config::DlpRule rule;
  rule.treatment.action = action;
  profile.rules.push_back(rule);
  auto hash = std::make_shared<const KeyedHash>(*KeyedHash::from_key("0123456789abcdef0123456789abcdef"));
  return {*Profile::compile(profile, std::move(hash), nullptr), DlpDetector::Asked::kListeners, config::OnLimit::kDeny};
}

/// One connection; every body is an answer on it.
class Connection {
 public:
  explicit Connection(DlpAction action) : detector_(detector_that(action)), driver_(detector_) {}

  Outcome send(const Body& body, const Cutter& cutter) {
    DetectorState& state = driver_.begin();
    const HeaderField type{"Content-Type", body.type};
    ResponseHead head;
    head.status = 200;
    head.fields = {&type, 1};
    head.has_body = true;
    Outcome outcome;
    if (state.on_request_head({}) == Step::kStop || state.on_response_head(head) == Step::kStop) {
      outcome.sent = "refused";
      return outcome;
    }
    outcome.sent = driver_.send_body(Direction::kResponse, body.text, cutter, kHold).sent;
    for (const Finding& finding : driver_.findings().items()) {
      outcome.findings.push_back(fmt::format("{} {}+{} {} {} {} {} {}", finding.rule, finding.offset, finding.length,
                                             finding.field, finding.confidence, finding.cue, finding.hash,
                                             finding.action));
    }
    std::sort(outcome.findings.begin(), outcome.findings.end());  // they come in order of their ends, roughly
    return outcome;
  }

 private:
  DlpDetector detector_;
  DetectorDriver driver_;
};

std::vector<Body> read_bodies(std::istream& in) {
  std::vector<Body> bodies;
  for (std::string line; std::getline(in, line);) {
    const auto object = boost::json::parse(line).as_object();
    const auto text = [&](std::string_view key) { return std::string(object.at(key).as_string()); };
    bodies.push_back({text("id"), text("type"), text("text")});
  }
  return bodies;
}

class Cuts {
 public:
  /// Prints the body as it was sent whole, and its findings: what the caller compares with.
  void check(std::string_view name, Connection& connection, const Body& body) {
    const Outcome whole = connection.send(body, pieces_of(body.text.size()));
    compare(name, connection, body, whole, 0, pieces_of(1));
    compare(name, connection, body, whole, 0, random_pieces(static_cast<unsigned>(body.text.size())));
    for (std::size_t cut = 1; cut < body.text.size(); ++cut) {
      compare(name, connection, body, whole, cut, cut_at(cut));
    }
    boost::json::array findings(whole.findings.begin(), whole.findings.end());
    std::cout << boost::json::object{{"id", body.id},
                                     {"profile", name},
                                     {"sent", whole.sent},
                                     {"findings", std::move(findings)}}
              << '\n';
  }
  [[nodiscard]] std::size_t sent() const noexcept { return sent_; }
  [[nodiscard]] std::size_t differences() const noexcept { return differences_; }

 private:
  void compare(std::string_view name, Connection& connection, const Body& body, const Outcome& whole, std::size_t cut,
               const Cutter& cutter) {
    ++sent_;
    const Outcome outcome = connection.send(body, cutter);
    if (outcome == whole || ++differences_ > kMostDifferences) {
      return;
    }
    std::cerr << fmt::format("{} {} cut at {}: {}\n", name, body.id, cut,
                             outcome.sent == whole.sent ? "other findings" : "other bytes");
    for (const auto& [one, other, mark] : {std::tuple(&whole, &outcome, '-'), std::tuple(&outcome, &whole, '+')}) {
      for (const std::string& finding : one->findings) {
        if (std::find(other->findings.begin(), other->findings.end(), finding) == other->findings.end()) {
          std::cerr << mark << finding << '\n';
        }
      }
    }
  }

  std::size_t sent_ = 0;
  std::size_t differences_ = 0;
};

int run() {
  const std::vector<Body> bodies = read_bodies(std::cin);
  Connection masks(DlpAction::kMask);
  Connection replaces(DlpAction::kReplace);
  Cuts cuts;
  for (const Body& body : bodies) {
    cuts.check("mask", masks, body);
    cuts.check("replace", replaces, body);
  }
  std::cerr << fmt::format("{} bodies, {} sent, {} differ\n", bodies.size(), cuts.sent(), cuts.differences());
  return cuts.differences() == 0 && !bodies.empty() && !::testing::Test::HasFailure() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace gabion::inspect::dlp

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  return gabion::inspect::dlp::run();
}
