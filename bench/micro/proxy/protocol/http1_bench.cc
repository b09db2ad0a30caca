// What an HTTP/1 message costs to read and to write: heads as services send them, chunks.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "proxy/protocol/http1/decoder.h"
#include "proxy/protocol/http1/encoder.h"

namespace gabion::proxy::http1 {
namespace {

constexpr std::string_view kShortRequest = "GET /index.txt HTTP/1.1\r\nHost: 127.0.0.1:15001\r\n\r\n";
constexpr std::string_view kBrowserRequest =
    "GET /api/v1/orders/4711?page=2&sort=price HTTP/1.1\r\nHost: orders.shop.svc.cluster.local:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 "
    "Safari/537.36\r\nAccept: application/json, text/plain, */*\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-US,en;q=0.9,de;q=0.8\r\nCookie: session=9f2c1d7e4b6a40f8a1b2c3d4e5f60718; theme=dark\r\n"
    "Referer: https://shop.example.com/products/list?page=2&sort=price\r\n"
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Wed, 25 Nov 2026 10:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 0\r\nLast-Modified: Wed, 25 Nov 2026 09:00:00 GMT\r\nConnection: keep-alive\r\n"
    "ETag: \"65a0b3c4-400\"\r\nAccept-Ranges: bytes\r\n\r\n";

/// Reads `message`, which has no body or a chunked one, again and again as a kept-alive connection would.
void decode(benchmark::State& state, Role role, std::string message) {
  Decoder decoder(role, DecoderLimits{});
  for (auto _ : state) {
    std::span<char> rest(message);
    while (true) {
      const auto step = decoder.next(rest);
      rest = rest.subspan(step.consumed);
      if (step.event == Decoder::Event::kEnd) {
        break;
      }
      if (step.event == Decoder::Event::kError || step.event == Decoder::Event::kNeedMore) {
        std::abort();
      }
      benchmark::DoNotOptimize(step.body.data());
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}

void BM_DecodeShortRequest(benchmark::State& state) {
  decode(state, Role::kRequest, std::string(kShortRequest));
}
BENCHMARK(BM_DecodeShortRequest);

void BM_DecodeBrowserRequest(benchmark::State& state) {
  decode(state, Role::kRequest, std::string(kBrowserRequest));
}
BENCHMARK(BM_DecodeBrowserRequest);

void BM_DecodeResponse(benchmark::State& state) {
  decode(state, Role::kResponse, std::string(kResponse));
}
BENCHMARK(BM_DecodeResponse);

void BM_DecodeChunked(benchmark::State& state) {
  std::string message = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 16; ++i) {
    write_chunk(message, std::string(static_cast<std::size_t>(state.range(0)), 'x'));
  }
  write_last_chunk(message, {});
  decode(state, Role::kRequest, message);
}
BENCHMARK(BM_DecodeChunked)->Arg(64)->Arg(4096);

void BM_WriteField(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    write_field(out, "content-type", "application/json; charset=utf-8");
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(BM_WriteField);

}  // namespace
}  // namespace gabion::proxy::http1
