// What it costs to read a statement: parse and walk, and the normaliser beside it.
#include <benchmark/benchmark.h>

#include <string>

#include "inspect/sql/fingerprint.h"
#include "inspect/sql/normalize.h"
#include "inspect/sql/parse.h"

namespace gabion::inspect::sql {
namespace {

constexpr const char* kPoint = "SELECT abalance FROM pgbench_accounts WHERE aid = 4711";
constexpr const char* kJoin =
    "SELECT o.id, o.total, c.name, sum(l.price * l.amount) AS worth FROM shop.orders o JOIN shop.customers c ON "
    "c.id = o.customer_id LEFT JOIN shop.lines l ON l.order_id = o.id WHERE o.placed > now() - interval '1 day' AND "
    "c.country IN ('de', 'fr') GROUP BY o.id, o.total, c.name ORDER BY worth DESC LIMIT 20";

std::string insert_100() {
  std::string text = "INSERT INTO shop.lines (order_id, item, amount, price) VALUES ";
  for (int i = 0; i < 100; ++i) {
    text += (i == 0 ? "" : ", ") + ("(" + std::to_string(100000 + i)) + ", 'a thing that is sold " + std::to_string(i) +
            "', " + std::to_string(i % 9) + ", 12.50)";
  }
  return text;
}

void parse_text(benchmark::State& state, const std::string& text) {
  Parser parser = Parser::make().value();
  Facts facts;
  for (auto _ : state) {
    parser.parse(text, {}, facts);
    benchmark::DoNotOptimize(facts.statements().data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void normalize_text(benchmark::State& state, const std::string& text) {
  const Parser parser = Parser::make().value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(normalize(text));
  }
}

void fingerprint_text(benchmark::State& state, const std::string& text) {
  Parser parser = Parser::make().value();
  Facts facts;
  parser.parse(text, {}, facts);
  for (auto _ : state) {
    benchmark::DoNotOptimize(fingerprint(text, facts.statements().front()));
  }
}

BENCHMARK_CAPTURE(parse_text, point_select, std::string(kPoint));
BENCHMARK_CAPTURE(parse_text, three_way_join, std::string(kJoin));
BENCHMARK_CAPTURE(parse_text, insert_100_rows, insert_100());
BENCHMARK_CAPTURE(normalize_text, point_select, std::string(kPoint));
BENCHMARK_CAPTURE(normalize_text, three_way_join, std::string(kJoin));
BENCHMARK_CAPTURE(fingerprint_text, point_select, std::string(kPoint));

}  // namespace
}  // namespace gabion::inspect::sql
