// What reading structure costs, and structure and search together: bodies in pieces of 16 KiB, 256 bytes held back.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "inspect/dlp/body_scanner.h"
#include "inspect/dlp/fields/make_reader.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kBodyBytes = std::size_t{1} << 20U;
constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;
constexpr std::size_t kHeldBytes = 256;

std::string repeat(std::string_view open, std::string_view item, std::string_view close) {
  std::string body(open);
  while (body.size() < kBodyBytes) {
    body.append(item);
  }
  return body.append(close);
}

std::string body_of(Format format) {
  switch (format) {
    case Format::kJson:
      return repeat("[",
                    R"({"id":48213,"name":"Order of a customer","status":"shipped","total":129.9,"lines":[)"
                    R"({"sku":"A-1834","count":2},{"sku":"B-17","count":1}],"note":"left with the neighbour"},)",
                    "{}]");
    case Format::kForm:
      return repeat("", "name=Order+of+a+customer&status=shipped&note=left%20with%20the%20neighbour&total=129.9&", "");
    case Format::kXml:
    case Format::kHtml:
      return repeat("<orders>", "<order id=\"48213\"><name>Order of a customer</name><total>129.9</total></order>\n",
                    "</orders>");
    case Format::kCsv:
      return repeat("id,name,status,total\n", "48213,Order of a customer,shipped,129.9\n", "");
    case Format::kEvents:
      return repeat("", "data: {\"id\":48213,\"text\":\"Order of a customer\"}\n\n", "");
    case Format::kMultipart:
    case Format::kText:
      break;
  }
  return repeat("", "Order 48213 of a customer was shipped and left with the neighbour.\n", "");
}

void read_body(FieldReader& reader, std::string_view body) {
  reader.begin();
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t fresh = std::min(kPieceBytes, body.size() - at);
    const auto begin = static_cast<std::size_t>(std::min<std::uint64_t>(at, reader.raw_before(reader.flat_begin())));
    at += fresh;
    reader.read(body.substr(begin, at - begin), begin, fresh, at == body.size() ? End::kHere : End::kFollows);
    const FlatOffset end = reader.flat_end();
    reader.forget_before(std::max(reader.flat_begin(), end - std::min<FlatOffset>(end, kHeldBytes)));
  }
}

void BM_ReadFields(benchmark::State& state, Format format) {
  const std::string body = body_of(format);
  const auto reader = make_body_reader(format);
  for (auto _ : state) {
    read_body(*reader, body);
    benchmark::DoNotOptimize(reader->flat_end());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK_CAPTURE(BM_ReadFields, json, Format::kJson);
BENCHMARK_CAPTURE(BM_ReadFields, form, Format::kForm);
BENCHMARK_CAPTURE(BM_ReadFields, xml, Format::kXml);
BENCHMARK_CAPTURE(BM_ReadFields, csv, Format::kCsv);
BENCHMARK_CAPTURE(BM_ReadFields, events, Format::kEvents);
BENCHMARK_CAPTURE(BM_ReadFields, text, Format::kText);

class NoFindings final : public BodyFindingSink {
 public:
  void take(const BodyFinding& /*finding*/, const FieldReader& /*reader*/) override {}
};

void BM_ScanBody(benchmark::State& state, Format format, std::string_view type) {
  const auto set = TypeSet::compile({});
  Scratch scratch;
  if (set.has_error() || set->prepare(scratch).has_error()) {
    std::abort();
  }
  const std::string body = body_of(format);
  BodyScanner scanner(*set);
  NoFindings findings;
  for (auto _ : state) {
    if (!scanner.begin(type, BodyScanner::Hold::kUndecided) ||
        !scanner.read(body, 0, body.size(), End::kHere, scratch, findings)) {
      std::abort();
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK_CAPTURE(BM_ScanBody, json, Format::kJson, "application/json");
BENCHMARK_CAPTURE(BM_ScanBody, text, Format::kText, "text/plain");

}  // namespace
}  // namespace gabion::inspect::dlp
