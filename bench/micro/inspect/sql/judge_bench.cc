// What a statement of SQL costs a session: judged anew, found in the cache, and by many rules.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "inspect/sql/rules/judge.h"

namespace gabion::inspect::sql {
namespace {

using config::kube::PolicyMode;
using config::kube::RuleAction;
using config::kube::SqlMatch;

constexpr const char* kPoint = "SELECT abalance FROM pgbench_accounts WHERE aid = 4711";
constexpr const char* kJoin =
    "SELECT o.id, o.note, c.name, sum(l.price * l.amount) AS total FROM orders o JOIN customers c ON c.id = "
    "o.customer_id "
    "JOIN order_lines l ON l.order_id = o.id WHERE o.created > now() - interval '7 days' AND c.country = 'NO' "
    "GROUP BY o.id, o.note, c.name ORDER BY total DESC LIMIT 20";

SqlJudge& judge() {
  static SqlJudge made = SqlJudge::make().value();
  return made;
}

/// `count` Allow items, of which the last is the one that is needed.
SqlSubject subject_of(int count) {
  std::vector<SqlMatch> items;
  for (int i = 1; i < count; ++i) {
    SqlMatch other;
    other.users = {"app"};
    other.statements = {"SELECT"};
    other.tables = {"public.other_" + std::to_string(i)};
    items.push_back(other);
  }
  SqlMatch needed;
  needed.users = {"app"};
  needed.databases = {"shop"};
  needed.statements = {"SELECT", "INSERT", "UPDATE", "DELETE", "TCL"};
  needed.tables = {"public.pgbench_*", "public.order*", "public.customers"};
  needed.require_where = {config::kube::SqlWrite::kUpdate, config::kube::SqlWrite::kDelete};
  items.push_back(needed);
  auto rule =
      std::make_shared<const SqlRule>(SqlRule::compile("shop/db/app", RuleAction::kAllow, PolicyMode::kEnforce, items));
  return {std::make_shared<const SqlRules>(std::vector{rule}, PortClosed{true, true}),
          SqlContext{"app", "shop", {"public"}, {true, true}}};
}

/// Literals that differ: nothing is found in the cache.
void BM_SqlPointSelectAnew(benchmark::State& state) {
  const auto subject = subject_of(static_cast<int>(state.range(0)));
  std::string text = kPoint;
  int number = 0;
  for (auto _ : state) {
    text.resize(std::string_view(kPoint).size() - 4);
    text += std::to_string(100'000 + number++);
    benchmark::DoNotOptimize(judge().judge(text, subject).allow);
  }
}
BENCHMARK(BM_SqlPointSelectAnew)->Arg(1)->Arg(32);

void BM_SqlPointSelectAgain(benchmark::State& state) {
  const auto subject = subject_of(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(judge().judge(kPoint, subject).allow);
  }
}
BENCHMARK(BM_SqlPointSelectAgain);

void BM_SqlJoinAgain(benchmark::State& state) {
  const auto subject = subject_of(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(judge().judge(kJoin, subject).allow);
  }
}
BENCHMARK(BM_SqlJoinAgain);

/// The rules alone, over facts that are there.
void BM_SqlRules(benchmark::State& state) {
  const auto subject = subject_of(static_cast<int>(state.range(0)));
  auto parser = std::make_unique<Parser>(Parser::make().value());
  Facts facts;
  const std::string_view text = state.range(1) == 0 ? kPoint : kJoin;
  parser->parse(text, {}, facts);
  Evaluator evaluator;
  for (auto _ : state) {
    benchmark::DoNotOptimize(evaluator.judge(facts, text, subject, subject.enforced()).reason);
  }
}
BENCHMARK(BM_SqlRules)->Args({1, 0})->Args({32, 0})->Args({1, 1})->Args({32, 1});

}  // namespace
}  // namespace gabion::inspect::sql
