// The allow path of a whole exchange allocates nothing: every malloc is counted, the pattern engine's too.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>

#include "inspect/pipeline.h"
#include "inspect/scratch.h"
#include "tests/support/malloc_count.h"

namespace gabion::inspect {
namespace {

class AllocationTest : public ::testing::Test {
 protected:
  AllocationTest() {
    config::ProxyConfig config;
    config.workload = {"shop", "orders-0"};
    config.profiles.resize(1);
    config.profiles[0].name = "default";
    config.inbound.emplace_back();  // uses it
    auto compiled = Snapshot::compile(config, 1);
    EXPECT_TRUE(compiled.has_value());
    snapshot_ = *compiled;
    EXPECT_TRUE(snapshot_->prepare(scratch_).has_value());
  }

  /// False when anything was refused.
  bool exchange() {
    inspection_.begin(snapshot_, 0, facts_, scratch_, 64 * 1024);
    RequestHead head;
    head.method = "POST";
    head.target = "/a/../b%41?q=a%2520b+c&d=/*x*/1";
    head.fields = request_fields_;
    ResponseHead response;
    response.status = 200;
    response.fields = response_fields_;
    return inspection_.on_request_head(head).allowed() && send(Direction::kRequest, request_body_) &&
           inspection_.on_response_head(response).allowed() && send(Direction::kResponse, response_body_);
  }

  bool send(Direction direction, std::string& body) {
    const auto half =
        inspection_.on_body(direction, {std::span(body).first(body.size() / 2), 0, body.size() / 2, false});
    const auto rest = std::span(body).subspan(half.release);
    const std::size_t fresh = body.size() - body.size() / 2;
    return half.ok && inspection_.on_body(direction, {rest, half.release, fresh, true}).ok;
  }

  const std::array<HeaderField, 4> request_fields_{
      HeaderField{"Host", "orders.shop:8080"}, HeaderField{"User-Agent", "curl/8.0 (x86_64-pc-linux-gnu; rv 1)"},
      HeaderField{"Cookie", "a=1; b=%2525; theme=dark"}, HeaderField{"Content-Type", "application/json"}};
  const std::array<HeaderField, 1> response_fields_{HeaderField{"Content-Type", "application/json"}};
  std::string request_body_ = "{\"a\":\"x\\u00e4 100%25 /* c */ text that goes on and on\"}";
  std::string response_body_ = "{\"n\":1234567890123,\"s\":\"text\",\"m\":[4111,1111]}";
  std::shared_ptr<const Snapshot> snapshot_;
  ConnectionFacts facts_;
  Scratch scratch_;
  Inspection inspection_;
};

TEST_F(AllocationTest, TheAllowPathMakesNoneAfterTheFirstExchange) {
  if (!test::counts_mallocs()) {
    GTEST_SKIP() << "the sanitizer brings its own malloc";
  }
  const std::size_t at_start = test::mallocs_so_far();
  bool allowed = exchange();
  EXPECT_GT(test::mallocs_so_far(), at_start) << "the first exchange builds the detectors' states: the count works";
  const std::size_t before = test::mallocs_so_far();
  for (int i = 0; i < 100; ++i) {
    allowed = exchange() && allowed;
  }
  EXPECT_EQ(test::mallocs_so_far() - before, 0U);
  EXPECT_TRUE(allowed) << inspection_.verdict().detail;
}

}  // namespace
}  // namespace gabion::inspect
