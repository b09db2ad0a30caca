// What a transaction says it holds is what the heap says, for bodies of every kind, and a worker keeps little of it.
#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>
#include <string>

#include "inspect/waf/engine/state.h"
#include "inspect/waf/engine/worker_space.h"
#include "tests/inspect/waf/engine/exchange.h"
#include "tests/support/malloc_count.h"

namespace gabion::inspect::waf::engine {
namespace {

const std::string kRules =
    "SecRuleEngine DetectionOnly\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecArgumentsLimit 5000\n"
    "SecRequestBodyLimit 13107200\nSecRequestBodyNoFilesLimit 13107200\nSecResponseBodyLimit 13107200\n"
    "SecRule REQUEST_HEADERS:Content-Type \"@rx json\" \"id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON\"\n"
    "SecRule REQUEST_HEADERS:Content-Type \"@rx xml\" \"id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML\"\n"
    "SecRule ARGS|XML:/* \"@rx never\" \"id:3,phase:2,pass,log,t:urlDecodeUni,t:lowercase\"\n"
    "SecRule ARGS \"@rx (?i)kept\" \"id:4,phase:2,pass,log,capture,t:lowercase,logdata:'%{MATCHED_VAR}'\"\n";

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) {
    text += piece;
  }
  return text;
}

struct Case {
  const char* name;
  const char* type;
  std::string body;
  std::string answer;
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

const Case kCases[] = {
    {"Form", "application/x-www-form-urlencoded", repeated("a%41b=%42c&", 4000) + std::string(500'000, 'x'), ""},
    {"KeptMatch", "application/x-www-form-urlencoded", "a=KEPT" + std::string(1'000'000, 'X'), ""},
    {"Json", "application/json", "{\"" + std::string(2'000, 'k') + "\":[" + repeated("1,", 1'500) + "1]}", ""},
    {"Xml", "text/xml", "<a>" + repeated("<b c='&amp;d'>text</b>", 10'000) + "</a>", ""},
    {"Multipart", "multipart/form-data; boundary=x",
     repeated("--x\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\nX: y\r\n\r\nvalue\r\n", 4000) + "--x--\r\n",
     ""},
    {"Answer", "text/plain", "", std::string(2'000'000, 'x')},
};

class HeldBytesTest : public ::testing::TestWithParam<Case> {};

Exchange exchange_of(const Case& tested) {
  Exchange exchange;
  exchange.method = "POST";
  exchange.headers.emplace_back("Content-Type", tested.type);
  exchange.body = tested.body;
  exchange.status = tested.answer.empty() ? 0 : 200;
  exchange.response_body = tested.answer;
  return exchange;
}

TEST_P(HeldBytesTest, AreWhatTheHeapSays) {
  if (!test::counts_mallocs()) {
    GTEST_SKIP() << "the sanitizer brings its own malloc";
  }
  const auto exchange = exchange_of(GetParam());
  Engine engine(kRules);
  const auto held_before = engine.run(Exchange{}).held_bytes();
  const auto heap_before = ::mallinfo2();
  const auto held = engine.run(exchange).held_bytes() - held_before;
  const auto heap_after = ::mallinfo2();
  const auto grown = heap_after.uordblks + heap_after.hblkhd - heap_before.uordblks - heap_before.hblkhd;
  ASSERT_GT(grown, 256U * 1024) << "the case is large enough to be measured";
  EXPECT_NEAR(static_cast<double>(held), static_cast<double>(grown), static_cast<double>(grown) / 8);
}
INSTANTIATE_TEST_SUITE_P(Bodies, HeldBytesTest, ::testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

/// A long value that a hundred rules meet is not kept a hundred times.
TEST(HeldBytes, AreBoundedWhateverRulesMeet) {
  for (const bool blocks : {true, false}) {
    std::string rules = kRules + (blocks ? "SecRuleEngine On\n" : "");
    for (int id = 100; id < 200; ++id) {
      rules += "SecRule ARGS \"@contains kept\" \"id:" + std::to_string(id) + ",phase:2,pass,log,t:lowercase\"\n";
    }
    Engine engine(rules);
    const auto& judged = engine.run(exchange_of({"", kCases[1].type, "a=KEPT" + std::string(2'000'000, 'X'), ""}));
    EXPECT_LT(judged.held_bytes(), State::kMostKeptBytes + 32'000'000);
    EXPECT_EQ(judged.decision().action, blocks ? Action::kDeny : Action::kPass) << "not all was looked at";
  }
}

TEST(WorkerSpaceTest, KeepsSmallTransactionsAndFreesLargeOnes) {
  Scratch scratch;
  PersistentTable persistent;
  WorkerSpace space;
  EXPECT_EQ(space.take(), nullptr);
  for (std::size_t i = 0; i < WorkerSpace::kMostSpare + 5; ++i) {
    space.give_back(std::make_unique<Transaction>(persistent, scratch));
  }
  EXPECT_EQ(space.spare.size(), WorkerSpace::kMostSpare);
  EXPECT_NE(space.take(), nullptr);
  EXPECT_EQ(space.spare.size(), WorkerSpace::kMostSpare - 1);
}

TEST(WorkerSpaceTest, AForgottenTransactionLetsGoOfItsPlan) {
  const auto loaded = seclang::load_text(kRules, "test.conf");
  ASSERT_TRUE(loaded.has_value());
  plan::Options options;
  options.databases = plan::Options::Databases::kQuick;
  auto compiled = plan::compile(*loaded, options);
  ASSERT_TRUE(compiled.has_value());
  std::shared_ptr<const plan::Plan> plan = *std::move(compiled);
  Scratch scratch;
  PersistentTable persistent;
  ASSERT_TRUE(Transaction::prepare(*plan, scratch));
  WorkerSpace space;
  auto transaction = std::make_unique<Transaction>(persistent, scratch);
  for (const std::size_t size : {std::size_t{1000}, 2 * WorkerSpace::kSpareBytes}) {
    transaction->begin(plan, {}, "id", {});
    transaction->request_line("POST", "/", "HTTP/1.1");
    static_cast<void>(transaction->end_request_headers());
    static_cast<void>(transaction->request_body(std::string(size, 'x')));
    space.give_back(std::move(transaction));
    EXPECT_EQ(plan.use_count(), 1);
    transaction = space.take();
    EXPECT_EQ(transaction != nullptr, size == 1000) << "what is too large is freed";
  }
}

}  // namespace
}  // namespace gabion::inspect::waf::engine
