// What long texts of SQL cost to read, by their shape and length.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "inspect/sql/parse.h"

namespace gabion::inspect::sql {
namespace {

/// `unit` again and again between `begin` and `end`, `bytes` in all or a little less; the last one without its comma.
std::string repeated(std::string begin, std::string_view unit, std::string_view end, std::size_t bytes) {
  while (begin.size() + unit.size() + end.size() <= bytes) {
    begin += unit;
  }
  if (begin.ends_with(',')) {
    begin.pop_back();
  }
  return begin.append(end);
}

std::string in_list(std::size_t bytes) {
  return repeated("SELECT a FROM t WHERE id IN (", "123456,", ")", bytes);
}
std::string short_in_list(std::size_t bytes) {
  return repeated("SELECT a FROM t WHERE id IN (", "1,", ")", bytes);
}
std::string values(std::size_t bytes) {
  return repeated("INSERT INTO t (a, b, c) VALUES ", "(1, 'a text of a row', 2.5),", "", bytes);
}
std::string parameters(std::size_t bytes) {
  return repeated("INSERT INTO t (a, b) VALUES ", "($1,$2),", "", bytes);
}
std::string string(std::size_t bytes) {
  return repeated("SELECT '", "some words ", "'", bytes);
}
std::string columns(std::size_t bytes) {
  return repeated("SELECT ", "a,", " FROM t", bytes);
}
std::string conditions(std::size_t bytes) {
  return repeated("SELECT a FROM t WHERE false", " OR b = 7", "", bytes);
}
std::string nested(std::size_t bytes) {
  std::string deep = "1";
  for (int i = 0; i < 160; ++i) {
    deep = "(" + deep + ")";
  }
  return repeated("SELECT ", deep + ",", "", bytes);
}
std::string sub_queries(std::size_t bytes) {
  return repeated("SELECT ", "(SELECT a FROM t WHERE b = 7),", "", bytes);
}
std::string unclosed(std::size_t bytes) {
  return std::string(bytes, '(');
}

using Shape = std::string (*)(std::size_t);

void read(benchmark::State& state, Shape shape) {
  const std::string text = shape(static_cast<std::size_t>(state.range(0)) * 1024);
  Parser parser = Parser::make().value();
  Facts facts;
  for (auto _ : state) {
    parser.parse(text, {}, facts);
    benchmark::DoNotOptimize(facts.statements().data());
  }
  state.SetLabel(std::string(to_string(facts.error())));
}

void of_each_length(benchmark::internal::Benchmark* bench) {
  bench->Arg(16)->Arg(64)->Arg(256)->Arg(1024)->Unit(benchmark::kMillisecond);
}

#define GABION_SHAPE(shape) BENCHMARK_CAPTURE(read, shape, shape)->Apply(of_each_length)
GABION_SHAPE(in_list);
GABION_SHAPE(short_in_list);
GABION_SHAPE(values);
GABION_SHAPE(parameters);
GABION_SHAPE(string);
GABION_SHAPE(columns);
GABION_SHAPE(conditions);
GABION_SHAPE(nested);
GABION_SHAPE(sub_queries);
GABION_SHAPE(unclosed);

}  // namespace
}  // namespace gabion::inspect::sql
