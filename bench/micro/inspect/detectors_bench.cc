// What inspection costs: a request head, bodies of the common kinds, responses with and without card numbers.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "inspect/attack/attack_detector.h"
#include "inspect/dlp/payment_card_detector.h"
#include "inspect/dlp/redact.h"
#include "inspect/scratch.h"

namespace gabion::inspect {
namespace {

constexpr std::size_t kHoldBytes = 64 * 1024;
constexpr std::size_t kReadBytes = 16 * 1024;

const std::vector<HeaderField>& ordinary_fields() {
  static const std::vector<HeaderField> fields{
      {"Host", "orders.shop.svc.cluster.local:8080"},
      {"User-Agent",
       "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36"},
      {"Accept", "application/json, text/plain, */*"},
      {"Accept-Encoding", "gzip, deflate, br"},
      {"Accept-Language", "en-US,en;q=0.9,de;q=0.8"},
      {"Cookie", "session=9f2c1d7e4b6a40f8a1b2c3d4e5f60718; theme=dark; lang=en"},
      {"Referer", "https://shop.example.com/products/list?page=2&sort=price"},
      {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
  return fields;
}

class Bed {
 public:
  explicit Bed(const Detector& detector) : state_(detector.make_state()) {
    if (!detector.prepare(scratch_)) {
      std::abort();
    }
  }

  DetectorState& begin() {
    findings_.clear();
    state_->reset(scratch_, findings_);
    return *state_;
  }

  /// Gives `body` in pieces of one read, all of it fresh: what is released leaves at once.
  void send_body(Direction direction, std::string& body) {
    std::uint64_t offset = 0;
    std::size_t released = 0;
    for (std::size_t read = 0; read < body.size();) {
      const std::size_t piece = std::min(kReadBytes, body.size() - read);
      read += piece;
      const BodyStep step = state_->on_body(direction, {.bytes = std::span(body).subspan(released, read - released),
                                                        .offset = offset,
                                                        .fresh = piece,
                                                        .end = read == body.size(),
                                                        .hold_limit = kHoldBytes});
      benchmark::DoNotOptimize(step);
      released += step.release;
      offset += step.release;
    }
  }

 private:
  Scratch scratch_;
  FindingList findings_;
  std::unique_ptr<DetectorState> state_;
};

const attack::AttackDetector& attack_detector() {
  static const attack::AttackDetector detector(attack::SignatureSets::compile().value(), config::FindingAction::kBlock,
                                               config::OnLimit::kDeny);
  return detector;
}

void BM_AttackCompile(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(attack::SignatureSets::compile());
  }
}
BENCHMARK(BM_AttackCompile)->Unit(benchmark::kMillisecond);

void BM_AttackRequestHead(benchmark::State& state) {
  Bed bed(attack_detector());
  RequestHead head;
  head.method = "GET";
  head.path = "/api/v1/orders/1234/items";
  head.query = "page=2&sort=price&q=red%20shoes+size";
  head.fields = ordinary_fields();
  for (auto _ : state) {
    if (bed.begin().on_request_head(head) == Step::kStop) {
      state.SkipWithError("an ordinary request was refused");
    }
  }
}
BENCHMARK(BM_AttackRequestHead);

std::string json_body(std::size_t size) {
  std::string body = "{\"orders\":[";
  for (int i = 0; body.size() < size; ++i) {
    body += "{\"id\":" + std::to_string(100000 + i * 7919) +
            ",\"customer\":\"Ms. Example \\u00e4 No. 7\",\"note\":\"leave at the door, ring twice\",\"total\":12.50,"
            "\"at\":1700000" +
            std::to_string(100000 + i % 900000) + "},";
  }
  return body + "{}]}";
}

std::string noise(std::size_t size) {
  std::string body;
  for (std::uint32_t state = 1; body.size() < size; state = state * 1664525U + 1013904223U) {
    body.push_back(static_cast<char>(state >> 24U));
  }
  return body;
}

void attack_body(benchmark::State& state, std::string_view type, std::string body) {
  Bed bed(attack_detector());
  const std::array fields{HeaderField{"Content-Type", type}};
  RequestHead head;
  head.path = "/";
  head.fields = fields;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bed.begin().on_request_head(head));
    bed.send_body(Direction::kRequest, body);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
void BM_AttackJsonBody(benchmark::State& state) {
  attack_body(state, "application/json", json_body(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(BM_AttackJsonBody)->Arg(512)->Arg(1 << 20);
void BM_AttackUpload(benchmark::State& state) {
  attack_body(state, "application/octet-stream", noise(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(BM_AttackUpload)->Arg(1 << 20);

void card_body(benchmark::State& state, std::string_view type, std::string body) {
  const dlp::PaymentCardDetector detector(config::FindingAction::kLog, config::OnLimit::kDeny);
  Bed bed(detector);
  const std::array fields{HeaderField{"Content-Type", type}};
  RequestHead request;
  ResponseHead head;
  head.status = 200;
  head.fields = fields;
  for (auto _ : state) {
    DetectorState& detection = bed.begin();
    benchmark::DoNotOptimize(detection.on_request_head(request));
    benchmark::DoNotOptimize(detection.on_response_head(head));
    bed.send_body(Direction::kResponse, body);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
void BM_CardsInJson(benchmark::State& state) {
  card_body(state, "application/json", json_body(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(BM_CardsInJson)->Arg(2048)->Arg(1 << 20);
void BM_CardsInNoise(benchmark::State& state) {
  card_body(state, "image/png", noise(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(BM_CardsInNoise)->Arg(1 << 20);

void BM_RedactUserAgent(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(dlp::redact_text(ordinary_fields()[1].value));
  }
}
BENCHMARK(BM_RedactUserAgent);

}  // namespace
}  // namespace gabion::inspect
